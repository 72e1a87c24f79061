//! Disks: how much room one has left, how much a folder takes.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

/// Bytes that may still be written below `folder`, where the system tells: Unix does (`statvfs(3)`).
pub fn available(folder: &Path) -> Option<u64> {
    #[cfg(unix)]
    return rustix::fs::statvfs(folder).ok().and_then(|s| s.f_bavail.checked_mul(s.f_frsize));
    #[cfg(not(unix))]
    return folder.to_str().and(None);
}

/// Bytes of all files below `folder`; a link counts as itself, and what goes meanwhile not at all.
pub fn used(folder: &Path) -> io::Result<u64> {
    let mut n_bytes = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let metadata = match entry.metadata() {
            Ok(metadata) => metadata, // Of the entry itself, also where it is a link.
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        n_bytes += if metadata.is_dir() { used(&entry.path())? } else { metadata.len() };
    }
    Ok(n_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_all_depths_count() {
        let folder = std::env::temp_dir().join(format!("stdx-disk-{}", std::process::id()));
        fs::create_dir_all(folder.join("a/b")).unwrap();
        fs::write(folder.join("one"), [0; 10]).unwrap();
        fs::write(folder.join("a/b/two"), [0; 7]).unwrap();
        assert_eq!(used(&folder).unwrap(), 17);
        fs::remove_dir_all(&folder).unwrap();
        assert_eq!(used(&folder).unwrap_err().kind(), ErrorKind::NotFound);
    }

    #[cfg(unix)]
    #[test]
    fn a_disk_tells_its_room_and_a_missing_folder_does_not() {
        assert!(available(Path::new("/")).is_some());
        assert_eq!(available(Path::new("/nowhere/at/all")), None);
    }
}
