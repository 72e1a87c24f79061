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
    /// A file's tensors are not those of the model that its config describes.
    #[error("the weights are not those of the model that the config describes:{0}")]
    Weights(Box<Wrong>),
    /// A spec has what its family's config cannot express.
    #[error(
        "a config of {family} has no words for {what}; name the family lyceum to keep all of it"
    )]
    Unsayable {
        /// The family.
        family: String,
        /// The spec's fields that would be lost, with their values.
        what: String,
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
    /// No adapter of this name.
    #[error("there is no adapter {name:?}; there are: {known}")]
    Adapter {
        /// The name given.
        name: String,
        /// The names there are.
        known: String,
    },
    /// Something that this decoder does not offer.
    #[error("this decoder does not offer {0}")]
    Unsupported(&'static str),
}

/// All that is wrong with a file's tensors.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wrong {
    /// Names that the model needs and the file lacks.
    pub missing: Vec<String>,
    /// Names with the shape expected and the shape found.
    pub misshaped: Vec<(String, Vec<usize>, Vec<usize>)>,
    /// Names that the model has no place for.
    pub extra: Vec<String>,
    /// Output matrices that differ from the embedding, though the config says that they are one.
    pub untied: Vec<String>,
}

/// Names of one kind that an error lists before it counts.
const MOST_NAMES: usize = 40;

impl Wrong {
    /// Whether nothing is.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

impl std::fmt::Display for Wrong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut list = |what: &str, lines: Vec<String>| {
            if lines.is_empty() {
                return Ok(());
            }
            write!(f, "\n  {what} ({}):", lines.len())?;
            for line in lines.iter().take(MOST_NAMES) {
                write!(f, "\n    {line}")?;
            }
            match lines.len().saturating_sub(MOST_NAMES) {
                0 => Ok(()),
                more => write!(f, "\n    and {more} more"),
            }
        };
        list("missing", self.missing.clone())?;
        let shapes = self.misshaped.iter();
        let shape = |(name, expected, got): &(String, Vec<usize>, Vec<usize>)| {
            format!("{name}: expected {expected:?}, found {got:?}")
        };
        list("of another shape", shapes.map(shape).collect())?;
        list("without a place in the model", self.extra.clone())?;
        list(
            "another matrix than the embedding, though the config ties them \
             (\"tie_word_embeddings\": false would keep both)",
            self.untied.clone(),
        )
    }
}
