//! The thread that computes: takes work on, steps, tells.

use std::collections::HashMap;
use std::sync::PoisonError;
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};
use std::time::Duration;

use generate::batch::{Event, Step, Ticket};
use generate::{Batch, Flow, Job};

use super::talk::{Reading, Talk};
use super::{Seat, Shared};
use crate::ask::{Ask, Listener, Load};
use crate::{Error, Finish};

/// Between two looks at a batch that is not full yet.
const WHILE_WAITING: Duration = Duration::from_millis(1);

/// What the thread is asked to do.
pub(super) enum Work {
    Answer {
        job: Box<Job>,
        ask: Box<Ask>,
        reading: Reading,
        listener: Box<dyn Listener>,
        seat: Seat,
    },
    Stop,
}

pub(super) struct Worker<'a> {
    shared: &'a Shared,
    batch: Batch,
    talks: HashMap<Ticket, Talk<'a>>,
    load: Load,
    stops: bool,
}

impl<'a> Worker<'a> {
    pub(super) fn new(shared: &'a Shared, batch: Batch) -> Self {
        Self { shared, batch, talks: HashMap::new(), load: Load::default(), stops: false }
    }

    /// Works until somebody says stop or nobody can ask any more; then whoever waits is told.
    pub(super) fn run(mut self, work: &Receiver<Work>) {
        while !self.stops {
            self.take_on(work);
            self.forget_who_left();
            self.step();
        }
        for mut talk in self.talks.into_values() {
            talk.fail(Error::Gone);
        }
    }

    /// Takes on all that came; waits for something if there is nothing to do.
    fn take_on(&mut self, work: &Receiver<Work>) {
        if self.batch.is_empty() {
            match work.recv() {
                Ok(work) => self.begin(work),
                Err(_) => self.stops = true,
            }
        } else if self.batch.state().running == 0 {
            // A batch that waits for others to come.
            match work.recv_timeout(WHILE_WAITING) {
                Ok(work) => self.begin(work),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => self.stops = true,
            }
        }
        while !self.stops {
            match work.try_recv() {
                Ok(work) => self.begin(work),
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => self.stops = true,
            }
        }
    }

    fn begin(&mut self, work: Work) {
        match work {
            Work::Stop => self.stops = true,
            Work::Answer { job, ask, reading, listener, seat } => {
                let tokenizer = &self.shared.words.tokenizer;
                let talk = Talk::new(tokenizer, &ask, reading, listener, seat);
                let mut talk = talk.of_prompt(job.prompt.len());
                let limits = [ask.seconds, self.shared.options.seconds];
                let seconds = limits.into_iter().flatten().reduce(f64::min);
                talk.deadline = seconds.map(|seconds| (self.shared.clock)() + seconds);
                match self.batch.add(&self.shared.runtime, *job) {
                    Ok(ticket) => drop(self.talks.insert(ticket, talk)),
                    Err(error) => talk.fail(error.into()),
                }
            }
        }
    }

    /// Ends answers that nobody listens to, or whose time is over.
    fn forget_who_left(&mut self) {
        let now = self.talks.values().any(|talk| talk.deadline.is_some());
        let now = if now { (self.shared.clock)() } else { 0.0 };
        let batch = &mut self.batch;
        self.talks.retain(|&ticket, talk| {
            let is_over = talk.deadline.is_some_and(|deadline| now >= deadline);
            if is_over {
                talk.end(Finish::Length);
            }
            let stays = !is_over && talk.is_listening();
            if !stays {
                batch.cancel(ticket);
            }
            stays
        });
    }

    fn step(&mut self) {
        let now = (self.shared.clock)();
        let (runtime, talks) = (&self.shared.runtime, &mut self.talks);
        let stepped = self.batch.step(runtime, now, &mut |ticket, event| {
            let is_end = matches!(event, Event::Ended(_) | Event::Failed(_));
            let flow = talks.get_mut(&ticket).map_or(Flow::Stop, |talk| talk.hear(event));
            if is_end {
                talks.remove(&ticket);
            }
            flow
        });
        // Whoever took part in a pass that failed was told.
        self.count(stepped.unwrap_or_default());
    }

    fn count(&mut self, step: Step) {
        self.load.batch = self.batch.state();
        self.load.passes += u64::from(!step.is_idle());
        self.load.prompt_rows += step.prompt_rows as u64;
        self.load.answer_rows += step.answer_rows as u64;
        *self.shared.load.lock().unwrap_or_else(PoisonError::into_inner) = self.load;
    }
}
