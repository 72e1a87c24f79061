//! The promises of the whole, on small vocabularies.

use std::sync::LazyLock;

use expect_test::{Expect, expect};
use proptest::prelude::*;

use crate::{Alphabet, Error, Tokenizer, TrainOptions};

const TEXT: &str = "She sells sea shells by the sea shore; the shells she sells are sea shells, \
                    I'm sure. Größe, größer, am größten: 日本語の日本。 x = 2024 + 2025\n\n";

static SMALL: LazyLock<Tokenizer> =
    LazyLock::new(|| train(&[TEXT], 300, &["<|endoftext|>", "<|user|>"]).unwrap());

fn train(texts: &[&str], vocab_size: usize, specials: &[&str]) -> Result<Tokenizer, Error> {
    let specials = specials.iter().map(|s| (*s).to_owned()).collect();
    let options = TrainOptions { vocab_size, specials, ..TrainOptions::default() };
    Tokenizer::train(texts, &options)
}

fn seen(text: &str, vocab_size: usize) -> Result<Tokenizer, Error> {
    let (specials, alphabet) = (vec![], Alphabet::Seen);
    Tokenizer::train(
        [text].iter(),
        &TrainOptions {
            vocab_size,
            specials,
            alphabet,
            min_frequency: 0,
            ..TrainOptions::default()
        },
    )
}

fn tokens(tokenizer: &Tokenizer, ids: &[u32]) -> String {
    let token = |&id| String::from_utf8_lossy(tokenizer.token_bytes(id).unwrap()).into_owned();
    ids.iter().map(token).collect::<Vec<_>>().join("|")
}

#[test]
fn frequent_words_become_tokens() {
    let ids = SMALL.encode("the sea shells größer").unwrap();
    expect!["the| sea| shells| größ|er"].assert_eq(&tokens(&SMALL, &ids));
}

#[test]
fn names_of_special_tokens_are_text_unless_asked_for() {
    let text = "<|user|>sea<|endoftext|>";
    let plain = SMALL.encode(text).unwrap();
    assert!(plain.iter().all(|&id| !SMALL.is_special(id)));
    let special = SMALL.encode_with_special(text).unwrap();
    assert_eq!(special.first(), SMALL.special("<|user|>").as_ref());
    assert_eq!(special.last(), SMALL.special("<|endoftext|>").as_ref());
    for ids in [plain, special] {
        assert_eq!(SMALL.decode(&ids).unwrap(), text);
    }
    assert_eq!(SMALL.specials().collect::<Vec<_>>(), [("<|endoftext|>", 298), ("<|user|>", 299)]);
    assert_eq!(SMALL.vocab_size(), 300);
}

#[test]
fn the_alphabet_of_a_text_is_its_bytes_in_order() {
    let tokenizer = seen("hello\nabba", 7).unwrap();
    assert_eq!(tokenizer.vocab_size(), 7);
    assert_eq!(tokenizer.encode("\nabehlo").unwrap(), [0, 1, 2, 3, 4, 5, 6]);
    let merged = seen("hello\nabba", 8).unwrap();
    assert_eq!(merged.token_bytes(7).unwrap(), b"ab");
}

#[test]
fn a_batch_is_its_texts() {
    let texts = [TEXT, "", "sea"];
    let batch = SMALL.encode_batch(&texts).unwrap();
    let single: Vec<_> = texts.iter().map(|t| SMALL.encode(t).unwrap()).collect();
    assert_eq!(batch, single);
}

#[test]
fn training_depends_on_the_words_alone() {
    let json = SMALL.to_json();
    let specials = ["<|endoftext|>", "<|user|>"];
    assert_eq!(train(&[TEXT], 300, &specials).unwrap().to_json(), json);
    let halves = TEXT.split_at(TEXT.find(" the").unwrap());
    assert_eq!(train(&[halves.1, halves.0], 300, &specials).unwrap().to_json(), json);
}

#[test]
fn json_and_files_come_back() {
    let again = Tokenizer::from_json(&SMALL.to_json()).unwrap();
    assert_eq!(again.to_json(), SMALL.to_json());
    assert_eq!(again.encode(TEXT).unwrap(), SMALL.encode(TEXT).unwrap());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model/tokenizer.json");
    SMALL.save(&path).unwrap();
    assert_eq!(Tokenizer::load(&path).unwrap().to_json(), SMALL.to_json());
}

fn check_error<T: std::fmt::Debug>(result: Result<T, Error>, expected: &Expect) {
    expected.assert_eq(&result.unwrap_err().to_string());
}

