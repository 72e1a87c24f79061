//! The model on small vocabularies: ids by hand, every way against the definition, the originals'
//! quirks, merges that follow from ranks and scores against a search through texts, chance, and
//! what is refused.

use proptest::prelude::*;
use stdx::Rng;

use super::*;

fn bytes(pieces: &[&str], pairs: &[(&str, &str)], options: Options) -> Bpe {
    let vocab = Vocab::in_order(pieces).unwrap();
    let merges = merges(&vocab, pairs.iter().copied(), "").unwrap();
    Bpe::from_bytes(vocab, merges, options).unwrap()
}

fn characters(pieces: &[&str], pairs: &[(&str, &str)], change: impl FnOnce(&mut Options)) -> Bpe {
    let mut options = Options { unknown: Unknown::Piece(0), ..Options::default() };
    change(&mut options);
    let vocab = Vocab::in_order(pieces).unwrap();
    let prefix = options.prefix().to_owned();
    let merges = merges(&vocab, pairs.iter().copied(), &prefix).unwrap();
    Bpe::from_characters(vocab, merges, options).unwrap()
}

/// The tokens of `word`, all ways the same.
fn encode(bpe: &Bpe, word: &str) -> Vec<Token> {
    let (mut plain, mut tokens, mut scratch) = (vec![], vec![], Scratch::default());
    bpe.encode_plainly(word, &mut plain).unwrap();
    bpe.tokens(word, &mut scratch, &mut tokens).unwrap();
    assert_eq!(tokens, plain, "{word:?}");
    let expected: Vec<u32> = plain.iter().map(|token| token.id).collect();
    for _ in 0..2 {
        let mut ids = vec![7];
        bpe.encode(word, &mut scratch, &mut ids).unwrap(); // Then from the cache.
        assert_eq!(ids[1..], expected, "{word:?}");
    }
    let mut ids = vec![];
    bpe.encode_bytes(word.as_bytes(), &mut scratch, &mut ids).unwrap();
    assert_eq!(ids, expected, "{word:?}");
    plain
}

fn check(bpe: &Bpe, word: &str, expected: &str) {
    let tokens = encode(bpe, word);
    let shown: Vec<String> = tokens
        .iter()
        .map(|t| format!("{}@{}-{}", bpe.vocab().text(t.id).unwrap(), t.start, t.end))
        .collect();
    assert_eq!(shown.join(" "), expected, "{word:?}");
}

/// a, b, then pairs that overlap, and later products that make earlier pairs.
fn small(options: Options) -> Bpe {
    let pairs = [("ab", "ab"), ("b", "a"), ("a", "b"), ("a", "a"), ("a", "ab")];
    bytes(&["a", "b", "ab", "abab", "ba", "aa", "aab"], &pairs, options)
}

#[test]
fn lowest_rank_first_then_leftmost() {
    let bpe = small(Options::default());
    check(&bpe, "", "");
    check(&bpe, "a", "a@0-1");
    check(&bpe, "ab", "ab@0-2");
    check(&bpe, "aba", "a@0-1 ba@1-3");
    check(&bpe, "aaa", "aa@0-2 a@2-3");
    check(&bpe, "aab", "aab@0-3");
    check(&bpe, "abab", "a@0-1 ba@1-3 b@3-4");
}

#[test]
fn whole_words_come_before_merges() {
    let bpe = small(Options { ignore_merges: true, ..Options::default() });
    check(&bpe, "abab", "abab@0-4");
    check(&bpe, "ababa", "a@0-1 ba@1-3 ba@3-5");
    let bpe = characters(&["<unk>", "ab", "a"], &[], |o| o.ignore_merges = true);
    check(&bpe, "ab", "ab@0-2");
    check(&bpe, "aba", "a@0-1 <unk>@1-2 a@2-3");
}

#[test]
fn of_a_pair_that_comes_twice_the_later_rank_counts() {
    let pieces = ["a", "b", "c", "ab", "bc"];
    check(&bytes(&pieces, &[("a", "b"), ("b", "c")], Options::default()), "abc", "ab@0-2 c@2-3");
    let pairs = [("a", "b"), ("b", "c"), ("a", "b")];
    check(&bytes(&pieces, &pairs, Options::default()), "abc", "a@0-1 bc@1-3");
}

