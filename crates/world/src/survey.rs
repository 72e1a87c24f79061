//! How rich the language of texts is: words, sentence shapes, repeated documents.
//!
//! A **word** is a run of letters and apostrophes, without regard to case. A **sentence** ends at a
//! full stop, question or exclamation mark, or at the end of a line. Its **shape** is what is left
//! when everything that a lexicon could exchange has become the mark of its class: people, animals
//! and villages; places; things, goods, dishes and animals, with their adjectives; trades; numbers,
//! days and months; "she" and "he". Marks of one class side by side, or joined by "of", are one. So
//! "Mara took the red kite to the mill." and "He took a basket of plums to the well." differ in the
//! article alone. Left out on purpose: parsing; two verbs make two shapes.
//!
//! Documents are **duplicates** if they are equal, **near duplicates** if their sentences have equal
//! shapes in equal order. A survey reads any number of texts and keeps 64-bit sums only; two
//! different words or shapes with the same sum count as one.
//!
//! ```
//! let mut survey = world::Survey::default();
//! survey.add("Mara took the red kite to the mill. It rained.");
//! survey.add("Otto took the silver bell to the market. It rained.");
//! let found = survey.found();
//! assert_eq!((found.documents, found.sentences, found.shapes), (2, 4, 2));
//! assert_eq!((found.duplicates, found.near_duplicates), (0, 1));
//! ```

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use stdx::Sum;

use crate::lexicon::{DISHES, GOODS, HOUSES, PET_KINDS, PET_NAMES, PLACES, TRADES, TREASURES};
use crate::names;
use crate::split::Split;
use crate::tale;

/// What was found in all texts so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// Texts.
    pub documents: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// Words, every time that they occur.
    pub tokens: u64,
    /// Different words.
    pub types: u64,
    /// Sentences.
    pub sentences: u64,
    /// Different shapes of sentences.
    pub shapes: u64,
    /// Texts that are equal to one before them.
    pub duplicates: u64,
    /// Texts whose sentences have the shapes of those of one before them; duplicates among them.
    pub near_duplicates: u64,
    /// How many types there were after so many tokens: at 1, 2 and 5 times the powers of ten.
    pub curve: Vec<(u64, u64)>,
}

impl Found {
    /// The share of texts that are equal to one before them.
    pub fn duplicate_share(&self) -> f64 {
        self.duplicates as f64 / self.documents.max(1) as f64
    }

    /// Words in a sentence, on average.
    pub fn words_in_a_sentence(&self) -> f64 {
        self.tokens as f64 / self.sentences.max(1) as f64
    }
}

/// A count in the making.
#[derive(Debug, Clone, Default)]
pub struct Survey {
    found: Found,
    types: HashSet<u64>,
    shapes: HashSet<u64>,
    documents: HashSet<u64>,
    sequences: HashSet<u64>,
}

impl Survey {
    /// Counts all of these texts.
    pub fn of<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> Found {
        let mut survey = Self::default();
        texts.into_iter().for_each(|text| survey.add(text.as_ref()));
        survey.found()
    }

    /// Counts one more text.
    pub fn add(&mut self, text: &str) {
        let mut sequence = Sum::default();
        for sentence in sentences(text) {
            let shape = self.sentence(sentence);
            self.found.sentences += 1;
            self.shapes.insert(shape);
            sequence.add(shape);
        }
        self.found.documents += 1;
        self.found.bytes += text.len() as u64;
        self.found.duplicates += u64::from(!self.documents.insert(sum(text.as_bytes())));
        self.found.near_duplicates += u64::from(!self.sequences.insert(sequence.finish()));
    }

    /// What was found so far.
    pub fn found(&self) -> Found {
        let (types, shapes) = (self.types.len() as u64, self.shapes.len() as u64);
        Found { types, shapes, ..self.found.clone() }
    }

    /// Counts the words of a sentence and gives the sum of its shape.
    fn sentence(&mut self, sentence: &str) -> u64 {
        let mut shape = Sum::default();
        let (mut last, mut of, mut quality) = (None, false, false);
        for (i, piece) in pieces(sentence).enumerate() {
            let is_word = piece.starts_with(|c: char| c.is_alphanumeric());
            let small = piece.to_lowercase();
            if is_word {
                self.word(&small);
            }
            let class = class(piece, &small, i == 0);
            if class == Some(Class::Quality) {
                quality = true; // It belongs to what follows.
                continue;
            }
            if std::mem::take(&mut quality) && class.is_none() {
                shape.add(Class::Quality as u64 + 1);
                last = Some(Class::Quality);
            }
            if class.is_some() && class == last {
                of = false;
                continue;
            }
            if of {
                shape.add_bytes(b"of");
            }
            of = small == "of" && last.is_some();
            if of {
                continue; // It may join two of a class.
            }
            match class {
                Some(class) => shape.add(class as u64 + 1),
                None => shape.add_bytes(small.as_bytes()),
            }
            last = class;
        }
        shape.finish()
    }

    fn word(&mut self, word: &str) {
        self.types.insert(sum(word.as_bytes()));
        self.found.tokens += 1;
        if is_step(self.found.tokens) {
            self.found.curve.push((self.found.tokens, self.types.len() as u64));
        }
    }
}

/// What a word may be exchanged for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Name,
    Place,
    Thing,
    /// What a thing or a place is like; part of it, where one follows.
    Quality,
    Trade,
    Number,
    Pronoun,
    Whose,
}

