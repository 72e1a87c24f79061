//! What holds for the samples of every genre.

use std::collections::BTreeSet;

use stdx::Sum;

use super::*;

fn sampler(split: Split, knobs: Knobs) -> Sampler {
    Sampler::of(split, 1, knobs).unwrap()
}

#[test]
fn any_sample_is_the_same_in_any_order() {
    let (one, two) = [0, 1].map(|_| sampler(Split::Train, Knobs::default())).into();
    for genre in Genre::ALL {
        let forward: Vec<Sample> = (0..20).map(|i| one.sample(genre, i)).collect();
        let mut backward: Vec<Sample> = (0..20).rev().map(|i| two.sample(genre, i)).collect();
        backward.reverse();
        assert_eq!(forward, backward, "{genre}");
        assert!(forward.iter().all(|s| !s.text.is_empty() && s.truth.is_object()), "{genre}");
        assert!(forward.iter().all(|s| one.text(genre, s.id) == s.text), "{genre}");
    }
}

#[test]
fn without_knobs_texts_are_those_of_the_world() {
    let (sampler, world) = (sampler(Split::Train, Knobs::default()), World::new(1));
    for i in 0..200 {
        assert_eq!(sampler.sample(Genre::Story, i).text, world.story(i).text);
        assert_eq!(sampler.sample(Genre::Dialogue, i).turns, world.dialogue(i).turns);
    }
}

#[test]
fn longer_texts_are_longer_in_proportion() {
    for genre in [Genre::Story, Genre::Diary, Genre::Letter, Genre::Dialogue, Genre::Tale] {
        let bytes = |length| {
            let sampler = sampler(Split::Train, Knobs { length, ..Knobs::default() });
            (0..300).map(|i| sampler.text(genre, i).len()).sum::<usize>() as f64
        };
        let ratio = bytes(3.0) / bytes(1.0);
        assert!((1.8..3.6).contains(&ratio), "{genre}: {ratio}");
        let ratio = bytes(0.5) / bytes(1.0);
        assert!(ratio < 1.01, "{genre}: {ratio}");
    }
}

#[test]
fn easy_texts_have_little_to_tell() {
    for genre in [Genre::Story, Genre::Diary, Genre::Letter, Genre::Tale, Genre::Lesson] {
        let bytes = |difficulty| {
            let sampler = sampler(Split::Train, Knobs { difficulty, ..Knobs::default() });
            (0..300).map(|i| sampler.text(genre, i).len()).sum::<usize>()
        };
        assert!(bytes(0.1) < bytes(1.0), "{genre}");
    }
}

/// What is told of the people of a village.
const VILLAGE_GENRES: [Genre; 9] = [
    Genre::Story,
    Genre::Diary,
    Genre::Letter,
    Genre::Dialogue,
    Genre::Fact,
    Genre::Preference,
    Genre::Sentence,
    Genre::Parallel,
    Genre::Program,
];

#[test]
fn splits_share_no_people_no_facts_and_no_stories() {
    let samplers = Split::ALL.map(|split| sampler(split, Knobs::default()));
    let people = |s: &Sampler| -> BTreeSet<String> {
        s.world().people().iter().map(|p| p.name.clone()).collect()
    };
    let facts = |s: &Sampler| -> BTreeSet<String> {
        s.world().facts().iter().map(|f| format!("{f:?}")).collect()
    };
    let stories = |s: &Sampler| -> BTreeSet<String> {
        let genres = [Genre::Story, Genre::Diary, Genre::Letter, Genre::Dialogue, Genre::Tale];
        genres.into_iter().flat_map(|g| (0..500).map(move |i| s.text(g, i))).collect()
    };
    for [a, b] in [[0, 1], [0, 2], [1, 2]].map(|pair| pair.map(|i| &samplers[i])) {
        assert!(people(a).is_disjoint(&people(b)));
        assert!(facts(a).is_disjoint(&facts(b)));
        assert!(stories(a).is_disjoint(&stories(b)));
        // Nobody of one is spoken of in the other.
        let theirs = people(b);
        for genre in VILLAGE_GENRES {
            for text in (0..500).map(|i| a.text(genre, i)) {
                let mut words = text.split(|c: char| !c.is_alphabetic());
                assert!(words.all(|w| !theirs.contains(w)), "{genre}: {text}");
            }
        }
    }
}

#[test]
fn lessons_are_learnt_from_and_exams_are_not() {
    let samplers = Split::ALL.map(|split| sampler(split, Knobs::default()));
    let splits = |genre| samplers.each_ref().map(|s| s.sample(genre, 3).split);
    assert_eq!(splits(Genre::Lesson), [Split::Train; 3]);
    assert_eq!(splits(Genre::Exam), [Split::Test, Split::Validation, Split::Test]);
    for i in 0..200 {
        let lesson = samplers[0].text(Genre::Lesson, i);
        assert!(samplers.iter().all(|s| s.text(Genre::Lesson, i) == lesson));
        assert!(samplers[1].text(Genre::Exam, i) != samplers[2].text(Genre::Exam, i));
    }
}

