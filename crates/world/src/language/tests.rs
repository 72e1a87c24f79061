//! The dictionary, and what holds for thousands of pairs at once.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::syntax::meaning::Meaning;
use crate::syntax::words as english;
use crate::village::Village;

const NOUN: [&str; 9] = ["li", "na", "ro", "ve", "su", "mo", "ta", "ki", "de"];
const PARTICLES: [&str; 6] = ["ma", "ka", "ne", "se", "te", "vo"];

fn meaning(seed: u64, i: u64) -> Meaning {
    let mut rng = stream(seed, i, "parallels");
    Grammar::new(Village::new(seed)).draw(Rng::new(rng.next_u64()))
}

fn consonant(c: char) -> bool {
    "bdfghklmnprstv".contains(c)
}

fn vowel(c: char) -> bool {
    "aeiou".contains(c)
}

#[test]
fn no_two_meanings_share_a_form() {
    let lexicon = lexicon();
    assert!(lexicon.len() >= 300, "{}", lexicon.len());
    let stems: BTreeSet<&str> = lexicon.iter().map(|l| l.stem).collect();
    let meanings: BTreeSet<(Class, &str)> = lexicon.iter().map(|l| (l.class, l.english)).collect();
    assert_eq!(stems.len(), lexicon.len());
    assert_eq!(meanings.len(), lexicon.len());
}

#[test]
fn stems_sound_as_the_grammar_says() {
    for lexeme in lexicon() {
        let letters: Vec<char> = lexeme.stem.chars().collect();
        let shape = match letters[..] {
            [a, b, c, d] => consonant(a) && vowel(b) && consonant(c) && vowel(d),
            [a, b, m, c, d] => consonant(a) && vowel(b) && consonant(m) && consonant(c) && vowel(d),
            _ => false,
        };
        assert!(shape, "{lexeme:?}");
        let last = match lexeme.class {
            Class::Noun => 'a',
            Class::Verb => 'e',
            Class::Adjective => 'i',
            Class::Adverb => 'o',
            Class::Postposition | Class::Conjunction | Class::Pronoun => 'u',
        };
        assert_eq!(letters.last(), Some(&last), "{lexeme:?}");
    }
}

#[test]
fn every_english_word_has_its_own() {
    let dictionary = Dictionary::new();
    let mut used = 0;
    let mut check = |class, word: &'static str| {
        assert_ne!(dictionary.stem(class, word), "?", "{class:?} {word}");
        used += 1;
    };
    english::nouns().iter().for_each(|n| check(Class::Noun, n.word));
    english::verbs().iter().for_each(|v| check(Class::Verb, v.name));
    english::adjectives().iter().for_each(|a| check(Class::Adjective, a));
    let tables = [
        (Class::Adjective, english::NUMBERS),
        (Class::Adjective, english::DETERMINERS),
        (Class::Adverb, english::MANNERS),
        (Class::Adverb, english::FREQUENCIES),
        (Class::Adverb, english::PAST_WORDS),
        (Class::Adverb, english::FUTURE_WORDS),
        (Class::Adverb, english::PRESENT_WORDS),
        (Class::Adverb, english::PLACE_WORDS),
        (Class::Postposition, english::PREPOSITIONS),
        (Class::Conjunction, english::SUBORDINATORS),
        (Class::Conjunction, english::COORDINATORS),
    ];
    for (class, table) in tables {
        table.split_whitespace().for_each(|word| check(class, word));
    }
    // Beside the tables: "be", "exist", "last", "next", "very", four that ask, seven pronouns.
    assert_eq!(lexicon().len(), used + 16);
}

#[test]
fn one_sentence_has_one_translation_and_back() {
    let (mut there, mut back) = (BTreeMap::new(), BTreeMap::new());
    let pairs = Parallels::new(1);
    for pair in (0..30_000).map(|i| pairs.pair(i)) {
        assert!(!pair.other.contains('?') || pair.other.ends_with(" ka?"), "{pair:?}");
        let known = there.entry(pair.english.clone()).or_insert_with(|| pair.other.clone());
        assert_eq!(*known, pair.other, "{}", pair.english);
        let known = back.entry(pair.other).or_insert_with(|| pair.english.clone());
        assert_eq!(*known, pair.english);
    }
    assert!(there.len() > 20_000, "{}", there.len());
}

#[test]
fn different_meanings_are_said_differently() {
    let dictionary = Dictionary::new();
    let grammar = Grammar::new(Village::new(1));
    let mut said: BTreeMap<String, Meaning> = BTreeMap::new();
    for i in 0..30_000 {
        let meaning = grammar.draw(Rng::new(i));
        let text = render::sentence(&dictionary, &meaning);
        let known = said.entry(text).or_insert_with(|| meaning.clone());
        assert_eq!(*known, meaning);
    }
}

/// Whether a word is a stem and endings in some order that the class allows.
fn comes_apart(word: &str, stems: &BTreeMap<&str, Class>) -> bool {
    let length = word.chars().take_while(|c| c.is_ascii_lowercase()).count();
    let cut = [4, 5].into_iter().find(|&n| n <= length && stems.contains_key(&word[..n]));
    let Some(cut) = cut else { return false };
    let endings: Vec<&str> =
        (cut..word.len()).step_by(2).map(|i| &word[i..(i + 2).min(word.len())]).collect();
    let order: &[&str] = match stems[&word[..cut]] {
        Class::Noun if endings == ["fe"] => &["fe"],
        Class::Noun | Class::Pronoun => &NOUN,
        Class::Adjective => &["po", "ga", "li", "ro", "ve", "su", "mo", "ta", "ki", "de"],
        Class::Verb => &["pu", "no", "va", "ti", "ra", "so", "li", "ke", "mi", "da"],
        Class::Postposition => &["su"],
        Class::Adverb | Class::Conjunction => &[],
    };
    let places: Vec<_> = endings.iter().map(|e| order.iter().position(|o| o == e)).collect();
    places.iter().all(Option::is_some) && places.is_sorted()
}

#[test]
fn every_word_comes_apart_as_documented() {
    let stems: BTreeMap<&str, Class> = lexicon().into_iter().map(|l| (l.stem, l.class)).collect();
    let names: BTreeSet<&str> = crate::names::FEMALE
        .iter()
        .chain(&crate::names::MALE)
        .chain(&crate::lexicon::PET_NAMES)
        .copied()
        .collect();
    let pairs = Parallels::new(2);
    for pair in (0..5_000).map(|i| pairs.pair(i)) {
        for (i, word) in pair.other.split(' ').enumerate() {
            let word = word.trim_end_matches(['.', ',', '?']);
            let name = word.split('-').next().unwrap();
            if names.contains(name) {
                assert!(
                    word.len() == name.len() || NOUN.contains(&&word[name.len() + 1..]),
                    "{word}"
                );
                continue;
            }
            let word = if i == 0 { word.to_lowercase() } else { word.to_string() };
            let relative = word.strip_prefix("vo").is_some_and(|e| NOUN.contains(&e));
            let known = PARTICLES.contains(&&*word) || relative || comes_apart(&word, &stems);
            assert!(known, "{word} in {}", pair.other);
        }
    }
}

#[test]
fn the_language_is_the_same_for_all_seeds() {
    assert_eq!(Parallels::new(1).pair(5), Parallels::new(1).pair(5));
    assert_ne!(Parallels::new(1).pair(5), Parallels::new(2).pair(5));
    assert_eq!(Dictionary::new().stem(Class::Noun, "girl"), "sana");
    assert_eq!(meaning(1, 5), meaning(1, 5));
}

mod rules;
