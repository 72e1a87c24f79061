//! The English words that sentences are made of, by what they can mean.
//!
//! Nouns stand under the [`Kind`] of thing they name, verbs under the [`Frame`] that says who can
//! do it to what; so every sentence is at least sensible. Lexemes are named by their plain form;
//! "pick+up" has a particle, "look~for" a preposition. A star marks nouns that are not counted.
//! Irregular forms are in [`super::inflect`].

/// What a noun names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Kind {
    Person,
    Trade,
    Kin,
    Animal,
    Food,
    Larder,
    Thing,
    Garment,
    Vessel,
    Furniture,
    Plant,
    Tale,
    Indoors,
    Outdoors,
    Site,
    Waterside,
    Part,
    Weather,
    Daytime,
    Meal,
    Stuff,
}

/// A noun, by its singular.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Noun {
    /// The singular, which names the lexeme.
    pub word: &'static str,
    /// What it names.
    pub kind: Kind,
    /// Not counted: "bread".
    pub mass: bool,
}

/// A verb, by its infinitive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verb {
    /// The lexeme as the tables have it: "sing", "pick+up", "look~for".
    pub name: &'static str,
}

impl Verb {
    /// The verb itself: "pick".
    pub fn lemma(self) -> &'static str {
        let end = self.name.bytes().position(|byte| matches!(byte, b'+' | b'~'));
        &self.name[..end.unwrap_or(self.name.len())]
    }

    /// "up" in "pick up".
    pub fn particle(self) -> Option<&'static str> {
        self.name.split_once('+').map(|(_, particle)| particle)
    }

    /// "for" in "look for".
    pub fn preposition(self) -> Option<&'static str> {
        self.name.split_once('~').map(|(_, preposition)| preposition)
    }
}

/// What a verb takes beside its subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Nothing: "laugh".
    Alone,
    /// A place where: "sit".
    Stay,
    /// A place where to: "walk".
    Go,
    /// An object: "mend".
    Object,
    /// An object and somebody who gets it: "give".
    Give,
    /// Another action: "want to".
    ToDo,
    /// A clause: "say that".
    That,
    /// No subject but "it": "rain".
    Weather,
}

/// Verbs that are used alike.
#[derive(Debug, Clone, Copy)]
pub struct Frame {
    /// Who does it.
    pub subject: &'static [Kind],
    /// What it is done to.
    pub object: &'static [Kind],
    /// What else it takes.
    pub shape: Shape,
    /// The verbs, by name.
    pub verbs: &'static str,
}

use Kind::{
    Animal, Daytime, Food, Furniture, Garment, Indoors, Kin, Larder, Meal, Outdoors, Part, Person,
    Plant, Site, Stuff, Tale, Thing, Trade, Vessel, Waterside, Weather,
};

/// Nouns by kind.
pub const NOUNS: [(Kind, &str); 21] = [
    (Person, "boy girl man woman child neighbor guest traveler stranger friend singer dancer"),
    (
        Trade,
        "baker miller smith teacher fisher farmer gardener weaver carpenter beekeeper shepherd \
         potter tailor shopkeeper",
    ),
    (Kin, "mother father sister brother son daughter grandmother grandfather uncle aunt cousin"),
    (
        Animal,
        "dog cat goat duck lamb pony puppy kitten sheep cow hen horse goose mouse fox owl frog \
         rabbit donkey bee bird pig wolf ox",
    ),
    (
        Food,
        "bread* cheese* soup* apple plum pear egg bun pie cake loaf nut berry carrot potato pancake \
         bean fish cherry",
    ),
    (Larder, "honey* jam* butter* milk* salt* tea*"),
    (
        Thing,
        "kite boat drum bell doll flute wagon whistle spade lantern cup umbrella fan ring stick \
         kettle vase pot ball book key knife rope candle hammer ladder broom needle wheel spoon",
    ),
    (Garment, "hat scarf coat cap shawl ribbon dress shirt glove boot shoe apron"),
    (Vessel, "basket box bag jar bucket bowl jug sack"),
    (Furniture, "table bench bed shelf chair cupboard"),
    (Plant, "rose daisy lily tree flower bush vine oak leaf seed pumpkin"),
    (Tale, "story song letter poem secret riddle joke"),
    (Indoors, "house kitchen barn workshop cellar attic shop tower"),
    (Outdoors, "garden orchard meadow village forest valley"),
    (Site, "bakery mill forge school market farm inn stable"),
    (Waterside, "river pond well bridge gate lake fire"),
    (Part, "door roof wall window chimney floor"),
    (Weather, "sun moon star wind cloud storm"),
    (Daytime, "morning evening night afternoon day week winter summer spring autumn"),
    (Meal, "breakfast* lunch* supper* noon* sunrise*"),
    (Stuff, "hay* wool* cloth* clay* wood* water* flour* grass* snow*"),
];

