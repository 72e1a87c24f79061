//! What the grammars share: the ends of runs of letters, numbers, signs and spaces, and the
//! English contractions.
//!
//! ASCII letters are looked at sixteen at a time, in two words of 64 bits, so that the length of a
//! word is found without a branch; other characters one by one in the table of classes.

use super::super::classes::Class;
use super::Text;

const LOW_BITS: u64 = 0x0101_0101_0101_0101;
const HIGH_BITS: u64 = 0x8080_8080_8080_8080;

/// The high bit of each byte of `eight` that is in `first..=last`, which are ASCII.
#[inline(always)]
pub(super) const fn in_range(eight: u64, first: u8, last: u8) -> u64 {
    let seven_bits = eight & !HIGH_BITS;
    // No sum reaches the next byte: 127 + 128 is less than 256.
    let from_first = seven_bits + LOW_BITS * (0x80 - first as u64);
    let beyond_last = seven_bits + LOW_BITS * (0x7F - last as u64);
    from_first & !beyond_last & !eight & HIGH_BITS
}

#[inline(always)]
const fn ascii_lower(eight: u64) -> u64 {
    in_range(eight, b'a', b'z')
}

#[inline(always)]
const fn ascii_letters(eight: u64) -> u64 {
    // Capitals become small ones; of what is not a letter nothing becomes one.
    in_range(eight | (LOW_BITS * 0x20), b'a', b'z')
}

/// The end of the run of bytes in `set`, which has no zero byte, from `at` on. The bits of
/// `inside` say which of the first sixteen bytes count as in it, whatever they are.
#[inline(always)]
pub(super) fn ascii_end(
    bytes: &[u8],
    mut at: usize,
    mut inside: u128,
    set: impl Fn(u64) -> u64,
) -> usize {
    loop {
        let sixteen = match bytes.get(at..).and_then(|rest| rest.first_chunk()) {
            Some(sixteen) => u128::from_le_bytes(*sixteen),
            None => near_end(bytes, at),
        };
        let low = u128::from(set(sixteen as u64) ^ HIGH_BITS);
        let high = u128::from(set((sixteen >> 64) as u64) ^ HIGH_BITS);
        let outside = (high << 64 | low) & !inside;
        if outside != 0 {
            return at + outside.trailing_zeros() as usize / 8;
        }
        (at, inside) = (at + 16, 0);
    }
}

/// The last bytes of a text, with zeros behind.
#[cold]
fn near_end(bytes: &[u8], at: usize) -> u128 {
    let (rest, mut sixteen) = (bytes.get(at..).unwrap_or_default(), [0; 16]);
    let len = rest.len().min(16);
    sixteen[..len].copy_from_slice(&rest[..len]);
    u128::from_le_bytes(sixteen)
}

/// The end of the run of `set` from `at` on, whose ASCII part is `ascii`.
#[inline(always)]
fn end_of(
    text: Text<'_>,
    mut at: usize,
    mut inside: u128,
    set: Class,
    ascii: impl Fn(u64) -> u64,
) -> usize {
    loop {
        at = ascii_end(text.bytes(), at, inside, &ascii);
        inside = 0;
        loop {
            if text.bytes().get(at).is_none_or(u8::is_ascii) {
                return at;
            }
            let (class, len) = text.class(at);
            if !class.is(set) {
                return at;
            }
            at += len;
            if text.bytes().get(at).is_some_and(u8::is_ascii) {
                break;
            }
        }
    }
}

/// One byte that counts as in a run.
const FIRST: u128 = 0x80;

/// `\p{L}*`
#[inline(always)]
pub(super) fn letters(text: Text<'_>, at: usize) -> usize {
    end_of(text, at, 0, Class::LETTER, ascii_letters)
}

/// `.\p{L}*` for an ASCII character: sixteen bytes are looked at from `start` on, before it is known
/// what the first of them is.
#[inline(always)]
pub(super) fn one_and_letters(text: Text<'_>, start: usize) -> usize {
    end_of(text, start, FIRST, Class::LETTER, ascii_letters)
}

/// `[\p{Ll}\p{Lm}\p{Lo}\p{M}]*`
#[inline(always)]
pub(super) fn not_upper(text: Text<'_>, at: usize) -> usize {
    end_of(text, at, 0, Class::NOT_UPPER, ascii_lower)
}

