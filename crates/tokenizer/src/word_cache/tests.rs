//! The cache against a model that is asked each time.

use proptest::prelude::*;

use super::*;

/// As many ids as the word has different letters, and what they are depends on the whole word.
fn encode(word: &str, ids: &mut Vec<u32>) -> Result<(), Error> {
    let mut letters: Vec<char> = word.chars().collect();
    letters.sort_unstable();
    letters.dedup();
    let sum = word.bytes().fold(1, |sum: u32, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    ids.extend(letters.iter().map(|&letter| sum.wrapping_add(letter as u32)));
    Ok(())
}

fn split() -> Fast {
    Fast::for_pattern(crate::pretokenize::GPT4_PATTERN).unwrap()
}

fn expected(text: &str) -> Vec<u32> {
    let mut ids = vec![];
    split().for_each_word(text, |word| encode(word, &mut ids)).unwrap();
    ids
}

#[test]
fn a_slot_is_half_a_line() {
    assert_eq!((size_of::<Slot>(), size_of::<Set>()), (32, 64));
}

#[test]
fn a_known_word_is_not_encoded_again() {
    let (mut cache, mut asked, mut ids) = (WordCache::default(), vec![], vec![]);
    let text = " a b a b a verylongwordthatisnotitsownkey b verylongwordthatisnotitsownkey";
    for _ in 0..2 {
        let encode = |word: &str, ids: &mut Vec<u32>| {
            asked.push(word.to_owned());
            encode(word, ids)
        };
        cache.encode_text(split(), text, &mut ids, |_| None, encode).unwrap();
    }
    assert_eq!(asked, [" a", " b", " verylongwordthatisnotitsownkey"]);
    assert_eq!(ids, expected(&text.repeat(2)));
}

#[test]
fn what_the_model_cannot_encode_is_an_error_and_not_kept() {
    let (mut cache, mut ids) = (WordCache::default(), vec![]);
    let failed = |_: &str, _: &mut Vec<u32>| Err(Error::EmptyCorpus);
    assert!(cache.encode_text(split(), "a b", &mut ids, |_| None, failed).is_err());
    cache.encode_text(split(), "a b", &mut ids, |_| None, encode).unwrap();
    assert_eq!(ids, expected("a b"));
}

#[test]
fn a_word_that_is_one_token_is_not_encoded_at_all() {
    let (mut cache, mut asked, mut ids) = (WordCache::default(), vec![], vec![]);
    let text = " b a b averylongwordthatisnotitsownkey a b".repeat(400);
    let whole = |key| (key == Key::of(b" b")).then_some(7);
    let encode = |word: &str, ids: &mut Vec<u32>| {
        asked.push(word.to_owned());
        encode(word, ids)
    };
    cache.encode_text(split(), &text, &mut ids, whole, encode).unwrap();
    assert_eq!(asked, [" a", " averylongwordthatisnotitsownkey"]);
    let mut expected = vec![];
    for word in [" b", " a", " b", " averylongwordthatisnotitsownkey", " a", " b"] {
        if word == " b" { expected.push(7) } else { self::encode(word, &mut expected).unwrap() }
    }
    assert_eq!(ids, expected.repeat(400));
}

/// A word of its own for each number, in letters.
fn spelled(n: u32) -> String {
    let digits = format!("{n}").into_bytes();
    format!(" {}", digits.iter().map(|digit| char::from(digit - b'0' + b'a')).collect::<String>())
}

#[test]
fn it_stays_small_and_right_when_it_overflows() {
    let (mut cache, mut ids) = (WordCache::default(), vec![]);
    for round in 0..40 {
        let word =
            |n: u32| format!(" {:x}{}", n * 7 + round, "abcdefghijklmnopqrstuvwxyz".repeat(2));
        let text: String = (0..2000).map(word).collect::<String>() + " some short words";
        ids.clear();
        cache.encode_text(split(), &text, &mut ids, |_| None, encode).unwrap();
        assert_eq!(ids, expected(&text));
    }
    assert!(cache.sets.get().len() <= MOST_SETS && cache.bytes.len() <= MOST_BESIDE);
    let many: String = (0..200_000).map(spelled).collect();
    ids.clear();
    cache.encode_text(split(), &many, &mut ids, |_| None, encode).unwrap();
    assert_eq!(ids, expected(&many));
    assert_eq!(cache.sets.get().len(), MOST_SETS);
}

proptest! {
    #[test]
    fn a_cache_changes_nothing(texts in prop::collection::vec("( ?[a-cé日]{1,30}[.\\n]?){0,30}", 1..6)) {
        let mut cache = WordCache::default();
        for text in &texts {
            let (mut ids, mut by_word) = (vec![], vec![]);
            cache.encode_text(split(), text, &mut ids, |_| None, encode).unwrap();
            prop_assert_eq!(&ids, &expected(text));
            let mut one = encode;
            split().for_each_word(text, |w| cache.encode_word(w, &mut by_word, &mut one)).unwrap();
            prop_assert_eq!(by_word, ids);
        }
    }
}
