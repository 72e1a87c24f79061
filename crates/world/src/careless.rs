//! What people type when they are in a hurry: no capital in front, no mark at the end.
//!
//! A model that has seen only tidy questions is lost at "hi". Names keep their capitals, since facts are
//! copied from them.

use stdx::Rng;

use crate::conversation::{Speaker, Turn};

/// Makes some of the user's turns careless.
pub(crate) fn roughen(turns: &mut [Turn], rng: &mut Rng) {
    for turn in turns.iter_mut().filter(|turn| turn.speaker == Speaker::User) {
        if rng.one_in(4) {
            turn.text = careless(&turn.text, rng.one_in(3), rng.one_in(3));
        }
    }
}

/// Without the capital or without the last mark, or both.
fn careless(text: &str, keeps_capital: bool, keeps_mark: bool) -> String {
    let text = if keeps_mark { text } else { text.trim_end_matches(['.', '?', '!']) };
    let mut letters = text.chars();
    match letters.next() {
        Some(first) if !keeps_capital && begins_small(text) => {
            first.to_lowercase().chain(letters).collect()
        }
        _ => text.to_string(),
    }
}

/// Whether the first word is one that only its place gives a capital.
fn begins_small(text: &str) -> bool {
    let word = text.split(|c: char| !c.is_alphabetic()).next().unwrap_or_default();
    OPENERS.contains(&word)
}

/// Words that questions and requests begin with.
const OPENERS: [&str; 64] = [
    "A",
    "After",
    "Answer",
    "Are",
    "At",
    "Before",
    "Bye",
    "Calculate",
    "Can",
    "Could",
    "Did",
    "Do",
    "Does",
    "Explain",
    "Give",
    "Good",
    "Goodbye",
    "Have",
    "Hello",
    "Help",
    "Hey",
    "Hi",
    "How",
    "In",
    "Introduce",
    "Is",
    "Let",
    "Making",
    "May",
    "My",
    "Nice",
    "No",
    "Okay",
    "On",
    "Pardon",
    "Please",
    "Really",
    "Say",
    "See",
    "Should",
    "Show",
    "Sing",
    "Tell",
    "Thank",
    "Thanks",
    "That",
    "The",
    "There",
    "Tomorrow",
    "Translate",
    "Very",
    "Was",
    "Well",
    "What",
    "When",
    "Where",
    "Which",
    "Who",
    "Whose",
    "Why",
    "Will",
    "Would",
    "Write",
    "Yes",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_their_capitals() {
        assert_eq!(careless("Who is Ida?", false, false), "who is Ida");
        assert_eq!(careless("Ida lives where?", false, false), "Ida lives where");
        assert_eq!(careless("Hi!", false, true), "hi!");
        assert_eq!(careless("Hi!", true, false), "Hi");
    }

    #[test]
    fn only_users_are_in_a_hurry() {
        let mut rng = Rng::new(1);
        for _ in 0..100 {
            let mut turns = [Turn::user("What is it?"), Turn::assistant("It is a goat.")];
            roughen(&mut turns, &mut rng);
            assert_eq!(turns[1].text, "It is a goat.");
            assert!(turns[0].text.to_lowercase().starts_with("what is it"));
        }
    }
}
