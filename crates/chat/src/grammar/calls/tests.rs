//! Calls over a vocabulary of single bytes and two special tokens, tried answer by answer.

use generate::Constraint;
use tokenizer::{Tokenizer, TrainOptions};

use super::*;
use crate::tools::dialect::{HERMES, LLAMA, MISTRAL};
use crate::{Grammar, GrammarConstraint};

const STOP: u32 = 256;
/// Mistral's mark as a token.
const MARK: u32 = 257;

fn vocabulary() -> Vocabulary {
    let specials = vec!["</s>".to_string(), "[TOOL_CALLS]".to_string(), "</think>".to_string()];
    let options = TrainOptions { vocab_size: 259, specials, ..TrainOptions::default() };
    Vocabulary::new(&Tokenizer::train(["x"], &options).unwrap(), &[STOP]).unwrap()
}

fn tools(choice: Value, parallel: bool) -> Tools {
    let add = json!({"type": "object", "required": ["a"], "additionalProperties": false,
        "properties": {"a": {"type": "integer"}, "b": {"$ref": "#/$defs/c"}},
        "$defs": {"c": {"enum": ["x", null]}}});
    let list = json!([
        {"type": "function", "function": {"name": "add", "parameters": add}},
        {"type": "function", "function": {"name": "add_all", "parameters": null}},
    ]);
    Tools::from_json(Some(&list), Some(&choice), Some(parallel)).unwrap().unwrap()
}

/// Whether an answer of these ids may be.
fn accepts(constraint: &GrammarConstraint, ids: &[u32]) -> bool {
    let mut constraint = constraint.clone();
    for &id in ids {
        let mut allowed = [true; 259];
        constraint.mask(&mut allowed);
        if !allowed[id as usize] {
            return false;
        }
        constraint.commit(id);
    }
    constraint.may_end()
}

/// Bytes, and special tokens where `¤` and `§` stand for them.
fn ids(text: &str) -> Vec<u32> {
    let ids = text.split_inclusive(['¤', '§']).flat_map(|piece| {
        let special =
            [("¤", MARK), ("§", MARK + 1)].into_iter().find(|(sign, _)| piece.ends_with(sign));
        let bytes = piece.trim_end_matches(['¤', '§']).bytes().map(u32::from);
        bytes.chain(special.map(|(_, id)| id)).collect::<Vec<u32>>()
    });
    ids.collect()
}

struct Case {
    dialect: &'static Dialect,
    choice: Value,
    parallel: bool,
    thought: Thought,
}

fn case(dialect: &'static Dialect, choice: Value) -> Case {
    Case { dialect, choice, parallel: true, thought: Thought::None }
}

fn check(case: &Case, accepted: &[&str], rejected: &[&str]) {
    let tools = tools(case.choice.clone(), case.parallel);
    let grammar = Grammar::calls(&tools, case.dialect, case.thought);
    let constraint = grammar.constraint(&vocabulary()).unwrap();
    for (texts, expected) in [(accepted, true), (rejected, false)] {
        for text in texts {
            assert_eq!(
                accepts(&constraint, &ids(text)),
                expected,
                "{} {} {text:?}",
                case.dialect.name,
                case.choice
            );
        }
    }
}

const ADD: &str =
    "<tool_call>\n{\"name\": \"add\", \"arguments\": {\"a\": 1, \"b\": \"x\"}}\n</tool_call>";
const ALL: &str = "<tool_call>\n{\"name\": \"add_all\", \"arguments\": {}}\n</tool_call>";
const BAD: &str = "<tool_call>\n{\"name\": \"add\", \"arguments\": {\"a\": true}}\n</tool_call>";
const NOBODY: &str = "<tool_call>\n{\"name\": \"sub\", \"arguments\": {\"a\": 1}}\n</tool_call>";

#[test]
fn hermes_must() {
    let two = format!("{ADD}\n{ALL}");
    let required = || case(&HERMES, json!("required"));
    let bad = ["", "no", BAD, NOBODY, &format!("{ADD} "), &format!("x{ADD}"), &format!("{ADD}\n")];
    check(&required(), &[ADD, ALL, &two], &bad);
    check(&Case { parallel: false, ..required() }, &[ADD, ALL], &[&two]);
    let named = json!({"type": "function", "function": {"name": "add_all"}});
    check(&case(&HERMES, named), &[ALL], &[ADD, "", &format!("{ALL}\n{ALL}")]);
}

#[test]
fn hermes_may() {
    let text = ["", "no", "a < b <tool> </tool_call>", "{\"name\": 1}", "<think>", "é\n\n"];
    let calls = [ADD, &format!("Look:\n{ADD}\n{ALL}"), &format!("\n{ALL}")];
    let bad =
        [BAD, NOBODY, "<tool_call>", &format!("a <tool_call>\n {ADD}"), &format!("{ADD}\nafter")];
    check(&case(&HERMES, json!("auto")), &text, &bad);
    check(&case(&HERMES, json!("auto")), &calls, &[]);
    check(&case(&HERMES, json!("none")), &text, &calls);
    check(&case(&HERMES, json!("none")), &[], &bad);
}

