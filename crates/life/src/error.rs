//! What can end a speedrun early; each message says what to do about it.

use std::path::PathBuf;

/// The crate's only error.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Somebody asked it to stop; all that was done is kept.
    #[error("stopped during the stage {stage}; everything up to here is kept")]
    Interrupted {
        /// The stage.
        stage: &'static str,
    },
    /// Wishes that exclude each other or cannot be.
    #[error("{0}")]
    Recipe(String),
    /// A run of this name was made with other wishes.
    #[error(
        "the run {name} was made with other settings ({difference}); go on with it by `lyceum resume {name}`, or choose another --name"
    )]
    OtherRecipe {
        /// The run.
        name: String,
        /// The first setting that differs.
        difference: String,
    },
    /// A file of the run that cannot be understood.
    #[error("{}: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong, and what to do.
        reason: String,
    },
    /// The system refused to read or write.
    #[error("{}: {source}; check that the disk has room and the folder is yours", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A folder that no life can begin with.
    #[error("cannot begin with {}: {reason}", folder.display())]
    Adopt {
        /// The folder.
        folder: PathBuf,
        /// What is missing or not supported, and what would do.
        reason: String,
    },
    /// There is no model to answer.
    #[error("{}: {reason}", path.display())]
    NoModel {
        /// Where it was looked for.
        path: PathBuf,
        /// What is missing, and what to do.
        reason: String,
    },
    /// The corpus.
    #[error(transparent)]
    Data(#[from] data::Error),
    /// The tokenizer.
    #[error(transparent)]
    Tokenizer(#[from] tokenizer::Error),
    /// Training.
    #[error(transparent)]
    Train(#[from] train::Error),
    /// The model's folder.
    #[error(transparent)]
    Folder(#[from] model::folder::Error),
    /// An answer.
    #[error(transparent)]
    Chat(#[from] chat::Error),
    /// The run's folder.
    #[error(transparent)]
    Journal(#[from] journal::Error),
}

impl Error {
    /// For `map_err`: wraps an `io::Error` with its file.
    pub(crate) fn io(path: &std::path::Path) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Io { path: path.to_path_buf(), source }
    }
}
