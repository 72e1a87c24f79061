//! What came of a finished run, as its `report.json` says: the figures by which runs are set beside
//! one another. All but the names of a few figures is passed over.
//!
//! A metric is `{"value": 0.8, "low": 0.75, "high": 0.85, "n": 200}`: a measured value, the interval
//! in which the true one is likely to lie, and of how many tries. Two metrics differ for certain
//! only if their intervals do not touch.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;

use serde::Serialize;
use serde_json::Value;

use crate::{Error, Result, Run};

/// A longer report is not read.
const MAX_BYTES: u64 = 64 << 20;

/// Figures of a finished run; each may be missing.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Outcome {
    /// Numbers that were learnt.
    pub parameters: Option<f64>,
    /// Tokens trained on.
    pub tokens: Option<f64>,
    /// Training time.
    pub seconds: Option<f64>,
    /// On held-out text, in nats per token.
    pub loss: Option<f64>,
    /// The same in bits per byte.
    pub bits_per_byte: Option<f64>,
    /// What else was measured, by its name.
    pub metrics: BTreeMap<String, Metric>,
}

/// One measured value.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Metric {
    /// The value.
    pub value: f64,
    /// Where its interval begins.
    pub low: Option<f64>,
    /// Where its interval ends.
    pub high: Option<f64>,
    /// Of how many tries.
    pub n: Option<u64>,
}

impl Run {
    /// What came of the run, once its report is written.
    pub fn outcome(&self) -> Result<Option<Outcome>> {
        let path = self.report_json_path();
        if !path.exists() {
            return Ok(None);
        }
        let value = json(&path, MAX_BYTES)?;
        Ok(Some(Outcome::from_report(&value)))
    }
}

impl Outcome {
    fn from_report(report: &Value) -> Self {
        let number = |key: &str| report[key].as_f64();
        let metrics = report["metrics"].as_object().into_iter().flatten();
        let metrics = metrics.filter_map(|(name, value)| Some((name.clone(), metric(value)?)));
        Self {
            parameters: number("parameters"),
            tokens: number("tokens"),
            seconds: number("seconds"),
            loss: number("loss"),
            bits_per_byte: number("bits_per_byte"),
            metrics: metrics.collect(),
        }
    }

    /// The first metric in whose name all these words stand.
    pub fn metric_about(&self, words: &[&str]) -> Option<&Metric> {
        let about = |name: &str| words.iter().all(|word| name.to_lowercase().contains(word));
        self.metrics.iter().find(|(name, _)| about(name)).map(|(_, metric)| metric)
    }
}

impl Metric {
    /// Whether both have intervals, and these do not touch. A single number, given as both ends, is none.
    pub fn differs_from(&self, other: &Self) -> bool {
        let interval = |of: &Self| of.low.zip(of.high).filter(|(low, high)| low < high);
        let (Some(a), Some(b)) = (interval(self), interval(other)) else { return false };
        a.1 < b.0 || b.1 < a.0
    }
}

/// A bare number is a metric without an interval.
fn metric(value: &Value) -> Option<Metric> {
    let number = |key: &str| value[key].as_f64();
    let low_high = (number("low"), number("high"));
    Some(Metric {
        value: value.as_f64().or_else(|| number("value"))?,
        low: low_high.0,
        high: low_high.1,
        n: value["n"].as_u64(),
    })
}

/// The JSON of a file of the run.
pub(crate) fn json(path: &std::path::Path, max_bytes: u64) -> Result<Value> {
    let mut text = String::new();
    File::open(path)
        .and_then(|file| file.take(max_bytes).read_to_string(&mut text))
        .map_err(Error::io("read", path))?;
    serde_json::from_str(&text).map_err(|error| Error::BadFile {
        path: path.to_path_buf(),
        reason: format!("expected JSON: {error}; undo the change, or remove the run"),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_figures_that_are_there_are_read() {
        let report = json!({
            "run": "a", "tokens": 100, "seconds": 2.5, "loss": null,
            "metrics": {
                "story_qa": {"value": 0.5, "low": 0.4, "high": 0.6, "n": 100},
                "bare": 3, "odd": "x", "half": {"low": 1.0},
            },
        });
        let outcome = Outcome::from_report(&report);
        assert_eq!((outcome.tokens, outcome.seconds, outcome.loss), (Some(100.0), Some(2.5), None));
        assert_eq!(outcome.metrics.keys().collect::<Vec<_>>(), ["bare", "story_qa"]);
        let story = Metric { value: 0.5, low: Some(0.4), high: Some(0.6), n: Some(100) };
        assert_eq!(outcome.metric_about(&["stor", "qa"]), Some(&story));
        assert_eq!(outcome.metric_about(&["stor", "answer"]), None);
        assert_eq!(Outcome::from_report(&json!([])), Outcome::default());
    }

    #[test]
    fn metrics_differ_only_by_intervals_apart() {
        let metric = |low, high| Metric { value: 0.0, low, high, n: None };
        let check = |a, b, expected| {
            assert_eq!((Metric::differs_from(&a, &b), b.differs_from(&a)), (expected, expected));
        };
        check(metric(Some(0.0), Some(0.1)), metric(Some(0.2), Some(0.3)), true);
        check(metric(Some(0.0), Some(0.2)), metric(Some(0.2), Some(0.3)), false);
        check(metric(Some(0.0), Some(0.1)), metric(None, None), false);
        check(metric(Some(0.0), None), metric(Some(0.2), Some(0.3)), false);
        check(metric(Some(0.1), Some(0.1)), metric(Some(0.2), Some(0.2)), false);
    }

    #[test]
    fn a_report_that_is_no_json_is_an_error_with_its_path() {
        let folder = tempfile::tempdir().unwrap();
        let run = crate::Store::open(folder.path()).unwrap().create_run("a").unwrap();
        assert_eq!(run.outcome().unwrap(), None);
        std::fs::write(run.report_json_path(), "{").unwrap();
        let error = run.outcome().unwrap_err().to_string();
        assert!(error.contains("report.json: expected JSON"), "{error}");
    }
}
