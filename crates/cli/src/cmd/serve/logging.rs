//! The server's log, as options of the command line.

use std::io::IsTerminal as _;

#[cfg(feature = "otel")]
use anyhow::Context as _;
use anyhow::Result;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;

/// What is logged, and how.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct LogArgs {
    /// What is logged to standard error: every request (info), failures alone (error), nothing (off)
    #[arg(long, value_name = "LEVEL", value_enum, default_value_t, help_heading = "Log")]
    log: Level,
    /// How: for people (text) or one JSON object a line (json)
    #[arg(long, value_name = "FORM", value_enum, default_value_t, help_heading = "Log")]
    log_format: Form,
    /// Log what is asked and answered too; without this no word of it is written anywhere
    #[arg(long, help_heading = "Log")]
    log_prompts: bool,
    /// Sends traces of requests to this collector (OTLP over HTTP: often port 4318, path /v1/traces)
    #[cfg(feature = "otel")]
    #[arg(long, value_name = "URL", help_heading = "Log")]
    otel: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum Level {
    Off,
    Error,
    #[default]
    Info,
    Debug,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum Form {
    #[default]
    Text,
    Json,
}

/// Ends what the log has begun, when it is dropped: traces on their way are sent.
#[derive(Default)]
pub(super) struct Log {
    #[cfg(feature = "otel")]
    _traces: Option<serve::otel::Traces>,
}

impl LogArgs {
    /// Begins the log.
    pub(super) fn begin(&self) -> Result<Log> {
        #[cfg(feature = "otel")]
        if let Some(url) = &self.otel {
            let (registry, traces) =
                serve::otel::registry(url).map_err(anyhow::Error::msg).context("--otel")?;
            registry.with(self.lines()).try_init()?;
            return Ok(Log { _traces: Some(traces) });
        }
        tracing_subscriber::registry().with(self.lines()).try_init()?;
        Ok(Log::default())
    }

    /// A line for each event that is wanted.
    fn lines<S>(&self) -> Box<dyn Layer<S> + Send + Sync>
    where
        S: tracing::Subscriber + for<'a> LookupSpan<'a>,
    {
        let level = match self.log {
            Level::Off => LevelFilter::OFF,
            Level::Error => LevelFilter::ERROR,
            Level::Info => LevelFilter::INFO,
            Level::Debug => LevelFilter::DEBUG,
        };
        let said = if self.log_prompts { LevelFilter::TRACE } else { LevelFilter::OFF };
        // Of other libraries failures alone.
        let others = level.min(LevelFilter::WARN);
        let targets = Targets::new()
            .with_default(others)
            .with_target("serve", level)
            .with_target(serve::log::SAID, said);
        let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
        let lines = lines.with_ansi(std::io::stderr().is_terminal());
        match self.log_format {
            Form::Text => lines.with_target(false).with_filter(targets).boxed(),
            Form::Json => {
                let lines = lines.json().with_current_span(true).with_span_list(false);
                lines.with_filter(targets).boxed()
            }
        }
    }
}
