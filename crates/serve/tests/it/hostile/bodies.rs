//! A good body for each address that takes one, and what can become of it: every value in it replaced, missing or
//! doubled; bytes of it changed, cut off, or put in.

use serde_json::{Value, json};
use stdx::rng::Rng;

use super::super::parse;
use super::{Came, MOST, Server, lives, post, send, start};

/// Bodies that are answered, with all that their addresses know.
pub(super) fn good() -> Vec<(&'static str, Value)> {
    let chat = json!([{"role": "user", "content": "one"}]);
    let schema = json!({"type": "object", "properties": {"a": {"enum": [1, 2]}}, "required": ["a"],
        "additionalProperties": false});
    let function = json!({"type": "function", "name": "add", "parameters": schema});
    vec![
        ("/v1/chat/completions", chat_body(&function)),
        (
            "/v1/chat/completions",
            json!({"messages": chat, "max_tokens": 4, "stream": true, "response_format": {"type":
                "json_schema", "json_schema": {"name": "x", "strict": true, "schema": schema}}}),
        ),
        ("/v1/completions", completion_body()),
        (
            "/v1/completions",
            json!({"prompt": [[1, 2], [3]], "max_tokens": 2, "stream": true,
                "structured_outputs": {"choice": ["yes", "no"]}}),
        ),
        (
            "/v1/embeddings",
            json!({"input": ["one", "two"], "encoding_format": "base64",
            "dimensions": 8, "model": "tiny/one"}),
        ),
        ("/v1/messages", messages_body(&schema)),
        ("/v1/messages/count_tokens", json!({"messages": chat, "system": "two"})),
        ("/v1/responses", responses_body(&function)),
        (
            "/v1/rerank",
            json!({"query": "two", "documents": ["one", {"text": "two"}], "top_n": 1,
            "return_documents": true, "model": "tiny/one"}),
        ),
        ("/tokenize", json!({"content": "one", "add_special_tokens": true, "with_pieces": true})),
        ("/tokenize", json!({"messages": chat, "model": "tiny/one"})),
        ("/detokenize", json!({"tokens": [65, 66], "model": "tiny/one"})),
        (
            "/apply-template",
            json!({"messages": chat, "tools": [function],
            "chat_template_kwargs": {"a": {"b": [1]}}, "model": "tiny/one"}),
        ),
    ]
}

fn chat_body(function: &Value) -> Value {
    let call =
        json!({"id": "c", "type": "function", "function": {"name": "add", "arguments": "{}"}});
    json!({
        "messages": [
            {"role": "system", "content": [{"type": "text", "text": "two"}]},
            {"role": "assistant", "content": null, "reasoning_content": "so", "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c", "content": "3"},
            {"role": "user", "content": "one", "name": "tom"}],
        "model": "tiny/one", "stream": false, "stream_options": {"include_usage": true},
        "max_tokens": 4, "max_completion_tokens": 4, "logprobs": true, "top_logprobs": 2,
        "truncation": "auto", "temperature": 1.0, "top_p": 0.9, "top_k": 5, "min_p": 0.1,
        "typical_p": 0.9, "presence_penalty": 0.1, "frequency_penalty": 0.1,
        "repetition_penalty": 1.1, "logit_bias": {"65": 1}, "stop": ["zz"], "seed": 1, "n": 1,
        "ignore_eos": false, "priority": 0, "tools": [function], "tool_choice": "auto",
        "parallel_tool_calls": true, "chat_template_kwargs": {"a": 1}})
}

fn completion_body() -> Value {
    json!({
        "prompt": "one two", "model": "tiny/one", "stream": false, "max_tokens": 4, "logprobs": 2,
        "echo": true, "suffix": null, "best_of": 2, "temperature": 1.0, "top_p": 0.9, "top_k": 5,
        "min_p": 0.1, "typical_p": 0.9, "presence_penalty": 0.1, "frequency_penalty": 0.1,
        "repetition_penalty": 1.1, "logit_bias": {"65": 1}, "stop": "zz", "seed": 1, "n": 1,
        "ignore_eos": false, "priority": 0, "stream_options": {"include_usage": true},
        "response_format": {"type": "regex", "pattern": "[ab]{3}"}})
}

fn messages_body(schema: &Value) -> Value {
    let call = json!({"type": "tool_use", "id": "t", "name": "add", "input": {"a": 1}});
    let result = json!({"type": "tool_result", "tool_use_id": "t", "content": "2"});
    json!({
        "messages": [{"role": "user", "content": "one"}, {"role": "assistant", "content": [call]},
            {"role": "user", "content": [result, {"type": "text", "text": "so"}]}],
        "model": "tiny/one", "max_tokens": 4, "system": [{"type": "text", "text": "two"}],
        "stop_sequences": ["zz"], "stream": false, "temperature": 1.0, "top_p": 0.9, "top_k": 5,
        "tools": [{"name": "add", "description": "a", "input_schema": schema}],
        "tool_choice": {"type": "auto", "disable_parallel_tool_use": true}})
}

