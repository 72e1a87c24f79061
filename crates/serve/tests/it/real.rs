//! The server in front of a small real model of random weights, which says nothing of sense but everything
//! for certain.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chat::{BatchedModel, BatchedOptions, Limits, Service};
use serde_json::{Value, json};
use serve::keys::Keys;
use serve::rate::Rate;
use serve::{Models, Settings};

use super::{Server, events, parse, wait};

pub(crate) fn model(options: BatchedOptions) -> Arc<BatchedModel> {
    let began = std::time::Instant::now();
    let clock = Arc::new(move || began.elapsed().as_secs_f64());
    Arc::new(chat::untaught("tiny/one", 2000, options, clock).unwrap())
}

pub(super) fn start() -> Server {
    with(BatchedOptions::default(), Settings::default())
}

pub(super) fn with(options: BatchedOptions, settings: Settings) -> Server {
    of(model(options), settings)
}

fn of(model: Arc<BatchedModel>, settings: Settings) -> Server {
    let server = serve::Server::new(Models::one(model), settings);
    let router = serve::router(&server);
    Server::of(Arc::default(), server, router)
}

pub(super) fn post(server: &Server, path: &str, body: Value) -> (u16, Value) {
    let (status, text) = server.send(&format!("POST {path}"), &body.to_string());
    (status, parse(&text))
}

pub(super) fn ok(server: &Server, path: &str, body: Value) -> Value {
    let (status, value) = post(server, path, body);
    assert_eq!(status, 200, "{value}");
    value
}

#[test]
fn completions_of_texts_and_ids_are_the_same() {
    let server = start();
    let complete = |prompt: Value| {
        let body = json!({"prompt": prompt, "max_tokens": 12, "temperature": 0});
        ok(&server, "/v1/completions", body)
    };
    let text = complete(json!("one two"));
    let ids = ok(&server, "/tokenize", json!({"prompt": "one two"}))["tokens"].clone();
    let by_ids = complete(ids.clone());
    assert_eq!(text["choices"], by_ids["choices"]);
    assert_eq!(text["usage"]["prompt_tokens"], ids.as_array().unwrap().len());
    assert_eq!(text["usage"]["completion_tokens"], 12);
    assert_eq!(text["choices"][0]["finish_reason"], "length");
    let several = complete(json!(["one two", "three"]));
    assert_eq!(several["choices"][0]["text"], text["choices"][0]["text"]);
    assert_eq!(several["choices"][1]["index"], 1);
    assert_eq!(several["choices"][1]["text"], complete(json!("three"))["choices"][0]["text"]);
    let detokenized = ok(&server, "/detokenize", json!({"tokens": ids}));
    assert_eq!(detokenized["content"], "one two");
}

#[test]
fn a_given_text_is_told_of_as_evaluations_ask() {
    let server = start();
    let ids = ok(&server, "/tokenize", json!({"prompt": "one two three four"}))["tokens"].clone();
    let body =
        json!({"prompt": ids, "max_tokens": 1, "temperature": 0, "logprobs": 1, "echo": true});
    let answer = ok(&server, "/v1/completions", body);
    let told = &answer["choices"][0]["logprobs"];
    let n = ids.as_array().unwrap().len() + 1;
    for list in ["tokens", "token_logprobs", "top_logprobs", "text_offset"] {
        assert_eq!(told[list].as_array().unwrap().len(), n, "{list}");
    }
    assert!(
        told["token_logprobs"][0].is_null() && told["token_logprobs"][1].as_f64().unwrap() < 0.0
    );
    let said = answer["choices"][0]["text"].as_str().unwrap();
    assert!(said.starts_with("one two three four"), "{said}");
    // What was chosen greedily is the likeliest.
    let last = told["top_logprobs"][n - 1].as_object().unwrap();
    assert_eq!(last.len(), 1);
    assert_eq!(last.values().next().unwrap(), &told["token_logprobs"][n - 1]);
    // Nothing but the given text.
    let body = json!({"prompt": "one two", "max_tokens": 0, "logprobs": 2, "echo": true});
    let answer = ok(&server, "/v1/completions", body);
    assert_eq!(answer["choices"][0]["text"], "one two");
    assert_eq!(answer["usage"]["completion_tokens"], 0);
}

