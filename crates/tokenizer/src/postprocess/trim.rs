//! Offsets without the white space at a byte-level token's ends: `Ġ` counts as white space.

use crate::byte_level;
use crate::encoding::Encoding;

/// Trims the offsets of an encoding and of what overflowed of it. A single space at the very start
/// stays where it was put there (`add_prefix_space`), since the original has none.
pub(super) fn run(encoding: &mut Encoding, add_prefix_space: bool) {
    for (i, token) in encoding.tokens.iter().enumerate() {
        let (leading, trailing) = (spaces(token.chars()), spaces(token.chars().rev()));
        if leading == 0 && trailing == 0 {
            continue;
        }
        for offsets in [&mut encoding.offsets[i], &mut encoding.char_offsets[i]] {
            let mut leading = leading;
            if (i == 0 || offsets.0 == 0) && add_prefix_space && leading == 1 {
                leading = 0;
            }
            offsets.0 = offsets.1.min(offsets.0 + leading);
            if offsets.1 >= trailing {
                offsets.1 = offsets.0.max(offsets.1 - trailing);
            }
        }
    }
    encoding.overflowing.iter_mut().for_each(|part| run(part, add_prefix_space));
}

fn spaces(chars: impl Iterator<Item = char>) -> usize {
    let space = byte_level::to_char(b' ');
    chars.take_while(|&c| c == space || c.is_whitespace()).count()
}
