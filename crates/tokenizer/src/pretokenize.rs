//! Text to words: models never join across the borders that are drawn here.
//!
//! A [`PreTokenizer`] is one stage of a `tokenizer.json` or a sequence of them, and does what
//! Hugging Face `tokenizers` 0.23 does. Each kind has a file of its own. A stage is made of
//! [`Step`]s of two kinds: a [`Cut`] gives pieces of its text, a [`Change`] gives other text. Every
//! step looks at one piece only, so a text goes through all steps piece by piece, depth first,
//! and nothing is held but the piece at hand. Words are borrowed from the text until a step
//! changes it.
//!
//! Reading order: `behavior` (what becomes of matches), `pattern` and `split`, `byte_level`,
//! `metaspace`, `whitespace`, `bert`, `fixed_length`, `unicode_scripts`; `sets` and the two tables
//! (which character is what); `word` (a word that knows where it came from), `json`; `fast` and
//! `classes` (the published patterns by hand).

mod behavior;
mod bert;
mod byte_level;
mod classes;
pub(crate) mod fast;
mod fixed_length;
mod json;
mod metaspace;
mod pattern;
mod punctuation_table;
mod script_table;
pub(crate) mod sets;
mod split;
mod unicode_scripts;
mod whitespace;
mod word;

pub use behavior::Behavior;
pub use byte_level::ByteLevel;
pub use metaspace::{Metaspace, PrependScheme};
pub use pattern::Pattern;
pub(crate) use pattern::{GPT2_PATTERN, GPT4_PATTERN, SINGLE_DIGITS_PATTERN};
pub use split::Split;
pub(crate) use word::Word;

use crate::Error;
use crate::byte_level::to_char as byte_level_of;
use crate::hf::fields::too_large;
use crate::normalize::Prepend;
use crate::normalize::draft::Draft;
use crate::normalize::{Normalizer, aligned};

/// One stage that cuts text into words, or several in a row.
#[derive(Clone, Debug, PartialEq)]
pub enum PreTokenizer {
    /// One after the other.
    Sequence(Vec<PreTokenizer>),
    /// What GPT-2 does.
    ByteLevel(ByteLevel),
    /// At a pattern.
    Split(Split),
    /// `\w+|[^\w\s]+`.
    Whitespace,
    /// At white space, which is left out.
    WhitespaceSplit,
    /// What BERT does.
    BertPreTokenizer,
    /// What SentencePiece does.
    Metaspace(Metaspace),
    /// At numbers.
    Digits {
        /// Each digit alone.
        individual_digits: bool,
    },
    /// At punctuation.
    Punctuation(Behavior),
    /// At one character, which is left out.
    CharDelimiterSplit(char),
    /// Where the script changes.
    UnicodeScripts,
    /// Into pieces of so many characters.
    FixedLength(usize),
}

/// How often bytes may be written as visible characters.
const MOST_BYTE_STEPS: usize = 3;

/// One thing that is done to a piece of text.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Cut(Cut),
    Change(Change),
}

/// Pieces of a text, in order.
#[derive(Clone, Debug)]
pub(crate) enum Cut {
    Split(Split),
    Whitespace,
    WhitespaceSplit,
    Bert,
    Mark(char),
    Digits(Behavior),
    Punctuation(Behavior),
    Delimiter(char),
    Scripts,
    FixedLength(usize),
}

/// Other text.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    /// A space in front.
    Space,
    /// Marks for spaces.
    Mark(Metaspace),
    /// Every byte as a visible character.
    Bytes,
}

impl PreTokenizer {
    /// What is done, in order.
    pub(crate) fn steps(&self) -> Result<Vec<Step>, Error> {
        let steps = self.all_steps()?;
        // Each makes two bytes of some: a few of them a text of any size.
        match steps.iter().filter(|step| matches!(step, Step::Change(Change::Bytes))).count() {
            0..=MOST_BYTE_STEPS => Ok(steps),
            n => Err(too_large("the stages that are ByteLevel", n, MOST_BYTE_STEPS)),
        }
    }

