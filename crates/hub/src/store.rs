//! Where models lie: `<home>/models/OWNER/NAME`, the published files as they are, and `pulled.json`.
//!
//! What is on its way lies beside them in hidden folders (`staging`). A folder that somebody put there
//! by hand is a model too; it has no record of where it came from.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use stdx::file_name::fault;

use crate::pulled::RECORD;
use crate::staging::{Staging, removed};
use crate::{Error, ModelId, Pulled, Result};

/// So many names are told where one is not found.
const N_NEAR: usize = 8;

/// All models under one home.
#[derive(Clone, Debug)]
pub struct Store {
    models: PathBuf,
}

/// A model in the store.
#[derive(Clone, Debug)]
pub struct Model {
    /// Its name.
    pub id: ModelId,
    /// Where its files are.
    pub folder: PathBuf,
    /// Where it came from, if a record says so.
    pub pulled: Option<Pulled>,
    /// Bytes of all its files.
    pub size_bytes: u64,
    /// When it came.
    pub modified: SystemTime,
}

impl Store {
    /// The store under `home`, which need not exist yet.
    pub fn at(home: &Path) -> Self {
        Self { models: home.join("models") }
    }

    /// All models, by name.
    ///
    /// # Errors
    /// What the file system says.
    pub fn models(&self) -> Result<Vec<Model>> {
        self.ids()?.into_iter().map(|id| self.read(id)).collect()
    }

    /// The model of exactly this name.
    ///
    /// # Errors
    /// [`Error::NoModel`] with what may have been meant.
    pub fn model(&self, id: &ModelId) -> Result<Model> {
        self.read(self.named(&id.to_string())?)
    }

    /// The folder of a model: by its path where a folder lies there, else by its name in the store.
    ///
    /// # Errors
    /// [`Error::NoModel`] with what may have been meant.
    pub fn resolve(&self, name_or_path: &str) -> Result<PathBuf> {
        if Path::new(name_or_path).is_dir() {
            return Ok(PathBuf::from(name_or_path));
        }
        self.named(name_or_path).map(|id| self.folder(&id))
    }

    /// Removes the model of exactly this name, with what is on its way of it, and says how many bytes
    /// that freed.
    ///
    /// # Errors
    /// [`Error::NoModel`], [`Error::Locked`] while it is pulled, [`Error::Linked`] if it lies elsewhere.
    pub fn remove(&self, name: &str) -> Result<u64> {
        let unfinished = self.unfinished()?.into_iter().map(|(id, _)| id);
        let id = match self.named(name) {
            Err(error) => unfinished.into_iter().find(|id| id.to_string() == name).ok_or(error)?,
            Ok(id) => id,
        };
        let (folder, staging) = (self.folder(&id), self.staging_folder(&id));
        for folder in [self.models.join(id.owner()), folder.clone(), staging.clone()] {
            if fs::symlink_metadata(&folder).is_ok_and(|metadata| metadata.is_symlink()) {
                return Err(Error::Linked { folder });
            }
        }
        let staging = Staging::open(staging)?;
        let freed = used(&folder)? + used(staging.folder())? + used(&self.older_folder(&id))?;
        // Out of sight first: what a kill leaves is no half of a model.
        if folder.exists() {
            fs::rename(&folder, staging.folder().join("removed"))
                .map_err(Error::io("move", &folder))?;
        }
        removed(&self.older_folder(&id))?;
        staging.clear()?;
        // Its owner may have others.
        let _ = fs::remove_dir(self.models.join(id.owner()));
        Ok(freed)
    }

    /// Models that are on their way, or were, and the bytes that have come of each.
    ///
    /// # Errors
    /// What the file system says.
    pub fn unfinished(&self) -> Result<Vec<(ModelId, u64)>> {
        let of = |name: &str| Some(name.strip_prefix('.')?.strip_suffix(".pull")?.to_string());
        let ids = self.walk(of)?;
        ids.into_iter().map(|id| used(&self.staging_folder(&id)).map(|bytes| (id, bytes))).collect()
    }

