//! Pieces that stand for one byte, `<0x00>` to `<0xFF>`: what a character falls back to that is no
//! piece.

use crate::vocab::Vocab;

/// The piece of `byte`.
pub(crate) fn of(byte: u8) -> String {
    format!("<0x{byte:02X}>")
}

/// All 256 of them, in order.
pub(crate) fn all() -> impl Iterator<Item = String> {
    (0..=255).map(of)
}

/// The byte of a piece that is written so and in no other way.
pub(crate) fn byte(piece: &str) -> Option<u8> {
    let byte = lenient(piece)?;
    (piece == of(byte)).then_some(byte)
}

/// The byte of a piece whose digits may be small letters, as decoders take them.
pub(crate) fn lenient(piece: &str) -> Option<u8> {
    let digits = piece.strip_prefix("<0x")?.strip_suffix('>')?;
    if digits.len() == 2 { u8::from_str_radix(digits, 16).ok() } else { None }
}

/// The id of each byte's piece, `none` where there is none.
pub(crate) fn ids(vocab: &Vocab, none: u32) -> Box<[u32; 256]> {
    let mut ids = Box::new([none; 256]);
    for (piece, id) in all().zip(ids.iter_mut()) {
        *id = vocab.id(piece.as_bytes()).unwrap_or(none);
    }
    ids
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_told_from_what_looks_like_them() {
        assert!((0..=255).all(|b| byte(&of(b)) == Some(b)));
        assert_eq!((byte("<0x0a>"), lenient("<0x0a>")), (None, Some(10)));
        for piece in ["<0xA>", "<0x+A>", "<0x0AA>", "0x0A", "<0xGG>"] {
            assert_eq!(byte(piece), None, "{piece}");
        }
    }
}
