//! All files of a model until they are whole: a hidden folder beside where it shall lie.
//!
//! ```text
//! models/OWNER/.NAME.pull/
//!   lock             held by the process that pulls
//!   SUM.part  .etag  a file on its way
//!   SUM              a file that has come, by the sum of its bytes
//!   whole/           the model as it shall be, for the moment before it is moved
//! models/OWNER/.NAME.old   the version before, for the moment in which it is replaced
//! ```
//!
//! Files go by their sums, so one that is the same in another commit does not come twice, whether it
//! was on its way or lies in the version before. A process that is killed leaves what has come.

use std::collections::BTreeSet;
use std::fs::{self, File, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use stdx::interrupt::Interrupt;

use crate::part::{Part, add_all};
use crate::{Error, Pulled, RemoteFile, Result};

const LOCK: &str = "lock";

/// A folder of what is on its way, held by this process.
pub(crate) struct Staging {
    folder: PathBuf,
    /// Closing the file releases the lock.
    lock: File,
}

impl Staging {
    /// Takes the folder, which is made if need be.
    pub(crate) fn open(folder: PathBuf) -> Result<Self> {
        fs::create_dir_all(&folder).map_err(Error::io("create", &folder))?;
        let path = folder.join(LOCK);
        let options = File::options().write(true).create(true).truncate(false).open(&path);
        let lock = options.map_err(Error::io("open", &path))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { folder, lock }),
            Err(TryLockError::WouldBlock) => Err(Error::Locked { folder }),
            Err(TryLockError::Error(source)) => Err(Error::io("lock", &path)(source)),
        }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where a file lies once it has come.
    pub(crate) fn place(&self, file: &RemoteFile) -> PathBuf {
        self.folder.join(file.checksum.hex())
    }

    /// Bytes that have come of a file.
    pub(crate) fn there_bytes(&self, file: &RemoteFile) -> u64 {
        let size = |path: &Path| fs::metadata(path).map_or(0, |metadata| metadata.len());
        size(&self.place(file)).max(size(&Part::path(&self.folder, file))).min(file.size_bytes)
    }

    /// Whether a file has come.
    pub(crate) fn has(&self, file: &RemoteFile) -> bool {
        let metadata = fs::metadata(self.place(file));
        metadata.is_ok_and(|metadata| metadata.len() == file.size_bytes)
    }

    /// Removes all that belongs to none of `files`.
    pub(crate) fn sweep(&self, files: &[RemoteFile]) -> Result<()> {
        let of = |file| {
            [self.place(file), Part::path(&self.folder, file), Part::etag_path(&self.folder, file)]
        };
        let mut kept: BTreeSet<PathBuf> = files.iter().flat_map(of).collect();
        kept.insert(self.folder.join(LOCK));
        for entry in fs::read_dir(&self.folder).map_err(Error::io("list", &self.folder))? {
            let path = entry.map_err(Error::io("list", &self.folder))?.path();
            if !kept.contains(&path) {
                removed(&path)?;
            }
        }
        Ok(())
    }

    /// Takes over what is the same in a version that lies in `older`, if it still is what it was.
    pub(crate) fn adopt(
        &self,
        older: &Path,
        pulled: &Pulled,
        files: &[RemoteFile],
        interrupt: &Interrupt,
    ) -> Result<()> {
        for file in files.iter().filter(|file| !self.has(file)) {
            let same = |old: &&RemoteFile| old.checksum == file.checksum && old.lies_in(older);
            let Some(old) = pulled.files.iter().find(same) else { continue };
            let path = older.join(&old.path);
            let mut bytes = File::open(&path).map_err(Error::io("open", &path))?;
            let mut sum = file.checksum.begin(file.size_bytes);
            add_all(&mut bytes, &path, &mut sum, interrupt)?;
            if sum.finish() == file.checksum.hex() {
                shared(&path, &self.place(file))?;
            }
        }
        Ok(())
    }

    /// Puts the files together and moves them to `target`, in place of what is there.
    pub(crate) fn install(self, pulled: &Pulled, target: &Path, older: &Path) -> Result<()> {
        let whole = self.folder.join("whole");
        removed(&whole)?;
        fs::create_dir(&whole).map_err(Error::io("create", &whole))?;
        for file in &pulled.files {
            let path = whole.join(&file.path);
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
            }
            shared(&self.place(file), &path)?;
        }
        pulled.write(&whole)?;
        let has_older = target.exists();
        if has_older {
            fs::rename(target, older).map_err(Error::io("move", target))?;
        }
        fs::rename(&whole, target).map_err(Error::io("move", &whole))?;
        if has_older {
            removed(older)?;
        }
        self.clear()
    }

    /// Removes the folder.
    pub(crate) fn clear(self) -> Result<()> {
        let Self { folder, lock } = self;
        drop(lock); // Some systems remove no file that is open.
        removed(&folder)
    }
}

