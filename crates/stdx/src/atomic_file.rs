//! Files that are either the old or the new version, whatever happens in between.
//!
//! Write to a sibling, flush it to the disk, rename it over the target, flush the folder: after a
//! crash or a full disk the old file is still whole and the half-written sibling is swept away by
//! the next write.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Replaces `path` with `bytes` in one step.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write_with(path, |out| out.write_all(bytes))
}

/// Replaces `path` with what `fill` writes, in one step. If `fill` or the disk fails, the old file
/// stays and the half-written one is removed.
pub fn write_with(
    path: &Path,
    fill: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let partial = partial_name(path);
    let written = write_and_sync(&partial, fill).and_then(|()| fs::rename(&partial, path));
    if written.is_err() {
        // The first error is the one to report; a leftover is swept by the next write.
        let _ = fs::remove_file(&partial);
        return written;
    }
    sync_folder(path)
}

fn write_and_sync(
    partial: &Path,
    fill: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 20, File::create(partial)?);
    fill(&mut out)?;
    out.flush()?;
    out.get_ref().sync_all()
}

/// Makes the rename itself survive a power cut. Systems that cannot open a folder skip it.
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match File::open(folder) {
        Ok(folder) => folder.sync_all().or(Ok(())),
        Err(_) => Ok(()),
    }
}

fn partial_name(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".partial");
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("stdx-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        folder
    }

    #[test]
    fn a_failed_write_keeps_the_old_file() {
        let folder = folder("keeps");
        let path = folder.join("a.txt");
        write(&path, b"old").unwrap();
        let failed = write_with(&path, |out| {
            out.write_all(b"half of the new")?;
            Err(io::Error::other("disk full"))
        });
        assert_eq!(failed.unwrap_err().to_string(), "disk full");
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "no leftover");
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn missing_folders_are_made() {
        let folder = folder("makes");
        let path = folder.join("b/c.txt");
        write(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        fs::remove_dir_all(&folder).unwrap();
    }
}
