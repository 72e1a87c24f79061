//! The whole: text → normalized text → words → ids, and ids → tokens → text.
//!
//! What it promises: the same ids, offsets and masks for the same text and file as Hugging Face
//! `tokenizers` 0.23, the same text for the same ids, and the same vocabulary for the same texts
//! and options. Where the model is byte-level and nothing changes the text before it,
//! `decode(encode(text)) == text` for every text of its alphabet.
//!
//! Three ways to ids, which differ in whom they trust:
//!
//! - [`Tokenizer::encode`] takes all of a text for text: no added token is found in it, none is put
//!   around it. For what strangers wrote.
//! - [`Tokenizer::encode_with_special`] finds added tokens, and puts none around.
//! - [`Tokenizer::encoding`] finds them, puts around what the post-processor says, truncates, pads,
//!   and tells where each token came from.

mod chunks;
mod config;
mod decoding;
mod describe;
mod learn;
mod parts;
mod walk;
mod ways;

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::OnceLock;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::added::{AddedToken, AddedTokens};
use crate::bpe::train;
use crate::decode::Decoder;
use crate::encoding::{Encoding, Padding, Truncation, build::Builder};
use crate::hash::KeyedSet;
use crate::model::{Model, Pool};
use crate::normalize::Normalizer;
use crate::postprocess::{self, PostProcessor};
use crate::pretokenize::{PreTokenizer, Split, Step};
use crate::{Error, StreamDecoder, TrainOptions, byte_level, hf};

pub use config::TokenizerConfig;
pub use learn::{Kind, LearnOptions};
pub use parts::Parts;
use walk::Ids;

/// Text ⇄ ids.
#[derive(Clone)]
pub struct Tokenizer {
    pub(crate) normalizer: Option<Normalizer>,
    pub(crate) pre_tokenizer: Option<PreTokenizer>,
    pub(crate) model: Model,
    pub(crate) post_processor: Option<PostProcessor>,
    pub(crate) decoder: Option<Decoder>,
    pub(crate) added: AddedTokens,
    pub(crate) truncation: Option<Truncation>,
    pub(crate) padding: Option<Padding>,
    /// What the pre-tokenizer does, without the step that the model does itself.
    steps: Vec<Step>,
    /// Whether ids can be had chunk by chunk.
    is_chunked: bool,
    /// Whether even ids need to know where words stood.
    needs_places: bool,
    /// The bytes of added tokens, where tokens are bytes.
    added_bytes: Option<FxHashMap<u32, Box<[u8]>>>,
    /// The bytes of all tokens, where tokens are texts; made when somebody asks.
    token_bytes: OnceLock<Vec<Option<Box<[u8]>>>>,
    vocab_size: usize,
    scratches: Pool,
}

impl Tokenizer {
    /// Learns a byte-level BPE vocabulary of exactly `options.vocab_size` ids from `texts`.
    /// Deterministic; memory grows with the number of distinct words.
    pub fn train(
        texts: impl IntoIterator<Item = impl AsRef<str> + Sync>,
        options: &TrainOptions,
    ) -> Result<Self, Error> {
        let split = match options.single_digits {
            true => Split::single_digits(),
            false => Split::gpt4(),
        };
        let bpe = train::train(texts, &split, options)?;
        Self::from_parts(learn::on_bytes(bpe, split, &options.specials)?)
    }

