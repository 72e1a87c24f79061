//! Too few tokens: filled up to one length.

use super::{Encoding, Side};
use crate::Error;

/// The most bytes that all filling together may take.
const MAX_BYTES: u64 = 1 << 30;

/// What a token takes beside its text.
const TOKEN_BYTES: u64 = 96;

/// Up to which length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaddingStrategy {
    /// That of the longest of a batch.
    BatchLongest,
    /// This one.
    Fixed(usize),
}

/// What encodings are filled up with, and how far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Padding {
    /// Up to which length.
    pub strategy: PaddingStrategy,
    /// The end that is filled up.
    pub direction: Side,
    /// Rounds the length up.
    pub pad_to_multiple_of: Option<usize>,
    /// The id of the token that fills up.
    pub pad_id: u32,
    /// The type of the tokens that fill up.
    pub pad_type_id: u32,
    /// The token that fills up.
    pub pad_token: String,
}

impl Default for Padding {
    fn default() -> Self {
        Self {
            strategy: PaddingStrategy::BatchLongest,
            direction: Side::Right,
            pad_to_multiple_of: None,
            pad_id: 0,
            pad_type_id: 0,
            pad_token: "[PAD]".to_owned(),
        }
    }
}

impl Padding {
    /// Pads all `encodings` to one length.
    pub(crate) fn run(&self, encodings: &mut [Encoding]) -> Result<(), Error> {
        let mut len = match self.strategy {
            PaddingStrategy::Fixed(len) => len,
            PaddingStrategy::BatchLongest => encodings.iter().map(Encoding::len).max().unwrap_or(0),
        };
        if let Some(multiple) = self.pad_to_multiple_of.filter(|&multiple| multiple > 0) {
            len = len.checked_next_multiple_of(multiple).unwrap_or(usize::MAX);
        }
        let missing = |encoding: &Encoding| len.saturating_sub(encoding.len()) as u64;
        let parts = encodings.iter().flat_map(|encoding| &encoding.overflowing);
        let missing = encodings.iter().chain(parts).map(missing).fold(0, u64::saturating_add);
        let bytes = missing.saturating_mul(TOKEN_BYTES + self.pad_token.len() as u64);
        if bytes > MAX_BYTES {
            return Err(Error::TooLarge {
                what: "padding (in bytes)",
                got: bytes,
                most: MAX_BYTES,
            });
        }
        encodings.iter_mut().for_each(|encoding| self.pad(encoding, len));
        Ok(())
    }

    fn pad(&self, encoding: &mut Encoding, len: usize) {
        encoding.overflowing.iter_mut().for_each(|part| self.pad(part, len));
        let missing = len.saturating_sub(encoding.len());
        if missing == 0 {
            return;
        }
        let token = (self.pad_id, self.pad_token.clone());
        let mut filling = Encoding::of_special(&vec![token; missing], self.pad_type_id);
        filling.attention_mask.fill(0);
        // Padding is of no text, but it does not make a single text's other tokens so.
        match self.direction {
            Side::Right => encoding.append_tokens(&filling),
            Side::Left => {
                filling.append_tokens(encoding);
                filling.overflowing = std::mem::take(&mut encoding.overflowing);
                *encoding = filling;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(padding: &Padding, expected: &[&[u32]]) {
        let encoding = |len: u32| {
            let tokens: Vec<_> = (1..=len).map(|id| (id, id.to_string())).collect();
            Encoding::of_special(&tokens, 0)
        };
        let mut encodings = [encoding(3), encoding(1)];
        padding.run(&mut encodings).unwrap();
        let ids: Vec<_> = encodings.iter().map(|encoding| encoding.ids.clone()).collect();
        assert_eq!(ids, expected, "{padding:?}");
        assert_eq!(encodings[1].attention_mask.iter().sum::<u32>(), 1);
    }

    #[test]
    fn texts_are_filled_up() {
        let longest = Padding::default();
        check(&longest, &[&[1, 2, 3], &[1, 0, 0]]);
        let four =
            Padding { pad_to_multiple_of: Some(4), direction: Side::Left, ..longest.clone() };
        check(&four, &[&[0, 1, 2, 3], &[0, 0, 0, 1]]);
        check(
            &Padding { strategy: PaddingStrategy::Fixed(2), ..longest.clone() },
            &[&[1, 2, 3], &[1, 0]],
        );
        let endless = Padding { pad_to_multiple_of: Some(usize::MAX), ..longest };
        assert!(endless.run(&mut [Encoding::default()]).is_ok());
        assert!(endless.run(&mut [Encoding::of_special(&[(0, String::new())], 0)]).is_err());
    }
}
