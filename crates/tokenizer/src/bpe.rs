//! Byte-pair encoding (Sennrich et al., "Neural Machine Translation of Rare Words with Subword
//! Units", 2016) over bytes: a word begins as its bytes; of all neighbouring pairs the one that
//! was learned first is merged, until none is left.
//!
//! Leaves out a cache of words: each is merged anew.

use rustc_hash::FxHashMap;

use crate::pretokenize::Pattern;
use crate::{Error, StreamDecoder};

pub mod train;

/// A vocabulary and its merges.
#[derive(Clone, Debug)]
pub struct Tokenizer {
    /// Bytes of each id; special tokens are their text.
    pub(crate) tokens: Vec<Vec<u8>>,
    /// Pairs in the order they were learned, and what each becomes.
    pub(crate) merges: Vec<(u32, u32)>,
    /// Special tokens by id.
    pub(crate) specials: Vec<(String, u32)>,
    pub(crate) pattern: Pattern,
    ranks: FxHashMap<(u32, u32), (u32, u32)>,
    bytes: [Option<u32>; 256],
}

impl Tokenizer {
    /// A tokenizer of checked parts: `tokens` in order of ids, `specials` among them.
    pub(crate) fn assemble(
        tokens: Vec<Vec<u8>>,
        merges: Vec<(u32, u32)>,
        specials: Vec<(String, u32)>,
        pattern: Pattern,
    ) -> Result<Self, Error> {
        let special = |id: u32| specials.iter().any(|(_, s)| *s == id);
        let ids: FxHashMap<&[u8], u32> = (0..)
            .zip(&tokens)
            .filter(|(id, _)| !special(*id))
            .map(|(id, bytes)| (bytes.as_slice(), id))
            .collect();
        let mut ranks = FxHashMap::default();
        for (rank, &(a, b)) in (0_u32..).zip(&merges) {
            let joined = [tokens[a as usize].as_slice(), &tokens[b as usize]].concat();
            let Some(&id) = ids.get(joined.as_slice()) else {
                let text = String::from_utf8_lossy(&joined).into_owned();
                return Err(Error::Format(format!(
                    "merge {rank} makes {text:?}, which is no token"
                )));
            };
            ranks.entry((a, b)).or_insert((rank, id));
        }
        let bytes = std::array::from_fn(|b| ids.get([b as u8].as_slice()).copied());
        Ok(Self { tokens, merges, specials, pattern, ranks, bytes })
    }

