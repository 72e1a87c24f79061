//! What one gets without the skill that an exam asks for.
//!
//! - [`majority`]: the commonest right answer to questions of the same kind, whatever the story;
//! - [`closed_book`]: the same exercises without their story;
//! - [`ngram`]: a 5-gram model that read the lessons.

pub mod closed_book;
pub mod majority;
pub mod ngram;
