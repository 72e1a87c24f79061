//! A 5-gram model over words and signs: each next one is the commonest after the last four, or after
//! fewer where those were never seen ("stupid backoff", Brants et al., "Large Language Models in
//! Machine Translation", 2007).

use rustc_hash::FxHashMap;
use stats::Proportion;
use world::{Exercise, Speaker, Turn};

use crate::judge;

/// Words that a prediction looks back on at most.
const CONTEXT: usize = 4;
/// Words of an answer at most.
const LONGEST_ANSWER: usize = 60;
/// Ends an answer; no text has it.
const END: &str = "\u{0}";

/// Counts of what followed what.
#[derive(Clone, Debug, Default)]
pub struct Ngrams {
    words: FxHashMap<String, u32>,
    spelled: Vec<String>,
    after: FxHashMap<Vec<u32>, FxHashMap<u32, u32>>,
}

impl Ngrams {
    /// Reads a lesson: all that was said, each answer with its end.
    pub fn add(&mut self, lesson: &[Turn]) {
        let mut ids = Vec::new();
        for turn in lesson {
            ids.extend(pieces(&turn.text).map(|piece| self.id(piece)));
            if turn.speaker == Speaker::Assistant {
                ids.push(self.id(END));
            }
        }
        for at in 0..ids.len() {
            for length in 0..=CONTEXT.min(at) {
                let context = ids[at - length..at].to_vec();
                *self.after.entry(context).or_default().entry(ids[at]).or_default() += 1;
            }
        }
    }

    /// What follows a prompt, word for word the likeliest, until the end of an answer.
    pub fn answer(&self, prompt: &[Turn]) -> String {
        let text = prompt.iter().flat_map(|turn| pieces(&turn.text));
        let unknown = u32::MAX;
        let mut ids: Vec<u32> =
            text.map(|piece| self.words.get(piece).copied().unwrap_or(unknown)).collect();
        let mut answer = String::new();
        for _ in 0..LONGEST_ANSWER {
            let next = (0..=CONTEXT.min(ids.len())).rev().find_map(|length| {
                let after = self.after.get(&ids[ids.len() - length..])?;
                after.iter().max_by_key(|&(id, count)| (*count, u32::MAX - *id)).map(|(id, _)| *id)
            });
            let Some(next) = next.filter(|&next| self.spelled[next as usize] != END) else { break };
            answer += &self.spelled[next as usize];
            ids.push(next);
        }
        answer
    }

    /// How many of these exercises it gets right.
    pub fn score(&self, asked: &[Exercise]) -> Proportion {
        let right = |e: &&Exercise| judge::is_right(&e.check, &self.answer(e.prompt()));
        Proportion::new(asked.iter().filter(right).count() as u64, asked.len() as u64)
    }

    fn id(&mut self, piece: &str) -> u32 {
        if let Some(&id) = self.words.get(piece) {
            return id;
        }
        let id = self.spelled.len() as u32;
        self.words.insert(piece.to_string(), id);
        self.spelled.push(piece.to_string());
        id
    }
}

/// Words with the space before them, and signs; together they are the text.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let word = |c: char| c.is_alphanumeric();
        let skipped = if first == ' ' { 1 } else { first.len_utf8() };
        let mut end = skipped;
        if first == ' ' || word(first) {
            let tail = &rest[skipped..];
            end += tail.find(|c| !word(c)).unwrap_or(tail.len());
        }
        let piece = &rest[..end];
        rest = &rest[end..];
        Some(piece)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_the_whole_text() {
        for text in ["Ada ran, to  7 mills!\n\nWhy?", "", " ", "é x"] {
            assert_eq!(pieces(text).collect::<String>(), text);
        }
        assert_eq!(pieces("a bc.").collect::<Vec<_>>(), ["a", " bc", "."]);
    }

    #[test]
    fn it_says_what_mostly_followed() {
        let mut model = Ngrams::default();
        let lesson = |q: &str, a: &str| [Turn::user(q), Turn::assistant(a)];
        model.add(&lesson("How are you?", "I am well."));
        model.add(&lesson("How are you?", "I am well."));
        model.add(&lesson("How are you?", "I am ill."));
        assert_eq!(model.answer(&[Turn::user("And how are you?")]), "I am well.");
    }
}
