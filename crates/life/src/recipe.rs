//! What is wished for: a corpus, a vocabulary, and the dials of the training. Everything left out
//! is derived. A recipe is what a JSON file given to `--config` holds.

mod talks;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use train::plan::Dials;

use crate::Error;
pub use talks::Talks;

/// The village, if nobody says which.
const DEFAULT_VILLAGE: u64 = 1;

/// Where the text comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Source {
    /// The village, whose truth is known: stories and dialogues without end.
    World {
        /// Another seed, another village.
        seed: u64,
    },
    /// A file, or a folder of files.
    Files {
        /// Where.
        path: PathBuf,
    },
}

/// A wish.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Recipe {
    /// The folder of a model to begin with. It brings its tokenizer and its shape; it reads files if
    /// they are given, never the village, whose seed then says whose lessons it is taught.
    pub from: Option<PathBuf>,
    /// The text.
    pub corpus: Source,
    /// Ids of the tokenizer; derived from the corpus if absent.
    pub vocab: Option<usize>,
    /// Every byte of the corpus is a token, and nothing is merged.
    pub chars: bool,
    /// Replace bytes that are no text instead of giving up.
    pub lossy: bool,
    /// The field of JSON lines, or the column of tables, that holds the text.
    pub field: String,
    /// The share of documents kept to measure with.
    pub validation: f64,
    /// Whether the model is taught to answer after it has read: the whole life.
    pub life: bool,
    /// What it is taught with: files or folders of instruction data. The village's own lessons if
    /// there are none.
    pub instructions: Vec<Talks>,
    /// Exercises of each task in the exam; 500 if absent.
    pub exam: Option<usize>,
    /// The training.
    pub train: Dials,
}

impl Default for Recipe {
    fn default() -> Self {
        Self {
            from: None,
            corpus: Source::World { seed: DEFAULT_VILLAGE },
            vocab: None,
            chars: false,
            lossy: false,
            field: "text".to_string(),
            validation: 0.1,
            life: false,
            instructions: Vec::new(),
            exam: None,
            train: Dials::default(),
        }
    }
}

impl Recipe {
    /// Reads a recipe's JSON.
    ///
    /// # Errors
    /// [`Error::Recipe`] with the key that is unknown or the value that is wrong.
    pub fn from_json(text: &str) -> Result<Self, Error> {
        let recipe: Self =
            serde_json::from_str(text).map_err(|e| Error::Recipe(format!("the config: {e}")))?;
        recipe.check()?;
        Ok(recipe)
    }

    /// Refuses wishes that exclude each other.
    ///
    /// # Errors
    /// [`Error::Recipe`], [`Error::Train`].
    pub fn check(&self) -> Result<(), Error> {
        if self.chars && self.vocab.is_some() {
            let why =
                "--chars makes a vocabulary of the characters that are there; leave out --vocab";
            return Err(Error::Recipe(why.into()));
        }
        if !(self.validation > 0.0 && self.validation < 1.0) {
            let got = self.validation;
            return Err(Error::Recipe(format!("--validation is {got}; expected between 0 and 1")));
        }
        if matches!(self.corpus, Source::World { .. }) {
            self.check_village()?;
        }
        if self.from.is_some() {
            self.check_of_model()?;
        }
        if self.exam.is_some() && self.lessons_of().is_none() {
            let why = "--exam is for what the village's lessons teach; leave it out with --corpus \
                       or --instructions";
            return Err(Error::Recipe(why.into()));
        }
        if self.life && self.is_one_text() {
            let why = "--windows makes one long text without marks, which no talk can be made of; \
                       leave it out, or use `lyceum pretrain`";
            return Err(Error::Recipe(why.into()));
        }
        Ok(self.train.check()?)
    }

    /// The village's stories are made for it: what is said of files does not apply.
    fn check_village(&self) -> Result<(), Error> {
        let files = Self::default();
        let given = [
            ("--lossy", self.lossy),
            ("--field", self.field != files.field),
            ("--validation", self.validation != files.validation && self.instructions.is_empty()),
            ("--windows", self.is_one_text()),
        ];
        match given.iter().find(|(_, given)| *given) {
            Some((name, _)) => Err(Error::Recipe(format!("{name} is for files; give a --corpus"))),
            None => Ok(()),
        }
    }

    /// A model that there is already has its tokenizer and its shape.
    fn check_of_model(&self) -> Result<(), Error> {
        let words = [("--vocab", self.vocab.is_some()), ("--chars", self.chars)];
        let words =
            words.into_iter().find(|(_, given)| *given).map(|(name, _)| (name, "tokenizer"));
        match words.or(self.train.shaping().map(|name| (name, "shape"))) {
            Some((name, its)) => Err(Error::Recipe(format!(
                "{name} is for a new model; the one given by --from keeps its {its}: leave out \
                 {name} or --from"
            ))),
            None => Ok(()),
        }
    }

    /// Whether documents are one long text, without marks between them.
    pub fn is_one_text(&self) -> bool {
        self.train.windows == Some(true)
    }

    /// Whether the exam can be sat: what it asks is what the village's lessons teach.
    pub fn is_examined(&self) -> bool {
        self.life && self.lessons_of().is_some()
    }

    /// The village's seed, if it is what the model reads.
    pub fn village(&self) -> Option<u64> {
        match self.corpus {
            Source::World { seed } if self.from.is_none() => Some(seed),
            Source::World { .. } | Source::Files { .. } => None,
        }
    }

