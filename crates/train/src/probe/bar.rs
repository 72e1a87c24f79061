//! Progress for a person: loss, bits per byte, speed, share of the machine's peak, time left.

use data::Sampling;
use model::Transformer;
use stdx::Progress;

use super::{Beginning, Probe, Step};
use crate::Error;
use crate::evaluate::Evaluation;

/// A bar on a terminal, lines in a log.
pub struct Bar {
    progress: Progress,
    /// Operations a second that the machine can do at best; 0 if not measured.
    peak: f64,
    flops_per_position: f64,
    /// Averages over about the last twenty steps.
    loss: f64,
    rate: f64,
    bits_per_byte: Option<f64>,
    /// The same by the running mean of the weights.
    averaged: Option<f64>,
}

impl Bar {
    /// Shows on `progress`; shares are of `peak` operations a second.
    pub fn new(progress: Progress, peak: f64) -> Self {
        let (loss, rate, unknown) = (f64::NAN, f64::NAN, None);
        let (bits_per_byte, averaged) = (unknown, unknown);
        Self { progress, peak, flops_per_position: 0.0, loss, rate, bits_per_byte, averaged }
    }

    fn message(&self) -> String {
        let mut message = format!("loss {:.3}", self.loss);
        if let Some(bits) = self.bits_per_byte {
            message += &format!(" · val {bits:.3} bits/byte");
        }
        if let Some(bits) = self.averaged {
            message += &format!(" (averaged {bits:.3})");
        }
        message += &match self.rate {
            rate if rate < 10_000.0 => format!(" · {rate:.0} tok/s"),
            rate => format!(" · {:.0}k tok/s", rate / 1e3),
        };
        if self.peak > 0.0 {
            let share = 100.0 * self.rate * self.flops_per_position / self.peak;
            message += &format!(" · {share:.0}% of peak");
        }
        message
    }
}

fn smooth(old: f64, new: f64) -> f64 {
    if old.is_nan() { new } else { 0.95 * old + 0.05 * new }
}

impl Probe for Bar {
    fn on_begin(&mut self, beginning: &Beginning<'_>) -> Result<(), Error> {
        let config = beginning.config;
        // Packed documents look back no further than their own begin: only products are counted.
        let context = if config.sampling == Sampling::Windows { config.context } else { 0 };
        self.flops_per_position = config.spec.train_flops_per_token(context);
        beginning.passed_over.iter().for_each(|reason| self.progress.note(reason));
        if beginning.step > 0 {
            self.progress.note(&format!("going on after step {}", beginning.step));
        }
        Ok(())
    }

    fn on_step(&mut self, step: &Step) -> Result<(), Error> {
        self.loss = smooth(self.loss, step.loss);
        self.rate = smooth(self.rate, step.tokens_per_second);
        self.progress.set(step.step, self.message());
        Ok(())
    }

    fn on_evaluation(
        &mut self,
        _: u64,
        evaluation: &Evaluation,
        _: &Transformer,
    ) -> Result<(), Error> {
        self.bits_per_byte = Some(evaluation.bits_per_byte);
        Ok(())
    }

    fn on_average(
        &mut self,
        _: u64,
        evaluation: &Evaluation,
        _: &Transformer,
    ) -> Result<(), Error> {
        self.averaged = Some(evaluation.bits_per_byte);
        Ok(())
    }

    fn on_end(&mut self, _: u64, _: Option<&Error>) {
        let message = if self.loss.is_nan() { "nothing left to do".into() } else { self.message() };
        self.progress.finish(message);
    }
}
