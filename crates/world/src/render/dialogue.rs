//! A user talks with an assistant that knows the village.
//!
//! One to three questions, at times between a greeting and a farewell: stories on demand,
//! questions about people and about the story just told, and now and then a stranger's name, to
//! which the honest answer is not to know.

use serde::{Deserialize, Serialize};
use stdx::Rng;

use crate::conversation::Turn;
use crate::event::Event;
use crate::names;
use crate::rarity::Rarity;
use crate::render::facts::{Fact, answer, portrait, question};
use crate::render::recall;
use crate::render::story::Story;
use crate::village::{PersonId, Village};

/// A conversation, with the truth it rests on.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Dialogue {
    /// What was said, the user first, by turns.
    pub turns: Vec<Turn>,
    /// The facts that the assistant stated in answers, in order.
    pub stated: Vec<Fact>,
    /// The events of the story that was told, if one was.
    pub events: Vec<Event>,
}

/// What a dialogue is about: the village, its facts, and a source of stories.
pub(crate) struct Scene<'v> {
    pub(crate) village: &'v Village,
    pub(crate) facts: &'v [Fact],
    /// How often each of the facts comes up; evenly if there is none.
    pub(crate) rarity: Option<&'v Rarity>,
    /// How many rounds of questions there are.
    pub(crate) rounds: usize,
    /// Tells a story about a person, or anybody.
    pub(crate) story: &'v dyn Fn(Option<PersonId>) -> Story,
}

/// How a user begins.
pub(crate) const HELLO: [&str; 8] = [
    "Hello!",
    "Hi!",
    "Good morning!",
    "Hello there!",
    "Good evening!",
    "Hi, who are you?",
    "Hello, how are you?",
    "Hi, what can you do?",
];

/// What the assistant says to that.
pub(crate) const WELCOME: [&str; 6] = [
    "Hello! I can tell you about the village.",
    "Hello! I know everyone in the village. What would you like to hear?",
    "Hello, it is nice to meet you! Ask me about the village, or ask for a story.",
    "Welcome! I am glad you are here. Shall I tell you a story?",
    "Hello! I know many stories about our village.",
    "Hello! I am the helper of this village. Ask me anything about it.",
];

const ASK_STORY_OF: [&str; 6] = [
    "Tell me a story about {}.",
    "Can you tell me a story about {}?",
    "I would like to hear a story about {}.",
    "Do you know a story about {}?",
    "Please tell me about a day with {}.",
    "What did {} do one day?",
];

const ASK_STORY: [&str; 5] = [
    "Tell me a story.",
    "Can you tell me a story, please?",
    "I would like to hear a story from the village.",
    "Do you know a nice story?",
    "What happened in the village?",
];

const ASK_WHO: [&str; 4] =
    ["Who is {}?", "Tell me about {}.", "Do you know {}?", "What can you tell me about {}?"];

const UNKNOWN: [&str; 4] = [
    "I do not know anyone named {}.",
    "Nobody in our village is called {}.",
    "I am sorry, but there is no {} in our village.",
    "I have never heard of {}.",
];

const THANKS: [&str; 5] = [
    "Thank you!",
    "Thanks, that was nice.",
    "Thank you very much!",
    "Goodbye!",
    "That is all. Thank you!",
];

const FAREWELL: [&str; 5] = [
    "You are welcome!",
    "You are welcome. Come back soon!",
    "It was nice to talk with you. Goodbye!",
    "I was glad to help.",
    "Goodbye, and have a good day!",
];

/// Holds a conversation.
pub(crate) fn converse(scene: &Scene, rng: &mut Rng) -> Dialogue {
    let mut dialogue = Dialogue::default();
    if rng.one_in(4) {
        dialogue.exchange((*rng.choose(&HELLO)).into(), (*rng.choose(&WELCOME)).into());
    }
    for _ in 0..scene.rounds {
        dialogue.round(scene, rng);
    }
    if rng.one_in(5) {
        dialogue.exchange((*rng.choose(&THANKS)).into(), (*rng.choose(&FAREWELL)).into());
    }
    dialogue
}

impl Dialogue {
    fn exchange(&mut self, user: String, assistant: String) {
        self.turns.push(Turn::user(user));
        self.turns.push(Turn::assistant(assistant));
    }

    /// A story and what is asked after it, or a person and what is asked of them.
    fn round(&mut self, scene: &Scene, rng: &mut Rng) {
        if rng.one_in(2) {
            self.story(scene, rng);
            if rng.one_in(3) && self.turns.len() < 4 {
                self.person(scene, rng);
            }
            return;
        }
        let person = rng.index(scene.village.people.len());
        let name = &scene.village.people[person].name;
        self.person(scene, rng);
        self.fact(scene, name, rng);
        if rng.one_in(6) {
            self.stranger(scene, rng);
        } else {
            self.fact(scene, name, rng);
        }
    }

    /// A story on demand, and often a question about it.
    fn story(&mut self, scene: &Scene, rng: &mut Rng) {
        let (hero, wish) = if rng.chance(0.7) {
            let id = rng.index(scene.village.people.len());
            (Some(id), rng.choose(&ASK_STORY_OF).replace("{}", &scene.village.people[id].name))
        } else {
            (None, (*rng.choose(&ASK_STORY)).to_string())
        };
        let story = (scene.story)(hero);
        self.exchange(wish, story.text);
        if let Some((question, answer)) = recall::ask(scene.village, &story.events, rng)
            && rng.chance(0.6)
        {
            self.exchange(question, answer);
        }
        self.events.extend(story.events);
    }

    /// Who somebody is.
    fn person(&mut self, scene: &Scene, rng: &mut Rng) {
        let name = &rng.choose(&scene.village.people).name;
        let (text, facts) = portrait(scene.village, scene.facts, name, rng);
        self.exchange(rng.choose(&ASK_WHO).replace("{}", name), text);
        self.stated.extend(facts);
    }

    /// A question about one fact, of the named person or, as often, of anybody.
    fn fact(&mut self, scene: &Scene, name: &str, rng: &mut Rng) {
        let mine: Vec<&Fact> = scene.facts.iter().filter(|f| f.subject == name).collect();
        let fact = match scene.rarity {
            Some(rarity) => &scene.facts[rarity.draw(rng)],
            None if rng.one_in(2) => *rng.choose(&mine),
            None => rng.choose(scene.facts),
        };
        if self.stated.contains(fact) {
            return;
        }
        self.exchange(question(fact, rng), answer(scene.village, fact, rng));
        self.stated.push(fact.clone());
    }

    /// A name that nobody in the village has.
    fn stranger(&mut self, scene: &Scene, rng: &mut Rng) {
        let [women, men] = names::of(scene.village.split);
        let names = if rng.one_in(2) { women } else { men };
        let name = *rng.choose(names);
        if scene.village.people.iter().all(|p| p.name != name) {
            let reply = rng.choose(&UNKNOWN).replace("{}", name);
            self.exchange(rng.choose(&ASK_WHO).replace("{}", name), reply);
        }
    }
}
