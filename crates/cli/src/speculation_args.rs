//! Speculation as options of the command line, shared by `generate`, `chat` and `serve`.

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use generate::speculation::draft::Draft;
use generate::{Ngram, Speculation, Statistics};
use serde_json::{Value, json};
use tokenizer::Tokenizer;

use crate::host::Host;
use crate::pick;

/// The options below, for whoever cannot be guessed ahead of.
pub(crate) const OF_SPECULATION: [&str; 2] = ["draft", "speculate"];

/// Who guesses how a text goes on.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct SpeculationArgs {
    /// A smaller model with the same tokenizer, which guesses how the text goes on
    #[arg(long, value_name = "MODEL", help_heading = "Speed")]
    draft: Option<String>,
    /// Read several guessed tokens at once where that is faster; the text is the same. ngram guesses what
    /// followed before in the text, auto asks the --draft if there is one, else ngram
    #[arg(long, value_name = "WHO", value_enum, default_value_t, help_heading = "Speed")]
    speculate: Who,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum Who {
    #[default]
    Auto,
    Ngram,
    Off,
}

impl SpeculationArgs {
    /// Whether another model guesses.
    pub(crate) fn has_draft(&self) -> bool {
        self.draft.is_some()
    }

    /// For a model with this tokenizer.
    pub(crate) fn speculation(
        &self,
        host: &Host,
        tokenizer: &Tokenizer,
    ) -> Result<Option<Speculation>> {
        let Self { draft, speculate } = self;
        ensure!(
            draft.is_none() || *speculate == Who::Auto,
            "--draft names who guesses; leave --speculate out beside it"
        );
        Ok(match (draft, speculate) {
            (Some(name), _) => Some(of(draft_model(host, name, tokenizer)?)),
            (None, Who::Auto | Who::Ngram) => Some(of(Box::new(Ngram::new()))),
            (None, Who::Off) => None,
        })
    }
}

/// Speculation by the process's clock.
pub(crate) fn of(draft: Box<dyn Draft + Send>) -> Speculation {
    let began = Instant::now();
    Speculation::new(draft, Box::new(move || began.elapsed().as_secs_f64()))
}

/// The model of this name as a draft for one with this tokenizer.
pub(crate) fn draft_model(
    host: &Host,
    name: &str,
    tokenizer: &Tokenizer,
) -> Result<Box<dyn Draft + Send>> {
    let loaded = pick::model(host, Some(name)).context("--draft")?;
    Ok(Box::new(chat::draft(loaded.decoding, &loaded.tokenizer, tokenizer).context("--draft")?))
}

/// What became of the guesses.
pub(crate) fn json(statistics: &Statistics) -> Value {
    let Statistics { passes, rounds, proposed, accepted, draft_seconds, pass_seconds } = statistics;
    json!({
        "passes": passes, "rounds": rounds, "proposed": proposed, "accepted": accepted,
        "tokens_per_pass": statistics.tokens_per_pass(), "draft_seconds": draft_seconds,
        "pass_seconds": pass_seconds,
    })
}
