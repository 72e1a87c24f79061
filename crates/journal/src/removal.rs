//! How a run goes: its whole folder, and nothing else.
//!
//! The name must be a run's to the letter, also on file systems that take `Books` for `books`. A
//! run that is being written is refused, and so is a folder that is only a link to one elsewhere;
//! links inside the folder are removed, never followed. The report goes first, since its presence
//! says that a run is done: what a kill leaves of the rest is a run that is not.

use std::fs;
use std::io::ErrorKind;

use crate::{Error, Result, Run, Store};

impl Run {
    /// Bytes of all files in the run's folder; links count as themselves.
    pub fn size_bytes(&self) -> Result<u64> {
        stdx::disk::used(self.folder()).map_err(Error::io("measure", self.folder()))
    }
}

impl Store {
    /// Whether the run of exactly this name could be removed now; an error says why not.
    pub fn may_remove(&self, name: &str) -> Result<Run> {
        let run = self.run(name)?;
        let known: Vec<String> = self.runs()?.iter().map(Run::name).collect();
        if !known.contains(&run.name()) {
            return Err(Error::NoRun { folder: run.folder().to_path_buf(), known });
        }
        let metadata = fs::symlink_metadata(run.folder());
        let metadata = metadata.map_err(Error::io("inspect", run.folder()))?;
        if metadata.is_symlink() {
            return Err(Error::Linked { folder: run.folder().to_path_buf() });
        }
        drop(run.lock()?);
        Ok(run)
    }

    /// Removes the run of exactly this name and says how many bytes that freed.
    pub fn remove(&self, name: &str) -> Result<u64> {
        let run = self.may_remove(name)?;
        let _lock = run.lock()?;
        let n_bytes = run.size_bytes()?;
        let report = run.report_json_path();
        match fs::remove_file(&report) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(Error::io("remove", &report)(error));
            }
            _ => {}
        }
        fs::remove_dir_all(run.folder()).map_err(Error::io("remove", run.folder()))?;
        Ok(n_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("home")).unwrap();
        for name in ["books", "books-2"] {
            let run = store.create_run(name).unwrap();
            fs::create_dir(run.model_folder()).unwrap();
            fs::write(run.model_folder().join("weights"), [0; 1000]).unwrap();
            fs::write(run.report_json_path(), "{}").unwrap();
        }
        (folder, store)
    }

    fn names(store: &Store) -> Vec<String> {
        let mut names: Vec<String> = store.runs().unwrap().iter().map(Run::name).collect();
        names.sort();
        names
    }

    #[test]
    fn a_run_goes_whole_and_alone() {
        let (_folder, store) = store();
        assert_eq!(store.run("books").unwrap().size_bytes().unwrap(), 1002);
        // The lock's own text is in the figure.
        assert!((1002..1100).contains(&store.remove("books").unwrap()));
        assert_eq!(names(&store), ["books-2"]);
        assert!(matches!(store.remove("books"), Err(Error::NoRun { .. })));
    }

    #[test]
    fn other_names_remove_nothing() {
        let (folder, store) = store();
        fs::create_dir(folder.path().join("precious")).unwrap();
        for name in ["", ".", "..", "../../precious", "book", "books*", "BOOKS", "books/", "runs"] {
            assert!(store.remove(name).is_err(), "{name:?}");
        }
        assert_eq!(names(&store), ["books", "books-2"]);
        assert!(folder.path().join("precious").exists());
    }

    #[test]
    fn a_run_that_is_written_stays() {
        let (_folder, store) = store();
        let lock = store.run("books").unwrap().lock().unwrap();
        assert!(matches!(store.may_remove("books"), Err(Error::Locked { .. })));
        assert!(matches!(store.remove("books"), Err(Error::Locked { .. })));
        assert!(store.run("books").unwrap().is_finished());
        drop(lock);
        store.remove("books").unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn links_are_not_followed() {
        use std::os::unix::fs::symlink;
        let (folder, store) = store();
        let precious = folder.path().join("precious");
        fs::create_dir(&precious).unwrap();
        fs::write(precious.join("diary"), [0; 5000]).unwrap();
        symlink(&precious, store.home().join("runs/linked")).unwrap();
        assert!(matches!(store.remove("linked"), Err(Error::Linked { .. })));
        let run = store.run("books").unwrap();
        symlink(&precious, run.folder().join("inside")).unwrap();
        assert!(run.size_bytes().unwrap() < 2000, "the diary does not count");
        store.remove("books").unwrap();
        assert!(precious.join("diary").exists());
    }
}
