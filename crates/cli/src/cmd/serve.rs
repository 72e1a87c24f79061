//! `lyceum serve`: the model behind OpenAI's interface and a chat page, the pages of runs, and the page
//! of tokens.
//!
//! Without a model yet it serves all the rest, and looks for the first finished run meanwhile: the
//! socket stays open while the routes behind it change.

mod limits;
mod logging;
mod models;
mod vocabularies;

use std::net::{IpAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use axum::Router;
use history::History;
use journal::{Run, Store};
use serve::{Models, Server, Settings};
use stdx::interrupt::Interrupt;

use self::limits::{AccessArgs, LoadArgs};
use self::logging::LogArgs;
use self::models::{How, ModelArgs};
use self::vocabularies::Shelf;
use crate::cache_args::CacheArgs;
use crate::host::Host;
use crate::speculation_args::SpeculationArgs;
use crate::{out, pick};

/// Serve a model: a chat page, pages of all runs, text as tokens, and OpenAI's interface under /v1
///
/// The runs are at /runs, live while they train; /tokens shows what vocabularies make of a text.
/// Without a model yet, these pages are served all the same, and the first run that is finished
/// meanwhile answers.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lyceum serve                         then open http://127.0.0.1:8000
  lyceum serve --model bard --port 9000
  lyceum serve --tokenizer gpt2/       its tokens beside those of the runs, at /tokens
  lyceum serve --model m.gguf --parallel 8 --api-key secret --rate 60
  lyceum serve --model bard --model m.gguf --alias gpt-4o=m --idle 10
  lyceum serve --config serve.toml     options from a file: port = 9000, model = [\"bard\", \"m.gguf\"]
  LYCEUM_SERVE_PORT=9000 lyceum serve  or from the environment; the command line goes before both
  lyceum serve --hash-key tom < key    a line for --api-keys FILE
  curl http://127.0.0.1:8000/v1/chat/completions -H 'Content-Type: application/json' \\
    -d '{\"messages\": [{\"role\": \"user\", \"content\": \"Tell me a story.\"}]}'")]
pub(crate) struct Args {
    /// A TOML file with options: their names without the dashes, and their values
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    models: ModelArgs,
    /// A tokenizer's file, or a folder with one, for the page of tokens; may be given again
    #[arg(long, value_name = "PATH")]
    tokenizer: Vec<PathBuf>,
    /// Address to listen on; others than this machine's own are open to everybody who reaches it
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    host: IpAddr,
    /// Port to listen on; 0 takes any free one
    #[arg(long, short, value_name = "PORT", default_value_t = 8000)]
    port: u16,
    /// Keep no conversations of the chat page
    #[arg(long)]
    forget: bool,
    /// Another name by which browsers know this server; may be given again
    #[arg(long, value_name = "NAME")]
    host_name: Vec<String>,
    #[command(flatten)]
    speculation: SpeculationArgs,
    #[command(flatten)]
    cache: CacheArgs,
    #[command(flatten)]
    load: LoadArgs,
    #[command(flatten)]
    access: AccessArgs,
    #[command(flatten)]
    log: LogArgs,
}

/// What a request for words is told while nothing can answer it.
const NO_MODEL: &str = "there is no model yet; make one with `lyceum speedrun`, and once it is \
                        finished it answers here";
/// Between two looks for a first model.
const LOOK_EVERY: Duration = Duration::from_secs(2);

pub(crate) fn run(args: Args, host: &Host) -> Result<()> {
    if let Some(name) = &args.access.hash_key {
        return hash_key(name);
    }
    let _log = args.log.begin()?;
    let how = How {
        host: host.clone(),
        cache: args.cache,
        speculation: args.speculation.clone(),
        options: args.load.options()?,
    };
    let settings = args.access.settings()?;
    let tokenizers: Vec<PathBuf> =
        args.tokenizer.iter().map(|path| pick::tokenizer(host, path)).collect();
    let pages = Pages {
        store: host.store.clone(),
        vocabularies: Arc::new(Shelf::new(host.store.clone(), &tokenizers)?),
    };
    let has_model = args.models.names_any() || pick::speaking(host)?.is_some();
    let models = if has_model { Some(args.models.models(&how)?) } else { None };
    if !args.host.is_loopback() && settings.keys.is_open() {
        eprintln!("note: whoever reaches {} can talk with the model and see all runs", args.host);
    }
    let listener = TcpListener::bind((args.host, args.port)).with_context(|| {
        format!("cannot listen on {}:{}; choose another --port", args.host, args.port)
    })?;
    listener.set_nonblocking(true)?; // As the runtime needs it.
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime.worker_threads(2).enable_all();
    let runtime = runtime.build().context("no threads for the server")?;
    let address = listener.local_addr()?;
    let (models, examples) = match models {
        Some(models) => models,
        None => {
            out::line(format_args!(
                "no model yet; runs on http://{address}/runs  (Ctrl-C ends it)"
            ))?;
            runtime.block_on(wait(&listener, host, &pages))?;
            if host.interrupt.requested() {
                return Ok(());
            }
            args.models.models(&how)?
        }
    };
    runtime.block_on(args.models.pinned(&models))?;
    let names = models.names();
    let server = Server::new(models, settings);
    let routes = serve::router(&server).merge(web::router(&names[0], &examples));
    let routes = routes.merge(pages.router()).merge(conversations(host, &args));
    let names = names.join(", ");
    out::line(format_args!("{names} on http://{address}  (Ctrl-C ends it)"))?;
    runtime.block_on(serve(&server, routes, &listener, asked(host.interrupt.clone())))
}

/// What was said before, unless it is not to be kept or cannot be.
fn conversations(host: &Host, args: &Args) -> Router {
    if args.forget {
        return Router::new();
    }
    match History::open(&host.store.home().join("conversations.sqlite")) {
        Ok(history) => web::conversations::router(Arc::new(history), &args.host_name),
        Err(error) => {
            eprintln!("note: conversations are not kept: {error}");
            Router::new()
        }
    }
}

/// Prints a line for a file of keys.
fn hash_key(name: &str) -> Result<()> {
    let mut key = String::new();
    std::io::stdin().read_line(&mut key).context("cannot read the key from standard input")?;
    let key = key.trim();
    ensure!(!key.is_empty(), "there is no key on standard input");
    let is_word = !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c == '#');
    ensure!(is_word, "the name of a key is one word");
    Ok(out::line(serve::keys::line(name, key))?)
}

/// What is served whether there is a model or not.
struct Pages {
    store: Store,
    vocabularies: Arc<Shelf>,
}

impl Pages {
    fn router(&self) -> Router {
        let runs = web::runs::router(self.store.clone());
        runs.merge(web::tokens::router(self.vocabularies.clone()))
    }
}

/// Serves what there is without a model, until a run is finished or somebody asks to stop.
async fn wait(listener: &TcpListener, host: &Host, pages: &Pages) -> Result<()> {
    let pages = web::router_without_model().merge(pages.router());
    let routes = serve::router_without_model(NO_MODEL).merge(pages);
    let (asked, found) = (asked(host.interrupt.clone()), found(host.store.clone()));
    let either = async move {
        tokio::select! { () = asked => {} () = found => {} }
    };
    serve(&Server::new(Models::default(), Settings::default()), routes, listener, either).await
}

async fn serve(
    server: &Server,
    routes: Router,
    listener: &TcpListener,
    until: impl Future<Output = ()> + Send + 'static,
) -> Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener.try_clone()?)?;
    Ok(serve::serve(server, routes, listener, until).await?)
}

/// Done once somebody asks to stop.
async fn asked(interrupt: Interrupt) {
    while !interrupt.requested() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Done once there is a finished run. One that has a checkpoint only would be served as it was
/// then, and babble.
async fn found(store: Store) {
    let speaks = |run: &Run| run.is_finished() && life::load::has_model(run);
    let is_there = || store.runs().is_ok_and(|runs| runs.iter().any(speaks));
    while !is_there() {
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
