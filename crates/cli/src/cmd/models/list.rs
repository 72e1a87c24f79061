//! `lyceum models list`: one line a model.

use std::fs;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;
use arch::Spec;
use figure::{Column, Table, quantity};
use hub::{Model, Store};
use serde_json::{Value, json};

use crate::out;

/// A longer config is none.
const MAX_CONFIG_BYTES: u64 = 4 << 20;

/// List all models
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lyceum models list
  lyceum models list --json")]
pub(crate) struct Args {}

pub(super) fn run(store: &Store, json: bool) -> Result<()> {
    let models = store.models()?;
    if json {
        for model in &models {
            out::line(line(model))?;
        }
        return Ok(());
    }
    if models.is_empty() {
        eprintln!("there are no models yet; bring one with `lyceum models pull OWNER/NAME`");
    } else {
        out::piece(table(&models).to_text())?;
    }
    for (id, n_bytes) in store.unfinished()? {
        let size = quantity::bytes(n_bytes);
        eprintln!(
            "on its way: {id}, {size} so far; `lyceum models pull {id}` goes on with it, `lyceum \
             models rm {id}` drops it"
        );
    }
    Ok(())
}

fn line(model: &Model) -> Value {
    let spec = spec(&model.folder);
    let since_1970 = model.modified.duration_since(UNIX_EPOCH).unwrap_or_default();
    let pulled = model.pulled.as_ref();
    json!({
        "model": model.id,
        "family": spec.as_ref().map(|spec| &spec.family),
        "parameters": spec.as_ref().map(Spec::n_params),
        "bytes": model.size_bytes,
        "pulled": since_1970.as_secs(),
        "endpoint": pulled.map(|pulled| &pulled.endpoint),
        "revision": pulled.map(|pulled| &pulled.revision),
        "commit": pulled.map(|pulled| &pulled.commit),
        "folder": model.folder,
    })
}

fn table(models: &[Model]) -> Table {
    let columns = vec![
        Column::left("model"),
        Column::left("family"),
        Column::right("parameters"),
        Column::right("size"),
        Column::right("pulled"),
    ];
    let now = SystemTime::now();
    let row = |model: &Model| {
        let spec = spec(&model.folder);
        let dash = || "–".to_string();
        let age = now.duration_since(model.modified).unwrap_or_default();
        vec![
            model.id.to_string(),
            spec.as_ref().map_or_else(dash, |spec| spec.family.clone()),
            spec.as_ref().map_or_else(dash, |spec| quantity::count(spec.n_params() as f64)),
            quantity::bytes(model.size_bytes),
            quantity::ago(age.as_secs_f64()),
        ]
    };
    Table { columns, rows: models.iter().map(row).collect() }
}

/// What the model's config says, if it is one of a family that is known.
fn spec(folder: &Path) -> Option<Spec> {
    let path = folder.join("config.json");
    if fs::metadata(&path).ok()?.len() > MAX_CONFIG_BYTES {
        return None;
    }
    let config: Value = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
    arch::family::from_config(&config).ok()
}
