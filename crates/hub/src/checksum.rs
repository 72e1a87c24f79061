//! How a hub says what is in a file: as git names it, or large ones by their SHA-256.
//!
//! Git's name of a file of `n` bytes is the SHA-1 of `blob n`, a zero byte and the bytes (Git's
//! object format); a large file lies outside of git and its pointer names its SHA-256 (Git LFS,
//! specification of pointers). SHA-1 finds damage, it does not hold against somebody who makes
//! collisions; what it names are small files.

use std::fmt;
use std::str::FromStr;

use ring::digest;
use serde::{Deserialize, Serialize};

/// The sum of a file's bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Checksum {
    /// Git's name of the file, 40 hexadecimal digits.
    Git(String),
    /// 64 hexadecimal digits.
    Sha256(String),
}

/// A sum in the making.
pub(crate) struct Summing(digest::Context);

impl Checksum {
    /// What is told apart by its length alone, as in an `ETag`; nothing if it is neither.
    pub(crate) fn from_hex(hex: &str) -> Option<Self> {
        let is_hex = hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        match hex.len() {
            40 if is_hex => Some(Self::Git(hex.to_string())),
            64 if is_hex => Some(Self::Sha256(hex.to_string())),
            _ => None,
        }
    }

    /// The digits alone.
    pub fn hex(&self) -> &str {
        match self {
            Self::Git(hex) | Self::Sha256(hex) => hex,
        }
    }

    /// Begins the sum that this one is of, over a file of `size_bytes`.
    pub(crate) fn begin(&self, size_bytes: u64) -> Summing {
        match self {
            Self::Sha256(_) => Summing(digest::Context::new(&digest::SHA256)),
            Self::Git(_) => {
                let mut context = digest::Context::new(&digest::SHA1_FOR_LEGACY_USE_ONLY);
                context.update(format!("blob {size_bytes}\0").as_bytes());
                Summing(context)
            }
        }
    }
}

impl Summing {
    /// The file's next bytes.
    pub(crate) fn add(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digits.
    pub(crate) fn finish(self) -> String {
        let digest = self.0.finish();
        digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Git(hex) => write!(f, "git:{hex}"),
            Self::Sha256(hex) => write!(f, "sha256:{hex}"),
        }
    }
}

impl FromStr for Checksum {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let digits = text.split_once(':').and_then(|(_, hex)| Self::from_hex(hex));
        let found = digits.filter(|checksum| checksum.to_string() == text);
        found.ok_or_else(|| format!("{text:?} is no checksum: expected git: or sha256: and digits"))
    }
}

impl TryFrom<String> for Checksum {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Checksum> for String {
    fn from(checksum: Checksum) -> Self {
        checksum.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, content: &[u8]) {
        let checksum: Checksum = text.parse().unwrap();
        let mut summing = checksum.begin(content.len() as u64);
        content.chunks(3).for_each(|piece| summing.add(piece));
        assert_eq!(summing.finish(), checksum.hex());
        assert_eq!(checksum.to_string(), text);
    }

    #[test]
    fn sums_are_those_of_git_and_sha256sum() {
        // `git hash-object` and `sha256sum` of the same bytes.
        check("git:ce013625030ba8dba906f756967f9e9ca394464a", b"hello\n");
        check("git:e69de29bb2d1d6434b8b29ae775ad8c2e48c5391", b"");
        check(
            "sha256:5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03",
            b"hello\n",
        );
    }

    #[test]
    fn other_digits_are_none() {
        let sha1 = "ce013625030ba8dba906f756967f9e9ca394464a";
        for text in [&sha1[1..], &sha1.to_uppercase(), "", "d41d8cd98f00b204e9800998ecf8427e"] {
            assert_eq!(Checksum::from_hex(text), None, "{text}");
        }
        for text in [format!("sha256:{sha1}"), sha1.to_string(), "git:".to_string()] {
            assert!(text.parse::<Checksum>().is_err(), "{text}");
        }
    }
}
