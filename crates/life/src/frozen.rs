//! `config.json` of a run: the wish, and what it came to. Written once the machine's speed is
//! known, and only read after that: a resumed run takes the same steps on any machine.

use std::path::Path;

use journal::Run;
use kernels::Isa;
use serde::{Deserialize, Serialize};
use train::Config;

use crate::{Error, Recipe};

/// The form of the file.
const VERSION: u32 = 1;

/// The file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Frozen {
    version: u32,
    /// What was wished for.
    pub recipe: Recipe,
    /// The model that was begun with, once its files are the run's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adopted: Option<Adopted>,
    /// What training does: reading, or teaching where nothing is read. Absent until the stage `plan` is
    /// done.
    pub config: Option<Config>,
    /// What teaching after reading does; absent until its plan is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub teaching: Option<Config>,
    /// Instructions of the machine that it was begun on: with others the last bits may differ.
    pub isa: Option<String>,
}

/// Where a model came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Adopted {
    /// Its name: that of its run, or of its folder.
    pub name: String,
    /// Its family, such as `gpt2`.
    pub family: String,
    /// Its parameters.
    pub parameters: u64,
}

impl Frozen {
    /// A wish, nothing derived yet.
    pub fn new(recipe: Recipe) -> Self {
        let (adopted, config, teaching, isa) = (None, None, None, None);
        Self { version: VERSION, recipe, adopted, config, teaching, isa }
    }

    /// Takes the plan, for this machine's instructions.
    pub fn freeze(&mut self, config: Config) {
        self.config = Some(config);
        self.isa = Some(Isa::current().name().to_string());
    }

    /// What to say if this machine computes with other instructions than the run began with.
    pub fn note_on_isa(&self) -> Option<String> {
        let (began, now) = (self.isa.as_deref()?, Isa::current().name());
        (began != now).then(|| {
            format!("this run began with the instructions {began}, this session has {now}: the last bits of its weights may differ")
        })
    }

    /// Reads a run's file.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::File`] for one that was changed into what is no config.
    pub fn read(run: &Run) -> Result<Self, Error> {
        let path = run.config_path();
        if !path.exists() {
            let reason = "the run was not begun; give the command that makes it again".into();
            return Err(Error::File { path, reason });
        }
        let text = std::fs::read_to_string(&path).map_err(Error::io(&path))?;
        let wrong = |reason| Error::File { path: path.clone(), reason };
        let changed =
            |e: serde_json::Error| wrong(format!("{e}; undo the change, or begin a new run"));
        let mut value: serde_json::Value = serde_json::from_str(&text).map_err(changed)?;
        for key in ["config", "teaching"] {
            if let Some(config) = value.get_mut(key) {
                train::config::before::renew(config);
            }
        }
        let frozen: Self = serde_json::from_value(value).map_err(changed)?;
        if frozen.version != VERSION {
            let reason = format!("version {} is not known, expected {VERSION}", frozen.version);
            return Err(wrong(reason));
        }
        Ok(frozen)
    }

    /// Writes the file in one step.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn write(&self, run: &Run) -> Result<(), Error> {
        write_json(&run.config_path(), self)
    }
}

/// Writes a value as JSON that people can read, in one step.
///
/// # Errors
/// [`Error::Io`].
pub fn write_json(path: &Path, value: &impl Serialize) -> Result<(), Error> {
    let json = serde_json::to_string_pretty(value).expect("our own values are plain data");
    stdx::atomic_file::write(path, format!("{json}\n").as_bytes()).map_err(Error::io(path))
}
