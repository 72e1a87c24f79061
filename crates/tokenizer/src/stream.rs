//! Ids to text one by one: what is printed so far is always whole characters.

use crate::Tokenizer;

/// Holds back the bytes of a character that is not complete yet.
#[derive(Clone, Debug)]
pub struct StreamDecoder<'a> {
    tokenizer: &'a Tokenizer,
    held: Vec<u8>,
}

impl<'a> StreamDecoder<'a> {
    pub(crate) fn new(tokenizer: &'a Tokenizer) -> Self {
        Self { tokenizer, held: Vec::new() }
    }

    /// The characters that this id completes. Bytes that can be no character become U+FFFD; an
    /// unknown id gives nothing.
    pub fn push(&mut self, id: u32) -> String {
        self.held.extend_from_slice(self.tokenizer.token_bytes(id).unwrap_or_default());
        let mut text = String::new();
        loop {
            match std::str::from_utf8(&self.held) {
                Ok(whole) => {
                    text.push_str(whole);
                    self.held.clear();
                    return text;
                }
                Err(error) => {
                    let good = error.valid_up_to();
                    text.push_str(&String::from_utf8_lossy(&self.held[..good]));
                    let Some(bad) = error.error_len() else {
                        self.held.drain(..good);
                        return text;
                    };
                    text.push(char::REPLACEMENT_CHARACTER);
                    self.held.drain(..good + bad);
                }
            }
        }
    }

    /// What is still held: an unfinished character becomes U+FFFD.
    pub fn finish(&mut self) -> String {
        String::from_utf8_lossy(&std::mem::take(&mut self.held)).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use crate::{Tokenizer, TrainOptions};

    #[test]
    fn characters_come_whole_and_bad_bytes_do_not_stop_the_stream() {
        let options = TrainOptions { vocab_size: 256, ..TrainOptions::default() };
        let tokenizer = Tokenizer::train(["x"], &options).unwrap();
        let mut stream = tokenizer.decoder();
        let pieces: Vec<String> = "é€".bytes().map(|b| stream.push(u32::from(b))).collect();
        assert_eq!(pieces, ["", "é", "", "", "€"]);
        assert_eq!(stream.push(0xff) + &stream.push(u32::from(b'a')), "\u{fffd}a");
        assert_eq!(stream.push(0xe2), "");
        assert_eq!((stream.finish().as_str(), stream.finish().as_str()), ("\u{fffd}", ""));
    }
}