/// Mends what a process left that was killed while it replaced the version before.
pub(crate) fn mend(target: &Path, older: &Path) -> Result<()> {
    match (older.exists(), target.exists()) {
        (true, false) => fs::rename(older, target).map_err(Error::io("move", older)),
        (true, true) => removed(older),
        (false, _) => Ok(()),
    }
}

/// Gives a file a second name, or a copy where the disk has no second names.
fn shared(from: &Path, to: &Path) -> Result<()> {
    if fs::hard_link(from, to).is_ok() {
        return Ok(());
    }
    fs::copy(from, to).map(|_| ()).map_err(Error::io("copy", from))
}

/// Removes a file, a link or a whole folder that may be gone already.
pub(crate) fn removed(path: &Path) -> Result<()> {
    let is_folder = fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_dir());
    let gone = if is_folder { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match gone {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(Error::io("remove", path)(error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, content: &str) -> RemoteFile {
        let size_bytes = content.len() as u64;
        let any: crate::Checksum = format!("git:{}", "0".repeat(40)).parse().unwrap();
        let mut sum = any.begin(size_bytes);
        sum.add(content.as_bytes());
        let checksum = format!("git:{}", sum.finish()).parse().unwrap();
        RemoteFile { path: path.into(), size_bytes, checksum }
    }

    fn pulled(files: &[RemoteFile]) -> Pulled {
        Pulled {
            endpoint: "https://hub".into(),
            model: "a/b".parse().unwrap(),
            revision: "main".into(),
            commit: "c".into(),
            files: files.to_vec(),
        }
    }

    fn text(path: PathBuf) -> String {
        fs::read_to_string(path).unwrap()
    }

    #[test]
    fn a_model_is_replaced_whole_and_what_is_the_same_is_taken_over() {
        let home = tempfile::tempdir().unwrap();
        let at = |name: &str| home.path().join(name);
        let interrupt = Interrupt::default();
        let old = [file("kept", "same"), file("gone", "old"), file("x/changed", "was")];
        let staging = Staging::open(at(".b.pull")).unwrap();
        for (file, text) in old.iter().zip(["same", "old", "was"]) {
            fs::write(staging.place(file), text).unwrap();
        }
        staging.install(&pulled(&old), &at("b"), &at(".b.old")).unwrap();
        assert_eq!((text(at("b/kept")), text(at("b/x/changed"))), ("same".into(), "was".into()));
        fs::write(at("b/x/changed"), "WAS").unwrap(); // by somebody's hand, in the same length

        let new = [file("moved/kept", "same"), file("x/changed", "was"), file("twin", "same")];
        let staging = Staging::open(at(".b.pull")).unwrap();
        let record = Pulled::read(&at("b")).unwrap();
        staging.adopt(&at("b"), &record, &new, &interrupt).unwrap();
        assert_eq!(new.each_ref().map(|file| staging.has(file)), [true, false, true]);
        fs::write(staging.place(&new[1]), "was").unwrap();
        staging.install(&pulled(&new), &at("b"), &at(".b.old")).unwrap();
        assert_eq!((text(at("b/moved/kept")), text(at("b/twin"))), ("same".into(), "same".into()));
        assert_eq!(text(at("b/x/changed")), "was");
        assert!(!at("b/gone").exists());
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn what_belongs_to_no_file_is_swept_away() {
        let home = tempfile::tempdir().unwrap();
        let staging = Staging::open(home.path().join(".b.pull")).unwrap();
        let (wanted, other) = (file("a", "wanted"), file("b", "other"));
        for file in [&wanted, &other] {
            fs::write(Part::path(staging.folder(), file), "half").unwrap();
        }
        fs::create_dir_all(staging.folder().join("whole/deep")).unwrap();
        staging.sweep(std::slice::from_ref(&wanted)).unwrap();
        assert_eq!((staging.there_bytes(&wanted), staging.there_bytes(&other)), (4, 0));
        assert_eq!(fs::read_dir(staging.folder()).unwrap().count(), 2, "the part and the lock");
    }

    #[test]
    fn one_process_pulls_at_a_time() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join(".b.pull");
        let first = Staging::open(folder.clone()).unwrap();
        assert!(matches!(Staging::open(folder.clone()), Err(Error::Locked { .. })));
        drop(first);
        Staging::open(folder).unwrap();
    }

    #[test]
    fn a_kill_between_two_moves_is_mended() {
        let home = tempfile::tempdir().unwrap();
        let (target, older) = (home.path().join("b"), home.path().join(".b.old"));
        mend(&target, &older).unwrap();
        fs::create_dir(&older).unwrap();
        mend(&target, &older).unwrap();
        assert!(target.exists() && !older.exists(), "the old one is back");
        fs::create_dir(&older).unwrap();
        mend(&target, &older).unwrap();
        assert!(target.exists() && !older.exists(), "the new one stays");
    }
}
