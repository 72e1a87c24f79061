//! A runtime and a tokenizer as something that many may ask at once.
//!
//! One thread computes ([`generate::Batch`]), step after step, and tells each listener what came of it;
//! askers encode their prompts on threads of their own, and wait nowhere: beyond so many questions at once
//! the next is refused. Whoever stops listening is forgotten at the next step.

mod talk;
#[cfg(test)]
mod tests;
mod worker;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use arch::Decoder;
use generate::{Batch, Constraint, Flow, Job, Limits, Options, Overflow, Runtime, Speculation};
use tokenizer::Tokenizer;

use crate::ask::{Ask, Card, Chat, Heard, Listener, Load, Prompt, Service};
use crate::words::Words;
use crate::words::prompt::Prepared;
use crate::{Error, Grammar, LocalOptions, Reply, Request, Respond};
use talk::Reading;
use worker::{Work, Worker};

/// Tells the seconds since some moment.
pub type Clock = Arc<dyn Fn() -> f64 + Send + Sync>;

/// How much is taken on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BatchedOptions {
    /// How much goes on at once.
    pub limits: Limits,
    /// Questions that may wait beside those that go on.
    pub queue: usize,
    /// Tokens of an answer at most, whatever is asked.
    pub max_tokens: Option<usize>,
    /// Seconds of an answer at most, whatever is asked.
    pub seconds: Option<f64>,
}

impl Default for BatchedOptions {
    fn default() -> Self {
        Self { limits: Limits::default(), queue: 256, max_tokens: None, seconds: None }
    }
}

/// A model that many may ask at once.
pub struct BatchedModel {
    shared: Arc<Shared>,
    work: Mutex<Sender<Work>>,
    thread: Option<JoinHandle<()>>,
}

/// What the thread and the askers share.
struct Shared {
    runtime: Runtime,
    words: Words,
    card: Card,
    options: BatchedOptions,
    clock: Clock,
    load: Mutex<Load>,
    /// Questions that were taken on and are not done.
    taken: AtomicUsize,
}

/// A place among those that were taken on; given back when it is dropped.
struct Seat(Arc<Shared>);

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.taken.fetch_sub(1, Ordering::AcqRel);
    }
}

impl BatchedModel {
    /// Puts the parts together and starts the thread, which ends when this is dropped. An answer that is alone is
    /// guessed ahead of, if there is somebody who guesses.
    ///
    /// # Errors
    /// [`Error::TemplateSource`]; [`Error::Vocabulary`] if the tokenizer is of another model;
    /// [`Error::Thread`] if the system gives none.
    pub fn new(
        runtime: Runtime,
        tokenizer: Tokenizer,
        names: LocalOptions,
        options: BatchedOptions,
        clock: Clock,
        speculation: Option<Speculation>,
    ) -> Result<Self, Error> {
        let mut words = Words::new(runtime.spec(), tokenizer, names)?;
        let batch = Batch::new(options.limits).with_speculation(speculation);
        words.context = batch.context(&runtime);
        let card = words.card(&runtime);
        let (load, taken) = (Mutex::new(Load::default()), AtomicUsize::new(0));
        let shared = Arc::new(Shared { runtime, words, card, options, clock, load, taken });
        let (work, worked) = mpsc::channel();
        let own = shared.clone();
        let run = move || Worker::new(&own, batch).run(&worked);
        let thread = std::thread::Builder::new().name("answers".to_string()).spawn(run);
        let thread = thread.map_err(|error| Error::Thread { reason: error.to_string() })?;
        Ok(Self { shared, work: Mutex::new(work), thread: Some(thread) })
    }

    fn send(&self, work: Work) -> Result<(), Error> {
        let sender = self.work.lock().unwrap_or_else(PoisonError::into_inner);
        sender.send(work).map_err(|_| Error::Gone)
    }

    /// A place for one more question.
    fn seat(&self) -> Result<Seat, Error> {
        let most = self.shared.options.limits.sequences + self.shared.options.queue;
        let take = |taken: usize| (taken < most).then_some(taken + 1);
        match self.shared.taken.fetch_update(Ordering::AcqRel, Ordering::Acquire, take) {
            Ok(_) => Ok(Seat(self.shared.clone())),
            Err(waiting) => Err(Error::Busy { waiting }),
        }
    }
}

