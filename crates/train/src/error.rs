//! What can end a training run early; each message says what to do about it.

use std::path::PathBuf;

/// The crate's only error.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The model to begin with cannot be used.
    #[error("cannot begin with the model in {}: {reason}", folder.display())]
    Start {
        /// Where it lies.
        folder: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A number of the config that cannot be.
    #[error("{name} is {got}; expected {expected}")]
    Option {
        /// Which.
        name: &'static str,
        /// What was given.
        got: String,
        /// What would have worked.
        expected: String,
    },
    /// An optimizer that cannot be.
    #[error(transparent)]
    Optimizer(#[from] optim::Error),
    /// A run that would not fit.
    #[error(
        "the run needs {:.1} GB of memory and {:.1} GB are free; {advice}",
        *needed as f64 / 1e9, *available as f64 / 1e9
    )]
    Memory {
        /// Bytes at its peak.
        needed: u64,
        /// Bytes that are left.
        available: u64,
        /// What would make it fit.
        advice: String,
    },
    /// Two wishes that exclude each other.
    #[error("{0}")]
    Contradiction(String),
    /// The tokens were made by a tokenizer that the model was not made for.
    #[error(
        "the corpus has ids up to {ids}, the model knows {vocab_size}; tokenize the corpus with the model's tokenizer"
    )]
    Vocabulary {
        /// Vocabulary of the shard.
        ids: usize,
        /// Rows of the embedding.
        vocab_size: usize,
    },
    /// A loss or gradient that is no number.
    #[error("step {step}: {what} is not a finite number, first at {at}. {cause}{last}")]
    NotFinite {
        /// The step that was to be taken, counted from 1.
        step: u64,
        /// The loss, or the gradient.
        what: &'static str,
        /// The activation or parameter where it began.
        at: String,
        /// The likely cause and what to do.
        cause: String,
        /// Which checkpoint is sound.
        last: String,
    },
    /// No checkpoint of the folder can be read.
    #[error(
        "no checkpoint in {} can be used: {reason}; copy it again, or delete the folder to begin anew",
        folder.display()
    )]
    NoSoundCheckpoint {
        /// Where they are.
        folder: PathBuf,
        /// What is wrong with the newest.
        reason: String,
    },
    /// A checkpoint that is damaged or of another run.
    #[error("checkpoint {}: {reason}", path.display())]
    Checkpoint {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The system refused to read or write.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// There is too little text to measure with.
    #[error("the held-out text is too short: {0}. Give more text, or a larger --validation")]
    HeldOut(#[source] data::Error),
    /// The corpus.
    #[error(transparent)]
    Data(#[from] data::Error),
    /// The model.
    #[error(transparent)]
    Model(#[from] arch::Error),
    /// A weight file.
    #[error(transparent)]
    Weights(#[from] formats::Error),
    /// The journal.
    #[error(transparent)]
    Journal(#[from] journal::Error),
}
