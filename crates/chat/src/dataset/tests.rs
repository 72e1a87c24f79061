//! Every form, every reason to leave a record out, and records that mean harm.

use serde_json::json;

use super::*;

fn fields(record: &Value) -> Fields {
    record.as_object().expect("an object").clone()
}

/// A conversation in a line: each role's first letter and its words.
fn short(conversation: &[Message]) -> String {
    let turn = |m: &Message| format!("{}:{}", &m.role.name()[..1], m.text().unwrap());
    conversation.iter().map(turn).collect::<Vec<_>>().join("|")
}

fn read(record: &Value) -> (Option<String>, Counts) {
    let mut dataset = Dataset::default();
    let conversation = dataset.read(&fields(record), "a.jsonl:3").unwrap();
    (conversation.map(|c| short(&c)), dataset.counts)
}

/// Records of this one conversation.
fn check(record: Value, expected: &str) {
    let (conversation, counts) = read(&record);
    assert_eq!(conversation.as_deref(), Some(expected), "{record}");
    assert_eq!(counts, Counts { conversations: 1, ..Counts::default() });
}

fn turns(turns: &[(&str, &str)]) -> Value {
    let turn = |(role, content): &(&str, &str)| json!({"role": role, "content": content});
    json!({"messages": turns.iter().map(turn).collect::<Vec<_>>()})
}

