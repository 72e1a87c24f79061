//! Documents to learn from, each with its part: of the village without end, of files as they are.

use std::collections::BTreeMap;

use chat::{Message, Role};
use data::{Document, Documents, Part, SourceOptions, Split, SplitOptions};
use world::{Corpus as Village, Speaker};

use crate::{Error, Recipe, Source};

/// Of the village's documents these are kept to measure with; those trained on count from 0.
const FIRST_HELD_OUT: u64 = 1 << 40;
/// How many of them.
const N_HELD_OUT: u64 = 600;

/// A document in the form that it is learnt in.
#[derive(Clone, Debug, PartialEq)]
pub enum Text {
    /// As it is.
    Plain(Document),
    /// A conversation, in the form of the chat template.
    Chat(Vec<Message>),
}

/// Documents with their parts, in a fixed order.
pub type Stream = Box<dyn Iterator<Item = Result<(Part, Text), Error>>>;

/// The recipe's documents from the first on. Those of the village never end.
///
/// # Errors
/// [`Error::Data`] for files that cannot be found or are of no kind that is read.
pub fn stream(recipe: &Recipe) -> Result<Stream, Error> {
    match &recipe.corpus {
        Source::World { seed } => Ok(Box::new(village(*seed))),
        Source::Files { path } => {
            let options = SourceOptions {
                field: recipe.field.clone(),
                column: recipe.field.clone(),
                lossy: recipe.lossy,
                ..SourceOptions::default()
            };
            let documents = Documents::open(path, &options)?;
            let options = SplitOptions { validation: recipe.validation, seed: 0 };
            let divided = Split::new(documents, options)?;
            Ok(Box::new(divided.map(|item| {
                let (part, document) = item?;
                Ok((part, Text::Plain(document)))
            })))
        }
    }
}

/// What a person should know of files that are not read, if there are any.
///
/// # Errors
/// As [`stream`].
pub fn passed_over(recipe: &Recipe) -> Result<Option<String>, Error> {
    let Source::Files { path } = &recipe.corpus else { return Ok(None) };
    let documents = Documents::open(path, &SourceOptions::default())?;
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for file in documents.skipped() {
        let kind = file.extension().map(|e| format!(".{}", e.to_string_lossy()));
        *kinds.entry(kind.unwrap_or_else(|| "without extension".into())).or_default() += 1;
    }
    if kinds.is_empty() {
        return Ok(None);
    }
    let n: usize = kinds.values().sum();
    let kinds: Vec<String> = kinds.iter().map(|(kind, n)| format!("{n} {kind}")).collect();
    Ok(Some(format!("{n} files of the corpus are passed over: {}", kinds.join(", "))))
}

fn village(seed: u64) -> impl Iterator<Item = Result<(Part, Text), Error>> {
    let village = Village::new(seed);
    let held_out = (FIRST_HELD_OUT..FIRST_HELD_OUT + N_HELD_OUT).map(|i| (Part::Validation, i));
    let all = held_out.chain((0..FIRST_HELD_OUT).map(|i| (Part::Train, i)));
    all.map(move |(part, i)| Ok((part, told(village.document(i), i))))
}

fn told(document: world::Document, i: u64) -> Text {
    match document {
        world::Document::Story(story) => {
            Text::Plain(Document { text: story.text, origin: format!("story {i}") })
        }
        world::Document::Dialogue(dialogue) => {
            let turns = dialogue.turns.into_iter().map(|turn| match turn.speaker {
                Speaker::System => Message::new(Role::System, turn.text),
                Speaker::Tool => Message::new(Role::Tool, turn.text),
                Speaker::User => Message::new(Role::User, turn.text),
                Speaker::Assistant => Message::new(Role::Assistant, turn.text),
            });
            Text::Chat(turns.collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_village_gives_stories_and_talks_and_keeps_some_apart() {
        let documents: Vec<(Part, Text)> =
            stream(&Recipe::default()).unwrap().take(700).map(Result::unwrap).collect();
        let held_out = documents.iter().filter(|(part, _)| *part == Part::Validation);
        assert_eq!(held_out.count(), 600);
        let talks = documents.iter().filter(|(_, text)| matches!(text, Text::Chat(_))).count();
        assert!((150..450).contains(&talks), "{talks}");
        let trained: Vec<&Text> =
            documents.iter().filter(|(part, _)| *part == Part::Train).map(|(_, t)| t).collect();
        let copies = documents.iter().take(600).filter(|(_, t)| trained.contains(&t)).count();
        assert_eq!(copies, 0, "nothing measured with is trained on");
    }
}
