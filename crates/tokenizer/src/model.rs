//! The four models of the field behind one face: what turns one word into ids.
//!
//! A word is text that was normalized and cut by the pre-tokenizer. All four offer nearly the same
//! methods, and [`Model`] the same for all, so that the pipeline need not know which it has:
//!
//! - `encode(word, scratch, ids)` appends the ids of a word;
//! - `tokens(word, scratch, out)` does so with the bytes of the word that each id covers;
//! - `piece(id)` and `id(piece)` go between ids and pieces as a file writes them;
//! - `len()` is one more than the largest id.
//!
//! A byte-level [`Bpe`] (its options say so) takes words as they stand in the text and works on
//! their bytes; `piece` still gives the visible characters of `byte_level`, as files have them.

mod pool;

use std::borrow::Cow;

use stdx::Rng;

use crate::bpe::{self, Bpe};
use crate::unigram::{self, Unigram};
use crate::word_cache::{Owned, WordCache};
use crate::wordlevel::WordLevel;
use crate::wordpiece::{self, WordPiece};
use crate::{Error, Token};
pub(crate) use pool::{Borrowed, Pool};

/// What encoding needs on the way and may be used again for the next word.
#[derive(Clone, Debug, Default)]
pub struct Scratch {
    pub(crate) bpe: bpe::Scratch,
    pub(crate) wordpiece: wordpiece::Scratch,
    pub(crate) unigram: unigram::Scratch,
    /// Of a unigram model.
    pub(crate) words: Owned,
    /// Of the one tokenizer that uses this scratch.
    pub(crate) chunks: Option<Box<WordCache>>,
}

/// What turns one word into ids.
#[derive(Clone, Debug)]
pub enum Model {
    /// Byte-pair encoding, on bytes or on characters.
    Bpe(Bpe),
    /// The longest piece first.
    WordPiece(WordPiece),
    /// The likeliest pieces.
    Unigram(Unigram),
    /// Whole words only.
    WordLevel(WordLevel),
}

impl Model {
    /// The same, and text never spells `ids`: a control token is no text, whoever writes its name.
    pub(crate) fn with_apart(self, ids: &[u32]) -> Result<Self, Error> {
        Ok(match self {
            Self::Bpe(model) => Self::Bpe(model.with_apart(ids)),
            Self::WordPiece(model) => Self::WordPiece(model.with_apart(ids)?),
            Self::Unigram(model) => Self::Unigram(model.with_apart(ids)?),
            Self::WordLevel(model) => Self::WordLevel(model.with_apart(ids)),
        })
    }

