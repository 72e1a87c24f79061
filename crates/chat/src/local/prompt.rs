//! A conversation to the ids of a prompt that fits.
//!
//! What is dropped from a conversation too long: its oldest turns, as few as possible, such that
//! what is left begins with a user's message; system messages stay, and so does the newest message.

use arch::Decoder;

use super::LocalModel;
use crate::{Conversation, Error, Message, Role, guard};

impl<D: Decoder> LocalModel<D> {
    /// The prompt's ids, with room for `max_tokens` (for half of the context at most).
    pub(super) fn prompt(
        &self,
        messages: &[Message],
        max_tokens: usize,
    ) -> Result<Vec<u32>, Error> {
        if messages.is_empty() {
            return Err(Error::Request("messages is empty; send at least one".to_string()));
        }
        let reserved = max_tokens.clamp(1, (self.context / 2).max(1));
        let room = self.context - reserved;
        let guarded: Vec<Message> =
            messages.iter().map(|m| guard::guard(&self.tokenizer, m)).collect::<Result<_, _>>()?;
        let whole = self.encode(&guarded)?;
        if whole.len() <= room {
            return Ok(whole);
        }
        self.shortened(&guarded, room, reserved)
    }

    /// The longest end of the conversation that fits, found by halving.
    fn shortened(
        &self,
        messages: &[Message],
        room: usize,
        reserved: usize,
    ) -> Result<Vec<u32>, Error> {
        let starts = starts(messages);
        let (mut low, mut high) = (0, starts.len() - 1);
        let mut best = self.encode(&from(messages, starts[high]))?;
        if best.len() > room {
            return Err(Error::TooLong { tokens: best.len(), room, reserved });
        }
        while low < high {
            let middle = usize::midpoint(low, high);
            let ids = self.encode(&from(messages, starts[middle]))?;
            if ids.len() <= room {
                (high, best) = (middle, ids);
            } else {
                low = middle + 1;
            }
        }
        Ok(best)
    }

    fn encode(&self, messages: &[Message]) -> Result<Vec<u32>, Error> {
        let config = &self.options.config;
        let text = self.template.render(&Conversation {
            bos_token: config.bos_token.as_deref(),
            eos_token: config.eos_token.as_deref(),
            ..Conversation::ask(messages)
        })?;
        guard::encode(&self.tokenizer, &text)
    }
}

/// Where a shortened conversation may begin: at users' messages, and at the newest message.
fn starts(messages: &[Message]) -> Vec<usize> {
    let last = messages.len() - 1;
    let users = (0..last).filter(|&i| messages[i].role == Role::User);
    users.chain([last]).collect()
}

/// The system messages and everything from `start` on.
fn from(messages: &[Message], start: usize) -> Vec<Message> {
    let kept = messages.iter().enumerate();
    kept.filter(|(i, m)| *i >= start || m.role == Role::System).map(|(_, m)| m.clone()).collect()
}
