//! Too many tokens: what is cut off, and from which text. The rules are Hugging Face's.
//!
//! What is cut off is kept as `overflowing`, in windows of the same size that begin `stride`
//! tokens before the end of the one before. All windows together are capped, since a stride close
//! to the size makes much out of little.

use std::ops::Range;

use super::{Encoding, MAX_OVERFLOW, Side};
use crate::Error;

/// From which of two texts is cut.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TruncationStrategy {
    /// From the longer one.
    #[default]
    LongestFirst,
    /// Only from the first.
    OnlyFirst,
    /// Only from the second.
    OnlySecond,
}

/// How long an encoding may become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Truncation {
    /// The end that is cut off.
    pub direction: Side,
    /// The most tokens, those included that the post-processor adds.
    pub max_length: usize,
    /// From which text is cut.
    pub strategy: TruncationStrategy,
    /// How many tokens of one window come again in the next.
    pub stride: usize,
}

impl Default for Truncation {
    fn default() -> Self {
        let strategy = TruncationStrategy::default();
        Self { direction: Side::Right, max_length: 512, strategy, stride: 0 }
    }
}

impl Truncation {
    /// Cuts so that there is room for `added` tokens.
    pub(crate) fn run(
        &self,
        first: &mut Encoding,
        mut second: Option<&mut Encoding>,
        added: usize,
    ) -> Result<(), Error> {
        let Some(room) = self.max_length.checked_sub(added) else {
            return Err(self.too_short(added));
        };
        let len_2 = second.as_ref().map_or(0, |second| second.len());
        let too_many = (first.len() + len_2).saturating_sub(room);
        if room == 0 {
            self.cut(first, 0)?;
            return second.map_or(Ok(()), |second| self.cut(second, 0));
        }
        if too_many == 0 {
            return Ok(());
        }
        let only = match (self.strategy, &mut second) {
            (TruncationStrategy::LongestFirst, Some(second)) => {
                let (len_1, len_2) = longest_first(first.len(), second.len(), room);
                self.cut(first, len_1)?;
                return self.cut(second, len_2);
            }
            (TruncationStrategy::LongestFirst, None) => return self.cut(first, room),
            (TruncationStrategy::OnlyFirst, _) => first,
            (TruncationStrategy::OnlySecond, Some(second)) => second,
            (TruncationStrategy::OnlySecond, None) => {
                let (name, got) = ("truncation.strategy", "OnlySecond".to_owned());
                return Err(Error::BadOption { name, got, expected: "another for a single text" });
            }
        };
        match only.len().checked_sub(too_many).filter(|&len| len > 0) {
            Some(len) => self.cut(only, len),
            None => Err(self.too_short(only.len())),
        }
    }

    fn too_short(&self, least: usize) -> Error {
        let got = format!("{} (with {least} tokens that are not cut)", self.max_length);
        let expected = "enough for what is not cut off and one more token";
        Error::BadOption { name: "truncation.max_length", got, expected }
    }

    /// Cuts `encoding` down to `len` tokens.
    fn cut(&self, encoding: &mut Encoding, len: usize) -> Result<(), Error> {
        if len >= encoding.len() {
            return Ok(());
        }
        if len == 0 {
            let whole = std::mem::take(encoding);
            encoding.overflowing.push(whole);
            return Ok(());
        }
        let Some(step) = len.checked_sub(self.stride).filter(|&step| step > 0) else {
            let got = format!("{} for windows of {len} tokens", self.stride);
            let expected = "less than the size of a window";
            return Err(Error::BadOption { name: "truncation.stride", got, expected });
        };
        let n_windows = (encoding.len() - len).div_ceil(step) + 1;
        let most = MAX_OVERFLOW.max(4 * encoding.len());
        if n_windows.saturating_mul(len) > most {
            let (got, most) = (n_windows.saturating_mul(len) as u64, most as u64);
            let what = "all windows of a truncated text together (in tokens)";
            return Err(Error::TooLarge { what, got, most });
        }
        let windows = (0..n_windows).map(|n| self.window(n * step, len, encoding.len()));
        let mut parts = windows.map(|window| encoding.slice(window));
        let mut kept = parts.next().unwrap_or_default();
        kept.overflowing = parts.collect();
        *encoding = kept;
        Ok(())
    }

