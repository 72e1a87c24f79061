//! What of a conversation's text is learnt: the assistant's words and what ends its turn. Not
//! learnt is what others say, and what the prompt holds anyway when a model is asked.
//!
//! A template with `{% generation %}` blocks says it itself. For any other, the answer of turn k is
//! what the text of the turns up to k has more than the prompt made of the turns before it. That
//! asks for a template whose text grows turn by turn; one that takes back what it wrote, as those do
//! that drop earlier thoughts, is refused. White space behind the mark that ends a turn is the
//! template's, not the model's: nothing is generated after that mark.
//!
//! A model is asked with a prompt that is encoded by itself, so training encodes the pieces one by
//! one too. Costs a rendering for each answer and one for the prompt before it.

use std::ops::Range;

use super::generation::{CLOSE, OPEN};
use super::{Conversation, Template};
use crate::{Error, Message, Role};

/// A stretch of a conversation's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The text, never empty.
    pub text: String,
    /// Whether a model learns to say it.
    pub learn: bool,
}

impl Template {
    /// The text of a conversation in pieces: put together they are what [`Template::render`] gives.
    ///
    /// # Errors
    /// As [`Template::render`]; [`Error::Pieces`] if it cannot be told what is learnt.
    pub fn pieces(&self, conversation: &Conversation<'_>) -> Result<Vec<Piece>, Error> {
        let whole = self.render(conversation)?;
        let learnt = match self.of_these(conversation).marked {
            Some(name) => marked(&whole, &self.render_with(name, conversation)?)?,
            None => self.answers(&whole, conversation)?,
        };
        let (mut pieces, mut end) = (Vec::new(), 0);
        for range in learnt {
            pieces.push(Piece { text: whole[end..range.start].to_string(), learn: false });
            pieces.push(Piece { text: whole[range.clone()].to_string(), learn: true });
            end = range.end;
        }
        pieces.push(Piece { text: whole[end..].to_string(), learn: false });
        pieces.retain(|piece| !piece.text.is_empty());
        Ok(pieces)
    }

    /// Where in `whole` the answers stand, by the texts of the conversation's beginnings.
    fn answers(&self, whole: &str, all: &Conversation<'_>) -> Result<Vec<Range<usize>>, Error> {
        let (mut ranges, mut end) = (Vec::new(), 0);
        let turns = all.messages.iter().enumerate();
        for (k, answer) in turns.filter(|(_, message)| message.role == Role::Assistant) {
            let part = |n, add_generation_prompt| {
                let messages = &all.messages[..n];
                self.render(&Conversation { messages, add_generation_prompt, ..*all })
            };
            let (prompt, answered) = (part(k, true)?, part(k + 1, false)?);
            if !whole.starts_with(&answered) {
                return Err(unstable(k, "the text up to it changes when more turns follow"));
            }
            if !answered.starts_with(&prompt) || prompt.len() < end {
                return Err(unstable(k, "the text up to it does not begin with its prompt"));
            }
            end = prompt.len() + learnt_bytes(&answered[prompt.len()..], answer)?;
            ranges.push(prompt.len()..end);
        }
        Ok(ranges)
    }
}

/// How much of what an answer adds to the text is learnt: all but the white space after the mark
/// that ends the turn, if there is one.
fn learnt_bytes(added: &str, answer: &Message) -> Result<usize, Error> {
    let text = answer.text()?;
    let end = added.strip_prefix(&text).or_else(|| added.trim_start().strip_prefix(text.trim()));
    Ok(match end {
        Some(end) if end.trim().is_empty() => added.len(),
        _ => added.trim_end().len(),
    })
}

/// Where in `whole` the marks of `marked` enclose text.
fn marked(whole: &str, marked: &str) -> Result<Vec<Range<usize>>, Error> {
    let wrong = |reason: &str| Error::Pieces { reason: reason.to_string() };
    let (mut ranges, mut at, mut open) = (Vec::new(), 0, None);
    for c in marked.chars() {
        match (c, open) {
            (OPEN, None) => open = Some(at),
            (CLOSE, Some(begin)) => {
                ranges.push(begin..at);
                open = None;
            }
            (OPEN | CLOSE, _) => return Err(wrong("its generation blocks stand in each other")),
            _ => at += c.len_utf8(),
        }
    }
    // A text that holds the marks itself, or a template that looks at its own text.
    let plain: String = marked.chars().filter(|c| ![OPEN, CLOSE].contains(c)).collect();
    if plain != whole {
        return Err(wrong("its text with marks is another text"));
    }
    Ok(ranges)
}

fn unstable(turn: usize, reason: &str) -> Error {
    Error::Pieces { reason: format!("at turn {}, {reason}", turn + 1) }
}

#[cfg(test)]
mod tests;