#[test]
fn every_form_is_read() {
    check(turns(&[("system", "s"), ("user", "q"), ("assistant", "a")]), "s:s|u:q|a:a");
    check(
        json!({"messages": [
            {"role": "user", "content": [{"type": "text", "text": "q"}], "name": "x"},
            {"role": "assistant", "content": "a", "tool_calls": []},
            {"role": "tool", "content": "t"}, {"role": "tool", "content": "t"},
            {"role": "assistant", "content": "b", "tool_calls": null}]}),
        "u:q|a:a|t:t|t:t|a:b",
    );
    check(
        json!({"id": 7, "conversations": [
            {"from": "human", "value": "q"}, {"from": "gpt", "value": "a"},
            {"from": "user", "value": "r"}, {"from": "assistant", "value": "b"}]}),
        "u:q|a:a|u:r|a:b",
    );
    check(
        json!({"system": "s", "conversations": [
            {"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]}),
        "s:s|u:q|a:a",
    );
    check(
        json!({"conversations": [{"from": "system", "value": "s"}, {"from": "human", "value": "q"},
            {"from": "chatgpt", "value": "a"}, {"from": "observation", "value": "t"},
            {"from": "gpt", "value": "b"}], "system": ""}),
        "s:s|u:q|a:a|t:t|a:b",
    );
    check(json!({"instruction": "do", "input": "it", "output": "done"}), "u:do\nit|a:done");
    check(json!({"instruction": "do", "input": "", "response": "done"}), "u:do|a:done");
    check(json!({"instruction": "", "input": "it", "output": "done"}), "u:it|a:done");
    check(json!({"instruction": "do", "context": "it", "response": "done"}), "u:do\nit|a:done");
    check(
        json!({"instruction": "do", "input": null, "output": "done", "system": "s",
            "history": [["q", "a"], ["r", "b"]], "rejected": "no"}),
        "s:s|u:q|a:a|u:r|a:b|u:do|a:done",
    );
    check(
        json!({"instruction": "do", "instances": [{"input": "it", "output": "done"}]}),
        "u:do\nit|a:done",
    );
    check(json!({"prompt": "q", "completion": " a"}), "u:q|a: a");
    check(json!({"prompt": "q", "response": "a"}), "u:q|a:a");
    check(json!({"question": "q", "answer": "a", "id": 3}), "u:q|a:a");
    check(
        json!({"prompt": [{"role": "system", "content": "s"}, {"role": "user", "content": "q"}],
            "completion": [{"role": "assistant", "content": "a"}]}),
        "s:s|u:q|a:a",
    );
    // Of two forms, the one that says more.
    check(
        json!({"prompt": "x", "completion": "y", "messages": [
        {"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]}),
        "u:q|a:a",
    );
}

#[test]
fn what_teaches_nothing_is_left_out_and_counted() {
    let check = |record: Value, why: Skip| {
        let (conversation, counts) = read(&record);
        assert_eq!((conversation, counts.conversations), (None, 0), "{record}");
        assert_eq!(counts.skipped, BTreeMap::from([(why, 1)]), "{record}");
        assert_eq!(counts.first_skipped.as_deref(), Some("a.jsonl:3"));
    };
    check(turns(&[]), Skip::NoAnswer);
    check(turns(&[("system", "s"), ("user", "q")]), Skip::NoAnswer);
    check(json!({"messages": null}), Skip::NoAnswer);
    check(json!({"instruction": "do", "output": " \n"}), Skip::EmptyAnswer);
    check(json!({"question": "q", "answer": null}), Skip::EmptyAnswer);
    check(
        json!({"messages": [{"role": "user", "content": "q"}, {"role": "assistant"}]}),
        Skip::EmptyAnswer,
    );
    check(
        turns(&[("user", "q"), ("assistant", ""), ("user", "r"), ("assistant", "b")]),
        Skip::EmptyAnswer,
    );
    check(json!({"instruction": " ", "input": "", "output": "done"}), Skip::EmptyQuestion);
    check(turns(&[("assistant", "a")]), Skip::Order);
    check(turns(&[("system", "s"), ("assistant", "a")]), Skip::Order);
    check(turns(&[("user", "q"), ("system", "s"), ("assistant", "a")]), Skip::Order);
    check(turns(&[("user", "q"), ("tool", "t"), ("assistant", "a")]), Skip::Order);
    check(
        turns(&[
            ("user", "q"),
            ("assistant", "a"),
            ("tool", "t"),
            ("user", "r"),
            ("assistant", "b"),
        ]),
        Skip::Order,
    );
}

#[test]
fn turns_of_one_speaker_become_one_and_unanswered_ones_go() {
    let (conversation, counts) = read(&turns(&[
        ("system", "s"),
        ("system", "s"),
        ("user", "q"),
        ("user", "r"),
        ("assistant", ""),
        ("assistant", "a"),
        ("assistant", " "),
        ("user", "more"),
        ("user", "more"),
    ]));
    assert_eq!(conversation.as_deref(), Some("s:s\n\ns|u:q\n\nr|a:a"));
    let expected =
        Counts { conversations: 1, merged_turns: 5, unanswered_turns: 1, ..Counts::default() };
    assert_eq!(counts, expected);
}

#[test]
fn counts_are_told_in_a_line() {
    let mut dataset = Dataset::default();
    let records = [
        turns(&[("user", "q"), ("user", "q"), ("assistant", "a"), ("user", "q")]),
        turns(&[("user", "q"), ("assistant", "")]),
        turns(&[("user", "q")]),
        turns(&[("user", "q"), ("assistant", "")]),
    ];
    for (i, record) in records.iter().enumerate() {
        dataset.read(&fields(record), &format!("a.json:{i}")).unwrap();
    }
    assert_eq!(
        dataset.counts().to_string(),
        "1 conversations; 3 records left out (1 without an answer, 2 with an empty answer; \
         the first: a.json:1); 1 turns joined to the one before; 1 turns after the last answer \
         dropped"
    );
    assert_eq!(Counts::default().to_string(), "0 conversations");
}

#[test]
fn what_breaks_its_form_is_named_with_its_place() {
    let check = |record: Value, expected: &[&str]| {
        let error = Dataset::default().read(&fields(&record), "a.jsonl:3").unwrap_err();
        let message = error.to_string();
        assert!(message.starts_with("a.jsonl:3: ") && message.len() < 1500, "{message}");
        assert!(expected.iter().all(|word| message.contains(word)), "{message}");
    };
    check(
        json!({"text": "t", "id": 1}),
        &["[\"text\", \"id\"]", "expected \"messages\"", "\"answer\""],
    );
    check(json!({}), &["the keys []"]);
    check(json!({"instruction": "do", "input": "it"}), &["\"instruction\"", "no form"]);
    check(json!({"prompt": "q", "chosen": "a", "rejected": "b"}), &["\"chosen\""]);
    check(json!({"messages": "q"}), &["a list in \"messages\"", "a text"]);
    check(json!({"messages": ["q"]}), &["turn 1 is a text"]);
    check(turns(&[("user", "q"), ("cat", "a")]), &["turn 2", "cat", "assistant"]);
    check(json!({"messages": [{"content": "q"}]}), &["turn 1", "role"]);
    check(json!({"messages": [{"role": "user", "content": 3}]}), &["turn 1", "content"]);
    let picture = json!([{"type": "image_url", "image_url": {"url": "x"}}]);
    check(json!({"messages": [{"role": "user", "content": picture}]}), &["turn 1", "picture"]);
    let call = json!({"role": "assistant", "content": "a", "tool_calls": [{"function": {}}]});
    check(json!({"messages": [call]}), &["turn 1", "calls a tool"]);
    check(json!({"conversations": [{"from": "cat", "value": "a"}]}), &["turn 1", "cat", "human"]);
    check(json!({"conversations": [{"value": "a"}]}), &["turn 1", "no \"from\"", "value"]);
    check(json!({"conversations": [{"from": "gpt"}]}), &["turn 1", "no \"value\""]);
    check(json!({"conversations": [7]}), &["turn 1 is a number"]);
    check(json!({"instruction": ["do"], "output": "done"}), &["text in \"instruction\"", "a list"]);
    check(json!({"instruction": "do", "output": 42}), &["text in \"output\"", "a number"]);
    check(json!({"instruction": "do", "output": "a", "history": [["q"]]}), &["two texts"]);
    check(json!({"instruction": "do", "instances": []}), &["one object in \"instances\""]);
    check(json!({"question": {}, "answer": "a"}), &["text in \"question\"", "an object"]);
    check(json!({"question": "q\u{0}", "answer": "a"}), &["NUL"]);
    check(turns(&[("user", "\u{0}")]), &["turn 1", "NUL"]);
    check(turns(&vec![("user", "q"); MOST_TURNS + 1]), &["1025 turns", "at most 1024"]);
    let many: Fields = (0..500).map(|i| (format!("{i}{}", "k".repeat(500)), json!(1))).collect();
    check(Value::Object(many), &["and others"]);
}

#[test]
fn nothing_panics_whatever_stands_where() {
    let keys = [
        "messages",
        "conversations",
        "instruction",
        "output",
        "history",
        "instances",
        "prompt",
        "completion",
        "question",
        "answer",
        "role",
        "content",
        "from",
        "value",
        "system",
    ];
    let mut rng = stdx::Rng::new(5);
    let mut kept = 0;
    for _ in 0..20_000 {
        let record = fields(&object(&mut rng, &keys, 3));
        kept += usize::from(matches!(Dataset::default().read(&record, "a:1"), Ok(Some(_))));
    }
    assert!(kept > 20, "{kept} conversations by chance");
}

fn object(rng: &mut stdx::Rng, keys: &[&str], depth: usize) -> Value {
    let n = rng.index(6);
    (0..n).map(|_| (rng.choose(keys).to_string(), value(rng, keys, depth))).collect()
}

fn value(rng: &mut stdx::Rng, keys: &[&str], depth: usize) -> Value {
    match rng.index(if depth == 0 { 4 } else { 8 }) {
        0 => json!(null),
        1 => json!(3),
        2 => json!("human"),
        3 => json!(*rng.choose(&["user", "assistant", "gpt", "", "\u{0}"])),
        4 | 5 => (0..rng.index(4)).map(|_| value(rng, keys, depth - 1)).collect(),
        _ => object(rng, keys, depth - 1),
    }
}
