//! How a file is filled: a request for what is lacking, checked against what was promised.
//!
//! Ranges (RFC 9110, section 14): `Range: bytes=N-` asks for what is lacking, `If-Range` for that only
//! if the version is still the same, else for all of it. 206 is the rest, 200 is all of it, whether
//! because ranges are not served or because the version changed; what came before is dropped then. A
//! rest that begins elsewhere or is of another version is not taken.

use std::io::Read;

use ureq::http::HeaderMap;
use ureq::http::header::{CONTENT_LENGTH, CONTENT_RANGE, ETAG, IF_RANGE, RANGE};

use crate::client::{Answer, Client, Event, Told, Trouble, Watch, text};
use crate::part::Part;
use crate::refusal::About;
use crate::{Checksum, Error, Plan, RemoteFile, Result};

const PIECE_BYTES: usize = 1 << 17;

/// A file that is to be filled.
pub(crate) struct Fetch<'a> {
    pub(crate) client: &'a Client,
    pub(crate) plan: &'a Plan,
    pub(crate) file: &'a RemoteFile,
    /// What there is of the plan's other files.
    pub(crate) others_bytes: u64,
}

impl Fetch<'_> {
    /// Fills the part, however often it takes.
    pub(crate) fn fill(&self, part: &mut Part<'_>, watch: Watch<'_>) -> Result<()> {
        let mut most_bytes = part.received_bytes();
        self.client.patiently(watch, |watch| {
            self.attempt(part, watch).map_err(|trouble| match trouble {
                Trouble::Passing { reason, wait, .. } => {
                    // What comes again after a start anew is nothing new.
                    let has_moved = part.received_bytes() > most_bytes;
                    most_bytes = most_bytes.max(part.received_bytes());
                    Trouble::Passing { reason, wait, has_moved }
                }
                end => end,
            })
        })
    }

    fn attempt(&self, part: &mut Part<'_>, watch: Watch<'_>) -> Result<(), Trouble> {
        if part.left_bytes() == 0 {
            return Ok(());
        }
        let Self { client, plan, file, .. } = self;
        let about = About {
            endpoint: client.endpoint.address(),
            reference: plan.reference(),
            path: Some(&file.path),
            has_token: client.has_token(),
        };
        let url = client.endpoint.file_url(&plan.reference().id, plan.commit(), &file.path);
        let answer = client.get(&about, &url, &wish(part))?;
        check_told(&answer.told, plan.commit(), file)?;
        match answer.status {
            200 => {
                check_length(&answer.headers, file, file.size_bytes)?;
                part.restart(text(&answer.headers, ETAG.as_str()))?;
            }
            206 if goes_on(&answer.headers, part, file) => {
                check_length(&answer.headers, file, part.left_bytes())?;
            }
            _ => {
                part.restart(None)?;
                let reason = format!("a piece of {} came that was not asked for", file.path);
                return Err(Trouble::passing(reason));
            }
        }
        self.receive(answer, part, watch)
    }

    /// Takes the bytes until they end.
    fn receive(
        &self,
        answer: Answer,
        part: &mut Part<'_>,
        watch: Watch<'_>,
    ) -> Result<(), Trouble> {
        let mut body = answer.body.into_reader();
        let mut piece = vec![0; PIECE_BYTES];
        loop {
            if self.client.interrupt.requested() {
                return Err(Trouble::Final(Error::Interrupted));
            }
            match body.read(&mut piece) {
                Ok(0) if part.left_bytes() == 0 => return Ok(()),
                Ok(0) => return Err(Trouble::passing("the connection ended too early")),
                Ok(n) => part.take(&piece[..n])?,
                // Whatever ends it behind the last byte: the sum will tell.
                Err(_) if part.left_bytes() == 0 => return Ok(()),
                Err(error) => {
                    return Err(Trouble::passing(format!("the connection broke ({error})")));
                }
            }
            watch(Event::There(self.others_bytes + part.received_bytes()));
        }
    }
}

/// What a request says beside its address.
fn wish(part: &Part<'_>) -> Vec<(&'static str, String)> {
    if part.received_bytes() == 0 {
        return Vec::new();
    }
    let mut headers = vec![(RANGE.as_str(), format!("bytes={}-", part.received_bytes()))];
    headers.extend(part.etag().map(|etag| (IF_RANGE.as_str(), etag.to_string())));
    headers
}

