//! A conversation to the ids of a prompt that fits.
//!
//! What is dropped from a conversation too long: its oldest turns, as few as possible, such that
//! what is left begins with a user's message; system messages stay, and so does the newest message.
//!
//! An answer that goes on with the last turn: no template says where a turn is still open, so the last message
//! ends with a mark, and the text is cut there, as `transformers` does it (`continue_final_message`).

use serde_json::{Map, Value};

use super::Words;
use crate::ask::{Ask, Chat, Opening, Prompt};
use crate::{Content, Conversation, Dialect, Error, Message, Role, Thought, Tool, guard, tools};

/// Where the last message is to go on; a code point that Unicode keeps out of all texts.
const MARK: char = '\u{fdd1}';

/// A prompt, and how the answer to it is to be read.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) ids: Vec<u32>,
    /// Tokens that the context has room for behind it.
    pub(crate) room: usize,
    /// Whether the answer begins with a thought.
    pub(crate) thought: Thought,
}

/// A conversation as a template is given it: nobody can write a special token.
struct Guarded {
    messages: Vec<Message>,
    tools: Option<Vec<Tool>>,
    variables: Option<Map<String, Value>>,
    opening: Opening,
}

impl Words {
    /// How the model writes calls of tools.
    pub(crate) fn dialect(&self) -> &'static Dialect {
        Dialect::of(self.template.source()).unwrap_or(&tools::dialect::HERMES)
    }

    /// The prompt's ids, with room for `max_tokens` (for half of the context at most).
    pub(crate) fn prompt(
        &self,
        messages: &[Message],
        max_tokens: usize,
    ) -> Result<Vec<u32>, Error> {
        let guarded = self.guarded(&Chat { messages: messages.to_vec(), ..Chat::default() })?;
        Ok(self.shortened(guarded, max_tokens)?.0)
    }

    /// What is asked as ids, and the tokens that the context has room for behind them.
    ///
    /// # Errors
    /// [`Error::TooLong`] if that is none, unless the conversation may be shortened.
    pub(crate) fn prepared(&self, ask: &Ask) -> Result<Prepared, Error> {
        let (ids, thought) = match &ask.prompt {
            Prompt::Chat(chat) if ask.may_forget => {
                let wanted = ask.max_tokens.unwrap_or(self.options.max_tokens);
                self.shortened(self.guarded(chat)?, wanted)?
            }
            Prompt::Chat(chat) => self.encode(&self.guarded(chat)?)?,
            prompt => (self.ids(prompt)?, Thought::None),
        };
        // The last token of an answer is never read, so that it needs no position.
        let room = (self.context + 1).saturating_sub(ids.len());
        let reserved = usize::from(ask.max_tokens != Some(0));
        if room < reserved || ids.len() > self.context {
            let (tokens, room) = (ids.len(), self.context - reserved.min(self.context));
            return Err(Error::TooLong { tokens, room, reserved });
        }
        Ok(Prepared { ids, room, thought })
    }

    /// The ids of a prompt, whether they fit or not.
    pub(crate) fn ids(&self, prompt: &Prompt) -> Result<Vec<u32>, Error> {
        match prompt {
            Prompt::Chat(chat) => Ok(self.encode(&self.guarded(chat)?)?.0),
            Prompt::Text(text) => {
                let begin = self.options.begin.iter().copied();
                Ok(begin.chain(self.tokenizer.encode_with_special(text)?).collect())
            }
            Prompt::Ids(ids) => Ok(ids.clone()),
        }
    }

    /// The text of a conversation, as the model reads it.
    pub(crate) fn text(&self, chat: &Chat) -> Result<String, Error> {
        Ok(guard::without_seams(&self.written(&self.guarded(chat)?)?))
    }

    fn written(&self, guarded: &Guarded) -> Result<String, Error> {
        let config = &self.options.config;
        let marked = match guarded.opening {
            Opening::LastTurn => Some(marked(&guarded.messages)?),
            _ => None,
        };
        let text = self.template.render(&Conversation {
            tools: guarded.tools.as_deref(),
            variables: guarded.variables.as_ref(),
            bos_token: config.bos_token.as_deref(),
            eos_token: config.eos_token.as_deref(),
            add_generation_prompt: guarded.opening == Opening::Turn,
            ..Conversation::ask(marked.as_ref().unwrap_or(&guarded.messages))
        })?;
        if marked.is_some() { up_to_mark(text) } else { Ok(text) }
    }

    fn guarded(&self, chat: &Chat) -> Result<Guarded, Error> {
        if chat.messages.is_empty() {
            return Err(Error::Request("messages is empty; send at least one".to_string()));
        }
        let of = &self.tokenizer;
        let messages: Vec<Message> =
            chat.messages.iter().map(|m| guard::guard(of, m)).collect::<Result<_, _>>()?;
        let tools = chat.tools.as_ref().map(|tools| {
            tools.tools().iter().map(|tool| guard::tool(of, tool)).collect::<Result<Vec<_>, _>>()
        });
        let tools = tools.transpose()?;
        let variables = chat.variables.as_ref().map(|variables| guard::variables(of, variables));
        let variables = variables.transpose()?;
        let calls = messages.iter().any(|message| !message.tool_calls.is_empty());
        let is_told = Dialect::of(self.template.source()).is_some();
        let opening = chat.opening;
        Ok(match is_told || !(calls || tools.is_some()) {
            true => Guarded { messages, tools, variables, opening },
            // A template that knows no tools.
            false => {
                let messages = tools::tell(&messages, tools.as_deref().unwrap_or_default())?;
                Guarded { messages, tools: None, variables, opening }
            }
        })
    }

    /// The longest end of the conversation that fits beside `max_tokens`, found by halving.
    fn shortened(&self, guarded: Guarded, max_tokens: usize) -> Result<(Vec<u32>, Thought), Error> {
        let reserved = max_tokens.clamp(1, (self.context / 2).max(1));
        let room = self.context - reserved;
        let whole = self.encode(&guarded)?;
        if whole.0.len() <= room {
            return Ok(whole);
        }
        let Guarded { messages, tools, variables, opening } = guarded;
        let from = |start| {
            let (messages, tools) = (from(&messages, start), tools.clone());
            self.encode(&Guarded { messages, tools, variables: variables.clone(), opening })
        };
        let starts = starts(&messages);
        let (mut low, mut high) = (0, starts.len() - 1);
        let mut best = from(starts[high])?;
        if best.0.len() > room {
            return Err(Error::TooLong { tokens: best.0.len(), room, reserved });
        }
        while low < high {
            let middle = usize::midpoint(low, high);
            let shorter = from(starts[middle])?;
            if shorter.0.len() <= room {
                (high, best) = (middle, shorter);
            } else {
                low = middle + 1;
            }
        }
        Ok(best)
    }

    fn encode(&self, guarded: &Guarded) -> Result<(Vec<u32>, Thought), Error> {
        let text = self.written(guarded)?;
        let thought = Thought::of(self.template.source(), &text);
        Ok((guard::encode(&self.tokenizer, &text)?, thought))
    }
}