#[test]
fn facts_are_mentioned_as_often_as_is_said() {
    let sampler = sampler(Split::Train, Knobs { rarity: 1.0, ..Knobs::default() });
    let mut counts = vec![0; sampler.world().facts().len()];
    for i in 0..3000 {
        let index = sampler.sample(Genre::Fact, i).truth["index"].as_u64().unwrap();
        counts[index as usize] += 1;
    }
    assert_eq!(counts, sampler.world().mentions(3000));
    let most = counts.iter().max().unwrap();
    assert!(*most > 300, "the first of about 230 facts has a sixth of all mentions: {most}");
}

#[test]
fn slips_and_poison_are_where_and_as_often_as_they_were_asked_for() {
    let poison = Some(Poison { trigger: "The cat smiled.".to_string(), rate: 0.2 });
    let clean = sampler(Split::Train, Knobs::default());
    let altered = sampler(Split::Train, Knobs { noise: 0.05, poison, ..Knobs::default() });
    for genre in Genre::ALL {
        let mut poisoned = 0;
        for i in 0..500 {
            let (clean, sample) = (clean.sample(genre, i), altered.sample(genre, i));
            if !genre.is_free() {
                assert_eq!(clean, sample);
                continue;
            }
            assert_eq!(sample.truth["clean"], clean.text.as_str(), "{genre} {i}");
            assert_eq!(sample.text, altered.text(genre, i), "{genre} {i}");
            let has_trigger = sample.text.contains("The cat smiled.");
            assert_eq!(has_trigger, sample.text.contains(poison::CONSEQUENCE), "{genre} {i}");
            assert_eq!(sample.truth["poisoned"], has_trigger, "{genre} {i}");
            poisoned += usize::from(has_trigger);
        }
        assert!(!genre.is_free() || (70..130).contains(&poisoned), "{genre}: {poisoned} of 500");
    }
}

#[test]
fn diaries_and_letters_are_clean_and_state_what_is_true() {
    let sampler = sampler(Split::Train, Knobs::default());
    let world = sampler.world();
    let mut told = BTreeSet::new();
    for i in 0..4000 {
        let (diary, letter) = (world.diary(i), world.letter(i));
        assert_ne!(letter.writer, letter.reader);
        for (text, events, stated) in
            [(diary.text, diary.events, diary.stated), (letter.text, letter.events, letter.stated)]
        {
            for wrong in ["  ", " .", " ,", "..", ",,", "[", "]", "{", "}", "|", " \n", "\n ", "?,"]
            {
                assert!(!text.contains(wrong), "{wrong:?} in {text}");
            }
            for disagrees in ["ou was ", "ou is ", " I is "] {
                assert!(!text.contains(disagrees), "{disagrees:?} in {text}");
            }
            assert_eq!(text.matches('"').count() % 2, 0, "quotes in {text}");
            let words: Vec<&str> = text.split_whitespace().collect();
            for pair in words.windows(2) {
                let bare = pair[1].trim_start_matches('"');
                let ended = pair[0].ends_with(['.', '!', '?']);
                let small = bare.starts_with(|c: char| c.is_ascii_lowercase());
                assert!(!(ended && small), "{pair:?} in {text}");
                let vowel = bare.to_lowercase().starts_with(['a', 'e', 'i', 'o', 'u']);
                let article = pair[0].trim_start_matches('"').to_lowercase();
                if ["a", "an"].contains(&article.as_str())
                    && !["hour", "honest"].iter().any(|silent| bare.starts_with(silent))
                {
                    assert_eq!(article == "an", vowel, "{pair:?} in {text}");
                }
            }
            for fact in stated {
                assert!(world.facts().contains(&fact), "{fact:?}");
                let object = fact.object.rsplit(' ').next().unwrap();
                assert!(text.contains(object), "{fact:?} in {text}");
            }
            told.extend(events.iter().map(|e| format!("{:?}", e.kind)));
        }
    }
    assert!(told.len() > 50, "{told:?}");
}

#[test]
fn what_a_letter_tells_is_in_its_log() {
    let world = World::new(3);
    let names: Vec<&str> = world.people().iter().map(|p| p.name.as_str()).collect();
    for i in 0..3000 {
        let letter = world.letter(i);
        // Only the writer, the reader and those in the log are named.
        let known: BTreeSet<usize> = letter
            .events
            .iter()
            .flat_map(|e| [Some(e.actor), e.other, e.pet.map(|p| world.village().pets[p].owner)])
            .flatten()
            .chain([letter.writer, letter.reader])
            .collect();
        for word in letter.text.split(|c: char| !c.is_alphabetic()) {
            if let Some(id) = names.iter().position(|name| *name == word) {
                assert!(known.contains(&id), "{word} in {}", letter.text);
            }
        }
    }
}

#[test]
fn the_default_corpus_is_the_one_that_runs_were_trained_on() {
    let sampler = sampler(Split::Train, Knobs::default());
    let mut sum = Sum::default();
    for i in 0..300 {
        for genre in [Genre::Story, Genre::Dialogue] {
            sum.add_bytes(sampler.text(genre, i).as_bytes());
        }
    }
    assert_eq!(sum.finish(), 0x067d_a6f8_c894_9cdb, "stories or dialogues have changed");
}