    /// The window that begins (or, from the left, ends) `at` tokens from the end that stays.
    fn window(&self, at: usize, len: usize, all: usize) -> Range<usize> {
        match self.direction {
            Side::Right => at..(at + len).min(all),
            Side::Left => (all - at).saturating_sub(len)..all - at,
        }
    }
}

/// How many tokens stay of two texts of `n1` and `n2`, where `most` may stay.
fn longest_first(n1: usize, n2: usize, most: usize) -> (usize, usize) {
    let (short, swapped) = (n1.min(n2), n1 > n2);
    let (mut a, mut b) = (short, if short > most { short } else { short.max(most - short) });
    if a + b > most {
        a = most / 2;
        b = a + most % 2;
    }
    if swapped { (b, a) } else { (a, b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoding(len: u32) -> Encoding {
        let tokens: Vec<_> = (0..len).map(|id| (id, id.to_string())).collect();
        Encoding::of_special(&tokens, 0)
    }

    fn check(truncation: Truncation, len: u32, expected: &[&[u32]]) {
        let mut cut = encoding(len);
        truncation.run(&mut cut, None, 0).unwrap();
        let mut windows = vec![cut.ids.clone()];
        windows.extend(cut.overflowing.iter().map(|part| part.ids.clone()));
        assert_eq!(windows, expected, "{truncation:?}");
    }

    #[test]
    fn windows_overlap_by_the_stride() {
        let truncation = Truncation { max_length: 3, stride: 1, ..Truncation::default() };
        check(truncation, 3, &[&[0, 1, 2]]);
        check(truncation, 5, &[&[0, 1, 2], &[2, 3, 4]]);
        check(truncation, 6, &[&[0, 1, 2], &[2, 3, 4], &[4, 5]]);
        let left = Truncation { direction: Side::Left, ..truncation };
        check(left, 6, &[&[3, 4, 5], &[1, 2, 3], &[0, 1]]);
        check(Truncation { max_length: 0, ..truncation }, 2, &[&[], &[0, 1]]);
    }

    #[test]
    fn the_longer_text_is_cut_first() {
        assert_eq!(longest_first(10, 2, 8), (6, 2));
        assert_eq!(longest_first(2, 10, 8), (2, 6));
        assert_eq!(longest_first(10, 10, 7), (3, 4));
        assert_eq!(longest_first(10, 12, 4), (2, 2));
    }

    #[test]
    fn what_cannot_be_cut_is_an_error() {
        let check = |truncation: Truncation, added, expected: &str| {
            let error = truncation.run(&mut encoding(4), Some(&mut encoding(9)), added);
            let error = error.unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        };
        let only_first = TruncationStrategy::OnlyFirst;
        let truncation =
            Truncation { max_length: 8, strategy: only_first, ..Truncation::default() };
        check(truncation, 0, "truncation.max_length is 8");
        check(truncation, 9, "truncation.max_length is 8");
        check(
            Truncation { stride: 4, strategy: TruncationStrategy::LongestFirst, ..truncation },
            0,
            "truncation.stride is 4",
        );
        let alone = Truncation { strategy: TruncationStrategy::OnlySecond, ..truncation };
        assert!(alone.run(&mut encoding(9), None, 0).is_err());
    }

    #[test]
    fn windows_are_capped() {
        let truncation =
            Truncation { max_length: 1 << 14, stride: (1 << 14) - 1, ..Truncation::default() };
        let error = truncation.run(&mut encoding(1 << 16), None, 0).unwrap_err().to_string();
        assert!(error.contains("all windows"), "{error}");
    }
}
