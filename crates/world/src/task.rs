//! What an assistant is taught and examined in, one kind a file.
//!
//! Each file makes lessons (conversations of the training split, often with several questions) and
//! exam questions (one question each, of the test split: people, operands, wordings and requests that
//! no lesson has). Three are practised only: [`copy`] and [`roll`] for what they teach the others, and
//! [`unknown`].

pub mod copy;
pub mod fact;
pub mod json;
pub mod refusal;
pub mod roll;
pub mod story;
pub mod sum;
pub mod system;
pub mod tool;
pub mod unknown;
