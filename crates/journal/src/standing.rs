//! Where a run stands: what its records come to when they are read from the first to the last.
//!
//! A stage's seconds are the sum over its sessions. A session that was killed wrote none, so a
//! stage that trains takes the training time that its steps tell, where that is more.

use serde::Serialize;

use crate::record::ANSWERS;
use crate::{Record, Result, Run, StageStatus};

/// What a run as a whole does now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Some process writes it.
    Running,
    /// All stages are done.
    Finished,
    /// The last stage ended with an error.
    Failed,
    /// It was stopped or killed, and can go on.
    Stopped,
}

/// One stage of the life.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Stage {
    /// Such as `pretrain`.
    pub name: String,
    /// The last that was said of it; a result that was used again counts as done.
    pub status: StageStatus,
    /// How long it took, as far as that is written down.
    pub seconds: Option<f64>,
    /// The sum over the sessions that came to an end.
    #[serde(skip)]
    summed: f64,
    /// Training time of the stages before this one.
    #[serde(skip)]
    before: f64,
}

/// The last step taken.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Progress {
    /// Steps so far.
    pub step: u64,
    /// Tokens seen so far.
    pub tokens: u64,
    /// Its loss, in nats per token.
    pub loss: f64,
    /// Training time so far.
    pub seconds: f64,
}

/// Where a run stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Standing {
    /// What it does now.
    pub state: State,
    /// The latest step that anything was written about.
    pub step: Option<u64>,
    /// The last step taken.
    pub progress: Option<Progress>,
    /// Loss on held-out text when it was last measured, in nats per token.
    pub held_out_loss: Option<f64>,
    /// The same in bits per byte.
    pub bits_per_byte: Option<f64>,
    /// The stages in the order of their first beginning.
    pub stages: Vec<Stage>,
    /// Remarks, oldest first, each once.
    pub notes: Vec<String>,
    /// The last error.
    pub error: Option<String>,
    /// Whether text was measured, and not answers alone.
    #[serde(skip)]
    knows_text: bool,
}

impl State {
    /// The state in one word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Finished => "finished",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
        }
    }
}

impl Stage {
    /// How it stands in one word, in a run of this state: a stage that began and was never ended
    /// goes on only while somebody writes the run.
    pub fn word(&self, state: State) -> &'static str {
        match self.status {
            StageStatus::Started if state == State::Running => "running",
            StageStatus::Started | StageStatus::Interrupted => "stopped",
            StageStatus::Done | StageStatus::Skipped => "done",
            StageStatus::Failed => "failed",
        }
    }

    fn took_at_least(&mut self, seconds: f64) {
        self.seconds = Some(self.seconds.unwrap_or(0.0).max(seconds));
    }
}

impl Progress {
    /// Tokens a second over the whole training.
    pub fn tokens_per_second(&self) -> Option<f64> {
        (self.seconds > 0.0).then(|| self.tokens as f64 / self.seconds)
    }
}

impl Standing {
    /// Reads the run's journal to its end.
    pub fn of(run: &Run) -> Result<Self> {
        Ok(Self::from_records(&run.records()?, run.is_locked(), run.is_finished()))
    }

    /// What these records come to, in a run that somebody writes or that has its report.
    pub fn from_records(records: &[Record], is_locked: bool, is_finished: bool) -> Self {
        let mut standing = Self {
            state: State::Stopped,
            step: None,
            progress: None,
            held_out_loss: None,
            bits_per_byte: None,
            stages: Vec::new(),
            notes: Vec::new(),
            error: None,
            knows_text: false,
        };
        let mut last = None;
        for record in records {
            standing.take(record);
            if let Record::Stage { status, .. } = record {
                last = Some(*status);
            }
        }
        standing.state = match (is_locked, is_finished) {
            (true, _) => State::Running,
            (false, true) => State::Finished,
            (false, false) if last == Some(StageStatus::Failed) => State::Failed,
            (false, false) => State::Stopped,
        };
        standing
    }

    fn take(&mut self, record: &Record) {
        self.step = self.step.max(record.step());
        match record {
            Record::Step { step, tokens, loss, seconds, .. } => {
                let (step, tokens, loss, seconds) = (*step, *tokens, *loss, *seconds);
                self.progress = Some(Progress { step, tokens, loss, seconds });
                let open = self.stages.iter_mut().rfind(|s| s.status == StageStatus::Started);
                if let Some(stage) = open {
                    stage.took_at_least(seconds - stage.before);
                }
            }
            // Answers are another text, and stand here only where nothing else was measured.
            Record::Eval { split, .. } if split == ANSWERS && self.knows_text => {}
            Record::Eval { split, loss, bits_per_byte, .. } => {
                self.knows_text = split != ANSWERS;
                self.held_out_loss = Some(*loss);
                self.bits_per_byte = Some(*bits_per_byte);
            }
            Record::Stage { name, status, seconds, .. } => self.take_stage(name, *status, *seconds),
            Record::Note { text } if !self.notes.contains(text) => self.notes.push(text.clone()),
            Record::Error { message, .. } => self.error = Some(message.clone()),
            Record::Note { .. }
            | Record::Average { .. }
            | Record::Sample { .. }
            | Record::Checkpoint { .. } => {}
        }
    }

