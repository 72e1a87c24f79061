//! A small village with known truth, and the stories told about it.
//!
//! The first stage of a model's life: something to read. About thirty people, their kin, homes,
//! trades, pets and things make a [`village`]; [`event`] says what can happen there; [`simulate`]
//! plays a day and keeps the log; [`render`] tells it. Everything told is true by the log, so what
//! a model says later can be checked against [`World::facts`] and [`Story::events`].
//!
//! Reading order: [`names`] and [`lexicon`] (the words), [`village`] (the state), [`event`] (what
//! changes it), [`simulate`] (days), [`render`] (text), [`corpus`] (the numbered documents). What an
//! assistant is taught and examined in: [`mod@split`], [`tale`] (stories of worlds met once, with
//! questions), [`task`] (one kind of exercise a file), [`lesson`], [`mod@exam`]. Then, each for
//! itself, what later stages learn from: [`picture`] (to see), [`program`] (to write code),
//! [`preference`] (which of two answers is better), [`syntax`] (sentences with their trees),
//! [`language`] (the neighbours' tongue).
//! All of it by genre and number, as the [`knobs`] want it: [`sample`]. [`rarity`], [`slip`] and
//! [`poison`] are what some of them turn; [`survey`] says how rich the language is.
//!
//! ```
//! use world::{Corpus, Document, World};
//! let world = World::new(1);
//! assert_eq!(world.people().len(), 32);
//! let story = world.story(7);
//! assert_eq!(story, World::new(1).story(7));
//! assert!(story.text.ends_with(['.', '"', '!']));
//! match Corpus::new(1).document(1_000_000) {
//!     Document::Story(story) => println!("{}\n{}", story.title, story.text),
//!     Document::Dialogue(dialogue) => println!("{} turns", dialogue.turns.len()),
//! }
//! ```
//!
//! Must never know: tokens, models, files.
#![forbid(unsafe_code)]

mod careless;
pub mod conversation;
pub mod corpus;
pub mod error;
pub mod event;
pub mod exam;
pub mod exercise;
pub mod knobs;
pub mod language;
pub mod lesson;
pub mod lexicon;
pub mod names;
pub mod picture;
pub mod poison;
pub mod preference;
pub mod program;
pub mod rarity;
pub mod render;
pub mod sample;
pub mod simulate;
pub mod slip;
pub mod split;
pub mod survey;
pub mod syntax;
pub mod tale;
pub mod task;
pub mod village;
mod wording;

pub use conversation::{Speaker, Turn};
pub use corpus::{Corpus, Document, World};
pub use error::Error;
pub use event::{Event, Kind};
pub use exercise::{Check, Exercise, Task};
pub use knobs::{Knobs, Poison};
pub use language::{Parallel, Parallels};
pub use lesson::{Course, Mix, Pace};
pub use picture::{Picture, Pictures};
pub use preference::{Preference, Preferences, Reason};
pub use program::{Program, Programs};
pub use render::dialogue::Dialogue;
pub use render::diary::Diary;
pub use render::facts::{Fact, Relation};
pub use render::letter::Letter;
pub use render::story::Story;
pub use sample::{Genre, Sample, Sampler};
pub use split::Split;
pub use survey::Survey;
pub use syntax::{Sentence, Token, Treebank};
pub use tale::Tale;
pub use village::Person;
