//! All that is known of a tokenized text: ids, tokens, where they came from, and three masks.
//!
//! For those who want it: [`crate::Tokenizer::encoding`] makes one, `encode` never does. The lists
//! all have one entry a token. Offsets are given twice, in bytes and in characters of the original
//! text; a token that was added has (0, 0).
//!
//! Reading order: this file, `encoding/build` (words to an encoding), `encoding/truncation`,
//! `encoding/padding`.

pub(crate) mod build;
pub(crate) mod padding;
pub(crate) mod truncation;

use std::collections::BTreeMap;
use std::ops::Range;

use crate::Error;

pub use padding::{Padding, PaddingStrategy};
pub use truncation::{Truncation, TruncationStrategy};

/// The most tokens that all windows of a truncated text may have together, and all joined pairs of
/// them: a stride close to the size of a window, or many windows of two texts, make much of little.
const MAX_OVERFLOW: usize = 1 << 21;

/// The side at which something is cut off or added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// At the start.
    Left,
    /// At the end.
    Right,
}

/// A tokenized text, or two of them with what stands around and between.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Encoding {
    /// The ids.
    pub ids: Vec<u32>,
    /// 0 for the first text and 1 for the second, unless the post-processor says otherwise.
    pub type_ids: Vec<u32>,
    /// The tokens as a file writes them; for an unknown piece of a unigram model, its text.
    pub tokens: Vec<String>,
    /// The number of the word that the token is of; none for tokens that were added.
    pub word_ids: Vec<Option<u32>>,
    /// Start and end in the original text, in bytes.
    pub offsets: Vec<(usize, usize)>,
    /// Start and end in the original text, in characters.
    pub char_offsets: Vec<(usize, usize)>,
    /// 1 for tokens that a post-processor or padding added.
    pub special_tokens_mask: Vec<u32>,
    /// 0 for padding.
    pub attention_mask: Vec<u32>,
    /// What truncation cut off, in pieces of the same size.
    pub overflowing: Vec<Encoding>,
    /// For each text, the tokens that are of it.
    pub(crate) sequences: BTreeMap<usize, Range<usize>>,
}

impl Encoding {
    /// How many tokens there are.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there is no token.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// For each token, the text that it is of; none for tokens that were added.
    pub fn sequence_ids(&self) -> Vec<Option<usize>> {
        let mut ids = vec![None; self.len()];
        for id in 0..self.sequences.len().max(1) {
            let range = self.sequences.get(&id).cloned().unwrap_or(0..self.len());
            ids.get_mut(range).unwrap_or_default().fill(Some(id));
        }
        ids
    }

    /// The tokens that stand for nothing in a text: `ids` and `tokens` side by side.
    pub(crate) fn of_special(tokens: &[(u32, String)], type_id: u32) -> Self {
        let len = tokens.len();
        Self {
            ids: tokens.iter().map(|(id, _)| *id).collect(),
            type_ids: vec![type_id; len],
            tokens: tokens.iter().map(|(_, token)| token.clone()).collect(),
            word_ids: vec![None; len],
            offsets: vec![(0, 0); len],
            char_offsets: vec![(0, 0); len],
            special_tokens_mask: vec![1; len],
            attention_mask: vec![1; len],
            ..Self::default()
        }
    }

    /// All of it is of text number `id`.
    pub(crate) fn set_sequence(&mut self, id: usize) {
        self.sequences.insert(id, 0..self.len());
    }

    /// All of it has this type.
    pub(crate) fn set_type(&mut self, type_id: u32) {
        self.type_ids.fill(type_id);
    }

    /// A stretch of the tokens, without what overflowed.
    pub(crate) fn slice(&self, range: Range<usize>) -> Self {
        Self {
            ids: self.ids[range.clone()].to_vec(),
            type_ids: self.type_ids[range.clone()].to_vec(),
            tokens: self.tokens[range.clone()].to_vec(),
            word_ids: self.word_ids[range.clone()].to_vec(),
            offsets: self.offsets[range.clone()].to_vec(),
            char_offsets: self.char_offsets.get(range.clone()).unwrap_or_default().to_vec(),
            special_tokens_mask: self.special_tokens_mask[range.clone()].to_vec(),
            attention_mask: self.attention_mask[range].to_vec(),
            ..Self::default()
        }
    }

    /// Puts `other` behind. What overflowed of either is joined with the other, with all that
    /// overflowed of it too, as Hugging Face has it; `left` says how many tokens that may make.
    pub(crate) fn append(&mut self, other: &Self, left: &mut usize) -> Result<(), Error> {
        let mut overflowing = vec![];
        for ours in &self.overflowing {
            for theirs in std::iter::once(other).chain(&other.overflowing) {
                overflowing.push(ours.joined(theirs, left)?);
            }
        }
        for theirs in &other.overflowing {
            overflowing.push(self.joined(theirs, left)?);
        }
        self.append_tokens(other);
        self.overflowing = overflowing;
        Ok(())
    }

    fn joined(&self, other: &Self, left: &mut usize) -> Result<Self, Error> {
        let len = self.len() + other.len();
        let Some(less) = left.checked_sub(len) else {
            let (got, most) = (MAX_OVERFLOW as u64 + 1, MAX_OVERFLOW as u64);
            let what = "all that overflows of two texts, joined (in tokens)";
            return Err(Error::TooLarge { what, got, most });
        };
        *left = less;
        let mut joined = self.clone();
        joined.append(other, left)?;
        Ok(joined)
    }

    pub(crate) fn append_tokens(&mut self, other: &Self) {
        let len = self.len();
        let moved = other.sequences.iter().map(|(&id, r)| (id, len + r.start..len + r.end));
        self.sequences.extend(moved);
        self.ids.extend(&other.ids);
        self.type_ids.extend(&other.type_ids);
        self.tokens.extend(other.tokens.iter().cloned());
        self.word_ids.extend(&other.word_ids);
        self.offsets.extend(&other.offsets);
        self.char_offsets.extend(&other.char_offsets);
        self.special_tokens_mask.extend(&other.special_tokens_mask);
        self.attention_mask.extend(&other.attention_mask);
    }

    /// All of them in a row.
    pub(crate) fn join(encodings: Vec<Self>) -> Result<Self, Error> {
        let mut left = MAX_OVERFLOW;
        let mut parts = encodings.into_iter();
        let mut joined = parts.next().unwrap_or_default();
        parts.try_for_each(|part| joined.append(&part, &mut left))?;
        Ok(joined)
    }
}