const PEOPLE: &[Kind] = &[Person];
const BEASTS: &[Kind] = &[Animal];
const LIVING: &[Kind] = &[Person, Animal];
const GOODS: &[Kind] = &[Thing, Garment, Vessel];

const fn frame(
    subject: &'static [Kind],
    object: &'static [Kind],
    shape: Shape,
    verbs: &'static str,
) -> Frame {
    Frame { subject, object, shape, verbs }
}

/// Verbs by frame.
pub const FRAMES: [Frame; 24] = [
    frame(PEOPLE, &[], Shape::Alone, "sing dance laugh smile whistle work cry whisper wake+up"),
    frame(LIVING, &[], Shape::Alone, "sleep rest jump yawn sneeze run+away"),
    frame(LIVING, &[], Shape::Stay, "sit stand wait sleep play hide rest live lie+down"),
    frame(LIVING, &[], Shape::Go, "go walk run hurry come return wander"),
    frame(GOODS, &[], Shape::Stay, "lie stay fall"),
    frame(&[Weather], &[], Shape::Alone, "rise return disappear"),
    frame(
        PEOPLE,
        GOODS,
        Shape::Object,
        "find lose mend break take hide drop paint clean buy sell hold carry pick+up put+away \
         look~for borrow want need like",
    ),
    frame(PEOPLE, &[Food], Shape::Object, "eat bake cook cut share taste sell buy smell"),
    frame(PEOPLE, &[Garment], Shape::Object, "wear sew knit wash fold"),
    frame(
        PEOPLE,
        PEOPLE,
        Shape::Object,
        "see meet help visit greet thank teach follow hug trust hear comfort call look~at talk~to \
         wait~for listen~to laugh~at",
    ),
    frame(PEOPLE, BEASTS, Shape::Object, "feed brush catch lead wash love stroke look~after"),
    frame(BEASTS, BEASTS, Shape::Object, "chase see follow watch fear hear"),
    frame(BEASTS, &[Food], Shape::Object, "eat steal smell"),
    frame(PEOPLE, &[Plant], Shape::Object, "plant grow pick water sell draw"),
    frame(PEOPLE, &[Tale], Shape::Object, "write know hear read remember forget learn"),
    frame(PEOPLE, &[Stuff], Shape::Object, "carry need buy sell gather"),
    frame(PEOPLE, &[Part], Shape::Object, "paint clean mend"),
    frame(PEOPLE, &[Vessel], Shape::Object, "open close fill carry"),
    frame(PEOPLE, &[Larder], Shape::Object, "taste buy sell share bring"),
    frame(PEOPLE, &[Furniture], Shape::Object, "build paint mend carry"),
    frame(PEOPLE, &[Thing, Garment, Food, Larder], Shape::Give, "give bring send show lend sell"),
    frame(PEOPLE, &[Tale], Shape::Give, "tell teach read show"),
    frame(PEOPLE, &[], Shape::ToDo, "want hope try promise begin"),
    frame(PEOPLE, &[], Shape::That, "say think know hope believe hear"),
];

/// Verbs of the weather, whose subject is "it".
pub const WEATHER: &str = "rain snow hail";

/// Verbs of states, which do not go on: nobody "is knowing" a song.
pub fn is_state(verb: Verb) -> bool {
    matches!(
        verb.name,
        "know"
            | "want"
            | "like"
            | "love"
            | "need"
            | "trust"
            | "hear"
            | "see"
            | "fear"
            | "believe"
            | "think"
            | "hope"
            | "remember"
            | "forget"
            | "smell"
            | "taste"
    )
}

