//! Tokens to text: the decoders of the field.
//!
//! A [`Decoder`] is one stage of a `tokenizer.json` or a sequence of them, and does what Hugging
//! Face `tokenizers` 0.23 does. There a stage makes a list of texts of a list of texts, which are
//! joined at the end. Here texts come one by one, and in parts: a [`Stage`] passes on what can no
//! longer change and holds back the rest. So decoding a stream and decoding a whole is the same
//! code, and what a stream showed is never taken back.
//!
//! What is held back: by `ByteLevel` the bytes of an unfinished character; by `ByteFallback` a run
//! of byte tokens, since one broken character spoils all of the run; by `BPEDecoder` the last
//! token, by `Strip` and `Replace` what may be a match. `WordPiece`, `CTC`, `Replace` with a
//! regular expression and `ByteFallback` need whole texts: behind a stage that joins all texts to
//! one (`Fuse`, `ByteLevel`) nothing comes out before the end.
//!
//! Where we leave Hugging Face on purpose: `Strip` of more characters than a text has panics
//! there and gives nothing here.
//!
//! Reading order: this file; `byte_level` with `utf8`, `byte_fallback`, `metaspace`,
//! `word_piece`, `bpe`, `strip`, `replace`, `ctc`, `spaced` (no decoder at all); `json`.

mod bpe;
mod byte_fallback;
mod byte_level;
mod ctc;
mod json;
mod metaspace;
mod replace;
mod spaced;
mod strip;
pub(crate) mod utf8;
mod word_piece;

pub use ctc::Ctc;
pub use replace::Replace;
pub use strip::Strip;
pub use word_piece::WordPiece;

use crate::Error;
use crate::normalize::{FREE_GROWTH, MOST_GROWTH};
use crate::pretokenize::{ByteLevel, Metaspace};

/// One stage that makes text of tokens, or several in a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Decoder {
    /// One after the other.
    Sequence(Vec<Decoder>),
    /// Visible characters become bytes, and these the text.
    ByteLevel(ByteLevel),
    /// Words apart, pieces of words joined.
    WordPiece(WordPiece),
    /// Marks become spaces.
    Metaspace(Metaspace),
    /// What ends a word becomes a space.
    BpeDecoder {
        /// What ends a word, `</w>` as a rule.
        suffix: String,
    },
    /// Tokens like `<0xE2>` become bytes, and these characters.
    ByteFallback,
    /// All texts become one.
    Fuse,
    /// Characters at the ends are left out.
    Strip(Strip),
    /// Other text for whatever matches.
    Replace(Replace),
    /// What a speech model put out, without repetitions.
    Ctc(Ctc),
}

/// A stage at work.
#[derive(Clone, Debug)]
enum Stage<'d> {
    ByteLevel(byte_level::State),
    WordPiece(word_piece::State<'d>),
    Metaspace(metaspace::State),
    Bpe(bpe::State<'d>),
    ByteFallback(byte_fallback::State),
    Fuse,
    Strip(strip::State),
    Replace(replace::State<'d>),
    Ctc(ctc::State<'d>),
    Spaced(spaced::State),
}

/// All stages at work.
#[derive(Clone, Debug)]
pub(crate) struct Chain<'d> {
    stages: Vec<Stage<'d>>,
    growth: Growth,
}

/// How much text all stages together may still make: stages come from files, and a few of them can
/// make gigabytes of one token.
#[derive(Clone, Copy, Debug)]
struct Growth {
    left: usize,
    is_full: bool,
}

impl Decoder {
    fn add_to<'d>(&'d self, stages: &mut Vec<Stage<'d>>) {
        stages.push(match self {
            Self::Sequence(parts) => return parts.iter().for_each(|part| part.add_to(stages)),
            Self::ByteLevel(_) => Stage::ByteLevel(byte_level::State::default()),
            Self::WordPiece(stage) => Stage::WordPiece(word_piece::State::new(stage)),
            Self::Metaspace(stage) => Stage::Metaspace(metaspace::State::new(*stage)),
            Self::BpeDecoder { suffix } => Stage::Bpe(bpe::State::new(suffix)),
            Self::ByteFallback => Stage::ByteFallback(byte_fallback::State::default()),
            Self::Fuse => Stage::Fuse,
            Self::Strip(stage) => Stage::Strip(strip::State::new(*stage)),
            Self::Replace(stage) => Stage::Replace(replace::State::new(stage)),
            Self::Ctc(stage) => Stage::Ctc(ctc::State::new(stage)),
        });
    }
}

impl<'d> Chain<'d> {
    /// Without a decoder tokens are joined with spaces.
    pub(crate) fn new(decoder: Option<&'d Decoder>) -> Self {
        let mut stages = vec![];
        match decoder {
            Some(decoder) => decoder.add_to(&mut stages),
            None => stages.push(Stage::Spaced(spaced::State::default())),
        }
        let growth = Growth { left: FREE_GROWTH * (stages.len() + 1), is_full: false };
        Self { stages, growth }
    }

    /// Appends to `text` what `token` makes certain.
    pub(crate) fn push(&mut self, token: &str, text: &mut String) {
        let most = token.len().saturating_mul(MOST_GROWTH * (self.stages.len() + 1));
        self.growth.left = self.growth.left.saturating_add(most);
        let mut out = self.out(text);
        out.part(token);
        out.end();
    }

    fn out<'o>(&'o mut self, text: &'o mut String) -> Out<'o, 'd> {
        Out { stages: &mut self.stages, text, growth: &mut self.growth }
    }

    /// Fails where text was left out since the tokens made too much of it.
    pub(crate) fn check(&self) -> Result<(), Error> {
        match self.growth.is_full {
            true => Err(Error::OutgrownTokens { most: MOST_GROWTH }),
            false => Ok(()),
        }
    }

    /// Appends to `text` what was held back. The chain can be used again for other tokens.
    pub(crate) fn finish(&mut self, text: &mut String) {
        self.out(text).close();
    }
}

