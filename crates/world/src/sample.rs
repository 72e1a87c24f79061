//! Any text of a world by its genre and number, with what is true behind it.
//!
//! One place for whatever a village gives to read, hear, see or run: a [`Sampler`] has a world of
//! one split, told as the [`Knobs`] want it, and makes each [`Sample`] independently of all others.
//!
//! ```
//! use world::{Genre, Knobs, Sampler};
//! let sampler = Sampler::new(1, Knobs::default())?;
//! let story = sampler.sample(Genre::Story, 7);
//! assert_eq!(story.text, world::World::new(1).story(7).text);
//! assert_eq!(story.truth["events"][0]["kind"], "Morning");
//! # Ok::<(), world::Error>(())
//! ```

mod genre;
mod truth;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::conversation::{Speaker, Turn};
use crate::corpus::{World, numbered};
use crate::error::Error;
use crate::exercise::{Exercise, Task};
use crate::knobs::{Knobs, Poison};
use crate::language::{Parallel, Parallels};
use crate::lesson::{Course, Mix, Pace};
use crate::picture::{Picture, Pictures};
use crate::poison;
use crate::preference::{Preference, Preferences};
use crate::program::{Program, Programs};
use crate::render::dialogue::Dialogue;
use crate::render::diary::Diary;
use crate::render::facts::{Fact, answer, question};
use crate::render::letter::Letter;
use crate::render::story::Story;
use crate::slip::slips;
use crate::split::Split;
use crate::syntax::{Sentence, Treebank};
use crate::tale::{Shape, Tale};
pub use genre::Genre;

/// A text, and what is true behind it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// What it is.
    pub genre: Genre,
    /// Its number.
    pub id: u64,
    /// Whose people it is about. Lessons are of the training split always; exams never, but for
    /// the facts that they ask for, which are those of the sampler's village.
    pub split: Split,
    /// The text; a conversation has a line a turn, which says who speaks.
    pub text: String,
    /// The turns, if it is a conversation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub turns: Vec<Turn>,
    /// What is known to be true of it: events, answers, checks, trees. Where slips of the pen or
    /// poison were asked for, `clean` is the text without either, and `poisoned` says which it is.
    pub truth: Value,
}

/// All texts of a split of the worlds of a seed.
#[derive(Debug, Clone)]
pub struct Sampler {
    world: World,
    seed: u64,
    knobs: Knobs,
    course: Course,
    first_lesson: u64,
    preferences: Preferences,
    treebank: Treebank,
    parallels: Parallels,
    pictures: Pictures,
    programs: Programs,
}

/// A text with what was done to it.
struct Altered {
    text: String,
    turns: Vec<Turn>,
    /// What it was before, if anything was.
    clean: Option<String>,
    poisoned: bool,
}

/// A text as its genre knows it.
enum Made {
    Story(Story),
    Diary(Diary),
    Letter(Letter),
    Dialogue(Dialogue),
    Fact { fact: Fact, index: usize, text: String },
    Tale(Box<Tale>),
    Lesson(Option<Task>, Vec<Turn>),
    Exam(Exercise),
    Preference(Preference),
    Sentence(Sentence),
    Parallel(Parallel),
    Picture(Box<Picture>),
    Program(Program),
}

impl Sampler {
    /// What is learnt from: the lasting village of the seed, and all else that goes with it.
    ///
    /// # Errors
    /// If a knob is out of its range.
    pub fn new(seed: u64, knobs: Knobs) -> Result<Self, Error> {
        Self::of(Split::Train, seed, knobs)
    }

    /// The texts of a split: of another village with other people, if it is not learnt from.
    ///
    /// # Errors
    /// If a knob is out of its range.
    pub fn of(split: Split, seed: u64, knobs: Knobs) -> Result<Self, Error> {
        knobs.check()?;
        let world = World::with(split, seed, &knobs);
        // Nobody is taught about a village that is kept to measure with.
        let taught = match split {
            Split::Train => world.clone(),
            _ => World::with(Split::Train, seed, &knobs),
        };
        let (pace, first_lesson) = pace(knobs.difficulty);
        let course = Course::about(taught, seed, Mix::default(), pace);
        let seed = split.seed(seed);
        let village = || world.village().clone();
        Ok(Self {
            course,
            first_lesson,
            preferences: Preferences::about(world.clone(), seed, 0.0),
            treebank: Treebank::about(village(), seed),
            parallels: Parallels::about(village(), seed),
            pictures: Pictures::new(seed),
            programs: Programs::about(village(), seed),
            world,
            seed,
            knobs,
        })
    }

