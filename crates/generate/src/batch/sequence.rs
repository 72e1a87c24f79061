//! One text on its way through a batch.

use arch::{Cache as _, Decoder};

use super::embedding::Embedding;
use super::job::{Event, Job, Ticket};
use super::plan::Need;
use crate::generate::choose;
use crate::runtime::{Cache, Prefixes};
use crate::{Constraint, Error, Finish, Flow, Memory, Options, Runtime, Sampler, TokenLogprobs};

/// Rows whose logits are all wanted are read so few at a time: they are as wide as the vocabulary.
const TOLD_AT_ONCE: usize = 64;

pub(super) struct Sequence {
    pub(super) ticket: Ticket,
    priority: i32,
    /// The prompt, then the answer as far as it goes.
    pub(super) ids: Vec<u32>,
    /// Of the first so many of them.
    pub(super) cache: Cache,
    prompt: usize,
    options: Options,
    pub(super) sampler: Sampler,
    constraint: Option<Box<dyn Constraint + Send>>,
    prompt_logprobs: Option<usize>,
    /// Tokens of the prompt that were told of.
    told: usize,
    /// Of the prompt, until it is told.
    pub(super) embedding: Option<Embedding>,
    /// Whether what was read is kept for others.
    is_kept: bool,
    context: usize,
    vocab_size: usize,
    /// How likely the token was that ended it.
    stop: Option<TokenLogprobs>,
}

/// What a pass brought a sequence.
#[derive(Debug, Default)]
pub(super) struct Came {
    /// How likely the prompt's next tokens were.
    prompt: Vec<TokenLogprobs>,
    /// What the whole prompt is to the model.
    embedding: Option<Vec<f32>>,
    /// Whether this pass read the prompt's end for the first time.
    pub(super) has_read_prompt: bool,
    token: Option<(u32, Option<TokenLogprobs>)>,
    end: Option<Result<Finish, Error>>,
}

impl Came {
    /// The token that came.
    pub(super) fn token(&self) -> Option<u32> {
        self.token.as_ref().map(|(token, _)| *token)
    }
}

impl Sequence {
    pub(super) fn new(
        runtime: &Runtime,
        job: Job,
        context: usize,
        ticket: Ticket,
    ) -> Result<Self, Error> {
        let Job { prompt: ids, options, constraint, priority, prompt_logprobs, embeds } = job;
        let (prompt, vocab_size) = (ids.len(), runtime.spec().vocab_size);
        if ids.is_empty() {
            return Err(Error::EmptyPrompt);
        }
        if prompt > context {
            return Err(Error::PromptTooLong { tokens: prompt, context });
        }
        if let Some(&id) = ids.iter().find(|&&id| id as usize >= vocab_size) {
            return Err(arch::Error::TokenOutOfRange { id, vocab_size }.into());
        }
        let mut sampler = Sampler::new(&options.sampling)?;
        sampler.begin(&ids);
        let cache = runtime.new_cache();
        let embedding = embeds.then(|| Embedding::of_width(runtime.spec().d_model));
        Ok(Self {
            ticket,
            priority,
            ids,
            cache,
            prompt,
            options,
            sampler,
            constraint,
            prompt_logprobs,
            told: 0,
            embedding,
            is_kept: !embeds,
            context,
            vocab_size,
            stop: None,
        })
    }

    pub(super) fn place(&self) -> (i32, Ticket) {
        (self.priority, self.ticket)
    }

    pub(super) fn is_answering(&self) -> bool {
        self.ids.len() > self.prompt && self.unread() == 1
    }

    fn unread(&self) -> usize {
        self.ids.len() - self.cache.len()
    }

    /// Whether the prompt's own likelihoods are still to be told.
    pub(super) fn tells_prompt(&self) -> bool {
        self.prompt_logprobs.is_some() && self.told + 1 < self.prompt
    }

    pub(super) fn need(&self) -> Need {
        let most = if self.tells_prompt() { TOLD_AT_ONCE } else { usize::MAX };
        let (unread, is_answering) = (self.unread(), self.is_answering());
        Need { unread, is_answering, most, place: self.place() }
    }

    /// Rows of logits that a pass of so many rows makes.
    pub(super) fn wanted(&self, rows: usize) -> usize {
        match self.tells_prompt() {
            true => rows,
            false => usize::from(rows == self.unread()),
        }
    }

    /// Leaves what is held of the text to others who begin alike. Nobody goes on from one that was read for its
    /// embedding: it would only drive out what others begin with.
    pub(super) fn leave_to(&self, prefixes: &mut Prefixes) {
        if self.is_kept {
            let ids = self.ids[..self.cache.len()].to_vec();
            prefixes.keep(&Memory::of(self.cache.fork(), ids));
        }
    }

    /// Takes over what somebody read before, but the last id, whose logits are wanted. How much that is.
    pub(super) fn take_over(&mut self, memory: Memory<Cache>) -> usize {
        let mut cache = memory.into_cache();
        cache.truncate(cache.len().min(self.ids.len() - 1));
        self.cache = cache;
        self.cache.len()
    }

    /// Whether it can take over what somebody read before.
    pub(super) fn takes_over(&self) -> bool {
        !self.tells_prompt() && self.embedding.is_none()
    }

