//! What training promises: the wished size, all characters, the same pieces on any number of
//! threads, and words that become likelier.

use super::*;

const TEXT: &str = "she sells sea shells by the sea shore the shells she sells are sea shells \
    for sure if she sells sea shells by the sea shore then the shells are sea shore shells \
    größer größe am größten die größeren 日本語 日本 日本人 unter unten under wonder wander";

fn words() -> Vec<(String, u64)> {
    TEXT.split_whitespace().map(|word| (format!("▁{word}"), 3)).collect()
}

fn options(vocab_size: usize) -> TrainOptions {
    TrainOptions { vocab_size, ..TrainOptions::default() }
}

fn learn(options: &TrainOptions) -> Result<Unigram, Error> {
    train(words(), options, &mut |_| true)
}

#[test]
fn frequent_words_become_pieces() {
    let model = learn(&options(44)).unwrap();
    assert_eq!(model.len(), 44);
    let mut ids = vec![];
    model.encode("▁sea▁shells", &mut ids).unwrap();
    let shown: Vec<&str> = ids.iter().map(|&id| model.piece(id).unwrap()).collect();
    assert_eq!(shown, ["▁sea", "▁shells"]);
    for character in TEXT.chars().filter(|c| !c.is_whitespace()) {
        assert!(model.id(&character.to_string()).is_some(), "{character:?}");
    }
    let scores: Vec<f64> = model.pieces()[1..].iter().map(|&(_, score)| score).collect();
    assert!(scores.is_sorted_by(|a, b| a >= b), "{scores:?}");
}

#[test]
fn special_tokens_and_bytes_come_first_and_text_never_spells_them() {
    let specials = vec!["</s>".to_owned(), "▁sea".to_owned()];
    let options = TrainOptions { specials, byte_fallback: true, ..options(292) };
    let model = learn(&options).unwrap();
    let first: Vec<&str> = (0..5).map(|id| model.piece(id).unwrap()).collect();
    assert_eq!(first, ["<unk>", "</s>", "▁sea", "<0x00>", "<0x01>"]);
    let mut ids = vec![];
    model.encode("▁sea</s>", &mut ids).unwrap();
    assert!(ids.iter().all(|&id| id > 2), "{ids:?}");
    let unk_token = Some("</s>".to_owned());
    let model = learn(&TrainOptions { unk_token, byte_fallback: false, ..options }).err();
    assert!(matches!(model, Some(Error::TooFewPieces { asked: 292, .. })), "{model:?}");
}

#[test]
fn threads_change_nothing() {
    let learn_on = |n_threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap();
        let mut steps = vec![];
        let model = pool.install(|| {
            train(words(), &options(44), &mut |step| {
                steps.push(step);
                true
            })
        });
        (model.unwrap().pieces().to_vec(), steps)
    };
    let (one, three) = (learn_on(1), learn_on(3));
    assert_eq!(one, three);
    let bits =
        |pieces: &[(String, f64)]| pieces.iter().map(|(_, s)| s.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(&one.0), bits(&three.0));
}

#[test]
fn the_order_of_words_changes_nothing() {
    let mut turned = words();
    turned.reverse();
    let again = train(turned, &options(44), &mut |_| true).unwrap();
    assert_eq!(again.pieces(), learn(&options(44)).unwrap().pieces());
}

#[test]
fn fitting_makes_the_words_likelier() {
    let options = TrainOptions { n_sub_iterations: 8, ..options(44) };
    let mut bits = vec![];
    train(words(), &options, &mut |step| {
        bits.push((step.pieces, step.bits_per_byte));
        true
    })
    .unwrap();
    // ψ gives rare pieces less than they have, so only the first fittings are sure to help.
    assert!(bits[1].1 < bits[0].1, "{bits:?}");
    assert!(bits.iter().all(|&(_, bits)| bits > 0.0 && bits < 8.0), "{bits:?}");
    assert!(bits.last().unwrap().0 <= 48, "{bits:?}");
}

