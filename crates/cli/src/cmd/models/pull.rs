//! `lyceum models pull`: a model comes from a hub. The one command that asks the network for anything.
//!
//! What the environment says is read here: `HF_ENDPOINT` and `HF_TOKEN` as the hub's own tools do, and
//! the proxy for addresses of https.

use std::time::Instant;

use anyhow::Result;
use figure::quantity;
use hub::{Choice, DEFAULT_ENDPOINT, Event, Hub, Options, Plan, Pull, Reference, Store};
use serde_json::{Value, json};
use stdx::progress::Progress;

use crate::host::Host;
use crate::out;

/// Bring a model from the Hugging Face Hub, or from one that speaks as it does
///
/// Config, tokenizer, chat template, card, licence and the weights in one form come, safetensors where
/// there are such. Ctrl-C, a break or a kill keeps what has come; the same command goes on from there.
/// Every file is checked by its checksum, and the model is seen once all of it is there.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lyceum models pull openai-community/gpt2
  lyceum models pull openai-community/gpt2@607a30d783dfa663caf39e06633721c8d4cfcd7e
  lyceum models pull Qwen/Qwen2.5-0.5B-Instruct --dry-run        what would come
  lyceum models pull Qwen/Qwen2.5-0.5B-Instruct-GGUF --include '*q4_k_m.gguf'
  HF_TOKEN=hf_... lyceum models pull meta-llama/Llama-3.2-1B     one with terms to accept first")]
pub(crate) struct Args {
    /// The model, and with @ a branch, tag or commit; without one its branch main
    #[arg(value_name = "OWNER/NAME[@REVISION]")]
    model: Reference,
    /// Take what matches instead of the usual files; * is any run of characters. May be given again
    #[arg(long, value_name = "GLOB")]
    include: Vec<String>,
    /// Leave what matches. May be given again
    #[arg(long, value_name = "GLOB")]
    exclude: Vec<String>,
    /// The hub's address [default: $HF_ENDPOINT, else that of Hugging Face]
    #[arg(long, value_name = "URL")]
    endpoint: Option<String>,
    /// Who asks, for private and gated models [default: $HF_TOKEN, which no list of processes shows]
    #[arg(long, value_name = "TOKEN")]
    token: Option<String>,
    /// Only say what would come
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(args: &Args, store: &Store, host: &Host, json: bool) -> Result<()> {
    let hub = Hub::new(&options(args, host))?;
    let choice = Choice { include: args.include.clone(), exclude: args.exclude.clone() };
    let mut asking = Shown { progress: host.progress("list", 0), ..Shown::default() };
    let plan = kept(host, hub.plan(&args.model, &choice, &mut |event| asking.hear(event)))?;
    if args.dry_run {
        return told(&plan, json);
    }
    let size_bytes = plan.size_bytes();
    let mut shown = Shown { progress: host.progress("pull", size_bytes), ..Shown::default() };
    let pull = kept(host, hub.pull(store, &plan, &mut |event| shown.hear(event)))?;
    if pull.received_bytes > 0 {
        shown.progress.finish(format!("{} came", quantity::bytes(pull.received_bytes)));
    }
    came(&plan, &pull, host, json)
}

/// What the options say, and else the environment.
fn options(args: &Args, host: &Host) -> Options {
    let variable =
        |name| std::env::var(name).ok().filter(|value: &String| !value.trim().is_empty());
    let endpoint = args.endpoint.clone().or_else(|| variable("HF_ENDPOINT"));
    let endpoint = endpoint.map_or(DEFAULT_ENDPOINT.to_string(), |text| text.trim().to_string());
    let token = args.token.clone().or_else(|| variable("HF_TOKEN"));
    let proxies = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
    let proxy = proxies.into_iter().find_map(variable).filter(|_| endpoint.starts_with("https:"));
    Options {
        endpoint,
        token: token.map(|token| token.trim().to_string()),
        proxy,
        interrupt: host.interrupt.clone(),
        ..Options::default()
    }
}

/// The result, or the error of somebody who pressed Ctrl-C.
fn kept<T>(host: &Host, result: hub::Result<T>) -> Result<T> {
    if matches!(result, Err(hub::Error::Interrupted)) {
        host.go_on("what has come is kept, and the same command goes on from there")?;
    }
    Ok(result?)
}

/// The progress as it is shown.
struct Shown {
    progress: Progress,
    file: String,
    /// When bytes began to come, and how many were there then.
    begun: Option<(Instant, u64)>,
}

impl Default for Shown {
    fn default() -> Self {
        Self { progress: Progress::silent(), file: String::new(), begun: None }
    }
}

impl Shown {
    fn hear(&mut self, event: Event) {
        match event {
            Event::File(path) => self.file = path,
            Event::Again { reason, wait } => {
                let wait = quantity::duration(wait.as_secs_f64());
                self.progress.note(&format!("{reason}; again in {wait}"));
            }
            Event::There(n_bytes) => {
                let (since, first) = *self.begun.get_or_insert((Instant::now(), n_bytes));
                let seconds = since.elapsed().as_secs_f64().max(0.001);
                // What a server gives again counts from where it begins.
                let rate = n_bytes.saturating_sub(first) as f64 / seconds;
                let (there, rate) = (quantity::bytes(n_bytes), quantity::bytes(rate as u64));
                self.progress.set(n_bytes, format!("{there} · {rate}/s · {}", self.file));
            }
        }
    }
}

/// Prints what would come.
fn told(plan: &Plan, json: bool) -> Result<()> {
    if json {
        return Ok(out::line(object(plan))?);
    }
    for file in plan.files() {
        out::line(format_args!("{:>9}  {}", quantity::bytes(file.size_bytes), file.path))?;
    }
    let (size, n) = (quantity::bytes(plan.size_bytes()), plan.files().len());
    out::line(format_args!(
        "{size:>9}  {n} files of {} at {}",
        plan.reference().id,
        plan.commit()
    ))?;
    Ok(())
}

/// Prints what came.
fn came(plan: &Plan, pull: &Pull, host: &Host, json: bool) -> Result<()> {
    let id = &plan.reference().id;
    if json {
        let mut object = object(plan);
        object["folder"] = json!(pull.folder);
        object["received_bytes"] = json!(pull.received_bytes);
        return Ok(out::line(object)?);
    }
    let (size, n) = (quantity::bytes(plan.size_bytes()), plan.files().len());
    let what = if pull.received_bytes == 0 { "was here already" } else { "is here" };
    out::line(format_args!("{id} {what}: {n} files, {size}, at {}", plan.commit()))?;
    out::line(format_args!("in {}", pull.folder.display()))?;
    out::line(format_args!("next: {}", host.next(&format!("generate --model {id} \"Once\""))))?;
    Ok(())
}

fn object(plan: &Plan) -> Value {
    json!({
        "model": plan.reference().id,
        "revision": plan.reference().revision,
        "commit": plan.commit(),
        "bytes": plan.size_bytes(),
        "files": plan.files(),
    })
}
