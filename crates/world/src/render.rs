//! From what is true to what is said.
//!
//! Reading order: [`prose`] (phrases with choices and references become sentences; it decides who
//! is "she" and who is named), [`phrases`] (how each kind of event can be told), [`story`] (a day
//! told from morning to evening), [`facts`] (questions about the village and their answers),
//! [`recall`] (questions about a story just told), [`dialogue`] (a user talks with the assistant).
//! Then, in the first person ([`first`]) and with a date ([`date`]): [`diary`] and [`letter`].

pub mod date;
pub mod dialogue;
pub mod diary;
pub mod facts;
pub mod first;
pub mod letter;
pub mod phrases;
pub mod prose;
pub mod recall;
pub mod story;
