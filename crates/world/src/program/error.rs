//! Why a program does not run.

use std::fmt;

/// What went wrong, and on which line where that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// The text is not of the subset.
    Syntax {
        /// Counted from one.
        line: usize,
        /// What was expected, or what is not part of the subset.
        what: String,
    },
    /// A name that nothing was assigned to.
    Name(String),
    /// A value of the wrong type, or of a type that does not allow this.
    Type(String),
    /// An index, a key or a number out of range.
    Value(String),
    /// An assertion that does not hold.
    Assertion {
        /// Counted from one.
        line: usize,
    },
    /// The program takes too many steps, calls too deep, or grows too large.
    TooMuch,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax { line, what } => write!(f, "line {line}: {what}"),
            Self::Name(name) => write!(f, "name {name:?} is not defined; assign it first"),
            Self::Type(what) | Self::Value(what) => f.write_str(what),
            Self::Assertion { line } => write!(f, "line {line}: the assertion does not hold"),
            Self::TooMuch => {
                f.write_str("the program runs too long or grows too large; shorten it")
            }
        }
    }
}

impl std::error::Error for Error {}

pub(super) type Result<T> = std::result::Result<T, Error>;

/// A type error as a value, for the end of a function.
pub(super) fn type_error<T>(what: impl Into<String>) -> Result<T> {
    Err(Error::Type(what.into()))
}

/// A value error as a value.
pub(super) fn value_error<T>(what: impl Into<String>) -> Result<T> {
    Err(Error::Value(what.into()))
}
