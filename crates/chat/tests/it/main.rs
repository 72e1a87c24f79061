//! Grammars with whole tokenizers and models that say anything, and the official tests of JSON
//! Schema where the public data is at hand.
#![expect(clippy::unwrap_used, reason = "the panic of a test is its message")]

mod any_model;
mod calls;
mod golden_templates;
mod schema_suite;
mod valid;
