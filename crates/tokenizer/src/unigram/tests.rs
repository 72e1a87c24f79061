//! The model on small vocabularies: ids by hand, the fast way against the definition, the best
//! ways against all ways, chance against probability, and what is refused.

use proptest::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use stdx::Rng;

use super::*;

fn pieces(pieces: &[(&str, f64)]) -> Vec<(String, f64)> {
    pieces.iter().map(|&(piece, score)| (piece.to_owned(), score)).collect()
}

fn model(list: &[(&str, f64)], change: impl FnOnce(&mut Options)) -> Unigram {
    let mut options = Options { unk_id: Some(0), ..Options::default() };
    change(&mut options);
    Unigram::new(pieces(list), options).unwrap()
}

const ABC: [(&str, f64); 7] = [
    ("<unk>", 0.0),
    ("a", -2.0),
    ("b", -2.0),
    ("ab", -3.0),
    ("abc", -7.0),
    ("c", -3.0),
    ("bc", -4.5),
];

fn encode(model: &Unigram, text: &str) -> Vec<u32> {
    let (mut ids, mut plain) = (vec![], vec![]);
    model.encode(text, &mut ids).unwrap();
    model.encode_plainly(text, &mut plain).unwrap();
    assert_eq!(ids, plain, "{text:?}");
    let (mut tokens, mut scratch) = (vec![], Scratch::default());
    model.tokens(text, &mut scratch, &mut tokens).unwrap();
    assert!(ids.iter().eq(tokens.iter().map(|token| &token.id)), "{text:?}");
    // Together they cover the text; bytes of one run have one span.
    let mut end = 0;
    for token in tokens {
        assert!(token.start == end || token.end == end, "{text:?}");
        end = token.end;
    }
    assert_eq!(end as usize, text.len(), "{text:?}");
    ids
}

fn check(model: &Unigram, text: &str, expected: &str) {
    let ids = encode(model, text);
    let shown: Vec<&str> = ids.iter().map(|&id| model.piece(id).unwrap()).collect();
    assert_eq!(shown.join("|"), expected, "{text:?}");
}

#[test]
fn the_highest_sum_wins() {
    let model = model(&ABC, |_| {});
    check(&model, "", "");
    check(&model, "ab", "ab");
    check(&model, "ba", "b|a");
    check(&model, "abc", "ab|c"); // -6, abc has -7, a|bc -6.5
    check(&model, "abcabb", "ab|c|ab|b");
}

#[test]
fn of_equal_sums_the_longer_last_piece_wins() {
    let model = model(&[("<unk>", 0.0), ("a", -1.0), ("aa", -1.5)], |_| {});
    check(&model, "aaa", "a|aa");
    check(&model, "aaaaa", "a|aa|aa");
}

#[test]
fn unknown_characters_are_joined_or_not() {
    check(&model(&ABC, |_| {}), "xé日ab👍x", "<unk>|ab|<unk>");
    check(&model(&ABC, |o| o.fuse_unk = false), "xyab👍", "<unk>|<unk>|ab|<unk>");
    // The unknown token's own name is spelled by the text, and unknown.
    check(&model(&ABC, |_| {}), "x<unk>y", "<unk>");
    check(&model(&ABC, |o| o.kinds = vec![Kind::Apart; 7]), "ab", "<unk>");
}

#[test]
fn an_unknown_character_costs_ten_more_than_the_worst_piece() {
    let score = |model: Unigram| model.n_best("x", 1).unwrap()[0].1;
    assert_eq!(score(model(&ABC, |_| {})), -17.0);
    let apart = ABC.map(|(piece, _)| if piece == "abc" { Kind::Apart } else { Kind::Normal });
    let theirs =
        |arithmetic| score(model(&ABC, |o| (o.arithmetic, o.kinds) = (arithmetic, apart.to_vec())));
    // Hugging Face knows no pieces that text never spells: all count.
    assert_eq!(theirs(Arithmetic::HuggingFace), -17.0);
    assert_eq!(theirs(Arithmetic::SentencePiece), -14.5);
    // Better than an unknown x, which only a piece of positive score makes up for.
    let list = |score| [("<unk>", 0.0), ("xb", -20.0), ("b", score)];
    check(&model(&list(9.9), |_| {}), "xb", "xb");
    check(&model(&list(10.1), |_| {}), "xb", "<unk>|b");
}

