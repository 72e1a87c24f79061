//! Requests that are answered, by the addresses that take them: they stand in the document, so that whoever reads it
//! sees one, and whoever tests by it has where to begin.

use serde_json::{Value, json};
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::{OpenApi, RefOr};

/// Each with its name.
pub(super) fn all() -> Vec<(&'static str, &'static str, Value)> {
    let said = json!([{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Who bakes the bread?"}]);
    let asked =
        json!([{"role": "user", "content": [{"type": "text", "text": "Who bakes the bread?"}]}]);
    let schema = json!({"type": "object", "properties": {"city": {"enum": ["Oslo", "Rome"]}}, "required": ["city"],
        "additionalProperties": false});
    let function =
        json!({"name": "weather", "description": "The weather of a city.", "parameters": schema});
    let tools = json!([{"type": "function", "function": function}]);
    let format = json!({"type": "json_schema", "json_schema": {"name": "place", "strict": true, "schema": schema}});
    let chat = "/v1/chat/completions";
    vec![
        (
            chat,
            "whole",
            json!({"messages": said, "max_tokens": 8, "n": 2, "logprobs": true, "top_logprobs": 2}),
        ),
        (
            chat,
            "streamed",
            json!({"messages": said, "max_tokens": 8, "stream": true, "logprobs": true,
            "stream_options": {"include_usage": true}}),
        ),
        (chat, "tools", json!({"messages": asked, "tools": tools, "tool_choice": "required"})),
        (chat, "form", json!({"messages": asked, "response_format": format})),
        (
            "/v1/completions",
            "whole",
            json!({"prompt": "Once", "max_tokens": 8, "temperature": 0.7, "best_of": 2}),
        ),
        (
            "/v1/completions",
            "streamed",
            json!({"prompt": ["One", "Two"], "max_tokens": 4, "stream": true}),
        ),
        (
            "/v1/completions",
            "told",
            json!({"prompt": [[1, 2, 3], [4]], "max_tokens": 1, "echo": true, "logprobs": 2}),
        ),
        ("/v1/embeddings", "texts", json!({"input": ["bread", "baker"]})),
        (
            "/v1/embeddings",
            "bytes",
            json!({"input": "bread", "encoding_format": "base64", "dimensions": 4}),
        ),
        (
            "/v1/messages",
            "whole",
            json!({"messages": asked, "max_tokens": 8, "system": "Be brief."}),
        ),
        ("/v1/messages", "streamed", json!({"messages": asked, "max_tokens": 8, "stream": true})),
        (
            "/v1/messages",
            "tools",
            json!({"messages": asked, "max_tokens": 80, "tool_choice": {"type": "any"},
            "tools": [{"name": "weather", "input_schema": schema}]}),
        ),
        ("/v1/messages/count_tokens", "text", json!({"messages": asked})),
        ("/v1/responses/input_tokens", "text", json!({"input": "Who bakes the bread?"})),
        (
            "/v1/responses",
            "whole",
            json!({"input": "Who bakes the bread?", "max_output_tokens": 8}),
        ),
        (
            "/v1/responses",
            "streamed",
            json!({"input": said, "max_output_tokens": 8, "stream": true}),
        ),
        (
            "/v1/rerank",
            "texts",
            json!({"query": "bread", "documents": ["A baker.", {"text": "A smith."}],
            "return_documents": true, "top_n": 1}),
        ),
        ("/tokenize", "text", json!({"prompt": "bread", "return_token_strs": true})),
        ("/tokenize", "pieces", json!({"content": "bréad", "with_pieces": true})),
        ("/detokenize", "ids", json!({"tokens": [1, 2, 3]})),
        ("/apply-template", "chat", json!({"messages": said})),
    ]
}

/// Puts them where they belong.
pub(super) fn add(document: &mut OpenApi) {
    for (path, name, body) in all() {
        let operation = document.paths.paths.get_mut(path).and_then(|path| path.post.as_mut());
        let content = operation.and_then(|operation| operation.request_body.as_mut());
        let content = content.and_then(|body| body.content.get_mut("application/json"));
        if let Some(content) = content {
            let example = ExampleBuilder::new().value(Some(body)).build();
            content.examples.insert(name.to_string(), RefOr::T(example));
        }
    }
}
