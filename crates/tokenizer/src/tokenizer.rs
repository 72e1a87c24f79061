//! The whole: text → words → ids, and ids → bytes → text.
//!
//! What it promises: `decode(encode(text)) == text` for every text of its alphabet, the same ids
//! for the same text and vocabulary as Hugging Face `tokenizers`, and the same vocabulary for the
//! same texts and options. Ids run from 0: the alphabet, the merges, then the special tokens.
//!
//! Left out on purpose: tokens put in front or behind by the tokenizer itself (a file's
//! `post_processor` is kept but not applied; ids are those of `add_special_tokens=False`).

use std::fs::File;
use std::io::Read;
use std::path::Path;

use rayon::prelude::*;
use rustc_hash::FxHashSet;
use serde_json::Value;

use crate::bpe::{Bpe, WordCache, train};
use crate::pretokenize::Pretokenizer;
use crate::special::{Added, AddedTokens, Piece};
use crate::{Error, StreamDecoder, TrainOptions, byte_level, hf};

/// Text ⇄ ids.
#[derive(Clone)]
pub struct Tokenizer {
    pub(crate) bpe: Bpe,
    pub(crate) pretokenizer: Pretokenizer,
    pub(crate) added: AddedTokens,
    /// As the file had it; see the module's text.
    pub(crate) post_processor: Value,
    vocab_size: usize,
}

impl Tokenizer {
    /// Learns a byte-level BPE vocabulary of exactly `options.vocab_size` ids from `texts`.
    /// Deterministic; memory grows with the number of distinct words.
    pub fn train(
        texts: impl IntoIterator<Item = impl AsRef<str>>,
        options: &TrainOptions,
    ) -> Result<Self, Error> {
        let pretokenizer = match options.single_digits {
            true => Pretokenizer::single_digits(),
            false => Pretokenizer::gpt4(),
        };
        let bpe = train::train(texts, &pretokenizer, options)?;
        let first = bpe.ids().len() as u32;
        let added = options.specials.iter().zip(first..).map(|(name, id)| Added {
            id,
            content: name.clone(),
            special: true,
        });
        Self::assemble(bpe, pretokenizer, AddedTokens::new(added.collect())?, Value::Null)
    }

    pub(crate) fn assemble(
        bpe: Bpe,
        pretokenizer: Pretokenizer,
        added: AddedTokens,
        post_processor: Value,
    ) -> Result<Self, Error> {
        let ordinary: FxHashSet<&[u8]> = bpe.ids().filter_map(|id| bpe.bytes(id)).collect();
        let clash = added.iter().find(|token| {
            // A file has one name space for both, and writes ordinary tokens in visible characters.
            byte_level::to_bytes(&token.content).is_some_and(|b| ordinary.contains(b.as_slice()))
        });
        if let Some(token) = clash {
            let why = "is also an ordinary token of this vocabulary";
            return Err(Error::BadSpecial { name: token.content.clone(), why });
        }
        let after_added = added.iter().map(|token| token.id as usize + 1).max().unwrap_or(0);
        let vocab_size = bpe.ids().len().max(after_added);
        Ok(Self { bpe, pretokenizer, added, post_processor, vocab_size })
    }

