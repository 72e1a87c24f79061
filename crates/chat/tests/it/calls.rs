//! A model that says anything, and has tools: whatever its seed, its calls are of tools that there are,
//! with arguments that are valid, and the reader finds in the answer what the grammar allowed.

use chat::tools::dialect::{ALL, Dialect};
use chat::tools::reader::{Calls, Told};
use chat::{CallReader, Grammar, Thought, Tools};
use serde_json::{Value, json};
use tokenizer::Tokenizer;

use super::any_model::{Case, cases};
use super::valid::valid;

/// The same tokenizers, with marks as tokens: of Hermes' as text, of Mistral's as a special token.
fn marked() -> Vec<(&'static str, Case)> {
    let with_marks = |case: Case| {
        let mut file: Value = serde_json::from_str(&case.tokenizer.to_json()).unwrap();
        let first = case.tokenizer.vocab_size();
        let added = file["added_tokens"].as_array_mut().unwrap();
        for (i, (mark, special)) in
            [("<tool_call>", false), ("[TOOL_CALLS]", true)].iter().enumerate()
        {
            added.push(
                json!({"id": first + i, "content": mark, "special": special, "lstrip": false,
                "rstrip": false, "single_word": false, "normalized": false}),
            );
        }
        Case::new(Tokenizer::from_json(&file.to_string()).unwrap(), case.stop)
    };
    cases().into_iter().map(|(name, case)| (name, with_marks(case))).collect()
}

fn tools() -> Value {
    let weather = json!({"type": "object", "required": ["place"], "additionalProperties": false,
        "properties": {"place": {"type": "string", "maxLength": 8}, "days": {"type": "integer",
        "minimum": 1, "maximum": 9}, "unit": {"enum": ["C", "F", null]}}});
    let add = json!({"type": "object", "required": ["all"], "additionalProperties": false,
        "properties": {"all": {"type": "array", "items": {"type": "number"}, "maxItems": 3}}});
    json!([
        {"type": "function", "function": {"name": "get_weather", "parameters": weather}},
        {"type": "function", "function": {"name": "get", "parameters": null}},
        {"type": "function", "function": {"name": "add-all", "parameters": add}},
    ])
}

fn schema(name: &str) -> Value {
    let tools = tools();
    let tool = tools.as_array().unwrap().iter().find(|tool| tool["function"]["name"] == name);
    match &tool.unwrap()["function"]["parameters"] {
        Value::Null => json!({"type": "object", "properties": {}, "additionalProperties": false}),
        schema => schema.clone(),
    }
}

/// What the reader finds, the same whether it streams or not.
fn read(dialect: &Dialect, answer: &str) -> Calls {
    let mut streaming = CallReader::new(dialect).streaming();
    let mut told: Vec<Told> = Vec::new();
    answer
        .char_indices()
        .for_each(|(i, c)| told.extend(streaming.push(&answer[i..i + c.len_utf8()])));
    let (rest, streamed) = streaming.finish();
    told.extend(rest);
    let mut whole = CallReader::new(dialect);
    whole.push(answer);
    let (_, whole) = whole.finish();
    assert_eq!(whole, streamed, "{answer:?}");
    let pieces = told.iter().filter(|one| matches!(one, Told::Arguments { .. })).count();
    assert!(pieces >= whole.calls.len(), "{answer:?}");
    whole
}

#[derive(Debug, Default)]
struct Counts {
    answers: usize,
    calls: usize,
    several: usize,
    words: usize,
}

fn run(dialect: &'static Dialect, choice: Value, parallel: bool, seeds: u64) -> Counts {
    let tools = Tools::from_json(Some(&tools()), Some(&choice), Some(parallel)).unwrap().unwrap();
    let grammar = Grammar::calls(&tools, dialect, Thought::None);
    let mut counts = Counts::default();
    for (name, case) in marked() {
        let marks: Vec<u32> = ["<tool_call>", "[TOOL_CALLS]"]
            .iter()
            .map(|mark| case.tokenizer.id(mark).unwrap())
            .collect();
        for seed in 0..seeds {
            let Some(answer) = case.answer_with(&marks, &grammar, seed) else { continue };
            let Calls { content, calls } = read(dialect, &answer);
            counts.answers += 1;
            counts.calls += calls.len();
            counts.several += usize::from(calls.len() > 1);
            counts.words += usize::from(!content.is_empty());
            for call in calls {
                let schema = schema(&call.name);
                match serde_json::from_str::<Value>(&call.arguments) {
                    Ok(arguments) => {
                        assert!(valid(&schema, &schema, &arguments), "{name}: {answer}")
                    }
                    // JSON has them, f64 has not.
                    Err(error) => {
                        assert!(error.to_string().contains("out of range"), "{name}: {answer}")
                    }
                }
            }
        }
    }
    counts
}

#[test]
fn calls_are_valid_whatever_the_model_says() {
    for dialect in ALL {
        let counts = run(dialect, json!("required"), true, 30);
        assert!(counts.answers > 30 && counts.words == 0, "{}: {counts:?}", dialect.name);
        assert!(counts.calls >= counts.answers, "{}: {counts:?}", dialect.name);
        let is_several = counts.several > 0;
        assert_eq!(is_several, dialect.name != "Llama 3", "{}: {counts:?}", dialect.name);
        let counts = run(dialect, json!("required"), false, 10);
        assert_eq!(counts.calls, counts.answers, "{}: {counts:?}", dialect.name);
        let named = json!({"type": "function", "function": {"name": "get"}});
        let counts = run(dialect, named, true, 5);
        assert_eq!((counts.calls, counts.words), (counts.answers, 0), "{}", dialect.name);
    }
}

#[test]
fn words_and_calls_as_the_model_likes() {
    for dialect in ALL {
        let counts = run(dialect, json!("auto"), true, 40);
        assert!(counts.answers > 30 && counts.words > 10, "{}: {counts:?}", dialect.name);
        // Chance does not spell the beginning of a bare call.
        assert!(counts.calls > 3 || dialect.name == "Llama 3", "{}: {counts:?}", dialect.name);
        let counts = run(dialect, json!("none"), true, 10);
        assert!(counts.answers > 10 && counts.calls == 0, "{}: {counts:?}", dialect.name);
    }
}
