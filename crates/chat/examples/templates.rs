//! Renders conversations for `bench/parity/templates`: reads one JSON object a line, with a template's
//! source and a conversation, and answers with its `text` or the `error`, one a line.

use std::io::{self, BufRead, Write};

use chat::{Conversation, Message, Template, TokenizerConfig, Tool};
use serde::Deserialize;
use serde_json::{Map, Value, json};

#[derive(Deserialize)]
struct Case {
    template: String,
    messages: Vec<Message>,
    tools: Option<Vec<Value>>,
    add_generation_prompt: bool,
    variables: Map<String, Value>,
    tokens: Value,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let answer = match render(&serde_json::from_str(&line?)?) {
            Ok(text) => json!({"text": text}),
            Err(error) => json!({"error": error.to_string()}),
        };
        writeln!(out, "{answer}")?;
    }
    Ok(())
}

fn render(case: &Case) -> Result<String, chat::Error> {
    let config = TokenizerConfig::from_json(&case.tokens.to_string())?;
    let template = Template::new(&case.template)?.beside(&config);
    let tools = case.tools.as_ref().map(|tools| tools.iter().map(Tool::from_json).collect());
    let tools: Option<Vec<Tool>> = tools.transpose()?;
    template.render(&Conversation {
        tools: tools.as_deref(),
        variables: Some(&case.variables),
        add_generation_prompt: case.add_generation_prompt,
        ..Conversation::ask(&case.messages)
    })
}
