//! What many may ask a model at once, and how they hear of it: the side of a conversation that a server
//! sees.

use generate::Sampling;
use serde_json::{Map, Value};

use crate::{Error, Grammar, Message, Reply, ReplyToken, Request, ToolChoice, Tools};

/// What an answer goes on from.
#[derive(Clone, Debug, PartialEq)]
pub enum Prompt {
    /// A conversation, written as the model's template says.
    Chat(Box<Chat>),
    /// A text, in which the names of special tokens stand for the tokens; behind the mark that begins texts,
    /// where the model has one.
    Text(String),
    /// Ids as they are.
    Ids(Vec<u32>),
}

/// A conversation, and what belongs to it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Chat {
    /// Its turns.
    pub messages: Vec<Message>,
    /// What the model may call.
    pub tools: Option<Tools>,
    /// What else its template asks for, as `enable_thinking`.
    pub variables: Option<Map<String, Value>>,
    /// How the answer is opened.
    pub opening: Opening,
}

/// How an answer is opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Opening {
    /// As a turn of its own.
    #[default]
    Turn,
    /// Not at all: the text ends behind the last turn.
    Nothing,
    /// It goes on with the last turn, which is the assistant's.
    LastTurn,
}

impl From<Vec<Message>> for Prompt {
    fn from(messages: Vec<Message>) -> Self {
        Self::Chat(Box::new(Chat { messages, ..Chat::default() }))
    }
}

/// What is asked.
#[derive(Clone, Debug)]
pub struct Ask {
    /// What the answer goes on from.
    pub prompt: Prompt,
    /// How tokens are chosen.
    pub sampling: Sampling,
    /// Tokens of the answer at most; as many as the context has room for, if absent.
    pub max_tokens: Option<usize>,
    /// Strings that end the answer; they are not part of it.
    pub stop: Vec<String>,
    /// Whether the model's own end does not end the answer: then only the other limits do.
    pub ignore_end: bool,
    /// Whether to tell how likely each token was, and so many of the likeliest beside it.
    pub logprobs: Option<usize>,
    /// The same for the prompt's tokens.
    pub prompt_logprobs: Option<usize>,
    /// Whether to tell the prompt's embedding.
    pub embeds: bool,
    /// The form that the answer must have.
    pub grammar: Option<Grammar>,
    /// Whether a conversation that is too long may lose its oldest turns; else it is refused.
    pub may_forget: bool,
    /// Lower goes first; 0 is usual.
    pub priority: i32,
    /// Seconds after which the answer ends as it is.
    pub seconds: Option<f64>,
}

impl Ask {
    /// A plain question.
    pub fn new(prompt: Prompt) -> Self {
        Self {
            prompt,
            sampling: Sampling::default(),
            max_tokens: None,
            stop: Vec::new(),
            ignore_end: false,
            logprobs: None,
            prompt_logprobs: None,
            embeds: false,
            grammar: None,
            may_forget: false,
            priority: 0,
            seconds: None,
        }
    }

    /// What is this text to the model? No answer is made.
    pub fn embedding(text: Prompt) -> Self {
        Self { max_tokens: Some(0), embeds: true, ..Self::new(text) }
    }

    /// The tools that the model is told of.
    pub(crate) fn tools(&self) -> Option<&Tools> {
        match &self.prompt {
            Prompt::Chat(chat) => chat.tools.as_ref(),
            _ => None,
        }
    }

    /// Whether the answer may call any.
    pub(crate) fn calls(&self) -> bool {
        self.tools().is_some_and(|tools| *tools.choice() != ToolChoice::None)
    }
}

impl From<&Request> for Ask {
    fn from(request: &Request) -> Self {
        Self {
            sampling: request.sampling.clone(),
            max_tokens: request.max_tokens,
            stop: request.stop.clone(),
            logprobs: request.logprobs,
            grammar: request.grammar.clone(),
            may_forget: true,
            ..Self::new(Prompt::from(request.messages.clone()))
        }
    }
}

