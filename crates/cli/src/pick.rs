//! Which model is meant: a run by its name, a folder or a file by its path, a pulled model by its name, or
//! the newest run.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use journal::Run;
use life::Loaded;

use crate::host::Host;

/// Which model a name means.
enum Which {
    File { path: PathBuf, name: String },
    Folder { path: PathBuf, name: String },
    Run(Run),
}

impl Which {
    fn of(host: &Host, name: &str) -> Result<Self> {
        let path = Path::new(name);
        Ok(if path.is_file() {
            let stem = path.file_stem().unwrap_or_default().to_string_lossy();
            Self::File { path: path.to_path_buf(), name: stem.into_owned() }
        } else if names_a_folder(name) {
            let own = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
            Self::Folder { path: somewhere(host, name)?, name: own.into_owned() }
        } else {
            Self::Run(host.store.run(name)?)
        })
    }

    fn load(&self) -> Result<Loaded> {
        let loaded = match self {
            Self::File { path, name } => life::load::load_file(path, name),
            Self::Folder { path, name } => life::load::load_folder(path, name),
            Self::Run(run) => life::load(run),
        };
        let loaded = loaded.context("the model cannot be loaded")?;
        if let Some(note) = &loaded.note {
            eprintln!("note: {} is not finished: {note}", loaded.options.name);
        }
        Ok(loaded)
    }
}

/// Loads the model that `name` means.
pub(crate) fn model(host: &Host, name: Option<&str>) -> Result<Loaded> {
    match name {
        Some(name) => Which::of(host, name)?.load(),
        None => Which::Run(newest_that_speaks(host)?).load(),
    }
}

/// What the model that `name` means is called.
pub(crate) fn name(host: &Host, name: &str) -> Result<String> {
    match Which::of(host, name)? {
        Which::Folder { path, .. } if !path.is_dir() => {
            bail!("there is no model at {}", path.display())
        }
        Which::File { name, .. } | Which::Folder { name, .. } => Ok(name),
        Which::Run(run) => Ok(run.name()),
    }
}

/// The folder of the model that `name` means, by a path that holds wherever one stands.
pub(crate) fn folder(host: &Host, name: &str) -> Result<PathBuf> {
    let folder = match host.store.run(name) {
        _ if names_a_folder(name) => somewhere(host, name)?,
        Ok(run) => run.model_folder(),
        Err(_) if Path::new(name).is_dir() => inner(Path::new(name)),
        Err(error) => return Err(error).context("--from names neither a folder nor a run"),
    };
    folder.canonicalize().with_context(|| format!("cannot find the model {}", folder.display()))
}

/// Where the model that `name` means lies: a run's or any other model's folder, or a file.
pub(crate) fn model_path(host: &Host, name: &str) -> Result<PathBuf> {
    let path = Path::new(name);
    if path.is_file() {
        return Ok(path.to_path_buf());
    }
    if names_a_folder(name) || path.is_dir() {
        let folder = somewhere(host, name)?;
        anyhow::ensure!(folder.exists(), "there is no model at {}", folder.display());
        return Ok(folder);
    }
    let run =
        host.store.run(name).with_context(|| format!("{name} is neither a path nor a run"))?;
    Ok(run.model_folder())
}

/// The path of a tokenizer, or of the pulled model of that name.
pub(crate) fn tokenizer(host: &Host, path: &Path) -> PathBuf {
    let pulled = path.to_str().and_then(|name| pulled(host, name));
    pulled.and_then(Result::ok).unwrap_or_else(|| path.to_path_buf())
}

/// The folder of the model that a name with a slash means.
fn somewhere(host: &Host, name: &str) -> Result<PathBuf> {
    match pulled(host, name) {
        Some(folder) => folder.with_context(|| format!("cannot find the model {name}")),
        None => Ok(inner(Path::new(name))),
    }
}

/// The folder of a pulled model, where nothing lies at the path and a model can be called so.
fn pulled(host: &Host, name: &str) -> Option<Result<PathBuf>> {
    let can_be = !Path::new(name).exists() && name.parse::<hub::ModelId>().is_ok();
    can_be.then(|| Ok(hub::Store::at(host.store.home()).resolve(name)?))
}

/// Of a run's folder that of its model; any other folder itself.
fn inner(folder: &Path) -> PathBuf {
    let inner = folder.join("model");
    if inner.join("config.json").is_file() { inner } else { folder.to_path_buf() }
}

/// The newest run that has a model, or at least a checkpoint.
pub(crate) fn newest_that_speaks(host: &Host) -> Result<Run> {
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