#[test]
fn a_missing_byte_is_refused_dropped_or_unknown() {
    let error = |bpe: Bpe, word: &str| {
        let mut scratch = Scratch::default();
        bpe.encode(word, &mut scratch, &mut vec![]).unwrap_err().to_string()
    };
    let message = error(small(Options::default()), "aé");
    assert!(message.contains("'é'") && message.contains("0xc3"), "{message}");
    let drop = Options { unknown: Unknown::Drop, ..Options::default() };
    check(&small(drop), "aéab", "aab@0-5");
    let unknown = Options { unknown: Unknown::Piece(3), ..Options::default() };
    check(&small(unknown.clone()), "éb", "abab@0-1 abab@1-2 b@2-3");
    check(&small(Options { fuse_unk: true, ..unknown }), "éb", "abab@0-2 b@2-3");
    let mut ids = vec![];
    let failed =
        small(Options::default()).encode_bytes(b"a\xff", &mut Scratch::default(), &mut ids);
    assert!(failed.unwrap_err().to_string().contains("0xff"));
}

#[test]
fn prefixes_and_suffixes_mark_places_in_a_word() {
    let pieces = ["<unk>", "a", "##a", "##a$", "a$", "aa", "aa$", "##b$"];
    let pairs = [("a", "##a"), ("a", "##a$")];
    let bpe = characters(&pieces, &pairs, |o| {
        o.continuing_subword_prefix = Some("##".into());
        o.end_of_word_suffix = Some("$".into());
    });
    check(&bpe, "a", "a$@0-1");
    check(&bpe, "aa", "aa$@0-2");
    check(&bpe, "aaa", "aa@0-2 ##a$@2-3");
    check(&bpe, "ab", "a@0-1 ##b$@1-2");
    check(&bpe, "ba", "<unk>@0-1 ##a$@1-2");
    let clip = characters(&["<unk>", "a", "a$", "aa$"], &[("a", "a$")], |o| {
        o.end_of_word_suffix = Some("$".into());
    });
    check(&clip, "aa", "aa$@0-2");
    check(&clip, "aaa", "a@0-1 aa$@1-3");
}

#[test]
fn unknown_characters_are_joined_or_not() {
    let pieces = ["<unk>", "a", "b", "ab", "<unk>a"];
    check(&characters(&pieces, &[("a", "b")], |_| {}), "éxab", "<unk>@0-2 <unk>@2-3 ab@3-5");
    check(&characters(&pieces, &[], |o| o.fuse_unk = true), "éxa", "<unk>@0-3 a@3-4");
    check(&characters(&pieces, &[], |o| o.unknown = Unknown::Drop), "éab", "a@2-3 b@3-4");
    // A merge may have the unknown token for a part.
    check(&characters(&pieces, &[("<unk>", "a")], |_| {}), "xab", "<unk>a@0-2 b@2-3");
    let refuse = characters(&pieces, &[], |o| o.unknown = Unknown::Refuse);
    let error = refuse.encode("aé", &mut Scratch::default(), &mut vec![]).unwrap_err();
    assert!(error.to_string().starts_with("the character 'é'"), "{error}");
}

#[test]
fn bytes_stand_for_unknown_characters_and_overtake_the_unknown_token() {
    let pieces = ["<unk>", "a", "<0xC3>", "<0xA9>", "<0x78>"];
    let bpe = characters(&pieces, &[], |o| o.byte_fallback = true);
    check(&bpe, "éa", "<0xC3>@0-1 <0xA9>@1-2 a@2-3");
    check(&bpe, "èa", "<unk>@0-2 a@2-3");
    // As Hugging Face 0.23 has it: the unknown token waits for the next known character.
    check(&bpe, "èxa", "<0x78>@2-3 <unk>@0-2 a@3-4");
    check(&bpe, "èx", "<0x78>@2-3 <unk>@0-2");
    check(&bpe, "èxèa", "<0x78>@2-3 <unk>@0-2 <unk>@3-5 a@5-6");
}

