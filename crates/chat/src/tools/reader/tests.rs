//! Answers in every dialect, whole and broken, and cut everywhere.

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::tools::dialect::{ALL, HERMES, LLAMA, MISTRAL};

/// What is told of an answer that comes in these pieces.
fn read(reader: CallReader, pieces: &[&str]) -> (Vec<Told>, Calls) {
    let mut reader = reader;
    let mut told: Vec<Told> = pieces.iter().flat_map(|piece| reader.push(piece)).collect();
    let (rest, calls) = reader.finish();
    told.extend(rest);
    (told, calls)
}

/// Text, and calls as `name(arguments)`.
fn check(dialect: &Dialect, answer: &str, content: &str, calls: &[&str]) {
    for reader in [CallReader::new(dialect), CallReader::new(dialect).streaming()] {
        let (told, read) = read(reader, &[answer]);
        assert_eq!(read, told_again(&told, &read), "{answer:?}");
        assert!(read.calls.iter().all(|call| !call.is_broken), "{answer:?}");
        let shown = read.calls.iter().map(|call| format!("{}({})", call.name, call.arguments));
        assert_eq!(
            (read.content.as_str(), shown.collect::<Vec<_>>()),
            (content, calls.iter().map(|call| call.to_string()).collect()),
            "{answer:?}"
        );
    }
}

/// What the events say by themselves.
fn told_again(told: &[Told], read: &Calls) -> Calls {
    let mut again = Calls::default();
    for one in told {
        match one {
            Told::Text(text) => again.content += text,
            Told::Call { index, name, .. } => {
                assert_eq!(*index, again.calls.len());
                let Call { id, is_broken, .. } = read.calls[*index].clone();
                again.calls.push(Call {
                    id,
                    name: name.clone(),
                    arguments: String::new(),
                    is_broken,
                });
            }
            Told::Arguments { index, piece } => {
                assert_eq!(*index + 1, again.calls.len());
                again.calls[*index].arguments += piece;
            }
        }
    }
    again
}

const CALL: &str =
    "<tool_call>\n{\"name\": \"f\", \"arguments\": {\"a\": \"<tool_call>}\"}}\n</tool_call>";
const F: &str = "f({\"a\": \"<tool_call>}\"})";

#[test]
fn hermes() {
    check(&HERMES, CALL, "", &[F]);
    check(&HERMES, &format!("I look.\n{CALL}\n{CALL}\n"), "I look.", &[F, F]);
    check(&HERMES, &format!("\n\n{CALL}{CALL}"), "", &[F, F]);
    check(&HERMES, &format!("{CALL}\nDone. "), "\nDone.", &[F]);
    check(&HERMES, " plain <tool> text\n", " plain <tool> text\n", &[]);
    check(&HERMES, "<tool_cal", "<tool_cal", &[]);
    let loose =
        "<tool_call>{\"arguments\" : { } ,\"type\":\"function\",\"id\":\"x\",\"name\":\"\\u0066\"}";
    check(&HERMES, loose, "", &["f({ })"]);
    check(&HERMES, "<tool_call>{\"name\": \"now\"}</tool_call>", "", &["now({})"]);
    check(&HERMES, &format!("<tool_call>{CALL}"), "<tool_call>", &[F]);
    check(&HERMES, "<tool_call>\n{\"name\": \"f\", \"parameters\": {}}", "", &["f({})"]);
    check(&HERMES, "<tool_call>{\"name\": \"f\"}</tool_", "", &["f({})"]);
    check(&HERMES, "<tool_call>{\"name\": \"f\"}</tool>x", "</tool>x", &["f({})"]);
}

#[test]
fn mistral() {
    let list = "[TOOL_CALLS][{\"name\": \"f\", \"arguments\": {\"a\": [1]}}, \
                {\"name\": \"g\", \"arguments\": {}, \"id\": \"abcdefghi\"}]";
    check(&MISTRAL, list, "", &["f({\"a\": [1]})", "g({})"]);
    check(&MISTRAL, &format!("Well. {list} ok"), "Well. ok", &["f({\"a\": [1]})", "g({})"]);
    let (_, read) = read(CallReader::new(&MISTRAL), &[list]);
    assert_eq!(read.calls[1].id.as_deref(), Some("abcdefghi"));
    check(&MISTRAL, "[TOOL_CALLS]{\"name\": \"f\"}", "[TOOL_CALLS]{\"name\": \"f\"}", &[]);
    check(&MISTRAL, "[TOOL_CALLS] [ ]", "[TOOL_CALLS] [ ]", &[]);
    check(&MISTRAL, "[TOOL] [1]", "[TOOL] [1]", &[]);
    check(&MISTRAL, "[TOOL_CALLS][{\"name\": \"f\"}; x", "; x", &["f({})"]);
}

