//! What training promises: the merges of the definition, ties as told, the same on any number of
//! threads, and the rules of Hugging Face's trainer where they are more than the definition.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use proptest::prelude::*;
use rustc_hash::FxHashSet;

use super::*;

type Spelled = Vec<(Vec<u8>, Vec<u8>)>;

fn words_of(text: &str) -> Vec<&str> {
    let mut words = vec![];
    Pretokenizer::gpt4()
        .for_each_word(text, |w| {
            words.push(w);
            Ok(())
        })
        .unwrap();
    words
}

/// The definition, without any bookkeeping: recount all pairs before each merge.
fn naive_merges(text: &str, n_merges: usize, ties: Ties) -> Spelled {
    let mut order: Vec<u8> = (0..=255).collect();
    order.sort_by_key(|&byte| byte_level::to_char(byte));
    let id = |byte: u8| order.iter().position(|&other| other == byte).unwrap() as u32;
    let mut words: Vec<Vec<u32>> =
        words_of(text).iter().map(|w| w.bytes().map(id).collect()).collect();
    let mut tokens: Vec<Vec<u8>> = order.iter().map(|&byte| vec![byte]).collect();
    let mut merges = vec![];
    for _ in 0..n_merges {
        let mut counts: BTreeMap<Pair, i64> = BTreeMap::new();
        words.iter().flat_map(|w| w.windows(2)).for_each(|p| {
            *counts.entry((p[0], p[1])).or_default() += 1;
        });
        let bytes = |p: Pair| (tokens[p.0 as usize].clone(), tokens[p.1 as usize].clone());
        let best = match ties {
            Ties::Earlier => counts.iter().max_by_key(|&(&p, &n)| (n, Reverse(p))),
            Ties::LargerBytes => counts.iter().max_by_key(|&(&p, &n)| (n, bytes(p))),
        };
        let Some((&pair, _)) = best else { break };
        let (left, right) = bytes(pair);
        tokens.push([&*left, &*right].concat());
        for word in &mut words {
            let mut merged = vec![];
            for &id in word.iter() {
                match merged.last_mut() {
                    Some(last) if (*last, id) == pair => *last = tokens.len() as u32 - 1,
                    _ => merged.push(id),
                }
            }
            *word = merged;
        }
        merges.push((left, right));
    }
    merges
}

fn fast_merges(text: &str, n_merges: usize, change: impl Fn(&mut TrainOptions)) -> Option<Spelled> {
    let mut options =
        TrainOptions { vocab_size: 256 + n_merges, specials: vec![], ..TrainOptions::default() };
    change(&mut options);
    let bpe = train([text], &Pretokenizer::gpt4(), &options).ok()?;
    let bytes = |id| bpe.bytes(id).unwrap().to_vec();
    assert_eq!(bytes(97), b"a", "bytes have the ids of their values");
    Some(bpe.merges().iter().map(|m| (bytes(m.left), bytes(m.right))).collect())
}

fn shown(merges: &Spelled) -> String {
    let show = |t: &[u8]| String::from_utf8_lossy(t).into_owned();
    let shown: Vec<_> = merges.iter().map(|(l, r)| show(l) + "+" + &show(r)).collect();
    shown.join(" ")
}

fn check(text: &str, expected: &str) {
    let merges = fast_merges(text, expected.split(' ').count(), |_| {}).unwrap();
    assert_eq!(shown(&merges), expected);
}

#[test]
fn the_most_frequent_pair_first_and_the_earlier_among_equals() {
    check("low.lower.lowest", "l+o lo+w");
    check("ba\nab\nab\nba", "a+b b+a");
    check("aaaa", "a+a aa+aa");
    // As GPT-2 writes it, a space comes after all letters.
    check("a za", "z+a");
}

#[test]
fn ties_may_go_to_the_greater_bytes() {
    let larger = |o: &mut TrainOptions| o.ties = Ties::LargerBytes;
    let merges = fast_merges("ba\nab\nab\nba", 2, larger).unwrap();
    assert_eq!(shown(&merges), "b+a a+b");
}

#[test]
fn rare_pairs_are_left_alone() {
    let options = TrainOptions { min_frequency: 2, vocab_size: 258, ..TrainOptions::default() };
    let failed = train(["ab.ac.xy"], &Pretokenizer::gpt4(), &options);
    assert!(matches!(failed, Err(Error::TooFewMerges { possible: 0, .. })), "{failed:?}");
}

#[test]
fn tokens_are_no_longer_than_told() {
    let merges = fast_merges("abcd abcd abcd", 6, |o| o.max_token_length = Some(2));
    assert_eq!(merges, None);
    let merges = fast_merges("abcd abcd abcd", 3, |o| o.max_token_length = Some(4)).unwrap();
    assert!(merges.iter().all(|(l, r)| l.len() + r.len() <= 3), "{}", shown(&merges));
}

#[test]
fn training_stops_when_told() {
    let text: String = (0..200).map(|n| format!("w{n} ")).collect();
    let words = Words::from_counts(text.split(' ').map(|word| (word, 1))).unwrap();
    let options = TrainOptions { vocab_size: 400, ..TrainOptions::default() };
    let mut seen = None;
    let stopped = train_bytes(words, &options, &mut |progress| {
        seen = Some(progress);
        false
    });
    assert!(matches!(stopped, Err(Error::Interrupted { rounds: 64 })), "{stopped:?}");
    assert_eq!(seen, Some(Progress::Merged { ids: 320, of: 399 }));
}

