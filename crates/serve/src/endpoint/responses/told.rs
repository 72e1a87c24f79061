//! Answers as lists of items, whole or event by event.

use axum::response::sse::Event;
use chat::{Call, Finish, Heard, Reply};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::Responses;
use crate::Refusal;
use crate::stream::Tell;
use crate::usage::{fresh_item, now};

/// An answer.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ResponsesAnswer)]
pub struct Answer {
    id: String,
    object: &'static str,
    created_at: u64,
    /// "completed", "incomplete" or "in_progress".
    status: &'static str,
    #[schema(value_type = Option<Object>)]
    error: Value,
    /// Why it is incomplete.
    #[schema(value_type = Option<Object>)]
    incomplete_details: Value,
    instructions: Option<String>,
    max_output_tokens: Option<usize>,
    model: String,
    /// Thoughts, messages and calls.
    #[schema(value_type = Vec<Object>)]
    output: Vec<Value>,
    parallel_tool_calls: bool,
    previous_response_id: Option<String>,
    store: bool,
    temperature: f32,
    #[schema(value_type = Object)]
    text: Value,
    #[schema(value_type = Value)]
    tool_choice: Value,
    #[schema(value_type = Vec<Object>)]
    tools: Value,
    top_p: f32,
    truncation: &'static str,
    #[schema(value_type = Option<Object>)]
    usage: Value,
    #[schema(value_type = Object)]
    metadata: Value,
}

/// Tells an answer.
pub(super) struct Teller {
    answer: Answer,
    events: usize,
    /// The item that is open, and what it holds so far.
    open: Option<Value>,
}

impl Teller {
    pub(super) fn new(model: String, asked: Responses) -> Self {
        let truncation = match asked.truncation.unwrap_or_default() {
            super::Truncation::Auto => "auto",
            super::Truncation::Disabled => "disabled",
        };
        let answer = Answer {
            id: fresh_item("resp"),
            object: "response",
            created_at: now(),
            status: "in_progress",
            error: Value::Null,
            incomplete_details: Value::Null,
            instructions: asked.instructions,
            max_output_tokens: asked.max_output_tokens,
            model,
            output: Vec::new(),
            parallel_tool_calls: asked.parallel_tool_calls.unwrap_or(true),
            previous_response_id: None,
            store: false,
            temperature: asked.temperature.unwrap_or(1.0),
            text: asked.text.map_or_else(|| json!({"format": {"type": "text"}}), Value::Object),
            tool_choice: asked.tool_choice.unwrap_or_else(|| json!("auto")),
            tools: asked.tools.unwrap_or_else(|| json!([])),
            top_p: asked.top_p.unwrap_or(1.0),
            truncation,
            usage: Value::Null,
            metadata: Value::Object(asked.metadata.unwrap_or_default()),
        };
        Self { answer, events: 0, open: None }
    }

    /// The answer in one piece.
    pub(super) fn whole(mut self, reply: &Reply) -> Answer {
        if !reply.reasoning.is_empty() {
            let mut item = reasoning();
            let content = json!([thought(&reply.reasoning)]);
            (item["content"], item["status"]) = (content, json!("completed"));
            self.answer.output.push(item);
        }
        if !reply.text.is_empty() || reply.calls.is_empty() {
            let mut item = message();
            (item["content"], item["status"]) = (json!([part(&reply.text)]), status(reply));
            self.answer.output.push(item);
        }
        for Call { id, name, arguments, .. } in &reply.calls {
            let mut item = call(id.as_deref().unwrap_or_default(), name);
            (item["arguments"], item["status"]) = (json!(arguments), status(reply));
            self.answer.output.push(item);
        }
        self.end(reply);
        self.answer
    }

    fn end(&mut self, reply: &Reply) {
        self.answer.status = match reply.finish {
            Finish::Length => "incomplete",
            _ => "completed",
        };
        if reply.finish == Finish::Length {
            self.answer.incomplete_details = json!({"reason": "max_output_tokens"});
        }
        self.answer.usage = json!({
            "input_tokens": reply.prompt_tokens,
            "input_tokens_details": {"cached_tokens": reply.cached_tokens, "cache_write_tokens": 0},
            "output_tokens": reply.completion_tokens,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": reply.prompt_tokens + reply.completion_tokens,
        });
    }

    /// An event of a name, numbered.
    fn event(&mut self, name: &str, mut fields: Value) -> Event {
        (fields["type"], fields["sequence_number"]) = (json!(name), json!(self.events));
        self.events += 1;
        Event::default().event(name).data(fields.to_string())
    }

    fn index(&self) -> usize {
        self.answer.output.len()
    }

