//! Conversations: messages in, an answer out.
//!
//! Stage of the life: after training, where people and programs talk to a model.
//!
//! Reading order: [`message`] (who said what), [`tools`] (what a model may call, and calls out of its
//! answers), [`reasoning`] (what it thinks before), [`dataset`] (conversations to learn from, in the forms
//! that people have them), [`template`] (messages to the text that a model is trained on, and which
//! of it is learnt), [`guard`] (that text to ids), [`tokenizer_config`] (the file that carries a
//! template beside a model), [`stop`] (strings that end an answer), [`grammar`] (forms that an
//! answer is held to), [`voice`] (tokens to text as they come), [`logprobs`] (how likely they were), [`respond`] (the trait through which servers and pages see
//! a model), [`local`] (a decoder and a tokenizer as a `Respond`), [`mod@draft`] (a smaller model that
//! proposes for it), [`ask`] (the trait through which many ask at once), [`batched`] (a runtime behind it), [`turns`] (any other model), [`mod@untaught`] (one to try servers with).
//!
//! ```
//! use chat::{Conversation, Message, Role, Template};
//! let messages = [Message::new(Role::User, "Who bakes the bread?")];
//! let text = Template::default().render(&Conversation::ask(&messages))?;
//! assert_eq!(text, "<|user|>\nWho bakes the bread?<|end|>\n<|assistant|>\n");
//! # Ok::<(), chat::Error>(())
//! ```
//!
//! Must never know: which model answers, HTTP.
#![forbid(unsafe_code)]

pub mod ask;
pub mod batched;
pub mod dataset;
pub mod draft;
pub mod error;
pub mod grammar;
pub mod guard;
pub mod local;
pub mod logprobs;
pub mod message;
pub mod reasoning;
pub mod respond;
pub mod stop;
pub mod template;
pub mod tokenizer_config;
pub mod tools;
pub mod turns;
pub mod untaught;
pub mod voice;
mod words;

pub use ask::{Ask, Card, Chat, Heard, Listener, Load, Opening, Prompt, Service};
pub use batched::{BatchedModel, BatchedOptions, Clock};
pub use dataset::Dataset;
pub use draft::draft;
pub use error::Error;
// A server asks with these and needs no other word of `generate`.
pub use generate::{Batching, Flow, Limits, Sampling};
pub use grammar::{Grammar, GrammarConstraint, Vocabulary};
pub use local::{LocalModel, LocalOptions};
pub use logprobs::{Likely, ReplyToken};
pub use message::{Content, Function, Message, Part, Role, ToolCall};
pub use reasoning::{Thought, ThoughtReader};
pub use respond::{Finish, Reply, Request, Respond};
pub use stop::StopStrings;
pub use template::{
    COMPLETION_TEMPLATE, Conversation, DEFAULT_TEMPLATE, PLAIN_TEMPLATE, Piece, Template, special,
};
pub use tokenizer_config::TokenizerConfig;
pub use tools::{Call, CallReader, Dialect, Tool, ToolChoice, Tools};
pub use turns::Turns;
pub use untaught::untaught;
pub use voice::{Said, Voice};
