//! Text to a vocabulary: `model/tokenizer.json`, and beside it `tokenizer_config.json` and
//! `generation_config.json`.
//!
//! A vocabulary that nobody asked for is a power of two near one id for 2000 bytes of text, from
//! 512 to 8192, or as many ids as the text allows; the village has 1024, with its lessons 1536.

use std::path::PathBuf;

use ::tokenizer::{Alphabet, Error as Refusal, Tokenizer, TrainOptions};
use chat::{COMPLETION_TEMPLATE, TokenizerConfig, special};
use data::Part;
use journal::Run;
use serde_json::json;

use super::lessons;
use crate::corpus::{Text, stream};
use crate::frozen::write_json;
use crate::{Error, Recipe, Session, Source};

/// More text than this does not change a vocabulary of our sizes.
const MOST_BYTES: usize = 256 << 20;
/// Stories and turns of dialogues of the village to learn from.
const VILLAGE_TEXTS: usize = 4000;

/// Where a run's tokenizer lies.
pub fn path(run: &Run) -> PathBuf {
    run.model_folder().join("tokenizer.json")
}

/// Learns the vocabulary of a recipe's training text, and writes it down.
///
/// # Errors
/// [`Error::Tokenizer`] with a vocabulary that would do; [`Error::Interrupted`].
pub fn learn(run: &Run, recipe: &Recipe, session: &Session) -> Result<Tokenizer, Error> {
    let texts = texts(recipe, session)?;
    let tokenizer = train(recipe, &texts)?;
    let config = match recipe.corpus {
        _ if recipe.life => TokenizerConfig::ours(),
        Source::World { .. } => TokenizerConfig::ours(),
        Source::Files { .. } => {
            let chat_template = Some(COMPLETION_TEMPLATE.to_string());
            // One long text has no marks.
            let marks = match recipe.is_one_text() {
                true => TokenizerConfig::default(),
                false => TokenizerConfig::ours(),
            };
            TokenizerConfig { chat_template, ..marks }
        }
    };
    let path = run.model_folder().join("tokenizer_config.json");
    stdx::atomic_file::write(&path, config.to_json().as_bytes()).map_err(Error::io(&path))?;
    let marks = [special::END_OF_TEXT, special::END].map(|name| tokenizer.special(name));
    if let [Some(text_end), Some(turn_end)] = marks {
        let ids = json!({"bos_token_id": text_end, "eos_token_id": [text_end, turn_end]});
        write_json(&run.model_folder().join("generation_config.json"), &ids)?;
    }
    // Last: its presence says that the stage is done.
    tokenizer.save(&self::path(run))?;
    Ok(tokenizer)
}

fn train(recipe: &Recipe, texts: &[String]) -> Result<Tokenizer, Error> {
    let n_bytes: usize = texts.iter().map(String::len).sum();
    let specials: Vec<String> = match recipe.is_one_text() {
        true => Vec::new(),
        false => special::ALL.map(str::to_string).into(),
    };
    if recipe.chars {
        let mut seen = [false; 256];
        texts.iter().flat_map(|text| text.bytes()).for_each(|b| seen[usize::from(b)] = true);
        let vocab_size = seen.iter().filter(|&&s| s).count() + specials.len();
        let alphabet = Alphabet::Seen;
        let options = TrainOptions { vocab_size, specials, alphabet, ..TrainOptions::default() };
        return Ok(Tokenizer::train(texts, &options)?);
    }
    let vocab_size = recipe.vocab.unwrap_or_else(|| match recipe.corpus {
        // Lessons have more words than stories.
        Source::World { .. } if recipe.life => 1536,
        Source::World { .. } => 1024,
        Source::Files { .. } => (n_bytes / 2000).next_power_of_two().clamp(512, 8192),
    });
    // What is taught to count counts by digits.
    let single_digits = recipe.life && recipe.village().is_some();
    let mut options =
        TrainOptions { vocab_size, specials, single_digits, ..TrainOptions::default() };
    match Tokenizer::train(texts, &options) {
        Err(Refusal::TooFewMerges { most, .. }) if recipe.vocab.is_none() => {
            options.vocab_size = most;
            Ok(Tokenizer::train(texts, &options)?)
        }
        outcome => Ok(outcome?),
    }
}

/// The training text; with `chars` all text, since every character needs its id.
fn texts(recipe: &Recipe, session: &Session) -> Result<Vec<String>, Error> {
    let most_texts = match recipe.corpus {
        Source::World { .. } => VILLAGE_TEXTS,
        Source::Files { .. } => usize::MAX,
    };
    let (mut texts, mut n_bytes) = (Vec::new(), 0);
    if let Some(seed) = recipe.village().filter(|_| recipe.life) {
        // Of the whole course, as it is towards its end.
        let course = lessons::course(seed, lessons::Amount::default());
        let turns = (0..VILLAGE_TEXTS as u64).flat_map(|i| course.lesson(i).1);
        texts.extend(turns.map(|turn| turn.text));
    }
    let most_texts = texts.len().saturating_add(most_texts);
    for item in stream(recipe)? {
        session.go_on("tokenizer")?;
        let (part, text) = item?;
        if part == Part::Validation && !recipe.chars {
            continue;
        }
        match text {
            Text::Plain(document) => texts.push(document.text),
            Text::Chat(messages) => {
                for message in messages {
                    texts.push(message.text()?);
                }
            }
        }
        n_bytes += texts.last().map_or(0, String::len);
        if texts.len() >= most_texts || (n_bytes >= MOST_BYTES && !recipe.chars) {
            break;
        }
    }
    Ok(texts)
}
