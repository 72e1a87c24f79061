//! What clients of other servers send and wait for: found by running llama.cpp's server tests and the tests of
//! OpenAI's and Anthropic's own clients against this one.

use serde_json::{Value, json};
use serve::keys::Keys;
use serve::{Models, Settings};

use super::real::{model, ok, post, start};
use super::{Server, events, parse};

fn ask(more: Value) -> Value {
    let mut body = json!({"messages": [{"role": "user", "content": "one"}], "max_tokens": 4});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

#[test]
fn addresses_are_known_without_their_version_too() {
    let server = start();
    assert_eq!(ok(&server, "/chat/completions", ask(json!({})))["object"], "chat.completion");
    let text = json!({"prompt": "one", "max_tokens": 2});
    assert_eq!(ok(&server, "/completions", text)["object"], "text_completion");
    assert_eq!(ok(&server, "/responses", json!({"input": "one"}))["object"], "response");
    assert_eq!(ok(&server, "/embeddings", json!({"input": "one"}))["object"], "list");
    for path in ["/rerank", "/reranking", "/v1/reranking"] {
        let body = json!({"query": "one", "documents": ["two"]});
        assert_eq!(ok(&server, path, body)["results"][0]["index"], 0, "{path}");
    }
    for path in ["/models", "/models/tiny/one", "/v1/health"] {
        assert_eq!(server.send(&format!("GET {path}"), "").0, 200, "{path}");
    }
}

#[test]
fn other_names_of_addresses_ask_for_a_key_as_well() {
    let mut keys = Keys::default();
    keys.add("tom", "open sesame");
    let models = Models::one(model(chat::BatchedOptions::default()));
    let server = serve::Server::new(models, Settings { keys, ..Settings::default() });
    let router = serve::router(&server);
    let server = Server::of(std::sync::Arc::default(), server, router);
    for head in ["GET /models", "POST /chat/completions", "POST /responses/input_tokens"] {
        assert_eq!(server.send(head, "{}").0, 401, "{head}");
    }
    assert_eq!(server.send("GET /v1/health", "").0, 200);
}

#[test]
fn what_changes_no_answer_here_is_passed_over() {
    let server = start();
    let more = json!({
        "store": true, "metadata": {"a": "b"}, "user": "u", "service_tier": "auto", "verbosity": "low",
        "parallel_tool_calls": true, "reasoning_effort": "low", "modalities": ["text"],
        "prediction": {"type": "content", "content": "x"}, "safety_identifier": "s",
        "prompt_cache_key": "k", "prompt_cache_retention": "24h", "logit_bias": null, "stop": null,
        "tools": null, "tool_choice": null, "functions": [], "audio": null, "response_format": null,
        "stream_options": null, "n": null, "seed": null, "cache_prompt": true, "id_slot": 0,
    });
    ok(&server, "/v1/chat/completions", ask(more));
    let more = json!({
        "input": "one", "store": true, "include": ["reasoning.encrypted_content"],
        "reasoning": {"effort": "low", "summary": "auto"}, "text": {"verbosity": "low"},
        "prompt_cache_key": "k", "service_tier": "auto", "max_output_tokens": 4, "background": false,
    });
    ok(&server, "/v1/responses", more);
    let more = json!({
        "metadata": {"user_id": "u"}, "thinking": {"type": "enabled", "budget_tokens": 1024},
        "service_tier": "auto", "cache_control": {"type": "ephemeral"}, "mcp_servers": [],
        "system": [{"type": "text", "text": "two", "cache_control": {"type": "ephemeral"}}],
    });
    ok(&server, "/v1/messages", ask(more));
}

#[test]
fn what_would_change_it_is_refused_by_name() {
    let server = start();
    let check = |path: &str, body: Value, param: &str| {
        let (status, answer) = post(&server, path, body);
        assert!(status == 400 && answer.to_string().contains(param), "{param}: {status} {answer}");
    };
    for more in [
        json!({"functions": [{"name": "f"}]}),
        json!({"audio": {"voice": "alloy", "format": "wav"}}),
        json!({"web_search_options": {"search_context_size": "low"}}),
        json!({"moderation": {"model": "m"}}),
        json!({"modalities": ["text", "audio"]}),
        json!({"grammar": "root ::= this is (not a grammar"}),
        json!({"guided_json": {"type": 123}}),
        json!({"continue_final_message": true}),
    ] {
        let name = more.as_object().unwrap().keys().next().unwrap().clone();
        let word = match name.as_str() {
            "guided_json" => "schema",
            "continue_final_message" => "go on",
            name => name,
        };
        check("/v1/chat/completions", ask(more), word);
    }
    check("/v1/messages", ask(json!({"mcp_servers": [{"url": "http://a"}]})), "mcp_servers");
    check("/v1/responses", json!({"input": "a", "conversation": "c"}), "conversation");
}

#[test]
fn ids_have_the_prefixes_by_which_clients_know_them() {
    let server = start();
    let is = |value: &Value, prefix: &str| {
        assert!(value.as_str().unwrap().starts_with(prefix), "{value} is no {prefix}");
    };
    is(&ok(&server, "/v1/chat/completions", ask(json!({})))["id"], "chatcmpl-");
    is(&ok(&server, "/v1/messages", ask(json!({})))["id"], "msg_");
    let answer = ok(&server, "/v1/responses", json!({"input": "one", "max_output_tokens": 3}));
    is(&answer["id"], "resp_");
    is(&answer["output"][0]["id"], "msg_");
}

/// The events of a stream whose events have names.
fn named(server: &Server, path: &str, body: Value) -> Vec<Value> {
    let (status, text) = server.send(&format!("POST {path}"), &body.to_string());
    assert_eq!(status, 200, "{text}");
    let data = |event: &str| parse(event.split_once("\ndata: ").unwrap().1);
    text.split_terminator("\n\n").filter(|event| !event.starts_with(':')).map(data).collect()
}

#[test]
fn a_stream_of_messages_begins_with_the_length_of_its_prompt() {
    let server = start();
    let body = ask(json!({"stream": true}));
    let events = named(&server, "/v1/messages", body);
    assert_eq!(events[0]["type"], "message_start");
    let usage = |event: &Value| {
        let usage =
            if event["message"].is_null() { &event["usage"] } else { &event["message"]["usage"] };
        usage["input_tokens"].as_u64().unwrap() + usage["cache_read_input_tokens"].as_u64().unwrap()
    };
    let last = events.iter().rfind(|event| event["type"] == "message_delta").unwrap();
    assert!(usage(&events[0]) > 0 && usage(&events[0]) == usage(last), "{events:?}");
}

#[test]
fn parts_of_a_responses_stream_have_all_their_fields() {
    let server = start();
    let body = json!({"input": "one", "max_output_tokens": 4, "stream": true});
    let events = named(&server, "/v1/responses", body);
    for name in ["response.output_text.delta", "response.output_text.done"] {
        let event = events.iter().find(|event| event["type"] == name).unwrap();
        assert_eq!(event["logprobs"], json!([]), "{event}");
    }
    let usage = &events.last().unwrap()["response"]["usage"];
    assert_eq!(usage["input_tokens_details"]["cache_write_tokens"], 0);
    let body = json!({"input": [{"role": "user", "content": "one"},
        {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c", "output": [{"type": "input_text", "text": "2"}]}]});
    let count =
        |body: Value| ok(&server, "/v1/responses/input_tokens", body)["input_tokens"].clone();
    let mut plain = body.clone();
    plain["input"][2]["output"] = "2".into();
    assert_eq!(count(body), count(plain));
}

#[test]
fn parts_of_a_message_stand_on_lines_of_their_own() {
    let server = start();
    let parts = json!([{"type": "text", "text": "one"}, {"type": "text", "text": "two"}]);
    let messages = json!([{"role": "user", "content": parts}]);
    let rendered = ok(&server, "/apply-template", json!({"messages": messages}));
    assert_eq!(rendered["prompt"], "one\ntwo");
    let count = |content: Value| {
        let body = json!({"messages": [{"role": "user", "content": content}]});
        ok(&server, "/v1/messages/count_tokens", body)["input_tokens"].clone()
    };
    assert_eq!(count(parts), count(json!("one\ntwo")));
}

#[test]
fn forms_by_other_names_are_held_to() {
    let server = start();
    let schema = json!({"enum": [42]});
    for more in [
        json!({"response_format": {"type": "json_object", "schema": schema}}),
        json!({"json_schema": schema}),
        json!({"guided_json": schema}),
    ] {
        let answer = ok(&server, "/v1/chat/completions", ask(more.clone()));
        assert_eq!(answer["choices"][0]["message"]["content"], "42", "{more}");
    }
    let more = json!({"output_config": {"format": {"type": "json_schema", "schema": schema}}});
    assert_eq!(ok(&server, "/v1/messages", ask(more))["content"][0]["text"], "42");
}

#[test]
fn grammars_of_llama_cpp_are_held_to() {
    let server = start();
    let more = json!({"grammar": "root ::= \"a\"{5,5}", "max_tokens": 9});
    let answer = ok(&server, "/v1/chat/completions", ask(more));
    assert_eq!(answer["choices"][0]["message"]["content"], "aaaaa");
}

#[test]
fn whoever_sends_texts_gets_ranks_in_their_form() {
    let server = start();
    let body = json!({"query": "two?", "texts": ["one two", "seven"], "return_text": true});
    let ranked = ok(&server, "/rerank", body);
    let list = ranked.as_array().unwrap();
    assert_eq!(list.len(), 2);
    assert!(list[0]["score"].as_f64() >= list[1]["score"].as_f64());
    assert!(list[0]["text"].is_string());
    let both = json!({"query": "a", "texts": ["a"], "documents": ["a"]});
    assert_eq!(post(&server, "/rerank", both).0, 400);
}

#[test]
fn a_prompt_that_is_too_long_is_told_so_in_words_that_clients_know() {
    let server = start();
    let body =
        json!({"messages": [{"role": "user", "content": "one ".repeat(3000)}], "max_tokens": 4});
    let (status, answer) = post(&server, "/v1/chat/completions", body.clone());
    let error = &answer["error"];
    assert_eq!((status, &error["code"]), (400, &json!("context_length_exceeded")));
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("maximum context length is 2000 tokens"), "{message}");
    let text = json!({"input": "one ".repeat(3000)});
    let (status, answer) = post(&server, "/v1/embeddings", text);
    let code = &answer["error"]["code"];
    assert_eq!((status, code), (400, &json!("context_length_exceeded")), "{answer}");
    let (_, answer) = post(&server, "/v1/messages", body);
    assert!(answer["error"]["message"].as_str().unwrap().contains("prompt is too long"));
}

#[test]
fn logprobs_say_that_nothing_was_refused() {
    let server = start();
    let more = json!({"logprobs": true, "stream": true});
    let (_, body) = server.send("POST /v1/chat/completions", &ask(more).to_string());
    let told = events(&body).into_iter().filter(|event| *event != "[DONE]").map(parse);
    let told: Vec<Value> = told.map(|event| event["choices"][0]["logprobs"].clone()).collect();
    assert!(told.iter().any(|logprobs| logprobs.get("refusal") == Some(&Value::Null)), "{told:?}");
}

#[test]
fn models_have_the_fields_that_anthropics_client_reads() {
    let server = start();
    let list = parse(&server.send("GET /v1/models", "").1);
    assert_eq!((&list["has_more"], &list["first_id"]), (&json!(false), &json!("tiny/one")));
    let one = parse(&server.send("GET /v1/models/tiny/one", "").1);
    assert_eq!((&one["type"], &one["display_name"]), (&json!("model"), &json!("tiny/one")));
    assert!(one["created_at"].as_str().unwrap().ends_with('Z'));
    assert_eq!(one, list["data"][0]);
}
