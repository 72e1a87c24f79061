//! One answer on its way from tokens to its listener.

use generate::batch::Event;
use generate::{Flow, TokenLogprobs};
use tokenizer::Tokenizer;

use super::Seat;
use crate::ask::{Ask, Heard, Listener};
use crate::voice::Speech;
use crate::{Error, Finish, Reply, ReplyToken};

/// An answer that somebody listens to.
pub(super) struct Talk<'a> {
    tokenizer: &'a Tokenizer,
    listener: Box<dyn Listener>,
    speech: Speech<'a>,
    reply: Reply,
    /// Tokens that no piece of text was told with yet.
    pending: Vec<ReplyToken>,
    has_begun: bool,
    /// When it has to end.
    pub(super) deadline: Option<f64>,
    _seat: Seat,
}

impl<'a> Talk<'a> {
    pub(super) fn new(
        tokenizer: &'a Tokenizer,
        ask: &Ask,
        listener: Box<dyn Listener>,
        seat: Seat,
    ) -> Self {
        Self {
            tokenizer,
            listener,
            speech: Speech::new(tokenizer, &ask.stop),
            reply: Reply::default(),
            pending: Vec::new(),
            has_begun: false,
            deadline: None,
            _seat: seat,
        }
    }

    /// How many tokens its prompt has.
    pub(super) fn of_prompt(self, prompt_tokens: usize) -> Self {
        Self { reply: Reply { prompt_tokens, ..self.reply }, ..self }
    }

    pub(super) fn is_listening(&self) -> bool {
        self.listener.is_listening()
    }

    /// Tells what the batch says; whether the answer goes on, as far as its text is concerned.
    pub(super) fn hear(&mut self, event: Event) -> Flow {
        match event {
            // One that stepped back begins again, which is nobody's business.
            Event::Began { cached } if !self.has_begun => {
                self.has_begun = true;
                self.reply.cached_tokens = cached;
                let prompt_tokens = self.reply.prompt_tokens;
                self.listener.hear(Heard::Began { prompt_tokens, cached_tokens: cached });
            }
            Event::Began { .. } | Event::Read => {}
            Event::Prompt(tokens) => {
                let tokens = tokens.iter().map(|token| ReplyToken::new(self.tokenizer, token));
                self.listener.hear(Heard::Prompt(tokens.collect()));
            }
            Event::Token { token, logprobs } => return self.take(token, logprobs),
            Event::Ended(finish) => self.end(match finish {
                _ if self.speech.stopped() => Finish::Stop,
                generate::Finish::Stop => Finish::Stop,
                generate::Finish::Cancelled => Finish::Cancelled,
                generate::Finish::Length | generate::Finish::ContextFull => Finish::Length,
            }),
            Event::Failed(error) => self.listener.hear(Heard::Done(Err(error.into()))),
        }
        Flow::Continue
    }

    fn take(&mut self, token: u32, logprobs: Option<TokenLogprobs>) -> Flow {
        self.reply.completion_tokens += 1;
        let told = logprobs.map(|logprobs| ReplyToken::new(self.tokenizer, &logprobs));
        self.pending.extend(told);
        let text = self.speech.push(token);
        self.say(text);
        if self.speech.stopped() { Flow::Stop } else { Flow::Continue }
    }

    fn say(&mut self, text: String) {
        if text.is_empty() {
            self.listener.hear(Heard::Token);
            return;
        }
        self.reply.text.push_str(&text);
        let tokens = std::mem::take(&mut self.pending);
        self.reply.logprobs.extend(tokens.iter().cloned());
        self.listener.hear(Heard::Piece { text, tokens });
    }

    /// Says what was held back, and that this is all.
    pub(super) fn end(&mut self, finish: Finish) {
        let text = self.speech.finish();
        if !text.is_empty() || !self.pending.is_empty() {
            self.reply.text.push_str(&text);
            let tokens = std::mem::take(&mut self.pending);
            self.reply.logprobs.extend(tokens.iter().cloned());
            self.listener.hear(Heard::Piece { text, tokens });
        }
        let reply = Reply { finish, ..std::mem::take(&mut self.reply) };
        self.listener.hear(Heard::Done(Ok(reply)));
    }

    /// Says that there will be no answer.
    pub(super) fn fail(&mut self, error: Error) {
        self.listener.hear(Heard::Done(Err(error)));
    }
}
