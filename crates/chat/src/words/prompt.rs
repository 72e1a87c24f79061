//! A conversation to the ids of a prompt that fits.
//!
//! What is dropped from a conversation too long: its oldest turns, as few as possible, such that
//! what is left begins with a user's message; system messages stay, and so does the newest message.

use super::Words;
use crate::ask::{Ask, Prompt};
use crate::{Conversation, Error, Message, Role, guard};

impl Words {
    /// The prompt's ids, with room for `max_tokens` (for half of the context at most).
    pub(crate) fn prompt(
        &self,
        messages: &[Message],
        max_tokens: usize,
    ) -> Result<Vec<u32>, Error> {
        let reserved = max_tokens.clamp(1, (self.context / 2).max(1));
        let room = self.context - reserved;
        let guarded = self.guarded(messages)?;
        let whole = self.encode(&guarded)?;
        if whole.len() <= room {
            return Ok(whole);
        }
        self.shortened(&guarded, room, reserved)
    }

    /// The ids of what is asked, and the tokens that the context has room for behind them.
    ///
    /// # Errors
    /// [`Error::TooLong`] if that is none, unless the conversation may be shortened.
    pub(crate) fn fitted(&self, ask: &Ask) -> Result<(Vec<u32>, usize), Error> {
        let ids = match &ask.prompt {
            Prompt::Messages(messages) if ask.may_forget => {
                let wanted = ask.max_tokens.unwrap_or(self.options.max_tokens);
                self.prompt(messages, wanted)?
            }
            prompt => self.ids(prompt)?,
        };
        // The last token of an answer is never read, so that it needs no position.
        let room = (self.context + 1).saturating_sub(ids.len());
        let reserved = usize::from(ask.max_tokens != Some(0));
        if room < reserved || ids.len() > self.context {
            let (tokens, room) = (ids.len(), self.context - reserved.min(self.context));
            return Err(Error::TooLong { tokens, room, reserved });
        }
        Ok((ids, room))
    }

    /// The ids of a prompt, whether they fit or not.
    pub(crate) fn ids(&self, prompt: &Prompt) -> Result<Vec<u32>, Error> {
        match prompt {
            Prompt::Messages(messages) => self.encode(&self.guarded(messages)?),
            Prompt::Text(text) => {
                let begin = self.options.begin.iter().copied();
                Ok(begin.chain(self.tokenizer.encode_with_special(text)?).collect())
            }
            Prompt::Ids(ids) => Ok(ids.clone()),
        }
    }

    /// The text of a conversation, as the model reads it.
    pub(crate) fn text(&self, messages: &[Message]) -> Result<String, Error> {
        let config = &self.options.config;
        self.template.render(&Conversation {
            bos_token: config.bos_token.as_deref(),
            eos_token: config.eos_token.as_deref(),
            ..Conversation::ask(messages)
        })
    }

    fn guarded(&self, messages: &[Message]) -> Result<Vec<Message>, Error> {
        if messages.is_empty() {
            return Err(Error::Request("messages is empty; send at least one".to_string()));
        }
        messages.iter().map(|message| guard::guard(&self.tokenizer, message)).collect()
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
        guard::encode(&self.tokenizer, &self.text(messages)?)
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
