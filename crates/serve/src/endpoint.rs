//! What the server answers to: one address, or a few of one kind, a file.

pub mod chat;
pub mod completions;
pub mod embeddings;
pub mod health;
pub(crate) mod infill;
pub mod messages;
pub mod models;
pub mod rerank;
pub mod responses;
pub mod tokens;
mod tooling;
