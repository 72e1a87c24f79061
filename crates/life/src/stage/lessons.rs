//! Lessons to tokens: `data/lessons.tokens` and `data/lessons-validation.tokens`.
//!
//! A conversation is written in the form of the model's chat template. Only the assistant's words and
//! the mark that ends its turn are learnt; all else weighs nothing. It begins with the mark of its first
//! speaker, as prompts do: a model taught with another token in front looks back at it, and stumbles
//! where it is not there. Documents keep their order, for lessons of the village get harder.

mod survey;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use ::tokenizer::Tokenizer;
use chat::{Conversation, Dataset, Message, Template, guard};
use data::mix;
use data::split::by_content;
use data::{Part, Records, ShardWriter, Shards, SplitOptions, WHOLE};
use journal::Run;
use world::{Course, Mix, Pace};

pub use self::survey::survey;
use super::tokens::{Tokens, hash, open_at};
use crate::{Error, Recipe, Session, Talks};

/// Of the village's lessons these are kept to measure with.
const FIRST_HELD_OUT: u64 = 1 << 40;
/// How many of them.
const N_HELD_OUT: u64 = 400;
/// Lessons of copying and of calling rolls that a course begins with, and what they take, about.
const PRACTICE: [f64; 2] = [7000.0, 4600.0];
const PRACTICE_TOKENS: f64 = 1.3e6;
/// The share of reading that practice may take at most. A short run has less of it …
const MOST_PRACTICE: f64 = 0.6;
/// … and a long run more: so much of its reading. What practice has not taught is learnt late or never.
const PRACTICE_OF_LONG_RUNS: f64 = 0.3;
/// The share of teaching in which stories grow, and the tokens of a lesson, about.
const GROWING: f64 = 0.35;
const TOKENS_PER_LESSON: f64 = 260.0;

/// Tokens that a run sees of a course.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amount {
    /// While it reads: practice, then text.
    pub reading: u64,
    /// While it is taught.
    pub teaching: u64,
}

/// A conversation and its part.
type Lesson = (Part, Vec<Message>);

/// The tokens that a run has, if the stage is done.
///
/// # Errors
/// [`Error::Data`] for shards that are damaged or of another tokenizer.
pub fn open(run: &Run, tokenizer: &Tokenizer) -> Result<Option<Tokens>, Error> {
    open_at(&paths(run), tokenizer)
}

/// Whether the lessons of a run were made: what they were made of is not needed again.
pub fn are_made(run: &Run) -> bool {
    paths(run).iter().all(|path| path.exists())
}

/// How many lessons of a course are taken, practice among them.
///
/// # Errors
/// [`Error::Data`].
pub fn n_lessons(run: &Run, course: &Course) -> Result<u64, Error> {
    let [train, _] = paths(run);
    Ok(course.pace().practice() + data::Shard::open(&train)?.n_documents() as u64)
}

/// Encodes lessons: as many tokens of the village's as are taught, all of a file's.
///
/// # Errors
/// [`Error::Data`], [`Error::Chat`], [`Error::Interrupted`].
pub fn encode(
    run: &Run,
    recipe: &Recipe,
    (tokenizer, template): (&Tokenizer, &Template),
    amount: Amount,
    session: &Session,
) -> Result<Option<String>, Error> {
    let most_tokens = amount.teaching;
    let (vocab_size, hash) = (tokenizer.vocab_size(), hash(tokenizer));
    let [train, validation] = paths(run);
    let create = |path: &Path| ShardWriter::create(path, vocab_size, hash);
    let mut shards = Shards { train: create(&train)?, validation: create(&validation)? };
    let mut progress = session.progress("lessons", most_tokens);
    let mut write = |shards: &mut Shards, (part, messages): Lesson| {
        session.go_on("lessons")?;
        write_one(shards.part(part), tokenizer, template, &messages)?;
        let n_tokens = shards.train.n_tokens() as u64;
        progress.set(n_tokens.min(most_tokens), format!("{n_tokens} tokens"));
        Ok::<u64, Error>(n_tokens)
    };
    let note = match (&recipe.instructions[..], recipe.lessons_of()) {
        (talks @ [_, ..], _) => {
            let mut dataset = Dataset::default();
            for lesson in of_files(talks, recipe, &mut dataset)? {
                write(&mut shards, lesson?)?;
            }
            let paths: Vec<String> = talks.iter().map(|t| t.path.display().to_string()).collect();
            Some(format!("{}: {}", paths.join(", "), dataset.counts()))
        }
        ([], Some(seed)) => {
            for lesson in of_village(&course(seed, amount)) {
                if write(&mut shards, lesson)? >= most_tokens {
                    break;
                }
            }
            None
        }
        ([], None) => {
            let why = "a corpus of files says nothing of how to answer; give --instructions";
            return Err(Error::Recipe(why.into()));
        }
    };
    let n_tokens = shards.train.n_tokens();
    shards.finish()?;
    progress.finish(format!("{n_tokens} tokens"));
    Ok(note)
}