#[test]
fn unknown_text_becomes_bytes_where_these_are_pieces() {
    let mut list = ABC.map(|(piece, score)| (piece.to_owned(), score)).to_vec();
    list.extend(byte_piece::all().map(|piece| (piece, -30.0)));
    let options = Options { unk_id: Some(0), byte_fallback: true, ..Options::default() };
    let model = Unigram::new(list.clone(), options.clone()).unwrap();
    check(&model, "aéx", "a|<0xC3>|<0xA9>|<0x78>");
    let without_unk = Options { unk_id: None, ..options.clone() };
    check(&Unigram::new(list.clone(), without_unk).unwrap(), "x", "<0x78>");
    list.retain(|(piece, _)| piece != "<0xA9>");
    let model = Unigram::new(list, options).unwrap();
    check(&model, "éa", "<unk>|a"); // One of its bytes is missing.
    check(&model, "xa", "<0x78>|a");
}

#[test]
fn a_word_of_its_user_is_always_taken() {
    let kinds = ABC.map(|(piece, _)| match piece {
        "<unk>" => Kind::Apart,
        "bc" => Kind::UserDefined,
        _ => Kind::Normal,
    });
    check(&model(&ABC, |o| o.kinds = kinds.to_vec()), "abcab", "a|bc|ab");
}

#[test]
fn without_an_unknown_token_unknown_text_is_an_error() {
    let model = model(&ABC, |o| o.unk_id = None);
    check(&model, "abab", "ab|ab");
    let mut rng = Rng::new(1);
    let failed = [
        model.encode("a日", &mut vec![]).unwrap_err(),
        model.encode_plainly("a日", &mut vec![]).unwrap_err(),
        model.n_best("a日", 1).unwrap_err(),
        model.sample("a日", 1.0, &mut rng, &mut vec![]).unwrap_err(),
    ];
    for error in failed {
        assert!(error.to_string().starts_with("the character '日' is not a piece"), "{error}");
    }
}

#[test]
fn sums_are_those_of_the_one_or_the_other() {
    // As f32, 2^24 + 1 is 2^24: both ways to the end are equal, and the longer last piece wins.
    let list = [("<unk>", 0.0), ("x", f64::from(1 << 24)), ("ab", 0.5), ("a", 0.75), ("b", 0.25)];
    check(&model(&list, |_| {}), "xab", "x|a|b");
    let single = model(&list, |o| o.arithmetic = Arithmetic::SentencePiece);
    check(&single, "xab", "x|ab");
    check(&single, "ab", "a|b");
}

#[test]
fn a_million_of_one_letter_is_a_text_like_any_other() {
    let model = model(&[("<unk>", 0.0), ("a", -1.0), ("aa", -1.5), ("aaaa", -2.5)], |_| {});
    let mut ids = vec![];
    model.encode(&"a".repeat(1_000_001), &mut ids).unwrap();
    assert_eq!(ids.len(), 250_001);
    ids.clear();
    model.encode(&"é".repeat(500_000), &mut ids).unwrap();
    assert_eq!(ids, [0]);
}

fn refuse(list: &[(&str, f64)], change: impl FnOnce(&mut Options), expected: &str) {
    let mut options = Options::default();
    change(&mut options);
    let error = Unigram::new(pieces(list), options).unwrap_err().to_string();
    assert!(error.contains(expected), "{error}");
}

#[test]
fn hostile_models_are_refused() {
    refuse(&[], |_| {}, "at least one piece");
    refuse(&[("a", 0.0), ("", 0.0)], |_| {}, "\"\" of id 1 is empty");
    refuse(&[("a", 0.0), ("b", 0.0), ("a", 1.0)], |_| {}, "\"a\" of id 2 is there twice");
    refuse(&[("a", f64::NAN)], |_| {}, "not a finite f32");
    refuse(&[("a", f64::NEG_INFINITY)], |_| {}, "not a finite f32");
    refuse(&[("a", 1e300)], |_| {}, "not a finite f32");
    refuse(&[("a", 0.0)], |o| o.unk_id = Some(1), "has id 1, but there are 1 pieces");
    refuse(&[("a", 0.0)], |o| o.kinds = vec![Kind::Normal; 2], "number of kinds is 2");
    refuse(&[(&"a".repeat(4097), 0.0)], |_| {}, "longer than 4096 bytes");
    let many = (0..=MAX_VOCAB).map(|id| (id.to_string(), 0.0)).collect();
    let error = Unigram::new(many, Options::default()).unwrap_err().to_string();
    assert!(error.contains("4194305 is too large"), "{error}");
}

