//! A decoder that reads an answer token by token, or ahead of it: the logits after a token that was
//! proposed and came true are there already.

use std::collections::VecDeque;

use arch::{Decoder, Logits};

use super::{Speculation, draft::CLASSES};
use crate::{Error, Memory, Options, Sampler};

/// A decoder on its way through an answer.
pub(crate) struct Ahead<'a, D: Decoder> {
    decoder: &'a D,
    memory: &'a mut Memory<D::Cache>,
    speculation: Option<&'a mut Speculation>,
    /// The text, all of it chosen or given; the memory may hold more.
    text: Vec<u32>,
    round: Round,
}

/// What was proposed behind the text and has not been judged.
#[derive(Default)]
struct Round {
    proposed: VecDeque<u32>,
    /// After each of the proposals that were read.
    logits: VecDeque<Vec<f32>>,
    class: usize,
}

impl<'a, D: Decoder> Ahead<'a, D> {
    pub(crate) fn new(
        decoder: &'a D,
        memory: &'a mut Memory<D::Cache>,
        speculation: Option<&'a mut Speculation>,
    ) -> Self {
        Self { decoder, memory, speculation, text: Vec::new(), round: Round::default() }
    }

    pub(crate) fn decoder(&self) -> &'a D {
        self.decoder
    }

    /// The text so far.
    pub(crate) fn text(&self) -> &[u32] {
        &self.text
    }

    /// The logits after another text, of which only what is new is read.
    pub(crate) fn read(&mut self, text: &[u32]) -> Result<Vec<f32>, Error> {
        (self.text, self.round) = (text.to_vec(), Round::default());
        self.memory.read(self.decoder, text)
    }

    /// Takes positions `keep..keep + dropped` out of the text and the memory. Where the memory cannot be moved
    /// it is made anew.
    pub(crate) fn shift(&mut self, keep: usize, dropped: usize) -> Result<(), Error> {
        self.round = Round::default();
        self.memory.truncate(self.text.len());
        self.text.drain(keep..keep + dropped);
        match self.memory.shift(self.decoder, keep, dropped) {
            Err(Error::Decoder(arch::Error::Unsupported(_))) => {
                self.memory.read(self.decoder, &self.text)?;
                Ok(())
            }
            shifted => shifted,
        }
    }

    /// Hears of a prompt, and gives the logits after it.
    pub(crate) fn begin(&mut self, prompt: &[u32]) -> Result<Vec<f32>, Error> {
        let logits = self.read(prompt)?;
        if let Some(speculation) = &mut self.speculation {
            speculation.begin(prompt)?;
        }
        Ok(logits)
    }

    /// The logits after one more token, which `sampler` has just chosen; of the answer's tokens `left` may
    /// still follow it.
    pub(crate) fn append(
        &mut self,
        token: u32,
        sampler: &Sampler,
        options: &Options,
        left: usize,
    ) -> Result<Vec<f32>, Error> {
        let held = self.text.len();
        self.text.push(token);
        let Some(speculation) = &mut self.speculation else {
            return self.memory.append(self.decoder, &[token], Logits::Last);
        };
        let looked_at = !self.round.logits.is_empty();
        if let Some(proposed) = self.round.proposed.pop_front() {
            speculation.judge(self.round.class, proposed == token, looked_at);
            if let Some(logits) = self.round.logits.pop_front().filter(|_| proposed == token) {
                return Ok(logits);
            }
        }
        self.memory.truncate(held);
        let most = most(self.decoder, held).min(left.saturating_sub(1));
        let (proposal, length) = speculation.propose(&self.text, most, sampler)?;
        let useful = |id: &u32| {
            (*id as usize) < self.decoder.spec().vocab_size && !options.stop_tokens.contains(id)
        };
        let length = proposal.ids.iter().take(length).take_while(|id| useful(id)).count();
        let ids: Vec<u32> = [token].iter().chain(&proposal.ids[..length]).copied().collect();
        let (decoder, memory) = (self.decoder, &mut *self.memory);
        let logits = speculation.pass(1 + length, || memory.append(decoder, &ids, Logits::All))?;
        let mut rows = logits.chunks_exact(decoder.spec().vocab_size).map(<[f32]>::to_vec);
        let after = rows.next().ok_or(Error::Logits { expected: 1, got: 0 })?;
        // Of those that nobody looks at the first is held against the text.
        let proposed = proposal.ids.iter().take(length.max(1)).copied().collect();
        let class = proposal.class.min(CLASSES - 1);
        self.round = Round { proposed, logits: rows.collect(), class };
        Ok(after)
    }

    /// How many of `ids` the memory holds already.
    pub(crate) fn shared(&self, ids: &[u32]) -> usize {
        self.memory.shared(ids)
    }

    /// Makes the memory hold the text and no more.
    pub(crate) fn finish(self) {
        self.memory.truncate(self.text.len());
    }
}

/// Proposals that may be looked at behind so many positions and one more.
fn most<D: Decoder>(decoder: &D, held: usize) -> usize {
    let room = decoder.spec().context.saturating_sub(held);
    decoder.rows_alike(held).min(room).saturating_sub(1)
}
