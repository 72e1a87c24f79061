//! What is asked of a batch, and what it tells.

use crate::{Constraint, Error, Finish, Options, TokenLogprobs};

/// A text's name; in the order of arrival.
pub type Ticket = u64;

/// A text to be continued.
pub struct Job {
    /// What it begins with.
    pub prompt: Vec<u32>,
    /// How it goes on. A context that is full ends it, whatever its [`crate::Overflow`].
    pub options: Options,
    /// May forbid tokens.
    pub constraint: Option<Box<dyn Constraint + Send>>,
    /// Lower goes first; 0 is usual.
    pub priority: i32,
    /// Whether to tell how likely each token of the prompt was, and so many of the likeliest beside it. Such a
    /// prompt is always read whole.
    pub prompt_logprobs: Option<usize>,
    /// Whether to tell the mean of the model's states over the prompt. Such a prompt is always read whole, and
    /// not kept for others.
    pub embeds: bool,
}

impl Job {
    /// A text of usual urgency, continued freely.
    pub fn new(prompt: Vec<u32>, options: Options) -> Self {
        let (constraint, prompt_logprobs) = (None, None);
        Self { prompt, options, constraint, priority: 0, prompt_logprobs, embeds: false }
    }

    /// A text of usual urgency that is read for its embedding alone.
    pub fn embedding(text: Vec<u32>) -> Self {
        let options = Options { max_tokens: 0, ..Options::default() };
        Self { embeds: true, ..Self::new(text, options) }
    }
}

impl std::fmt::Debug for Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Job")
            .field("prompt", &self.prompt.len())
            .field("options", &self.options)
            .field("is_constrained", &self.constraint.is_some())
            .field("priority", &self.priority)
            .field("embeds", &self.embeds)
            .finish_non_exhaustive()
    }
}

/// What a text's listener hears.
#[derive(Debug)]
pub enum Event {
    /// Its turn has come; so many ids of the prompt had been read before. A text that stepped back begins
    /// again.
    Began {
        /// Positions that were held.
        cached: usize,
    },
    /// How likely the next tokens of the prompt were, if that was asked; the first one, before which nothing
    /// stands, is not told of.
    Prompt(Vec<TokenLogprobs>),
    /// The mean of the model's states over the prompt, behind its last norm, if that was asked.
    Embedding(Vec<f32>),
    /// The prompt is read.
    Read,
    /// A token of the answer.
    Token {
        /// The token.
        token: u32,
        /// How likely it was, if that was asked.
        logprobs: Option<TokenLogprobs>,
    },
    /// How likely the token was that ended it and is no part of it, if that was asked.
    Stop(TokenLogprobs),
    /// The answer is whole.
    Ended(Finish),
    /// There will be no more.
    Failed(Error),
}

/// Who goes into a pass together.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Batching {
    /// Whoever is there: others join and leave at every step.
    #[default]
    Continuous,
    /// Batches that begin together and that nobody joins until all are done, as servers had them before:
    /// one begins when it is full, or when its oldest text has waited for so many seconds. A short wait is
    /// called dynamic batching, a long one static.
    Whole {
        /// Seconds.
        wait: f64,
    },
}

/// How much goes on at once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// Sequences on their way.
    pub sequences: usize,
    /// Rows of a pass.
    pub rows: usize,
    /// Rows that read prompts in a pass for which answers wait.
    pub rows_beside: usize,
    /// Bytes of keys and values of sequences on their way.
    pub cache_bytes: usize,
    /// Bytes of keys and values that are kept for others.
    pub kept_bytes: usize,
    /// Who goes together.
    pub batching: Batching,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            sequences: 16,
            rows: 512,
            rows_beside: 64,
            cache_bytes: 2 << 30,
            kept_bytes: 1 << 30,
            batching: Batching::Continuous,
        }
    }
}