#[test]
fn threads_change_nothing() {
    // Enough words that merges are shared.
    let words: Vec<String> = (0..40_000).map(|n| format!("a{n}b{}", n % 7)).collect();
    let learn = |n_threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap();
        let words = Words::from_counts(words.iter().map(|word| (word, 1))).unwrap();
        let options = TrainOptions { vocab_size: 600, ..TrainOptions::default() };
        pool.install(|| train_bytes(words, &options, &mut |_| true)).unwrap().merges().to_vec()
    };
    let one = learn(1);
    assert_eq!(one.len(), 343);
    assert_eq!(one, learn(2));
    assert_eq!(one, learn(5));
}

fn characters(
    counts: &[(&str, u64)],
    change: impl FnOnce(&mut CharacterOptions),
) -> Result<Bpe, Error> {
    let mut options = CharacterOptions::default();
    change(&mut options);
    let words = Words::from_counts(counts.iter().copied()).unwrap();
    train_characters(words, &options, &mut |_| true)
}

fn pieces(bpe: &Bpe) -> String {
    let pieces: Vec<_> = (0..bpe.len() as u32).map(|id| bpe.piece(id).unwrap()).collect();
    pieces.join(" ")
}

#[test]
fn ids_are_special_tokens_alphabet_and_merges() {
    let bpe = characters(&[("ab", 3), ("abé", 2), ("b", 1)], |o| {
        o.vocab_size = 7;
        o.specials = vec!["<unk>".into(), "<s>".into()];
        o.unk_token = Some("<unk>".into());
    });
    let bpe = bpe.unwrap();
    assert_eq!(pieces(&bpe), "<unk> <s> a b é ab abé");
    assert_eq!(bpe.options().unknown, crate::bpe::Unknown::Piece(0));
}

#[test]
fn an_alphabet_can_be_limited_and_begun() {
    // Without the c, a and b stand side by side.
    let bpe = characters(&[("acb", 5), ("ab", 1), ("ba", 2)], |o| {
        (o.vocab_size, o.limit_alphabet) = (4, Some(2));
    });
    assert_eq!(pieces(&bpe.unwrap()), "a b ab ba");
    let bpe =
        characters(&[("ab", 5)], |o| (o.vocab_size, o.initial_alphabet) = (4, vec!['x', 'b']));
    assert_eq!(pieces(&bpe.unwrap()), "a b x ab");
}

#[test]
fn prefix_and_suffix_are_learnt_with_the_characters() {
    let bpe = characters(&[("aba", 5), ("b", 2)], |o| {
        o.vocab_size = 7;
        o.continuing_subword_prefix = Some("##".into());
        o.end_of_word_suffix = Some("$".into());
    });
    let bpe = bpe.unwrap();
    assert_eq!(pieces(&bpe), "a b ##a$ ##b b$ ab aba$");
}

#[test]
fn what_cannot_be_learnt_is_refused() {
    let refuse = |change: &dyn Fn(&mut CharacterOptions), expected: &str| {
        let error = characters(&[("ab", 1)], |o| change(o)).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    };
    refuse(&|o| o.vocab_size = 1, "at least 2");
    refuse(&|o| o.vocab_size = 9, "the text gives 3 tokens");
    refuse(&|o| o.vocab_size = MAX_VOCAB + 1, "too large");
    refuse(&|o| o.specials = vec!["x".into(), "x".into()], "named twice");
    refuse(&|o| o.specials = vec![String::new()], "is empty");
    refuse(
        &|o| (o.vocab_size, o.unk_token) = (3, Some("u".into())),
        "not among the special tokens",
    );
    let none = train_characters(Words::default(), &CharacterOptions::default(), &mut |_| true);
    assert!(matches!(none, Err(Error::EmptyCorpus)));
}

proptest! {
    #[test]
    fn bookkeeping_changes_nothing(
        text in "[ab]{1,12}( [abc]{1,9}){0,20}",
        n in 1usize..12,
        larger in any::<bool>(),
    ) {
        let ties = if larger { Ties::LargerBytes } else { Ties::Earlier };
        let naive = naive_merges(&text, n, ties);
        let spelled: FxHashSet<Vec<u8>> =
            naive.iter().map(|(l, r)| [&**l, &**r].concat()).collect();
        // Where two pairs spell one token the definition gives it two ids; we keep one.
        prop_assume!(spelled.len() == naive.len() && naive.len() == n);
        prop_assert_eq!(fast_merges(&text, n, |o| o.ties = ties), Some(naive));
    }

    #[test]
    fn one_spelling_has_one_id(text in "[ab]{1,30}( [ab]{1,9}){0,20}", n in 1usize..30) {
        let options = TrainOptions { vocab_size: 257 + n, ..TrainOptions::default() };
        if let Ok(bpe) = train([text], &Pretokenizer::gpt4(), &options) {
            let tokens: FxHashSet<_> = (0..bpe.len() as u32).map(|id| bpe.bytes(id)).collect();
            prop_assert_eq!(tokens.len(), 256 + n);
            let pairs: FxHashSet<_> = bpe.merges().iter().map(|m| (m.left, m.right)).collect();
            prop_assert_eq!(pairs.len(), bpe.merges().len());
        }
    }
}
