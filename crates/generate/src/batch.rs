//! Many answers at once, on one model: which positions go into the next pass, and what becomes of each text.
//!
//! A pass takes rows of many sequences together ("continuous batching"; Yu et al., "Orca: A Distributed Serving
//! System for Transformer-Based Generative Models", 2022), so that whoever is done makes room at once and who
//! comes need not wait. Answers on their way come first, a row each; what is left of a step's rows reads
//! prompts, piece by piece (Agrawal et al., "Taming Throughput-Latency Tradeoff in LLM Inference with
//! Sarathi-Serve", 2024), so that a long prompt makes nobody wait for longer than its piece takes. What was
//! read is kept for whoever begins alike ([`crate::runtime::Prefixes`]), and one who begins as somebody does
//! whose prompt is being read just then waits for that, rather than read it too. A text may also be read for
//! what the model makes of it, its embedding: it goes the way of prompts, so that a long one stops nobody.
//!
//! Where keys and values would outgrow their room, the sequence of least urgency steps back: it is read again
//! later, and goes on with the same random numbers to the same text. Nothing here depends on a clock: the
//! moments that [`Batching::Whole`] asks for are the caller's.
//!
//! Reading order: [`job`] (what is asked and what is told), `sequence` (one text on its way), [`plan`] (which
//! rows a step takes), `admission` (who may begin, and who steps back),
//! `embedding` (what a text is to the model), `alone` (guesses ahead of a text that has the model to itself),
//! this file's [`Batch::step`].
//!
//! Left out: guesses ahead of texts, where several are on their way (`alone` has one); a context that is full ends an answer.

mod admission;
mod alone;
mod embedding;
pub mod job;
pub mod plan;
mod sequence;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use arch::{Cache as _, Decoder, Logits};
use kernels::parallel;

use crate::runtime::{Counts, Next, Prefixes};
use crate::{Error, Flow, Runtime, Speculation};
use alone::Guessing;
use plan::Rows;
use sequence::{Came, Sequence};

pub use job::{Batching, Event, Job, Limits, Ticket};

/// Texts on their way, and those that wait.
#[derive(Debug)]
pub struct Batch {
    limits: Limits,
    /// By urgency, then by arrival.
    waiting: BTreeMap<Place, Sequence>,
    /// In the order in which they were let in.
    running: Vec<Sequence>,
    prefixes: Prefixes,
    /// The next ticket.
    next: Ticket,
    preempted: u64,
    /// When the oldest of those began to wait that a whole batch waits for.
    waits_since: Option<f64>,
    guessing: Option<Guessing>,
}

/// Where a sequence stands in the queue: lower comes first.
type Place = (i32, Ticket);

/// Rows of logits that a pass makes for a sequence.
struct Wanted {
    at: usize,
    logits: usize,
}

/// What a step did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// Rows that read prompts.
    pub prompt_rows: usize,
    /// Rows that wrote answers.
    pub answer_rows: usize,
}

impl Step {
    /// Whether there was nothing to do.
    pub fn is_idle(&self) -> bool {
        *self == Self::default()
    }
}

/// What is going on.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct State {
    /// Sequences on their way.
    pub running: usize,
    /// Sequences that wait.
    pub waiting: usize,
    /// Bytes of keys and values of those on their way.
    pub cache_bytes: usize,
    /// Bytes of keys and values that are kept.
    pub kept_bytes: usize,
    /// How often what is kept helped.
    pub prefixes: Counts,
    /// How often a sequence stepped back.
    pub preempted: u64,
}

