//! Where runs live: `<home>/runs/<name>`.
//!
//! A name becomes a folder, and names come from command lines and web pages. So a name is what
//! [`stdx::file_name`] lets pass: it can neither leave the store nor hide in it.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use stdx::file_name::fault;

use crate::{Error, Result, Run};

/// All runs under one home.
#[derive(Debug, Clone)]
pub struct Store {
    home: PathBuf,
}

impl Store {
    /// The store at `home`, created if need be.
    pub fn open(home: &Path) -> Result<Self> {
        let runs = home.join("runs");
        fs::create_dir_all(&runs).map_err(Error::io("create", &runs))?;
        Ok(Self { home: home.to_path_buf() })
    }

    /// The home a user expects, from the values of the environment variables `LYCEUM_HOME`,
    /// `XDG_DATA_HOME` and `HOME`: the first as it is, else `lyceum` in the user's data folder,
    /// else `.lyceum` in the working folder. An empty value counts as unset, and so does a relative
    /// `XDG_DATA_HOME`, as its specification asks.
    pub fn default_home(
        lyceum_home: Option<&str>,
        xdg_data_home: Option<&str>,
        home: Option<&str>,
    ) -> PathBuf {
        let given = |value: Option<&str>| value.filter(|v| !v.is_empty()).map(PathBuf::from);
        if let Some(folder) = given(lyceum_home) {
            return folder;
        }
        if let Some(data) = given(xdg_data_home).filter(|folder| folder.is_absolute()) {
            return data.join("lyceum");
        }
        match given(home) {
            Some(home) => home.join(".local/share/lyceum"),
            None => PathBuf::from(".lyceum"),
        }
    }

    /// Where the store lies.
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// Makes a new, empty run.
    pub fn create_run(&self, name: &str) -> Result<Run> {
        let folder = self.run_folder(name)?;
        match fs::create_dir(&folder) {
            Ok(()) => Ok(Run::at(folder)),
            Err(e) if e.kind() == ErrorKind::AlreadyExists => Err(Error::RunExists { folder }),
            Err(source) => Err(Error::io("create", &folder)(source)),
        }
    }

    /// The run of that name.
    pub fn run(&self, name: &str) -> Result<Run> {
        let folder = self.run_folder(name)?;
        if folder.is_dir() {
            return Ok(Run::at(folder));
        }
        let known = self.runs()?.iter().map(Run::name).collect();
        Err(Error::NoRun { folder, known })
    }

    /// All runs, the most recently written first; equals by name. Anything else that lies among
    /// them is passed over.
    pub fn runs(&self) -> Result<Vec<Run>> {
        let folder = self.home.join("runs");
        let mut runs = Vec::new();
        for entry in fs::read_dir(&folder).map_err(Error::io("list", &folder))? {
            let path = entry.map_err(Error::io("list", &folder))?.path();
            let named_well =
                path.file_name().and_then(|n| n.to_str()).is_some_and(|n| fault(n).is_none());
            if !named_well || !path.is_dir() {
                continue;
            }
            let run = Run::at(path);
            // A run that is deleted while we look is no longer a run.
            if let Ok(modified) = run.modified() {
                runs.push((modified, run));
            }
        }
        runs.sort_by(|(a_time, a), (b_time, b)| b_time.cmp(a_time).then(a.name().cmp(&b.name())));
        Ok(runs.into_iter().map(|(_, run)| run).collect())
    }

    /// The most recently written run, if there is any.
    pub fn latest(&self) -> Result<Option<Run>> {
        Ok(self.runs()?.into_iter().next())
    }

    fn run_folder(&self, name: &str) -> Result<PathBuf> {
        match fault(name) {
            None => Ok(self.home.join("runs").join(name)),
            Some(fault) => Err(Error::RunName { name: name.chars().take(120).collect(), fault }),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::time::{Duration, SystemTime};

    use super::*;

    fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("deep/home")).unwrap();
        (folder, store)
    }

    #[test]
    fn hostile_names_are_refused() {
        let long = "a".repeat(101);
        let hostile = [
            "",
            ".",
            "..",
            "../a",
            "a/b",
            "a\\b",
            "/etc/passwd",
            "C:a",
            "a\0b",
            ".hidden",
            "-rf",
            "a b",
            "a\nb",
            "é",
            "a.",
            "~",
            "$HOME",
            "nul",
            "CON.txt",
            "com1",
            "%2e%2e",
            "a*",
            "\u{202e}a",
            &long,
        ];
        let (_folder, store) = store();
        for name in hostile {
            for result in [store.create_run(name), store.run(name)] {
                assert!(matches!(result, Err(Error::RunName { .. })), "{name:?}: {result:?}");
            }
        }
        assert_eq!(store.runs().unwrap(), []);
    }

    #[test]
    fn plain_names_are_runs() {
        let (_folder, store) = store();
        for name in ["a", "7", "village-2", "2026-05-01_12.30", "com", "com12", "console", "A..b"] {
            let run = store.create_run(name).unwrap();
            assert_eq!(run.folder().parent(), Some(store.home().join("runs").as_path()));
            assert_eq!((run.name().as_str(), &store.run(name).unwrap()), (name, &run));
        }
    }

    #[test]
    fn a_name_is_taken_once_and_a_missing_run_names_the_others() {
        let (_folder, store) = store();
        let none = store.run("b").unwrap_err().to_string();
        assert!(none.contains("no runs yet"), "{none}");
        store.create_run("a").unwrap();
        assert!(matches!(store.create_run("a"), Err(Error::RunExists { .. })));
        let others = store.run("b").unwrap_err().to_string();
        assert!(others.ends_with("the store has a"), "{others}");
    }

    #[test]
    fn runs_are_listed_by_their_last_record() {
        let (_folder, store) = store();
        assert_eq!(store.latest().unwrap(), None);
        for (name, age_seconds) in [("old", 300), ("new", 100), ("middle", 200), ("also", 200)] {
            let run = store.create_run(name).unwrap();
            run.open_journal().unwrap();
            let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000 - age_seconds);
            File::options()
                .append(true)
                .open(run.journal_path())
                .and_then(|file| file.set_modified(time))
                .unwrap();
        }
        fs::write(store.home().join("runs/a-file"), "").unwrap();
        fs::create_dir(store.home().join("runs/.hidden")).unwrap();
        let names: Vec<_> = store.runs().unwrap().iter().map(Run::name).collect();
        assert_eq!(names, ["new", "also", "middle", "old"]);
        assert_eq!(store.latest().unwrap().unwrap().name(), "new");
    }

    #[test]
    fn home_is_where_the_user_says() {
        let check = |lyceum, xdg, home, expected: &str| {
            assert_eq!(Store::default_home(lyceum, xdg, home), Path::new(expected));
        };
        check(Some("/l"), Some("/x"), Some("/h"), "/l");
        check(Some("here"), None, None, "here");
        check(Some(""), Some("/x"), Some("/h"), "/x/lyceum");
        check(None, Some("relative"), Some("/h"), "/h/.local/share/lyceum");
        check(None, None, Some("/h"), "/h/.local/share/lyceum");
        check(None, None, Some(""), ".lyceum");
    }
}