#[test]
fn what_cannot_be_a_model_is_refused() {
    let vocab = || Vocab::in_order(["a", "b", "ab"]).unwrap();
    let error = merges(&vocab(), [("a", "b"), ("b", "c")], "").unwrap_err().to_string();
    assert!(error.contains("merge 1 ") && error.contains("\"c\""), "{error}");
    let error = merges(&vocab(), [("b", "a")], "").unwrap_err().to_string();
    assert!(error.contains("merge 0 ") && error.contains("\"ba\""), "{error}");
    assert!(merges(&vocab(), [("a", "b")], "####").is_err());
    let options = Options { unknown: Unknown::Piece(3), ..Options::default() };
    let error = Bpe::from_bytes(vocab(), vec![], options).unwrap_err().to_string();
    assert!(error.contains("id 3, but there are 3 pieces"), "{error}");
    let far = Merge { left: 0, right: u32::MAX, product: 1 };
    let error = Bpe::from_bytes(vocab(), vec![far], Options::default()).unwrap_err().to_string();
    assert!(error.contains("4294967296 is too large"), "{error}");
    let scores = |scores: &[f32]| {
        Bpe::from_scores(vocab(), scores, vec![], Options::default()).unwrap_err().to_string()
    };
    assert!(scores(&[0.0]).contains("the number of scores is 1"));
    assert!(scores(&[0.0, f32::NAN, 0.0]).contains("not a number"));
    let mut tokens = vec![];
    for dropout in [f64::NAN, -0.1, 1.1] {
        let sampled =
            small(Options::default()).sample("ab", dropout, &mut Rng::new(1), &mut tokens);
        assert!(sampled.unwrap_err().to_string().contains("from 0 to 1"));
    }
}

#[test]
fn two_models_may_share_memory() {
    let one = bytes(&["a", "b", "ab"], &[("a", "b")], Options::default());
    let other = bytes(&["ab", "a", "b"], &[], Options::default());
    let (mut scratch, mut ids) = (Scratch::default(), vec![]);
    for bpe in [&one, &other, &one] {
        bpe.encode("ab", &mut scratch, &mut ids).unwrap();
    }
    assert_eq!(ids, [2, 1, 2, 2]);
}

#[test]
fn a_million_of_one_letter_is_a_word_like_any_other() {
    let pairs = [("a", "a"), ("aa", "aa")];
    let bpe = bytes(&["a", "aa", "aaaa"], &pairs, Options::default());
    let mut ids = vec![];
    bpe.encode(&"a".repeat(1_000_001), &mut Scratch::default(), &mut ids).unwrap();
    assert_eq!((ids.len(), ids[0], ids[250_000]), (250_001, 2, 0));
}

#[test]
fn pieces_are_written_in_visible_characters() {
    let bpe = bytes(&[" ", "a", " a"], &[(" ", "a")], Options::default());
    assert_eq!(bpe.piece(2).as_deref(), Some("Ġa"));
    assert_eq!((bpe.id("Ġa"), bpe.id(" a"), bpe.piece(3)), (Some(2), None, None));
    assert_eq!((bpe.len(), bpe.bytes(2), bpe.is_on_bytes()), (3, Some(&b" a"[..]), true));
    let bpe = characters(&["▁", "▁a", "a"], &[("▁", "a")], |_| {});
    assert_eq!((bpe.piece(1).as_deref(), bpe.id("▁a")), (Some("▁a"), Some(1)));
}

#[test]
fn dropout_is_seeded_and_keeps_the_text() {
    let bpe = small(Options::default());
    let draw = |seed| {
        let (mut rng, mut tokens) = (Rng::new(seed), vec![]);
        for _ in 0..20 {
            bpe.sample("abababab", 0.5, &mut rng, &mut tokens).unwrap();
        }
        tokens
    };
    assert_eq!(draw(1), draw(1));
    assert_ne!(draw(1), draw(2));
    let text: Vec<u8> = draw(1).iter().flat_map(|t| bpe.bytes(t.id).unwrap().to_vec()).collect();
    assert_eq!(text, b"abababab".repeat(20));
    let (mut none, mut plain, mut rng) = (vec![], vec![], Rng::new(1));
    bpe.sample("abab", 0.0, &mut rng, &mut none).unwrap();
    bpe.sample_plainly("abab", 1.0, &mut rng, &mut plain).unwrap();
    assert_eq!((none, plain.len()), (encode(&bpe, "abab"), 4));
}

/// tiktoken's definition: of all neighbours whose bytes together are a piece, the lowest rank.
fn by_ranks(vocab: &Vocab, word: &str) -> Vec<u32> {
    if let Some(id) = vocab.id(word.as_bytes()) {
        return vec![id];
    }
    let mut parts: Vec<Vec<u8>> = word.bytes().map(|byte| vec![byte]).collect();
    loop {
        let ranked = parts.windows(2).enumerate();
        let best = ranked.filter_map(|(at, p)| Some((vocab.id(&p.concat())?, at))).min();
        let Some((_, at)) = best else { break };
        let right = parts.remove(at + 1);
        parts[at].extend(right);
    }
    parts.iter().map(|part| vocab.id(part).unwrap()).collect()
}

