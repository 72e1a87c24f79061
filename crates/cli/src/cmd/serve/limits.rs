//! How much a server takes on, and from whom, as options of the command line.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use axum::http::HeaderValue;
use chat::BatchedOptions;
use generate::{Batching, Limits};
use serve::Settings;
use serve::keys::Keys;
use serve::patience::Patience;
use serve::rate::Rate;
use serve::tls::Tls;

/// How much is taken on at once.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct LoadArgs {
    /// Answers that go on at once; others wait
    #[arg(long, value_name = "N", default_value_t = 16, help_heading = "Load")]
    parallel: usize,
    /// Requests that may wait; more are told to come back (429)
    #[arg(long, value_name = "N", default_value_t = 256, help_heading = "Load")]
    queue: usize,
    /// Who goes into a pass together: continuous (whoever is there), dynamic (batches that wait a moment for
    /// others, and that nobody joins), static (batches that wait until they are full)
    #[arg(long, value_name = "HOW", value_enum, default_value_t, help_heading = "Load")]
    batching: How,
    /// How long a dynamic or static batch waits for others [default: 10 for dynamic, 1000 for static]
    #[arg(long, value_name = "MILLISECONDS", help_heading = "Load")]
    batch_wait: Option<u64>,
    /// Tokens of prompts that are read beside answers in one pass: fewer keep answers steady, more let prompts
    /// through sooner
    #[arg(long, value_name = "TOKENS", default_value_t = 64, help_heading = "Load")]
    prompt_step: usize,
    /// Memory for keys and values of answers under way; who does not fit waits
    #[arg(long, value_name = "GB", default_value_t = 2.0, help_heading = "Load")]
    cache_memory: f64,
    /// Memory for keys and values of texts that were read, for others that begin alike
    #[arg(long, value_name = "GB", default_value_t = 1.0, help_heading = "Load")]
    prefix_memory: f64,
    /// Tokens of an answer at most, whatever is asked
    #[arg(long, value_name = "TOKENS", help_heading = "Load")]
    max_tokens: Option<usize>,
    /// Seconds of an answer at most, whatever is asked
    #[arg(long, value_name = "SECONDS", help_heading = "Load")]
    time_limit: Option<f64>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum How {
    #[default]
    Continuous,
    Dynamic,
    Static,
}

impl LoadArgs {
    /// What the model is told.
    pub(super) fn options(&self) -> Result<BatchedOptions> {
        ensure!(self.parallel >= 1, "--parallel must be at least 1");
        ensure!(self.prompt_step >= 1, "--prompt-step must be at least 1");
        let is_size = |gb: f64| (0.0..=1e6).contains(&gb);
        ensure!(is_size(self.cache_memory), "--cache-memory must be a size in GB");
        ensure!(is_size(self.prefix_memory), "--prefix-memory must be a size in GB");
        let is_time = self.time_limit.is_none_or(|seconds| seconds > 0.0 && seconds.is_finite());
        ensure!(is_time, "--time-limit must be a number of seconds above 0");
        let wait = |usual: u64| self.batch_wait.unwrap_or(usual) as f64 / 1e3;
        let batching = match self.batching {
            How::Continuous => Batching::Continuous,
            How::Dynamic => Batching::Whole { wait: wait(10) },
            How::Static => Batching::Whole { wait: wait(1000) },
        };
        let limits = Limits {
            sequences: self.parallel,
            rows_beside: self.prompt_step,
            cache_bytes: (self.cache_memory * 1e9) as usize,
            kept_bytes: (self.prefix_memory * 1e9) as usize,
            batching,
            ..Limits::default()
        };
        let (queue, max_tokens, seconds) = (self.queue, self.max_tokens, self.time_limit);
        Ok(BatchedOptions { limits, queue, max_tokens, seconds })
    }
}

/// Who may ask.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct AccessArgs {
    /// A key that requests must bring: Authorization: Bearer KEY; may be given again
    #[arg(
        long,
        value_name = "KEY",
        env = "LYCEUM_API_KEY",
        hide_env_values = true,
        help_heading = "Access"
    )]
    api_key: Vec<String>,
    /// A file of keys: a name and the key's SHA-256 sum a line, as `lyceum serve --hash-key` prints them
    #[arg(long, value_name = "FILE", help_heading = "Access")]
    api_keys: Option<PathBuf>,
    /// Reads a key from standard input, prints its line for --api-keys, and ends
    #[arg(long, value_name = "NAME", help_heading = "Access")]
    pub(super) hash_key: Option<String>,
    /// Requests a minute that one key may send
    #[arg(long, value_name = "REQUESTS", help_heading = "Access")]
    rate: Option<f64>,
    /// A PEM file with the server's certificate and those above it: it speaks TLS then
    #[arg(long, value_name = "FILE", requires = "tls_key", help_heading = "Access")]
    tls_certificates: Option<PathBuf>,
    /// A PEM file with the certificate's key
    #[arg(long, value_name = "FILE", requires = "tls_certificates", help_heading = "Access")]
    tls_key: Option<PathBuf>,
    /// Seconds that answers under way may still take when the server ends
    #[arg(long, value_name = "SECONDS", default_value_t = 60, help_heading = "Load")]
    grace: u64,
    /// Bytes of a request's body at most, in MB
    #[arg(long, value_name = "MB", default_value_t = 16, help_heading = "Access")]
    max_body: usize,
    /// An origin (scheme://host) whose pages may ask in their visitors' browsers; * for any; may be given
    /// again [default: none]
    #[arg(long, value_name = "ORIGIN", help_heading = "Access")]
    cors: Vec<HeaderValue>,
}

impl AccessArgs {
    /// What the server is told.
    pub(super) fn settings(&self) -> Result<Settings> {
        let mut keys = Keys::default();
        for key in &self.api_key {
            ensure!(!key.is_empty(), "--api-key must not be empty");
            keys.add("command line", key);
        }
        if let Some(path) = &self.api_keys {
            let shown = path.display();
            let text = std::fs::read_to_string(path);
            let text = text.with_context(|| format!("cannot read the keys in {shown}"))?;
            keys.read(&text).with_context(|| shown.to_string())?;
            ensure!(
                !keys.is_open(),
                "{shown} has no keys; leave --api-keys out to let anybody ask"
            );
        }
        let rate = self.rate.map(|requests| {
            ensure!(
                !keys.is_open(),
                "--rate counts by key; give --api-key or --api-keys beside it"
            );
            ensure!(requests > 0.0 && requests.is_finite(), "--rate must be above 0");
            Ok(Rate::per_minute(requests))
        });
        let rate = rate.transpose()?;
        let tls = match (&self.tls_certificates, &self.tls_key) {
            (Some(certificates), Some(key)) => Some(Tls::read(certificates, key)?),
            _ => None,
        };
        let (max_body_bytes, grace) =
            (self.max_body.clamp(1, 1024) << 20, Duration::from_secs(self.grace));
        let origins = self.cors.clone();
        let patience = Patience::default();
        Ok(Settings { keys, rate, max_body_bytes, tls, origins, patience, grace })
    }
}
