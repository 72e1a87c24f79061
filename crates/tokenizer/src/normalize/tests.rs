//! Each kind by hand, text and spans; then what must hold for any text, any normalizer, any file.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::charsmap::tests::blob;
use super::*;

/// Checks the text, and of each of its characters the original that it came from.
fn check(normalizer: &Normalizer, text: &str, expected: &str, origins: &[&str]) {
    assert_eq!(normalizer.normalize(text).unwrap(), expected, "{normalizer:?} of {text:?}");
    let aligned = normalizer.align(text).unwrap();
    assert_eq!(aligned.text(), expected, "{normalizer:?} of {text:?}, aligned");
    let found: Vec<&str> = expected
        .char_indices()
        .map(|(at, c)| &text[aligned.original(at..at + c.len_utf8()).unwrap()])
        .collect();
    assert_eq!(found, origins, "{normalizer:?} of {text:?}");
}

fn check_borrows(normalizer: &Normalizer, text: &str) {
    let normalized = normalizer.normalize(text).unwrap();
    assert!(matches!(normalized, Cow::Borrowed(_)), "{normalizer:?} copied {text:?}");
}

fn replace(pattern: Pattern, content: &str) -> Normalizer {
    Normalizer::Replace(Replace::new(pattern, content.to_owned()).unwrap())
}

fn prepend(prepend: &str) -> Normalizer {
    Normalizer::Prepend(Prepend { prepend: prepend.to_owned() })
}

fn map() -> Charsmap {
    let rules = [
        ("ﬁ", "fi"),
        ("e\u{302}", "ê"),
        ("e\u{302}\u{301}", "ế"),
        ("\u{AD}", ""),
        ("\r", " "),
        ("\n", " "),
        ("\u{3000}", " "),
        ("¨", " \u{308}"),
        ("ab", "c"),
    ];
    Charsmap::from_bytes(&blob(&rules)).unwrap()
}

fn precompiled() -> Normalizer {
    Normalizer::Precompiled(Precompiled { charsmap: map() })
}

fn sentence_piece() -> SentencePiece {
    SentencePiece { charsmap: Some(map()), ..SentencePiece::default() }
}

#[test]
fn forms() {
    let nfd = Normalizer::Form(Form::Nfd);
    check(&nfd, "éa", "e\u{301}a", &["é", "é", "a"]);
    let nfc = Normalizer::Form(Form::Nfc);
    check(&nfc, "ae\u{301}a", "aéa", &["a", "e", "a"]);
    // Characters stand for those of the input in order, whichever mark came first.
    check(&nfc, "x\u{301}\u{328}", "x\u{328}\u{301}", &["x", "\u{301}", "\u{328}"]);
    // A mark of the same class stands between.
    check(&nfc, "a\u{305}\u{301}", "a\u{305}\u{301}", &["a", "\u{305}", "\u{301}"]);
    check(&Normalizer::Form(Form::Nfkc), "ﬁ½", "fi1⁄2", &["ﬁ", "ﬁ", "½", "½", "½"]);
    check(&Normalizer::Form(Form::Nfkd), "ﬁé", "fie\u{301}", &["ﬁ", "ﬁ", "é", "é"]);
    for text in ["plain", "Ünïcödé 한국어 日本語 が 😀"] {
        check_borrows(&nfc, text);
    }
    check_borrows(&nfd, "e\u{301}\u{301}");
}

#[test]
fn lowercase() {
    check(&Normalizer::Lowercase, "aÀİΣ", "aài\u{307}σ", &["a", "À", "İ", "İ", "Σ"]);
    check_borrows(&Normalizer::Lowercase, "ab 12 é 中");
}

#[test]
fn strip() {
    let both = Normalizer::Strip(Strip { left: true, right: true });
    check(&both, " \u{3000}a b\n", "a b", &["a", " ", "b"]);
    check(&both, " \n", "", &[]);
    let left = Normalizer::Strip(Strip { left: true, right: false });
    check(&left, " a ", "a ", &["a", " "]);
    let right = Normalizer::Strip(Strip { left: false, right: true });
    check(&right, " a ", " a", &[" ", "a"]);
    check_borrows(&both, "  a piece is enough  ");
}

#[test]
fn accents() {
    check(&Normalizer::StripAccents, "e\u{301}é\u{903}", "eé", &["e", "é"]);
    check(&Normalizer::StripAccents, "\u{301}\u{301}", "", &[]);
    // A mark of Unicode 10.
    check(&Normalizer::StripAccents, "\u{1DF6}", "\u{1DF6}", &["\u{1DF6}"]);
}

