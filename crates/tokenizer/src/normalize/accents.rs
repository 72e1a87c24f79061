//! No combining marks: every character of Unicode 9's category M is left out ([`tables::MARKS`]).

use super::draft::Draft;
use super::tables;

pub(super) fn run(draft: &mut Draft<'_>) {
    drop_all(draft, tables::MARKS);
}

/// Leaves out the characters of `table`, none of which is below U+0300.
pub(super) fn drop_all(draft: &mut Draft<'_>, table: &[(u32, u32)]) {
    draft.each(
        |_| true,
        |draft, c| match c >= '\u{300}' && tables::contains(table, c) {
            true => draft.skip(c.len_utf8()),
            false => draft.keep(c.len_utf8()),
        },
    );
}