#[test]
fn errors_say_what_to_do() {
    check_error(
        train(&[], 300, &[]),
        &expect![
            "there is no text to train on: expected at least one character, got none; name a file or folder with text in it"
        ],
    );
    check_error(
        train(&["low low"], 300, &["<|endoftext|>"]),
        &expect![
            "the text allows 3 merges, 43 are needed for a vocabulary of 300; use --vocab 260, or more text"
        ],
    );
    check_error(
        train(&["low low"], 5_000_000, &["<|endoftext|>"]),
        &expect![
            "a vocabulary of 5000000 is too large: at most 4194304 ids are supported; use --vocab 4194304 or less"
        ],
    );
    check_error(
        train(&["low"], 100, &["<|endoftext|>"]),
        &expect![
            "a vocabulary of 100 is too small: 256 bytes and 1 special tokens need at least 257; use --vocab 257 or more"
        ],
    );
    check_error(
        train(&["low low"], 257, &["o"]),
        &expect![[
            r#"the special token "o" is also an ordinary token of this vocabulary; choose another name for it"#
        ]],
    );
    check_error(
        train(&["low low"], 258, &["<s>", "<s>"]),
        &expect![[r#"the special token "<s>" is named twice; choose another name for it"#]],
    );
    check_error(
        seen("abc", 3).unwrap().encode("aé"),
        &expect![
            "the character 'é' is outside this tokenizer's alphabet (byte 0xc3); remove it, or train with the alphabet of all bytes"
        ],
    );
    check_error(
        SMALL.decode(&[0, 300]),
        &expect![
            "id 300 is not in the vocabulary of 300 ids: are these ids from another tokenizer?"
        ],
    );
}

#[test]
fn files_that_hold_no_tokenizer_say_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tokenizer.json");
    let check = |bytes: &[u8], expected: &str| {
        std::fs::write(&path, bytes).unwrap();
        let message = Tokenizer::load(&path).unwrap_err().to_string();
        assert!(message.contains(expected), "{message}");
        assert!(message.ends_with("take a fresh copy of the file"), "{message}");
    };
    check(b"", "it is empty");
    check(b" \n", "it is empty");
    check(b"\x7fELF\x02\x01\x01\0", "line 1 column 1");
    check(b"\xff\xfe{\0}\0", "not UTF-8 at byte 0");
    check(b"{\"model\": \xc3}", "not UTF-8 at byte 10");
    check(b"<html>404</html>", "line 1 column 1");
    let whole = SMALL.to_json();
    check(&whole.as_bytes()[..whole.len() / 2], "EOF");
    check(&vec![b'['; 10_000_000], "line 1 column");
    assert!(matches!(Tokenizer::load(&folder.path().join("nowhere")), Err(Error::Io { .. })));
}

#[test]
fn ten_megabytes_without_a_line_break_are_text_like_any_other() {
    let text = "The village lies by the river, ".repeat(330_000);
    assert!(text.len() > 10_000_000);
    let tokenizer = train(&[&text], 270, &[]).unwrap();
    assert_eq!(tokenizer.decode(&tokenizer.encode(&text).unwrap()).unwrap(), text);
    // One word of two megabytes, and as much white space.
    let text = ["z", " "].map(|unit| unit.repeat(1 << 21)).concat();
    assert!(matches!(train(&[&text], 4096, &[]), Err(Error::TooFewMerges { .. })));
    assert_eq!(tokenizer.decode(&tokenizer.encode(&text).unwrap()).unwrap(), text);
}

#[test]
fn the_limit_of_too_few_merges_is_exact() {
    assert!(train(&["low low"], 260, &["<|endoftext|>"]).is_ok());
    assert!(train(&["low low"], 261, &["<|endoftext|>"]).is_err());
}

proptest! {
    #[test]
    fn any_text_comes_back(any in any::<String>(), near in "[ selashtröß日本\n<|>endofx0-9]{0,200}") {
        for text in [any, near] {
            prop_assert_eq!(&SMALL.decode(&SMALL.encode(&text).unwrap()).unwrap(), &text);
            let special = SMALL.encode_with_special(&text).unwrap();
            prop_assert_eq!(&SMALL.decode(&special).unwrap(), &text);
        }
    }

    #[test]
    fn hostile_json_is_an_error_not_a_panic(at in 0usize..6000, junk in "[\\[\\]{}\",:0-9a-z]{1,4}") {
        let mut json = SMALL.to_json();
        let at = at % json.len();
        if json.is_char_boundary(at) {
            json.insert_str(at, &junk);
        }
        let _ = Tokenizer::from_json(&json);
    }
}
