//! What stands around a tokenized text: `[CLS]` and `[SEP]`, `<s>` and `</s>`, and whatever else a
//! template says; and offsets without the spaces that a byte-level token begins with.
//!
//! A [`PostProcessor`] is one stage of a `tokenizer.json` or a sequence of them, and does what
//! Hugging Face `tokenizers` 0.23 does, for one text and for two.
//!
//! Reading order: this file, `template`, `bert` (BERT and RoBERTa), `trim`, `json`.

mod bert;
mod json;
mod template;
mod trim;

pub use bert::{BertProcessing, RobertaProcessing};
pub use template::{Piece, SpecialToken, TemplateProcessing};

use crate::Error;
use crate::encoding::Encoding;
use crate::pretokenize::ByteLevel;

/// One stage that finishes an encoding, or several in a row.
#[derive(Clone, Debug, PartialEq)]
pub enum PostProcessor {
    /// One after the other.
    Sequence(Vec<PostProcessor>),
    /// What a template says.
    TemplateProcessing(TemplateProcessing),
    /// `[CLS]` A `[SEP]` B `[SEP]`.
    BertProcessing(BertProcessing),
    /// `<s>` A `</s>` `</s>` B `</s>`.
    RobertaProcessing(RobertaProcessing),
    /// Offsets without spaces.
    ByteLevel(ByteLevel),
}

impl PostProcessor {
    /// How many tokens are put around one text, or around and between two.
    pub(crate) fn added_tokens(&self, is_pair: bool) -> usize {
        match self {
            Self::Sequence(stages) => stages.iter().map(|stage| stage.added_tokens(is_pair)).sum(),
            Self::TemplateProcessing(stage) => stage.added_tokens(is_pair),
            Self::BertProcessing(_) => 2 + usize::from(is_pair),
            Self::RobertaProcessing(_) => 2 + 2 * usize::from(is_pair),
            Self::ByteLevel(_) => 0,
        }
    }

    /// One or two texts become one encoding; special tokens are put in if `add_special_tokens`.
    pub(crate) fn run(
        &self,
        mut texts: Vec<Encoding>,
        add_special_tokens: bool,
    ) -> Result<Encoding, Error> {
        for (number, text) in texts.iter_mut().enumerate() {
            text.set_sequence(number);
            text.overflowing.iter_mut().for_each(|part| part.set_sequence(number));
            text.set_type(number as u32);
        }
        Encoding::join(self.stage(texts, add_special_tokens)?)
    }

    fn stage(
        &self,
        mut texts: Vec<Encoding>,
        add_special_tokens: bool,
    ) -> Result<Vec<Encoding>, Error> {
        match self {
            Self::Sequence(stages) => {
                stages.iter().try_fold(texts, |texts, stage| stage.stage(texts, add_special_tokens))
            }
            Self::TemplateProcessing(stage) => stage.run(texts, add_special_tokens),
            Self::BertProcessing(stage) => Ok(stage.run(texts, add_special_tokens)),
            Self::RobertaProcessing(stage) => Ok(stage.run(texts, add_special_tokens)),
            Self::ByteLevel(stage) => {
                if stage.trim_offsets {
                    texts.iter_mut().for_each(|text| trim::run(text, stage.add_prefix_space));
                }
                for (number, text) in texts.iter_mut().enumerate() {
                    text.set_sequence(number);
                }
                Ok(texts)
            }
        }
    }
}

/// Two texts in a row, with nothing between them: what is done where there is no post-processor.
pub(crate) fn plain(mut texts: Vec<Encoding>) -> Result<Encoding, Error> {
    if texts.len() > 1 {
        for (number, text) in texts.iter_mut().enumerate() {
            text.set_sequence(number);
        }
    }
    Encoding::join(texts)
}

#[cfg(test)]
mod tests;