fn responses_body(function: &Value) -> Value {
    json!({
        "input": [{"role": "user", "content": [{"type": "input_text", "text": "one"}]},
            {"type": "function_call", "call_id": "c", "name": "add", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "c", "output": "2"}],
        "instructions": "two", "model": "tiny/one", "max_output_tokens": 4, "temperature": 1.0,
        "top_p": 0.9, "stream": true, "text": {"format": {"type": "text"}}, "tools": [function],
        "tool_choice": "auto", "parallel_tool_calls": true, "truncation": "disabled",
        "metadata": {"a": "b"}})
}

/// What stands in a value's place, as it is written.
fn mutants() -> Vec<String> {
    let plain = [
        "null",
        "true",
        "false",
        "0",
        "-0",
        "-1",
        "1.5",
        "1e-40",
        "1e-320",
        "1e308",
        "1e400",
        "NaN",
        "-Infinity",
        "18446744073709551616",
        "-9223372036854775809",
        "4294967296",
        "99999",
        r#""""#,
        r#""NaN""#,
        r#""\u0000""#,
        r#""\ud800""#,
        r#""\udfff\ud800""#,
        r#""\ufdd0""#,
        r#""a\r\nx-evil: 1""#,
        r#""../../etc/passwd""#,
        r#""<|endoftext|><|im_end|>""#,
        "\"\u{7f}é\u{202e}\"",
        "[]",
        "[null]",
        "[[]]",
        "[[[1]]]",
        "{}",
        r#"{"":""}"#,
        r#"{"a":{"b":[]}}"#,
        r#"{"type":"text"}"#,
        r#"{"$ref":"/"}"#,
        "'a'",
        "undefined",
        "01",
        "0x1",
        "+1",
        ".5",
        "/**/1",
        "",
    ];
    let long = [
        format!("\"{}\"", "one ".repeat(5_000)),
        format!("\"{}\"", "é".repeat(10_000)),
        format!("[{}0]", "0,".repeat(5_000)),
        format!("{{{}\"a\":0}}", r#""b":0,"#.repeat(2_000)),
        deep(100),
        deep(5_000),
        format!("{}1{}", r#"{"a":"#.repeat(100), "}".repeat(100)),
        "9".repeat(1_000),
    ];
    plain.into_iter().map(str::to_string).chain(long).collect()
}

fn deep(levels: usize) -> String {
    "[".repeat(levels) + &"]".repeat(levels)
}

/// Where values stand in a body, as JSON pointers.
fn places(value: &Value, at: &str, into: &mut Vec<String>) {
    let inner: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(k, v)| (k.clone(), v)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(i, v)| (i.to_string(), v)).collect(),
        _ => Vec::new(),
    };
    for (name, value) in inner {
        let at = format!("{at}/{name}");
        places(value, &at, into);
        into.push(at);
    }
}

/// A text that no body has.
const MARK: &str = "@@@";

/// The body with `mutant` at a place.
fn replaced(body: &Value, place: &str, mutant: &str) -> String {
    let mut body = body.clone();
    *body.pointer_mut(place).unwrap() = MARK.into();
    body.to_string().replacen(&format!("\"{MARK}\""), mutant, 1)
}

/// The body without the value at a place, and with it twice.
fn missing_and_doubled(body: &Value, place: &str) -> [String; 2] {
    let (parent, name) = place.rsplit_once('/').unwrap();
    let [mut missing, mut doubled] = [body.clone(), body.clone()];
    let value = body.pointer(place).unwrap().clone();
    match [missing.pointer_mut(parent).unwrap(), doubled.pointer_mut(parent).unwrap()] {
        [Value::Object(missing), Value::Object(doubled)] => {
            missing.remove(name);
            doubled.insert(MARK.to_string(), value);
        }
        [Value::Array(missing), Value::Array(doubled)] => {
            missing.remove(name.parse().unwrap());
            doubled.push(value);
        }
        _ => unreachable!("a place has a parent"),
    }
    [missing.to_string(), doubled.to_string().replacen(MARK, name, 1)]
}

/// The body's bytes with something wrong among them.
fn spoiled(body: &Value, rng: &mut Rng) -> Vec<u8> {
    const PIECES: [&[u8]; 9] = [
        b"\xff",
        b"\xc0\xaf",
        b"\xed\xa0\x80",
        b"\0",
        b"\xef\xbb\xbf",
        b"\\ud800",
        b"\"",
        b"{",
        b"]",
    ];
    let mut bytes = body.to_string().into_bytes();
    let at = rng.index(bytes.len());
    match rng.below(4) {
        0 => bytes.truncate(at),
        1 => bytes[at] = rng.below(256) as u8,
        2 => drop(bytes.splice(at..at, rng.choose(&PIECES).iter().copied())),
        _ => drop(bytes.splice(0..0, rng.choose(&PIECES).iter().copied())),
    }
    bytes
}

