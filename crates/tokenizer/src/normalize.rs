//! Text to the text that a model was taught on: Unicode forms, case, accents, spaces.
//!
//! A [`Normalizer`] is one stage of a `tokenizer.json` or a sequence of them, and does what Hugging
//! Face `tokenizers` 0.23 does; [`spaces`] is what SentencePiece itself does. There are two ways
//! through one body: [`Normalizer::normalize`] gives the text, borrowed where nothing changed, and
//! [`Normalizer::align`] also says of every byte which bytes of the original it came from. Each
//! kind has a file of its own and writes to a [`draft::Draft`], which keeps both accounts.
//!
//! Where we leave Hugging Face on purpose: a stage that follows a character made from nothing
//! (`Replace` of an empty match at the start) panics there and works here; a [`Precompiled`] map
//! that removes the first characters of a text shifts all later offsets there, and here does not.
//! Sizes are capped on reading ([`json`]) and while running: a text that grows beyond
//! [`MOST_GROWTH`] times its size is refused.
//!
//! Reading order: `draft` and `aligned`; `forms` (NFC and its kin), `lowercase`, `strip`,
//! `accents`, `bert`, `nmt`, `replace`, `prepend`, `byte_level`; `charsmap` (SentencePiece's map),
//! `precompiled` and `spaces` (the two ways to apply it) with `symbols`; `tables`, `json`.
//!
//! Left out on purpose: normalizers that users write, and learning a character map.

mod accents;
pub(crate) mod aligned;
mod bert;
pub(crate) mod byte_level;
mod charsmap;
pub(crate) mod draft;
mod forms;
mod json;
mod lowercase;
mod nmt;
mod precompiled;
mod prepend;
mod replace;
mod spaces;
mod strip;
mod symbols;
mod tables;

use std::borrow::Cow;

pub use aligned::Aligned;
pub use bert::Bert;
pub use charsmap::Charsmap;
pub use forms::Form;
pub use precompiled::Precompiled;
pub use prepend::Prepend;
pub use replace::{Pattern, Replace};
pub use spaces::SentencePiece;
pub use strip::Strip;
pub use symbols::Symbols;

use crate::Error;
use aligned::Work;

/// How many times its size a text may grow to, beside [`FREE_GROWTH`] bytes. The most that one
/// character needs is eleven times (U+FDFA in NFKC), twice that as visible bytes.
pub const MOST_GROWTH: usize = 64;

/// What any text may grow by, however short it is.
pub const FREE_GROWTH: usize = 1 << 16;

/// One stage that changes text before it is cut into words, or several in a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Normalizer {
    /// One after the other.
    Sequence(Vec<Normalizer>),
    /// A Unicode normalization form.
    Form(Form),
    /// Every character in lower case, whatever stands around it.
    Lowercase,
    /// No white space at the ends.
    Strip(Strip),
    /// No combining marks. Composed letters keep theirs: decompose first.
    StripAccents,
    /// What BERT does.
    Bert(Bert),
    /// SentencePiece's rules for machine translation, without NFKC.
    Nmt,
    /// A SentencePiece map, as Hugging Face applies it.
    Precompiled(Precompiled),
    /// Other text for whatever matches.
    Replace(Replace),
    /// Text in front.
    Prepend(Prepend),
    /// Every byte as one visible character.
    ByteLevel,
    /// A SentencePiece map and its rules for spaces, as SentencePiece applies them.
    SentencePiece(SentencePiece),
}

impl Normalizer {
    /// The normalized text, or a piece of `text` itself where that is enough.
    ///
    /// Fails where a regular expression gives up, and where the text grows out of bounds.
    ///
    /// ```
    /// use tokenizer::normalize::{Form, Normalizer};
    /// let nfkc = Normalizer::Form(Form::Nfkc);
    /// assert_eq!(nfkc.normalize("ﬁne")?, "fine");
    /// # Ok::<(), tokenizer::Error>(())
    /// ```
    pub fn normalize<'t>(&self, text: &'t str) -> Result<Cow<'t, str>, Error> {
        let mut work = Work::new(text, false)?;
        self.run(&mut work)?;
        Ok(work.into_text())
    }

    /// The normalized text, and for every byte of it where it came from.
    ///
    /// ```
    /// use tokenizer::normalize::{Form, Normalizer};
    /// let aligned = Normalizer::Form(Form::Nfkc).align("a ﬁx")?;
    /// assert_eq!(aligned.text(), "a fix");
    /// assert_eq!(aligned.original(2..4), Some(2..5)); // both letters are the ligature
    /// # Ok::<(), tokenizer::Error>(())
    /// ```
    pub fn align<'t>(&self, text: &'t str) -> Result<Aligned<'t>, Error> {
        let mut work = Work::new(text, true)?;
        self.run(&mut work)?;
        Ok(work.into_aligned())
    }

    fn run(&self, work: &mut Work<'_>) -> Result<(), Error> {
        match self {
            Self::Sequence(stages) => stages.iter().try_for_each(|stage| stage.run(work)),
            Self::Form(form) => work.apply(|draft| form.run(draft)),
            Self::Lowercase => work.apply(lowercase::run),
            Self::Strip(strip) => work.apply(|draft| strip.run(draft)),
            Self::StripAccents => work.apply(accents::run),
            Self::Bert(bert) => bert.run(work),
            Self::Nmt => work.apply(nmt::run),
            Self::Precompiled(map) => work.apply(|draft| map.run(draft)),
            Self::Replace(replace) => work.try_apply(|draft| replace.run(draft)),
            Self::Prepend(prepend) => work.apply(|draft| prepend.run(draft)),
            Self::ByteLevel => work.apply(byte_level::run),
            Self::SentencePiece(pieces) => work.apply(|draft| pieces.run(draft)),
        }
    }
}

#[cfg(test)]
mod tests;
