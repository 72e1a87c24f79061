//! Tales by their logs: replayed, kept apart by split, asked and told.

use std::collections::BTreeSet;

use super::simulate::Moment;
use super::*;

fn tales(split: Split, n: u64) -> impl Iterator<Item = Tale> {
    (0..n).map(move |i| {
        let mut rng = Rng::stream(i, split.word());
        let shape = Shape::exam(&mut rng);
        Tale::new(split, shape, &mut rng)
    })
}

/// Where everybody and everything is, found by reading the moments again from the first.
fn replay(tale: &Tale) -> Standing {
    let mut people = vec![None; tale.cast.people.len()];
    let mut things: Vec<(usize, Result<usize, usize>)> = Vec::new();
    for moment in &tale.moments {
        let (thing, holder) = match *moment {
            Moment::Go { who, place, .. } => {
                assert_ne!(people[who], Some(place), "one goes somewhere else");
                people[who] = Some(place);
                continue;
            }
            Moment::Take { who, thing } => (thing, Ok(who)),
            Moment::Leave { who, thing } => (thing, Err(people[who].expect("a place"))),
            Moment::Give { who, thing, to } => {
                assert_eq!(people[who], people[to], "one gives to who is there");
                (thing, Ok(to))
            }
            Moment::Buy { .. } | Moment::Do { .. } => continue,
        };
        let before = things.iter().find(|(t, _)| *t == thing).map(|&(_, holder)| holder);
        match moment {
            Moment::Take { who, .. } => {
                let here = people[*who].expect("a place");
                assert!(before.is_none_or(|holder| holder == Err(here)), "it lies there");
            }
            _ => assert_eq!(before, Some(Ok(moment.who())), "one has what one gives"),
        }
        things.retain(|(t, _)| *t != thing);
        things.push((thing, holder));
    }
    Standing { people, things }
}

#[test]
fn the_end_follows_from_what_happened() {
    for tale in tales(Split::Train, 2000) {
        assert_eq!(replay(&tale), tale.standing, "{}", tale.text);
    }
}

#[test]
fn nobody_is_met_in_two_splits() {
    let met = |split| {
        let mut names = BTreeSet::new();
        for tale in tales(split, 3000) {
            names.insert(tale.cast.village.clone());
            names.extend(tale.cast.people.iter().map(|p| p.full()));
        }
        names
    };
    let [train, validation, test] = Split::ALL.map(met);
    assert!(train.is_disjoint(&test) && train.is_disjoint(&validation));
    assert!(validation.is_disjoint(&test) && test.len() > 300);
}

#[test]
fn every_kind_is_asked_and_every_key_ends_its_answer_or_is_in_it() {
    let mut kinds = BTreeSet::new();
    for tale in tales(Split::Test, 500) {
        for asked in tale.questions() {
            assert!(asked.answer.contains(&asked.key), "{asked:?}");
            assert!(asked.question.ends_with('?') && asked.answer.ends_with('.'));
            kinds.insert(asked.kind);
        }
    }
    assert_eq!(kinds.len(), Kind::ALL.len());
}

#[test]
fn what_is_asked_for_is_told() {
    for tale in tales(Split::Test, 500) {
        for asked in tale.questions() {
            let told = match asked.kind {
                // Counted, or in another verb than the story's.
                Kind::HowMany | Kind::WhatNext => continue,
                Kind::Where => asked.key.rsplit(' ').next().unwrap(),
                _ => &asked.key,
            };
            let story = tale.text.to_lowercase();
            assert!(story.contains(&told.to_lowercase()), "{asked:?} of {}", tale.text);
        }
    }
}

#[test]
fn the_same_seed_tells_the_same_tale() {
    let [a, b] = [0, 1].map(|_| tales(Split::Train, 20).collect::<Vec<_>>());
    assert_eq!(a, b);
    let texts: BTreeSet<String> = tales(Split::Train, 5000).map(|t| t.text).collect();
    assert_eq!(texts.len(), 5000, "no two are the same");
}
