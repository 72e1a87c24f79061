//! Where a long text may be cut so that its parts, split one by one, have the words of the whole.
//!
//! None of the three grammars looks back, and each ends a word at these places, whatever comes
//! before and behind: before a space that follows no space, and between a letter and a sign that
//! is no apostrophe and no mark. What comes before such a place ends in no space, so that no
//! grammar looks ahead over it either.

use super::Text;
use crate::pretokenize::classes::Class;

/// How far one looks for a place.
const WINDOW: usize = 1 << 16;

/// The first such place from byte `from` on, if there is one not far behind.
pub(crate) fn safe_cut(text: &str, from: usize) -> Option<usize> {
    let from = text.floor_char_boundary(from);
    let whole = Text::new(text);
    let (mut before, len) = whole.class(from);
    let mut at = from + len;
    while at < text.len().min(from + WINDOW) {
        let (class, len) = whole.class(at);
        let byte = text.as_bytes()[at];
        let space = byte == b' ' && !before.is(Class::ANY_SPACE);
        let sign = class.is(Class::OTHER) && !class.is(Class::MARK) && byte != b'\'';
        if space || sign && before.is(Class::LETTER) {
            return Some(at);
        }
        (before, at) = (class, at + len);
    }
    None
}
