//! Ids to text, one id at a time, never showing half a character.
//!
//! A character may be spread over several tokens: its first bytes wait here for the rest. All that
//! was pushed and finished, joined, is what `Tokenizer::decode` gives for the same ids; bytes that
//! can no longer become a character turn into U+FFFD as soon as that is certain.

use crate::{Error, Tokenizer};

/// A decoder that holds back the bytes of an unfinished character.
#[derive(Clone, Debug)]
pub struct StreamDecoder<'a> {
    tokenizer: &'a Tokenizer,
    /// At most three bytes between calls: the start of a character.
    pending: Vec<u8>,
}

impl<'a> StreamDecoder<'a> {
    pub(crate) fn new(tokenizer: &'a Tokenizer) -> Self {
        Self { tokenizer, pending: vec![] }
    }

    /// The whole characters that `id` completes; may be empty. An id outside the vocabulary is an
    /// error and leaves the decoder as it was.
    pub fn push(&mut self, id: u32) -> Result<String, Error> {
        let bytes = self.tokenizer.token_bytes(id).ok_or_else(|| self.tokenizer.unknown(id))?;
        self.pending.extend_from_slice(bytes);
        Ok(self.take_whole())
    }

    /// What was still held back, as U+FFFD. The decoder can be used again for new ids.
    pub fn finish(&mut self) -> String {
        let rest = String::from_utf8_lossy(&self.pending).into_owned();
        self.pending.clear();
        rest
    }

    fn take_whole(&mut self) -> String {
        let mut text = String::new();
        let mut done = 0;
        for chunk in self.pending.utf8_chunks() {
            text.push_str(chunk.valid());
            done += chunk.valid().len();
            let broken = chunk.invalid();
            if broken.is_empty() || is_unfinished(broken, self.pending.len() - done) {
                break;
            }
            text.push(char::REPLACEMENT_CHARACTER);
            done += broken.len();
        }
        self.pending.drain(..done);
        text
    }
}

/// Whether `broken`, the invalid part of a chunk, ends the bytes and could still become a
/// character.
fn is_unfinished(broken: &[u8], left: usize) -> bool {
    broken.len() == left && std::str::from_utf8(broken).is_err_and(|e| e.error_len().is_none())
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
