//! Ids to tokens, bytes and text.

use std::borrow::Cow;

use super::Tokenizer;
use crate::Error;
use crate::decode::Chain;

impl Tokenizer {
    /// The text of `ids`, special tokens by their names. Bytes that are no UTF-8 become U+FFFD.
    pub fn decode(&self, ids: &[u32]) -> Result<String, Error> {
        self.decode_those(ids, |_| true)
    }

    /// The text of `ids` without special tokens: what a reader should see. As with Hugging Face, a
    /// special token that its own normalization changes is no longer known for one.
    pub fn decode_without_special(&self, ids: &[u32]) -> Result<String, Error> {
        let is_special = |id: u32| {
            let token = self.added.get(id).filter(|token| token.special);
            token.is_some_and(|token| self.added.shown(id) == Some(&token.content))
        };
        self.decode_those(ids, |id| !is_special(id))
    }

    fn decode_those(&self, ids: &[u32], wanted: impl Fn(u32) -> bool) -> Result<String, Error> {
        if self.added_bytes.is_some() {
            let mut bytes = Vec::with_capacity(ids.len() * 4);
            for &id in ids {
                let token = self.byte_token(id).ok_or_else(|| self.unknown(id))?;
                bytes.extend_from_slice(if wanted(id) { token } else { &[] });
            }
            return Ok(String::from_utf8(bytes)
                .unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned()));
        }
        let (mut chain, mut text) = (Chain::new(self.decoder.as_ref()), String::new());
        for &id in ids {
            let token = self.token(id).ok_or_else(|| self.unknown(id))?;
            if wanted(id) {
                chain.push(&token, &mut text);
            }
        }
        chain.finish(&mut text);
        chain.check()?;
        Ok(text)
    }

    /// The token of `id` as a file writes it; an added token that is normalized is shown so.
    pub fn token(&self, id: u32) -> Option<Cow<'_, str>> {
        match self.added.shown(id) {
            Some(shown) => Some(Cow::Borrowed(shown)),
            None => self.model.piece(id),
        }
    }

    /// The id of a token as a file writes it, an added one first.
    pub fn id(&self, token: &str) -> Option<u32> {
        self.added.id(token).or_else(|| self.model.id(token))
    }

    /// Whether decoding only joins bytes.
    pub(crate) fn decodes_bytes(&self) -> bool {
        self.added_bytes.is_some()
    }

    /// What a token is where tokens are bytes.
    pub(crate) fn byte_token(&self, id: u32) -> Option<&[u8]> {
        let added = self.added_bytes.as_ref()?.get(&id).map(|bytes| &**bytes);
        added.or_else(|| self.model.bytes(id))
    }

    /// The bytes that `id` stands for in the middle of a text: the name for a special token,
    /// `None` for no token.
    pub fn token_bytes(&self, id: u32) -> Option<&[u8]> {
        if self.added_bytes.is_some() {
            return self.byte_token(id);
        }
        let all = || (0..self.vocab_size as u32).map(|id| self.bytes_in_text(id)).collect();
        self.token_bytes.get_or_init(all).get(id as usize)?.as_deref()
    }

    fn bytes_in_text(&self, id: u32) -> Option<Box<[u8]>> {
        if let Some(added) = self.added.get(id) {
            return Some(added.content.as_bytes().into());
        }
        if let Some(byte) = self.model.byte(id) {
            return Some(Box::new([byte]));
        }
        let token = self.model.piece(id)?;
        // A word before, so that the token is not the first.
        let decode = |tokens: &[&str]| {
            let (mut chain, mut text) = (Chain::new(self.decoder.as_ref()), String::new());
            tokens.iter().for_each(|token| chain.push(token, &mut text));
            chain.finish(&mut text);
            text
        };
        let text = decode(&["a", &token]);
        Some(text.strip_prefix(&decode(&["a"])).unwrap_or(&text).as_bytes().into())
    }
}