impl Shared {
    /// What the batch is asked, and how the answer is to be read.
    fn job(&self, ask: &Ask) -> Result<(Job, Reading), Error> {
        let words = &self.words;
        let Prepared { ids: prompt, room, thought } = words.prepared(ask)?;
        let reading = Reading { thought, dialect: words.dialect(), calls: ask.calls() };
        let constraint = match self.grammar(ask, &reading)? {
            Some(grammar) => {
                let held: Box<dyn Constraint + Send> = Box::new(words.constraint(&grammar)?);
                Some(held)
            }
            None => words.known().map(|known| Box::new(known) as Box<dyn Constraint + Send>),
        };
        let mut sampling = ask.sampling.clone();
        if ask.ignore_end {
            let never = words.stop_tokens.iter().map(|&token| (token, f32::NEG_INFINITY));
            sampling.logit_bias.extend(never);
        }
        let most = self.options.max_tokens.unwrap_or(room);
        let options = Options {
            sampling,
            max_tokens: ask.max_tokens.unwrap_or(room).min(most),
            stop_tokens: words.stop_tokens.clone(),
            overflow: Overflow::End,
            logprobs: ask.logprobs,
        };
        let Ask { priority, prompt_logprobs, embeds, .. } = *ask;
        Ok((Job { prompt, options, constraint, priority, prompt_logprobs, embeds }, reading))
    }

    /// The form that an answer must have: the one that is asked for, or that of calls.
    fn grammar(&self, ask: &Ask, reading: &Reading) -> Result<Option<Grammar>, Error> {
        let Some(tools) = ask.tools() else { return Ok(ask.grammar.clone()) };
        match (&ask.grammar, reading.calls) {
            // Where none may be called, no mark of a call comes either.
            (None, _) => Ok(Some(Grammar::calls(tools, reading.dialect, reading.thought))),
            (Some(grammar), false) => Ok(Some(grammar.clone())),
            (Some(_), true) => Err(Error::Request(
                "an answer that may call tools can have no other form; leave one of them out, or \
                 let tool_choice be none"
                    .to_string(),
            )),
        }
    }
}

impl Drop for BatchedModel {
    fn drop(&mut self) {
        drop(self.send(Work::Stop));
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

impl Service for BatchedModel {
    fn card(&self) -> &Card {
        &self.shared.card
    }

    fn load(&self) -> Load {
        let load = *self.shared.load.lock().unwrap_or_else(PoisonError::into_inner);
        Load { taken: self.shared.taken.load(Ordering::Acquire), ..load }
    }

    fn ask(&self, ask: Ask, listener: Box<dyn Listener>) -> Result<(), Error> {
        let seat = self.seat()?;
        let (job, reading) = self.shared.job(&ask)?;
        let (job, ask) = (Box::new(job), Box::new(ask));
        self.send(Work::Answer { job, ask, reading, listener, seat })
    }

    fn encode(&self, prompt: &Prompt) -> Result<Vec<u32>, Error> {
        self.shared.words.ids(prompt)
    }

    fn render(&self, chat: &Chat) -> Result<String, Error> {
        self.shared.words.text(chat)
    }

    fn decode(&self, ids: &[u32]) -> Result<String, Error> {
        let mut bytes = Vec::new();
        for &id in ids {
            let token = self.token(id);
            let unknown = || Error::Request(format!("token {id} is not one of this model's"));
            bytes.extend(token.ok_or_else(unknown)?);
        }
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn token(&self, id: u32) -> Option<Vec<u8>> {
        let tokenizer = &self.shared.words.tokenizer;
        let bytes = tokenizer.token_bytes(id)?;
        Some(bytes.to_vec())
    }
}

impl Respond for BatchedModel {
    fn model_name(&self) -> &str {
        &self.shared.card.name
    }

    fn respond(
        &self,
        request: &Request,
        on_text: &mut dyn FnMut(&str) -> Flow,
    ) -> Result<Reply, Error> {
        struct Sent(Sender<Heard>);
        impl Listener for Sent {
            fn hear(&mut self, heard: Heard) {
                drop(self.0.send(heard));
            }

            fn is_listening(&self) -> bool {
                true
            }
        }
        let (sender, heard) = mpsc::channel();
        let max_tokens = request.max_tokens.unwrap_or(self.shared.words.options.max_tokens);
        let ask = Ask { max_tokens: Some(max_tokens), ..Ask::from(request) };
        self.ask(ask, Box::new(Sent(sender)))?;
        for heard in heard {
            match heard {
                Heard::Piece { text, .. } => {
                    let flow = if text.is_empty() { Flow::Continue } else { on_text(&text) };
                    if flow == Flow::Stop {
                        break;
                    }
                }
                Heard::Done(reply) => return reply,
                _ => {}
            }
        }
        Err(Error::Gone)
    }
}

impl Words {
    fn card(&self, runtime: &Runtime) -> Card {
        let name = |id: u32| (id, self.tokenizer.token(id).unwrap_or_default().into_owned());
        Card {
            name: self.options.name.clone(),
            context: self.context,
            vocab_size: self.tokenizer.vocab_size(),
            width: runtime.spec().d_model,
            template: self.template.source().to_string(),
            begin: self.options.begin.first().copied().map(name),
            ends: self.stop_tokens.iter().copied().map(name).collect(),
            weight_bytes: runtime.len_bytes(),
        }
    }
}
