//! What can go wrong between a conversation and its answer.

/// An error of `chat`, or of an implementation of `Respond`.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request cannot be answered as it is; another might.
    #[error("{0}")]
    Request(String),
    /// A part of a message that no model here reads yet.
    #[error("a message holds {got}, expected text, which is all that is read yet: send text only")]
    Part {
        /// The kind of the part.
        got: String,
    },
    /// The prompt, or the newest message alone, is longer than the model's context. Clients know the case by
    /// the words of its beginning.
    #[error(
        "the prompt is too long: this model's maximum context length is {} tokens, the prompt has {tokens}, and \
         {reserved} are kept for the answer; shorten it or ask for a shorter answer",
        .room + .reserved
    )]
    TooLong {
        /// Tokens of the shortest prompt that could be made.
        tokens: usize,
        /// Tokens that fit.
        room: usize,
        /// Tokens kept for the answer.
        reserved: usize,
    },
    /// A template that is not Jinja, or larger than any honest one.
    #[error("the chat template cannot be read: {reason}; mend it, or use the default template")]
    TemplateSource {
        /// What the parser said.
        reason: String,
    },
    /// A template that failed on this conversation, or ran out of its means.
    #[error("the chat template refused this conversation: {reason}")]
    TemplateRun {
        /// What it said.
        reason: String,
    },
    /// A record of instruction data of no known form, or one that breaks its form.
    #[error("{origin}: {reason}")]
    Record {
        /// Where it stands.
        origin: String,
        /// What was expected, what was there, and what to do.
        reason: String,
    },
    /// A template whose text does not grow turn by turn.
    #[error(
        "the chat template does not say which of its text is the answer: {reason}; train with the \
         default template, or mark the answers with {{% generation %}}"
    )]
    Pieces {
        /// Where it fails.
        reason: String,
    },
    /// A `tokenizer_config.json` that is not what it should be.
    #[error("tokenizer_config.json, {key}: expected {expected}, found {got}")]
    Config {
        /// The key.
        key: String,
        /// What should stand there.
        expected: &'static str,
        /// What stands there.
        got: String,
    },
    /// A tokenizer that makes ids the model does not know.
    #[error(
        "the tokenizer has {tokenizer} tokens, the model knows {model}; they do not belong together"
    )]
    Vocabulary {
        /// The tokenizer's size.
        tokenizer: usize,
        /// The model's.
        model: usize,
    },
    /// A draft model that means something else by an id.
    #[error(
        "token {id} is {draft} to the draft model and {model} to the model; choose a draft of the same \
         family, with the same tokenizer"
    )]
    DraftTokenizer {
        /// The first that differs.
        id: u32,
        /// The draft's token.
        draft: String,
        /// The model's.
        model: String,
    },
    /// A grammar that cannot be read, or that cannot be held to.
    #[error("the {what} cannot be used: {reason}")]
    Grammar {
        /// What kind of grammar.
        what: &'static str,
        /// What was found, and where.
        reason: String,
    },
    /// A tokenizer whose answers cannot be held to a grammar.
    #[error("answers of this tokenizer cannot be held to a grammar: {reason}; ask without one")]
    NoVocabulary {
        /// What it lacks.
        reason: String,
    },
    /// Too many questions wait already.
    #[error(
        "{waiting} requests are under way or waiting, as many as are taken; try again in a while"
    )]
    Busy {
        /// How many.
        waiting: usize,
    },
    /// Whoever answered ended without an answer.
    #[error("the model failed in the middle of its answer; the server's log may say why")]
    Lost,
    /// The model's thread has ended.
    #[error("the model is being shut down")]
    Gone,
    /// The system gave no thread.
    #[error(
        "no thread for the model: {reason}; end other programs, or raise the limit of processes"
    )]
    Thread {
        /// What it said.
        reason: String,
    },
    /// The tokenizer refused.
    #[error(transparent)]
    Tokenizer(#[from] tokenizer::Error),
    /// The decoder or the sampler refused.
    #[error(transparent)]
    Generate(#[from] generate::Error),
}

impl Error {
    /// Whether what was asked is longer than the model's context.
    pub fn is_too_long(&self) -> bool {
        use generate::Error as G;
        matches!(self, Self::TooLong { .. } | Self::Generate(G::PromptTooLong { .. }))
    }

    /// Whether the one who asks can mend it (otherwise the model's keeper must).
    pub fn is_of_request(&self) -> bool {
        use generate::Error as G;
        use tokenizer::Error as T;
        matches!(
            self,
            Self::Request(_)
                | Self::Part { .. }
                | Self::TooLong { .. }
                | Self::TemplateRun { .. }
                | Self::Grammar { .. }
                | Self::NoVocabulary { .. }
                | Self::Generate(G::Constraint { .. } | G::NothingAllowed { .. })
                | Self::Generate(G::Setting { .. } | G::EmptyPrompt | G::PromptTooLong { .. })
                | Self::Generate(G::Decoder(arch::Error::TokenOutOfRange { .. }))
                | Self::Tokenizer(T::UnknownCharacter { .. } | T::NoUnknownWord { .. })
                | Self::Tokenizer(T::UnknownId { .. } | T::Split { .. })
        )
    }
}
