//! Who proposes how a text goes on.
//!
//! A draft is asked with the whole text so far and keeps what it has made of it by itself; what is new since
//! it was asked last tells it what became of its proposal. It may propose anything: a wrong proposal costs
//! time and changes no text.

use crate::{Error, Sampler};

/// How much a proposal is trusted: proposals of one class are taken to come true equally often.
pub const CLASSES: usize = 4;

/// Ids that may come next.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proposal {
    /// In order.
    pub ids: Vec<u32>,
    /// Below [`CLASSES`].
    pub class: usize,
}

/// Proposes how a text goes on.
pub trait Draft {
    /// Whether asking takes next to no time, so that it is always asked: what it would have proposed is then
    /// held against the text even while nothing of it is looked at.
    fn is_free(&self) -> bool {
        false
    }

    /// Hears a prompt before its first proposal is wanted, and may read it.
    ///
    /// # Errors
    /// What its decoder says.
    fn begin(&mut self, prompt: &[u32]) -> Result<(), Error> {
        let _ = prompt;
        Ok(())
    }

    /// Up to `n` ids that may follow `text`. `sampler` is about to choose the first of them, and a clone
    /// of it chooses as it will.
    ///
    /// # Errors
    /// What its decoder says.
    fn propose(&mut self, text: &[u32], n: usize, sampler: &Sampler) -> Result<Proposal, Error>;
}
