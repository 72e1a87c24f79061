//! Answers in Anthropic's form: a list of blocks, whole or as they come.

use axum::response::sse::Event;
use chat::{Finish, Heard, Reply};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::Refusal;
use crate::stream::Tell;

/// An answer in one piece.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MessagesAnswer)]
pub struct Answer {
    id: String,
    r#type: &'static str,
    role: &'static str,
    model: String,
    /// Blocks of text, thoughts, and tools that are called.
    #[schema(value_type = Vec<Object>)]
    content: Vec<Value>,
    /// "end_turn", "max_tokens", "stop_sequence" or "tool_use".
    stop_reason: Option<&'static str>,
    stop_sequence: Option<String>,
    #[schema(value_type = Object)]
    usage: Value,
}

/// A refusal.
pub(super) fn error(refusal: &Refusal) -> Value {
    let kind = match refusal.status.as_u16() {
        401 => "authentication_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        500.. => "api_error",
        _ => "invalid_request_error",
    };
    json!({"type": "error", "error": {"type": kind, "message": refusal.message}})
}

fn usage(prompt: usize, cached: usize, answer: usize) -> Value {
    json!({
        "input_tokens": prompt.saturating_sub(cached),
        "cache_read_input_tokens": cached, "cache_creation_input_tokens": 0,
        "output_tokens": answer,
    })
}

fn usage_of(reply: &Reply) -> Value {
    usage(reply.prompt_tokens, reply.cached_tokens, reply.completion_tokens)
}

fn stop_reason(reply: &Reply) -> &'static str {
    match reply.finish {
        Finish::Calls => "tool_use",
        Finish::Length => "max_tokens",
        Finish::Stop | Finish::Cancelled if reply.stopped_by.is_some() => "stop_sequence",
        Finish::Stop | Finish::Cancelled => "end_turn",
    }
}

/// Tells an answer.
pub(super) struct Teller {
    id: String,
    model: String,
    /// The kind of the block that is open, and its number.
    open: Option<(&'static str, usize)>,
    blocks: usize,
    is_begun: bool,
}

impl Teller {
    pub(super) fn new(id: String, model: String) -> Self {
        Self { id, model, open: None, blocks: 0, is_begun: false }
    }

    /// The answer in one piece.
    pub(super) fn whole(self, reply: &Reply) -> Answer {
        let thought = (!reply.reasoning.is_empty())
            .then(|| json!({"type": "thinking", "thinking": reply.reasoning, "signature": ""}));
        let is_silent = reply.text.is_empty() && !reply.calls.is_empty();
        let text = (!is_silent).then(|| json!({"type": "text", "text": reply.text}));
        let calls = reply.calls.iter().map(|call| {
            // One that was broken off is no JSON.
            let input: Value = serde_json::from_str(&call.arguments).unwrap_or_else(|_| json!({}));
            json!({"type": "tool_use", "id": call.id, "name": call.name, "input": input})
        });
        Answer {
            id: self.id,
            r#type: "message",
            role: "assistant",
            model: self.model,
            content: thought.into_iter().chain(text).chain(calls).collect(),
            stop_reason: Some(stop_reason(reply)),
            stop_sequence: reply.stopped_by.clone(),
            usage: usage_of(reply),
        }
    }

    /// The beginning, which tells how long the prompt is.
    fn begin(&mut self, prompt: usize, cached: usize, events: &mut Vec<Event>) {
        if std::mem::replace(&mut self.is_begun, true) {
            return;
        }
        let message = json!({
            "id": self.id, "type": "message", "role": "assistant", "model": self.model,
            "content": [], "stop_reason": null, "stop_sequence": null, "usage": usage(prompt, cached, 0),
        });
        events.push(event(json!({"type": "message_start", "message": message})));
        events.push(event(json!({"type": "ping"})));
    }

    fn close(&mut self, events: &mut Vec<Event>) {
        if let Some((kind, index)) = self.open.take() {
            if kind == "thinking" {
                // Clients wait for it; nothing is signed here.
                events.push(delta(index, json!({"type": "signature_delta", "signature": ""})));
            }
            events.push(event(json!({"type": "content_block_stop", "index": index})));
        }
    }

    /// Opens a block unless one of its kind is open that goes on.
    fn block(&mut self, kind: &'static str, block: Value, events: &mut Vec<Event>) -> usize {
        if let Some((open, index)) = self.open
            && open == kind
            && kind != "tool_use"
        {
            return index;
        }
        self.close(events);
        let index = self.blocks;
        self.blocks += 1;
        self.open = Some((kind, index));
        let start = json!({"type": "content_block_start", "index": index, "content_block": block});
        events.push(event(start));
        index
    }
}

fn event(value: Value) -> Event {
    let name = value["type"].as_str().unwrap_or_default().to_string();
    Event::default().event(name).data(value.to_string())
}

fn delta(index: usize, delta: Value) -> Event {
    event(json!({"type": "content_block_delta", "index": index, "delta": delta}))
}

impl Tell for Teller {
    fn opening(&mut self) -> Vec<Event> {
        // The beginning needs the prompt's length.
        Vec::new()
    }

    fn tell(&mut self, _: usize, heard: Heard) -> Vec<Event> {
        let mut events = Vec::new();
        match &heard {
            Heard::Began { prompt_tokens, cached_tokens } => {
                self.begin(*prompt_tokens, *cached_tokens, &mut events);
            }
            // Not every model says that it began.
            _ => self.begin(0, 0, &mut events),
        }
        match heard {
            Heard::Piece { text, .. } if !text.is_empty() => {
                let at = self.block("text", json!({"type": "text", "text": ""}), &mut events);
                events.push(delta(at, json!({"type": "text_delta", "text": text})));
            }
            Heard::Thought(text) => {
                let block = json!({"type": "thinking", "thinking": "", "signature": ""});
                let at = self.block("thinking", block, &mut events);
                events.push(delta(at, json!({"type": "thinking_delta", "thinking": text})));
            }
            Heard::Call { id, name, .. } => {
                let block = json!({"type": "tool_use", "id": id, "name": name, "input": {}});
                self.block("tool_use", block, &mut events);
            }
            Heard::Arguments { piece, .. } => {
                if let Some((_, at)) = self.open {
                    let piece = json!({"type": "input_json_delta", "partial_json": piece});
                    events.push(delta(at, piece));
                }
            }
            Heard::Done(Ok(reply)) => {
                self.close(&mut events);
                let ended = json!({
                    "stop_reason": stop_reason(&reply), "stop_sequence": reply.stopped_by,
                });
                let usage = usage_of(&reply);
                events
                    .push(event(json!({"type": "message_delta", "delta": ended, "usage": usage})));
            }
            _ => {}
        }
        events
    }

    fn closing(&mut self) -> Vec<Event> {
        vec![event(json!({"type": "message_stop"}))]
    }

    fn failed(&mut self, refusal: &Refusal) -> Vec<Event> {
        vec![event(error(refusal))]
    }
}
