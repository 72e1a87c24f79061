//! Grammars over a vocabulary of single bytes, where what is accepted can be tried text by text.

use generate::Constraint;
use proptest::prelude::*;
use tokenizer::{Tokenizer, TrainOptions};

use super::*;

const STOP: u32 = 256;

fn tokenizer() -> Tokenizer {
    let options = TrainOptions { vocab_size: 257, ..TrainOptions::default() };
    Tokenizer::train(["x"], &options).unwrap()
}

/// Ids are bytes; 256 is the stop token.
pub(super) fn bytes() -> Vocabulary {
    Vocabulary::new(&tokenizer(), &[STOP]).unwrap()
}

fn allowed(constraint: &mut GrammarConstraint) -> Vec<usize> {
    let mut allowed = vec![true; 258];
    constraint.mask(&mut allowed);
    (0..258).filter(|&id| allowed[id]).collect()
}

/// Whether an answer of this text may be: each of its bytes allowed, and then the end.
pub(super) fn accepts(constraint: &GrammarConstraint, text: &str) -> bool {
    let mut constraint = constraint.clone();
    for byte in text.bytes() {
        let may = allowed(&mut constraint);
        let stop_may = may.contains(&(STOP as usize));
        assert_eq!(stop_may, constraint.may_end(), "{text:?}");
        if !may.contains(&usize::from(byte)) {
            return false;
        }
        constraint.commit(u32::from(byte));
    }
    constraint.may_end()
}

fn check(grammar: &Grammar, accepted: &[&str], rejected: &[&str]) {
    let constraint = grammar.constraint(&bytes()).unwrap();
    for (texts, expected) in [(accepted, true), (rejected, false)] {
        for text in texts {
            assert_eq!(accepts(&constraint, text), expected, "{grammar:?} {text:?}");
        }
    }
}

fn refused(grammar: &Grammar, reason: &str) {
    let error = grammar.constraint(&bytes()).expect_err("it is refused");
    assert!(error.is_of_request() && error.to_string().contains(reason), "{grammar:?}: {error}");
}