/// Wrong bodies: of each place so many, and as many again that are spoiled otherwise.
pub(super) fn wrong(rng: &mut Rng, of_each: usize) -> Vec<(&'static str, Vec<u8>)> {
    let (mutants, mut all) = (mutants(), Vec::new());
    for (path, body) in good() {
        let mut all_places = Vec::new();
        places(&body, "", &mut all_places);
        for place in &all_places {
            let chosen =
                (0..of_each).map(|_| replaced(&body, place, rng.choose::<String>(&mutants)));
            let others = missing_and_doubled(&body, place);
            all.extend(chosen.chain(others).map(|text| (path, text.into_bytes())));
            all.push((path, spoiled(&body, rng)));
        }
        all.extend(mutants.iter().map(|mutant| (path, mutant.clone().into_bytes())));
    }
    all
}

#[test]
fn good_bodies_are_answered() {
    let server = start();
    for (path, body) in good() {
        let came = send(server.address, &post(path, &[], body.to_string().as_bytes()));
        came.judge(path);
        assert_eq!(came.status(), 200, "{path}: {came:?}");
    }
}

#[test]
fn wrong_bodies_are_refused() {
    let (server, mut rng) = (start(), Rng::new(8));
    let mut all = wrong(&mut rng, 4);
    assert!(all.len() > 1_000, "only {}", all.len());
    rng.shuffle(&mut all);
    let refused = std::thread::scope(|scope| {
        let askers = all.chunks(all.len().div_ceil(4)).map(|part| {
            scope.spawn(|| {
                part.iter().filter(|(path, body)| is_refused(&server, path, body)).count()
            })
        });
        let askers: Vec<_> = askers.collect();
        askers.into_iter().map(|asker| asker.join().unwrap()).sum::<usize>()
    });
    // Many a change does no harm; most do.
    assert!(refused > all.len() / 2, "{refused} of {}", all.len());
    lives(&server);
}

fn is_refused(server: &Server, path: &str, body: &[u8]) -> bool {
    let came = send(server.address, &post(path, &[], body));
    let shown = &body[..body.len().min(2_000)];
    came.judge(&format!("{path} {}", String::from_utf8_lossy(shown)));
    assert_ne!(came.status(), 0, "{path}: a whole request gets an answer");
    came.status() >= 400
}

#[test]
fn what_only_a_request_can_bring_about_is_its_mistake() {
    let server = start();
    let all: Value = (0..275).map(|id| (id.to_string(), json!(-100))).collect();
    for (path, body, word) in [
        ("/v1/completions", json!({"prompt": [999]}), "beyond the vocabulary"),
        ("/v1/embeddings", json!({"input": [999]}), "beyond the vocabulary"),
        ("/v1/completions", json!({"prompt": "a", "logit_bias": all}), "all of the 275"),
        (
            "/v1/messages",
            json!({"messages": [{"role": "user", "content": "a"}], "max_tokens": 2,
            "stop_sequences": vec!["a"; 17]}),
            "stop_sequences",
        ),
        ("/v1/completions", json!({"prompt": "a".repeat(MOST / 2), "n": 128}), "ask for fewer"),
    ] {
        let came = send(server.address, &post(path, &[], body.to_string().as_bytes()));
        let Came::Answer { status, body, .. } = came else { panic!("{word}") };
        let message = parse(&body)["error"]["message"].to_string();
        assert!(status == 400 && message.contains(word), "{status} {message}");
    }
}

#[test]
fn only_json_is_read_and_only_so_much() {
    let server = start();
    let kinds = [
        "text/plain",
        "text/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=a",
        "application/xml",
        "application/octet-stream",
        "",
        ";",
        "application/json2",
        "json",
        "*/*",
        "application/jsonp",
        "application/json, text/plain",
        "\u{e9}",
    ];
    for (path, body) in good() {
        let body = body.to_string();
        for kind in kinds {
            let came = send(
                server.address,
                &post(path, &[&format!("content-type: {kind}")], body.as_bytes()),
            );
            came.judge(kind);
            assert_eq!(came.status(), 415, "{path} {kind}");
        }
        let long = format!("{{\"a\": \"{}\"}}", "a".repeat(MOST));
        let came = send(server.address, &post(path, &[], long.as_bytes()));
        came.judge("too long");
        assert!([0, 413].contains(&came.status()), "{path}: {came:?}");
    }
    let name = "\0".repeat(MOST / 8);
    let body = json!({"prompt": "a", "model": name, "logit_bias": {name: "a"}}).to_string();
    for path in ["/v1/completions", "/detokenize"] {
        let came = send(server.address, &post(path, &[], body.as_bytes()));
        came.judge("a long name");
        assert!(came.status() >= 400, "{came:?}");
    }
    lives(&server);
}
