//! `lyceum models rm`: a model goes for good. It can be pulled again, so nobody is asked.

use anyhow::Result;
use figure::quantity;
use hub::Store;
use serde_json::json;

use crate::out;

/// Remove a model, and what is on its way of it
///
/// It must be named in full; the hub still has it.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lyceum models rm openai-community/gpt2
  lyceum models rm openai-community/gpt2 --json")]
pub(crate) struct Args {
    /// The model
    #[arg(value_name = "OWNER/NAME")]
    model: String,
}

pub(super) fn run(args: &Args, store: &Store, json: bool) -> Result<()> {
    let (model, freed) = (&args.model, store.remove(&args.model)?);
    if json {
        return Ok(out::line(json!({"model": model, "freed_bytes": freed}))?);
    }
    let size = quantity::bytes(freed);
    Ok(out::line(format_args!("removed {model}: {size} ({freed} bytes) freed"))?)
}
