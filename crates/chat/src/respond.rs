//! The trait through which servers, pages and graders see a model: a conversation goes in, text
//! comes out as it is made.

use generate::{Flow, Sampling};

use crate::{Call, Error, Grammar, Message, ReplyToken};

/// What is asked.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The conversation; its last message waits for an answer.
    pub messages: Vec<Message>,
    /// How tokens are chosen.
    pub sampling: Sampling,
    /// Tokens of the answer at most; the model's own limit if absent.
    pub max_tokens: Option<usize>,
    /// Strings that end the answer; they are not part of it.
    pub stop: Vec<String>,
    /// Whether to tell how likely each token was, and so many of the likeliest beside it.
    pub logprobs: Option<usize>,
    /// The form that the answer must have.
    pub grammar: Option<Grammar>,
}

/// Why an answer ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Finish {
    /// The model or a stop string ended it.
    #[default]
    Stop,
    /// `max_tokens` or the end of the model's context.
    Length,
    /// The listener wanted no more.
    Cancelled,
    /// The model called tools.
    Calls,
}

impl Finish {
    /// OpenAI's word.
    pub fn name(self) -> &'static str {
        match self {
            // Nobody reads the answer of one who left.
            Self::Stop | Self::Cancelled => "stop",
            Self::Length => "length",
            Self::Calls => "tool_calls",
        }
    }
}

/// What is answered.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reply {
    /// All of the text.
    pub text: String,
    /// What was thought before, where thoughts are told apart.
    pub reasoning: String,
    /// The tools that were called, each with its id.
    pub calls: Vec<Call>,
    /// Why it ended.
    pub finish: Finish,
    /// The stop string that ended it, if one did.
    pub stopped_by: Option<String>,
    /// Tokens of the conversation, as far as the model read it.
    pub prompt_tokens: usize,
    /// Those of them that were read for an answer before.
    pub cached_tokens: usize,
    /// Tokens of the answer.
    pub completion_tokens: usize,
    /// Of each token, if asked for; also of those that a stop string took off the text.
    pub logprobs: Vec<ReplyToken>,
    /// The token that ended it and is no part of it, if one did and likelihoods were asked for.
    pub end: Option<ReplyToken>,
}

/// Something that answers.
pub trait Respond: Send + Sync {
    /// The name under which it is served.
    fn model_name(&self) -> &str;

    /// Answers, and hands each piece of text to `on_text` as soon as it is sure. The pieces
    /// together are the reply's text. Blocks until the answer is there.
    ///
    /// # Errors
    /// An [`Error`]; [`Error::is_of_request`] says whose mistake it is.
    fn respond(
        &self,
        request: &Request,
        on_text: &mut dyn FnMut(&str) -> Flow,
    ) -> Result<Reply, Error>;
}
