//! What can be wrong with a description of a model, its weights, or a call to a decoder.

/// An error of `arch` or of an implementation of its traits.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A config names a family that this build has no file for.
    #[error("model_type {got:?} is not known here; known are: {known}")]
    UnknownFamily {
        /// The name found.
        got: String,
        /// The names that would have worked.
        known: String,
    },
    /// A config lacks a key, or its value has the wrong type.
    #[error("config key {key:?}: expected {expected}, found {got}")]
    Config {
        /// The key.
        key: String,
        /// What should stand there.
        expected: String,
        /// What stands there.
        got: String,
    },
    /// Numbers that contradict each other.
    #[error("the model's shape is impossible: {0}")]
    Shape(String),
    /// A tensor is absent.
    #[error("the weights have no tensor {name:?}; is this file of another model or cut short?")]
    MissingTensor {
        /// Its name in the family's files.
        name: String,
    },
    /// A tensor has another shape than the config says.
    #[error("tensor {name:?}: expected shape {expected:?}, found {got:?}")]
    TensorShape {
        /// Its name.
        name: String,
        /// From the config.
        expected: Vec<usize>,
        /// From the file.
        got: Vec<usize>,
    },
    /// A source failed to read a tensor.
    #[error("tensor {name:?} could not be read: {reason}")]
    Read {
        /// Its name.
        name: String,
        /// What the reader said.
        reason: String,
    },
    /// More positions were asked for than the model has.
    #[error(
        "{needed} positions are needed, the model has {available}; shorten the prompt or the answer"
    )]
    ContextFull {
        /// Cached plus new.
        needed: usize,
        /// The model's limit.
        available: usize,
    },
    /// An id beyond the vocabulary.
    #[error("token {id} is beyond the vocabulary of {vocab_size}")]
    TokenOutOfRange {
        /// The id given.
        id: u32,
        /// Ids run below this.
        vocab_size: usize,
    },
    /// Something that this decoder does not offer.
    #[error("this decoder does not offer {0}")]
    Unsupported(&'static str),
}
