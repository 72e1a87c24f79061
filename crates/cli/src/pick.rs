//! Which model is meant: a run by its name, a folder by its path, or the newest run.

use std::path::Path;

use anyhow::{Context, Result, bail};
use journal::Run;
use life::Loaded;

use crate::host::Host;

/// Loads the model that `name` means.
pub(crate) fn model(host: &Host, name: Option<&str>) -> Result<Loaded> {
    let loaded = match name {
        Some(name) if names_a_folder(name) => {
            let folder = Path::new(name);
            let own = folder.file_name().unwrap_or(folder.as_os_str()).to_string_lossy();
            let inner = folder.join("model"); // Of a run's folder.
            let is_run = inner.join("config.json").is_file();
            life::load::load_folder(if is_run { &inner } else { folder }, &own)
        }
        Some(name) => life::load(&host.store.run(name)?),
        None => life::load(&newest_that_speaks(host)?),
    };
    let loaded = loaded.context("the model cannot be loaded")?;
    if let Some(note) = &loaded.note {
        eprintln!("note: {} is not finished: {note}", loaded.options.name);
    }
    Ok(loaded)
}

/// The newest run that has a model, or at least a checkpoint.
fn newest_that_speaks(host: &Host) -> Result<Run> {
    match speaking(host)? {
        Some(run) => Ok(run),
        None => run(host, None), // Its error says what to do.
    }
}

/// The newest run that has a model, or at least a checkpoint, if there is any.
pub(crate) fn speaking(host: &Host) -> Result<Option<Run>> {
    Ok(host.store.runs()?.into_iter().find(life::load::has_model))
}

/// The run of this name, or the newest.
pub(crate) fn run(host: &Host, name: Option<&str>) -> Result<Run> {
    if let Some(name) = name {
        return Ok(host.store.run(name)?);
    }
    match host.store.latest()? {
        Some(run) => Ok(run),
        None => bail!("there are no runs yet; make a first model with `lyceum speedrun`"),
    }
}

fn names_a_folder(name: &str) -> bool {
    name.contains(['/', '\\']) || Path::new(name).join("config.json").is_file()
}