/// `.[\p{Ll}\p{Lm}\p{Lo}\p{M}]*` for an ASCII character.
#[inline(always)]
pub(super) fn one_and_not_upper(text: Text<'_>, start: usize) -> usize {
    end_of(text, start, FIRST, Class::NOT_UPPER, ascii_lower)
}

/// The end of the run of `set` from `at` on, character by character.
#[inline]
pub(super) fn run(text: Text<'_>, mut at: usize, set: Class) -> usize {
    loop {
        match text.class(at) {
            (class, len) if class.is(set) => at += len,
            _ => return at,
        }
    }
}

/// `\p{N}{0,most}`
#[inline]
pub(super) fn numbers(text: Text<'_>, mut at: usize, most: usize) -> usize {
    for _ in 0..most {
        match text.class(at) {
            (class, len) if class.is(Class::NUMBER) => at += len,
            _ => break,
        }
    }
    at
}

/// `[^\s\p{L}\p{N}]*[\r\n]*`, or with `[\r\n/]*` behind.
#[inline]
pub(super) fn signs(text: Text<'_>, at: usize, slash: bool) -> usize {
    let mut at = run(text, at, Class::OTHER);
    while let Some(&byte) = text.bytes().get(at)
        && (byte == b'\n' || byte == b'\r' || slash && byte == b'/')
    {
        at += 1;
    }
    at
}

/// `\s+(?!\S)|\s+`: a run up to the end of the text; else all but its last space, which belongs
/// to the word that follows; else the single space.
#[inline]
pub(super) fn spaces(text: Text<'_>, start: usize) -> usize {
    let Run { end, last_start, .. } = space_run(text, start);
    if end == text.bytes().len() || last_start == start { end } else { last_start }
}

/// `\s*[\r\n]+|\s+(?!\S)|\s+`: up to the run's last line end if it has one. With `whole_tail`,
/// `\s+$` comes before all of them.
#[inline]
pub(super) fn spaces_by_line(text: Text<'_>, start: usize, whole_tail: bool) -> usize {
    let Run { end, last_start, after_line_end } = space_run(text, start);
    if whole_tail && end == text.bytes().len() {
        return end;
    }
    match after_line_end {
        0 if end == text.bytes().len() || last_start == start => end,
        0 => last_start,
        line_end => line_end,
    }
}

struct Run {
    end: usize,
    /// Where its last character starts.
    last_start: usize,
    /// Zero if there is none.
    after_line_end: usize,
}

#[inline]
fn space_run(text: Text<'_>, start: usize) -> Run {
    let mut run = Run { end: start, last_start: start, after_line_end: 0 };
    loop {
        let (class, len) = text.class(run.end);
        if !class.is(Class::ANY_SPACE) {
            return run;
        }
        run.last_start = run.end;
        run.end += len;
        if class.is(Class::LINE_END) {
            run.after_line_end = run.end;
        }
    }
}

/// The length of what follows an apostrophe in `'s 't 'm 'd 're 've 'll`, in small letters.
#[inline]
pub(super) fn contraction(after: &[u8]) -> Option<usize> {
    match after {
        [b's' | b't' | b'm' | b'd', ..] => Some(1),
        [b'r' | b'v', b'e', ..] | [b'l', b'l', ..] => Some(2),
        _ => None,
    }
}

/// The same in any case. The long s is an s in another case.
#[inline]
pub(super) fn contraction_any_case(after: &[u8]) -> Option<usize> {
    let lower = |at: usize| after.get(at).map(u8::to_ascii_lowercase);
    match (lower(0)?, lower(1)) {
        (b's' | b't' | b'm' | b'd', _) => Some(1),
        (b'r' | b'v', Some(b'e')) | (b'l', Some(b'l')) => Some(2),
        (0xC5, Some(0xBF)) => Some(2), // ſ
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_bytes_at_once_are_what_they_are_one_by_one() {
        for byte in 0..=255u8 {
            for place in 0..8 {
                let mut eight = [b'q'; 8];
                eight[place] = byte;
                let word = u64::from_le_bytes(eight);
                let all = |is: bool| if is { HIGH_BITS } else { HIGH_BITS ^ 0x80 << (8 * place) };
                assert_eq!(ascii_letters(word), all(byte.is_ascii_alphabetic()), "{byte} {place}");
                assert_eq!(ascii_lower(word), all(byte.is_ascii_lowercase()), "{byte} {place}");
            }
        }
    }
}
