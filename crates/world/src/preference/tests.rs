//! What holds for thousands of pairs.

use std::collections::{HashMap, HashSet};

use super::*;
use crate::render::facts::Fact;
use crate::wording;

fn pairs(seed: u64, n: u64) -> Vec<Preference> {
    let preferences = Preferences::new(seed, 0.0);
    (0..n).map(|i| preferences.pair(i)).collect()
}

fn of(reason: Reason) -> Vec<Preference> {
    pairs(2, 6000).into_iter().filter(|pair| pair.reason == reason).collect()
}

fn request(pair: &Preference) -> &str {
    &pair.prompt.last().unwrap().text
}

#[test]
fn any_pair_is_the_same_in_any_order() {
    let forward = pairs(4, 60);
    let mut backward: Vec<Preference> =
        (0..60).rev().map(|i| Preferences::new(4, 0.0).pair(i)).collect();
    backward.reverse();
    assert_eq!(forward, backward);
    assert_ne!(pairs(5, 1)[0], forward[0]);
}

#[test]
fn pairs_are_many_and_of_every_reason() {
    let pairs = pairs(1, 5000);
    let mut reasons: HashMap<Reason, usize> = HashMap::new();
    pairs.iter().for_each(|pair| *reasons.entry(pair.reason).or_default() += 1);
    assert!(reasons.len() == 4 && reasons.values().all(|&n| n > 1000), "{reasons:?}");
    let bare: HashSet<(&str, &str, &str)> =
        pairs.iter().map(|p| (request(p), p.chosen.as_str(), p.rejected.as_str())).collect();
    assert!(bare.len() > 4900, "{}", bare.len());
}

#[test]
fn noise_swaps_its_share_of_labels_and_nothing_else() {
    let (clean, noisy) = (Preferences::new(3, 0.0), Preferences::new(3, 0.3));
    let mut flipped = 0;
    for i in 0..2000 {
        let (pair, other) = (clean.pair(i), noisy.pair(i));
        assert!(!pair.flipped);
        flipped += usize::from(other.flipped);
        let back = match other.flipped {
            true => Preference {
                chosen: other.rejected,
                rejected: other.chosen,
                flipped: false,
                ..other
            },
            false => other,
        };
        assert_eq!(back, pair);
    }
    assert!((500..700).contains(&flipped), "{flipped} of 2000");
    assert!((0..50).all(|i| Preferences::new(3, 1.0).pair(i).flipped));
}

#[test]
fn the_text_is_clean() {
    for pair in pairs(6, 6000) {
        let turns = pair.prompt.iter().map(|t| t.text.as_str());
        for text in turns.chain([pair.chosen.as_str(), &pair.rejected]) {
            for wrong in [
                "  ", " .", " ,", "..", ".,", "?.", "!.", ".?", "[", "]", "{", "}", "|", "the the ",
            ] {
                assert!(!text.contains(wrong), "{wrong:?} in {text}");
            }
            assert!(text.trim_end_matches('"').ends_with(['.', '!', '?']), "{text}");
            assert_eq!(text.matches('"').count() % 2, 0, "{text}");
            assert!(wording::capitals(text) == text, "{text}");
        }
        assert!(pair.prompt.len() % 2 == 1 && pair.prompt.last().unwrap().speaker == Speaker::User);
        assert_ne!(pair.chosen, pair.rejected);
    }
}

/// The chosen answer holds a fact about the one who was asked for, and the rejected one puts in its
/// place what is not so; all other words are the same.
#[test]
fn the_truer_answer_is_true_and_the_other_is_not() {
    let world = World::new(2);
    for pair in of(Reason::Truer) {
        let (good, bad) = (&pair.chosen, &pair.rejected);
        let same = |f: &&Fact| request(&pair).contains(&f.subject) && good.contains(&f.object);
        let is_swap = |fact: &Fact| {
            world.facts().iter().filter(|f| f.relation == fact.relation).any(|other| {
                let lie = Fact { object: other.object.clone(), ..fact.clone() };
                !world.facts().contains(&lie)
                    && swapped(good, fact, &lie) == swapped(bad, fact, &lie)
            })
        };
        let found = world.facts().iter().filter(same).any(is_swap);
        assert!(found, "{}\n{good}\n{bad}", request(&pair));
    }
}

/// The text without what the true and the false object bring along.
fn swapped(text: &str, fact: &Fact, lie: &Fact) -> String {
    let mut text = text.to_string();
    for object in [&fact.object, &lie.object] {
        for trade in crate::lexicon::TRADES.iter().filter(|t| t.name == *object) {
            text = text.replace(trade.does, "*");
        }
        for place in crate::lexicon::PLACES.iter().filter(|p| p.name == *object) {
            text = text.replace(&format!("{} {}", place.at, place.name), "*");
        }
        text = text.replace(object.as_str(), "*");
    }
    text
}

#[test]
fn the_shorter_answer_says_as_much_in_fewer_words() {
    for pair in of(Reason::Shorter) {
        let (good, bad) = (&pair.chosen, &pair.rejected);
        assert!(bad.len() > good.len() + 150, "{good}\n{bad}");
        let sentences: Vec<&str> = good.split_inclusive(['.', '!', '?']).map(str::trim).collect();
        assert!(sentences.iter().all(|s| bad.contains(s)), "{good}\n{bad}");
    }
}

/// Every way in which a phrase without slots can be said.
fn all_wordings(phrase: &str) -> HashSet<String> {
    let mut rng = Rng::new(1);
    (0..200).map(|_| wording::say(phrase, &[], &mut rng)).collect()
}

#[test]
fn the_kinder_answer_helps_as_much_without_a_rude_word() {
    let tables = [kinder::RUDE, kinder::RUDE_TO_THE_SAD, kinder::RUDE_ENDS];
    let rude: HashSet<String> =
        tables.into_iter().flatten().flat_map(|p| all_wordings(p)).collect();
    let mut longer = 0;
    let pairs = of(Reason::Kinder);
    for pair in &pairs {
        let (good, bad) = (&pair.chosen, &pair.rejected);
        assert!(rude.iter().all(|phrase| !good.contains(phrase)), "{good}");
        assert!(rude.iter().any(|phrase| bad.contains(phrase)), "{bad}");
        let rest = rude.iter().fold(bad.clone(), |text, phrase| text.replace(phrase, ""));
        assert!(good.contains(rest.trim()) && rest.trim().len() > 9, "{good}\n{bad}");
        longer += usize::from(good.len() > bad.len());
    }
    let share = longer * 100 / pairs.len();
    assert!((35..=75).contains(&share), "the kinder one is longer in {share} of 100");
}

#[test]
fn the_safer_answer_declines_and_offers() {
    for pair in of(Reason::Safer) {
        let (good, bad) = (&pair.chosen, &pair.rejected);
        let says = |text: &str, words: &[&str]| words.iter().any(|w| text.contains(w));
        let declines =
            ["not help with", "cannot help", "do not do", "not do that", "Better not", "but "];
        let offers = ["could ", "Why not ", "How would it be", "It would be better"];
        assert!(says(good, &declines) && says(good, &offers), "{good}");
        let agrees = ["Of course", "Sure", "easy", "easier", "Why not?", "Gladly", "Here is how"];
        assert!(says(bad, &agrees) && !says(bad, &offers), "{bad}");
    }
}
