//! Text to tokens: `data/train.tokens` and `data/validation.tokens`.
//!
//! Documents stand between two end-of-text marks, as a model that is asked to begin a text sees
//! one before it. A conversation opens with the mark of its first speaker and ends with one
//! end-of-text mark. Files trained on by random windows are one long text without marks.
//!
//! A whole life in the village begins with practice in looking things up ([`lessons::practice`]), of
//! which only the assistant's words are learnt, as in lessons.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ::tokenizer::Tokenizer;
use chat::{Conversation, Template};
use data::{Encode, Marks, Part, Shard, ShardWriter, Shards};
use journal::Run;
use stdx::Sum;
use train::evaluate::HeldOut;

use super::lessons::{self, Amount};
use crate::corpus::{Text, stream};
use crate::{Error, Recipe, Session, load};

/// A tokenized corpus.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// What is trained on.
    pub train: Arc<Shard>,
    /// What is measured with.
    pub held_out: HeldOut,
}

/// A number that tells tokenizers apart.
pub fn hash(tokenizer: &Tokenizer) -> u64 {
    let mut sum = Sum::default();
    sum.add_bytes(tokenizer.to_json().as_bytes());
    sum.finish()
}

/// The tokens that a run has, if the stage is done.
///
/// # Errors
/// [`Error::Data`] for shards that are damaged or of another tokenizer.
pub fn open(run: &Run, tokenizer: &Tokenizer) -> Result<Option<Tokens>, Error> {
    open_at(&paths(run), tokenizer)
}

/// The tokens of these two files, if both are there.
pub(super) fn open_at(
    [train_path, validation_path]: &[PathBuf; 2],
    tokenizer: &Tokenizer,
) -> Result<Option<Tokens>, Error> {
    // The second to be written; with it both are there.
    if !validation_path.exists() {
        return Ok(None);
    }
    let (train, validation) = (Shard::open(train_path)?, Shard::open(validation_path)?);
    let hash = hash(tokenizer);
    train.expect_tokenizer(train_path, hash)?;
    validation.expect_tokenizer(validation_path, hash)?;
    let token_bytes = token_bytes(tokenizer);
    let held_out = HeldOut { shard: Arc::new(validation), token_bytes };
    Ok(Some(Tokens { train: Arc::new(train), held_out }))
}

/// Encodes the recipe's text, at least `most_tokens` of the training part if there is so much.
///
/// # Errors
/// [`Error::Data`], [`Error::Tokenizer`], [`Error::Interrupted`].
pub fn encode(
    run: &Run,
    recipe: &Recipe,
    tokenizer: &Tokenizer,
    most_tokens: u64,
    session: &Session,
) -> Result<(), Error> {
    let (vocab_size, hash) = (tokenizer.vocab_size(), hash(tokenizer));
    let [train, validation] = paths(run);
    let create = |path: &Path| ShardWriter::create(path, vocab_size, hash);
    let mut shards = Shards { train: create(&train)?, validation: create(&validation)? };
    let (_, options) = load::words(&run.model_folder(), &run.name())?;
    let marks = match recipe.is_one_text() {
        true => Marks { begin: None, end: None },
        false => load::marks(tokenizer, &options.config),
    };
    let scribe = Scribe { tokenizer, template: Template::default(), marks };
    let mut progress = session.progress("tokens", most_tokens);
    if let Some(seed) = recipe.village().filter(|_| recipe.life) {
        let course = lessons::course(seed, Amount { reading: most_tokens, teaching: 0 });
        for messages in lessons::practice(&course) {
            session.go_on("tokens")?;
            lessons::write_one(&mut shards.train, tokenizer, &scribe.template, &messages)?;
            progress.set(shards.train.n_tokens() as u64, "practice".to_string());
        }
    }
    let mut n_tokens = 0;
    for item in stream(recipe)? {
        session.go_on("tokens")?;
        let (part, text) = item?;
        scribe.write(&mut shards, part, &text)?;
        n_tokens = shards.train.n_tokens() as u64;
        if most_tokens < u64::MAX {
            progress.set(n_tokens, format!("{n_tokens} tokens"));
        }
        if n_tokens >= most_tokens {
            break;
        }
    }
    shards.finish()?;
    progress.finish(format!("{n_tokens} tokens"));
    Ok(())
}

fn paths(run: &Run) -> [PathBuf; 2] {
    ["train.tokens", "validation.tokens"].map(|name| run.folder().join("data").join(name))
}

/// How many bytes of text each id stands for.
fn token_bytes(tokenizer: &Tokenizer) -> Arc<[u32]> {
    let ids = 0..tokenizer.vocab_size() as u32;
    ids.map(|id| match tokenizer.is_special(id) {
        true => 0,
        false => tokenizer.token_bytes(id).map_or(0, |bytes| bytes.len() as u32),
    })
    .collect()
}

/// Writes documents down as ids.
struct Scribe<'a> {
    tokenizer: &'a Tokenizer,
    template: Template,
    marks: Marks,
}

impl Scribe<'_> {
    /// Adds a document to the shard of its part.
    fn write(&self, shards: &mut Shards, part: Part, text: &Text) -> Result<(), Error> {
        let messages = match text {
            Text::Plain(document) => {
                return Ok(shards.push(self, self.marks, part, document)?);
            }
            Text::Chat(messages) => messages,
        };
        let text = self.template.render(&Conversation::whole(messages))?;
        let mut ids = self.tokenizer.encode_with_special(&text)?;
        ids.extend(self.marks.end);
        let said = messages.iter().map(|m| Ok(m.text()?.len() as u64));
        let n_bytes = said.sum::<Result<u64, chat::Error>>()?;
        Ok(shards.part(part).push(&ids, n_bytes)?)
    }
}

impl Encode for Scribe<'_> {
    fn encode(&self, text: &str) -> Result<Vec<u32>, String> {
        self.tokenizer.encode(text).map_err(|e| e.to_string())
    }

    fn vocab_size(&self) -> usize {
        self.tokenizer.vocab_size()
    }
}