/// Names with their capital, all other words without one.
static CLASSES: LazyLock<HashMap<String, Class>> = LazyLock::new(|| {
    let mut classes = HashMap::new();
    let mut add = |phrase: &str, class| {
        let words = phrase.split(' ').filter(|w| !["the", "of", "a"].contains(w));
        classes.extend(words.map(|word| (word.to_string(), class)));
    };
    TREASURES.iter().map(|t| t.1).for_each(|thing| add(thing, Class::Thing));
    GOODS.iter().flat_map(|g| [g.0, g.1]).for_each(|goods| add(goods, Class::Thing));
    DISHES.iter().for_each(|dish| add(dish, Class::Thing));
    PET_KINDS.iter().flat_map(|k| [k.0, k.1]).for_each(|kind| add(kind, Class::Thing));
    tale::words::THINGS.iter().for_each(|thing| add(thing, Class::Thing));
    tale::words::GOODS.iter().for_each(|goods| add(goods, Class::Thing));
    PLACES.iter().for_each(|place| add(place.name, Class::Place));
    tale::words::PLACES.iter().for_each(|place| add(place, Class::Place));
    TRADES.iter().for_each(|trade| add(trade.name, Class::Trade));
    let numbers = "one two three four five six seven eight nine ten eleven twelve";
    add(numbers, Class::Number);
    add("Monday Tuesday Wednesday Thursday Friday Saturday Sunday", Class::Number);
    add("January February March April May June July August September", Class::Number);
    add("October November December", Class::Number);
    Split::ALL.into_iter().flat_map(names::of).flatten().for_each(|name| add(name, Class::Name));
    PET_NAMES.iter().for_each(|name| add(name, Class::Name));
    let tales = [&tale::names::WOMEN[..], &tale::names::MEN, &tale::names::FAMILIES];
    tales.into_iter().flatten().for_each(|name| add(name, Class::Name));
    HOUSES.iter().for_each(|house| add(house, Class::Quality));
    TREASURES.iter().for_each(|treasure| add(treasure.0, Class::Quality));
    add("big", Class::Quality);
    add("house", Class::Place);
    add("Mama Papa Grandma Grandpa", Class::Name);
    add("she he", Class::Pronoun);
    add("her his him", Class::Whose);
    classes
});

/// The class of a word, if it has one; a capital within a sentence is a name's.
fn class(piece: &str, small: &str, first: bool) -> Option<Class> {
    if piece.starts_with(|c: char| c.is_ascii_digit()) {
        return Some(Class::Number);
    }
    let known = CLASSES.get(piece).or_else(|| CLASSES.get(small)).copied();
    let is_name = !first && piece.len() > 1 && piece.starts_with(|c: char| c.is_ascii_uppercase());
    known.or(is_name.then_some(Class::Name))
}

/// Words, numbers and marks.
fn pieces(sentence: &str) -> impl Iterator<Item = &str> {
    let mut rest = sentence;
    std::iter::from_fn(move || {
        rest = rest.trim_start();
        let first = rest.chars().next()?;
        let inner = |c: char| c.is_alphanumeric() || c == '\'';
        let length = match first.is_alphanumeric() {
            true => rest.find(|c| !inner(c)).unwrap_or(rest.len()),
            false => first.len_utf8(),
        };
        let (piece, after) = rest.split_at(length);
        rest = after;
        Some(piece)
    })
}

/// The sentences of a text.
fn sentences(text: &str) -> impl Iterator<Item = &str> {
    let ends = |c: char| matches!(c, '.' | '!' | '?' | '\n');
    let pieces = text.split_inclusive(ends);
    pieces.filter(|piece| piece.contains(|c: char| c.is_alphanumeric()))
}

fn sum(bytes: &[u8]) -> u64 {
    let mut sum = Sum::default();
    sum.add(bytes.len() as u64);
    sum.add_bytes(bytes);
    sum.finish()
}

/// 1, 2, 5, 10, 20, 50 and so on.
fn is_step(n: u64) -> bool {
    let power = 10_u64.pow(n.max(1).ilog10());
    [1, 2, 5].contains(&(n / power)) && n.is_multiple_of(power)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knobs::Knobs;
    use crate::sample::{Genre, Sampler};

    #[test]
    fn what_a_lexicon_exchanges_makes_no_shape() {
        let shapes = |texts: &[&str]| Survey::of(texts).shapes;
        assert_eq!(shapes(&["Mara took the red kite.", "Otto took the basket of plums."]), 1);
        assert_eq!(shapes(&["She saw Old Ben.", "He saw Zoe Finch."]), 1);
        assert_eq!(shapes(&["Mara took it.", "Mara dropped it."]), 2);
        assert_eq!(shapes(&["The end of it.", "The end."]), 2);
        assert_eq!(shapes(&["On Monday she ate 3 plums.", "On Friday he ate two buns."]), 1);
    }

    #[test]
    fn words_and_copies_are_counted() {
        let found = Survey::of(["It rained. It rained!", "It rained. It rained!", "Oh, it's you"]);
        assert_eq!((found.documents, found.tokens, found.types), (3, 11, 5));
        assert_eq!((found.duplicates, found.near_duplicates, found.sentences), (1, 1, 5));
        assert_eq!(found.curve, [(1, 1), (2, 2), (5, 2), (10, 4)]);
    }

    #[test]
    fn the_language_of_a_world_is_rich_and_does_not_repeat_itself() {
        let sampler = Sampler::new(1, Knobs::default()).unwrap();
        let genres = [Genre::Story, Genre::Diary, Genre::Letter, Genre::Tale];
        let texts = (0..2000).flat_map(|i| genres.map(|genre| (genre, i)));
        let found = Survey::of(texts.map(|(genre, i)| sampler.text(genre, i)));
        assert!(found.types >= 1500, "{found:?}");
        assert!(found.shapes >= 3000, "{found:?}");
        assert!(found.duplicate_share() < 0.001, "{found:?}");
    }
}
