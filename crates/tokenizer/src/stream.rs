//! Ids to text, one id at a time, never showing half a character.
//!
//! All that was pushed and finished, joined, is what `Tokenizer::decode` gives for the same ids:
//! both are the same code ([`crate::decode`]), and what can still change is held back. Where
//! tokens are bytes that is the start of a character; bytes that can no longer become one turn
//! into U+FFFD as soon as that is certain.

use crate::decode::Chain;
use crate::decode::utf8::Pending;
use crate::{Error, Tokenizer};

/// A decoder that holds back what is not certain.
#[derive(Clone, Debug)]
pub struct StreamDecoder<'a> {
    tokenizer: &'a Tokenizer,
    way: Way<'a>,
}

#[derive(Clone, Debug)]
enum Way<'a> {
    /// Tokens are bytes.
    Bytes(Pending),
    /// Tokens are texts that go through decoders.
    Chain(Chain<'a>),
}

impl<'a> StreamDecoder<'a> {
    pub(crate) fn new(tokenizer: &'a Tokenizer) -> Self {
        let way = match tokenizer.decodes_bytes() {
            true => Way::Bytes(Pending::default()),
            false => Way::Chain(Chain::new(tokenizer.decoder_stage())),
        };
        Self { tokenizer, way }
    }

    /// The text that `id` makes certain; may be empty. An id outside the vocabulary is an error
    /// and leaves the decoder as it was; so is a decoder that makes far too much of its tokens, and
    /// ends there.
    pub fn push(&mut self, id: u32) -> Result<String, Error> {
        let (mut text, unknown) = (String::new(), || self.tokenizer.unknown(id));
        match &mut self.way {
            Way::Bytes(pending) => {
                pending.push(self.tokenizer.byte_token(id).ok_or_else(unknown)?, &mut text);
            }
            Way::Chain(chain) => {
                chain.push(&self.tokenizer.token(id).ok_or_else(unknown)?, &mut text);
                chain.check()?;
            }
        }
        Ok(text)
    }

    /// What was still held back; half a character becomes U+FFFD. The decoder can be used again
    /// for new ids.
    pub fn finish(&mut self) -> String {
        let mut text = String::new();
        match &mut self.way {
            Way::Bytes(pending) => pending.finish(&mut text),
            Way::Chain(chain) => chain.finish(&mut text),
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::TrainOptions;

    /// 256 bytes and no merges: ids are bytes.
    fn bytes_only() -> Tokenizer {
        let options = TrainOptions { vocab_size: 256, specials: vec![], ..TrainOptions::default() };
        Tokenizer::train(["x"], &options).unwrap()
    }

    fn check(ids: &[u32], expected: &[&str]) {
        let tokenizer = bytes_only();
        let mut decoder = tokenizer.decoder();
        let mut shown: Vec<String> = ids.iter().map(|&id| decoder.push(id).unwrap()).collect();
        shown.push(decoder.finish());
        assert_eq!(shown, expected);
    }

    #[test]
    fn characters_appear_when_they_are_whole() {
        check(&[], &[""]);
        check(&[0x61, 0xC3, 0xA9], &["a", "", "é", ""]);
        check(&[0xF0, 0x9F, 0x91, 0x8D, 0x21], &["", "", "", "👍", "!", ""]);
        check(&[0xE6, 0x97], &["", "", "\u{FFFD}"]);
        check(&[0xFF, 0x61], &["\u{FFFD}", "a", ""]);
        check(&[0xE6, 0x61], &["", "\u{FFFD}a", ""]);
        check(&[0xE6, 0xE6, 0x97, 0xA5], &["", "\u{FFFD}", "", "日", ""]);
    }

    #[test]
    fn an_unknown_id_is_an_error_and_changes_nothing() {
        let tokenizer = bytes_only();
        let mut decoder = tokenizer.decoder();
        decoder.push(0xC3).unwrap();
        assert!(decoder.push(256).unwrap_err().to_string().contains("id 256"));
        assert_eq!(decoder.push(0xA9).unwrap(), "é");
    }

    proptest! {
        #[test]
        fn the_stream_is_the_decoded_text(bytes in prop::collection::vec(
            prop_oneof![any::<u8>(), Just(0xE6), Just(0x97), Just(0xA5), Just(0xF0), Just(0x9F)], 0..40,
        )) {
            let tokenizer = bytes_only();
            let ids: Vec<u32> = bytes.iter().map(|&b| u32::from(b)).collect();
            let mut decoder = tokenizer.decoder();
            let mut text = String::new();
            for &id in &ids {
                text.push_str(&decoder.push(id).unwrap());
            }
            text.push_str(&decoder.finish());
            prop_assert_eq!(text, tokenizer.decode(&ids).unwrap());
        }
    }
}
