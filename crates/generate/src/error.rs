//! What can go wrong between a prompt and its continuation.

/// An error of `generate`.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The decoder refused its input.
    #[error(transparent)]
    Decoder(#[from] arch::Error),
    /// A sampling setting outside its range.
    #[error("{setting} must be {expected}, got {got}")]
    Setting {
        /// The setting's name.
        setting: &'static str,
        /// Its range.
        expected: &'static str,
        /// The value given.
        got: String,
    },
    /// There is no first position to predict from.
    #[error("the prompt has no tokens; give at least one (the beginning-of-text token will do)")]
    EmptyPrompt,
    /// The prompt alone fills more than the model's context.
    #[error(
        "the prompt has {tokens} tokens, the model's context is {context}; shorten the prompt or \
         ask for truncation"
    )]
    PromptTooLong {
        /// Tokens given.
        tokens: usize,
        /// Tokens that fit.
        context: usize,
    },
    /// A constraint, or logits of minus infinity, left no token.
    #[error(
        "no token may follow here: all of the {vocab_size} are forbidden; loosen the constraint"
    )]
    NothingAllowed {
        /// Tokens there are.
        vocab_size: usize,
    },
    /// A constraint that could not go on.
    #[error("the answer was to have a form, which failed: {reason}; simplify the form")]
    Constraint {
        /// What the constraint said.
        reason: String,
    },
    /// The model computed something that is no number.
    #[error(
        "the logit of token {id} is {value}, expected a finite number; the weights are damaged or \
         training diverged"
    )]
    NotANumber {
        /// The token.
        id: usize,
        /// NaN or infinity.
        value: f32,
    },
    /// A pass of several texts that failed; each of them is told.
    #[error("the model failed in the middle of the answer: {reason}")]
    Lost {
        /// What it said.
        reason: String,
    },
    /// A file that should hold a model's memory.
    #[error("{}: {reason}", path.display())]
    Saved {
        /// The file.
        path: std::path::PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A decoder returned another number of logits than it promised.
    #[error("the decoder returned {got} logits, expected {expected}; its implementation is wrong")]
    Logits {
        /// Rows wanted times vocabulary.
        expected: usize,
        /// What came.
        got: usize,
    },
    /// A draft model that does not know all ids of the model that it is to propose for.
    #[error(
        "the draft model knows {vocab_size} tokens, the model's texts are made of {n_tokens}; choose a draft \
         of the same family, with the same tokenizer"
    )]
    DraftVocabulary {
        /// Of the draft.
        vocab_size: usize,
        /// Of the model.
        n_tokens: usize,
    },
}