#[test]
fn too_many_best_are_refused() {
    let model = model(&ABC, |_| {});
    let error = model.n_best("ab", 1025).unwrap_err().to_string();
    assert!(error.contains("at most 1024"), "{error}");
    let error = model.n_best(&"a".repeat(1 << 15), 1024).unwrap_err().to_string();
    assert!(error.contains("at most 1024"), "{error}");
    assert_eq!(model.n_best(&"a".repeat(1 << 10), 1024).unwrap().len(), 1);
}

#[test]
fn a_lattice_is_not_larger_than_memory() {
    let runs: Vec<(String, f64)> = (1..=1000).map(|n| ("a".repeat(n), -1.0)).collect();
    let model = Unigram::new(runs, Options::default()).unwrap();
    let text = "a".repeat(40_000);
    let failed = model.sample(&text, 1.0, &mut Rng::new(1), &mut vec![]);
    assert!(matches!(failed, Err(Error::TextTooLong { got: 40_000, .. })), "{failed:?}");
    model.sample(&text[..3000], 1.0, &mut Rng::new(1), &mut vec![]).unwrap();
}

#[test]
fn without_normal_pieces_all_is_unknown_to_sentencepiece() {
    let kinds = vec![Kind::Apart, Kind::UserDefined];
    let list = [("<unk>", 0.0), ("ab", 0.0)];
    let single = |o: &mut Options| {
        (o.kinds, o.arithmetic) = (kinds.clone(), Arithmetic::SentencePiece);
    };
    check(&model(&list, single), "xaba", "<unk>");
    check(&model(&list, |o| o.kinds = kinds.clone()), "xaba", "<unk>|ab|<unk>");
}

#[test]
fn impossible_temperatures_are_refused() {
    let model = model(&ABC, |_| {});
    for alpha in [f64::NAN, f64::INFINITY, -0.1] {
        let error = model.sample("ab", alpha, &mut Rng::new(1), &mut vec![]).unwrap_err();
        assert!(error.to_string().contains("a number from 0 up"), "{error}");
    }
}

/// Every way to spell `text` and its score.
fn all_ways(model: &Unigram, text: &str) -> Vec<(Vec<u32>, f64)> {
    if text.is_empty() {
        return vec![(vec![], 0.0)];
    }
    let mut ways = vec![];
    for (id, (piece, score)) in model.pieces().iter().enumerate() {
        if let Some(rest) = text.strip_prefix(piece.as_str()) {
            for (mut ids, sum) in all_ways(model, rest) {
                ids.insert(0, id as u32);
                ways.push((ids, sum + score));
            }
        }
    }
    ways
}

fn check_n_best(model: &Unigram, text: &str, n: usize) {
    let mut ways = all_ways(model, text);
    ways.sort_by(|(a, x), (b, y)| y.total_cmp(x).then_with(|| a.cmp(b)));
    let best = model.n_best(text, n).unwrap();
    assert_eq!(best.len(), n.min(ways.len()), "{text:?}");
    let mut distinct = FxHashSet::default();
    for ((ids, score), (_, expected)) in best.iter().zip(&ways) {
        assert_eq!(score, expected, "{text:?}");
        assert!(ways.contains(&(ids.clone(), *score)), "{text:?} {ids:?}");
        assert!(distinct.insert(ids.clone()), "{text:?} {ids:?} twice");
    }
    if n > 0 {
        assert_eq!(best[0].0, encode(model, text), "{text:?}");
    }
}

#[test]
fn the_n_best_are_the_best_of_all() {
    let model = model(&ABC, |_| {});
    for text in ["a", "ab", "abc", "abcabc", "bcabab", "aaaaaaa"] {
        for n in [0, 1, 2, 5, 1000] {
            check_n_best(&model, text, n);
        }
    }
    assert_eq!(model.n_best("", 3).unwrap(), [(vec![], 0.0)]);
    let unknown = model.n_best("xab", 9).unwrap();
    assert_eq!(unknown, [(vec![0, 3], -20.0), (vec![0, 1, 2], -21.0)]);
}

