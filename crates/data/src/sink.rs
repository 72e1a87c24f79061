//! Writing documents as others read them: rows of a table as Apache Parquet, and bytes that are
//! compressed by the name of their file.
//!
//! What is written goes into whatever the caller opened, so that a file can be made whole or not at
//! all (`stdx::atomic_file`); errors are those of the system underneath, a full disk among them.
//! Parquet is written by a program built with the feature `parquet` only, as it is read.

mod packed;
// Two files with one face, so that nothing else asks for the feature.
#[cfg(not(feature = "parquet"))]
#[path = "sink/no_parquet.rs"]
mod parquet;
#[cfg(feature = "parquet")]
mod parquet;

pub use packed::Packed;
pub use parquet::{ParquetWriter, check_built};

/// What a column of a table holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Whole numbers.
    Number,
    /// A word of a few that return in many rows.
    Word,
    /// Text.
    Text,
    /// Text that is JSON.
    Json,
}

/// A value in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell<'a> {
    /// Of a column of numbers.
    Number(i64),
    /// Of any other column.
    Text(&'a str),
}