#[test]
fn mistral_by_token_and_by_text() {
    let list = "[{\"name\": \"add\", \"arguments\": {\"a\": 1}}, {\"name\": \"add_all\", \"arguments\": {}}]";
    let with = |begin: &str| format!("{begin}{list}");
    let [token, text, after] = ["¤", "[TOOL_CALLS]", "Well. ¤"].map(with);
    let bad =
        ["¤", "¤[]", "¤[{\"name\": \"add\", \"arguments\": {}}]", "¤¤[", &format!("{list}¤"), "§"];
    check(&case(&MISTRAL, json!("auto")), &["", "[TOOL] [1]", &token, &text, &after], &bad);
    let spaced = with("¤ ");
    check(&case(&MISTRAL, json!("required")), &[&token, &text, &spaced], &["", list, &after]);
    check(&case(&MISTRAL, json!("none")), &["", "x"], &[&token, &text, "¤"]);
}

#[test]
fn llama_answers_or_calls() {
    let call = "{\"name\": \"add\", \"parameters\": {\"a\": 1}}";
    let typed = "{\"type\": \"function\", \"name\": \"add\", \"parameters\": {\"a\": 1}}";
    let two = format!("{call}; {call}");
    let text = ["", "no", "{\"a\": 1}", "say {\"name\": 1}", "{\"type\": \"object\"}"];
    let bad = [
        "{\"name\": \"add\", \"parameters\": {}}",
        "{\"name\": 1",
        " {\"name\" :",
        &two,
        " {\n\"type\":\"function\"",
    ];
    check(&case(&LLAMA, json!("auto")), &text, &bad);
    check(&case(&LLAMA, json!("auto")), &[call, typed], &[]);
    check(&case(&LLAMA, json!("required")), &[call, typed], &text);
    check(&case(&LLAMA, json!("none")), &text, &[call, typed]);
}

#[test]
fn a_thought_may_come_before() {
    let thought = |thought| move |choice| Case { thought, ..case(&HERMES, choice) };
    let (may, opened) = (thought(Thought::May), thought(Thought::Opened));
    let first = |begin: &str| format!("{begin}{ADD}");
    let ways = ["<think>\n<tool_call> is a mark</think>", "<think>\nx§"];
    for way in ways {
        let closed = way.trim_start_matches("<think>");
        for gap in ["", "\n\n"] {
            let (one, two) = (first(&format!("{way}{gap}")), first(&format!("{closed}{gap}")));
            check(&may(json!("required")), &[&one, ADD], &[way, &two]);
            check(&may(json!("auto")), &[&one, ADD, way, "x", ""], &[]);
            check(&opened(json!("required")), &[&two], &[ADD, closed]);
            check(&opened(json!("auto")), &[&two, closed, &format!("{closed} yes")], &["x", ADD]);
            check(&may(json!("none")), &[way, "x"], &[&one, ADD]);
        }
    }
    check(&may(json!("auto")), &[], &["<think>", "<think>\n<tool_call>\n"]);
}

#[test]
fn arguments_are_an_object_whatever_a_schema_says() {
    for parameters in [json!({}), json!({"type": ["null", "object"]}), json!({"$defs": {}})] {
        let list =
            json!([{"type": "function", "function": {"name": "f", "parameters": parameters}}]);
        let required = json!("required");
        let tools = Tools::from_json(Some(&list), Some(&required), None).unwrap().unwrap();
        let grammar = Grammar::calls(&tools, &LLAMA, Thought::None);
        let constraint = grammar.constraint(&vocabulary()).unwrap();
        let with =
            |arguments: &str| ids(&format!("{{\"name\": \"f\", \"parameters\": {arguments}}}"));
        assert!(accepts(&constraint, &with("{\"a\": 1}")), "{parameters}");
        assert!(!["null", "1", "[]"].iter().any(|other| accepts(&constraint, &with(other))));
    }
}

#[test]
fn what_cannot_be_held_to_is_told() {
    let check = |parameters: Value, reason: &str| {
        let list =
            json!([{"type": "function", "function": {"name": "f", "parameters": parameters}}]);
        let tools = Tools::from_json(Some(&list), None, None).unwrap().unwrap();
        let grammar = Grammar::calls(&tools, &HERMES, Thought::None);
        let error = grammar.constraint(&vocabulary()).unwrap_err();
        let text = error.to_string();
        assert!(error.is_of_request() && text.contains(reason), "{text}");
    };
    check(
        json!({"type": "object", "not": {}}),
        "the parameters of f: at #: `not` cannot be enforced",
    );
    check(json!({"type": "array"}), "arguments are an object, and the schema's type is \"array\"");
    let mut deep = json!({});
    (0..200).for_each(|_| deep = json!({"properties": {"a": deep.take()}}));
    check(deep, "nested more than 128 deep");
}