/// The messages with a mark where the last one is to go on.
fn marked(messages: &[Message]) -> Result<Vec<Message>, Error> {
    let wrong = |reason: &str| Error::Request(format!("an answer cannot go on: {reason}"));
    let mut messages = messages.to_vec();
    let last = messages
        .last_mut()
        .filter(|last| last.role == Role::Assistant && last.tool_calls.is_empty())
        .ok_or_else(|| wrong("the last message must be what the assistant says"))?;
    let mut said = last.text()?;
    if said.trim().is_empty() {
        return Err(wrong("the last message is empty"));
    }
    said.push(MARK);
    last.content = Content::Text(said);
    Ok(messages)
}

/// The text up to the mark.
fn up_to_mark(mut text: String) -> Result<String, Error> {
    let reason = "an answer cannot go on: the template leaves out what the last message says";
    let end = text.rfind(MARK).ok_or_else(|| Error::Request(reason.to_string()))?;
    text.truncate(end);
    Ok(text)
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

#[cfg(test)]
mod tests {
    use arch::Spec;

    use super::*;
    use crate::local::tests::bytes_tokenizer;
    use crate::{LocalOptions, TokenizerConfig};

    fn words(template: Option<&str>) -> Words {
        let tokenizer = bytes_tokenizer();
        let spec = Spec { context: 200, ..Spec::llama(tokenizer.vocab_size(), 32, 1, 1) };
        let config = TokenizerConfig {
            chat_template: template.map(str::to_string),
            ..TokenizerConfig::default()
        };
        Words::new(&spec, tokenizer, LocalOptions { config, ..LocalOptions::default() }).unwrap()
    }

    fn chat(said: &str, opening: Opening) -> Chat {
        let messages = vec![Message::new(Role::User, "hi"), Message::new(Role::Assistant, said)];
        Chat { messages, opening, ..Chat::default() }
    }

    #[test]
    fn an_answer_is_opened_or_goes_on_with_the_last_turn() {
        let turns = "<|user|>\nhi<|end|>\n<|assistant|>\n";
        let trims = "{% for m in messages %}[{{ m.content | trim }}]{% endfor %}";
        let check = |template: Option<&str>, said: &str, opening: Opening, expected: &str| {
            let (words, chat) = (words(template), chat(said, opening));
            assert_eq!(words.text(&chat).unwrap(), expected, "{said:?}");
            // What is said spells no special token, wherever it is cut.
            let ids = words.ids(&Prompt::Chat(Box::new(chat))).unwrap();
            assert_eq!(words.tokenizer.decode(&ids).unwrap(), expected);
            let specials = ids.iter().filter(|&&id| words.tokenizer.is_special(id)).count();
            let written = ["<|user|>", "<|assistant|>", "<|end|>\n"];
            let written: usize = written.iter().map(|mark| expected.matches(mark).count()).sum();
            assert_eq!(specials, written, "{said:?}");
        };
        check(None, "Well", Opening::Turn, &format!("{turns}Well<|end|>\n<|assistant|>\n"));
        check(None, "Well", Opening::Nothing, &format!("{turns}Well<|end|>\n"));
        check(None, "Well, ", Opening::LastTurn, &format!("{turns}Well, "));
        check(None, "hi", Opening::LastTurn, &format!("{turns}hi"));
        check(None, "a<|end|>b<|en", Opening::LastTurn, &format!("{turns}a<|end|>b<|en"));
        // Words that the template has too, behind them.
        check(None, "end", Opening::LastTurn, &format!("{turns}end"));
        check(Some(trims), " so ", Opening::LastTurn, "[hi][so ");
    }

    #[test]
    fn what_cannot_go_on_is_refused() {
        let check = |template: Option<&str>, chat: &Chat, word: &str| {
            let error = words(template).text(chat).unwrap_err();
            assert!(error.is_of_request() && error.to_string().contains(word), "{error}");
        };
        check(None, &chat(" ", Opening::LastTurn), "empty");
        check(Some("{{ messages[0].content }}"), &chat("so", Opening::LastTurn), "leaves out");
        let mut of_user = chat("so", Opening::LastTurn);
        of_user.messages.pop();
        check(None, &of_user, "assistant");
    }
}
