//! What a person wants to know of a run, in words: the pages and the terminal say the same.
//!
//! A config is known here by a few of its paths; one that has others loses a line, not the page.

pub mod beside;

use std::time::SystemTime;

use figure::quantity;
use journal::{Metric, Outcome, Record, Result, Run, Settings, Standing, State};

/// Words in the name of the metric that lists show: how many questions on stories were answered
/// truly.
const STORY_QUESTIONS: [&str; 2] = ["story", "qa"];

/// A run as it is shown.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The run's name.
    pub name: String,
    /// Where it stands.
    pub standing: Standing,
    /// What came of it, once it is finished.
    pub outcome: Option<Outcome>,
    /// What it was made with.
    pub settings: Settings,
    /// When it was last written.
    pub modified: SystemTime,
    /// All its files.
    pub size_bytes: u64,
}

impl Facts {
    /// Reads all there is.
    ///
    /// # Errors
    /// What is damaged or cannot be read.
    pub fn of(run: &Run) -> Result<Self> {
        Self::with(run, &run.records()?)
    }

    /// As [`Facts::of`], of a run whose records were read already.
    ///
    /// # Errors
    /// As there.
    pub fn with(run: &Run, records: &[Record]) -> Result<Self> {
        Ok(Self {
            name: run.name(),
            standing: Standing::from_records(records, run.is_locked(), run.is_finished()),
            outcome: run.outcome()?,
            settings: run.settings()?,
            modified: run.modified()?,
            size_bytes: run.size_bytes()?,
        })
    }

    /// Whether some process writes it.
    pub fn is_running(&self) -> bool {
        self.standing.state == State::Running
    }

    /// Steps of the whole training, once that is planned.
    pub fn planned_steps(&self) -> Option<u64> {
        let of = |key| self.settings.number(key).map(|steps| steps as u64);
        // A model that is taught after reading counts on from there.
        Some(of("config.schedule.steps")? + of("teaching.schedule.steps").unwrap_or(0))
    }

    /// The last step, and of how many, as `120 of 6066`.
    pub fn steps(&self) -> String {
        let step = self.standing.step.unwrap_or(0);
        match self.planned_steps() {
            Some(planned) if planned != step => format!("{step} of {planned}"),
            _ => step.to_string(),
        }
    }

    /// Seconds until the last step at the speed so far.
    pub fn seconds_left(&self) -> Option<f64> {
        let (progress, planned) = (self.standing.progress?, self.planned_steps()?);
        let left = planned.checked_sub(progress.step)? as f64;
        (progress.step > 0).then(|| progress.seconds * left / progress.step as f64)
    }

    /// On held-out text: of the report, else as last measured.
    pub fn bits_per_byte(&self) -> Option<f64> {
        let reported = self.outcome.as_ref().and_then(|outcome| outcome.bits_per_byte);
        reported.or(self.standing.bits_per_byte)
    }

    /// On held-out text, in nats per token: of the report, else as last measured.
    pub fn held_out_loss(&self) -> Option<f64> {
        let reported = self.outcome.as_ref().and_then(|outcome| outcome.loss);
        reported.or(self.standing.held_out_loss)
    }

    /// The share of questions on stories that were answered truly, if that was measured.
    pub fn story_qa(&self) -> Option<&Metric> {
        self.outcome.as_ref()?.metric_about(&STORY_QUESTIONS)
    }

    /// How long ago it was written, as seen at `now`.
    pub fn age(&self, now: SystemTime) -> String {
        let age = now.duration_since(self.modified).unwrap_or_default();
        quantity::ago(age.as_secs_f64())
    }

    /// What was wished for: each setting that was given, but for what is off.
    pub fn recipe(&self) -> String {
        let given = self.settings.below("recipe").into_iter().filter(|(_, value)| value != "false");
        let words = given.map(|(path, value)| {
            let path = path.strip_prefix("train.").unwrap_or(&path).replace(['.', '_'], " ");
            format!("{path} {value}")
        });
        words.collect::<Vec<_>>().join(", ")
    }

    /// What it came to: the model, and its training; nothing before the plan is made.
    pub fn plan(&self) -> Vec<String> {
        let word = |path: &str| self.settings.words(&format!("config.{path}"));
        let said = |before: &str, path: &str, after: &str| {
            word(path).map(|word| format!("{before}{word}{after}"))
        };
        let model = [
            word("spec.family"),
            said("", "spec.n_layers", " blocks"),
            said("width ", "spec.d_model", ""),
            said("", "spec.n_heads", " heads"),
            said("context ", "spec.context", ""),
            said("vocabulary ", "spec.vocab_size", ""),
        ];
        let peak = self.settings.number("config.schedule.peak");
        let training = [
            said("", "schedule.steps", " steps"),
            said("", "rows", " rows a step"),
            peak.map(|peak| format!("learning rate {peak:.2e}")),
            word("schedule.shape"),
            word("precision"),
            said("seed ", "seed", ""),
        ];
        let joined = |words: [Option<String>; 6]| words.into_iter().flatten().collect::<Vec<_>>();
        [joined(model), joined(training)]
            .into_iter()
            .filter(|words| !words.is_empty())
            .map(|words| words.join(", "))
            .collect()
    }
}