fn check_frequencies(alpha: f64) {
    let (model, text, n) = (model(&ABC, |_| {}), "abcab", 20_000);
    let ways = all_ways(&model, text);
    let weights: Vec<f64> = ways.iter().map(|(_, score)| (alpha * score).exp()).collect();
    let total: f64 = weights.iter().sum();
    let mut seen: FxHashMap<Vec<u32>, u32> = FxHashMap::default();
    let mut rng = Rng::new(7);
    for _ in 0..n {
        let mut ids = vec![];
        model.sample(text, alpha, &mut rng, &mut ids).unwrap();
        *seen.entry(ids).or_default() += 1;
    }
    for ((ids, _), weight) in ways.iter().zip(weights) {
        let (expected, seen) = (weight / total, seen.remove(ids).unwrap_or(0));
        let share = f64::from(seen) / f64::from(n);
        let five_deviations = 5.0 * (expected * (1.0 - expected) / f64::from(n)).sqrt();
        assert!((share - expected).abs() < five_deviations, "{ids:?}: {share}, {expected}");
    }
    assert!(seen.is_empty(), "{seen:?}");
}

#[test]
fn chance_is_as_frequent_as_probable() {
    check_frequencies(0.0);
    check_frequencies(0.3);
    check_frequencies(1.0);
}

#[test]
fn a_seed_draws_the_same_and_a_high_alpha_the_best() {
    let model = model(&ABC, |_| {});
    let draw = |seed, alpha| {
        let (mut rng, mut ids) = (Rng::new(seed), vec![]);
        for _ in 0..20 {
            model.sample("abcababc", alpha, &mut rng, &mut ids).unwrap();
        }
        ids
    };
    assert_eq!(draw(1, 0.5), draw(1, 0.5));
    assert_ne!(draw(1, 0.5), draw(2, 0.5));
    assert_eq!(draw(1, 1e6), encode(&model, "abcababc").repeat(20));
}

#[test]
fn expected_counts_are_sums_over_all_ways() {
    let (model, text) = (model(&ABC, |_| {}), "abcabb");
    let mut counts = vec![0.0; model.len()];
    let mut lattice = Lattice::new(&model.scored, text).unwrap();
    let log_total = lattice.expect(|id, share| counts[id as usize] += share);
    let ways = all_ways(&model, text);
    let total: f64 = ways.iter().map(|(_, score)| score.exp()).sum();
    assert!((log_total - total.ln()).abs() < 1e-12);
    for (id, count) in counts.iter().enumerate() {
        let times = |ids: &[u32]| ids.iter().filter(|&&other| other as usize == id).count() as f64;
        let expected: f64 = ways.iter().map(|(ids, s)| times(ids) * s.exp() / total).sum();
        assert!((count - expected).abs() < 1e-12, "{id}: {count}, {expected}");
    }
}

fn any_model() -> impl Strategy<Value = Unigram> {
    // Few different scores, so that many sums are equal or nearly so.
    let score = prop_oneof![Just(-1.5), Just(-3.0), Just(-0.1), Just(0.7), -9.0f64..2.0];
    let some = prop::collection::btree_map("[abé日]{1,4}", score, 0..24);
    (some, any::<[bool; 4]>(), prop::collection::vec(0..3, 24)).prop_map(
        |(some, [fuse_unk, byte_fallback, single, kinds], kind)| {
            let mut list: Vec<(String, f64)> = vec![("<unk>".to_owned(), 0.0)];
            list.extend(some);
            list.extend(byte_piece::all().map(|piece| (piece, -20.0)));
            let kind = |at: usize| match kind.get(at) {
                Some(0) => Kind::UserDefined,
                Some(1) => Kind::Apart,
                _ => Kind::Normal,
            };
            let arithmetic = match single {
                true => Arithmetic::SentencePiece,
                false => Arithmetic::HuggingFace,
            };
            let kinds = if kinds { (0..list.len()).map(kind).collect() } else { vec![] };
            let unk_id = Some(0);
            Unigram::new(list, Options { unk_id, byte_fallback, fuse_unk, arithmetic, kinds })
                .unwrap()
        },
    )
}

proptest! {
    #[test]
    fn fast_is_plain(model in any_model(), text in "([abé日]{0,6}|[abx<unk>]{0,6}|.{0,2}){0,9}") {
        encode(&model, &text);
    }

    #[test]
    fn scratch_changes_nothing(
        model in any_model(),
        texts in prop::collection::vec("[abéx日]{0,9}", 0..9),
    ) {
        let (mut scratch, mut ids, mut expected) = (Scratch::default(), vec![], vec![]);
        for text in &texts {
            model.encode_with(&mut scratch, text, &mut ids).unwrap();
            model.encode(text, &mut expected).unwrap();
        }
        prop_assert_eq!(ids, expected);
    }
}
