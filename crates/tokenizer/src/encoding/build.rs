//! Words and added tokens to an encoding of one text.

use super::Encoding;
use crate::model::{Borrowed, Model};
use crate::pretokenize::Word;
use crate::{Error, Token};

/// An encoding in the making.
pub(crate) struct Builder<'a> {
    original: &'a str,
    model: &'a Model,
    type_id: u32,
    encoding: Encoding,
    /// How many words and added tokens there were.
    n_words: u32,
    scratch: Borrowed<'a>,
    word_tokens: Vec<Token>,
}

impl<'a> Builder<'a> {
    /// Of text number `type_id`.
    pub(crate) fn new(
        original: &'a str,
        model: &'a Model,
        scratch: Borrowed<'a>,
        type_id: u32,
    ) -> Self {
        let encoding = Encoding::default();
        Self { original, model, type_id, encoding, n_words: 0, scratch, word_tokens: vec![] }
    }

    /// The next word.
    pub(crate) fn word(&mut self, word: Word<'_>) -> Result<(), Error> {
        self.n_words += 1;
        let mut tokens = std::mem::take(&mut self.word_tokens);
        tokens.clear();
        self.model.tokens(word.text, &mut self.scratch, &mut tokens)?;
        for token in &tokens {
            let (start, end) = (token.start as usize, token.end as usize);
            let shown = self.model.shown(token.id, word.text.get(start..end).unwrap_or_default());
            self.push(token.id, shown.into_owned(), word.original(self.original, (start, end)));
        }
        self.word_tokens = tokens;
        Ok(())
    }

    /// An added token that was found as `word`.
    pub(crate) fn token(&mut self, id: u32, word: Word<'_>) {
        self.n_words += 1;
        let place = word.original(self.original, (0, word.text.len()));
        self.push(id, word.text.to_owned(), place);
    }

    fn push(&mut self, id: u32, token: String, place: (usize, usize)) {
        self.encoding.ids.push(id);
        self.encoding.type_ids.push(self.type_id);
        self.encoding.tokens.push(token);
        self.encoding.word_ids.push(Some(self.n_words - 1));
        self.encoding.offsets.push(place);
        self.encoding.special_tokens_mask.push(0);
        self.encoding.attention_mask.push(1);
    }

    /// The encoding, with places in characters too.
    pub(crate) fn finish(mut self) -> Encoding {
        let places = Characters::of(self.original);
        self.encoding.char_offsets =
            self.encoding.offsets.iter().map(|&offsets| places.convert(offsets)).collect();
        self.encoding
    }
}

/// From bytes to characters.
struct Characters {
    /// For each byte the number of its character; none where all is ASCII.
    of_bytes: Option<Vec<u32>>,
    len: usize,
}

impl Characters {
    fn of(text: &str) -> Self {
        if text.is_ascii() {
            return Self { of_bytes: None, len: text.len() };
        }
        let mut of_bytes = Vec::with_capacity(text.len());
        for (number, c) in (0u32..).zip(text.chars()) {
            of_bytes.extend(std::iter::repeat_n(number, c.len_utf8()));
        }
        Self { of_bytes: Some(of_bytes), len: text.len() }
    }

    fn at(&self, byte: usize) -> Option<usize> {
        match &self.of_bytes {
            Some(of_bytes) => of_bytes.get(byte).map(|&number| number as usize),
            None => (byte < self.len).then_some(byte),
        }
    }

    /// What begins past the end stays as it is, as with Hugging Face.
    fn convert(&self, (start, end): (usize, usize)) -> (usize, usize) {
        match (self.at(start), self.at(end)) {
            (Some(start), Some(end)) => (start, end),
            (Some(first), None) => {
                let last = end.checked_sub(1).and_then(|last| self.at(last)).unwrap_or(first + 1);
                (first, last + 1)
            }
            _ => (start, end),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_become_characters() {
        let places = Characters::of("aé日");
        for (bytes, characters) in
            [((0, 1), (0, 1)), ((1, 3), (1, 2)), ((3, 6), (2, 3)), ((0, 6), (0, 3))]
        {
            assert_eq!(places.convert(bytes), characters);
        }
        let ascii = Characters::of("abc");
        assert_eq!(ascii.convert((1, 3)), (1, 3));
    }
}