#[test]
fn the_token_that_ends_an_answer_is_told_of() {
    let server = start();
    let end = ok(&server, "/tokenize", json!({"prompt": "<|endoftext|>"}))["tokens"][0].to_string();
    let body = |stream: bool| {
        json!({"prompt": "one two", "max_tokens": 1, "temperature": 0, "logprobs": 1, "echo": true,
            "logit_bias": {end.as_str(): 100}, "stream": stream})
    };
    let answer = ok(&server, "/v1/completions", body(false));
    let choice = &answer["choices"][0];
    assert_eq!((&choice["text"], &choice["finish_reason"]), (&json!("one two"), &json!("stop")));
    let told = choice["logprobs"]["tokens"].as_array().unwrap();
    let n = answer["usage"]["prompt_tokens"].as_u64().unwrap() as usize;
    assert_eq!((told.len(), &told[n]), (n + 1, &json!("<|endoftext|>")));
    assert!(choice["logprobs"]["token_logprobs"][n].as_f64().unwrap() <= 0.0);
    let (_, text) = server.send("POST /v1/completions", &body(true).to_string());
    let parts: Vec<Value> =
        events(&text).iter().filter(|e| **e != "[DONE]").map(|e| parse(e)).collect();
    let lists = parts.iter().filter_map(|part| part["choices"][0]["logprobs"]["tokens"].as_array());
    assert_eq!(lists.flatten().collect::<Vec<_>>(), told.iter().collect::<Vec<_>>());
}

