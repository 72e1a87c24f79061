//! Which model is meant: `OWNER/NAME`, and with a revision `OWNER/NAME@REVISION`.
//!
//! Both words become folders, so each is what [`stdx::file_name`] lets pass. A revision is a branch,
//! a tag or a commit; it never becomes a path. Left out: models without an owner (`gpt2`), which the
//! hub keeps for its oldest ones and answers with a redirect to their full name.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use stdx::file_name::fault;

use crate::Error;

/// The revision where none is named.
const DEFAULT_REVISION: &str = "main";
const MAX_REVISION_BYTES: usize = 200;

/// A model's full name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ModelId {
    owner: String,
    name: String,
}

/// A model at a revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The model.
    pub id: ModelId,
    /// A branch, a tag or a commit.
    pub revision: String,
}

impl ModelId {
    /// Who published it.
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// What it is called there.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for ModelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.owner, self.name)
    }
}

impl FromStr for ModelId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let wrong = |fault| Error::Name { name: text.chars().take(120).collect(), fault };
        let (owner, name) = text.split_once('/').ok_or_else(|| wrong("has no owner"))?;
        match fault(owner).or_else(|| fault(name)) {
            Some(fault) => Err(wrong(fault)),
            None => Ok(Self { owner: owner.to_string(), name: name.to_string() }),
        }
    }
}

impl TryFrom<String> for ModelId {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl From<ModelId> for String {
    fn from(id: ModelId) -> Self {
        id.to_string()
    }
}

impl FromStr for Reference {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let (id, revision) = text.split_once('@').unwrap_or((text, DEFAULT_REVISION));
        let fault = match revision {
            "" => "has no revision behind its @",
            long if long.len() > MAX_REVISION_BYTES => "has a revision of more than 200 characters",
            odd if !odd.bytes().all(|byte| byte.is_ascii_graphic()) => {
                "has a revision with characters that no branch has"
            }
            _ => return Ok(Self { id: id.parse()?, revision: revision.to_string() }),
        };
        Err(Error::Name { name: text.chars().take(120).collect(), fault })
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.revision.as_str() {
            DEFAULT_REVISION => write!(f, "{}", self.id),
            revision => write!(f, "{}@{revision}", self.id),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_a_model_and_a_revision() {
        let check = |text: &str, id: &str, revision: &str| {
            let reference: Reference = text.parse().unwrap();
            assert_eq!(
                (reference.id.to_string().as_str(), reference.revision.as_str()),
                (id, revision)
            );
            assert_eq!(reference.to_string().parse::<Reference>().unwrap(), reference);
        };
        check("openai-community/gpt2", "openai-community/gpt2", "main");
        check("a/b.c_d@refs/pr/4", "a/b.c_d", "refs/pr/4");
        check("01-ai/Yi@607a30d", "01-ai/Yi", "607a30d");
    }

    #[test]
    fn names_that_could_leave_the_store_are_refused() {
        let hostile = [
            "", "gpt2", "/", "a/", "/b", "a/b/c", "../b", "a/..", ".a/b", "a/.b", "a\\b/c",
            "a/b c", "a/b@", "a/b@x y", "a/nul", "a/b\0", "é/b", "-a/b", "@main", "a@main/b",
        ];
        for name in hostile {
            let error = name.parse::<Reference>().unwrap_err();
            assert!(matches!(error, Error::Name { .. }), "{name:?}: {error}");
            assert!(error.to_string().contains("OWNER/NAME"), "{error}");
        }
    }
}