/// The village's lessons after practice, those to measure with first.
fn of_village(course: &Course) -> impl Iterator<Item = Lesson> + use<'_> {
    let held_out = (FIRST_HELD_OUT..FIRST_HELD_OUT + N_HELD_OUT).map(|i| (Part::Validation, i));
    let all = held_out.chain((course.pace().practice()..FIRST_HELD_OUT).map(|i| (Part::Train, i)));
    all.map(|(part, i)| (part, eval::exam::messages(&course.lesson(i).1)))
}

/// The practice that a course begins with, in which a model learns to look things up before it reads.
pub fn practice(course: &Course) -> impl Iterator<Item = Vec<Message>> + use<'_> {
    (0..course.pace().practice()).map(|i| eval::exam::messages(&course.lesson(i).1))
}

/// The course that so many tokens are taken from.
pub fn course(seed: u64, amount: Amount) -> Course {
    let of_reading = |share: f64| amount.reading as f64 * share / PRACTICE_TOKENS;
    let times = of_reading(MOST_PRACTICE).min(of_reading(PRACTICE_OF_LONG_RUNS).max(1.0));
    let [copying, calling] = PRACTICE.map(|lessons| (lessons * times) as u64);
    let growing = (GROWING * amount.teaching as f64 / TOKENS_PER_LESSON) as u64;
    Course::new(seed, Mix::default(), Pace { copying, calling, growing })
}

fn options(recipe: &Recipe) -> SplitOptions {
    SplitOptions { validation: recipe.validation, seed: 0 }
}

/// The conversations of files; a part of them, by what they say, is kept to measure with, one at least.
fn of_files<'d>(
    talks: &[Talks],
    recipe: &Recipe,
    dataset: &'d mut Dataset,
) -> Result<impl Iterator<Item = Result<Lesson, Error>> + use<'d>, Error> {
    let (options, mut lacking) = (options(recipe), survey(recipe)?);
    let mut moved = None;
    let mut kept = HashSet::new();
    Ok(records(talks)?.filter_map(move |record| {
        let lesson = |record: data::Record| {
            let Some(messages) = dataset.read(&record.fields, &record.origin)? else {
                return Ok(None);
            };
            let said = survey::said(&messages)?;
            if let Some(part) = lacking.take() {
                moved = Some((said.clone(), part));
            }
            let part = match &moved {
                Some((first, part)) if *first == said => *part,
                _ => by_content(&said, &options),
            };
            // What comes a second time, for its weight, is measured with once.
            let again = part == Part::Validation && !kept.insert(said);
            Ok((!again).then_some((part, messages)))
        };
        record.map_err(Error::from).and_then(lesson).transpose()
    }))
}

/// A record of instruction data, or why there is none.
type Entry = Result<data::Record, data::Error>;

/// The records of files: each once, or in the shares of their weights until the last is used up.
fn records(talks: &[Talks]) -> Result<Box<dyn Iterator<Item = Entry>>, Error> {
    if talks.iter().all(|talks| talks.weight.is_none()) {
        let all: Vec<Records> =
            talks.iter().map(|t| Records::open(&t.path)).collect::<Result<_, _>>()?;
        return Ok(Box::new(all.into_iter().flatten()));
    }
    let strand = |talks: &Talks| {
        let path = talks.path.clone();
        let open = move || Ok(Box::new(Records::open(&path)?) as mix::Stream<data::Record>);
        mix::Strand { weight: talks.weight.unwrap_or(1), open: Box::new(open) }
    };
    let mixed = mix::Mix::new(talks.iter().map(strand).collect(), mix::Epochs::UntilAllEnded)?;
    Ok(Box::new(mixed.map(|entry| Ok(entry?.1))))
}