/// Whether what the hub says with a file is what its list says.
fn check_told(told: &Told, commit: &str, file: &RemoteFile) -> Result<()> {
    let (size, sum) = (file.size_bytes.to_string(), file.checksum.hex());
    let of_its_kind = |etag: &&String| {
        let found = Checksum::from_hex(etag);
        found.is_some_and(|found| {
            std::mem::discriminant(&found) == std::mem::discriminant(&file.checksum)
        })
    };
    let pairs = [
        ("commit", commit, told.commit.as_ref()),
        ("size", &size, told.size.as_ref()),
        ("checksum", sum, told.etag.as_ref().filter(of_its_kind)),
    ];
    for (what, expected, got) in pairs {
        if let Some(got) = got.filter(|got| *got != expected) {
            let got: String = got.chars().take(80).collect();
            let (expected, got) = (format!("{what} {expected}"), format!("{what} {got}"));
            return Err(Error::Promise { path: file.path.clone(), expected, got });
        }
    }
    Ok(())
}

/// Whether as many bytes are announced as are lacking, if any number is.
fn check_length(headers: &HeaderMap, file: &RemoteFile, expected: u64) -> Result<()> {
    let announced = text(headers, CONTENT_LENGTH.as_str()).and_then(|n| n.parse::<u64>().ok());
    match announced {
        Some(n) if n != expected => Err(Error::Promise {
            path: file.path.clone(),
            expected: format!("{expected} bytes are to come"),
            got: format!("announces {n}"),
        }),
        _ => Ok(()),
    }
}

/// Whether a 206 goes on where the part ends, in the same version: `bytes FIRST-LAST/SIZE`.
fn goes_on(headers: &HeaderMap, part: &Part<'_>, file: &RemoteFile) -> bool {
    let range =
        text(headers, CONTENT_RANGE.as_str()).and_then(|range| range.strip_prefix("bytes "));
    let parsed = range.and_then(|range| {
        let (places, size) = range.split_once('/')?;
        let first: u64 = places.split_once('-')?.0.parse().ok()?;
        Some((first, size))
    });
    let Some((first, size)) = parsed else { return false };
    let is_of_size = size == "*" || size.parse() == Ok(file.size_bytes);
    let etags = part.etag().zip(text(headers, ETAG.as_str()));
    first == part.received_bytes()
        && is_of_size
        && etags.is_none_or(|(ours, theirs)| ours == theirs)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHA1: &str = "ce013625030ba8dba906f756967f9e9ca394464a";

    fn hello() -> RemoteFile {
        let checksum = Checksum::from_hex(SHA1).unwrap();
        RemoteFile { path: "hello.txt".into(), size_bytes: 6, checksum }
    }

    #[test]
    fn a_rest_goes_on_where_the_part_ends() {
        let (folder, file) = (tempfile::tempdir().unwrap(), hello());
        let mut part = Part::open(folder.path(), &file, &Default::default()).unwrap();
        part.restart(Some("\"v1\"")).unwrap();
        part.take(b"hel").unwrap();
        let check = |range: &str, etag: &str, expected: bool| {
            let mut headers = HeaderMap::new();
            headers.insert("content-range", range.parse().unwrap());
            headers.insert("etag", etag.parse().unwrap());
            assert_eq!(goes_on(&headers, &part, &file), expected, "{range} {etag}");
        };
        check("bytes 3-5/6", "\"v1\"", true);
        check("bytes 3-5/*", "\"v1\"", true);
        check("bytes 3-5/6", "\"v2\"", false);
        for range in
            ["bytes 0-5/6", "bytes 4-5/6", "bytes 3-5/7", "bytes 3", "3-5/6", "bytes */6", ""]
        {
            check(range, "\"v1\"", false);
        }
        assert!(!goes_on(&HeaderMap::new(), &part, &file));
        assert_eq!(wish(&part), [("range", "bytes=3-".into()), ("if-range", "\"v1\"".into())]);
    }

    #[test]
    fn what_is_said_with_a_file_must_agree_with_the_list() {
        let check = |commit: Option<&str>, size: Option<&str>, etag: Option<&str>| {
            let owned = |text: Option<&str>| text.map(str::to_string);
            let told = Told { commit: owned(commit), size: owned(size), etag: owned(etag) };
            check_told(&told, "c0ffee", &hello()).map_err(|error| error.to_string())
        };
        let other_sha1 = SHA1.replace('c', "d");
        assert_eq!(check(None, None, None), Ok(()));
        assert_eq!(check(Some("c0ffee"), Some("6"), Some(SHA1)), Ok(()));
        assert_eq!(check(None, None, Some("d41d8cd98f00b204e9800998ecf8427e-2")), Ok(()));
        assert_eq!(check(None, None, Some(&"0".repeat(64))), Ok(()), "of another kind");
        assert!(check(Some("decade"), None, None).unwrap_err().contains("commit c0ffee"));
        assert!(check(None, Some("7"), None).unwrap_err().contains("size 7"));
        assert!(check(None, None, Some(&other_sha1)).unwrap_err().contains(&other_sha1));
    }
}