    /// The ids of ordinary text. The name of an added token inside it is text like any other.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>, Error> {
        let mut ids = Vec::with_capacity(text.len() / 3);
        self.encode_into(text, &mut ids)?;
        Ok(ids)
    }

    /// The ids of text in which the names of special and other added tokens stand for the tokens.
    /// Only for text whose author may speak for the system.
    pub fn encode_with_special(&self, text: &str) -> Result<Vec<u32>, Error> {
        let mut ids = Vec::with_capacity(text.len() / 3);
        let mut scratch = self.scratches.borrow();
        self.walk(
            text,
            walk::Mode::special_ids(self),
            &mut Ids { model: &self.model, scratch: &mut scratch, ids: &mut ids },
        )?;
        Ok(ids)
    }

    /// [`encode`](Self::encode) of many texts on all threads. The first text that fails decides
    /// the error.
    pub fn encode_batch(&self, texts: &[&str]) -> Result<Vec<Vec<u32>>, Error> {
        let encoded: Vec<Result<Vec<u32>, Error>> =
            texts.par_iter().map(|text| self.encode(text)).collect();
        encoded.into_iter().collect()
    }

    /// All that is known of a text, or of two: with added tokens found, special tokens put around
    /// if `add_special_tokens`, truncated and padded as the file says.
    pub fn encoding(
        &self,
        text: &str,
        pair: Option<&str>,
        add_special_tokens: bool,
    ) -> Result<Encoding, Error> {
        let mut encoding = self.unpadded(text, pair, add_special_tokens)?;
        if let Some(padding) = &self.padding {
            padding.run(std::slice::from_mut(&mut encoding))?;
        }
        Ok(encoding)
    }

    /// [`encoding`](Self::encoding) of many texts or pairs on all threads, padded to one length.
    pub fn encodings(
        &self,
        inputs: &[(&str, Option<&str>)],
        add_special_tokens: bool,
    ) -> Result<Vec<Encoding>, Error> {
        let encode =
            |&(text, pair): &(&str, Option<&str>)| self.encoding(text, pair, add_special_tokens);
        let encoded: Vec<Result<Encoding, Error>> = inputs.par_iter().map(encode).collect();
        let mut encodings = encoded.into_iter().collect::<Result<Vec<_>, _>>()?;
        if let Some(padding) = &self.padding {
            padding.run(&mut encodings)?;
        }
        Ok(encodings)
    }

    fn unpadded(
        &self,
        text: &str,
        pair: Option<&str>,
        add_special_tokens: bool,
    ) -> Result<Encoding, Error> {
        let mut texts = vec![self.of_one(text, 0)?];
        if let Some(pair) = pair {
            texts.push(self.of_one(pair, 1)?);
        }
        if let Some(truncation) = &self.truncation {
            let processor = self.post_processor.as_ref().filter(|_| add_special_tokens);
            let added = processor.map_or(0, |processor| processor.added_tokens(pair.is_some()));
            let (first, second) = texts.split_at_mut(1);
            truncation.run(&mut first[0], second.first_mut(), added)?;
        }
        match &self.post_processor {
            Some(processor) => processor.run(texts, add_special_tokens),
            None => postprocess::plain(texts),
        }
    }

    /// The encoding of text number `type_id`, before anything is cut off or put around.
    fn of_one(&self, text: &str, type_id: u32) -> Result<Encoding, Error> {
        let mut builder = Builder::new(text, &self.model, self.scratches.borrow(), type_id);
        self.walk(text, walk::Mode::WITH_PLACES, &mut builder)?;
        Ok(builder.finish())
    }

    /// A decoder for ids that arrive one by one.
    pub fn decoder(&self) -> StreamDecoder<'_> {
        StreamDecoder::new(self)
    }

    pub(crate) fn unknown(&self, id: u32) -> Error {
        Error::UnknownId { id, vocab_size: self.vocab_size }
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

    /// Reads a Hugging Face `tokenizer.json`. The text is not trusted.
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

/// A file has one name space for added tokens and others, and writes the others in visible
/// characters.
fn check_names(bpe: &crate::bpe::Bpe, added: &[AddedToken]) -> Result<(), Error> {
    let ordinary: KeyedSet<&[u8]> = (0..bpe.len() as u32).filter_map(|id| bpe.bytes(id)).collect();
    let clash = added.iter().find(|token| {
        byte_level::to_bytes(&token.content).is_some_and(|b| ordinary.contains(b.as_slice()))
    });
    clash.map_or(Ok(()), |token| {
        let why = "is also an ordinary token of this vocabulary";
        Err(Error::BadSpecial { name: token.content.clone(), why })
    })
}

impl std::fmt::Debug for Tokenizer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokenizer")
            .field("vocab_size", &self.vocab_size)
            .field("normalizer", &self.normalizer)
            .field("pre_tokenizer", &self.pre_tokenizer)
            .field("model", &self.model.kind())
            .field("post_processor", &self.post_processor)
            .field("decoder", &self.decoder)
            .field("specials", &self.specials().collect::<Vec<_>>())
            .finish()
    }
}

#[cfg(test)]
mod tests;