/// Adds a conversation: what is learnt weighs whole, the rest nothing.
pub(super) fn write_one(
    shard: &mut ShardWriter,
    tokenizer: &Tokenizer,
    template: &Template,
    messages: &[Message],
) -> Result<(), Error> {
    let guarded: Vec<Message> =
        messages.iter().map(|m| guard::guard(tokenizer, m)).collect::<Result<_, _>>()?;
    let (mut ids, mut weights, mut n_bytes) = (Vec::new(), Vec::new(), 0);
    for piece in template.pieces(&Conversation::whole(&guarded))? {
        let more = guard::encode(tokenizer, &piece.text)?;
        weights.resize(weights.len() + more.len(), if piece.learn { WHOLE } else { 0 });
        ids.extend(more);
        n_bytes += if piece.learn { piece.text.len() as u64 } else { 0 };
    }
    Ok(shard.push_weighted(&ids, &weights, n_bytes)?)
}

fn paths(run: &Run) -> [PathBuf; 2] {
    ["lessons.tokens", "lessons-validation.tokens"].map(|name| run.folder().join("data").join(name))
}

#[cfg(test)]
mod tests {
    use chat::{Role, special};
    use tokenizer::TrainOptions;

    use super::*;

    #[test]
    fn long_runs_practise_longer() {
        let lessons = |reading| course(1, Amount { reading, teaching: 0 }).pace().practice();
        let ordinary = PRACTICE.iter().sum::<f64>() as u64;
        assert_eq!(lessons(0), 0);
        assert!((ordinary / 2..ordinary).contains(&lessons(1_500_000)));
        assert_eq!(lessons(4_000_000), ordinary);
        assert!((2 * ordinary..3 * ordinary).contains(&lessons(12_000_000)));
    }

    /// Text of the tokens that are learnt, and of those that are not.
    fn learnt(messages: &[Message]) -> (String, String) {
        let specials: Vec<String> = special::ALL.map(str::to_string).into();
        let options = TrainOptions { vocab_size: 270, specials, ..TrainOptions::default() };
        let tokenizer = Tokenizer::train(["Where is Ada? Ada is at the mill."; 40], &options)
            .expect("a tokenizer of a few words");
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x.tokens");
        let mut shard = ShardWriter::create(&path, tokenizer.vocab_size(), 1).expect("a shard");
        write_one(&mut shard, &tokenizer, &Template::default(), messages).expect("a lesson");
        shard.finish().expect("a shard");
        let shard = data::Shard::open(&path).expect("a shard");
        let n = shard.n_tokens();
        let mut weights = vec![0; n];
        shard.copy_weights_into(0, &mut weights);
        let text = |wanted: u8| {
            let ids = shard.tokens(0..n).zip(&weights).filter(|(_, w)| **w == wanted);
            let bytes = ids.flat_map(|(id, _)| match tokenizer.is_special(id) {
                true => special::ALL
                    .into_iter()
                    .find(|name| tokenizer.special(name) == Some(id))
                    .unwrap_or_default()
                    .as_bytes()
                    .to_vec(),
                false => tokenizer.token_bytes(id).unwrap_or_default().to_vec(),
            });
            String::from_utf8_lossy(&bytes.collect::<Vec<u8>>()).into_owned()
        };
        (text(WHOLE), text(0))
    }

    #[test]
    fn only_the_assistant_and_its_stop_token_are_learnt() {
        let turns = [
            Message::new(Role::System, "Be brief."),
            Message::new(Role::User, "Where is Ada?"),
            Message::new(Role::Assistant, "Ada is at the mill."),
            Message::new(Role::User, "Thank you!"),
            Message::new(Role::Assistant, "You are <|end|> welcome."),
        ];
        let (learnt, rest) = learnt(&turns);
        // A spelled special token is plain text, and learnt as such; each turn has its own mark.
        assert_eq!(learnt, "Ada is at the mill.<|end|>You are <|end|> welcome.<|end|>");
        assert!(rest.contains("Where is Ada?") && rest.contains("Be brief."), "{rest}");
        assert!(rest.starts_with("<|system|>\n"), "as a prompt begins: {rest}");
        assert!(rest.contains("<|assistant|>\n") && !rest.contains("mill"), "{rest}");
        assert_eq!(rest.matches("<|end|>").count(), 3, "those of the others: {rest}");
    }
}