    /// Where a model's files are to be.
    pub(crate) fn folder(&self, id: &ModelId) -> PathBuf {
        self.models.join(id.owner()).join(id.name())
    }

    /// Where they are until they are whole.
    pub(crate) fn staging_folder(&self, id: &ModelId) -> PathBuf {
        self.models.join(id.owner()).join(format!(".{}.pull", id.name()))
    }

    /// Where the version before is while it is replaced.
    pub(crate) fn older_folder(&self, id: &ModelId) -> PathBuf {
        self.models.join(id.owner()).join(format!(".{}.old", id.name()))
    }

    fn read(&self, id: ModelId) -> Result<Model> {
        let folder = self.folder(&id);
        let metadata = fs::metadata(folder.join(RECORD)).or_else(|_| fs::metadata(&folder));
        let modified = metadata.and_then(|metadata| metadata.modified());
        let modified = modified.map_err(Error::io("inspect", &folder))?;
        let (pulled, size_bytes) = (Pulled::read(&folder).ok(), used(&folder)?);
        Ok(Model { id, folder, pulled, size_bytes, modified })
    }

    /// The name to the letter, also where the file system takes `Gpt2` for `gpt2`.
    fn named(&self, name: &str) -> Result<ModelId> {
        let ids = self.ids()?;
        match ids.iter().find(|id| id.to_string() == name) {
            Some(id) => Ok(id.clone()),
            None => {
                let known: Vec<String> = ids.iter().map(ToString::to_string).collect();
                let name: String = name.chars().take(120).collect();
                Err(Error::NoModel { near: near(&name, &known), name })
            }
        }
    }

    fn ids(&self) -> Result<Vec<ModelId>> {
        self.walk(|name| Some(name.to_string()))
    }

    /// All models that `of` makes out of the name of a folder, in order.
    fn walk(&self, of: impl Fn(&str) -> Option<String>) -> Result<Vec<ModelId>> {
        let mut ids = Vec::new();
        for owner in folders(&self.models)?.iter().filter(|owner| fault(owner).is_none()) {
            let names = folders(&self.models.join(owner))?;
            let full = names.iter().filter_map(|name| Some(format!("{owner}/{}", of(name)?)));
            ids.extend(full.filter_map(|full| full.parse::<ModelId>().ok()));
        }
        ids.sort();
        Ok(ids)
    }
}

/// Names of the folders in a folder; none where there is no such.
fn folders(folder: &Path) -> Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(Error::io("list", folder))?,
    };
    let mut names = Vec::new();
    for entry in entries {
        let path = entry.map_err(Error::io("list", folder))?.path();
        let name = path.file_name().and_then(|name| name.to_str()).map(str::to_string);
        names.extend(name.filter(|_| path.is_dir()));
    }
    Ok(names)
}

/// Bytes below a folder; none where there is no such.
fn used(folder: &Path) -> Result<u64> {
    match stdx::disk::used(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(0),
        used => used.map_err(Error::io("measure", folder)),
    }
}

/// Known names that one may have meant: those few letters away, those that hold what was said; where
/// there is none such, the first of all.
fn near(name: &str, known: &[String]) -> Vec<String> {
    let said = name.to_lowercase();
    let is_near = |candidate: &&String| {
        let candidate = candidate.to_lowercase();
        let n_letters = said.chars().count().max(candidate.chars().count());
        (said.len() > 2 && candidate.contains(&said))
            || distance(&said, &candidate) <= n_letters / 4
    };
    let near: Vec<String> = known.iter().filter(is_near).cloned().collect();
    let told = if near.is_empty() { known } else { &near };
    told[..told.len().min(N_NEAR)].to_vec()
}

