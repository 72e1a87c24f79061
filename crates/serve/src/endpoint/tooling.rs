//! What belongs to a conversation beside its turns: the tools that may be called, what else a template asks for,
//! and how the answer is opened.
//!
//! How much a model is to think, each interface says in its own way. Here it is told to the template, as
//! llama.cpp's and vLLM's servers do it; one that knows no such variable does not care.

use chat::ask::Chat;
use chat::{Message, Opening, Tools};
use serde_json::{Map, Value};

use crate::Refusal;
use crate::body::Body;

/// A conversation with the tools, the template's variables and the opening of a body.
///
/// # Errors
/// A [`Refusal`] that names the field.
pub(super) fn chat(messages: Vec<Message>, body: &Body) -> Result<Chat, Refusal> {
    let [tools, choice] = ["tools", "tool_choice"].map(|name| body.field(name));
    let tools = read(tools, choice, flag(body, "parallel_tool_calls")?)?;
    Ok(Chat { messages, tools, variables: variables(body)?, opening: opening(body)? })
}

/// Tools in OpenAI's form.
pub(super) fn read(
    tools: &Value,
    choice: &Value,
    parallel: Option<bool>,
) -> Result<Option<Tools>, Refusal> {
    let choice = Some(choice).filter(|choice| !choice.is_null());
    let read = Tools::from_json(Some(tools), choice, parallel);
    read.map_err(|error| Refusal::field("tools", error.to_string()))
}

/// What a template is told: `chat_template_kwargs`, and where those do not say it, how much is to be thought.
pub(super) fn variables(body: &Body) -> Result<Option<Map<String, Value>>, Refusal> {
    let mut variables = match body.field("chat_template_kwargs") {
        Value::Null => Map::new(),
        Value::Object(variables) => variables.clone(),
        _ => return Err(Refusal::field("chat_template_kwargs", "expected an object")),
    };
    let mut tell = |name: &str, value: Value| {
        variables.entry(name).or_insert(value);
    };
    match effort(body)? {
        Some("none") => tell("enable_thinking", false.into()),
        Some(effort) => tell("reasoning_effort", effort.into()),
        None => {}
    }
    // Anthropic's form, which others took over.
    match body.field("thinking")["type"].as_str() {
        Some("disabled") => tell("enable_thinking", false.into()),
        Some("enabled" | "adaptive") => tell("enable_thinking", true.into()),
        _ => {}
    }
    Ok(Some(variables).filter(|variables| !variables.is_empty()))
}

/// `reasoning_effort`, or `reasoning.effort` of the Responses API.
fn effort(body: &Body) -> Result<Option<&str>, Refusal> {
    let fields = [
        ("reasoning_effort", body.field("reasoning_effort")),
        ("reasoning.effort", &body.field("reasoning")["effort"]),
    ];
    let Some((name, value)) = fields.into_iter().find(|(_, value)| !value.is_null()) else {
        return Ok(None);
    };
    let effort = value.as_str().ok_or_else(|| Refusal::field(name, "expected a text"))?;
    Ok(Some(effort))
}

/// `continue_final_message` and `add_generation_prompt`, as vLLM has them.
fn opening(body: &Body) -> Result<Opening, Refusal> {
    let goes_on = flag(body, "continue_final_message")?.unwrap_or(false);
    match (goes_on, flag(body, "add_generation_prompt")?) {
        (true, Some(true)) => {
            let message = "continue_final_message and add_generation_prompt do not go together";
            Err(Refusal::field("continue_final_message", message))
        }
        (true, _) => Ok(Opening::LastTurn),
        (false, Some(false)) => Ok(Opening::Nothing),
        (false, _) => Ok(Opening::Turn),
    }
}

fn flag(body: &Body, name: &str) -> Result<Option<bool>, Refusal> {
    match body.field(name) {
        Value::Null => Ok(None),
        Value::Bool(is) => Ok(Some(*is)),
        _ => Err(Refusal::field(name, format!("{name}: expected true or false"))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_template_is_told_how_much_is_to_be_thought() {
        let check = |body: Value, expected: Value| {
            let told = variables(&Body::of(body.clone())).unwrap();
            assert_eq!(told.map_or(Value::Null, Value::Object), expected, "{body}");
        };
        check(json!({}), Value::Null);
        check(json!({"reasoning_effort": null, "reasoning": {}, "thinking": null}), Value::Null);
        check(json!({"reasoning_effort": "low"}), json!({"reasoning_effort": "low"}));
        check(json!({"reasoning": {"effort": "high"}}), json!({"reasoning_effort": "high"}));
        check(json!({"reasoning_effort": "none"}), json!({"enable_thinking": false}));
        check(json!({"thinking": {"type": "disabled"}}), json!({"enable_thinking": false}));
        check(
            json!({"thinking": {"type": "enabled", "budget_tokens": 9}}),
            json!({"enable_thinking": true}),
        );
        // What is said to the template itself stands.
        let own = json!({"enable_thinking": true, "a": 1});
        check(json!({"reasoning_effort": "none", "chat_template_kwargs": own}), own.clone());
        for (body, param) in [
            (json!({"reasoning_effort": 3}), "reasoning_effort"),
            (json!({"reasoning": {"effort": []}}), "reasoning.effort"),
            (json!({"chat_template_kwargs": "a"}), "chat_template_kwargs"),
        ] {
            assert_eq!(variables(&Body::of(body)).unwrap_err().param.as_deref(), Some(param));
        }
    }

    #[test]
    fn an_answer_is_opened_as_the_body_says() {
        let check = |body: Value, expected: Option<Opening>| {
            assert_eq!(opening(&Body::of(body.clone())).ok(), expected, "{body}");
        };
        check(json!({}), Some(Opening::Turn));
        check(json!({"add_generation_prompt": true}), Some(Opening::Turn));
        check(json!({"add_generation_prompt": false}), Some(Opening::Nothing));
        check(json!({"continue_final_message": true}), Some(Opening::LastTurn));
        let both =
            |add: bool| json!({"continue_final_message": true, "add_generation_prompt": add});
        check(both(false), Some(Opening::LastTurn));
        check(both(true), None);
        check(json!({"continue_final_message": "yes"}), None);
    }
}
