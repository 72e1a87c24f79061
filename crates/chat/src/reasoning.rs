//! What a model thinks before it answers: `<think>…</think>`, which is parted from the answer.
//!
//! Some templates open the thought themselves, at the end of the prompt; some close it there, so that
//! there is none. White space around a thought belongs to neither. Characters are taken one by one, so
//! that it makes no difference how an answer is cut.

use std::mem::take;

/// Opens a thought.
pub(crate) const OPEN: &str = "<think>";
/// Closes it.
pub(crate) const CLOSE: &str = "</think>";

/// Whether an answer begins with a thought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Thought {
    /// Never.
    #[default]
    None,
    /// If the model opens one.
    May,
    /// The prompt has opened it.
    Opened,
}

impl Thought {
    /// Of the answer to this prompt, which a template of this source made.
    pub fn of(template: &str, prompt: &str) -> Self {
        let end = prompt.trim_end();
        match template.contains(CLOSE) {
            true if end.ends_with(OPEN) => Self::Opened,
            true if !end.ends_with(CLOSE) => Self::May,
            _ => Self::None,
        }
    }
}

/// What came out of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mused {
    /// More of the thought.
    Thought(String),
    /// More of the answer.
    Answer(String),
}

/// Parts thought and answer.
#[derive(Clone, Debug)]
pub struct ThoughtReader {
    state: State,
    /// White space that may be between the two.
    space: String,
    /// What may be the beginning of a mark.
    raw: String,
    told: Vec<Mused>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Before everything.
    Before,
    /// Within the thought, of which something may have been told.
    Within { is_told: bool },
    /// Behind it: white space does not count yet.
    Behind,
    /// In the answer.
    Answer,
}

impl ThoughtReader {
    /// A reader of one answer.
    pub fn new(thought: Thought) -> Self {
        let state = match thought {
            Thought::None => State::Answer,
            Thought::May => State::Before,
            Thought::Opened => State::Within { is_told: false },
        };
        Self { state, space: String::new(), raw: String::new(), told: Vec::new() }
    }

    /// Takes the next piece of the answer and tells what is sure.
    pub fn push(&mut self, piece: &str) -> Vec<Mused> {
        piece.chars().for_each(|c| self.take(c));
        take(&mut self.told)
    }

    /// Tells what was held back.
    pub fn finish(mut self) -> Vec<Mused> {
        let rest = take(&mut self.raw);
        match self.state {
            State::Before => {
                let text = take(&mut self.space) + &rest;
                self.answer(&text);
            }
            State::Within { .. } if !rest.is_empty() => self.think(&rest),
            _ => {}
        }
        self.told
    }

    fn take(&mut self, c: char) {
        match self.state {
            State::Answer => self.answer(c.encode_utf8(&mut [0; 4])),
            State::Behind if c.is_whitespace() => {}
            State::Behind => {
                self.state = State::Answer;
                self.take(c);
            }
            State::Before if c.is_whitespace() && self.raw.is_empty() => self.space.push(c),
            State::Before => self.before(c),
            State::Within { .. } => self.within(c),
        }
    }

    fn before(&mut self, c: char) {
        self.raw.push(c);
        if self.raw == OPEN {
            self.raw.clear();
            self.space.clear();
            self.state = State::Within { is_told: false };
        } else if !OPEN.starts_with(&self.raw) {
            self.state = State::Answer;
            let text = take(&mut self.space) + &take(&mut self.raw);
            self.answer(&text);
        }
    }

    fn within(&mut self, c: char) {
        self.raw.push(c);
        if self.raw == CLOSE {
            self.raw.clear();
            self.space.clear();
            self.state = State::Behind;
            return;
        }
        while !CLOSE.starts_with(&self.raw) {
            match self.raw.remove(0) {
                first if first.is_whitespace() => self.space.push(first),
                first => self.think(first.encode_utf8(&mut [0; 4])),
            }
        }
    }