#[test]
fn several_answers_and_the_best_of_them() {
    let server = start();
    let body = |more: Value| {
        let mut body = json!({"prompt": "one", "max_tokens": 6, "seed": 5, "logprobs": 0});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let all = ok(&server, "/v1/completions", body(json!({"n": 4})));
    let texts: Vec<&Value> = (0..4).map(|i| &all["choices"][i]["text"]).collect();
    assert!(texts.iter().any(|text| *text != texts[0]), "{texts:?}");
    assert_eq!(all["usage"]["completion_tokens"], 24);
    let mean = |i: usize| {
        let told = all["choices"][i]["logprobs"]["token_logprobs"].as_array().unwrap();
        told.iter().map(|p| p.as_f64().unwrap()).sum::<f64>() / told.len() as f64
    };
    let best = (0..4).max_by(|a, b| mean(*a).total_cmp(&mean(*b))).unwrap();
    let one = ok(&server, "/v1/completions", body(json!({"best_of": 4})));
    assert_eq!(one["choices"].as_array().unwrap().len(), 1);
    assert_eq!(&one["choices"][0]["text"], texts[best]);
    let chat = json!({"messages": [{"role": "user", "content": "one"}], "n": 3, "max_tokens": 4});
    let chat = ok(&server, "/v1/chat/completions", chat);
    assert_eq!(chat["choices"][2]["index"], 2);
}

#[test]
fn streams_say_the_same_as_whole_answers() {
    let server = start();
    let ask = |stream: bool| {
        json!({"messages": [{"role": "user", "content": "one two"}], "max_tokens": 20, "seed": 3,
            "logprobs": true, "top_logprobs": 2, "stream": stream, "n": 2,
            "stream_options": {"include_usage": true}})
    };
    let whole = ok(&server, "/v1/chat/completions", ask(false));
    let (status, body) = server.send("POST /v1/chat/completions", &ask(true).to_string());
    assert_eq!(status, 200);
    let events = events(&body);
    assert_eq!(events.last(), Some(&"[DONE]"));
    let chunks: Vec<Value> = events[..events.len() - 1].iter().map(|event| parse(event)).collect();
    for choice in 0..2 {
        let own = chunks.iter().flat_map(|chunk| chunk["choices"].as_array().unwrap());
        let own: Vec<&Value> = own.filter(|part| part["index"] == choice).collect();
        let text: String =
            own.iter().filter_map(|part| part["delta"]["content"].as_str()).collect();
        assert_eq!(text, whole["choices"][choice]["message"]["content"]);
        let tokens: Vec<&Value> = own
            .iter()
            .filter_map(|part| part["logprobs"]["content"].as_array())
            .flatten()
            .collect();
        let expected = whole["choices"][choice]["logprobs"]["content"].as_array().unwrap();
        assert_eq!(tokens.len(), expected.len());
        for (token, expected) in tokens.iter().zip(expected) {
            assert_eq!(token["bytes"], expected["bytes"]);
            // What was read before is not read in the same pieces.
            let logprob = |token: &Value| token["logprob"].as_f64().unwrap();
            assert!((logprob(token) - logprob(expected)).abs() < 1e-4);
        }
        assert_eq!(tokens[0]["top_logprobs"].as_array().unwrap().len(), 2);
        assert_eq!(own.last().unwrap()["finish_reason"], whole["choices"][choice]["finish_reason"]);
    }
    let usage = &chunks.last().unwrap()["usage"];
    assert_eq!(usage["completion_tokens"], whole["usage"]["completion_tokens"]);
    assert!(chunks[..chunks.len() - 1].iter().all(|chunk| chunk["usage"].is_null()));
}

#[test]
fn answers_have_the_form_that_was_asked_for() {
    let server = start();
    let ask = |more: Value| {
        let mut body = json!({"messages": [{"role": "user", "content": "one"}], "max_tokens": 60,
            "seed": 2});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let answer = post(&server, "/v1/chat/completions", body);
        (answer.0, answer.1["choices"][0]["message"]["content"].clone(), answer.1)
    };
    let schema = json!({"type": "object", "properties": {"n": {"type": "integer", "minimum": 3,
        "maximum": 5}, "is": {"enum": ["a", "b"]}}, "required": ["n", "is"],
        "additionalProperties": false});
    let format = json!({"type": "json_schema", "json_schema": {"name": "x", "strict": true,
        "schema": schema}});
    let (status, content, _) = ask(json!({"response_format": format}));
    let value = parse(content.as_str().unwrap());
    assert!(status == 200 && (3..=5).contains(&value["n"].as_i64().unwrap()), "{content}");
    assert!(["a", "b"].contains(&value["is"].as_str().unwrap()));
    let (_, content, _) = ask(json!({"structured_outputs": {"choice": ["yes", "no"]}}));
    assert!(["yes", "no"].contains(&content.as_str().unwrap()));
    let (_, content, _) = ask(json!({"response_format": {"type": "regex", "pattern": "[ab]{3}"}}));
    assert_eq!(content.as_str().unwrap().trim_matches(['a', 'b']), "");
    // What cannot be held to is never let through.
    let lax = json!({"type": "json_schema", "json_schema": {"name": "x", "schema":
        {"type": "array", "uniqueItems": true, "items": {}}}});
    let (status, _, answer) = ask(json!({"response_format": lax}));
    assert!(status == 400 && answer["error"]["message"].as_str().unwrap().contains("uniqueItems"));
    for wrong in [json!({"type": "xml"}), json!({"type": "json_schema"}), json!("json"), json!({})]
    {
        let (status, _, answer) = ask(json!({"response_format": wrong}));
        assert_eq!(
            (status, &answer["error"]["param"]),
            (400, &json!("response_format")),
            "{wrong}"
        );
    }
}

#[test]
fn biases_penalties_and_stops_reach_the_model() {
    let server = start();
    let complete = |more: Value| {
        let mut body = json!({"prompt": "one", "max_tokens": 10, "temperature": 0});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        ok(&server, "/v1/completions", body)["choices"][0].clone()
    };
    let plain = complete(json!({}));
    let text = plain["text"].as_str().unwrap().to_string();
    let forced = complete(json!({"logit_bias": {"65": 100}}));
    let id = 65;
    let letter = ok(&server, "/detokenize", json!({"tokens": [id]}))["content"].clone();
    assert_eq!(forced["text"], letter.as_str().unwrap().repeat(10));
    let varied =
        complete(json!({"logit_bias": {"65": 20}, "presence_penalty": 2, "frequency_penalty": 2}));
    assert_ne!(varied["text"], forced["text"]);
    let middle: String = text.chars().skip(2).take(2).collect();
    let stopped = complete(json!({"stop": middle}));
    assert_eq!(stopped["finish_reason"], "stop");
    assert!(text.starts_with(stopped["text"].as_str().unwrap()));
    assert!(!stopped["text"].as_str().unwrap().contains(&middle));
}

#[test]
fn embeddings_and_ranks() {
    let server = start();
    let body = json!({"input": ["one two", "one two", "seven"], "model": "tiny/one"});
    let answer = ok(&server, "/v1/embeddings", body);
    let of = |i: usize| answer["data"][i]["embedding"].as_array().unwrap();
    assert_eq!((of(0).len(), of(0)), (32, of(1)));
    assert_ne!(of(0), of(2));
    let short = ok(
        &server,
        "/v1/embeddings",
        json!({"input": "one two", "dimensions": 8,
        "encoding_format": "base64"}),
    );
    // 8 numbers of 4 bytes.
    assert_eq!(short["data"][0]["embedding"].as_str().unwrap().len(), 44);
    let documents = json!(["one two three", "two", "seven six five"]);
    let body =
        json!({"query": "two?", "documents": documents, "top_n": 2, "return_documents": true});
    let ranked = ok(&server, "/v1/rerank", body);
    let results = ranked["results"].as_array().unwrap();
    assert_eq!(results.len(), 2);
    assert!(results[0]["relevance_score"].as_f64() >= results[1]["relevance_score"].as_f64());
    let index = results[0]["index"].as_u64().unwrap() as usize;
    assert_eq!(results[0]["document"]["text"], documents[index]);
    for (path, body, param) in [
        ("/v1/embeddings", json!({"input": []}), "input"),
        ("/v1/embeddings", json!({"input": "a", "dimensions": 33}), "dimensions"),
        ("/v1/rerank", json!({"query": "a", "documents": []}), "documents"),
        ("/v1/rerank", json!({"documents": ["a"]}), "query"),
    ] {
        let (status, answer) = post(&server, path, body);
        let error = answer["error"].to_string();
        assert!(status == 400 && error.contains(param), "{error}");
    }
}

#[test]
fn the_model_is_told_of() {
    let server = start();
    let list = parse(&server.send("GET /v1/models", "").1);
    assert_eq!(
        (&list["data"][0]["id"], &list["data"][0]["max_model_len"]),
        (&json!("tiny/one"), &json!(2000))
    );
    assert_eq!(parse(&server.send("GET /v1/models/tiny/one", "").1)["id"], "tiny/one");
    assert_eq!(server.send("GET /v1/models/other", "").0, 404);
    assert_eq!(parse(&server.send("GET /tokenizer_info", "").1)["max_model_len"], 2000);
    let body = json!({"messages": [{"role": "user", "content": "one"}]});
    assert_eq!(ok(&server, "/apply-template", body)["prompt"], "one");
    let llama = ok(&server, "/tokenize", json!({"content": "one é", "with_pieces": true}));
    let pieces = llama["tokens"].as_array().unwrap();
    assert!(pieces[0]["piece"].is_string() && pieces.iter().any(|piece| piece["piece"].is_array()));
    let ready = server.send("GET /ready", "");
    assert_eq!(ready.0, 200);
}

#[test]
fn without_its_key_nothing_but_health_is_told() {
    let mut keys = Keys::default();
    keys.add("tom", "open sesame");
    let settings = Settings { keys, rate: Some(Rate::per_minute(6.0)), ..Settings::default() };
    let server = with(BatchedOptions::default(), settings);
    for head in [
        "GET /v1/models",
        "GET /ready",
        "GET /metrics",
        "GET /",
        "GET /nothing",
        "POST /v1/completions",
        "POST /tokenize",
        "GET /health/../metrics",
        "GET //metrics",
        "GET /health/",
    ] {
        let (status, body) = server.send(head, "{}");
        assert_eq!(
            (status, &parse(&body)["error"]["code"]),
            (401, &json!("invalid_api_key")),
            "{head}"
        );
    }
    assert_eq!(server.send("GET /health", "").0, 200);
    let with_key = |key: &str| server.send_with("GET /v1/models", &[key], "").0;
    assert_eq!(with_key("authorization: Bearer open sesam"), 401);
    assert_eq!(with_key("authorization: Basic open sesame"), 401);
    // A browser asks for it as a password, and only where a page is wanted.
    let (_, head, _) = server.whole("GET /", &["accept: text/html"], "");
    assert!(head.to_lowercase().contains("www-authenticate: basic realm"), "{head}");
    assert_eq!(with_key("authorization: Basic dG9tOm9wZW4gc2VzYW0="), 401);
    assert_eq!(with_key("authorization: Basic dG9tOm9wZW4gc2VzYW1l"), 200);
    // Six a minute, and one at once, however it is brought.
    let (status, head, _) = server.whole("GET /v1/models", &["x-api-key: open sesame"], "");
    assert_eq!(status, 429);
    assert!(head.to_lowercase().contains("retry-after: 10"), "{head}");
}

#[test]
fn a_request_keeps_its_number_unless_it_means_harm() {
    let server = start();
    let number = |given: &str| {
        let (_, head, _) = server.whole("GET /health", &[given], "");
        let line =
            head.lines().find(|line| line.to_lowercase().starts_with("x-request-id")).unwrap();
        line.split_once(": ").unwrap().1.to_string()
    };
    assert_eq!(number("x-request-id: abc-1"), "abc-1");
    assert!(number("x-request-id: a b\"c").starts_with("req-"));
    assert!(number(&format!("x-request-id: {}", "a".repeat(200))).starts_with("req-"));
    assert_ne!(number("a: b"), number("a: b"));
}

#[test]
fn an_overload_is_refused_politely_and_counted() {
    let limits = Limits { sequences: 1, ..Limits::default() };
    let options = BatchedOptions { limits, queue: 0, ..BatchedOptions::default() };
    let server = with(options, Settings::default());
    let body = json!({"prompt": "one", "max_tokens": 400, "ignore_eos": true, "stream": true});
    let long = server.connect("POST /v1/completions", &body.to_string());
    let metrics = || server.send("GET /metrics", "").1;
    wait(|| metrics().contains("lyceum:num_requests_running{model_name=\"tiny/one\"} 1"));
    let (status, head, text) = server.whole("POST /v1/completions", &[], &body.to_string());
    let error = &parse(&text)["error"];
    assert_eq!((status, &error["code"]), (429, &json!("queue_full")), "{text}");
    assert!(head.to_lowercase().contains("retry-after: 1"), "{head}");
    drop(long);
    wait(|| metrics().contains("lyceum:num_requests_running{model_name=\"tiny/one\"} 0"));
    let short = json!({"prompt": "one", "max_tokens": 3});
    ok(&server, "/v1/completions", short);
    let text = metrics();
    for line in [
        "lyceum:request_success_total{model_name=\"tiny/one\",finished_reason=\"length\"} 1",
        "lyceum:time_to_first_token_seconds_bucket",
        "lyceum:inter_token_latency_seconds_count{model_name=\"tiny/one\"}",
        "lyceum:prefix_cache_queries_total{model_name=\"tiny/one\"}",
        "lyceum:http_requests_total{path=\"/v1/completions\",status=\"429\"} 1",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
}

#[test]
fn card_and_load_are_those_of_the_model() {
    let model = model(BatchedOptions::default());
    assert_eq!((model.card().context, model.card().width), (2000, 32));
    assert_eq!(model.load().taken, 0);
}

const TOOL: &str = r#"[{"type": "function", "name": "add", "parameters": {"type": "object",
    "properties": {"a": {"enum": [1, 2]}}, "required": ["a"], "additionalProperties": false}}]"#;