#[test]
fn rare_characters_are_no_pieces_and_words_are_cut_there() {
    let counts = [("abab", 500), ("axb", 1), ("ax", 1), ("yab", 3)];
    let learn = |character_coverage| {
        let options = TrainOptions { character_coverage, ..options(6) };
        let model = train(counts, &options, &mut |_| true);
        model.map(|model| {
            "abxy".chars().map(|c| model.id(&c.to_string()).is_some()).collect::<Vec<bool>>()
        })
    };
    // Of 2017 letters 2 are x and 3 are y.
    assert_eq!(learn(1.0).unwrap(), [true; 4]);
    assert_eq!(learn(0.999).unwrap(), [true, true, false, true]);
    assert_eq!(learn(0.99).unwrap(), [true, true, false, false]);
    let words = without(&[("axxbc".into(), 2), ("c".into(), 1)], &[('x', 2), ('c', 3)]);
    assert_eq!(words, [("a".into(), 2), ("b".into(), 2)]);
}

#[test]
fn long_words_are_cut() {
    let word = "é".repeat(5000);
    let parts: Vec<usize> = short_parts(&word).map(str::len).collect();
    assert_eq!(parts, [4096, 4096, 1808]);
    let words = without(&[(word.into(), 1)], &[]);
    assert_eq!(
        words.iter().map(|(word, count)| (word.len(), *count)).collect::<Vec<_>>(),
        [(1808, 1), (4096, 2)]
    );
}

#[test]
fn training_stops_when_told() {
    let stopped = train(words(), &options(44), &mut |step| step.round < 2);
    assert!(matches!(stopped, Err(Error::Interrupted { rounds: 2 })), "{stopped:?}");
}

fn refuse(change: impl FnOnce(&mut TrainOptions), expected: &str) {
    let mut options = options(44);
    change(&mut options);
    let error = learn(&options).unwrap_err().to_string();
    assert!(error.contains(expected), "{error}");
}

#[test]
fn what_cannot_be_learnt_is_refused() {
    refuse(|o| o.vocab_size = 5, "at least 26");
    refuse(|o| o.vocab_size = 3000, "the text gives");
    refuse(|o| o.vocab_size = MAX_VOCAB + 1, "too large");
    refuse(|o| o.shrinking_factor = f64::NAN, "from 0.01 to 0.99");
    refuse(|o| o.shrinking_factor = 1.0, "from 0.01 to 0.99");
    refuse(|o| o.character_coverage = f64::NAN, "from 0 to 1");
    refuse(|o| o.seed_size = usize::MAX, "at most 2097152");
    refuse(|o| o.max_piece_length = 0, "from 1 to 1024");
    refuse(|o| o.n_sub_iterations = 0, "from 1 to 100");
    refuse(|o| o.specials = vec!["x".into(), "x".into()], "named twice");
    refuse(|o| o.specials = vec![String::new()], "is empty");
    refuse(|o| o.specials = vec!["s".into()], "also a character of the text");
    let nothing = train([("", 1), ("a", 0)], &options(44), &mut |_| true);
    assert!(matches!(nothing, Err(Error::EmptyCorpus)), "{nothing:?}");
}

#[test]
fn a_size_that_fails_names_one_that_works() {
    let Err(Error::TooFewPieces { most, .. }) = learn(&options(3000)) else { panic!("it worked") };
    let Err(Error::TooFewIds { least, .. }) = learn(&options(5)) else { panic!("it worked") };
    assert_eq!(learn(&options(least)).unwrap().len(), least);
    assert_eq!(learn(&options(most)).map(|model| model.len()).unwrap_or(most), most);
}

#[test]
fn digamma_is_the_published_one() {
    // Abramowitz & Stegun 1964, 6.3.2, 6.3.3 and table 6.1.
    let euler = 0.577_215_664_901_532_9;
    let cases = [
        (1.0, -euler),
        (0.5, -euler - 2.0 * std::f64::consts::LN_2),
        (2.0, 1.0 - euler),
        (101.0, (1..=100).map(|n| 1.0 / f64::from(n)).sum::<f64>() - euler),
    ];
    for (x, expected) in cases {
        assert!((digamma(x) - expected).abs() < 1e-12, "{x}: {}", digamma(x));
    }
}