    fn all_steps(&self) -> Result<Vec<Step>, Error> {
        let cut = |cut| Ok(vec![Step::Cut(cut)]);
        match self {
            Self::Sequence(stages) => {
                let steps = stages.iter().map(Self::all_steps).collect::<Result<Vec<_>, _>>()?;
                Ok(steps.concat())
            }
            Self::ByteLevel(stage) => {
                let mut steps = vec![];
                if stage.add_prefix_space {
                    steps.push(Step::Change(Change::Space));
                }
                if stage.use_regex {
                    let pattern = Pattern::Regex(GPT2_PATTERN.to_owned());
                    let words = Split::new(pattern, Behavior::Isolated, false)?;
                    steps.push(Step::Cut(Cut::Split(words)));
                }
                steps.push(Step::Change(Change::Bytes));
                Ok(steps)
            }
            Self::Metaspace(stage) => {
                let mut steps = vec![Step::Change(Change::Mark(*stage))];
                if stage.split {
                    steps.push(Step::Cut(Cut::Mark(stage.replacement)));
                }
                Ok(steps)
            }
            Self::Split(split) => cut(Cut::Split(split.clone())),
            Self::Whitespace => cut(Cut::Whitespace),
            Self::WhitespaceSplit => cut(Cut::WhitespaceSplit),
            Self::BertPreTokenizer => cut(Cut::Bert),
            Self::Digits { individual_digits: true } => cut(Cut::Digits(Behavior::Isolated)),
            Self::Digits { individual_digits: false } => cut(Cut::Digits(Behavior::Contiguous)),
            Self::Punctuation(behavior) => cut(Cut::Punctuation(*behavior)),
            Self::CharDelimiterSplit(delimiter) => cut(Cut::Delimiter(*delimiter)),
            Self::UnicodeScripts => cut(Cut::Scripts),
            Self::FixedLength(length) => cut(Cut::FixedLength(*length)),
        }
    }
}

impl Cut {
    /// Calls `each` with the pieces of `text`, none of them empty, until it fails.
    #[inline]
    pub(crate) fn run<'t>(
        &self,
        text: &'t str,
        each: impl FnMut(&'t str) -> Result<(), Error>,
    ) -> Result<(), Error> {
        match self {
            Self::Split(split) => split.for_each_word(text, each),
            Self::Whitespace => whitespace::cut(text, each),
            Self::WhitespaceSplit => whitespace::cut_split(text, each),
            Self::Bert => bert::cut(text, each),
            Self::Mark(mark) => Metaspace::cut(*mark, text, each),
            Self::Digits(behavior) => behavior::cut_at(text, char::is_numeric, *behavior, each),
            Self::Punctuation(behavior) => {
                behavior::cut_at(text, sets::is_punctuation, *behavior, each)
            }
            Self::Delimiter(delimiter) => {
                behavior::cut_at(text, |c| c == *delimiter, Behavior::Removed, each)
            }
            Self::Scripts => unicode_scripts::cut(text, each),
            Self::FixedLength(length) => fixed_length::cut(text, *length, each),
        }
    }
}

impl Change {
    /// Writes the other text, for a word that nobody asks where it came from.
    fn write(&self, word: Word<'_>, text: &mut String) {
        match self {
            Self::Space => {
                if !word.text.starts_with(' ') {
                    text.push(' ');
                }
                text.push_str(word.text);
            }
            Self::Mark(stage) => stage.write(word.text, word.is_at_start(), text),
            Self::Bytes => text.extend(word.text.bytes().map(byte_level_of)),
        }
    }

    /// Calls `each` with the other text, which knows where it came from.
    fn align(
        &self,
        word: Word<'_>,
        each: impl FnOnce(Word<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let at_start = word.is_at_start();
        match self {
            Self::Space if word.text.starts_with(' ') => each(word),
            Self::Space => {
                let prepend = Prepend { prepend: " ".to_owned() };
                word.change(|draft| prepend.run(draft), each)
            }
            Self::Mark(stage) => word.change(|draft| stage.mark(draft, at_start), each),
            Self::Bytes => word.change(crate::normalize::byte_level::run, each),
        }
    }
}

/// Calls `each` with the words that `steps` make of `word`, in order, until it fails. `spare` are
/// texts whose memory is used again.
pub(crate) fn run(
    steps: &[Step],
    word: Word<'_>,
    spare: &mut Vec<String>,
    each: &mut dyn FnMut(Word<'_>) -> Result<(), Error>,
) -> Result<(), Error> {
    match steps.split_first() {
        None => each(word),
        Some((Step::Cut(cut), rest)) => {
            cut.run(word.text, |piece| run(rest, word.piece(piece), spare, each))
        }
        Some((Step::Change(change), rest)) if word.is_placed() => {
            change.align(word, |changed| run(rest, changed, spare, each))
        }
        Some((Step::Change(change), rest)) => {
            let mut text = spare.pop().unwrap_or_default();
            text.clear();
            change.write(word, &mut text);
            let done = run(rest, Word::unplaced(&text, word.is_at_start()), spare, each);
            spare.push(text);
            done
        }
    }
}

/// Whether some step asks where in the original a piece stood, after text may have changed.
pub(crate) fn needs_places(normalizer: Option<&Normalizer>, steps: &[Step]) -> bool {
    let asks = |step: &Step| {
        let Step::Change(Change::Mark(stage)) = step else { return false };
        stage.prepend_scheme == PrependScheme::First
    };
    let changes = |step: &Step| matches!(step, Step::Change(_));
    let first = steps.iter().position(asks);
    first.is_some_and(|at| normalizer.is_some() || steps[..at].iter().any(changes))
}

#[cfg(test)]
mod tests;
