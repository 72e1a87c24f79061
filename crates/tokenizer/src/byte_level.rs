//! The byte ⇄ character map of GPT-2: each of the 256 bytes gets one visible character, so that
//! any token can be a JSON string (Radford et al. 2019, "Language Models are Unsupervised
//! Multitask Learners", section 2.2).
//!
//! Bytes that print in Latin-1 (`!`..`~`, `¡`..`¬`, `®`..`ÿ`) stand for themselves; the other 68,
//! in order, take the characters from U+0100 on: a space is `Ġ`, a line feed `Ċ`.

/// The first character for bytes that have no visible form of their own.
const FIRST_SUBSTITUTE: u32 = 0x100;

fn is_visible(byte: u8) -> bool {
    matches!(byte, b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF)
}

const fn substitutes() -> [u8; 68] {
    let mut hidden = [0; 68];
    let (mut byte, mut n) = (0u32, 0);
    while byte < 256 {
        if byte <= 0x20 || (byte >= 0x7F && byte <= 0xA0) || byte == 0xAD {
            hidden[n] = byte as u8;
            n += 1;
        }
        byte += 1;
    }
    hidden
}

/// The hidden bytes in the order of their substitutes.
const HIDDEN: [u8; 68] = substitutes();

/// The character that stands for `byte`.
pub(crate) fn to_char(byte: u8) -> char {
    if is_visible(byte) {
        return char::from(byte);
    }
    let rank = HIDDEN.iter().position(|&h| h == byte).expect("a byte is visible or hidden");
    char::from_u32(FIRST_SUBSTITUTE + rank as u32).expect("U+0100 to U+0143 are characters")
}

/// The byte that `c` stands for, if it stands for one.
pub(crate) fn to_byte(c: char) -> Option<u8> {
    match u8::try_from(u32::from(c)) {
        Ok(byte) => is_visible(byte).then_some(byte),
        Err(_) => HIDDEN.get((u32::from(c) - FIRST_SUBSTITUTE) as usize).copied(),
    }
}

/// A token's bytes as visible characters.
pub(crate) fn to_visible(bytes: &[u8]) -> String {
    bytes.iter().map(|&byte| to_char(byte)).collect()
}

/// The bytes of a token that was written in visible characters.
pub(crate) fn to_bytes(visible: &str) -> Option<Vec<u8>> {
    visible.chars().map(to_byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_comes_back() {
        for byte in 0..=255 {
            assert_eq!(to_byte(to_char(byte)), Some(byte));
        }
        let distinct: std::collections::BTreeSet<char> = (0..=255).map(to_char).collect();
        assert_eq!(distinct.len(), 256);
    }

    #[test]
    fn the_map_is_that_of_gpt_2() {
        assert_eq!(to_visible("a b\n\t\0é".as_bytes()), "aĠbĊĉĀÃ©");
        assert_eq!(to_visible(&[0x7F, 0xA0, 0xAD]), "ġłŃ");
    }

    #[test]
    fn other_characters_stand_for_nothing() {
        assert_eq!(to_bytes("a b"), None);
        assert_eq!(to_bytes("\u{144}"), None);
        assert_eq!(to_bytes("日"), None);
    }
}