    /// Ids of ordinary text. What spells a special token is text here.
    ///
    /// # Errors
    /// [`Error::UnknownByte`] where the alphabet was not all bytes.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>, Error> {
        let mut ids = Vec::with_capacity(text.len() / 3);
        for word in self.pattern.split(text) {
            self.encode_word(word, &mut ids)?;
        }
        Ok(ids)
    }

    /// Ids of text in which special tokens are recognised; of two at one place the longer.
    ///
    /// # Errors
    /// As [`Tokenizer::encode`].
    pub fn encode_with_special(&self, text: &str) -> Result<Vec<u32>, Error> {
        let (mut ids, mut rest) = (Vec::new(), text);
        loop {
            let places = self.specials.iter().filter_map(|(name, id)| {
                rest.find(name.as_str()).map(|at| (at, usize::MAX - name.len(), *id))
            });
            let Some((at, inverse, id)) = places.min() else { break };
            ids.extend(self.encode(&rest[..at])?);
            ids.push(id);
            rest = &rest[at + (usize::MAX - inverse)..];
        }
        ids.extend(self.encode(rest)?);
        Ok(ids)
    }

    /// Ids of many texts.
    ///
    /// # Errors
    /// As [`Tokenizer::encode`].
    pub fn encode_batch(&self, texts: &[&str]) -> Result<Vec<Vec<u32>>, Error> {
        texts.iter().map(|text| self.encode(text)).collect()
    }

    fn encode_word(&self, word: &str, out: &mut Vec<u32>) -> Result<(), Error> {
        let start = out.len();
        for &byte in word.as_bytes() {
            let unknown = || Error::UnknownByte { byte, word: word.chars().take(20).collect() };
            out.push(self.bytes[byte as usize].ok_or_else(unknown)?);
        }
        self.merge(out, start);
        Ok(())
    }

    /// Merges the word that begins at `start`, the earliest learned pair first, leftmost of equals.
    fn merge(&self, ids: &mut Vec<u32>, start: usize) {
        loop {
            let pairs = (start..ids.len().saturating_sub(1)).filter_map(|i| {
                self.ranks.get(&(ids[i], ids[i + 1])).map(|(rank, id)| (*rank, i, *id))
            });
            let Some((_, i, id)) = pairs.min() else { return };
            ids[i] = id;
            ids.remove(i + 1);
        }
    }

    /// The text of ids. Bytes that are no UTF-8 become U+FFFD.
    ///
    /// # Errors
    /// [`Error::UnknownId`].
    pub fn decode(&self, ids: &[u32]) -> Result<String, Error> {
        let mut bytes = Vec::new();
        for &id in ids {
            let vocab_size = self.vocab_size();
            let token = self.token_bytes(id).ok_or(Error::UnknownId { id, vocab_size })?;
            bytes.extend_from_slice(token);
        }
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// A decoder that takes ids one by one.
    pub fn decoder(&self) -> StreamDecoder<'_> {
        StreamDecoder::new(self)
    }

    /// The bytes of one id; a special token's are its text.
    pub fn token_bytes(&self, id: u32) -> Option<&[u8]> {
        self.tokens.get(id as usize).map(Vec::as_slice)
    }

    /// Ids run below this.
    pub fn vocab_size(&self) -> usize {
        self.tokens.len()
    }

    /// The id of a special token.
    pub fn special(&self, name: &str) -> Option<u32> {
        self.specials.iter().find(|(n, _)| n == name).map(|(_, id)| *id)
    }

    /// Special tokens and their ids.
    pub fn specials(&self) -> impl Iterator<Item = (&str, u32)> {
        self.specials.iter().map(|(name, id)| (name.as_str(), *id))
    }

    /// Whether an id is a special token's.
    pub fn is_special(&self, id: u32) -> bool {
        self.specials.iter().any(|(_, special)| *special == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TrainOptions;

    fn tokenizer() -> Tokenizer {
        let specials = vec!["<|end|>".to_string(), "<|end|>>".to_string()];
        let options = TrainOptions { vocab_size: 266, specials, ..TrainOptions::default() };
        Tokenizer::train(["low lower lowest, slow slower; the lower the slower"], &options).unwrap()
    }

    #[test]
    fn specials_are_text_unless_asked_for_and_the_longer_wins() {
        let t = tokenizer();
        let (end, longer) = (t.special("<|end|>").unwrap(), t.special("<|end|>>").unwrap());
        assert!(!t.encode("low<|end|>").unwrap().iter().any(|&id| t.is_special(id)));
        let ids = t.encode_with_special("low<|end|>>low<|end|>").unwrap();
        assert_eq!(ids.iter().filter(|&&id| t.is_special(id)).collect::<Vec<_>>(), [&longer, &end]);
        assert_eq!(t.decode(&ids).unwrap(), "low<|end|>>low<|end|>");
        assert!(matches!(t.decode(&[999]), Err(Error::UnknownId { id: 999, .. })));
    }

    proptest::proptest! {
        #[test]
        fn any_text_comes_back(text in "\\PC*|[ \\nlowerst]*") {
            let t = tokenizer();
            let ids = t.encode(&text).unwrap();
            proptest::prop_assert_eq!(t.decode(&ids).unwrap(), text.clone());
            let mut stream = t.decoder();
            let mut streamed: String = ids.iter().map(|&id| stream.push(id)).collect();
            streamed.push_str(&stream.finish());
            proptest::prop_assert_eq!(streamed, text);
        }
    }
}
