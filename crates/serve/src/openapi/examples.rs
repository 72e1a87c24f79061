//! Requests that are answered, by the addresses that take them: they stand in the document, so that whoever reads it
//! sees one, and whoever tests by it has where to begin.

use serde_json::{Value, json};
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::{OpenApi, RefOr};

/// An address, a name, a body.
type Example = (&'static str, &'static str, Value);

fn all() -> Vec<Example> {
    [chats(), completions(), messages(), responses(), others()].concat()
}

fn said() -> Value {
    json!([{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Who bakes the bread?"}])
}

fn asked() -> Value {
    json!([{"role": "user", "content": [{"type": "text", "text": "Who bakes the bread?"}]}])
}

fn schema() -> Value {
    json!({"type": "object", "properties": {"city": {"enum": ["Oslo", "Rome"]}}, "required": ["city"],
        "additionalProperties": false})
}

fn chats() -> Vec<Example> {
    let path = "/v1/chat/completions";
    let function =
        json!({"name": "weather", "description": "The weather of a city.", "parameters": schema()});
    let tools = json!([{"type": "function", "function": function}]);
    let format = json!({"name": "place", "strict": true, "schema": schema()});
    let format = json!({"type": "json_schema", "json_schema": format});
    let whole =
        json!({"messages": said(), "max_tokens": 8, "n": 2, "logprobs": true, "top_logprobs": 2});
    let streamed = json!({"messages": said(), "max_tokens": 8, "stream": true, "logprobs": true,
        "stream_options": {"include_usage": true}});
    let calls = json!({"messages": asked(), "tools": tools, "tool_choice": "required"});
    let form = json!({"messages": asked(), "response_format": format});
    vec![
        (path, "whole", whole),
        (path, "streamed", streamed),
        (path, "tools", calls),
        (path, "form", form),
    ]
}

fn completions() -> Vec<Example> {
    let path = "/v1/completions";
    let whole = json!({"prompt": "Once", "max_tokens": 8, "temperature": 0.7, "best_of": 2});
    let streamed = json!({"prompt": ["One", "Two"], "max_tokens": 4, "stream": true});
    let told = json!({"prompt": [[1, 2, 3], [4]], "max_tokens": 1, "echo": true, "logprobs": 2});
    vec![(path, "whole", whole), (path, "streamed", streamed), (path, "told", told)]
}

fn messages() -> Vec<Example> {
    let path = "/v1/messages";
    let whole = json!({"messages": asked(), "max_tokens": 8, "system": "Be brief."});
    let streamed = json!({"messages": asked(), "max_tokens": 8, "stream": true});
    let tools = json!([{"name": "weather", "input_schema": schema()}]);
    let calls = json!({"messages": asked(), "max_tokens": 80, "tool_choice": {"type": "any"}, "tools": tools});
    let counted = ("/v1/messages/count_tokens", "text", json!({"messages": asked()}));
    vec![(path, "whole", whole), (path, "streamed", streamed), (path, "tools", calls), counted]
}

fn responses() -> Vec<Example> {
    let path = "/v1/responses";
    let whole = json!({"input": "Who bakes the bread?", "max_output_tokens": 8});
    let streamed = json!({"input": said(), "max_output_tokens": 8, "stream": true});
    let counted = ("/v1/responses/input_tokens", "text", json!({"input": "Who bakes the bread?"}));
    vec![(path, "whole", whole), (path, "streamed", streamed), counted]
}

fn others() -> Vec<Example> {
    let bytes = json!({"input": "bread", "encoding_format": "base64", "dimensions": 4});
    let ranked = json!({"query": "bread", "documents": ["A baker.", {"text": "A smith."}], "top_n": 1,
        "return_documents": true});
    vec![
        ("/v1/embeddings", "texts", json!({"input": ["bread", "baker"]})),
        ("/v1/embeddings", "bytes", bytes),
        ("/v1/rerank", "texts", ranked),
        ("/tokenize", "text", json!({"prompt": "bread", "return_token_strs": true})),
        ("/tokenize", "pieces", json!({"content": "bréad", "with_pieces": true})),
        ("/detokenize", "ids", json!({"tokens": [1, 2, 3]})),
        ("/apply-template", "chat", json!({"messages": said()})),
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