/// SentencePiece's definition: of all neighbours whose text together is a piece that merges, the
/// highest score, leftmost; then what is no piece is unknown.
fn by_scores(pieces: &[(String, f32, Kind)], word: &str) -> Vec<u32> {
    let find = |text: &str| {
        let merging = |kind| matches!(kind, Kind::Normal | Kind::Unused);
        pieces.iter().position(|(piece, _, kind)| piece == text && merging(*kind))
    };
    let mut halves: Vec<(String, String, String)> = vec![];
    let mut parts: Vec<String> = word.chars().map(String::from).collect();
    loop {
        let mut best: Option<(f32, usize)> = None;
        for (at, pair) in parts.windows(2).enumerate() {
            let Some(id) = find(&pair.concat()) else { continue };
            halves.push((pair.concat(), pair[0].clone(), pair[1].clone()));
            if best.is_none_or(|(score, _)| pieces[id].1 > score) {
                best = Some((pieces[id].1, at));
            }
        }
        let Some((_, at)) = best else { break };
        let right = parts.remove(at + 1);
        parts[at].push_str(&right);
    }
    let mut ids: Vec<u32> = vec![];
    let mut todo: Vec<String> = parts.into_iter().rev().collect();
    while let Some(part) = todo.pop() {
        let unused = find(&part).is_some_and(|id| pieces[id].2 == Kind::Unused);
        match halves.iter().rev().find(|(whole, ..)| unused && *whole == part) {
            Some((_, left, right)) => todo.extend([right.clone(), left.clone()]),
            None => match find(&part).filter(|_| !unused) {
                Some(id) => ids.push(id as u32),
                None if ids.last() != Some(&0) => ids.push(0), // Unknown, joined.
                None => {}
            },
        }
    }
    ids
}

#[test]
fn user_defined_words_are_found_first_and_never_merge() {
    let pieces = ["<unk>", "a", "b", "ab", "bab", "ba", "c"];
    let kinds = pieces.map(|piece| match piece {
        "<unk>" => Kind::Apart,
        "ba" | "bab" => Kind::UserDefined,
        _ => Kind::Normal,
    });
    let options = Options { unknown: Unknown::Piece(0), ..Options::default() };
    let vocab = Vocab::in_order(pieces).unwrap();
    let bpe = Bpe::from_scores(vocab, &[0.0; 7], kinds.to_vec(), options).unwrap();
    check(&bpe, "ababxyba", "a@0-1 bab@1-4 <unk>@4-6 ba@6-8");
    check(&bpe, "cabac<unk>", "c@0-1 a@1-2 ba@2-4 c@4-5 <unk>@5-10");
}

fn any_bpe() -> impl Strategy<Value = Bpe> {
    let merge_list =
        prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..20);
    (merge_list, 0u32..6, any::<[bool; 3]>()).prop_map(
        |(list, unknown, [fuse, fallback, whole])| {
            let mut pieces: Vec<String> =
                ["<unk>", "a", "b", "é", "▁", "<0x63>"].map(String::from).into();
            let mut pairs = vec![];
            for (left, right) in list {
                let (left, right) = (left.get(&pieces).clone(), right.get(&pieces).clone());
                let product = [&*left, &*right].concat();
                if !pieces.contains(&product) {
                    pieces.push(product);
                }
                pairs.push((left, right));
            }
            let vocab = Vocab::in_order(&pieces).unwrap();
            let merges = merges(&vocab, pairs, "").unwrap();
            let unknown = match unknown {
                0 => Unknown::Drop,
                n => Unknown::Piece(n - 1),
            };
            let (fuse_unk, byte_fallback, ignore_merges) = (fuse, fallback, whole);
            let options =
                Options { unknown, fuse_unk, byte_fallback, ignore_merges, ..Options::default() };
            Bpe::from_characters(vocab, merges, options).unwrap()
        },
    )
}