/// Verbs that nobody is told to do.
pub const MISHAPS: &str = "lose drop break cry fall sneeze yawn disappear";

/// Whether an adjective has degrees; colors, matters and shapes have none.
pub fn has_degrees(adjective: &str) -> bool {
    !matches!(
        adjective,
        "red"
            | "blue"
            | "green"
            | "brown"
            | "black"
            | "white"
            | "gray"
            | "yellow"
            | "wooden"
            | "woolen"
            | "round"
            | "ripe"
    )
}

/// Adjectives by the kinds of nouns they go with.
pub const ADJECTIVES: [(&[Kind], &str); 9] = [
    (&[Person], "tall old young kind clever happy tired hungry brave quiet busy cheerful patient"),
    (&[Trade, Kin], "happy tired busy kind patient cheerful proud"),
    (&[Animal], "small big brown black white gray hungry clever lazy thirsty gentle wild noisy"),
    (&[Food], "sweet fresh warm good big small ripe round"),
    (&[Thing, Vessel], "red blue green wooden new old shiny heavy light large small pretty"),
    (&[Garment], "red blue warm woolen long new old soft clean"),
    (&[Plant], "tall green wild beautiful yellow young"),
    (&[Tale, Meal], "long short funny sad beautiful"),
    (
        &[Furniture, Indoors, Outdoors, Site, Waterside, Part],
        "old large small new pretty quiet famous",
    ),
];

/// How something is done.
pub const MANNERS: &str =
    "slowly quickly quietly happily carefully gladly bravely gently patiently softly";
/// How often.
pub const FREQUENCIES: &str = "always often never sometimes usually rarely";
/// Times that are one word, with the tense they need.
pub const PAST_WORDS: &str = "yesterday";
/// Times to come.
pub const FUTURE_WORDS: &str = "tomorrow soon tonight";
/// Times that are now.
pub const PRESENT_WORDS: &str = "today now";
/// Places that are one word.
pub const PLACE_WORDS: &str = "outside inside here there";
/// Numerals.
pub const NUMBERS: &str = "two three four five six seven eight nine ten";
/// Determiners beside the articles.
pub const DETERMINERS: &str = "this that every some no";
/// Prepositions of place and time.
pub const PREPOSITIONS: &str = "in at by on under behind near to from before after";
/// Conjunctions that subordinate a clause.
pub const SUBORDINATORS: &str = "because when while before after if until";
/// Conjunctions that join equals.
pub const COORDINATORS: &str = "and but";

/// How many words a table has; one space parts them.
pub(super) fn count(table: &str) -> usize {
    1 + table.bytes().filter(|&byte| byte == b' ').count()
}

/// The word of a table with this number.
pub(super) fn nth(table: &'static str, number: usize) -> &'static str {
    let mut spaces = table.bytes().enumerate().filter(|&(_, byte)| byte == b' ').map(|(at, _)| at);
    let start = match number.checked_sub(1) {
        Some(before) => spaces.nth(before).map_or(table.len(), |space| space + 1),
        None => 0,
    };
    let end = spaces.next().unwrap_or(table.len());
    &table[start..end]
}

/// Every noun.
pub fn nouns() -> Vec<Noun> {
    let of = |&(kind, table): &(Kind, &'static str)| {
        table.split_whitespace().map(move |entry| noun(entry, kind))
    };
    NOUNS.iter().flat_map(of).collect()
}

fn noun(entry: &'static str, kind: Kind) -> Noun {
    let word = entry.trim_end_matches('*');
    Noun { word, kind, mass: word != entry }
}

/// Every verb once, in the order of the tables.
pub fn verbs() -> Vec<Verb> {
    let mut names: Vec<&'static str> = Vec::new();
    for name in FRAMES.iter().map(|f| f.verbs).chain([WEATHER]).flat_map(str::split_whitespace) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.into_iter().map(|name| Verb { name }).collect()
}

/// Every adjective once.
pub fn adjectives() -> Vec<&'static str> {
    let mut words: Vec<&'static str> = Vec::new();
    for word in ADJECTIVES.iter().flat_map(|(_, table)| table.split_whitespace()) {
        if !words.contains(&word) {
            words.push(word);
        }
    }
    words
}