#[test]
fn bert() {
    let uncased = Normalizer::Bert(Bert::default());
    let origins = ["É", "\n", "中", "中", "中", "B"];
    check(&uncased, "\u{1}É\n中\u{200B}B\u{FFFD}", "e  中 b", &origins);
    let cased = Normalizer::Bert(Bert { lowercase: false, ..Bert::default() });
    check(&cased, "É\u{2009}é", "É é", &["É", "\u{2009}", "é"]);
    let kept = Bert { strip_accents: Some(false), ..Bert::default() };
    check(&Normalizer::Bert(kept), "É", "é", &["É"]);
    check_borrows(&uncased, "plain text");
}

#[test]
fn nmt() {
    check(
        &Normalizer::Nmt,
        "a\u{1}\tb\u{200B}\u{2581}\0",
        "a b  \0",
        &["a", "\t", "b", "\u{200B}", "\u{2581}", "\0"],
    );
    check_borrows(&Normalizer::Nmt, "plain é");
}

#[test]
fn replacements() {
    let spaces = replace(Pattern::Regex(" {2,}".into()), "▁");
    check(&spaces, "a   b c", "a▁b c", &["a", " ", "b", " ", "c"]);
    check_borrows(&spaces, "a b c");
    // The last character of the match.
    check(&replace(Pattern::Text("aé".into()), "xy"), "aéaé", "xyxy", &["é", "é", "é", "é"]);
    check(&replace(Pattern::Text("a".into()), ""), "aba", "b", &["b"]);
    check(&replace(Pattern::Text(".".into()), "-"), "a.b", "a-b", &["a", ".", "b"]);
    check(&replace(Pattern::Text(String::new()), "-"), "éb", "-é-b-", &["", "é", "é", "b", "b"]);
    check(&replace(Pattern::Text(String::new()), "-"), "", "", &[]);
    check(&replace(Pattern::Regex("^".into()), "-"), "ab", "-ab", &["", "a", "b"]);
    check(&replace(Pattern::Regex(r"\h".into()), "0"), "xaF", "x00", &["x", "a", "F"]);
}

#[test]
fn what_comes_from_nothing_stays_there() {
    let stages = vec![replace(Pattern::Regex("^".into()), "É"), Normalizer::Form(Form::Nfd)];
    check(&Normalizer::Sequence(stages), "ab", "E\u{301}ab", &["", "", "a", "b"]);
}

#[test]
fn prepended() {
    check(&prepend("▁é"), "中b", "▁é中b", &["中", "中", "中", "b"]);
    check(&prepend("▁"), "", "", &[]);
    check(&prepend(""), "ab", "ab", &["a", "b"]);
}

#[test]
fn byte_level() {
    check(&Normalizer::ByteLevel, "a é", "aĠÃ©", &["a", " ", "é", "é"]);
    check_borrows(&Normalizer::ByteLevel, "a!~");
}

#[test]
fn clusters() {
    let map = precompiled();
    check(&map, "xﬁ", "xfi", &["x", "ﬁ", "ﬁ"]);
    check(&map, "abé", "abé", &["a", "b", "é"]);
    // The shortest rule stands for the whole cluster.
    check(&map, "e\u{302}\u{301}", "ê", &["e"]);
    check(&map, "ﬁ\u{301}x", "fix", &["ﬁ", "\u{301}", "x"]);
    check(&map, "a\r\nb", "a b", &["a", "\r", "b"]);
    // Six bytes: each character for itself.
    check(
        &map,
        "e\u{302}\u{301}\u{301}",
        "e\u{302}\u{301}\u{301}",
        &["e", "\u{302}", "\u{301}", "\u{301}"],
    );
    // What is removed goes to an added character before it, and else to none.
    check(&map, "ﬁ\u{AD}x", "fix", &["ﬁ", "\u{AD}", "x"]);
    check(&map, "\u{AD}x\u{AD}y", "xy", &["x", "y"]);
    check_borrows(&map, "plain é 中 🇩🇪 e\u{301}");
}

