//! One token a word: the words that are in the vocabulary, and the unknown token for all others.
//!
//! Ids are those of Hugging Face `tokenizers`' `WordLevel`. Left out on purpose: anything inside a
//! word.
//!
//! ```
//! use tokenizer::vocab::Vocab;
//! use tokenizer::wordlevel::WordLevel;
//!
//! let model = WordLevel::new(Vocab::in_order(["<unk>", "low", "lower"])?, "<unk>");
//! let mut ids = vec![];
//! model.encode("lower", &mut ids)?;
//! model.encode("lowest", &mut ids)?;
//! assert_eq!(ids, [2, 0]);
//! # Ok::<(), tokenizer::Error>(())
//! ```

pub mod train;

use rustc_hash::FxHashSet;

use crate::Error;
use crate::token::Token;
use crate::vocab::{Vocab, shown};

/// A vocabulary of words.
#[derive(Clone, Debug)]
pub struct WordLevel {
    vocab: Vocab,
    unk_token: String,
    unk_id: Option<u32>,
    /// Words that text never spells.
    apart: FxHashSet<u32>,
}

impl WordLevel {
    /// Words that are not in `vocab` become `unk_token`; if that is not there either, an error.
    pub fn new(vocab: Vocab, unk_token: impl Into<String>) -> Self {
        let unk_token = unk_token.into();
        let unk_id = vocab.id(unk_token.as_bytes());
        Self { vocab, unk_token, unk_id, apart: FxHashSet::default() }
    }

    /// The same, and text never spells `ids`.
    pub(crate) fn with_apart(self, ids: &[u32]) -> Self {
        Self { apart: ids.iter().copied().collect(), ..self }
    }

    /// Appends the id of `word`.
    #[inline]
    pub fn encode(&self, word: &str, ids: &mut Vec<u32>) -> Result<(), Error> {
        let id = self.vocab.id(word.as_bytes()).filter(|id| !self.apart.contains(id));
        let id = id.or(self.unk_id);
        let no_id = || Error::NoUnknownWord {
            word: shown(word.as_bytes()),
            unk_token: self.unk_token.clone(),
        };
        ids.push(id.ok_or_else(no_id)?);
        Ok(())
    }

    /// Appends the token of `word`, which covers all of it.
    pub fn tokens(&self, word: &str, out: &mut Vec<Token>) -> Result<(), Error> {
        let most = i32::MAX as usize;
        if word.len() > most {
            return Err(Error::TextTooLong { got: word.len(), most });
        }
        let mut ids = vec![];
        self.encode(word, &mut ids)?;
        out.extend(ids.iter().map(|&id| Token { id, start: 0, end: word.len() as u32 }));
        Ok(())
    }

    /// The word of `id`.
    pub fn piece(&self, id: u32) -> Option<&str> {
        self.vocab.text(id)
    }

    /// The id of the word `piece`.
    pub fn id(&self, piece: &str) -> Option<u32> {
        self.vocab.id(piece.as_bytes())
    }

    /// One more than the largest id.
    #[expect(clippy::len_without_is_empty, reason = "the seam of all models asks for the length")]
    pub fn len(&self) -> usize {
        self.vocab.len()
    }

    /// All words.
    pub fn vocab(&self) -> &Vocab {
        &self.vocab
    }

    /// What stands for all other words.
    pub fn unk_token(&self) -> &str {
        &self.unk_token
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_word_is_unknown_or_an_error() {
        let vocab = || Vocab::new([("a", 3), ("[UNK]", 1)]).unwrap();
        let (model, mut tokens) = (WordLevel::new(vocab(), "[UNK]"), vec![]);
        for word in ["a", "é", ""] {
            model.tokens(word, &mut tokens).unwrap();
        }
        let expected = [(3, 0, 1), (1, 0, 2), (1, 0, 0)];
        assert_eq!(tokens, expected.map(|(id, start, end)| Token { id, start, end }));
        assert_eq!((model.len(), model.id("a"), model.piece(2)), (4, Some(3), None));
        let without = WordLevel::new(vocab(), "<unk>");
        without.encode("a", &mut vec![]).unwrap();
        let error = without.encode("b", &mut vec![]).unwrap_err().to_string();
        assert!(error.contains("\"b\"") && error.contains("\"<unk>\""), "{error}");
    }
}
