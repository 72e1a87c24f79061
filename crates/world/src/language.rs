//! Melori, the language of the neighbours over the mountains, and sentences in both languages.
//!
//! An invented language without exceptions: a rule stated here holds for every word, so that a
//! translation can be learned from pairs and checked to the letter. Both sides of a [`Parallel`]
//! are rendered from one meaning ([`crate::syntax::meaning`]), the English in its plainest wording;
//! equal sentences on one side have equal sentences on the other.
//!
//! **Sounds.** A stem is consonant, vowel, at most one consonant, consonant, vowel. Every ending
//! and particle is one consonant and one vowel, so a word comes apart in one way only. The last
//! vowel of a stem tells its class: *-a* noun (*sana* "girl"), *-e* verb, *-i* adjective,
//! determiner or numeral, *-o* adverb, *-u* pronoun, postposition or conjunction. Names are foreign:
//! they keep their shape, and endings follow a hyphen (*Mara-ro*).
//!
//! **Nouns** take, in this order: *-li* many, *-na* known ("the"), and one case: none for the
//! subject, *-ro* object, *-ve* recipient, *-su* owner, *-mo* place and time, *-ta* company, *-ki*
//! doer of a passive, *-de* what a comparison is with. A noun with an owner takes no *-na*. The
//! first part of a compound takes *-fe*.
//!
//! **Around the noun.** Before it: the owner, what it is full or part of (in *-su* too), where it
//! is (the postposition takes *-su*), the first part of a compound. After it: adjectives, numeral
//! and determiner, which take *-li* and the case of the noun; then a relative clause, which opens
//! with *vo* in the case of what is missing in it. *-po* compares, *-ga* is "most"; *lerlo*
//! "very" follows its adjective. *ne* joins nouns.
//!
//! **Verbs** take, in this order: *-pu* passive, *-no* going on or *-va* done, *-ti* now, *-ra*
//! past or *-so* to come, *-li* if the subject is many, *-ke* at the end of a relative clause. *-mi*
//! makes "to" and *-da* an order; neither takes a time or number.
//!
//! **Order.** Time, subject, doer, recipient, object, place, company, wish, manner, frequency,
//! *ma* "not", verb; then *te* and what is said or thought. *se* joins predicates. A clause with
//! "because", "when" and the like follows its main clause and has the conjunction at its own end;
//! so have "and" and "but". What asks stands where its answer would, "where", "when", "why" and
//! "how" where a time would, and *ka* ends every question.
//!
//! ```
//! use world::Parallels;
//! let pair = Parallels::new(1).pair(3);
//! println!("{}\n{}", pair.english, pair.other);
//! assert_eq!(pair, Parallels::new(1).pair(3));
//! assert!(world::language::lexicon().len() >= 300);
//! ```
//!
//! Left out on purpose: irregular forms, synonyms, gender, persons of the verb, derivation of words.

mod morphology;
mod render;
mod words;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use stdx::Rng;

use crate::syntax::english::English;
use crate::syntax::grammar::Grammar;
use crate::syntax::{stream, text};
use crate::village::Village;

/// A sentence in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parallel {
    /// In English.
    pub english: String,
    /// In Melori.
    pub other: String,
    /// Which pair of its seed it is.
    pub number: u64,
}

/// Endless pairs about the village of a seed, each addressable by its number.
#[derive(Debug, Clone)]
pub struct Parallels {
    seed: u64,
    grammar: Grammar,
    dictionary: Dictionary,
}

impl Parallels {
    /// The pairs about the village of a seed. The language is the same for all seeds.
    pub fn new(seed: u64) -> Self {
        Self::about(Village::new(seed), seed)
    }

    /// The pairs about a village that there is already.
    pub fn about(village: Village, seed: u64) -> Self {
        Self { seed, grammar: Grammar::new(village), dictionary: Dictionary::new() }
    }

    /// The `i`-th pair; independent of all others.
    pub fn pair(&self, i: u64) -> Parallel {
        let mut rng = stream(self.seed, i, "parallels");
        let meaning = self.grammar.draw(Rng::new(rng.next_u64()));
        let english = text(&English { variety: None }.sentence(&meaning).tokens());
        let other = render::sentence(&self.dictionary, &meaning);
        Parallel { english, other, number: i }
    }
}

/// What a word does in its sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Class {
    Noun,
    Verb,
    Adjective,
    Adverb,
    Postposition,
    Conjunction,
    Pronoun,
}

/// A word of the language with its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Lexeme {
    /// The English lexeme; "pick+up" has a particle, "look~for" a preposition.
    pub english: &'static str,
    /// Its class, the same in both languages.
    pub class: Class,
    /// The stem in Melori.
    pub stem: &'static str,
}

/// Every word of the language, by class.
pub fn lexicon() -> Vec<Lexeme> {
    let tables = [
        (Class::Noun, words::NOUNS),
        (Class::Verb, words::VERBS),
        (Class::Adjective, words::ADJECTIVES),
        (Class::Adverb, words::ADVERBS),
        (Class::Postposition, words::RELATIONS),
        (Class::Conjunction, words::CONJUNCTIONS),
        (Class::Pronoun, words::PRONOUNS),
    ];
    let rows = |(class, table): (Class, &'static str)| {
        table.split_whitespace().filter_map(move |entry| {
            let (english, stem) = entry.split_once('=')?;
            Some(Lexeme { english, class, stem })
        })
    };
    tables.into_iter().flat_map(rows).collect()
}

/// The lexicon, to look words up in.
#[derive(Debug, Clone)]
pub(crate) struct Dictionary {
    stems: BTreeMap<(Class, &'static str), &'static str>,
}

impl Dictionary {
    fn new() -> Self {
        Self { stems: lexicon().into_iter().map(|l| ((l.class, l.english), l.stem)).collect() }
    }

    /// The stem of a lexeme. Every word that sentences use is in the tables, as a test holds.
    fn stem(&self, class: Class, english: &'static str) -> &'static str {
        self.stems.get(&(class, english)).copied().unwrap_or("?")
    }
}

#[cfg(test)]
mod tests;
