//! `lyceum serve`: the model behind OpenAI's interface and a chat page.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use chat::{LocalModel, Respond};
use life::Loaded;

use crate::host::Host;
use crate::out;
use crate::pick;

/// Serve a model: a chat page, and OpenAI's interface under /v1
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lyceum serve                         then open http://127.0.0.1:8000
  lyceum serve --model bard --port 9000
  curl http://127.0.0.1:8000/v1/chat/completions -H 'Content-Type: application/json' \\
    -d '{\"messages\": [{\"role\": \"user\", \"content\": \"Tell me a story.\"}]}'")]
pub(crate) struct Args {
    /// A run, or a model's folder [default: the newest run]
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,
    /// Address to listen on; others than this machine's own are open to everybody who reaches it
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    host: IpAddr,
    /// Port to listen on; 0 takes any free one
    #[arg(long, short, value_name = "PORT", default_value_t = 8000)]
    port: u16,
}

pub(crate) fn run(args: Args, host: &Host) -> Result<()> {
    let loaded = pick::model(host, args.model.as_deref())?;
    let Loaded { decoding, tokenizer, options, examples, .. } = loaded;
    let model = Arc::new(LocalModel::new(decoding, tokenizer, options)?);
    if !args.host.is_loopback() {
        eprintln!("note: whoever reaches {} can talk with this model", args.host);
    }
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime.worker_threads(2).enable_all();
    let runtime = runtime.build().context("no threads for the server")?;
    let pages = web::router(model.model_name(), &examples);
    runtime.block_on(listen(args, model, pages, host.interrupt.clone()))
}

async fn listen(
    args: Args,
    model: Arc<dyn Respond>,
    pages: axum::Router,
    interrupt: stdx::interrupt::Interrupt,
) -> Result<()> {
    let address = (args.host, args.port);
    let listener = tokio::net::TcpListener::bind(address).await.with_context(|| {
        format!("cannot listen on {}:{}; choose another --port", args.host, args.port)
    })?;
    out::line(format_args!(
        "{} on http://{}  (Ctrl-C ends it)",
        model.model_name(),
        listener.local_addr()?
    ))?;
    let router = serve::router(model.clone()).merge(pages);
    let asked = async move {
        while !interrupt.requested() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    Ok(serve::serve(router, listener, asked).await?)
}