#[test]
fn each_form_is_held_to() {
    check(
        &Grammar::json_object(),
        &["{}", r#"{"a": [1.5e-7, {"é": null}]}"#],
        &["", "[]", "1", "{", "{} "],
    );
    check(&Grammar::regex("(?i)ab|c{2,3}"), &["aB", "ccc"], &["", "a", "cccc", "abc"]);
    check(&Grammar::regex("^a/b$|\"|"), &["a/b", "\"", ""], &["a", "a/"]);
    check(&Grammar::regex(".*é+"), &["é", "xéé"], &["x", "\né"]);
    let lark = "start: \"[\" (start \",\")* \"]\" | NUMBER\nNUMBER: /[0-9]+/";
    check(&Grammar::lark(lark), &["7", "[]", "[[12,],3,]"], &["[", "[1]", "[,]"]);
    check(&Grammar::choices(["yes", "yesterday", ""]), &["yes", "yesterday", ""], &["y", "yesno"]);
}

#[test]
fn whitespace_is_bounded() {
    let accepted = ["[1, 2]", "[\n  1,\n  2\n]", "[\r\n\t1]"];
    check(&Grammar::json_schema(&json!(true)), &accepted, &["[1,  2]", "[\n\n\n1]", "[\t1]"]);
}

#[test]
fn what_cannot_be_read_is_told() {
    refused(&Grammar::regex("a("), "unclosed group");
    refused(&Grammar::regex("(?=a)a"), "look-around");
    refused(&Grammar::regex(r"a[^\s\S]"), "no token of this vocabulary can come next");
    refused(&Grammar::lark("start: \"a\" b"), "1(8): unknown name: \"b\"");
    refused(&Grammar::lark("rule: \"a\""), "no start rule");
    refused(&Grammar::choices::<String>([]), "it is empty");
}

#[test]
fn special_tokens_are_out_of_reach() {
    for asked in ["<|endoftext|>", "<[256]>", "<[*]>", "\"a\" <[^97]>"] {
        refused(&Grammar::lark(&format!("start: {asked}")), "names tokens");
    }
    let vocabulary = Vocabulary::new(&tokenizer(), &[]).unwrap();
    let mut any = Grammar::regex("(?s).*").constraint(&vocabulary).unwrap();
    assert!(
        !allowed(&mut any).iter().any(|&id| id > 0xF4),
        "neither specials nor bytes of no text"
    );
    // Its name is a text like any other.
    check(&Grammar::choices(["<|endoftext|>"]), &["<|endoftext|>"], &[]);
}

#[test]
fn what_is_not_of_the_grammar_is_not_consumed() {
    let mut constraint = Grammar::choices(["ab"]).constraint(&bytes()).unwrap();
    constraint.commit(u32::from(b'x'));
    assert_eq!(allowed(&mut constraint), Vec::<usize>::new());
    assert!(constraint.failure().is_some() && !constraint.is_finished());
}

#[test]
fn it_ends_where_nothing_more_can_come() {
    let mut constraint = Grammar::choices(["a", "ab"]).constraint(&bytes()).unwrap();
    assert_eq!(allowed(&mut constraint), [97]);
    constraint.commit(97);
    assert_eq!((constraint.is_finished(), allowed(&mut constraint)), (false, vec![98, 256]));
    let mut other = constraint.clone();
    constraint.commit(98);
    assert_eq!((constraint.is_finished(), allowed(&mut constraint)), (true, vec![256]));
    other.commit(STOP);
    assert!(other.is_finished());
    let mut empty = Grammar::choices([""]).constraint(&bytes()).unwrap();
    assert_eq!((allowed(&mut empty), empty.is_finished()), (vec![256], true));
}

#[test]
fn without_a_stop_token_the_grammar_alone_ends_it() {
    let vocabulary = Vocabulary::new(&tokenizer(), &[999]).unwrap();
    let mut constraint = Grammar::regex("a?b").constraint(&vocabulary).unwrap();
    constraint.commit(98);
    assert_eq!((constraint.is_finished(), allowed(&mut constraint)), (true, vec![]));
}

#[test]
fn a_stop_token_that_is_text_ends_the_answer_and_no_more() {
    let vocabulary = Vocabulary::new(&tokenizer(), &[u32::from(b'\n')]).unwrap();
    let mut constraint = Grammar::regex(r"a\n?b?").constraint(&vocabulary).unwrap();
    assert_eq!(allowed(&mut constraint), [97]);
    constraint.commit(97);
    assert_eq!(allowed(&mut constraint), [10, 98]);
    constraint.commit(10);
    assert!(constraint.is_finished());
}

#[test]
fn hostile_grammars_end_soon() {
    refused(&Grammar::regex(&"(".repeat(100_000)), "nested more than 128 deep");
    refused(
        &Grammar::lark(&format!("start: {}", "(".repeat(100_000))),
        "nested more than 128 deep",
    );
    refused(&Grammar::choices(["a".repeat(2 << 20)]), "at most 1048576");
    let rules: String = (0..20_000).map(|i| format!("r{i}: r{}\n", i + 1)).collect();
    check(&Grammar::lark(&format!("start: r0\n{rules}r20000: \"a\"")), &["a"], &["b"]);
    let mut chain = serde_json::Map::new();
    for i in 0..9000 {
        chain.insert(format!("a{i}"), json!({"$ref": format!("#/$defs/a{}", i + 1)}));
    }
    chain.insert("a9000".to_string(), json!({"type": "integer"}));
    let chain = json!({"$ref": "#/$defs/a0", "$defs": chain});
    check(&Grammar::json_schema(&chain), &["7"], &["\"\""]);
    let mut deep = json!(true);
    (0..1000).for_each(|_| deep = json!({"items": std::mem::take(&mut deep)}));
    refused(&Grammar::json_schema(&deep), "nested more than 128 deep");
    check(&Grammar::regex("((a{1000}){1000}){1000}"), &[], &["a"]);
    let any =
        |i| json!({"anyOf": [{"properties": {(format!("a{i}")): {"const": 1}}}, {"minItems": i}]});
    let product: Vec<Value> = (0..40).map(any).collect();
    refused(&Grammar::json_schema(&json!({"allOf": product})), "too large");
}

#[test]
fn a_step_that_is_too_much_work_fails_and_says_so() {
    let alternatives: Vec<String> = (0..5000).map(|i| format!("\"x{i}\"")).collect();
    let grammar = Grammar::lark(&format!("start: {}", alternatives.join(" | ")));
    let mut constraint = grammar.constraint(&bytes()).unwrap();
    constraint.commit(u32::from(b'x'));
    assert_eq!(allowed(&mut constraint), Vec::<usize>::new());
    assert!(constraint.failure().unwrap().contains("items"), "{:?}", constraint.failure());
}

proptest! {
    #[test]
    fn choices_are_themselves(texts in prop::collection::vec(".{0,8}|[\\x00-\\x7f]{0,6}", 1..4)) {
        let constraint = Grammar::choices(texts.clone()).constraint(&bytes()).unwrap();
        for text in &texts {
            prop_assert!(accepts(&constraint, text));
            let longer = format!("{text}\u{1}");
            prop_assert!(texts.contains(&longer) || !accepts(&constraint, &longer));
        }
    }
}