/// Where a stage puts what it makes: into the next stage, or at the end into the text.
struct Out<'o, 'd> {
    stages: &'o mut [Stage<'d>],
    text: &'o mut String,
    growth: &'o mut Growth,
}

impl Out<'_, '_> {
    /// A part of the text at hand.
    fn part(&mut self, part: &str) {
        if part.len() > self.growth.left {
            self.growth.is_full = true;
            return;
        }
        self.growth.left -= part.len();
        let Some((stage, stages)) = self.stages.split_first_mut() else {
            return self.text.push_str(part);
        };
        let out = &mut Out { stages, text: self.text, growth: self.growth };
        match stage {
            Stage::ByteLevel(stage) => stage.part(part),
            Stage::WordPiece(stage) => stage.part(part),
            Stage::Metaspace(stage) => stage.part(part, out),
            Stage::Bpe(stage) => stage.part(part),
            Stage::ByteFallback(stage) => stage.part(part),
            Stage::Fuse => out.part(part),
            Stage::Strip(stage) => stage.part(part, out),
            Stage::Replace(stage) => stage.part(part, out),
            Stage::Ctc(stage) => stage.part(part),
            Stage::Spaced(stage) => stage.part(part, out),
        }
    }

    /// The text at hand ends.
    fn end(&mut self) {
        let Some((stage, stages)) = self.stages.split_first_mut() else { return };
        let out = &mut Out { stages, text: self.text, growth: self.growth };
        match stage {
            Stage::ByteLevel(stage) => stage.end(out),
            Stage::WordPiece(stage) => stage.end(out),
            Stage::Metaspace(stage) => stage.end(out),
            Stage::Bpe(stage) => stage.end(out),
            Stage::ByteFallback(stage) => stage.end(out),
            Stage::Fuse => {}
            Stage::Strip(stage) => stage.end(out),
            Stage::Replace(stage) => stage.end(out),
            Stage::Ctc(stage) => stage.end(out),
            Stage::Spaced(stage) => stage.end(out),
        }
    }

    /// A whole text.
    fn whole(&mut self, text: &str) {
        self.part(text);
        self.end();
    }

    /// There are no more texts; every stage is as new afterwards.
    fn close(&mut self) {
        let Some((stage, stages)) = self.stages.split_first_mut() else { return };
        let out = &mut Out { stages, text: self.text, growth: self.growth };
        match stage {
            Stage::ByteLevel(stage) => stage.close(out),
            Stage::WordPiece(stage) => stage.close(),
            Stage::Metaspace(stage) => stage.close(),
            Stage::Bpe(stage) => stage.close(out),
            Stage::ByteFallback(stage) => stage.close(out),
            Stage::Fuse => out.end(),
            Stage::Strip(_) | Stage::Replace(_) => {}
            Stage::Ctc(stage) => stage.close(),
            Stage::Spaced(stage) => stage.close(),
        }
        out.close();
    }
}

#[cfg(test)]
mod tests;