    fn take_stage(&mut self, name: &str, status: StageStatus, seconds: Option<f64>) {
        let at = self.stages.iter().position(|stage| stage.name == name);
        let at = at.unwrap_or_else(|| {
            let before = self.progress.map_or(0.0, |progress| progress.seconds);
            let (name, seconds, summed) = (name.to_string(), None, 0.0);
            self.stages.push(Stage { name, status, seconds, summed, before });
            self.stages.len() - 1
        });
        let stage = &mut self.stages[at];
        let is_used_again = status == StageStatus::Skipped && stage.status == StageStatus::Done;
        stage.status = if is_used_again { StageStatus::Done } else { status };
        if let Some(seconds) = seconds {
            stage.summed += seconds;
            stage.took_at_least(stage.summed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stage(name: &str, status: StageStatus, seconds: Option<f64>) -> Record {
        Record::Stage { name: name.into(), status, seconds, memory: None }
    }

    fn step(step: u64, seconds: f64) -> Record {
        let (loss, lr, grad_norm, tokens_per_second) = (2.0, 0.1, 1.0, 100.0);
        Record::Step { step, tokens: step * 100, loss, lr, grad_norm, tokens_per_second, seconds }
    }

    fn stand(records: &[Record]) -> Standing {
        Standing::from_records(records, false, false)
    }

    #[test]
    fn the_state_is_that_of_lock_report_and_last_stage() {
        let check = |records: &[Record], locked, finished, expected: &str| {
            assert_eq!(Standing::from_records(records, locked, finished).state.word(), expected);
        };
        let failed = [stage("a", StageStatus::Failed, None)];
        let again = [failed[0].clone(), stage("a", StageStatus::Started, None)];
        check(&[], false, false, "stopped");
        check(&failed, false, false, "failed");
        check(&failed, true, false, "running");
        check(&failed, false, true, "finished");
        check(&again, false, false, "stopped");
    }

    #[test]
    fn the_last_word_counts() {
        let eval = |loss, bits_per_byte| Record::Eval {
            step: 7,
            split: "val".into(),
            loss,
            bits_per_byte,
        };
        let note = Record::Note { text: "n".into() };
        let error = Record::Error { step: 9, message: "NaN".into() };
        let records =
            [note.clone(), step(6, 3.0), eval(3.0, 2.0), eval(2.0, 1.0), step(8, 4.0), note, error];
        let standing = stand(&records);
        assert_eq!((standing.step, standing.bits_per_byte), (Some(9), Some(1.0)));
        let progress = standing.progress.unwrap();
        assert_eq!((progress.step, progress.tokens_per_second()), (8, Some(200.0)));
        assert_eq!((standing.notes.len(), standing.error.as_deref()), (1, Some("NaN")));
    }

    #[test]
    fn stages_keep_their_order_and_add_up_their_sessions() {
        use StageStatus::{Done, Interrupted, Skipped, Started};
        let records = [
            stage("words", Started, None),
            stage("words", Done, Some(1.5)),
            stage("pretrain", Started, None),
            step(1, 10.0),
            stage("words", Skipped, None), // Killed and resumed.
            stage("pretrain", Started, None),
            step(2, 21.0),
            stage("pretrain", Interrupted, Some(12.0)),
            stage("report", Started, None),
            stage("report", Interrupted, Some(2.0)),
            stage("report", Started, None),
            stage("report", Done, Some(3.0)),
        ];
        let told: Vec<_> = stand(&records)
            .stages
            .iter()
            .map(|s| (s.name.clone(), s.word(State::Stopped), s.seconds))
            .collect();
        assert_eq!(
            told,
            [
                ("words".to_string(), "done", Some(1.5)),
                ("pretrain".to_string(), "stopped", Some(21.0)),
                ("report".to_string(), "done", Some(5.0)),
            ]
        );
    }

    #[test]
    fn a_stage_that_began_goes_on_only_in_a_running_run() {
        let begun = stand(&[stage("a", StageStatus::Started, None)]).stages.remove(0);
        assert_eq!(
            (begun.word(State::Running), begun.word(State::Stopped)),
            ("running", "stopped")
        );
    }
}
