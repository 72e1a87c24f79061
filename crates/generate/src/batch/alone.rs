//! A text that has the model to itself is read ahead of, where somebody guesses how it goes on: several of its
//! tokens come of one pass ([`crate::speculation`]). It is the same text.

use arch::{Cache as _, Decoder, Logits};

use super::job::{Event, Ticket};
use super::{Batch, Step};
use crate::runtime::Next;
use crate::speculation::Speculation;
use crate::speculation::draft::CLASSES;
use crate::{Error, Flow, Runtime};

/// Who guesses, and about whose text.
#[derive(Debug)]
pub(super) struct Guessing {
    speculation: Speculation,
    about: Option<Ticket>,
}

impl Guessing {
    pub(super) fn new(speculation: Speculation) -> Self {
        Self { speculation, about: None }
    }
}

impl Batch {
    /// Whether there is one text alone, whose answer is on its way, and somebody who guesses.
    pub(super) fn may_guess(&self) -> bool {
        let is_alone = matches!(&self.running[..], [sequence] if sequence.is_answering());
        is_alone && self.waiting.is_empty() && self.guessing.is_some()
    }

    /// A step of that text.
    pub(super) fn step_alone(
        &mut self,
        runtime: &Runtime,
        on: &mut dyn FnMut(Ticket, Event) -> Flow,
    ) -> Result<Step, Error> {
        let (Some(guessing), [sequence]) = (&mut self.guessing, &mut self.running[..]) else {
            return Ok(Step::default());
        };
        let speculation = &mut guessing.speculation;
        if guessing.about != Some(sequence.ticket) {
            guessing.about = Some(sequence.ticket);
            speculation.begin(&sequence.ids)?;
        }
        let most = sequence.most_ahead(runtime);
        let (mut proposal, length) = speculation.propose(&sequence.ids, most, &sequence.sampler)?;
        let useful = |id: &&u32| sequence.may_follow(**id);
        let length = proposal.ids.iter().take(length).take_while(useful).count();
        // Of those that nobody looks at the first is held against the text.
        proposal.ids.truncate(length.max(1));
        let last = &sequence.ids[sequence.cache.len()..];
        let ids: Vec<u32> = last.iter().chain(&proposal.ids[..length]).copied().collect();
        let (cache, logits, states) = (&mut sequence.cache, Logits::All, None);
        let next = &mut [Next { ids: &ids, cache, logits, states }];
        let logits = speculation.pass(1 + length, || runtime.forward_each(next))?;
        let class = proposal.class.min(CLASSES - 1);
        let mut is_done = false;
        for (i, row) in logits.chunks_exact(runtime.spec().vocab_size).enumerate() {
            let came = sequence.choose_next(row);
            let came_true = proposal.ids.get(i).is_some_and(|&id| came.token() == Some(id));
            if i < proposal.ids.len() {
                speculation.judge(class, came_true, i < length);
            }
            is_done = sequence.say(came, on);
            if is_done || !came_true {
                break;
            }
        }
        // All but the newest token is read.
        sequence.cache.truncate(sequence.ids.len() - 1);
        if is_done {
            let sequence = self.running.remove(0);
            sequence.leave_to(&mut self.prefixes);
        }
        Ok(Step { prompt_rows: 0, answer_rows: 1 + length })
    }
}