#[test]
fn responses_are_items_whole_and_as_they_come() {
    let server = start();
    let ask = |more: Value| {
        let mut body = json!({"input": [{"role": "user", "content": [{"type": "input_text", "text": "one"}]}],
            "instructions": "two", "seed": 3});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let answer = ok(&server, "/v1/responses", ask(json!({"max_output_tokens": 5})));
    assert_eq!((&answer["object"], &answer["status"]), (&json!("response"), &json!("incomplete")));
    assert_eq!(answer["output"][0]["content"][0]["type"], "output_text");
    assert_eq!(answer["usage"]["output_tokens"], 5);
    let tools = json!({"tools": parse(TOOL), "tool_choice": "required", "parallel_tool_calls": false,
        "max_output_tokens": 300});
    let called = ok(&server, "/v1/responses", ask(tools.clone()));
    let call = &called["output"][0];
    assert_eq!(
        (&call["type"], &call["name"], &called["status"]),
        (&json!("function_call"), &json!("add"), &json!("completed")),
        "{called}"
    );
    assert!([1, 2].contains(&parse(call["arguments"].as_str().unwrap())["a"].as_i64().unwrap()));
    let mut streamed = tools;
    streamed["stream"] = true.into();
    for more in [json!({"max_output_tokens": 5, "stream": true}), streamed] {
        let (status, body) = server.send("POST /v1/responses", &ask(more).to_string());
        assert_eq!(status, 200);
        let events: Vec<Value> = body
            .split_terminator("\n\n")
            .map(|event| {
                let (name, data) = event.split_once('\n').unwrap();
                let value = parse(data.strip_prefix("data: ").unwrap());
                assert_eq!(value["type"], name.strip_prefix("event: ").unwrap());
                value
            })
            .collect();
        assert!(events.iter().enumerate().all(|(i, event)| event["sequence_number"] == i));
        let last = &events.last().unwrap()["response"];
        let of_whole = if last["output"][0]["type"] == "message" { &answer } else { &called };
        let content = |answer: &Value| {
            let item = &answer["output"][0];
            [item["content"][0]["text"].clone(), item["arguments"].clone(), item["status"].clone()]
        };
        assert_eq!(content(last), content(of_whole));
        let deltas: String = events.iter().filter_map(|event| event["delta"].as_str()).collect();
        assert!(content(last).contains(&deltas.into()));
    }
    for (more, word) in [
        (json!({"previous_response_id": "resp_1"}), "previous_response_id"),
        (json!({"input": []}), "empty"),
        (json!({"input": [{"type": "computer_call"}]}), "computer_call"),
        (json!({"tools": [{"type": "web_search"}]}), "web_search"),
    ] {
        let (status, refused) = post(&server, "/v1/responses", ask(more));
        assert!(status == 400 && refused.to_string().contains(word), "{refused}");
    }
}

#[test]
fn anthropics_messages_are_understood() {
    let server = start();
    let ask = |more: Value| {
        let mut body = json!({"messages": [{"role": "user", "content": "one"}], "max_tokens": 6,
            "system": [{"type": "text", "text": "two"}]});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let answer = ok(&server, "/v1/messages", ask(json!({"temperature": 0})));
    assert_eq!(
        (&answer["type"], &answer["content"][0]["type"]),
        (&json!("message"), &json!("text"))
    );
    assert_eq!(answer["stop_reason"], "max_tokens");
    let tools = json!({"tools": [{"name": "add", "input_schema": parse(TOOL)[0]["parameters"]}],
        "tool_choice": {"type": "any", "disable_parallel_tool_use": true}, "max_tokens": 300});
    let called = ok(&server, "/v1/messages", ask(tools.clone()));
    let block = &called["content"][0];
    assert_eq!((&called["stop_reason"], &block["name"]), (&json!("tool_use"), &json!("add")));
    assert!([1, 2].contains(&block["input"]["a"].as_i64().unwrap()));
    let turns = json!({"messages": [{"role": "user", "content": "one"},
        {"role": "assistant", "content": [block]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": block["id"], "content": "2"}]}]});
    ok(&server, "/v1/messages", ask(turns.clone()));
    let counted = ok(&server, "/v1/messages/count_tokens", turns);
    assert!(counted["input_tokens"].as_u64().unwrap() > 3);
    let mut streamed = tools;
    streamed["stream"] = true.into();
    let (_, body) = server.send("POST /v1/messages", &ask(streamed).to_string());
    let order: Vec<&str> = body.lines().filter_map(|line| line.strip_prefix("event: ")).collect();
    assert_eq!(order[..3], ["message_start", "ping", "content_block_start"]);
    assert_eq!(order[order.len() - 3..], ["content_block_stop", "message_delta", "message_stop"]);
    let (status, refused) = post(&server, "/v1/messages", json!({"messages": []}));
    assert_eq!((status, &refused["type"]), (400, &json!("error")), "{refused}");
}

#[test]
fn chats_call_tools_whole_and_as_they_come() {
    let server = start();
    let ask = |more: Value| {
        let mut body = json!({"messages": [{"role": "user", "content": "one"}], "max_tokens": 300,
            "tools": parse(TOOL), "tool_choice": "required", "parallel_tool_calls": false, "seed": 3});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let path = "/v1/chat/completions";
    let answer = ok(&server, path, ask(json!({})));
    let message = &answer["choices"][0]["message"];
    let call = &message["tool_calls"][0];
    assert_eq!(answer["choices"][0]["finish_reason"], "tool_calls");
    assert_eq!((&call["type"], &call["function"]["name"]), (&json!("function"), &json!("add")));
    assert!(message["content"].is_null() && call["index"].is_null());
    let arguments = call["function"]["arguments"].as_str().unwrap();
    assert!([1, 2].contains(&parse(arguments)["a"].as_i64().unwrap()));
    let streamed = ask(json!({"stream": true}));
    let (_, body) = server.send(&format!("POST {path}"), &streamed.to_string());
    let events = events(&body);
    let (mut name, mut told) = (String::new(), String::new());
    for event in &events[..events.len() - 1] {
        let delta = parse(event)["choices"][0]["delta"]["tool_calls"][0]["function"].clone();
        name.push_str(delta["name"].as_str().unwrap_or_default());
        told.push_str(delta["arguments"].as_str().unwrap_or_default());
    }
    assert_eq!((name.as_str(), told.as_str()), ("add", arguments));
    let turns = json!({"tool_choice": "none", "max_tokens": 5, "messages": [
        {"role": "user", "content": "one"}, message,
        {"role": "tool", "tool_call_id": call["id"], "content": "2"}]});
    assert!(ok(&server, path, ask(turns))["choices"][0]["message"]["tool_calls"].is_null());
    let both = ask(json!({"response_format": {"type": "json_object"}}));
    assert_eq!(post(&server, path, both).0, 400);
}

#[test]
fn many_texts_of_one_request_take_few_places() {
    let limits = Limits { sequences: 2, ..Limits::default() };
    let options = BatchedOptions { limits, queue: 1, ..BatchedOptions::default() };
    let server = with(options, Settings::default());
    let texts: Vec<String> = (0..30).map(|i| format!("{} two {i}", "one ".repeat(i))).collect();
    let all = ok(&server, "/v1/embeddings", json!({"input": texts}));
    for i in [0, 7, 8, 29] {
        let one = ok(&server, "/v1/embeddings", json!({"input": texts[i]}));
        let numbers = |value: &Value| -> Vec<f64> {
            value["embedding"].as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
        };
        let (one, of_all) = (numbers(&one["data"][0]), numbers(&all["data"][i]));
        assert_eq!(all["data"][i]["index"], i);
        assert!(one.iter().zip(&of_all).all(|(a, b)| (a - b).abs() < 1e-5), "text {i}");
    }
    let ranked = ok(&server, "/v1/rerank", json!({"query": "two", "documents": texts}));
    assert_eq!(ranked["results"].as_array().unwrap().len(), 30);
}

#[test]
fn who_leaves_while_a_text_waits_to_be_embedded_is_forgotten() {
    let limits = Limits { sequences: 1, ..Limits::default() };
    let options = BatchedOptions { limits, ..BatchedOptions::default() };
    let model = chat::untaught("tiny/one", 100_000, options, Arc::new(|| 0.0));
    let model = Arc::new(model.unwrap());
    let server = of(model.clone(), Settings::default());
    // Somebody has the model to himself meanwhile.
    let body = json!({"prompt": "one", "max_tokens": 90_000, "ignore_eos": true, "stream": true});
    let endless = server.connect("POST /v1/completions", &body.to_string());
    wait(|| model.load().batch.running == 1);
    let embedding = server.connect("POST /v1/embeddings", &json!({"input": "two"}).to_string());
    wait(|| model.load().taken == 2);
    drop(embedding);
    wait(|| model.load().taken == 1);
    drop(endless);
    wait(|| model.load().taken == 0);
}

#[test]
fn a_text_that_is_not_read_in_time_is_told_so_and_not_judged() {
    // Every look at this clock is a second later.
    let seconds = AtomicU64::new(0);
    let clock = Arc::new(move || seconds.fetch_add(1, Ordering::SeqCst) as f64);
    let options = BatchedOptions { seconds: Some(0.5), ..BatchedOptions::default() };
    let model = chat::untaught("tiny/one", 2000, options, clock).unwrap();
    let server = of(Arc::new(model), Settings::default());
    for (path, body) in [
        ("/v1/embeddings", json!({"input": "one two"})),
        ("/v1/rerank", json!({"query": "one", "documents": ["two"]})),
    ] {
        let (status, answer) = post(&server, path, body);
        assert!(status == 503 && answer.to_string().contains("time limit"), "{status} {answer}");
    }
}