#[test]
fn longest_rules_and_spaces() {
    let pieces = Normalizer::SentencePiece(sentence_piece());
    check(&pieces, " \u{3000}ab  ﬁ \r\n", "▁c▁fi", &["", "ab", " ", "ﬁ", "ﬁ"]);
    check(
        &pieces,
        "e\u{302}\u{301}ﬁ\u{301}",
        "▁ếfi\u{301}",
        &["", "e\u{302}\u{301}", "ﬁ", "ﬁ", "\u{301}"],
    );
    check(&pieces, "a ¨", "▁a▁\u{308}", &["", "a", " ", "¨"]);
    check(&pieces, "\u{AD} a", "▁a", &["", "a"]);
    check(&pieces, "", "", &[]);
    check(&pieces, " \u{3000} ", "", &[]);
    check(&pieces, "a▁▁ ▁", "▁a", &["", "a"]);
    let suffix = SentencePiece { treat_whitespace_as_suffix: true, ..sentence_piece() };
    let spaced = Normalizer::SentencePiece(suffix.clone());
    // Behind what was removed, and where the first of the spaces was.
    assert_eq!(spaced.align("a\u{AD}").unwrap().span(1), Some(3..3));
    assert_eq!(spaced.align("a \u{AD}").unwrap().span(1), Some(1..1));
    check(&Normalizer::SentencePiece(suffix), " a  b ", "a▁b▁", &["a", " ", "b", ""]);
    let kept = SentencePiece {
        add_dummy_prefix: false,
        remove_extra_whitespaces: false,
        ..sentence_piece()
    };
    check(&Normalizer::SentencePiece(kept.clone()), " a  ", "▁a▁▁", &[" ", "a", " ", " "]);
    let plain = SentencePiece { escape_whitespaces: false, charsmap: None, ..kept };
    check(&Normalizer::SentencePiece(plain.clone()), " a  ", " a  ", &[" ", "a", " ", " "]);
    let collapsed = SentencePiece { remove_extra_whitespaces: true, ..plain };
    check(&Normalizer::SentencePiece(collapsed), " a  b ", "a b", &["a", " ", "b"]);
}

#[test]
fn stages_lead_back_to_the_original() {
    let stages = vec![
        Normalizer::Strip(Strip { left: true, right: true }),
        Normalizer::Form(Form::Nfd),
        Normalizer::StripAccents,
        prepend("▁"),
        Normalizer::ByteLevel,
    ];
    let origins = ["é", "é", "é", "é", "x"];
    check(&Normalizer::Sequence(stages), "  éx ", "âĸģex", &origins);
    check(
        &Normalizer::Sequence(vec![]),
        "as it is",
        "as it is",
        &["a", "s", " ", "i", "t", " ", "i", "s"],
    );
}

#[test]
fn spans_end_with_the_text() {
    let aligned = Normalizer::Lowercase.align("aé").unwrap();
    assert_eq!(aligned.span(2), Some(1..3));
    assert_eq!(aligned.span(3), None);
    assert_eq!(aligned.original(0..3), Some(0..3));
    assert_eq!(aligned.original(0..4), None);
    assert_eq!(aligned.original(1..1), None);
    assert_eq!(Normalizer::Lowercase.align("É").unwrap().span(2), None);
}

#[test]
fn texts_do_not_grow_without_bounds() {
    let grow = replace(Pattern::Text("a".into()), &"a".repeat(100));
    assert_eq!(grow.normalize("a").unwrap().len(), 100);
    let error = Normalizer::Sequence(vec![grow; 6]).normalize("a").unwrap_err().to_string();
    assert!(error.contains("more than 65600 bytes of a text of 1"), "{error}");
    let whole = Normalizer::Sequence(vec![replace(Pattern::Text("a".into()), &"a".repeat(100)); 6]);
    assert!(whole.align("a").is_err());
}

/// Not a measurement: where time grows with the square, this takes minutes.
#[test]
fn long_runs_come_through_every_kind() {
    for unit in [
        "a",
        " ",
        "\u{301}",
        "\u{323}\u{301}",
        "😀",
        "👩\u{200D}",
        "🇩",
        "\u{3000}",
        "e\u{302}",
        "▁",
    ] {
        let text = unit.repeat((1 << 20) / unit.len());
        for normalizer in kinds() {
            let normalized = normalizer.normalize(&text).unwrap();
            assert_eq!(normalizer.align(&text).unwrap().text().len(), normalized.len());
        }
    }
}

#[test]
fn a_pattern_that_gives_up_says_so() {
    let hard = replace(Pattern::Regex(r"(?:(a+)+)\1b".into()), "");
    let error = hard.normalize(&"a".repeat(5000)).unwrap_err().to_string();
    assert!(error.contains("pattern failed"), "{error}");
}

