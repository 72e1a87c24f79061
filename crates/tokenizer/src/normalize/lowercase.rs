//! Lower case, character by character: the rules of Unicode that need no neighbours, so a final
//! sigma is like any other.

use super::draft::Draft;

pub(super) fn run(draft: &mut Draft<'_>) {
    draft.each(
        |byte| !byte.is_ascii_uppercase(),
        |draft, c| {
            let mut lower = c.to_lowercase();
            match (lower.next(), lower.next()) {
                (Some(only), None) if only == c => draft.keep(c.len_utf8()),
                (Some(only), None) => draft.put_char(only, c.len_utf8()),
                // One character has two: İ, whose dot becomes a mark.
                _ => draft.put(&c.to_lowercase().to_string(), c.len_utf8()),
            }
        },
    );
}
