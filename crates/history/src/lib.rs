//! Conversations kept in one SQLite file: what was said, in which order, and what else was tried.
//!
//! Stage of the life: the memory of those who talk with the model, not the model's. A conversation is
//! a tree: another answer to the same question is a sibling of the first, and so is a question that
//! was put in other words. Nothing is overwritten but an answer that is still being written.
//!
//! Reading order: [`conversation`] (what is kept, and its limits), [`message`] (the tree),
//! [`token`] (how likely each token was), `schema` (the file, its versions), [`store`] (opening it),
//! [`search`], [`exchange`] (out as JSON or Markdown, in as JSON), [`error`].
//!
//! ```
//! use history::{Draft, History, NewMessage, Role};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let home = std::env::temp_dir().join(format!("history-doc-{}", std::process::id()));
//! # std::fs::create_dir_all(&home)?;
//! let history = History::open(&home.join("conversations.sqlite"))?;
//! let id = history.create(&Draft { title: "A fox".into(), ..Draft::default() }, 1_000)?.id;
//! let question = history.say(id, &NewMessage::new(None, Role::User, "Who is it?"), 1_001)?;
//! history.say(id, &NewMessage::new(Some(question), Role::Assistant, "A fox."), 1_002)?;
//! history.say(id, &NewMessage::new(Some(question), Role::Assistant, "The miller."), 1_003)?;
//! assert_eq!(history.whole(id)?.shown().len(), 2); // the question and its newer answer
//! assert_eq!(history.search("fox", 10)?[0].conversation, id);
//! # drop(history); std::fs::remove_dir_all(&home)?; Ok(()) }
//! ```
//!
//! Must never know: models, HTTP, the clock. Times are handed in, in milliseconds since 1970.
#![forbid(unsafe_code)]

pub mod conversation;
pub mod error;
pub mod exchange;
pub mod message;
mod schema;
pub mod search;
pub mod store;
pub mod token;

pub use conversation::{Change, Conversation, Draft, Summary};
pub use error::{Error, Result};
pub use exchange::Archive;
pub use message::{Message, NewMessage, Role, Said};
pub use search::Hit;
pub use store::History;
pub use token::Token;
