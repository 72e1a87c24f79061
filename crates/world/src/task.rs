//! What an assistant is taught and examined in, one kind a file.
//!
//! Each file makes lessons (conversations of the training split, often with several questions) and
//! exam questions (one question each, of the test split: people, operands, wordings and requests that
//! no lesson has). Some are practised only: [`copy`] and [`roll`] for what they teach the others,
//! [`neighbors`], [`unknown`] and [`small_talk`], and [`mixed`] talks of all kinds. [`own_words`] tells
//! some again as other people would.

pub mod copy;
pub mod fact;
pub mod json;
pub mod mixed;
pub mod neighbors;
pub(crate) mod own_words;
pub mod refusal;
pub mod roll;
pub mod small_talk;
pub mod story;
pub mod sum;
pub mod system;
pub mod tool;
pub mod unknown;