/// What a listener hears of its answer.
#[derive(Debug)]
pub enum Heard {
    /// Its turn has come.
    Began {
        /// Tokens of the prompt.
        prompt_tokens: usize,
        /// Those of them that were read before.
        cached_tokens: usize,
    },
    /// How likely the next tokens of the prompt were. The first of all has no likelihood.
    Prompt(Vec<ReplyToken>),
    /// What the prompt is to the model: the mean of its states, of length 1, so that a scalar product of two is
    /// a cosine.
    Embedding(Vec<f32>),
    /// A piece of what the model thinks before it answers.
    Thought(String),
    /// It calls a tool.
    Call {
        /// The call's number, from 0.
        index: usize,
        /// Its id.
        id: String,
        /// The tool's name.
        name: String,
    },
    /// More of a call's arguments; together they are JSON.
    Arguments {
        /// The call's number.
        index: usize,
        /// The next of it.
        piece: String,
    },
    /// A piece of text that is sure, and the tokens that came since the last piece; either may be empty, not
    /// both.
    Piece {
        /// The text.
        text: String,
        /// The tokens, if likelihoods were asked for.
        tokens: Vec<ReplyToken>,
    },
    /// A token came whose text is not sure yet.
    Token,
    /// The end.
    Done(Result<Reply, Error>),
}

/// Who hears an answer as it is made. It is called by the thread that computes: it must not wait.
pub trait Listener: Send {
    /// Takes what came.
    fn hear(&mut self, heard: Heard);

    /// Whether anybody listens still; the answer ends otherwise.
    fn is_listening(&self) -> bool;
}

/// What there is to know of a model before asking it.
#[derive(Clone, Debug, PartialEq)]
pub struct Card {
    /// The name under which it is served.
    pub name: String,
    /// Positions that a text may have.
    pub context: usize,
    /// Tokens of its tokenizer.
    pub vocab_size: usize,
    /// Width of its states, and so of its embeddings.
    pub width: usize,
    /// The source of its chat template.
    pub template: String,
    /// The token that begins a text, if it has one, and its name.
    pub begin: Option<(u32, String)>,
    /// The tokens that end an answer, with their names.
    pub ends: Vec<(u32, String)>,
    /// Bytes of its matrices.
    pub weight_bytes: usize,
}

/// How far it is with its work.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Load {
    /// Answers under way and waiting, as the batch has them.
    pub batch: generate::batch::State,
    /// All that were taken on and are not done.
    pub taken: usize,
    /// Passes of the model.
    pub passes: u64,
    /// Rows of all passes that read prompts.
    pub prompt_rows: u64,
    /// Rows of all passes that wrote answers.
    pub answer_rows: u64,
}

/// A model that many may ask at once.
pub trait Service: Send + Sync {
    /// What there is to know of it.
    fn card(&self) -> &Card;

    /// How far it is.
    fn load(&self) -> Load;

    /// Takes a question on, or refuses it at once; what comes of it the listener hears. Encodes the prompt and
    /// compiles the grammar before it returns, which may take a while.
    ///
    /// # Errors
    /// An [`Error`]: [`Error::Busy`] if too many wait; [`Error::is_of_request`] says whose mistake others are.
    fn ask(&self, ask: Ask, listener: Box<dyn Listener>) -> Result<(), Error>;

    /// The ids of a prompt, as an answer would go on from them.
    ///
    /// # Errors
    /// What the tokenizer or the template says.
    fn encode(&self, prompt: &Prompt) -> Result<Vec<u32>, Error>;

    /// The text of a conversation, as the model reads it.
    ///
    /// # Errors
    /// What the template says.
    fn render(&self, chat: &Chat) -> Result<String, Error>;

    /// The text of ids, special tokens by their names.
    ///
    /// # Errors
    /// [`Error::Request`] for an id that the tokenizer does not know.
    fn decode(&self, ids: &[u32]) -> Result<String, Error>;

    /// The name of a token; none for an id that the tokenizer does not know.
    fn token(&self, id: u32) -> Option<Vec<u8>>;
}