    /// The seed of the village whose lessons are taught, where anything is taught.
    pub fn lessons_of(&self) -> Option<u64> {
        match self.corpus {
            _ if !self.instructions.is_empty() => None,
            Source::World { seed } => Some(seed),
            Source::Files { .. } => self.from.as_ref().map(|_| DEFAULT_VILLAGE),
        }
    }

    /// The seed of the village that the model knows something of.
    pub fn known_village(&self) -> Option<u64> {
        self.village().or(self.lessons_of().filter(|_| self.life))
    }

    /// Whether the model reads text, before it is taught if it is.
    pub fn is_read(&self) -> bool {
        self.village().is_some() || matches!(self.corpus, Source::Files { .. })
    }

    /// The first setting in which the two differ, in words.
    pub fn difference(&self, other: &Self) -> Option<String> {
        let flat = |recipe: &Self| {
            let mut pairs = Vec::new();
            let value = serde_json::to_value(recipe).expect("a recipe is plain data");
            flatten("", &value, &mut pairs);
            pairs
        };
        let (ours, theirs) = (flat(self), flat(other));
        let differing = ours.iter().find(|pair| !theirs.contains(pair)).map(|(key, value)| {
            let before = theirs.iter().find(|(k, _)| k == key).map_or("absent", |(_, v)| v);
            format!("{key} was {before}, now {value}")
        });
        differing.or_else(|| {
            let gone = theirs.iter().find(|pair| !ours.contains(pair));
            gone.map(|(key, value)| format!("{key} was {value}"))
        })
    }
}

fn flatten(prefix: &str, value: &serde_json::Value, out: &mut Vec<(String, String)>) {
    match value.as_object() {
        Some(object) => object.iter().for_each(|(key, value)| {
            let key = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
            flatten(&key, value, out);
        }),
        None => out.push((prefix.to_string(), value.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_config_with_an_unknown_key_is_refused_by_its_name() {
        let check = |text: &str, word: &str| {
            let message = Recipe::from_json(text).unwrap_err().to_string();
            assert!(message.contains(word), "{message}");
        };
        check(r#"{"vocabulary": 512}"#, "vocabulary");
        check(r#"{"train": {"learning_rate": 1}}"#, "learning_rate");
        check(r#"{"corpus": {"world": {"seed": 1, "people": 3}}}"#, "people");
        check(r#"{"vocab": "many"}"#, "many");
        check(r#"{"chars": true, "vocab": 300}"#, "--chars");
        check(r#"{"validation": 1.0}"#, "between 0 and 1");
        check(r#"{"lossy": true}"#, "--corpus");
        check(r#"{"train": {"windows": true}}"#, "--corpus");
        check(r#"{"train": {"steps": 3, "minutes": 1}}"#, "give one of them");
        check("{", "EOF");
        let recipe = Recipe::from_json(r#"{"vocab": 512, "train": {"minutes": 2}}"#).unwrap();
        assert_eq!((recipe.vocab, recipe.train.minutes), (Some(512), Some(2.0)));
    }

    #[test]
    fn a_model_that_is_there_keeps_its_shape_and_says_what_it_reads() {
        let check = |text: &str, word: &str| {
            let message = Recipe::from_json(text).unwrap_err().to_string();
            assert!(message.contains(word) && message.contains("--from"), "{message}");
        };
        check(r#"{"from": "m", "vocab": 300}"#, "--vocab is for a new model");
        check(r#"{"from": "m", "chars": true}"#, "--chars");
        check(r#"{"from": "m", "train": {"width": 64, "layers": 1}}"#, "--layers");
        check(r#"{"from": "m", "train": {"size": 1000000}}"#, "--size");
        let of = |text: &str| {
            let recipe = Recipe { life: true, ..Recipe::from_json(text).unwrap() };
            (recipe.is_read(), recipe.village(), recipe.lessons_of(), recipe.is_examined())
        };
        let village = r#""corpus": {"world": {"seed": 3}}"#;
        let files = r#""corpus": {"files": {"path": "a.txt"}}"#;
        let talks = r#""instructions": [{"path": "talks.jsonl"}]"#;
        let from = r#""from": "m""#;
        assert_eq!(of(&format!("{{{village}}}")), (true, Some(3), Some(3), true));
        assert_eq!(of(&format!("{{{village}, {talks}}}")), (true, Some(3), None, false));
        assert_eq!(of(&format!("{{{files}, {talks}}}")), (true, None, None, false));
        assert_eq!(of(&format!("{{{from}, {village}}}")), (false, None, Some(3), true));
        assert_eq!(of(&format!("{{{from}, {talks}}}")), (false, None, None, false));
        assert_eq!(of(&format!("{{{from}, {files}}}")), (true, None, Some(1), true));
        assert_eq!(of(&format!("{{{from}, {files}, {talks}}}")), (true, None, None, false));
    }

    #[test]
    fn a_difference_is_told_in_words() {
        let one = Recipe::default();
        assert_eq!(one.difference(&one), None);
        let minutes = |m| Dials { minutes: Some(m), ..Dials::default() };
        let (five, eight) = (minutes(5.0), minutes(8.0));
        let two = Recipe { train: five, ..Recipe::default() };
        let three = Recipe { train: eight, ..Recipe::default() };
        assert_eq!(three.difference(&two).unwrap(), "train.minutes was 5.0, now 8.0");
        let other = Recipe { corpus: Source::Files { path: "a.txt".into() }, ..Recipe::default() };
        assert!(other.difference(&one).unwrap().contains("a.txt"));
    }
}
