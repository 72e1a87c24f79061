//! One answer on its way from tokens to its listener: text, parted into what is thought, what is said, and which
//! tools are called.

use generate::batch::Event;
use generate::{Flow, TokenLogprobs};
use tokenizer::Tokenizer;

use super::Seat;
use crate::ask::{Ask, Heard, Listener};
use crate::reasoning::Mused;
use crate::tools::reader::Told;
use crate::voice::Speech;
use crate::{Call, CallReader, Dialect, Error, Finish, Reply, ReplyToken, Thought, ThoughtReader};

/// How an answer is to be read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    /// Whether it begins with a thought.
    pub(super) thought: Thought,
    /// How calls are written.
    pub(super) dialect: &'static Dialect,
    /// Whether there may be any: a grammar holds them to their form then.
    pub(super) calls: bool,
}

/// An answer that somebody listens to.
pub(super) struct Talk<'a> {
    tokenizer: &'a Tokenizer,
    listener: Box<dyn Listener>,
    speech: Speech<'a>,
    thoughts: ThoughtReader,
    calls: Option<CallReader>,
    dialect: &'static Dialect,
    /// Of calls' ids.
    seed: u64,
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
        reading: Reading,
        listener: Box<dyn Listener>,
        seat: Seat,
    ) -> Self {
        let Reading { thought, dialect, calls } = reading;
        Self {
            tokenizer,
            listener,
            speech: Speech::new(tokenizer, &ask.stop),
            thoughts: ThoughtReader::new(thought),
            calls: calls.then(|| CallReader::new(dialect).streaming()),
            dialect,
            seed: ask.sampling.seed,
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
            Event::Embedding(mean) => self.listener.hear(Heard::Embedding(of_length_1(&mean))),
            Event::Token { token, logprobs } => return self.take(token, logprobs),
            Event::Ended(finish) => self.end(match finish {
                _ if self.speech.stopped() => Finish::Stop,
                generate::Finish::Stop => Finish::Stop,
                generate::Finish::Cancelled => Finish::Cancelled,
                generate::Finish::Length | generate::Finish::ContextFull => Finish::Length,
            }),
            Event::Stop(token) => self.reply.end = Some(ReplyToken::new(self.tokenizer, &token)),
            Event::Failed(error) => self.fail(error.into()),
        }
        Flow::Continue
    }

    fn take(&mut self, token: u32, logprobs: Option<TokenLogprobs>) -> Flow {
        self.reply.completion_tokens += 1;
        let told = logprobs.map(|logprobs| ReplyToken::new(self.tokenizer, &logprobs));
        self.pending.extend(told);
        let text = self.speech.push(token);
        let mused = self.thoughts.push(&text);
        if !self.tell(mused) {
            self.listener.hear(Heard::Token);
        }
        if self.speech.stopped() { Flow::Stop } else { Flow::Continue }
    }

    /// Tells parts of the text; whether there was anything to tell.
    fn tell(&mut self, mused: Vec<Mused>) -> bool {
        let mut has_told = false;
        for part in mused {
            match part {
                Mused::Thought(text) => {
                    self.reply.reasoning.push_str(&text);
                    self.listener.hear(Heard::Thought(text));
                    has_told = true;
                }
                Mused::Answer(text) => match &mut self.calls {
                    None => {
                        self.say(text);
                        has_told = true;
                    }
                    Some(calls) => {
                        let told = calls.push(&text);
                        has_told |= !told.is_empty();
                        told.into_iter().for_each(|told| self.call(told));
                    }
                },
            }
        }
        has_told
    }

    fn say(&mut self, text: String) {
        self.reply.text.push_str(&text);
        let tokens = std::mem::take(&mut self.pending);
        self.reply.logprobs.extend(tokens.iter().cloned());
        self.listener.hear(Heard::Piece { text, tokens });
    }

    fn call(&mut self, told: Told) {
        match told {
            Told::Text(text) => self.say(text),
            Told::Call { index, id, name } => {
                let id = id.unwrap_or_else(|| {
                    let chance = stdx::Rng::stream(self.seed, &format!("call {index}")).next_u64();
                    self.dialect.call_id(chance)
                });
                let (arguments, is_broken) = (String::new(), false);
                let call = Call { id: Some(id.clone()), name: name.clone(), arguments, is_broken };
                self.reply.calls.push(call);
                self.listener.hear(Heard::Call { index, id, name });
            }
            Told::Arguments { index, piece } => {
                if let Some(call) = self.reply.calls.get_mut(index) {
                    call.arguments.push_str(&piece);
                }
                self.listener.hear(Heard::Arguments { index, piece });
            }
        }
    }

    /// Says what was held back, and that this is all.
    pub(super) fn end(&mut self, finish: Finish) {
        let text = self.speech.finish();
        let mut mused = self.thoughts.push(&text);
        let thoughts = std::mem::replace(&mut self.thoughts, ThoughtReader::new(Thought::None));
        mused.extend(thoughts.finish());
        self.tell(mused);
        if let Some(calls) = self.calls.take() {
            let (told, read) = calls.finish();
            told.into_iter().for_each(|told| self.call(told));
            let broken = self.reply.calls.iter_mut().zip(read.calls);
            broken.for_each(|(call, read)| call.is_broken = read.is_broken);
        }
        if !self.pending.is_empty() {
            self.say(String::new());
        }
        let finish = match finish {
            Finish::Stop if !self.reply.calls.is_empty() => Finish::Calls,
            finish => finish,
        };
        let stopped_by = self.speech.stopped_by();
        let reply = Reply { finish, stopped_by, ..std::mem::take(&mut self.reply) };
        self.listener.hear(Heard::Done(Ok(reply)));
    }

    /// Says that there will be no answer.
    pub(super) fn fail(&mut self, error: Error) {
        self.listener.hear(Heard::Done(Err(error)));
    }
}

/// The same direction.
fn of_length_1(mean: &[f32]) -> Vec<f32> {
    let length = mean.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>().sqrt();
    let length = length.max(f64::MIN_POSITIVE);
    mean.iter().map(|&x| (f64::from(x) / length) as f32).collect()
}
