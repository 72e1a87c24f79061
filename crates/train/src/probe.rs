//! Who watches a run: every probe hears of each step, look and checkpoint as it happens.
//!
//! The loop computes; writing a journal ([`record`]) and drawing a bar ([`bar`]) are probes like
//! any other. One more kind is one more file. A probe that fails ends the run cleanly.

pub mod bar;
pub mod record;

use std::path::Path;

use model::Transformer;

use crate::evaluate::Evaluation;
use crate::{Config, Error};

/// Where a run stands when a session begins.
#[derive(Clone, Copy, Debug)]
pub struct Beginning<'a> {
    /// The run's numbers.
    pub config: &'a Config,
    /// Steps taken by earlier sessions.
    pub step: u64,
    /// Seconds that they took.
    pub seconds: f64,
    /// Checkpoints that were passed over, and why.
    pub passed_over: &'a [String],
}

/// A step that was taken.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// Steps taken, this one included.
    pub step: u64,
    /// Targets trained on so far.
    pub tokens: u64,
    /// Mean loss in nats per target.
    pub loss: f64,
    /// The learning rate.
    pub lr: f64,
    /// The gradients' norm before clipping.
    pub grad_norm: f64,
    /// Positions a second, padding included.
    pub tokens_per_second: f64,
    /// Training time so far, over all sessions.
    pub seconds: f64,
}

/// A watcher. Every method may be left out.
pub trait Probe {
    /// A session begins.
    ///
    /// # Errors
    /// Whatever ends the run.
    fn on_begin(&mut self, _beginning: &Beginning<'_>) -> Result<(), Error> {
        Ok(())
    }

    /// A step was taken.
    ///
    /// # Errors
    /// Whatever ends the run.
    fn on_step(&mut self, _step: &Step) -> Result<(), Error> {
        Ok(())
    }

    /// The model was measured after `step`; it is handed along, not tracked by autodiff.
    ///
    /// # Errors
    /// Whatever ends the run.
    fn on_evaluation(
        &mut self,
        _step: u64,
        _evaluation: &Evaluation,
        _model: &Transformer,
    ) -> Result<(), Error> {
        Ok(())
    }

    /// The model with the running mean of its weights was measured, after [`Self::on_evaluation`].
    ///
    /// # Errors
    /// Whatever ends the run.
    fn on_average(
        &mut self,
        _step: u64,
        _evaluation: &Evaluation,
        _model: &Transformer,
    ) -> Result<(), Error> {
        Ok(())
    }

    /// A checkpoint is whole on the disk.
    ///
    /// # Errors
    /// Whatever ends the run.
    fn on_checkpoint(&mut self, _step: u64, _path: &Path) -> Result<(), Error> {
        Ok(())
    }

    /// The session ends, well or not.
    fn on_end(&mut self, _step: u64, _error: Option<&Error>) {}
}