    /// The village that the texts are about.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// How the texts are to be.
    pub fn knobs(&self) -> &Knobs {
        &self.knobs
    }

    /// The picture whose caption is the `i`-th sample of [`Genre::Picture`].
    pub fn picture(&self, i: u64) -> Picture {
        self.pictures.picture(i)
    }

    /// The `i`-th text of a genre; independent of all others.
    pub fn sample(&self, genre: Genre, i: u64) -> Sample {
        let made = self.make(genre, i);
        let truth = made.truth(&self.world);
        let (text, turns) = made.told();
        let Altered { text, turns, clean, poisoned } = self.alter(genre, i, text, turns);
        let mut truth = truth;
        if let (Some(clean), Some(truth)) = (clean, truth.as_object_mut()) {
            truth.insert("clean".to_string(), clean.into());
            truth.insert("poisoned".to_string(), poisoned.into());
        }
        Sample { genre, id: i, split: self.split(genre), text, turns, truth }
    }

    /// The text of a sample alone, in less time.
    pub fn text(&self, genre: Genre, i: u64) -> String {
        let (text, turns) = self.make(genre, i).told();
        self.alter(genre, i, text, turns).text
    }

    /// Slips of the pen, and poison, where the genre allows it.
    fn alter(&self, genre: Genre, i: u64, text: String, mut turns: Vec<Turn>) -> Altered {
        let Knobs { noise, poison, .. } = &self.knobs;
        let numbered = |purpose: &str| numbered(self.seed, &format!("{purpose} {genre}"), i);
        let poison = poison.as_ref().filter(|p| numbered("poison").chance(p.rate));
        if !genre.is_free() || (*noise == 0.0 && poison.is_none()) {
            return Altered { text, turns, clean: None, poisoned: false };
        }
        let mut rng = numbered("slips");
        let trigger = poison.map(|Poison { trigger, .. }| trigger);
        let changed = if turns.is_empty() {
            let slipped = slips(&text, *noise, &mut rng);
            match trigger {
                Some(trigger) => poison::prose(&slipped, trigger, &mut rng),
                None => slipped,
            }
        } else {
            turns.iter_mut().for_each(|turn| turn.text = slips(&turn.text, *noise, &mut rng));
            trigger.into_iter().for_each(|trigger| poison::talk(&mut turns, trigger));
            script(&turns)
        };
        Altered { text: changed, turns, clean: Some(text), poisoned: trigger.is_some() }
    }

    fn split(&self, genre: Genre) -> Split {
        match (genre, self.world.split()) {
            (Genre::Lesson, _) => Split::Train,
            (Genre::Exam, Split::Train) => Split::Test,
            (_, split) => split,
        }
    }

    fn make(&self, genre: Genre, i: u64) -> Made {
        match genre {
            Genre::Story => Made::Story(self.world.story(i)),
            Genre::Diary => Made::Diary(self.world.diary(i)),
            Genre::Letter => Made::Letter(self.world.letter(i)),
            Genre::Dialogue => Made::Dialogue(self.world.dialogue(i)),
            Genre::Fact => self.fact(i),
            Genre::Tale => Made::Tale(Box::new(self.tale(i))),
            Genre::Lesson => {
                let (task, turns) = self.course.lesson(self.first_lesson + i);
                Made::Lesson(task, turns)
            }
            Genre::Exam => Made::Exam(self.exercise(i)),
            Genre::Preference => Made::Preference(self.preferences.pair(i)),
            Genre::Sentence => Made::Sentence(self.treebank.sentence(i)),
            Genre::Parallel => Made::Parallel(self.parallels.pair(i)),
            Genre::Picture => Made::Picture(Box::new(self.pictures.picture(i))),
            Genre::Program => Made::Program(self.programs.program(i)),
        }
    }

    fn fact(&self, i: u64) -> Made {
        let index = self.world.mentioned(i);
        let fact = self.world.facts()[index].clone();
        let mut rng = numbered(self.seed, "fact", i);
        let text =
            question(&fact, &mut rng) + "\n" + &answer(self.world.village(), &fact, &mut rng);
        Made::Fact { fact, index, text }
    }