#[test]
fn llama() {
    check(&LLAMA, "{\"name\": \"f\", \"parameters\": {\"a\": {}}}", "", &["f({\"a\": {}})"]);
    check(
        &LLAMA,
        "\n{\"type\": \"function\", \"name\": \"f\", \"parameters\": {}}; {\"name\": \"g\", \"parameters\": {}}",
        "",
        &["f({})", "g({})"],
    );
    for text in [
        "Well. {\"name\": \"f\", \"parameters\": {}}",
        "{\"name\": \"Ada\", \"age\": 36}",
        "{\"name\": \"Ada\"}",
        "{\"parameters\": {}, \"name\": \"f\"}",
        "{\"type\": \"object\", \"name\": \"f\", \"parameters\": {}}",
        " {\"a\": 1}",
        "{",
        "",
        " ",
    ] {
        check(&LLAMA, text, text, &[]);
    }
    let call = "{\"name\": \"f\", \"parameters\": {}}";
    check(&LLAMA, &format!("{call} and more {call}"), &format!(" and more {call}"), &["f({})"]);
}

#[test]
fn what_is_no_call_is_text() {
    for inside in [
        "{\"name\": \"f\", \"arguments\": {\"a\": 1,}}\n</tool_call>",
        "{\"name\": \"f\", \"arguments\": \"{}\"}",
        "{\"name\": \"f\", \"arguments\": [1]}",
        "{\"name\": 3, \"arguments\": {}}",
        "{\"name\": {}, \"arguments\": {}}",
        "{\"arguments\": {}}",
        "{\"name\": \"f\", \"name\": \"f\"}",
        "{\"name\": \"f\", \"arguments\": {}, \"more\": 1}",
        "{\"name\": \"f\", \"arguments\": {\"a\": \"\\ud800\"}}",
        "{\"name\": \"f\", \"arguments\": {\"a\"",
        "f(1)</tool_call>",
        "",
    ] {
        let answer = format!("a \n<tool_call> {inside}");
        let (told, calls) = read(CallReader::new(&HERMES), &[&answer]);
        assert_eq!(calls, Calls { content: answer.clone(), calls: vec![] });
        assert_eq!(told_again(&told, &calls), calls);
    }
}

#[test]
fn arguments_come_as_they_are_made() {
    let pieces = [
        "Look",
        ":\n<tool",
        "_call>\n{\"name\": \"f",
        "\", \"arguments\": ",
        "{\"a\"",
        ": 1",
        "}}\n",
    ];
    let mut reader = CallReader::new(&HERMES).streaming();
    let told: Vec<Vec<Told>> = pieces.iter().map(|piece| reader.push(piece)).collect();
    let more = |piece: &str| vec![Told::Arguments { index: 0, piece: piece.to_string() }];
    let call = Told::Call { index: 0, id: None, name: "f".to_string() };
    let begun = vec![call, more("{\"a\"").remove(0)];
    let text = |text: &str| vec![Told::Text(text.to_string())];
    assert_eq!(told, [text("Look"), text(":"), vec![], vec![], begun, more(": 1"), more("}")]);
    let mut cut = CallReader::new(&HERMES).streaming();
    pieces[..6].iter().for_each(|piece| drop(cut.push(piece)));
    let (rest, read) = cut.finish();
    assert_eq!((rest, read.content.as_str()), (vec![], "Look:"));
    assert_eq!((read.calls[0].arguments.as_str(), read.calls[0].is_broken), ("{\"a\": 1", true));
}

/// Pieces of which answers are made: frames, calls and what comes near to them.
fn answers() -> impl Strategy<Value = String> {
    let parts = [
        "<tool_call>",
        "</tool_call>",
        "<tool",
        "\n",
        " ",
        "[TOOL_CALLS]",
        "[",
        "]",
        ",",
        ";",
        "{",
        "}",
        "{\"name\": \"f\", \"arguments\": {\"a\": [1, \"é}\"]}}",
        "{\"name\": \"g\", \"parameters\": {}}",
        "{\"name\": ",
        "\"h\"",
        "\"arguments\": ",
        "a",
        "é",
        "\"",
        "\\u00e9",
        "{\"a\": 1}",
    ];
    prop::collection::vec(prop::sample::select(parts.to_vec()), 0..14)
        .prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn however_it_is_cut_the_same_is_told(
        answer in answers(),
        cuts in prop::collection::vec(0..120_usize, 0..8),
    ) {
        for dialect in ALL {
            for is_streaming in [false, true] {
                let new = || match is_streaming {
                    true => CallReader::new(dialect).streaming(),
                    false => CallReader::new(dialect),
                };
                let (_, whole) = read(new(), &[&answer]);
                let at = cuts.iter().filter_map(|&n| answer.char_indices().nth(n)).map(|(i, _)| i);
                let mut at: Vec<usize> = at.chain([0, answer.len()]).collect();
                at.sort_unstable();
                let pieces: Vec<&str> = at.windows(2).map(|pair| &answer[pair[0]..pair[1]]).collect();
                let (told, again) = read(new(), &pieces);
                prop_assert_eq!(&again, &whole);
                prop_assert_eq!(told_again(&told, &again), again);
                for call in &whole.calls {
                    let is_json = serde_json::from_str::<Value>(&call.arguments).is_ok();
                    prop_assert!(is_json != call.is_broken && (is_streaming || is_json));
                }
                if dialect.mark().is_some_and(|mark| !answer.contains(mark)) {
                    prop_assert_eq!(&whole.content, &answer);
                }
            }
        }
    }
}
