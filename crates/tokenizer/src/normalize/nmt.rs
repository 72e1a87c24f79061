//! SentencePiece's rules for machine translation on their own: control characters are left out,
//! line ends and invisible characters become spaces. The lists are Hugging Face's `Nmt`.

use super::draft::Draft;

pub(super) fn run(draft: &mut Draft<'_>) {
    draft.each(
        |byte| matches!(byte, 0 | b' '..=b'~'),
        |draft, c| match u32::from(c) {
            0x01..=0x08 | 0x0B | 0x0E..=0x1F | 0x7F | 0x8F | 0x9F => draft.skip(c.len_utf8()),
            0x09
            | 0x0A
            | 0x0C
            | 0x0D
            | 0x1680
            | 0x200B..=0x200F
            | 0x2028
            | 0x2029
            | 0x2581
            | 0xFEFF
            | 0xFFFD => draft.put(" ", c.len_utf8()),
            _ => draft.keep(c.len_utf8()),
        },
    );
}
