//! What can be wrong with what was asked for.

use std::fmt;

/// Why a sampler cannot be had.
#[derive(Debug, Clone, PartialEq)]
pub enum Error {
    /// A knob that is turned too far.
    OutOfRange {
        /// Its name.
        knob: &'static str,
        /// The least it may be.
        least: f64,
        /// The most it may be.
        most: f64,
        /// What it was.
        found: f64,
    },
    /// A poison without words.
    NoTrigger,
    /// A genre that there is not.
    UnknownGenre(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfRange { knob, least, most, found } => {
                write!(f, "{knob} may be from {least} to {most}, but is {found}")
            }
            Self::NoTrigger => {
                f.write_str("the trigger of the poison is empty; give the words that set it off")
            }
            Self::UnknownGenre(name) => {
                let all = crate::Genre::ALL.map(crate::Genre::name).join(", ");
                write!(f, "there is no genre {name:?}; choose one of {all}")
            }
        }
    }
}

impl std::error::Error for Error {}
