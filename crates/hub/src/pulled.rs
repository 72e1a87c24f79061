//! What is written down with a model: where it came from, at which commit, what its files are.
//!
//! `pulled.json` lies beside the files. When they came is the time of that file.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::choice::hostility;
use crate::{Checksum, Error, ModelId, Result};

/// The record's name.
pub(crate) const RECORD: &str = "pulled.json";
/// A longer record is none.
const MAX_RECORD_BYTES: u64 = 32 << 20;

/// Where a model came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pulled {
    /// The hub's address.
    pub endpoint: String,
    /// The model's name there.
    pub model: ModelId,
    /// The revision that was asked for.
    pub revision: String,
    /// The commit that it was then.
    pub commit: String,
    /// Every file.
    pub files: Vec<RemoteFile>,
}

/// A file as the hub has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemoteFile {
    /// Its path within the model, with slashes.
    pub path: String,
    /// Its length in bytes.
    #[serde(rename = "size")]
    pub size_bytes: u64,
    /// The sum of its bytes.
    pub checksum: Checksum,
}

impl Pulled {
    /// The record in a model's folder.
    pub(crate) fn read(folder: &Path) -> Result<Self> {
        let path = folder.join(RECORD);
        let size = fs::metadata(&path).map_err(Error::io("inspect", &path))?.len();
        let wrong = |reason: String| Error::BadRecord { path: path.clone(), reason };
        if size > MAX_RECORD_BYTES {
            return Err(wrong(format!("{size} bytes are too many")));
        }
        let text = fs::read(&path).map_err(Error::io("read", &path))?;
        let pulled: Self = serde_json::from_slice(&text).map_err(|e| wrong(e.to_string()))?;
        // The folder may have come from somebody else, and its record with it.
        match pulled.files.iter().find_map(|file| hostility(&file.path)) {
            Some(fault) => Err(wrong(format!("a file that it names {fault}"))),
            None => Ok(pulled),
        }
    }

    /// Writes the record into a model's folder.
    pub(crate) fn write(&self, folder: &Path) -> Result<()> {
        let path = folder.join(RECORD);
        let text = serde_json::to_string_pretty(self).expect("strings and numbers are JSON");
        let written = stdx::atomic_file::write(&path, format!("{text}\n").as_bytes());
        written.map_err(Error::io("write", &path))
    }

    /// Whether the folder holds every file in its length.
    pub(crate) fn is_whole_in(&self, folder: &Path) -> bool {
        self.files.iter().all(|file| file.lies_in(folder))
    }
}

impl RemoteFile {
    /// Whether the folder holds it in its length.
    pub(crate) fn lies_in(&self, folder: &Path) -> bool {
        let metadata = fs::metadata(folder.join(&self.path));
        metadata.is_ok_and(|metadata| metadata.is_file() && metadata.len() == self.size_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pulled() -> Pulled {
        let checksum = "git:ce013625030ba8dba906f756967f9e9ca394464a".parse().unwrap();
        let file = RemoteFile { path: "a/b.json".into(), size_bytes: 6, checksum };
        Pulled {
            endpoint: "https://huggingface.co".into(),
            model: "a/b".parse().unwrap(),
            revision: "main".into(),
            commit: "c0ffee".into(),
            files: vec![file],
        }
    }

    #[test]
    fn a_record_reads_back() {
        let folder = tempfile::tempdir().unwrap();
        pulled().write(folder.path()).unwrap();
        assert_eq!(Pulled::read(folder.path()).unwrap(), pulled());
        let text = fs::read_to_string(folder.path().join(RECORD)).unwrap();
        assert!(text.contains("\"size\": 6") && text.contains("\"model\": \"a/b\""), "{text}");
        assert!(!pulled().is_whole_in(folder.path()));
        fs::create_dir(folder.path().join("a")).unwrap();
        fs::write(folder.path().join("a/b.json"), "hello\n").unwrap();
        assert!(pulled().is_whole_in(folder.path()));
        fs::write(folder.path().join("a/b.json"), "hello").unwrap();
        assert!(!pulled().is_whole_in(folder.path()));
    }

    #[test]
    fn a_damaged_record_says_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let good = serde_json::to_string(&pulled()).unwrap();
        let bad = [("a/b\"", "../b\""), ("git:", "md5:"), ("a/b.json", "../b.json")];
        let bad = bad.map(|(old, new)| good.replace(old, new));
        for text in ["", "{"].into_iter().chain(bad.iter().map(String::as_str)) {
            fs::write(folder.path().join(RECORD), text).unwrap();
            let error = Pulled::read(folder.path()).unwrap_err().to_string();
            assert!(error.contains("pulled.json") && error.contains("pull it again"), "{error}");
        }
    }
}