/// One of each kind, and some with other switches.
fn kinds() -> Vec<Normalizer> {
    let cased = Bert { lowercase: false, strip_accents: Some(true), ..Bert::default() };
    let mut kinds: Vec<Normalizer> =
        [Form::Nfc, Form::Nfd, Form::Nfkc, Form::Nfkd].map(Normalizer::Form).into();
    kinds.extend([
        Normalizer::Lowercase,
        Normalizer::Strip(Strip { left: true, right: true }),
        Normalizer::Strip(Strip { left: false, right: true }),
        Normalizer::StripAccents,
        Normalizer::Bert(Bert::default()),
        Normalizer::Bert(cased),
        Normalizer::Nmt,
        precompiled(),
        replace(Pattern::Text("a".into()), "é"),
        replace(Pattern::Text(String::new()), "-"),
        replace(Pattern::Regex(r"\s+|\p{M}".into()), " "),
        prepend("▁"),
        Normalizer::ByteLevel,
        Normalizer::SentencePiece(sentence_piece()),
        Normalizer::SentencePiece(SentencePiece {
            charsmap: None,
            treat_whitespace_as_suffix: true,
            ..SentencePiece::default()
        }),
    ]);
    kinds
}

fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        3 => proptest::char::range(' ', '~').prop_map(String::from),
        2 => any::<char>().prop_map(String::from),
        2 => prop::sample::select(vec![
            " ", "  ", "\r\n", "\u{3000}", "▁", "é", "e", "\u{302}", "\u{301}", "\u{323}", "ﬁ", "\u{AD}",
            "¨", "각", "\u{1100}", "\u{1161}", "\u{11A8}", "中", "İ", "ß", "👩", "\u{200D}", "🇩", "\0", "\u{1}",
        ]).prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

fn stages() -> impl Strategy<Value = Normalizer> {
    let one = prop::sample::select(kinds());
    prop::collection::vec(one, 1..4).prop_map(Normalizer::Sequence)
}

proptest! {
    #[test]
    fn both_ways_give_the_same_and_spans_are_in_order(text in text(), normalizer in stages()) {
        let aligned = normalizer.align(&text).unwrap();
        prop_assert_eq!(aligned.text(), normalizer.normalize(&text).unwrap());
        let mut last = 0..0;
        for (at, c) in aligned.text().char_indices() {
            let span = aligned.span(at).unwrap();
            prop_assert!(span.start <= span.end && span.end <= text.len());
            prop_assert!(last.start <= span.start && last.end <= span.end, "{:?} {:?}", last, span);
            prop_assert!(text.get(span.clone()).is_some());
            for other in at..at + c.len_utf8() {
                prop_assert_eq!(aligned.span(other), Some(span.clone()));
            }
            last = span;
        }
        prop_assert_eq!(aligned.span(aligned.text().len()), None);
    }

    #[test]
    fn some_kinds_change_nothing_the_second_time(text in text()) {
        // Not lower case after marks, nor what adds something, nor a map.
        let again = [
            Normalizer::Form(Form::Nfc), Normalizer::Form(Form::Nfd), Normalizer::Form(Form::Nfkc),
            Normalizer::Form(Form::Nfkd), Normalizer::Lowercase, Normalizer::StripAccents, Normalizer::Nmt,
            Normalizer::Strip(Strip { left: true, right: true }),
        ];
        for normalizer in again {
            let once = normalizer.normalize(&text).unwrap();
            prop_assert_eq!(normalizer.normalize(&once).unwrap(), &*once, "{:?}", normalizer);
        }
    }

    #[test]
    fn files_come_back(normalizer in stages()) {
        prop_assert_eq!(Normalizer::from_json(&normalizer.to_json()).unwrap(), normalizer);
    }

    #[test]
    fn any_bytes_are_a_map_or_an_error(mut bytes in prop::collection::vec(any::<u8>(), 0..600), text in text(), size in any::<bool>()) {
        if size && bytes.len() > 4 {
            let size = (bytes.len() as u32 - 4) / 2 / 4 * 4;
            bytes[..4].copy_from_slice(&size.to_le_bytes());
        }
        use_if_valid(&bytes, &text);
    }

    #[test]
    fn a_damaged_map_is_a_map_or_an_error(places in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8), text in text()) {
        let mut bytes = blob(&[("ab", "c"), ("é", "e"), ("a", "")]);
        for (place, byte) in places {
            let at = place.index(bytes.len());
            bytes[at] = byte;
        }
        use_if_valid(&bytes, &text);
    }
}

