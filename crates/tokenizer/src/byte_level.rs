//! Bytes as letters (Radford et al., "Language Models are Unsupervised Multitask Learners", 2019):
//! every byte gets a printable character, so that any text can stand in a JSON vocabulary.
//!
//! Printable Latin-1 stands for itself; the other 68 bytes take the characters from U+0100 on, in
//! order.

/// The letter of a byte.
pub fn letter(byte: u8) -> char {
    if stands_for_itself(byte) {
        return char::from(byte);
    }
    let before = (0..byte).filter(|b| !stands_for_itself(*b)).count() as u32;
    char::from_u32(256 + before).expect("68 characters follow U+0100, all are letters")
}

/// The byte of a letter, if it is one.
pub fn byte(letter: char) -> Option<u8> {
    let code = letter as u32;
    match code {
        0..=255 => Some(code as u8).filter(|b| stands_for_itself(*b)),
        256..=323 => (0..=255).filter(|b| !stands_for_itself(*b)).nth(code as usize - 256),
        _ => None,
    }
}

fn stands_for_itself(byte: u8) -> bool {
    matches!(byte, b'!'..=b'~' | 0xa1..=0xac | 0xae..=0xff)
}

/// Bytes as a word of letters.
pub fn spell(bytes: &[u8]) -> String {
    bytes.iter().map(|b| letter(*b)).collect()
}

/// A word of letters as bytes; `None` if any letter stands for no byte.
pub fn unspell(word: &str) -> Option<Vec<u8>> {
    word.chars().map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_has_its_own_letter_and_comes_back() {
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(unspell(&spell(&all)).unwrap(), all);
        assert_eq!((letter(b' '), letter(b'\n'), letter(b'a')), ('Ġ', 'Ċ', 'a'));
        assert_eq!(unspell("a b"), None);
    }
}
