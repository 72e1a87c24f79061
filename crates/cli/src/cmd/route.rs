//! `lyceum route`: one address for several servers.
//!
//! It needs no store, and hears signals by itself: SIGHUP, which ends other commands, has it read its
//! configuration again.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use route::{Address, Config, Event, Router, Watch};

use crate::out;

/// Where the key for `/replicas` may stand, so that it stands in no file.
const ADMIN_KEY: &str = "LYCEUM_ROUTE_ADMIN_KEY";

/// Balance requests over several servers: replicas of `lyceum serve`, or any with OpenAI's API
///
/// Turns of one conversation go to the replica whose cache has them, unless it is overloaded. A
/// replica that fails is left alone for a while; what it had not begun to answer goes to another.
/// The router's own addresses are /health, /ready, /metrics and /replicas. TLS is for a proxy in
/// front: see deploy/.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lyceum route --replica http://127.0.0.1:8001 --replica http://127.0.0.1:8002
  lyceum route --config route.toml --log json      kill -HUP has it read the file again
  curl http://127.0.0.1:8080/replicas
  curl -X POST -H \"Authorization: Bearer $LYCEUM_ROUTE_ADMIN_KEY\" \\
    http://127.0.0.1:8080/replicas/127.0.0.1:8001/drain")]
pub(crate) struct Args {
    /// A server to send requests to, as http://host:port; may be given again
    #[arg(long = "replica", value_name = "URL")]
    replicas: Vec<Address>,
    /// Replicas, limits and times as TOML; deploy/route.toml shows all of it
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Who gets a request: prefix, least-loaded or round-robin [default: prefix, or the file's]
    #[arg(long, value_name = "NAME")]
    policy: Option<String>,
    /// Address to listen on
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    host: IpAddr,
    /// Port to listen on; 0 takes any free one
    #[arg(long, short, value_name = "PORT", default_value_t = 8080)]
    port: u16,
    /// Seed of what is left to chance [default: another each time]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// How what happens is told on standard error
    #[arg(long, value_enum, default_value_t = Log::Text)]
    log: Log,
    /// Tell of each request too: never of its words
    #[arg(long)]
    log_requests: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, clap::ValueEnum)]
enum Log {
    /// A line of words
    Text,
    /// An object of JSON a line
    Json,
    /// Not at all
    None,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let seed = args.seed.unwrap_or_else(|| RandomState::new().build_hasher().finish());
    let router = Router::new(args.sources().read()?, seed, watch(args))?;
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.enable_all().build().context("no threads for the router")?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind((args.host, args.port)).await;
        let listener = listener.with_context(|| {
            format!("cannot listen on {}:{}; choose another --port", args.host, args.port)
        })?;
        let address = listener.local_addr()?;
        // Before anybody is told that it is there, so that no signal comes too early.
        let end = end()?;
        let rereading = tokio::spawn(reread(args.sources(), router.clone())?);
        out::line(format_args!("router on http://{address}  (Ctrl-C ends it)"))?;
        router.serve(listener, end).await?;
        rereading.abort();
        Ok(())
    })
}

/// What the configuration is made of.
#[derive(Clone)]
struct Sources {
    replicas: Vec<Address>,
    config: Option<PathBuf>,
    policy: Option<String>,
}

impl Args {
    fn sources(&self) -> Sources {
        let Self { replicas, config, policy, .. } = self;
        Sources { replicas: replicas.clone(), config: config.clone(), policy: policy.clone() }
    }
}

impl Sources {
    fn read(&self) -> Result<Config> {
        let mut config = match &self.config {
            Some(path) => Config::read(path)?,
            None => Config::default(),
        };
        config.replicas.extend(self.replicas.iter().cloned().map(route::config::Replica::new));
        if let Some(policy) = &self.policy {
            config.policy.clone_from(policy);
        }
        if let Some(key) = std::env::var(ADMIN_KEY).ok().filter(|key| !key.is_empty()) {
            config.admin_key = Some(key);
        }
        Ok(config)
    }
}

/// Tells of what happens on standard error.
fn watch(args: &Args) -> Watch {
    let (log, requests) = (args.log, args.log_requests);
    Arc::new(move |event: &Event| {
        let is_of_request = matches!(event, Event::Answered(_) | Event::Retried { .. });
        if is_of_request && !requests {
            return;
        }
        match log {
            Log::None => {}
            Log::Text => eprintln!("{event}"),
            Log::Json => eprintln!("{}", in_json(event)),
        }
    })
}

/// An event with its time.
fn in_json(event: &Event) -> serde_json::Value {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut value = serde_json::to_value(event).unwrap_or_default();
    value["time"] = now.as_secs_f64().into();
    value
}

/// Done once somebody asks to stop; a second Ctrl-C does not wait for answers under way.
#[cfg(unix)]
fn end() -> Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupts = signal(SignalKind::interrupt()).context("Ctrl-C cannot be watched")?;
    let mut terminations = signal(SignalKind::terminate()).context("SIGTERM cannot be watched")?;
    Ok(async move {
        tokio::select! {
            _ = interrupts.recv() => {}
            _ = terminations.recv() => {}
        }
        tokio::spawn(async move {
            interrupts.recv().await;
            std::process::exit(130);
        });
    })
}

#[cfg(not(unix))]
fn end() -> Result<impl Future<Output = ()>> {
    Ok(async { drop(tokio::signal::ctrl_c().await) })
}

/// Reads the configuration again at each SIGHUP. One that cannot be used changes nothing.
#[cfg(unix)]
fn reread(sources: Sources, router: Router) -> Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut asked = signal(SignalKind::hangup()).context("SIGHUP cannot be watched")?;
    Ok(async move {
        while asked.recv().await.is_some() {
            let renewed = sources.read().and_then(|config| Ok(router.reload(config)?));
            if let Err(error) = renewed {
                eprintln!("error: {error:#}; all stays as it was");
            }
        }
    })
}

#[cfg(not(unix))]
fn reread(_sources: Sources, _router: Router) -> Result<impl Future<Output = ()>> {
    Ok(std::future::pending())
}
