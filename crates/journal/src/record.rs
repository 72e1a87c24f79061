//! What can be said about a run, one record a line.
//!
//! Each record is a JSON object whose `kind` names it: `{"kind":"note","text":"hello"}`. A reader
//! ignores fields it does not know, so that a field can be added without spoiling old programs.
//! JSON has no word for a number that is not finite, yet a loss that became NaN is just what a
//! journal must keep: such numbers are written as the strings `"NaN"`, `"inf"` and `"-inf"`.
//!
//! Left out on purpose: time stamps. The middle of the program reads no clock; `seconds` in a
//! [`Record::Step`] or a [`Record::Stage`] is handed in by the caller.

use serde::{Deserialize, Serialize};

/// The split of a [`Record::Eval`] that measured answers to held-out lessons, not text.
pub const ANSWERS: &str = "answers";

/// One line of a journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Record {
    /// An optimizer step was taken.
    Step {
        /// Steps taken so far, this one included.
        step: u64,
        /// Tokens seen so far.
        tokens: u64,
        /// Mean training loss of the step, in nats per token.
        #[serde(with = "any_number")]
        loss: f64,
        /// Learning rate used.
        #[serde(with = "any_number")]
        lr: f64,
        /// Norm of the gradient before clipping.
        #[serde(with = "any_number")]
        grad_norm: f64,
        /// Speed of the step.
        #[serde(with = "any_number")]
        tokens_per_second: f64,
        /// Training time so far, over all sessions of the run.
        #[serde(with = "any_number")]
        seconds: f64,
    },
    /// The model was measured on held-out text.
    Eval {
        /// After how many steps.
        step: u64,
        /// Which text: `val`, or [`ANSWERS`].
        split: String,
        /// Mean loss in nats per token.
        #[serde(with = "any_number")]
        loss: f64,
        /// The same in bits per byte of text, comparable between tokenizers.
        #[serde(with = "any_number")]
        bits_per_byte: f64,
    },
    /// The running mean of the model's weights was measured as the model was.
    Average {
        /// After how many steps.
        step: u64,
        /// Which text: `val`, or [`ANSWERS`].
        split: String,
        /// Mean loss in nats per token.
        #[serde(with = "any_number")]
        loss: f64,
        /// The same in bits per byte of text.
        #[serde(with = "any_number")]
        bits_per_byte: f64,
    },
    /// The model was asked to speak.
    Sample {
        /// After how many steps.
        step: u64,
        /// What it was given.
        prompt: String,
        /// What it said.
        text: String,
    },
    /// A stage of the life began or ended.
    Stage {
        /// Such as `tokenizer` or `pretrain`.
        name: String,
        /// How it stands.
        status: StageStatus,
        /// At its end: how long it took in this session.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seconds: Option<f64>,
        /// At its end: bytes of memory that the session has had at most so far.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        memory: Option<u64>,
    },
    /// A remark in plain words.
    Note {
        /// The remark.
        text: String,
    },
    /// A checkpoint is whole on disk.
    Checkpoint {
        /// After how many steps.
        step: u64,
        /// Where, relative to the run's folder.
        path: String,
    },
    /// The run stopped because of an error.
    Error {
        /// In which step.
        step: u64,
        /// What happened and the likely cause.
        message: String,
    },
}

/// How a stage of the life stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StageStatus {
    /// Work began, for the first time or again.
    Started,
    /// The stage's result is on disk.
    Done,
    /// A finished result of an earlier session was used.
    Skipped,
    /// The user stopped it; it can be resumed.
    Interrupted,
    /// It ended with an error.
    Failed,
}

impl Record {
    /// The step this record belongs to, if it belongs to one.
    pub fn step(&self) -> Option<u64> {
        match self {
            Self::Step { step, .. }
            | Self::Eval { step, .. }
            | Self::Average { step, .. }
            | Self::Sample { step, .. }
            | Self::Checkpoint { step, .. }
            | Self::Error { step, .. } => Some(*step),
            Self::Stage { .. } | Self::Note { .. } => None,
        }
    }