fn use_if_valid(bytes: &[u8], text: &str) {
    let Ok(charsmap) = Charsmap::from_bytes(bytes) else { return };
    let pieces = SentencePiece { charsmap: Some(charsmap.clone()), ..SentencePiece::default() };
    for normalizer in
        [Normalizer::Precompiled(Precompiled { charsmap }), Normalizer::SentencePiece(pieces)]
    {
        let normalized = normalizer.normalize(text).unwrap();
        assert_eq!(normalizer.align(text).unwrap().text(), normalized);
    }
}

fn check_refused(value: Value, expected: &[&str]) {
    let error = Normalizer::from_json(&value).unwrap_err().to_string();
    for part in expected {
        assert!(error.contains(part), "{error:?} lacks {part:?}");
    }
}

#[test]
fn hostile_files_are_refused_by_name() {
    check_refused(Value::Null, &["normalizer.type"]);
    check_refused(json!([]), &["normalizer.type"]);
    check_refused(json!({"type": 3}), &["normalizer.type = 3", "a text"]);
    check_refused(json!({"type": "Rot13"}), &["normalizer.type", "Rot13"]);
    check_refused(json!({"type": "Strip", "strip_left": true}), &["normalizer.strip_right"]);
    let three = json!({"type": "Strip", "strip_left": 3, "strip_right": true});
    check_refused(three, &["normalizer.strip_left = 3", "true or false"]);
    check_refused(json!({"type": "BertNormalizer"}), &["normalizer.clean_text"]);
    check_refused(json!({"type": "Prepend"}), &["normalizer.prepend"]);
    check_refused(json!({"type": "Prepend", "prepend": "x".repeat(4097)}), &["too large", "4097"]);
    check_refused(json!({"type": "Replace", "content": ""}), &["normalizer.pattern"]);
    let no_content = json!({"type": "Replace", "pattern": {"String": "a"}});
    check_refused(no_content, &["normalizer.content"]);
    let list = json!({"type": "Replace", "pattern": ["a"], "content": ""});
    check_refused(list, &["normalizer.pattern", "Regex"]);
    let open = json!({"type": "Replace", "pattern": {"Regex": "("}, "content": ""});
    check_refused(open, &["normalizer.pattern.Regex", "not a regular expression"]);
    let long = json!({"type": "Replace", "pattern": {"Regex": "a".repeat(4097)}, "content": ""});
    check_refused(long, &["too large"]);
    let huge = json!({"type": "Replace", "pattern": {"Regex": "(a{1000}){1000}"}, "content": ""});
    check_refused(huge, &["normalizer.pattern.Regex"]);
}

#[test]
fn hostile_maps_and_sequences_are_refused_by_name() {
    let map = |text: &str| json!({"type": "Precompiled", "precompiled_charsmap": text});
    check_refused(json!({"type": "Precompiled"}), &["normalizer.precompiled_charsmap"]);
    check_refused(
        json!({"type": "Precompiled", "precompiled_charsmap": null}),
        &["expected a text"],
    );
    check_refused(map(""), &["precompiled_charsmap", "it has 0 bytes"]);
    check_refused(map("%%%"), &["precompiled_charsmap", "not base64"]);
    check_refused(map("AAAA"), &["precompiled_charsmap", "it has 3 bytes"]);
    check_refused(map(&"A".repeat(6 << 20)), &["precompiled_charsmap", "too large"]);
    check_refused(json!({"type": "Sequence"}), &["normalizer.normalizers"]);
    check_refused(json!({"type": "Sequence", "normalizers": {}}), &["a list"]);
    let mut deep = json!({"type": "NFC"});
    for _ in 0..9 {
        deep = json!({"type": "Sequence", "normalizers": [deep]});
    }
    check_refused(deep, &["too large", "sequences"]);
    let many = vec![json!({"type": "NFC"}); 64];
    check_refused(json!({"type": "Sequence", "normalizers": many}), &["65", "stages"]);
}

#[test]
fn hugging_face_files_are_written_as_they_were() {
    for value in [
        json!({"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null, "lowercase": true}),
        json!({"type": "Sequence", "normalizers": [{"type": "NFKC"}, {"type": "Strip", "strip_left": false, "strip_right": true}]}),
        json!({"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "}),
        json!({"type": "Prepend", "prepend": "▁"}),
    ] {
        assert_eq!(Normalizer::from_json(&value).unwrap().to_json(), value);
    }
}
