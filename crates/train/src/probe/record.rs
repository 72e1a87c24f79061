//! The run's journal as a probe: one record a step, look and checkpoint.

use std::path::Path;

use journal::{Journal, Record};
use model::Transformer;

use super::{Beginning, Probe, Step};
use crate::Error;
use crate::Outcome;
use crate::evaluate::Evaluation;

/// Writes what happens.
#[derive(Debug)]
pub struct Recorder<'a> {
    journal: &'a mut Journal,
    /// Looks and checkpoints of earlier sessions.
    told: Vec<Record>,
    before: Before,
    /// What it is that looks measure.
    split: &'static str,
}

/// What the stages of training before this one came to: the journal counts on from there.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Before {
    /// Their steps.
    pub steps: u64,
    /// Tokens that they saw.
    pub tokens: u64,
    /// Their training time.
    pub seconds: f64,
}

impl Before {
    /// A stage that came to an end.
    pub fn of(outcome: &Outcome) -> Self {
        Self { steps: outcome.step, tokens: outcome.tokens, seconds: outcome.seconds }
    }
}

impl<'a> Recorder<'a> {
    /// Writes to `journal`, whose lock the caller holds and which has `told` these records: a run
    /// resumed at its last step looks at the held-out text again, and need not say so twice.
    pub fn new(journal: &'a mut Journal, told: Vec<Record>) -> Self {
        Self { journal, told, before: Before::default(), split: "val" }
    }

    /// The same for a stage that comes after others.
    pub fn after(self, before: Before) -> Self {
        Self { before, ..self }
    }

    /// The same for a stage whose looks measure something else than held-out text.
    pub fn measuring(self, split: &'static str) -> Self {
        Self { split, ..self }
    }

    fn tell(&mut self, record: &Record) -> Result<(), Error> {
        // A number read back may differ in its last bit: looks are known by where they were made.
        let is_same = |told: &Record| match (told, record) {
            (Record::Eval { step, split, .. }, Record::Eval { step: at, split: of, .. }) => {
                (step, split) == (at, of)
            }
            (Record::Average { step, split, .. }, Record::Average { step: at, split: of, .. }) => {
                (step, split) == (at, of)
            }
            _ => told == record,
        };
        if !self.told.iter().any(is_same) {
            self.journal.append(record)?;
        }
        Ok(())
    }
}

impl Probe for Recorder<'_> {
    fn on_begin(&mut self, beginning: &Beginning<'_>) -> Result<(), Error> {
        // Steps after the checkpoint will be taken, and told, again. Where all are taken, what comes after is of
        // another stage.
        if beginning.step < beginning.config.steps() {
            let last = self.before.steps + beginning.step;
            self.journal.truncate_after(last)?;
            self.told.retain(|record| record.step().is_some_and(|step| step <= last));
        }
        for reason in beginning.passed_over {
            self.journal.append(&Record::Note { text: reason.clone() })?;
        }
        Ok(())
    }

    fn on_step(&mut self, s: &Step) -> Result<(), Error> {
        let Step { step, tokens, loss, lr, grad_norm, tokens_per_second, seconds } = *s;
        let Before { steps, tokens: tokens_before, seconds: seconds_before } = self.before;
        let (step, tokens, seconds) =
            (steps + step, tokens_before + tokens, seconds_before + seconds);
        let record = Record::Step { step, tokens, loss, lr, grad_norm, tokens_per_second, seconds };
        Ok(self.journal.append(&record)?)
    }

    fn on_evaluation(
        &mut self,
        step: u64,
        evaluation: &Evaluation,
        _: &Transformer,
    ) -> Result<(), Error> {
        let Evaluation { loss, bits_per_byte, .. } = *evaluation;
        let split = self.split.to_string();
        let step = self.before.steps + step;
        self.tell(&Record::Eval { step, split, loss, bits_per_byte })
    }

    fn on_average(
        &mut self,
        step: u64,
        evaluation: &Evaluation,
        _: &Transformer,
    ) -> Result<(), Error> {
        let Evaluation { loss, bits_per_byte, .. } = *evaluation;
        let split = self.split.to_string();
        let step = self.before.steps + step;
        self.tell(&Record::Average { step, split, loss, bits_per_byte })
    }

    fn on_checkpoint(&mut self, step: u64, path: &Path) -> Result<(), Error> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let folder = path.parent().and_then(Path::file_name).unwrap_or_default();
        let path = format!("{}/{name}", folder.to_string_lossy());
        let step = self.before.steps + step;
        self.tell(&Record::Checkpoint { step, path })?;
        Ok(self.journal.sync()?)
    }

    fn on_end(&mut self, step: u64, error: Option<&Error>) {
        if let Some(error) = error {
            // If the journal is what failed, there is nowhere to write that down.
            let step = self.before.steps + step;
            let _ = self.journal.append(&Record::Error { step, message: error.to_string() });
        }
    }
}
