//! What a hub says that a model's revision holds: the answer to
//! `GET /api/models/{id}/revision/{revision}?blobs=true`.
//!
//! Of its many keys: `sha`, the commit, and `siblings`, each with `rfilename`, `size`, `blobId` (git's
//! name of the file) and, where it lies outside of git, `lfs.sha256` and `lfs.size`. From here on the
//! commit is what is asked for, so that a branch that moves meanwhile changes nothing.

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::choice::{hostility, oddity};
use crate::{Checksum, Choice, Error, RemoteFile, Result};

/// What a revision holds.
#[derive(Debug)]
pub(crate) struct Listing {
    /// Which commit the revision is.
    pub(crate) commit: String,
    files: Vec<Sibling>,
}

#[derive(Deserialize)]
struct Info {
    sha: String,
    siblings: Vec<Sibling>,
}

#[derive(Debug, Deserialize)]
struct Sibling {
    rfilename: String,
    size: Option<u64>,
    #[serde(rename = "blobId")]
    blob_id: Option<String>,
    lfs: Option<Lfs>,
}

#[derive(Debug, Deserialize)]
struct Lfs {
    sha256: String,
    size: u64,
}

impl Listing {
    /// Reads the hub's answer.
    pub(crate) fn parse(json: &[u8]) -> Result<Self> {
        let info: Info = serde_json::from_slice(json)
            .map_err(|error| Error::Listing { reason: error.to_string() })?;
        if !matches!(Checksum::from_hex(&info.sha), Some(Checksum::Git(_))) {
            let got: String = info.sha.chars().take(80).collect();
            return Err(Error::Listing { reason: format!("{got:?} is no commit") });
        }
        for Sibling { rfilename, .. } in &info.siblings {
            if let Some(fault) = hostility(rfilename) {
                return Err(Error::file_name(rfilename, fault));
            }
        }
        Ok(Self { commit: info.sha, files: info.siblings })
    }

    /// The files that are wished for.
    pub(crate) fn chosen(&self, choice: &Choice) -> Result<Vec<RemoteFile>> {
        let paths: Vec<&str> = self.files.iter().map(|file| file.rfilename.as_str()).collect();
        let wished = choice.of(&paths);
        if wished.is_empty() {
            let known = paths.into_iter().filter(|path| oddity(path).is_none());
            return Err(Error::NothingChosen { known: known.map(str::to_string).collect() });
        }
        let mut seen = BTreeSet::new();
        for path in &wished {
            // Some systems take both spellings for one file.
            if !seen.insert(path.to_lowercase()) {
                return Err(Error::file_name(path, "is there twice"));
            }
        }
        let wished = BTreeSet::from_iter(wished);
        let files = self.files.iter().filter(|file| wished.contains(file.rfilename.as_str()));
        files.map(Sibling::file).collect()
    }
}

impl Sibling {
    fn file(&self) -> Result<RemoteFile> {
        let path = &self.rfilename;
        if let Some(fault) = oddity(path) {
            return Err(Error::file_name(path, fault));
        }
        let told = match &self.lfs {
            Some(lfs) => (Some(lfs.size), Checksum::from_hex(&lfs.sha256)),
            None => (self.size, self.blob_id.as_deref().and_then(Checksum::from_hex)),
        };
        let (size, checksum) = match told {
            (Some(size), Some(checksum)) => (size, checksum),
            _ => {
                let reason = format!("it gives no size and checksum of {path}");
                return Err(Error::Listing { reason });
            }
        };
        if matches!(checksum, Checksum::Git(_)) == self.lfs.is_some() {
            let reason = format!("the checksum of {path} is of the wrong kind");
            return Err(Error::Listing { reason });
        }
        Ok(RemoteFile { path: path.clone(), size_bytes: size, checksum })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const SHA1: &str = "607a30d783dfa663caf39e06633721c8d4cfcd7e";
    const SHA256: &str = "248dfc3911869ec493c76e65bf2fcf7f615828b0254c12b473182f0f81d3a707";

    fn info(siblings: Value) -> Vec<u8> {
        json!({"id": "a/b", "sha": SHA1, "private": false, "siblings": siblings})
            .to_string()
            .into_bytes()
    }

    fn small(path: &str) -> Value {
        json!({"rfilename": path, "size": 5, "blobId": SHA1})
    }

    fn everything() -> Choice {
        Choice { include: vec!["*".into()], ..Choice::default() }
    }

    #[test]
    fn sizes_and_checksums_are_those_of_the_files() {
        let lfs = json!({"sha256": SHA256, "size": 548_105_171_u64, "pointerSize": 134});
        let large =
            json!({"rfilename": "model.safetensors", "size": 134, "blobId": SHA1, "lfs": lfs});
        let listing = Listing::parse(&info(json!([small("config.json"), large]))).unwrap();
        assert_eq!(listing.commit, SHA1);
        let files = listing.chosen(&Choice::default()).unwrap();
        let told: Vec<_> = files.iter().map(|f| (f.size_bytes, f.checksum.to_string())).collect();
        assert_eq!(told, [(5, format!("git:{SHA1}")), (548_105_171, format!("sha256:{SHA256}"))]);
    }

    #[test]
    fn hostile_names_spoil_the_listing_and_odd_ones_only_where_wished_for() {
        for path in
            ["../model.safetensors", "/etc/passwd", "a/../../b", "a\\..\\b", "a//b", "a\u{1b}b"]
        {
            let error = Listing::parse(&info(json!([small("config.json"), small(path)])));
            assert!(matches!(error, Err(Error::FileName { .. })), "{path}: {error:?}");
        }
        let odd = Listing::parse(&info(json!([small("config.json"), small("runs/a:b")]))).unwrap();
        assert_eq!(odd.chosen(&Choice::default()).unwrap().len(), 1);
        assert!(matches!(odd.chosen(&everything()), Err(Error::FileName { .. })));
        let twice = Listing::parse(&info(json!([small("a"), small("A")]))).unwrap();
        assert!(matches!(twice.chosen(&everything()), Err(Error::FileName { .. })));
    }

    #[test]
    fn a_listing_that_lacks_something_says_what() {
        let says = |result: Result<Vec<RemoteFile>>, word: &str| {
            let error = result.unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        };
        let of = |json: &[u8]| Listing::parse(json).and_then(|l| l.chosen(&everything()));
        says(of(b"<html>"), "expected");
        says(of(br#"{"sha": "main", "siblings": []}"#), "no commit");
        says(of(&info(json!([]))), "--include");
        says(of(&info(json!([{"rfilename": "a", "blobId": SHA1}]))), "no size");
        says(of(&info(json!([{"rfilename": "a", "size": 1, "blobId": "x"}]))), "no size");
        let mixed = json!([{"rfilename": "a", "size": 1, "lfs": {"sha256": SHA1, "size": 1}}]);
        says(of(&info(mixed)), "wrong kind");
        says(
            Listing::parse(&info(json!([small("a.gguf")]))).unwrap().chosen(&Choice::default()),
            "a.gguf",
        );
    }
}
