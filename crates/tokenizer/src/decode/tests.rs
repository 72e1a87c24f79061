//! Each decoder on small lists of tokens, and that a stream is the whole.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::pretokenize::Pattern;

fn decoder(json: &Value) -> Decoder {
    let decoder = Decoder::from_json(json).unwrap();
    assert_eq!(decoder.to_json(), *json);
    decoder
}

fn decode(decoder: Option<&Decoder>, tokens: &[&str]) -> String {
    let (mut chain, mut text) = (Chain::new(decoder), String::new());
    tokens.iter().for_each(|token| chain.push(token, &mut text));
    chain.finish(&mut text);
    text
}

fn check(json: Value, tokens: &[&str], expected: &str) {
    assert_eq!(decode(Some(&decoder(&json)), tokens), expected, "{json} of {tokens:?}");
}

/// As files of the Llama family have it.
fn llama() -> Value {
    json!({"type": "Sequence", "decoders": [
        {"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
        {"type": "ByteFallback"},
        {"type": "Fuse"},
        {"type": "Strip", "content": " ", "start": 1, "stop": 0},
    ]})
}

#[test]
fn what_a_stage_makes_of_much_is_bounded_while_it_is_made() {
    let content = "x".repeat(4096);
    for pattern in [json!({"String": ""}), json!({"Regex": ""})] {
        let replace = json!({"type": "Replace", "pattern": pattern, "content": content});
        let all = json!({"type": "Sequence", "decoders": [{"type": "Fuse"}, replace, replace]});
        let decoder = decoder(&all);
        let (mut chain, mut text) = (Chain::new(Some(&decoder)), String::new());
        chain.push(&"a".repeat(1000), &mut text);
        chain.finish(&mut text);
        assert!(matches!(chain.check(), Err(Error::OutgrownTokens { .. })));
        assert!(text.len() < 1 << 20, "{}", text.len());
    }
}

#[test]
fn each_decoder() {
    let byte_level = json!({"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true,
        "use_regex": true});
    check(byte_level.clone(), &["Hello", "Ġw", "Ã", "©"], "Hello wé");
    check(byte_level.clone(), &["Ã", "日", "a b"], "\u{FFFD}日a b");
    let word_piece = json!({"type": "WordPiece", "prefix": "##", "cleanup": true});
    check(word_piece, &["##a", "##b", "c", ",", "do", "n't", "'m"], "##ab c, don't'm");
    let plain = json!({"type": "WordPiece", "prefix": "##", "cleanup": false});
    check(plain, &["a", ".", "##b"], "a .b");
    let metaspace = |scheme: &str| json!({"type": "Metaspace", "replacement": "▁", "prepend_scheme": scheme, "split": true});
    check(metaspace("always"), &["▁▁He", "▁llo", "▁"], "He llo ");
    check(metaspace("never"), &["▁He", "▁llo"], " He llo");
    check(json!({"type": "BPEDecoder", "suffix": "</w>"}), &["a</w>", "b", "c</w>"], "a bc");
    let fallback = json!({"type": "ByteFallback"});
    check(fallback.clone(), &["<0xE6>", "<0x97>", "<0xA5>", "a", "<0x41>"], "日aA");
    check(fallback, &["<0x41>", "<0xFF>", "a", "<0x4>", "<0xZZ>"], "\u{FFFD}\u{FFFD}a<0x4><0xZZ>");
    let strip =
        |start, stop| json!({"type": "Strip", "content": "-", "start": start, "stop": stop});
    check(strip(1, 0), &["--a-", "-b"], "-a-b");
    check(strip(0, 2), &["-a---", "--", "-"], "-a-");
    check(strip(1, 1), &["-", "--", "-a-"], "a");
    let replace = |pattern: Value| json!({"type": "Replace", "pattern": pattern, "content": "<>"});
    check(replace(json!({"String": "ab"})), &["xababa", "b"], "x<><>ab");
    check(replace(json!({"String": ""})), &["ab", ""], "<>a<>b<>");
    check(replace(json!({"Regex": "a+"})), &["aaba", "a"], "<>b<><>");
    let ctc = json!({"type": "CTC", "pad_token": "<pad>", "word_delimiter_token": "|",
        "cleanup": true});
    check(ctc, &["h", "h", "<pad>", "h", "|", "|", "i"], "hh i");
    check(llama(), &["▁Hi", "▁", "<0xC3>", "<0xA9>", "▁x"], "Hi é x");
    check(llama(), &["▁▁Hi"], " Hi");
    assert_eq!(decode(None, &["a", "", "b"]), "a  b");
}

#[test]
fn sequences_work_on_what_came_before() {
    let fused = |stage: Value| json!({"type": "Sequence", "decoders": [{"type": "Fuse"}, stage]});
    let strip = json!({"type": "Strip", "content": " ", "start": 1, "stop": 1});
    check(fused(strip), &["  ", "a", " ", " "], " a ");
    let replace = json!({"type": "Replace", "pattern": {"String": "ab"}, "content": "-"});
    check(fused(replace), &["a", "b", "a", "ba"], "--a");
    let plain = json!({"type": "WordPiece", "prefix": "##", "cleanup": true});
    check(fused(plain), &["a", " .", "##b"], "a.##b");
    check(json!({"type": "Sequence", "decoders": []}), &["a", "b"], "ab");
}

#[test]
fn a_stream_shows_what_is_certain() {
    let llama = decoder(&llama());
    let (mut chain, mut text) = (Chain::new(Some(&llama)), String::new());
    let mut shown = |token: &str| {
        text.clear();
        chain.push(token, &mut text);
        text.clone()
    };
    assert_eq!(shown("▁Hi"), "Hi");
    assert_eq!(shown("<0xC3>"), "");
    assert_eq!(shown("<0xA9>"), "");
    assert_eq!(shown("▁"), "é ");
    assert_eq!(shown("<0xC3>"), "");
    assert_eq!(shown("x"), "\u{FFFD}x");
    text.clear();
    chain.finish(&mut text);
    assert_eq!(text, "");
    chain.push("▁▁a", &mut text);
    assert_eq!(text, " a", "it begins anew");
}

#[test]
fn what_is_no_decoder_is_refused() {
    let deep = (0..10)
        .fold(json!({"type": "Fuse"}), |inner, _| json!({"type": "Sequence", "decoders": [inner]}));
    for (json, expected) in [
        (json!({"type": "Magic"}), "decoder.type"),
        (json!({"type": "Strip", "content": "ab", "start": 0, "stop": 0}), "one character"),
        (json!({"type": "Strip", "content": "a", "start": -1, "stop": 0}), "decoder.start"),
        (json!({"type": "BPEDecoder"}), "decoder.suffix"),
        (
            json!({"type": "Replace", "pattern": {"Regex": "("}, "content": ""}),
            "regular expression",
        ),
        (deep, "sequences within sequences"),
    ] {
        let error = Decoder::from_json(&json).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

/// `Strip` as Hugging Face says it, but for texts that are shorter than what goes.
fn strip_plainly(text: &str, stage: Strip) -> String {
    let chars: Vec<char> = text.chars().collect();
    let is_content = |c: &&char| **c == stage.content;
    let start = chars.iter().take(stage.start).take_while(is_content).count();
    let stop = chars.iter().rev().take(stage.stop).take_while(is_content).count();
    chars.get(start..chars.len() - stop).unwrap_or_default().iter().collect()
}

proptest! {
    #[test]
    fn parts_do_not_matter(
        text in "[-aé]{0,12}", cut in 0usize..12, start in 0usize..4, stop in 0usize..4,
    ) {
        let (strip, cut) = (Strip { content: '-', start, stop }, text.floor_char_boundary(cut));
        let fused = Decoder::Sequence(vec![Decoder::Fuse, Decoder::Strip(strip)]);
        let parts = [&text[..cut], &text[cut..]];
        prop_assert_eq!(decode(Some(&fused), &parts), strip_plainly(&text, strip));
        for pattern in ["aa", "-é", "a-a-a", "éaéaéaéaéaéaéaéaéaéa"] {
            let replace = Replace::new(Pattern::Text(pattern.into()), "<>".into()).unwrap();
            let fused = Decoder::Sequence(vec![Decoder::Fuse, Decoder::Replace(replace)]);
            prop_assert_eq!(decode(Some(&fused), &parts), text.replace(pattern, "<>"));
        }
    }
}
