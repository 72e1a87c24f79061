//! The run's journal as a probe: one record a step, look and checkpoint.

use std::path::Path;

use journal::{Journal, Record};
use model::Transformer;

use super::{Beginning, Probe, Step};
use crate::Error;
use crate::evaluate::Evaluation;

/// Writes what happens.
#[derive(Debug)]
pub struct Recorder<'a> {
    journal: &'a mut Journal,
    /// Looks and checkpoints of earlier sessions.
    told: Vec<Record>,
    /// Steps of the stages before this one: the journal counts on from there.
    before: u64,
}

impl<'a> Recorder<'a> {
    /// Writes to `journal`, whose lock the caller holds and which has `told` these records: a run
    /// resumed at its last step looks at the held-out text again, and need not say so twice.
    pub fn new(journal: &'a mut Journal, told: Vec<Record>) -> Self {
        Self { journal, told, before: 0 }
    }

    /// The same for a stage that comes after `steps` steps of others.
    pub fn after(self, steps: u64) -> Self {
        Self { before: steps, ..self }
    }

    fn tell(&mut self, record: &Record) -> Result<(), Error> {
        if !self.told.contains(record) {
            self.journal.append(record)?;
        }
        Ok(())
    }
}

impl Probe for Recorder<'_> {
    fn on_begin(&mut self, beginning: &Beginning<'_>) -> Result<(), Error> {
        // Steps after the checkpoint will be taken, and told, again.
        let last = self.before + beginning.step;
        self.journal.truncate_after(last)?;
        self.told.retain(|record| record.step().is_some_and(|step| step <= last));
        for reason in beginning.passed_over {
            self.journal.append(&Record::Note { text: reason.clone() })?;
        }
        Ok(())
    }

    fn on_step(&mut self, s: &Step) -> Result<(), Error> {
        let Step { step, tokens, loss, lr, grad_norm, tokens_per_second, seconds } = *s;
        let step = self.before + step;
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
        let split = "val".to_string();
        let step = self.before + step;
        self.tell(&Record::Eval { step, split, loss, bits_per_byte })
    }

    fn on_checkpoint(&mut self, step: u64, path: &Path) -> Result<(), Error> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let folder = path.parent().and_then(Path::file_name).unwrap_or_default();
        let path = format!("{}/{name}", folder.to_string_lossy());
        let step = self.before + step;
        self.tell(&Record::Checkpoint { step, path })?;
        Ok(self.journal.sync()?)
    }

    fn on_end(&mut self, step: u64, error: Option<&Error>) {
        if let Some(error) = error {
            // If the journal is what failed, there is nowhere to write that down.
            let step = self.before + step;
            let _ = self.journal.append(&Record::Error { step, message: error.to_string() });
        }
    }
}
