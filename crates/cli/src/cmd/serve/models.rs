//! Which models a server has, as options of the command line: the first in memory from the beginning, others as
//! they are asked for.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use chat::{BatchedModel, BatchedOptions, Service};
use life::Loaded;
use serve::{Loader, Models};

use crate::cache_args::CacheArgs;
use crate::host::Host;
use crate::pick;
use crate::speculation_args::SpeculationArgs;

/// Which models, and how long they stay.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct ModelArgs {
    /// A run, a model's folder, a GGUF file, or a pulled model; given again, one more, which is loaded once
    /// somebody asks for it [default: the newest run]
    #[arg(long, value_name = "MODEL", help_heading = "Models")]
    model: Vec<String>,
    /// Another name for a model, as clients may ask for names that they know; may be given again
    #[arg(long, value_name = "NAME=MODEL", help_heading = "Models", value_parser = alias)]
    alias: Vec<(String, String)>,
    /// A model that is loaded at the beginning and never goes; may be given again
    #[arg(long, value_name = "NAME", help_heading = "Models")]
    pin: Vec<String>,
    /// Minutes after which a model goes from memory that nobody asks; the next request loads it again
    #[arg(long, value_name = "MINUTES", help_heading = "Models")]
    idle: Option<f64>,
    /// Models in memory at once; for one more the one goes that rested longest
    #[arg(long, value_name = "N", help_heading = "Models")]
    loaded: Option<usize>,
}

/// How each is set to work.
#[derive(Clone)]
pub(super) struct How {
    pub(super) host: Host,
    pub(super) cache: CacheArgs,
    pub(super) speculation: SpeculationArgs,
    pub(super) options: BatchedOptions,
}

fn alias(text: &str) -> Result<(String, String), String> {
    let (alias, name) = text.split_once('=').ok_or("expected NAME=MODEL")?;
    Ok((alias.to_string(), name.to_string()))
}

impl How {
    /// The model that `given` means, ready to be asked, and what a person may say to it.
    fn load(&self, given: Option<&str>) -> Result<(Arc<dyn Service>, Vec<String>)> {
        let Loaded { decoding, tokenizer, options: names, examples, .. } =
            self.cache.model(&self.host, given)?;
        let speculation = self.speculation.speculation(&self.host, &tokenizer)?;
        let began = Instant::now();
        let clock = Arc::new(move || began.elapsed().as_secs_f64());
        let model =
            BatchedModel::new(decoding, tokenizer, names, self.options, clock, speculation)?;
        Ok((Arc::new(model), examples))
    }

    /// Loads it when it is asked for.
    fn later(&self, given: &str) -> Loader {
        let (how, given) = (self.clone(), given.to_string());
        Box::new(move || match how.load(Some(&given)) {
            Ok((service, _)) => Ok(service),
            Err(error) => Err(crate::in_words(&error)),
        })
    }
}

impl ModelArgs {
    /// Whether any is named.
    pub(super) fn names_any(&self) -> bool {
        !self.model.is_empty()
    }

    /// All of them, the first in memory, and what a person may say to that.
    pub(super) fn models(&self, how: &How) -> Result<(Models, Vec<String>)> {
        let minutes = self.idle.unwrap_or(1.0);
        ensure!((0.0..=1e6).contains(&minutes), "--idle must be a number of minutes");
        ensure!(self.loaded != Some(0), "--loaded must be at least 1");
        let several = self.model.len() > 1;
        ensure!(
            !(several && how.speculation.has_draft()),
            "--draft guesses for one model; leave it out where there are several"
        );
        let rest = self.idle.map(|minutes| Duration::from_secs_f64(minutes * 60.0));
        let mut models = Models::new(self.loaded, rest);
        let first = match self.model.first() {
            Some(first) => first.clone(),
            None => pick::newest_that_speaks(&how.host)?.name(),
        };
        let (service, examples) = how.load(Some(&first))?;
        let mut names = BTreeSet::from([service.card().name.clone()]);
        models.add_loaded(service, how.later(&first));
        for given in self.model.iter().skip(1) {
            let name = pick::name(&how.host, given)?;
            ensure!(
                names.insert(name.clone()),
                "two models are called {name}; rename one's folder or file"
            );
            models.add_loaded_on_demand(&name, how.later(given));
        }
        for (alias, name) in &self.alias {
            models.alias(alias, name).map_err(anyhow::Error::msg).context("--alias")?;
        }
        Ok((models, examples))
    }

    /// Loads those that are to stay.
    pub(super) async fn pinned(&self, models: &Models) -> Result<()> {
        for name in &self.pin {
            models.pin(name).await.context("--pin")?;
        }
        Ok(())
    }
}
