//! Every byte as one visible character, by the map of [`crate::byte_level`]. All of them have the
//! span of the character whose bytes they are.

use super::draft::Draft;
use crate::byte_level;

pub(crate) fn run(draft: &mut Draft<'_>) {
    let mut visible = String::new();
    draft.each(
        |byte| byte.is_ascii_graphic(),
        |draft, c| {
            visible.clear();
            visible.extend(c.encode_utf8(&mut [0; 4]).bytes().map(byte_level::to_char));
            draft.put(&visible, c.len_utf8());
        },
    );
}