    fn think(&mut self, text: &str) {
        let space = take(&mut self.space);
        let text = match self.state {
            State::Within { is_told: true } => space + text,
            _ => text.to_string(),
        };
        self.state = State::Within { is_told: true };
        match self.told.last_mut() {
            Some(Mused::Thought(last)) => last.push_str(&text),
            _ => self.told.push(Mused::Thought(text)),
        }
    }

    fn answer(&mut self, text: &str) {
        match self.told.last_mut() {
            _ if text.is_empty() => {}
            Some(Mused::Answer(last)) => last.push_str(text),
            _ => self.told.push(Mused::Answer(text.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Thought and answer, however they were told.
    fn read(thought: Thought, pieces: &[&str]) -> (String, String) {
        let mut reader = ThoughtReader::new(thought);
        let mut told: Vec<Mused> = pieces.iter().flat_map(|piece| reader.push(piece)).collect();
        told.extend(reader.finish());
        let (mut thought, mut answer) = (String::new(), String::new());
        for one in told {
            match one {
                Mused::Thought(text) => thought += &text,
                Mused::Answer(text) => answer += &text,
            }
        }
        (thought, answer)
    }

    #[test]
    fn a_thought_is_parted_from_the_answer() {
        let check = |thought, text: &str, expected: (&str, &str)| {
            let read = read(thought, &[text]);
            assert_eq!((read.0.as_str(), read.1.as_str()), expected, "{thought:?} {text:?}");
        };
        check(Thought::May, "<think>\nab \n c\n</think>\n\nyes \n", ("ab \n c", "yes \n"));
        check(Thought::May, "\n<think>a</think>b</think>", ("a", "b</think>"));
        check(Thought::May, "<think></think>", ("", ""));
        check(Thought::May, "<think>\n\n</think>\n\n a", ("", "a"));
        check(Thought::May, " no <think>a</think>", ("", " no <think>a</think>"));
        check(Thought::May, " <thin", ("", " <thin"));
        check(Thought::May, "<think>a </th", ("a </th", ""));
        check(Thought::May, "<think>a < b</ </think >\n", ("a < b</ </think >", ""));
        check(Thought::Opened, "\na</think>\nb", ("a", "b"));
        check(Thought::Opened, "never closed ", ("never closed", ""));
        check(Thought::None, "<think>a</think>", ("", "<think>a</think>"));
    }

    #[test]
    fn a_prompt_says_whether_there_may_be_one() {
        let template = "{% if thinking %}<think>{% else %}<think></think>{% endif %}";
        assert_eq!(Thought::of(template, "<|assistant|>\n<think>\n"), Thought::Opened);
        assert_eq!(Thought::of(template, "<think>\n\n</think>\n\n"), Thought::None);
        assert_eq!(Thought::of(template, "<|assistant|>\n"), Thought::May);
        assert_eq!(Thought::of("{{ messages }}", "what is <think>"), Thought::None);
    }

    proptest! {
        #[test]
        fn however_it_is_cut_the_text_is_the_same(
            parts in prop::collection::vec(
                prop::sample::select(vec!["<think>", "</think>", "<", "</", "a", "\n", " é", "think>"]),
                0..12,
            ),
            cuts in prop::collection::vec(0..60_usize, 0..6),
        ) {
            let text = parts.concat();
            for thought in [Thought::None, Thought::May, Thought::Opened] {
                let whole = read(thought, &[&text]);
                prop_assert_eq!(read(thought, &cut(&text, &cuts)), whole.clone());
                if thought == Thought::None {
                    prop_assert_eq!(&whole.1, &text);
                }
            }
        }
    }

    /// The text cut at these characters.
    fn cut<'a>(text: &'a str, cuts: &[usize]) -> Vec<&'a str> {
        let mut at: Vec<usize> =
            cuts.iter().filter_map(|&n| text.char_indices().nth(n)).map(|(i, _)| i).collect();
        at.extend([0, text.len()]);
        at.sort_unstable();
        at.windows(2).map(|pair| &text[pair[0]..pair[1]]).collect()
    }
}