    /// Ids of the prompt that it shares with a text whose prompt is being read, if it waits for that.
    pub(super) fn shared_unread(&self, other: &Self) -> usize {
        if other.cache.len() >= other.prompt || !other.is_kept {
            return 0;
        }
        let theirs = &other.ids[..other.prompt];
        self.ids.iter().zip(theirs).take_while(|(a, b)| a == b).count()
    }

    /// Forgets what was read, to be read again into an empty cache.
    pub(super) fn step_back(&mut self, empty: Cache) {
        self.cache = empty;
        if let Some(embedding) = &mut self.embedding {
            embedding.forget();
        }
    }

    /// Goes on behind a pass, with the logits that were wanted of it, `(n, V)`.
    pub(super) fn take(&mut self, logits: &[f32]) -> Came {
        let mut came = Came::default();
        if let Some(n) = self.prompt_logprobs.filter(|_| self.tells_prompt()) {
            came.prompt = self.told_of_prompt(logits, n);
            self.told += came.prompt.len();
        }
        if let Some(embedding) = &mut self.embedding {
            embedding.add();
        }
        if self.unread() == 0 {
            came.has_read_prompt = self.ids.len() == self.prompt;
            came.embedding = self.embedding.take().map(Embedding::mean);
            self.go_on(&logits[logits.len() - self.vocab_size..], &mut came);
        }
        came
    }

    /// Chooses the next token by the logits of a position that was read ahead.
    pub(super) fn choose_next(&mut self, logits: &[f32]) -> Came {
        let mut came = Came::default();
        self.go_on(logits, &mut came);
        came
    }

    /// Tokens that may be read ahead of the newest one, such that each gets the bits that it gets alone.
    pub(super) fn most_ahead(&self, runtime: &Runtime) -> usize {
        let held = self.cache.len();
        let (room, left) = (self.context - held, self.prompt + self.options.max_tokens);
        let left = left.saturating_sub(self.ids.len());
        runtime.rows_alike(held).min(room).min(left).saturating_sub(1)
    }

    /// Whether a guess may be looked at.
    pub(super) fn may_follow(&self, id: u32) -> bool {
        (id as usize) < self.vocab_size && !self.options.stop_tokens.contains(&id)
    }

    /// How likely the tokens behind the rows were, as far as they are the prompt's and not told of yet.
    fn told_of_prompt(&self, logits: &[f32], n: usize) -> Vec<TokenLogprobs> {
        let rows = logits.chunks_exact(self.vocab_size);
        let first = self.cache.len() - rows.len();
        let next = self.ids[first + 1..self.prompt].iter();
        let of = |(row, &id): (&[f32], &u32)| TokenLogprobs::of(row, id, n);
        rows.zip(next).skip(self.told.saturating_sub(first)).map(of).collect()
    }

    /// Chooses the next token, or ends.
    fn go_on(&mut self, logits: &[f32], came: &mut Came) {
        let Options { max_tokens, stop_tokens, logprobs, .. } = &self.options;
        if self.ids.len() - self.prompt >= *max_tokens {
            came.end = Some(Ok(Finish::Length));
            return;
        }
        let constraint = self.constraint.as_deref_mut().map(|c| c as &mut dyn Constraint);
        let token = match choose(&mut self.sampler, logits, constraint) {
            Ok(Some(token)) if !stop_tokens.contains(&token) => token,
            Ok(end) => {
                self.stop = end.zip(*logprobs).map(|(id, n)| TokenLogprobs::of(logits, id, n));
                came.end = Some(Ok(Finish::Stop));
                return;
            }
            Err(error) => {
                came.end = Some(Err(error));
                return;
            }
        };
        self.ids.push(token);
        came.token = Some((token, logprobs.map(|n| TokenLogprobs::of(logits, token, n))));
        let is_finished = self.constraint.as_ref().is_some_and(|c| c.is_finished());
        came.end = match () {
            () if is_finished => Some(Ok(Finish::Stop)),
            () if self.ids.len() - self.prompt >= *max_tokens => Some(Ok(Finish::Length)),
            () if self.ids.len() > self.context => Some(Ok(Finish::ContextFull)),
            () => None,
        };
    }

    /// Tells what came; whether that was all.
    pub(super) fn say(&self, came: Came, on: &mut dyn FnMut(Ticket, Event) -> Flow) -> bool {
        let Came { prompt, embedding, has_read_prompt, token, end } = came;
        let prompt = (!prompt.is_empty()).then_some(Event::Prompt(prompt));
        let read = has_read_prompt.then_some(Event::Read);
        let token = token.map(|(token, logprobs)| Event::Token { token, logprobs });
        let token = token.or_else(|| self.stop.clone().map(Event::Stop));
        let events = [prompt, embedding.map(Event::Embedding), read, token].into_iter().flatten();
        let stopped =
            events.fold(false, |stopped, event| stopped | (on(self.ticket, event) == Flow::Stop));
        let end = match end {
            Some(Ok(finish)) => Event::Ended(finish),
            Some(Err(error)) => Event::Failed(error),
            None if stopped => Event::Ended(Finish::Cancelled),
            None => return false,
        };
        on(self.ticket, end);
        true
    }
}

impl std::fmt::Debug for Sequence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sequence")
            .field("ticket", &self.ticket)
            .field("prompt", &self.prompt)
            .field("ids", &self.ids.len())
            .field("held", &self.cache.len())
            .finish_non_exhaustive()
    }
}
