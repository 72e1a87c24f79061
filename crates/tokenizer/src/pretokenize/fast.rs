//! The pattern of GPT-4 by hand, with up to three digits in a word or another number of them: one
//! look at each character, no backtracking.
//!
//! Each arm of [`word_end`] is one branch of the pattern, in the pattern's order; the property
//! test in `pretokenize` holds the two equal.

use super::classes::{Class, class_at};

/// The words of `text`, which together are `text`; none has more than `digits` digits.
pub(super) fn words(text: &str, digits: usize) -> impl Iterator<Item = &str> {
    let mut start = 0;
    std::iter::from_fn(move || {
        if start == text.len() {
            return None;
        }
        let end = word_end(text, start, digits);
        let word = &text[start..end];
        start = end;
        Some(word)
    })
}

/// Where the word that starts at `start` ends; `start` is before the end of the text.
fn word_end(text: &str, start: usize, digits: usize) -> usize {
    let (class, len) = class_at(text, start);
    let next = start + len;
    let first = text.as_bytes()[start];
    if first == b'\''
        && let Some(len) = contraction(&text.as_bytes()[next..])
    {
        return next + len; // (?i:'s|'t|'re|'ve|'m|'ll|'d)
    }
    match class {
        Class::Letter => return skip(text, next, Class::Letter), // \p{L}+
        Class::Number => return numbers(text, next, digits - 1), // \p{N}{1,3}
        Class::LineEnd | Class::End => return spaces(text, start),
        Class::Space | Class::Other => {}
    }
    let (class_after, len_after) = class_at(text, next);
    match (class, class_after) {
        // [^\r\n\p{L}\p{N}]\p{L}+
        (_, Class::Letter) => skip(text, next + len_after, Class::Letter),
        // ?[^\s\p{L}\p{N}]+[\r\n]*
        (Class::Other, _) => signs(text, next),
        (_, Class::Other) if first == b' ' => signs(text, next),
        _ => spaces(text, start),
    }
}

/// The end of the run of `class` from `at` on.
fn skip(text: &str, mut at: usize, class: Class) -> usize {
    loop {
        match class_at(text, at) {
            (found, len) if found == class => at += len,
            _ => return at,
        }
    }
}

/// The length of what follows an apostrophe in `'s 't 'm 'd 're 've 'll`, in any case. The long s
/// is an s in another case.
fn contraction(after: &[u8]) -> Option<usize> {
    let lower = |at: usize| after.get(at).map(u8::to_ascii_lowercase);
    match (lower(0)?, lower(1)) {
        (b's' | b't' | b'm' | b'd', _) => Some(1),
        (b'r' | b'v', Some(b'e')) | (b'l', Some(b'l')) => Some(2),
        (0xC5, Some(0xBF)) => Some(2), // ſ
        _ => None,
    }
}

/// After one number: at most so many more.
fn numbers(text: &str, mut at: usize, more: usize) -> usize {
    for _ in 0..more {
        match class_at(text, at) {
            (Class::Number, len) => at += len,
            _ => break,
        }
    }
    at
}

/// Signs, then the line ends that follow them.
fn signs(text: &str, at: usize) -> usize {
    skip(text, skip(text, at, Class::Other), Class::LineEnd)
}

/// `\s*[\r\n]+|\s+(?!\S)|\s+`: up to the run's last line end if it has one; else all but the last
/// space, which belongs to the word that follows; else the single space.
fn spaces(text: &str, start: usize) -> usize {
    let (mut at, mut last_start, mut after_line_end) = (start, start, None);
    loop {
        match class_at(text, at) {
            (Class::LineEnd, len) => {
                after_line_end = Some(at + len);
                (last_start, at) = (at, at + len);
            }
            (Class::Space, len) => (last_start, at) = (at, at + len),
            _ => break,
        }
    }
    match after_line_end {
        Some(end) => end,
        None if at == text.len() || last_start == start => at,
        None => last_start,
    }
}
