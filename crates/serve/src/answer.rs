//! The JSON that goes out: a whole completion, the chunks of a streamed one, the list of models.

use chat::{Finish, Reply};
use serde_json::{Value, json};

/// What all chunks of one answer share.
#[derive(Clone, Debug)]
pub struct Heading {
    /// The answer's id.
    pub id: String,
    /// When it was asked for, in seconds since 1970.
    pub created: u64,
    /// The model's name.
    pub model: String,
}

impl Heading {
    /// A completion in one piece.
    pub fn whole(&self, reply: &Reply) -> Value {
        let choice = json!({
            "index": 0,
            "message": {"role": "assistant", "content": reply.text},
            "finish_reason": finish_reason(reply.finish),
            "logprobs": null,
        });
        self.object("chat.completion", json!([choice]), Some(usage(reply)))
    }

    /// The first chunk, which says who speaks.
    pub fn opening(&self) -> Value {
        self.chunk(json!({"role": "assistant", "content": ""}), None)
    }

    /// A piece of the text.
    pub fn piece(&self, text: &str) -> Value {
        self.chunk(json!({"content": text}), None)
    }

    /// The last chunk of the text, which says why it ended.
    pub fn closing(&self, finish: Finish) -> Value {
        self.chunk(json!({}), Some(finish))
    }

    /// The chunk after the last, which counts tokens.
    pub fn usage(&self, reply: &Reply) -> Value {
        self.object("chat.completion.chunk", json!([]), Some(usage(reply)))
    }

    fn chunk(&self, delta: Value, finish: Option<Finish>) -> Value {
        let finish_reason = finish.map(finish_reason);
        let choice = json!({"index": 0, "delta": delta, "finish_reason": finish_reason});
        self.object("chat.completion.chunk", json!([choice]), None)
    }

    fn object(&self, object: &str, choices: Value, usage: Option<Value>) -> Value {
        let mut value = json!({
            "id": self.id, "object": object, "created": self.created, "model": self.model,
            "choices": choices,
        });
        if let Some(usage) = usage {
            value["usage"] = usage;
        }
        value
    }
}

/// The list of the one model.
pub fn models(name: &str) -> Value {
    json!({"object": "list", "data": [
        {"id": name, "object": "model", "created": 0, "owned_by": "lyceum"},
    ]})
}

fn usage(reply: &Reply) -> Value {
    json!({
        "prompt_tokens": reply.prompt_tokens,
        "completion_tokens": reply.completion_tokens,
        "total_tokens": reply.prompt_tokens + reply.completion_tokens,
    })
}

fn finish_reason(finish: Finish) -> &'static str {
    match finish {
        // Nobody reads the answer of one who left.
        Finish::Stop | Finish::Cancelled => "stop",
        Finish::Length => "length",
    }
}