/// A metric in words: its value, its interval and the number of tries.
pub fn metric_in_words(metric: &Metric) -> String {
    let mut words = number(metric.value);
    if let (Some(low), Some(high)) = (metric.low, metric.high) {
        words += &format!(" ({}–{})", number(low), number(high));
    }
    if let Some(n) = metric.n {
        words += &format!(", n {n}");
    }
    words
}

/// Three digits that matter, without zeros that say nothing.
fn number(value: f64) -> String {
    let text = match value.abs() {
        m if m >= 1e6 || (m > 0.0 && m < 1e-3) => return format!("{value:.2e}"),
        m if m >= 100.0 => format!("{value:.0}"),
        m if m >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.3}"),
    };
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_string(),
        false => text,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Home and run with this config, journal and report.
    pub(crate) fn run(
        config: &str,
        records: &[Record],
        report: Option<&str>,
    ) -> (tempfile::TempDir, Run) {
        let home = tempfile::tempdir().unwrap();
        let run = journal::Store::open(home.path()).unwrap().create_run("a").unwrap();
        fill(&run, config, records, report);
        (home, run)
    }

    /// Writes a run's files.
    pub(crate) fn fill(run: &Run, config: &str, records: &[Record], report: Option<&str>) {
        std::fs::write(run.config_path(), config).unwrap();
        let mut journal = run.open_journal().unwrap();
        records.iter().for_each(|record| journal.append(record).unwrap());
        if let Some(report) = report {
            std::fs::write(run.report_json_path(), report).unwrap();
        }
    }

    /// A step of a hundred tokens, two a second.
    pub(crate) fn step(step: u64, loss: f64) -> Record {
        let (lr, grad_norm, tokens_per_second) = (0.001, 1.0, 200.0);
        let (tokens, seconds) = (step * 100, step as f64 / 2.0);
        Record::Step { step, tokens, loss, lr, grad_norm, tokens_per_second, seconds }
    }

    pub(crate) const CONFIG: &str = r#"{
        "recipe": {"corpus": {"world": {"seed": 1}}, "vocab": null, "chars": false,
                   "train": {"minutes": 4.0, "kv_heads": null}},
        "config": {"spec": {"family": "llama", "n_layers": 3, "d_model": 128},
                   "schedule": {"steps": 100, "peak": 0.0028}, "seed": 1}}"#;

    #[test]
    fn a_run_is_told_in_words() {
        let (_home, run) = run(CONFIG, &[step(1, 5.0), step(40, 2.0)], None);
        let facts = Facts::of(&run).unwrap();
        assert_eq!(facts.recipe(), "corpus world seed 1, minutes 4.0");
        let plan = ["llama, 3 blocks, width 128", "100 steps, learning rate 2.80e-3, seed 1"];
        assert_eq!(facts.plan(), plan);
        assert_eq!((facts.steps().as_str(), facts.seconds_left()), ("40 of 100", Some(30.0)));
        assert_eq!((facts.bits_per_byte(), facts.is_running()), (None, false));
        let later = facts.modified + std::time::Duration::from_secs(7200);
        assert_eq!(facts.age(later), "2 h ago");
    }

    #[test]
    fn a_report_has_the_last_word() {
        let eval = Record::Eval { step: 9, split: "val".into(), loss: 2.0, bits_per_byte: 1.5 };
        let report = r#"{"bits_per_byte": 1.25, "loss": 1.75,
            "metrics": {"story_qa": {"value": 0.5, "low": 0.4, "high": 0.6, "n": 90}}}"#;
        let (_home, run) = run("{}", &[eval], Some(report));
        let facts = Facts::of(&run).unwrap();
        assert_eq!((facts.bits_per_byte(), facts.held_out_loss()), (Some(1.25), Some(1.75)));
        let metric = facts.story_qa().unwrap();
        assert_eq!(metric_in_words(metric), "0.5 (0.4–0.6), n 90");
        assert_eq!((facts.plan().len(), facts.steps()), (0, "9".to_string()));
    }

    #[test]
    fn numbers_keep_what_matters() {
        let numbers = [0.0, 0.12345, 12.345, 123.4, 2.0, -0.5, 1e-5, 2.5e6];
        let words = ["0", "0.123", "12.3", "123", "2", "-0.5", "1.00e-5", "2.50e6"];
        assert_eq!(numbers.map(number), words);
    }
}