impl Batch {
    /// Nobody yet.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            waiting: BTreeMap::new(),
            running: Vec::new(),
            prefixes: Prefixes::new(limits.kept_bytes),
            next: 0,
            preempted: 0,
            waits_since: None,
            guessing: None,
        }
    }

    /// The same, where a text that has the model to itself is guessed ahead of.
    #[must_use]
    pub fn with_speculation(self, speculation: Option<Speculation>) -> Self {
        Self { guessing: speculation.map(Guessing::new), ..self }
    }

    /// Positions that one text may have: the model's context, or what fits into the room for keys and values.
    pub fn context(&self, runtime: &Runtime) -> usize {
        let page = runtime.new_cache().bytes_with(1).max(1);
        let pages = self.limits.cache_bytes / page;
        runtime.spec().context.min(pages.saturating_mul(crate::runtime::POSITIONS_OF_PAGE))
    }

    /// Lets a text wait for its turn.
    ///
    /// # Errors
    /// [`Error::Setting`], [`Error::EmptyPrompt`], [`Error::PromptTooLong`], an id that the model does not know.
    pub fn add(&mut self, runtime: &Runtime, job: Job) -> Result<Ticket, Error> {
        let context = self.context(runtime);
        let sequence = Sequence::new(runtime, job, context, self.next)?;
        let ticket = self.next;
        self.next += 1;
        self.waiting.insert(sequence.place(), sequence);
        Ok(ticket)
    }

    /// Forgets a text; nothing more is told of it.
    pub fn cancel(&mut self, ticket: Ticket) {
        self.waiting.retain(|_, sequence| sequence.ticket != ticket);
        let Some(at) = self.running.iter().position(|sequence| sequence.ticket == ticket) else {
            return;
        };
        self.running.remove(at).leave_to(&mut self.prefixes);
    }

    /// What is going on.
    pub fn state(&self) -> State {
        State {
            running: self.running.len(),
            waiting: self.waiting.len(),
            cache_bytes: self.cache_bytes(),
            kept_bytes: self.prefixes.len_bytes(),
            prefixes: self.prefixes.counts(),
            preempted: self.preempted,
        }
    }

    /// Whether there is anything to do, now or when a batch is full.
    pub fn is_empty(&self) -> bool {
        self.running.is_empty() && self.waiting.is_empty()
    }

    /// One pass of the model, `now` seconds from some moment. What comes of it is told to `on`, whose answer
    /// [`Flow::Stop`] ends the text that it was told of.
    ///
    /// # Errors
    /// What the model says of a pass; those who took part have been told, and are gone.
    pub fn step(
        &mut self,
        runtime: &Runtime,
        now: f64,
        on: &mut dyn FnMut(Ticket, Event) -> Flow,
    ) -> Result<Step, Error> {
        self.admit(runtime, now, on);
        if self.may_guess() {
            return self.step_alone(runtime, on).inspect_err(|error| {
                self.lose(&[Rows { at: 0, rows: 1 }], error, on);
            });
        }
        let rows = self.make_room(runtime);
        let step = self.count(&rows);
        if step.is_idle() {
            return Ok(step);
        }
        let wanted: Vec<Wanted> = rows.iter().map(|rows| self.wanted(rows)).collect();
        let logits = match self.pass(runtime, &rows) {
            Ok(logits) => logits,
            Err(error) => {
                self.lose(&rows, &error, on);
                return Err(error);
            }
        };
        let came = self.choose(runtime, &wanted, &logits);
        self.tell(came, on);
        Ok(step)
    }

    fn count(&self, rows: &[Rows]) -> Step {
        let mut step = Step::default();
        for Rows { at, rows } in rows {
            match self.running[*at].is_answering() {
                true => step.answer_rows += rows,
                false => step.prompt_rows += rows,
            }
        }
        step
    }

    fn pass(&mut self, runtime: &Runtime, rows: &[Rows]) -> Result<Vec<f32>, Error> {
        let mut rows = rows.iter().peekable();
        let mut next = Vec::new();
        for (at, sequence) in self.running.iter_mut().enumerate() {
            if let Some(Rows { rows, .. }) = rows.next_if(|rows| rows.at == at) {
                next.push(sequence.next(*rows));
            }
        }
        Ok(runtime.forward_each(&mut next)?)
    }

    fn wanted(&self, rows: &Rows) -> Wanted {
        Wanted { at: rows.at, logits: self.running[rows.at].wanted(rows.rows) }
    }

    /// What each sequence that has read all of its text goes on with. Drawing from a large vocabulary takes
    /// its time: they draw side by side.
    fn choose(
        &mut self,
        runtime: &Runtime,
        wanted: &[Wanted],
        logits: &[f32],
    ) -> Vec<(usize, Came)> {
        let (mut rest, mut work) = (logits, Vec::new());
        let mut wanted = wanted.iter().peekable();
        for (at, sequence) in self.running.iter_mut().enumerate() {
            if let Some(Wanted { logits, .. }) = wanted.next_if(|wanted| wanted.at == at) {
                let (own, others) = rest.split_at(logits * runtime.spec().vocab_size);
                rest = others;
                work.push((sequence, own, (at, Came::default())));
            }
        }
        let heavy = work.len() > 1;
        parallel::each(work.iter_mut().collect(), heavy, |_, (sequence, logits, (_, came))| {
            *came = sequence.take(logits);
        });
        work.into_iter().map(|(.., came)| came).collect()
    }

    /// Tells what came, keeps what was read, and lets go of who is done.
    fn tell(&mut self, came: Vec<(usize, Came)>, on: &mut dyn FnMut(Ticket, Event) -> Flow) {
        let mut done = Vec::new();
        for (at, came) in came {
            let sequence = &mut self.running[at];
            if came.has_read_prompt {
                sequence.leave_to(&mut self.prefixes);
            }
            if sequence.say(came, on) {
                done.push(at);
            }
        }
        for at in done.into_iter().rev() {
            self.running.remove(at).leave_to(&mut self.prefixes);
        }
    }

    /// Tells those who took part in a pass that failed, and lets go of them.
    fn lose(&mut self, rows: &[Rows], error: &Error, on: &mut dyn FnMut(Ticket, Event) -> Flow) {
        for Rows { at, .. } in rows.iter().rev() {
            let sequence = self.running.remove(*at);
            let reason = error.to_string();
            on(sequence.ticket, Event::Failed(Error::Lost { reason }));
        }
    }
}

impl Sequence {
    /// The next so many of its ids that are not read yet.
    fn next(&mut self, rows: usize) -> Next<'_> {
        let logits = match self.wanted(rows) {
            0 => Logits::None,
            1 if !self.tells_prompt() => Logits::Last,
            _ => Logits::All,
        };
        let from = self.cache.len();
        let (ids, cache) = (&self.ids[from..from + rows], &mut self.cache);
        let states = self.embedding.as_mut().map(|embedding| &mut embedding.states);
        Next { ids, cache, logits, states }
    }
}