    /// The record as one JSON line with its line break.
    pub(crate) fn to_line(&self) -> String {
        // A line break inside a string is escaped by JSON, so the record stays on one line.
        let mut line = serde_json::to_string(self)
            .expect("a record holds only strings and numbers, which JSON can always carry");
        line.push('\n');
        line
    }
}

/// Numbers that may be NaN or infinite, in JSON.
mod any_number {
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serializer};

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum NumberOrWord {
        Number(f64),
        Word(String),
    }

    pub(super) fn serialize<S: Serializer>(value: &f64, out: S) -> Result<S::Ok, S::Error> {
        if value.is_finite() { out.serialize_f64(*value) } else { out.collect_str(value) }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
        match NumberOrWord::deserialize(from)? {
            NumberOrWord::Number(value) => Ok(value),
            NumberOrWord::Word(word) => match word.as_str() {
                "NaN" => Ok(f64::NAN),
                "inf" => Ok(f64::INFINITY),
                "-inf" => Ok(f64::NEG_INFINITY),
                _ => Err(D::Error::custom(format!("expected a number or NaN, got {word:?}"))),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(record: Record, line: &str) {
        assert_eq!(record.to_line(), format!("{line}\n"));
        assert_eq!(serde_json::from_str::<Record>(line).unwrap(), record);
    }

    fn step(loss: f64) -> Record {
        Record::Step {
            step: 3,
            tokens: 6144,
            loss,
            lr: 0.001,
            grad_norm: 0.5,
            tokens_per_second: 1000.0,
            seconds: 6.5,
        }
    }

    fn stage(status: StageStatus, seconds: Option<f64>) -> Record {
        Record::Stage { name: "pretrain".into(), status, seconds, memory: None }
    }

    #[test]
    fn every_kind_has_its_line() {
        check(
            step(2.25),
            r#"{"kind":"step","step":3,"tokens":6144,"loss":2.25,"lr":0.001,"grad_norm":0.5,"tokens_per_second":1000.0,"seconds":6.5}"#,
        );
        check(
            Record::Eval { step: 9, split: "val".into(), loss: 1.5, bits_per_byte: 0.75 },
            r#"{"kind":"eval","step":9,"split":"val","loss":1.5,"bits_per_byte":0.75}"#,
        );
        check(
            Record::Average { step: 9, split: "val".into(), loss: 1.25, bits_per_byte: 0.5 },
            r#"{"kind":"average","step":9,"split":"val","loss":1.25,"bits_per_byte":0.5}"#,
        );
        check(
            Record::Sample { step: 9, prompt: "Anna".into(), text: "went\nhome \"soon\"".into() },
            r#"{"kind":"sample","step":9,"prompt":"Anna","text":"went\nhome \"soon\""}"#,
        );
        check(
            stage(StageStatus::Started, None),
            r#"{"kind":"stage","name":"pretrain","status":"started"}"#,
        );
        check(
            stage(StageStatus::Done, Some(2.5)),
            r#"{"kind":"stage","name":"pretrain","status":"done","seconds":2.5}"#,
        );
        check(Record::Note { text: "Grüße".into() }, r#"{"kind":"note","text":"Grüße"}"#);
        check(
            Record::Checkpoint { step: 9, path: "checkpoints/9".into() },
            r#"{"kind":"checkpoint","step":9,"path":"checkpoints/9"}"#,
        );
        check(
            Record::Error { step: 9, message: "loss is NaN".into() },
            r#"{"kind":"error","step":9,"message":"loss is NaN"}"#,
        );
    }

    #[test]
    fn a_loss_that_is_no_number_survives() {
        for loss in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let line = step(loss).to_line();
            let Record::Step { loss: back, .. } = serde_json::from_str(&line).unwrap() else {
                panic!("{line}")
            };
            assert_eq!(back.to_string(), loss.to_string());
        }
        assert!(
            serde_json::from_str::<Record>(&step(1.0).to_line().replace("1.0,", "\"x\",")).is_err()
        );
    }

    #[test]
    fn unknown_fields_are_ignored() {
        let line = r#"{"kind":"note","text":"a","mood":{"glad":[1,2]}}"#;
        assert_eq!(
            serde_json::from_str::<Record>(line).unwrap(),
            Record::Note { text: "a".into() }
        );
    }
}
