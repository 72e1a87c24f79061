//! What can be wrong with weights on a disk, said with file, tensor and cause.
//!
//! What is wrong in several places is said at once: a list of causes is one text, a line each, of
//! which the first twenty are spelled out.

use std::path::{Path, PathBuf};

/// As many causes of one kind are spelled out; of more the number is told.
const SPELLED_OUT: usize = 20;

/// What can be wrong with weights.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The system refused to read or write.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file ends early.
    #[error(
        "{} is cut short: {expected} bytes are announced, {got} are there; copy or download it again",
        path.display()
    )]
    CutShort {
        /// The file.
        path: PathBuf,
        /// Bytes that the file itself announces.
        expected: u64,
        /// Bytes on the disk.
        got: u64,
    },
    /// The file contradicts itself or its format.
    #[error("{} is no valid {format} file: {reason}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What it was read as.
        format: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// A pickle asks for more than tensors in dictionaries.
    #[error(
        "{} holds code, which was not run: it asks for {}; expected are tensors in dictionaries and \
         nothing else. Ask its maker for a safetensors file or, if you trust it, load it in PyTorch \
         and save the model's state_dict()",
        path.display(), names.join(", ")
    )]
    Code {
        /// The file.
        path: PathBuf,
        /// All functions and classes it asks for and will not get.
        names: Vec<String>,
    },
    /// There is no such tensor.
    #[error("{} has no tensor {name:?}", path.display())]
    Missing {
        /// The file or the folder.
        path: PathBuf,
        /// The name asked for.
        name: String,
    },
    /// A tensor cannot be read as it was asked for, or not be written.
    #[error("tensor {name:?} of {}: {reason}", path.display())]
    Tensor {
        /// The file.
        path: PathBuf,
        /// The tensor.
        name: String,
        /// What was expected, what is there.
        reason: String,
    },
    /// Files that together are a model's weights do not fit together.
    #[error("the weights in {} cannot be used:\n{}", path.display(), problems.join("\n"))]
    Weights {
        /// The folder.
        path: PathBuf,
        /// All that is wrong, by name, a sentence each.
        problems: Vec<String>,
    },
}

impl Error {
    pub(crate) fn invalid(path: &Path, format: &'static str, reason: impl Into<String>) -> Self {
        Self::Invalid { path: path.to_path_buf(), format, reason: reason.into() }
    }

    pub(crate) fn io(path: &Path) -> impl Fn(std::io::Error) -> Self + '_ {
        move |source| Self::Io { path: path.to_path_buf(), source }
    }

    pub(crate) fn cut_short(path: &Path, expected: usize, got: usize) -> Self {
        Self::CutShort { path: path.to_path_buf(), expected: expected as u64, got: got as u64 }
    }
}

/// Causes as one reason: alone on its line, several below each other.
pub(crate) fn listed(mut causes: Vec<String>) -> String {
    match causes.len() {
        1 => causes.remove(0),
        _ => {
            shorten(&mut causes);
            format!("\n  {}", causes.join("\n  "))
        }
    }
}

/// The first of many, and how many more there are.
pub(crate) fn shorten(causes: &mut Vec<String>) {
    let more = causes.len().saturating_sub(SPELLED_OUT);
    if more > 1 {
        causes.truncate(SPELLED_OUT);
        causes.push(format!("and {more} more of the kind"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_cause_stands_in_its_sentence_and_many_are_counted() {
        assert_eq!(listed(vec!["a".into()]), "a");
        assert_eq!(listed(vec!["a".into(), "b".into()]), "\n  a\n  b");
        let many = listed((0..25).map(|i| format!("cause {i}")).collect());
        assert!(many.contains("cause 19\n") && many.ends_with("and 5 more of the kind"), "{many}");
        assert!(!many.contains("cause 20"), "{many}");
    }
}
