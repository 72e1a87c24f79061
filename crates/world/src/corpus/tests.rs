//! What holds for thousands of documents at once.

use std::collections::HashSet;

use super::*;

fn texts(document: &Document) -> Vec<&str> {
    match document {
        Document::Story(story) => vec![&story.text],
        Document::Dialogue(dialogue) => dialogue.turns.iter().map(|t| t.text.as_str()).collect(),
    }
}

fn documents(seed: u64) -> Vec<Document> {
    let corpus = Corpus::new(seed);
    (0..5000).map(|i| corpus.document(i)).collect()
}

#[test]
fn any_document_is_the_same_in_any_order() {
    let (one, two) = (Corpus::new(4), Corpus::new(4));
    let forward: Vec<Document> = (0..50).map(|i| one.document(i)).collect();
    let mut backward: Vec<Document> = (0..50).rev().map(|i| two.document(i)).collect();
    backward.reverse();
    assert_eq!(forward, backward);
    assert_ne!(Corpus::new(5).document(0), one.document(0));
}

#[test]
fn documents_hardly_ever_repeat() {
    let documents = documents(1);
    let distinct: HashSet<String> = documents.iter().map(|d| texts(d).join("\n")).collect();
    let repeated = documents.len() - distinct.len();
    assert!(repeated <= 5, "{repeated} of 5000");
}

#[test]
fn the_vocabulary_is_small_but_not_poor() {
    let documents = documents(1);
    let mut words = HashSet::new();
    for text in documents.iter().flat_map(texts) {
        let letters = |c: char| !c.is_ascii_alphabetic();
        words.extend(text.split(letters).filter(|w| !w.is_empty()).map(str::to_lowercase));
    }
    assert!((800..=1500).contains(&words.len()), "{} words", words.len());
}

#[test]
fn stories_are_short() {
    let world = World::new(1);
    let lengths: Vec<usize> =
        (0..5000).map(|i| world.story(i).text.split_whitespace().count()).collect();
    let within = lengths.iter().filter(|n| (60..=180).contains(*n)).count();
    let (low, high) = (lengths.iter().min(), lengths.iter().max());
    assert!(within >= 4950, "{within} of 5000 within 60..=180; {low:?}..{high:?}");
}

#[test]
fn the_text_is_clean() {
    for seed in 1..4 {
        for document in &documents(seed) {
            texts(document).into_iter().for_each(check_text);
        }
    }
}

fn check_text(text: &str) {
    for wrong in [
        "  ", " .", " ,", "..", ",,", "[", "]", "{", "}", "|", " \n", "\n ", "\n\n", "?,", ".,",
        "the the ", " a a ",
    ] {
        assert!(!text.contains(wrong), "{wrong:?} in {text}");
    }
    assert_eq!(text.matches('"').count() % 2, 0, "quotes in {text}");
    for paragraph in text.split('\n') {
        let first = paragraph.trim_start_matches('"').chars().next();
        assert!(first.is_some_and(|c| c.is_ascii_uppercase()), "start of {paragraph}");
        assert!(paragraph.trim_end_matches('"').ends_with(['.', '!', '?']), "end of {paragraph}");
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    for pair in words.windows(2) {
        let ended = pair[0].ends_with(['.', '!', '?']);
        let bare = pair[1].trim_start_matches('"');
        assert!(
            !ended || !bare.starts_with(|c: char| c.is_ascii_lowercase()),
            "{pair:?} in {text}"
        );
        let vowel = bare.to_lowercase().starts_with(['a', 'e', 'i', 'o', 'u']);
        let article = pair[0].trim_start_matches('"').to_lowercase();
        if ["a", "an"].contains(&article.as_str()) && !bare.starts_with("hour") {
            assert_eq!(article == "an", vowel, "{pair:?} in {text}");
        }
    }
}

#[test]
fn every_stated_fact_is_true_and_every_fact_is_asked() {
    let world = World::new(2);
    let mut asked = HashSet::new();
    for i in 0..5000 {
        let dialogue = world.dialogue(i);
        let answers: String =
            dialogue.turns.iter().skip(1).step_by(2).map(|t| t.text.as_str()).collect();
        for fact in dialogue.stated {
            assert!(world.facts().contains(&fact), "{fact:?}");
            assert!(answers.contains(&fact.object), "{fact:?} in {answers}");
            asked.insert(fact);
        }
    }
    assert_eq!(asked.len(), world.facts().len());
}

#[test]
fn nobody_in_a_story_is_a_stranger() {
    let world = World::new(3);
    let names: HashSet<&str> = world.people().iter().map(|p| p.name.as_str()).collect();
    let all = crate::names::FEMALE.iter().chain(&crate::names::MALE);
    let strangers: HashSet<&str> = all.copied().filter(|n| !names.contains(n)).collect();
    for i in 0..2000 {
        let text = world.story(i).text;
        let mut words = text.split(|c: char| !c.is_ascii_alphabetic());
        assert!(words.all(|w| !strangers.contains(w)), "{text}");
    }
}
