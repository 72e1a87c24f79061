//! Speculation: several tokens of one pass, where a draft guesses how the text goes on.
//!
//! Reading a token takes the whole model from memory, and reading a few takes hardly longer. So the loop
//! reads, behind the token that was chosen, what a draft proposes to follow ([`ahead`]); at each of these
//! positions **the sampler chooses as it would have without**, with the random number that is due, and as
//! long as its choice is what was proposed the next logits are there already. The first other choice is the
//! answer's token all the same, and the cache forgets what lies behind.
//!
//! A decoder that promises the same bits for several rows as for one ([`arch::Decoder::rows_alike`]) thereby
//! makes **the same text, token for token**, greedy or drawn, with any filter, penalty or constraint: neither
//! the draft nor the clock has a say in it. That is more than an unchanged distribution, which is what
//! Leviathan et al. ("Fast Inference from Transformers via Speculative Decoding", 2023) and Chen et al.
//! ("Accelerating Large Language Model Decoding with Speculative Sampling", 2023) give: they take a token
//! drawn from the draft's `q` with probability `min(1, p/q)` and else draw from what is left of `p`, so that
//! the text depends on the draft and on how much it proposed.
//!
//! What it costs is acceptance. Theirs, `Σ min(p, q)`, is the most that any two draws can agree. A lookup
//! proposes one id for certain, and both ways take it with probability `p`: nothing is lost. A draft model
//! chooses with the same random number as the model, and one number cuts both distributions at the same
//! height: where they differ early in the vocabulary, what lies behind is shifted. Greedy loses nothing by
//! that; at temperature 1 it is dear. Mean agreement of random distributions and the same with noise on
//! their logits (the tests in `coupling.rs` print it), in percent:
//!
//! ```text
//! ids              likeliest   noise   bound   this sampler   a race of exponentials
//!   500              0.50       0.3      91         71            89
//!   500              0.33       0.3      89         56            86
//!   500              0.33       1.0      67         37            61
//! 5,000              0.27       0.3      88         51            83
//! 5,000              0.13       0.3      88         34            80
//! 5,000, top-k 40    0.21       0.3      85         27            79
//! ```
//!
//! Filters make it worse, as they draw in order of likelihood, which is another order for each model. A race,
//! in which each id draws a number `e` of its own and the least `e/p` wins, would lose little; but which text
//! a seed gives is fixed by the sampler as it is. So a draft model pays where one is greedy or cool.
//!
//! Reading order: [`draft`] (who proposes), [`ngram`] and [`draft_model`] (two who do), [`controller`] (how
//! many, and whether at all), [`ahead`] (what was read ahead, and whether it comes true).
//!
//! Left out: trees of proposals, heads on the model's own states (Medusa, EAGLE); several sequences at once
//! ([`crate::batch`] guesses ahead of one that is alone).

pub mod ahead;
pub mod controller;
#[cfg(test)]
mod coupling;
pub mod draft;
pub mod draft_model;
pub mod ngram;

use arch::Decoder;

use crate::generate::{Generated, Options, Steer, generate_ahead};
use crate::{Error, Memory, Sampler};
use ahead::Ahead;
use controller::Controller;
use draft::{Draft, Proposal};

/// Tells the seconds since some moment.
pub type Clock = Box<dyn FnMut() -> f64 + Send>;

/// A draft, and what experience with it says. Kept from answer to answer, it begins where it left off.
pub struct Speculation {
    draft: Box<dyn Draft + Send>,
    clock: Clock,
    controller: Controller,
    statistics: Statistics,
}

/// What became of an answer's proposals.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Statistics {
    /// Passes of the model, the prompt's not among them.
    pub passes: usize,
    /// Those that looked at proposals.
    pub rounds: usize,
    /// Proposals looked at.
    pub proposed: usize,
    /// Proposals that came true.
    pub accepted: usize,
    /// In the draft.
    pub draft_seconds: f64,
    /// In the passes.
    pub pass_seconds: f64,
}