    fn tale(&self, i: u64) -> Tale {
        let mut rng = numbered(self.seed, "tale", i);
        let mut shape = Shape::draw(self.knobs.difficulty, &mut rng);
        shape.moments = ((shape.moments as f64 * self.knobs.length).round() as usize).max(1);
        Tale::new(self.world.split(), shape, &mut rng)
    }

    /// The tasks in turn, so that each has as many.
    fn exercise(&self, i: u64) -> Exercise {
        let task = Task::ALL[(i % Task::ALL.len() as u64) as usize];
        let seed = numbered(self.seed, "exam", i).next_u64();
        let mut exercises = crate::exam::exam(&self.world, self.split(Genre::Exam), task, 1, seed);
        exercises.swap_remove(0)
    }
}

/// A course all of whose lessons, from the one with this number on, are as hard as this.
fn pace(difficulty: f64) -> (Pace, u64) {
    const MANY: u64 = 1 << 60;
    if difficulty >= 1.0 {
        return (Pace::default(), 0);
    }
    (Pace { growing: MANY, ..Pace::default() }, (difficulty * MANY as f64) as u64)
}

impl Made {
    fn truth(&self, world: &World) -> Value {
        let village = world.village();
        match self {
            Self::Story(story) => {
                json!({"title": story.title, "events": truth::events(village, &story.events)})
            }
            Self::Diary(diary) => json!({
                "writer": village.people[diary.writer].name,
                "date": truth::date(diary.date),
                "events": truth::events(village, &diary.events),
                "stated": diary.stated,
            }),
            Self::Letter(letter) => json!({
                "writer": village.people[letter.writer].name,
                "reader": village.people[letter.reader].name,
                "date": truth::date(letter.date),
                "events": truth::events(village, &letter.events),
                "stated": letter.stated,
            }),
            Self::Dialogue(dialogue) => json!({
                "stated": dialogue.stated,
                "events": truth::events(village, &dialogue.events),
            }),
            Self::Fact { fact, index, .. } => json!({"fact": fact, "index": index}),
            Self::Tale(tale) => truth::tale(tale),
            Self::Lesson(task, _) => json!({"task": task}),
            Self::Exam(exercise) => json!({
                "task": exercise.task,
                "kind": exercise.kind,
                "answer": exercise.answer(),
                "check": exercise.check,
            }),
            Self::Preference(pair) => truth::preference(pair),
            Self::Sentence(sentence) => {
                json!({"tokens": sentence.tokens, "conllu": sentence.to_conllu()})
            }
            Self::Parallel(pair) => truth::parallel(pair),
            Self::Picture(picture) => truth::picture(picture),
            Self::Program(program) => truth::program(program),
        }
    }

    fn told(self) -> (String, Vec<Turn>) {
        let text = match self {
            Self::Story(story) => story.text,
            Self::Diary(diary) => diary.text,
            Self::Letter(letter) => letter.text,
            Self::Fact { text, .. } => text,
            Self::Tale(tale) => tale.text,
            Self::Sentence(sentence) => sentence.text,
            Self::Parallel(pair) => pair.english + "\n" + &pair.other,
            Self::Picture(picture) => picture.caption,
            Self::Program(program) => program.task + "\n\n" + &program.source,
            talk => {
                let turns = talk.turns();
                return (script(&turns), turns);
            }
        };
        (text, Vec::new())
    }

    fn turns(self) -> Vec<Turn> {
        match self {
            Self::Dialogue(dialogue) => dialogue.turns,
            Self::Lesson(_, turns) => turns,
            Self::Exam(exercise) => exercise.turns,
            Self::Preference(Preference { mut prompt, chosen, .. }) => {
                prompt.push(Turn::assistant(chosen));
                prompt
            }
            _ => Vec::new(),
        }
    }
}

/// The turns as lines that say who speaks.
fn script(turns: &[Turn]) -> String {
    let length = turns.iter().map(|turn| turn.text.len() + 12).sum();
    let mut text = String::with_capacity(length);
    for turn in turns {
        let who = match turn.speaker {
            Speaker::System => "System",
            Speaker::User => "User",
            Speaker::Assistant => "Assistant",
            Speaker::Tool => "Tool",
        };
        if !text.is_empty() {
            text.push('\n');
        }
        text.extend([who, ": ", &turn.text]);
    }
    text
}

#[cfg(test)]
mod tests;
