//! Slips of the pen: words with two letters in the wrong order, one left out, or one twice.
//!
//! The first letter of a word is never touched, so that names and the beginnings of sentences stay
//! what they are. Words of one letter have no slips.

use stdx::Rng;

/// The text, in which this share of all words of two letters or more has a slip.
pub fn slips(text: &str, share: f64, rng: &mut Rng) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while !rest.is_empty() {
        let letters = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
        let (word, after) = rest.split_at(letters);
        if letters >= 2 && rng.chance(share) {
            slip(word, rng, &mut out);
        } else {
            out.push_str(word);
        }
        let between = after.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(after.len());
        out.push_str(&after[..between]);
        rest = &after[between..];
    }
    out
}

/// Writes a word of two letters or more with one slip.
fn slip(word: &str, rng: &mut Rng, out: &mut String) {
    let at = 1 + rng.index(word.len() - 1);
    let letter = &word[at..=at];
    let next = word.get(at + 1..at + 2).filter(|next| *next != letter);
    out.push_str(&word[..at]);
    match (rng.index(3), next) {
        (0, Some(next)) => {
            out.extend([next, letter, &word[at + 2..]]);
        }
        (1, _) if word.len() > 3 => out.push_str(&word[at + 1..]),
        _ => out.extend([letter, &word[at..]]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_words_slip_as_were_asked_for_and_begin_as_they_did() {
        let text = "Mara and her friend Otto took the old red kite to the hill. ".repeat(200);
        for share in [0.0, 0.1, 0.5, 1.0] {
            let slipped = slips(&text, share, &mut Rng::new(1));
            let pairs: Vec<(&str, &str)> =
                text.split_whitespace().zip(slipped.split_whitespace()).collect();
            let changed = pairs.iter().filter(|(a, b)| a != b).count() as f64;
            assert!((changed / pairs.len() as f64 - share).abs() < 0.03, "{share}: {changed}");
            assert!(pairs.iter().all(|(a, b)| a[..1] == b[..1]), "{share}");
            assert!(pairs.iter().all(|(a, b)| a.len().abs_diff(b.len()) <= 1), "{share}");
        }
    }

    #[test]
    fn nothing_but_letters_changes() {
        let slipped = slips("\"Oh!\" - it's 12, Zoë.", 1.0, &mut Rng::new(2));
        assert!(slipped.starts_with("\"Oh") && slipped.contains(" 12, "), "{slipped}");
        assert_eq!(slips("I a 7", 1.0, &mut Rng::new(3)), "I a 7");
    }
}