impl Statistics {
    /// Tokens that a pass gave, on average: 1 without speculation.
    pub fn tokens_per_pass(&self) -> f64 {
        match self.passes {
            0 => 1.0,
            passes => (passes + self.accepted) as f64 / passes as f64,
        }
    }

    /// Of the proposals the share that came true; 0 if there were none.
    pub fn acceptance(&self) -> f64 {
        self.accepted as f64 / self.proposed.max(1) as f64
    }
}

impl Speculation {
    /// Speculation with a draft, by this clock. What the clock says changes
    /// how much is proposed, and no text.
    pub fn new(draft: Box<dyn Draft + Send>, clock: Clock) -> Self {
        let (controller, statistics) = (Controller::new(draft.is_free()), Statistics::default());
        Self { draft, clock, controller, statistics }
    }

    pub(crate) fn begin(&mut self, prompt: &[u32]) -> Result<(), Error> {
        self.statistics = Statistics::default();
        self.controller.begin();
        if self.controller.pays() {
            // What a draft takes to read a prompt is paid by whoever asks for the draft, not by a round.
            let (draft, seconds) = (&mut self.draft, &mut self.statistics.draft_seconds);
            timed(&mut self.clock, seconds, || draft.begin(prompt))?;
        }
        Ok(())
    }

    /// What may follow the text, and how much of it to look at: `most` at most.
    pub(crate) fn propose(
        &mut self,
        text: &[u32],
        most: usize,
        sampler: &Sampler,
    ) -> Result<(Proposal, usize), Error> {
        let is_free = self.draft.is_free();
        let wanted = match is_free {
            true if self.controller.may_ask() => most,
            true => 0,
            false => self.controller.length(most, 0),
        };
        if wanted == 0 {
            return Ok((Proposal::default(), 0));
        }
        let (draft, mut seconds) = (&mut self.draft, 0.0);
        let ask = || draft.propose(text, wanted, sampler);
        let mut proposal = timed(&mut self.clock, &mut seconds, ask)?;
        proposal.ids.truncate(wanted);
        self.statistics.draft_seconds += seconds;
        self.controller.proposed(proposal.ids.len(), seconds);
        let length = match is_free {
            true => self.controller.length(proposal.ids.len().min(most), proposal.class),
            false => proposal.ids.len(),
        };
        Ok((proposal, length))
    }

    /// Times a pass of so many rows.
    pub(crate) fn pass<T>(&mut self, rows: usize, work: impl FnOnce() -> T) -> T {
        let mut seconds = 0.0;
        let result = timed(&mut self.clock, &mut seconds, work);
        self.controller.passed(rows, seconds);
        self.statistics.passes += 1;
        self.statistics.rounds += usize::from(rows > 1);
        self.statistics.proposed += rows - 1;
        self.statistics.pass_seconds += seconds;
        result
    }

    pub(crate) fn judge(&mut self, class: usize, came_true: bool, looked_at: bool) {
        self.statistics.accepted += usize::from(came_true && looked_at);
        self.controller.judged(class, came_true, looked_at);
    }
}

impl std::fmt::Debug for Speculation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { controller, statistics, .. } = self;
        f.debug_struct("Speculation")
            .field("statistics", statistics)
            .field("controller", controller)
            .finish()
    }
}

/// Adds the seconds of some work. A clock that goes back tells none.
fn timed<T>(clock: &mut Clock, seconds: &mut f64, work: impl FnOnce() -> T) -> T {
    let began = clock();
    let result = work();
    *seconds += (clock() - began).max(0.0);
    result
}

/// Continues `prompt` as [`crate::generate_with`] does, to the same tokens in fewer passes.
///
/// # Errors
/// As [`crate::generate_with`], and what the draft says.
pub fn speculate<D: Decoder>(
    decoder: &D,
    memory: &mut Memory<D::Cache>,
    prompt: &[u32],
    options: &Options,
    steer: Steer<'_>,
    speculation: &mut Speculation,
) -> Result<(Generated, Statistics), Error> {
    let ahead = Ahead::new(decoder, memory, Some(speculation));
    let generated = generate_ahead(ahead, prompt, options, steer)?;
    Ok((generated, speculation.statistics))
}

#[cfg(test)]
mod tests;