    /// Opens an item, unless one of its type is open that goes on.
    fn item(&mut self, mut item: Value, events: &mut Vec<Event>) {
        let same = self.open.as_ref().is_some_and(|open| open["type"] == item["type"]);
        if same && item["type"] != "function_call" {
            return;
        }
        self.close("completed", events);
        let index = self.index();
        events.push(
            self.event("response.output_item.added", json!({"output_index": index, "item": item})),
        );
        let part = match item["type"].as_str() {
            Some("message") => Some(part("")),
            Some("reasoning") => Some(thought("")),
            _ => None,
        };
        if let Some(part) = part {
            let fields = json!({"item_id": item["id"], "output_index": index, "content_index": 0, "part": part});
            item["content"] = json!([part]);
            events.push(self.event("response.content_part.added", fields));
        }
        self.open = Some(item);
    }

    /// Adds to the open item.
    fn add(&mut self, text: &str, name: &str, events: &mut Vec<Event>) {
        let index = self.index();
        let Some(open) = &mut self.open else { return };
        let mut fields = json!({"item_id": open["id"], "output_index": index, "delta": text});
        let held = match open["type"].as_str() {
            Some("function_call") => &mut open["arguments"],
            kind => {
                fields["content_index"] = json!(0);
                if kind == Some("message") {
                    fields["logprobs"] = json!([]);
                }
                &mut open["content"][0]["text"]
            }
        };
        if let Value::String(held) = held {
            held.push_str(text);
        }
        events.push(self.event(name, fields));
    }

    fn close(&mut self, status: &str, events: &mut Vec<Event>) {
        let Some(mut item) = self.open.take() else { return };
        item["status"] = json!(status);
        let (index, id) = (self.index(), item["id"].clone());
        match item["type"].as_str() {
            Some(kind @ ("message" | "reasoning")) => {
                let at = json!({"item_id": id, "output_index": index, "content_index": 0});
                let (mut text, mut whole) = (at.clone(), at);
                text["text"] = item["content"][0]["text"].clone();
                whole["part"] = item["content"][0].clone();
                let name = match kind {
                    "message" => {
                        text["logprobs"] = json!([]);
                        "response.output_text.done"
                    }
                    _ => "response.reasoning_text.done",
                };
                events.push(self.event(name, text));
                events.push(self.event("response.content_part.done", whole));
            }
            Some("function_call") => {
                let fields = json!({"item_id": id, "output_index": index, "name": item["name"], "arguments": item["arguments"]});
                events.push(self.event("response.function_call_arguments.done", fields));
            }
            _ => {}
        }
        events.push(
            self.event("response.output_item.done", json!({"output_index": index, "item": item})),
        );
        self.answer.output.push(item);
    }
}

fn status(reply: &Reply) -> Value {
    match reply.finish {
        Finish::Length => json!("incomplete"),
        _ => json!("completed"),
    }
}

fn part(text: &str) -> Value {
    json!({"type": "output_text", "text": text, "annotations": [], "logprobs": []})
}

fn thought(text: &str) -> Value {
    json!({"type": "reasoning_text", "text": text})
}

fn message() -> Value {
    json!({"type": "message", "id": fresh_item("msg"), "status": "in_progress", "role": "assistant", "content": []})
}

fn reasoning() -> Value {
    json!({"type": "reasoning", "id": fresh_item("rs"), "status": "in_progress", "summary": [], "content": []})
}

fn call(id: &str, name: &str) -> Value {
    json!({"type": "function_call", "id": fresh_item("fc"), "call_id": id, "name": name, "arguments": "", "status": "in_progress"})
}

impl Tell for Teller {
    fn opening(&mut self) -> Vec<Event> {
        let response = json!({"response": self.answer});
        vec![
            self.event("response.created", response.clone()),
            self.event("response.in_progress", response),
        ]
    }

    fn tell(&mut self, _: usize, heard: Heard) -> Vec<Event> {
        let mut events = Vec::new();
        match heard {
            Heard::Piece { text, .. } if !text.is_empty() => {
                self.item(message(), &mut events);
                self.add(&text, "response.output_text.delta", &mut events);
            }
            Heard::Thought(text) => {
                self.item(reasoning(), &mut events);
                self.add(&text, "response.reasoning_text.delta", &mut events);
            }
            Heard::Call { id, name, .. } => self.item(call(&id, &name), &mut events),
            Heard::Arguments { piece, .. } => {
                self.add(&piece, "response.function_call_arguments.delta", &mut events);
            }
            Heard::Done(Ok(reply)) => {
                if self.open.is_none() && self.answer.output.is_empty() {
                    self.item(message(), &mut events);
                }
                let status =
                    if reply.finish == Finish::Length { "incomplete" } else { "completed" };
                self.close(status, &mut events);
                self.end(&reply);
                let response = json!({"response": self.answer});
                events.push(self.event(&format!("response.{status}"), response));
            }
            _ => {}
        }
        events
    }

    fn closing(&mut self) -> Vec<Event> {
        Vec::new()
    }

    fn failed(&mut self, refusal: &Refusal) -> Vec<Event> {
        let fields =
            json!({"code": refusal.code, "message": refusal.message, "param": refusal.param});
        vec![self.event("error", fields)]
    }
}