    /// Its name in a `tokenizer.json`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Bpe(_) => "BPE",
            Self::WordPiece(_) => "WordPiece",
            Self::Unigram(_) => "Unigram",
            Self::WordLevel(_) => "WordLevel",
        }
    }

    /// Appends the ids of `word`.
    pub fn encode(
        &self,
        word: &str,
        scratch: &mut Scratch,
        ids: &mut Vec<u32>,
    ) -> Result<(), Error> {
        match self {
            Self::Bpe(model) => model.encode(word, &mut scratch.bpe, ids),
            Self::WordPiece(model) => model.encode(word, &mut scratch.wordpiece, ids),
            Self::Unigram(model) => {
                let Scratch { unigram, words, .. } = scratch;
                let encode = &mut |word: &str, ids: &mut _| model.encode_with(unigram, word, ids);
                words.of(model.owner()).encode_word(word, ids, encode)
            }
            Self::WordLevel(model) => model.encode(word, ids),
        }
    }

    /// Appends the tokens of `word`: ids, and the bytes of the word that each covers.
    pub fn tokens(
        &self,
        word: &str,
        scratch: &mut Scratch,
        out: &mut Vec<Token>,
    ) -> Result<(), Error> {
        match self {
            Self::Bpe(model) => model.tokens(word, &mut scratch.bpe, out),
            Self::WordPiece(model) => model.tokens(word, out),
            Self::Unigram(model) => model.tokens(word, &mut scratch.unigram, out),
            Self::WordLevel(model) => model.tokens(word, out),
        }
    }

    /// [`encode`](Self::encode) as the definitions say it, without caches or tables: what the fast ways are
    /// held against.
    pub fn encode_plainly(&self, word: &str, ids: &mut Vec<u32>) -> Result<(), Error> {
        let mut tokens = vec![];
        match self {
            Self::Bpe(model) => model.encode_plainly(word, &mut tokens)?,
            Self::WordPiece(model) => model.encode_plainly(word, &mut tokens)?,
            Self::Unigram(model) => return model.encode_plainly(word, ids),
            // A word is looked up, and that is all.
            Self::WordLevel(model) => return model.encode(word, ids),
        }
        ids.extend(tokens.iter().map(|token| token.id));
        Ok(())
    }

    /// Appends the ids of one way to cut `word` by chance: of BPE `amount` is the probability that a merge is
    /// passed over, of a unigram model what scores are multiplied by (subword regularization, Kudo
    /// 2018).
    pub fn sample(
        &self,
        word: &str,
        amount: f64,
        rng: &mut Rng,
        ids: &mut Vec<u32>,
    ) -> Result<(), Error> {
        match self {
            Self::Bpe(model) => {
                let mut tokens = vec![];
                model.sample(word, amount, rng, &mut tokens)?;
                ids.extend(tokens.iter().map(|token| token.id));
                Ok(())
            }
            Self::Unigram(model) => model.sample(word, amount, rng, ids),
            Self::WordPiece(_) | Self::WordLevel(_) => Err(self.has_one_way("sampling")),
        }
    }

    /// The `n` best ways to cut `word`, and their scores, the best first: of unigram models.
    pub fn n_best(&self, word: &str, n: usize) -> Result<Vec<(Vec<u32>, f64)>, Error> {
        match self {
            Self::Unigram(model) => model.n_best(word, n),
            _ => Err(self.has_one_way("a search for the best")),
        }
    }

    fn has_one_way(&self, name: &'static str) -> Error {
        let got = format!("a model of the kind {}", self.kind());
        Error::BadOption { name, got, expected: "one that scores several ways to cut a word" }
    }

    /// How a token is shown that covers `text`: its piece; of what a unigram model does not know,
    /// the text itself.
    pub(crate) fn shown<'a>(&'a self, id: u32, text: &'a str) -> Cow<'a, str> {
        match self {
            Self::Unigram(model) if model.options().unk_id == Some(id) => Cow::Borrowed(text),
            _ => self.piece(id).unwrap_or_default(),
        }
    }

    /// The piece of `id`, as a file writes it.
    pub fn piece(&self, id: u32) -> Option<Cow<'_, str>> {
        match self {
            Self::Bpe(model) => model.piece(id),
            Self::WordPiece(model) => model.piece(id).map(Cow::Borrowed),
            Self::Unigram(model) => model.piece(id).map(Cow::Borrowed),
            Self::WordLevel(model) => model.piece(id).map(Cow::Borrowed),
        }
    }

    /// The id of a piece, as a file writes it.
    pub fn id(&self, piece: &str) -> Option<u32> {
        match self {
            Self::Bpe(model) => model.id(piece),
            Self::WordPiece(model) => model.id(piece),
            Self::Unigram(model) => model.id(piece),
            Self::WordLevel(model) => model.id(piece),
        }
    }

    /// One more than the largest id.
    #[expect(clippy::len_without_is_empty, reason = "a model without pieces encodes nothing")]
    pub fn len(&self) -> usize {
        match self {
            Self::Bpe(model) => model.len(),
            Self::WordPiece(model) => model.len(),
            Self::Unigram(model) => model.len(),
            Self::WordLevel(model) => model.len(),
        }
    }

    /// Whether words are taken as bytes, with no visible characters between.
    pub fn is_on_bytes(&self) -> bool {
        matches!(self, Self::Bpe(model) if model.is_on_bytes())
    }

    /// The bytes of `id`, if the model is on bytes.
    pub(crate) fn bytes(&self, id: u32) -> Option<&[u8]> {
        match self {
            Self::Bpe(model) if model.is_on_bytes() => model.bytes(id),
            _ => None,
        }
    }

    /// The byte that `id` stands for, if it is one of `<0x00>` to `<0xFF>` of a model that falls
    /// back to bytes.
    pub(crate) fn byte(&self, id: u32) -> Option<u8> {
        let falls_back = match self {
            Self::Bpe(model) => model.options().byte_fallback,
            Self::Unigram(model) => model.options().byte_fallback,
            Self::WordPiece(_) | Self::WordLevel(_) => false,
        };
        falls_back.then(|| crate::byte_piece::lenient(&self.piece(id)?)).flatten()
    }
}