    /// The ids of ordinary text. The name of a special token inside it is text like any other.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>, Error> {
        let mut ids = Vec::with_capacity(text.len() / 3);
        self.encode_text(text, &mut ids)?;
        Ok(ids)
    }

    /// The ids of text in which the names of special and other added tokens stand for the tokens.
    /// Only for text whose author may speak for the system.
    pub fn encode_with_special(&self, text: &str) -> Result<Vec<u32>, Error> {
        let mut ids = Vec::with_capacity(text.len() / 3);
        self.added.for_each_piece(text, |piece| match piece {
            Piece::Token(id) => {
                ids.push(id);
                Ok(())
            }
            Piece::Text(text) => self.encode_text(text, &mut ids),
        })?;
        Ok(ids)
    }

    /// [`encode`](Self::encode) of many texts on all threads. The first text that fails decides
    /// the error.
    pub fn encode_batch(&self, texts: &[&str]) -> Result<Vec<Vec<u32>>, Error> {
        let encoded: Vec<Result<Vec<u32>, Error>> =
            texts.par_iter().map(|text| self.encode(text)).collect();
        encoded.into_iter().collect()
    }

    fn encode_text(&self, text: &str, ids: &mut Vec<u32>) -> Result<(), Error> {
        let mut cache = WordCache::for_text(text);
        self.pretokenizer.for_each_word(text, |word| self.bpe.encode(word, &mut cache, ids))
    }

    /// The text of `ids`, special tokens by their names. Bytes that are no UTF-8 become U+FFFD.
    pub fn decode(&self, ids: &[u32]) -> Result<String, Error> {
        let mut bytes = Vec::with_capacity(ids.len() * 4);
        for &id in ids {
            bytes.extend_from_slice(self.token_bytes(id).ok_or_else(|| self.unknown(id))?);
        }
        Ok(String::from_utf8(bytes)
            .unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned()))
    }

    /// A decoder for ids that arrive one by one.
    pub fn decoder(&self) -> StreamDecoder<'_> {
        StreamDecoder::new(self)
    }

    pub(crate) fn unknown(&self, id: u32) -> Error {
        Error::UnknownId { id, vocab_size: self.vocab_size }
    }

    /// The bytes that `id` stands for: the name for a special token, `None` for no token.
    pub fn token_bytes(&self, id: u32) -> Option<&[u8]> {
        match self.bpe.bytes(id) {
            Some(bytes) => Some(bytes),
            None => self.added.get(id).map(|token| token.content.as_bytes()),
        }
    }

    /// One more than the largest id: the rows that an embedding needs.
    pub fn vocab_size(&self) -> usize {
        self.vocab_size
    }

    /// The id of the special (or otherwise added) token of this name.
    pub fn special(&self, name: &str) -> Option<u32> {
        self.added.id(name)
    }

    /// All special tokens in the order of their ids.
    pub fn specials(&self) -> impl Iterator<Item = (&str, u32)> {
        self.added.iter().filter(|t| t.special).map(|t| (t.content.as_str(), t.id))
    }

    /// Whether `id` is a control token that readers should not see.
    pub fn is_special(&self, id: u32) -> bool {
        self.added.get(id).is_some_and(|token| token.special)
    }

    /// Reads a Hugging Face `tokenizer.json` with a byte-level BPE model. The text is not trusted.
    pub fn from_json(text: &str) -> Result<Self, Error> {
        hf::read::read(text)
    }

    /// The tokenizer as a Hugging Face `tokenizer.json`.
    pub fn to_json(&self) -> String {
        hf::write::write(self)
    }

    /// [`from_json`](Self::from_json) of a file.
    pub fn load(path: &Path) -> Result<Self, Error> {
        let failed = |source| Error::Io { path: path.to_owned(), source };
        let mut bytes = Vec::new();
        let file = File::open(path).map_err(failed)?;
        // One byte past the limit, so that `from_json` can tell.
        file.take(hf::MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
        let text = String::from_utf8(bytes).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            Error::Json { detail: format!("a byte that is not UTF-8 at byte {at}") }
        })?;
        Self::from_json(&text)
    }

    /// Writes [`to_json`](Self::to_json) to a file in one step: the old file or the new one.
    pub fn save(&self, path: &Path) -> Result<(), Error> {
        stdx::atomic_file::write(path, self.to_json().as_bytes())
            .map_err(|source| Error::Io { path: path.to_owned(), source })
    }
}

impl std::fmt::Debug for Tokenizer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokenizer")
            .field("vocab_size", &self.vocab_size)
            .field("merges", &self.bpe.merges().len())
            .field("pattern", &self.pretokenizer.pattern())
            .field("specials", &self.specials().collect::<Vec<_>>())
            .finish()
    }
}

#[cfg(test)]
mod tests;