/// A model on all bytes, with merges in any order of some bytes and characters of several bytes.
fn any_bpe_on_bytes() -> impl Strategy<Value = Bpe> {
    const SOME: [&[u8]; 15] = [
        b"a",
        b"b",
        b" ",
        b"\xC3",
        b"\xA9",
        b"\xA4",
        b"\xE4",
        b"\xB8",
        b"\xAD",
        "é".as_bytes(),
        "ä".as_bytes(),
        b"\xE4\xB8",
        "中".as_bytes(),
        b" \xC3",
        "bé".as_bytes(),
    ];
    let pair = (prop::sample::select(&SOME[..]), prop::sample::select(&SOME[..]));
    (prop::collection::vec(pair, 0..24), any::<bool>()).prop_map(|(pairs, ignore_merges)| {
        let mut pieces: Vec<Vec<u8>> = (0..=u8::MAX).map(|byte| vec![byte]).collect();
        for piece in SOME
            .iter()
            .map(|piece| piece.to_vec())
            .chain(pairs.iter().map(|(l, r)| [*l, *r].concat()))
        {
            if !pieces.contains(&piece) {
                pieces.push(piece);
            }
        }
        let vocab = Vocab::in_order(&pieces).unwrap();
        let merges = merges(&vocab, pairs, "").unwrap();
        Bpe::from_bytes(vocab, merges, Options { ignore_merges, ..Options::default() }).unwrap()
    })
}

#[test]
fn a_character_that_merges_before_it_is_whole_is_not_folded() {
    let mut pieces: Vec<Vec<u8>> = (0..=u8::MAX).map(|byte| vec![byte]).collect();
    pieces.extend(["é", "bé", "ab"].map(|piece| piece.as_bytes().to_vec()));
    let vocab = Vocab::in_order(&pieces).unwrap();
    let pairs: [(&[u8], &[u8]); 3] = [(b"b", "é".as_bytes()), (b"a", b"b"), (b"\xC3", b"\xA9")];
    let merges = merges(&vocab, pairs, "").unwrap();
    let bpe = Bpe::from_bytes(vocab, merges, Options::default()).unwrap();
    check(&bpe, "abé", "ab@0-2 é@2-4");
}

fn some_pieces() -> impl Strategy<Value = Vec<(String, f32, Kind)>> {
    let piece = (0..5, 0..4).prop_map(|(score, kind)| {
        (-(score as f32), if kind == 0 { Kind::Unused } else { Kind::Normal })
    });
    prop::collection::btree_map("[abcé]{1,5}", piece, 1..40).prop_map(|pieces| {
        let unknown = ("<unk>".to_owned(), 0.0, Kind::Apart);
        [unknown].into_iter().chain(pieces.into_iter().map(|(p, (s, k))| (p, s, k))).collect()
    })
}

proptest! {
    #[test]
    fn every_way_is_the_definition(bpe in any_bpe(), words in prop::collection::vec("[abéc▁d]{0,30}", 1..9)) {
        words.iter().for_each(|word| drop(encode(&bpe, word)));
    }

    #[test]
    fn every_way_on_bytes_is_the_definition(
        bpe in any_bpe_on_bytes(),
        words in prop::collection::vec("[ab éä中日]{0,12}", 1..9),
    ) {
        words.iter().for_each(|word| drop(encode(&bpe, word)));
    }

    #[test]
    fn merges_follow_from_ranks(
        pieces in prop::collection::hash_set("[abc]{2,6}", 0..30),
        words in prop::collection::vec("[abc]{1,12}", 1..9),
    ) {
        let singles = ["a", "b", "c"].map(String::from);
        let vocab = Vocab::in_order(singles.into_iter().chain(pieces)).unwrap();
        let bpe = Bpe::from_ranks(vocab.clone()).unwrap();
        for word in &words {
            let ids: Vec<u32> = encode(&bpe, word).iter().map(|token| token.id).collect();
            prop_assert_eq!(ids, by_ranks(&vocab, word), "{}", word);
        }
    }

    #[test]
    fn merges_follow_from_scores(pieces in some_pieces(), words in prop::collection::vec("[abcéd]{0,12}", 1..9)) {
        let vocab = Vocab::in_order(pieces.iter().map(|(piece, ..)| piece)).unwrap();
        let scores: Vec<f32> = pieces.iter().map(|&(_, score, _)| score).collect();
        let kinds = pieces.iter().map(|&(.., kind)| kind).collect();
        let options = Options { unknown: Unknown::Piece(0), ..Options::default() };
        let bpe = Bpe::from_scores(vocab, &scores, kinds, options).unwrap();
        for word in &words {
            let ids: Vec<u32> = encode(&bpe, word).iter().map(|token| token.id).collect();
            prop_assert_eq!(ids, by_scores(&pieces, word), "{}", word);
        }
    }
}