/// How many letters to put in, take out or change (Levenshtein 1965).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let changed = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store(names: &[&str]) -> (tempfile::TempDir, Store) {
        let home = tempfile::tempdir().unwrap();
        for name in names {
            let folder = home.path().join("models").join(name);
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join("model.safetensors"), [0; 100]).unwrap();
        }
        let store = Store::at(home.path());
        (home, store)
    }

    fn names(store: &Store) -> Vec<String> {
        store.models().unwrap().iter().map(|model| model.id.to_string()).collect()
    }

    #[test]
    fn models_are_listed_and_what_is_hidden_is_not() {
        let (home, store) = store(&["b/two", "a/one", "a/.three.pull", "a/.four.old", ".c/five"]);
        fs::write(home.path().join("models/file"), "").unwrap();
        assert_eq!(names(&store), ["a/one", "b/two"]);
        let model = store.model(&"a/one".parse().unwrap()).unwrap();
        assert_eq!((model.size_bytes, model.pulled), (100, None));
        assert_eq!(store.unfinished().unwrap(), [("a/three".parse().unwrap(), 100)]);
        assert_eq!(names(&Store::at(&home.path().join("nowhere"))), [""; 0]);
    }

    #[test]
    fn a_name_or_a_path_leads_to_a_folder() {
        let (home, store) = store(&["openai-community/gpt2", "Qwen/Qwen2.5-0.5B"]);
        let folder = home.path().join("models/openai-community/gpt2");
        assert_eq!(store.resolve("openai-community/gpt2").unwrap(), folder);
        assert_eq!(store.resolve(home.path().to_str().unwrap()).unwrap(), home.path());
        for (name, expected) in [
            ("openai-comunity/gpt2", "it has openai-community/gpt2"),
            ("qwen/qwen2.5-0.5b", "it has Qwen/Qwen2.5-0.5B"),
            ("GPT2", "it has openai-community/gpt2"),
            ("x/y", "it has Qwen/Qwen2.5-0.5B, openai-community/gpt2"),
            ("../models/Qwen/Qwen2.5-0.5B", "is no model"),
        ] {
            let error = store.resolve(name).unwrap_err().to_string();
            assert!(error.contains(expected), "{name}: {error}");
        }
        let none = Store::at(&home.path().join("nowhere")).resolve("a/b").unwrap_err().to_string();
        assert!(none.contains("lyceum models pull"), "{none}");
    }

    #[test]
    fn one_is_removed_and_nothing_else() {
        let (home, store) = store(&["a/one", "a/two", "b/three", "b/.three.pull", "c/.four.pull"]);
        let precious = home.path().join("precious");
        fs::create_dir(&precious).unwrap();
        let hostile = [
            "",
            ".",
            "..",
            "a",
            "a/",
            "a/o",
            "A/one",
            "a/one/",
            "a/../b",
            "a/.one",
            "../precious",
            "*/*",
        ];
        for name in hostile {
            assert!(matches!(store.remove(name), Err(Error::NoModel { .. })), "{name:?}");
        }
        assert_eq!(store.remove("a/one").unwrap(), 100);
        assert_eq!(store.remove("b/three").unwrap(), 200, "with what was on its way");
        assert_eq!(store.remove("c/four").unwrap(), 100);
        assert_eq!(names(&store), ["a/two"]);
        assert!(precious.exists() && !home.path().join("models/b").exists());
    }

    #[test]
    fn a_model_that_is_pulled_stays() {
        let (_home, store) = store(&["a/one"]);
        let staging = Staging::open(store.staging_folder(&"a/one".parse().unwrap())).unwrap();
        assert!(matches!(store.remove("a/one"), Err(Error::Locked { .. })));
        assert_eq!(names(&store), ["a/one"]);
        drop(staging);
        store.remove("a/one").unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn what_lies_elsewhere_stays() {
        let (home, store) = store(&["a/one"]);
        let precious = home.path().join("precious");
        fs::create_dir_all(precious.join("deep")).unwrap();
        std::os::unix::fs::symlink(&precious, home.path().join("models/a/linked")).unwrap();
        std::os::unix::fs::symlink(&precious, home.path().join("models/owner")).unwrap();
        for name in ["a/linked", "owner/deep"] {
            assert!(matches!(store.remove(name), Err(Error::Linked { .. })), "{name}");
        }
        assert!(precious.join("deep").exists());
    }

    #[test]
    fn distances_count_letters() {
        assert_eq!(
            ["", "abc", "abd", "bc", "xabc", "cba"].map(|b| distance("abc", b)),
            [3, 0, 1, 1, 1, 2]
        );
    }
}
