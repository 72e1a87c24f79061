//! Tools for a model whose template knows none: they are told in the system's message, calls are
//! written into the assistant's text, and what tools returned is the user's, all in Hermes' form.
//!
//! Messages and tools are guarded before, not after: the marks that are written here are meant.

use serde_json::Value;

use super::Tool;
use crate::message::{Content, ToolCall};
use crate::{Error, Message, Role};

/// Messages that say of tools and calls what the template does not.
///
/// # Errors
/// [`Error::Part`] where a message that must be put in other words is no text.
pub fn tell(messages: &[Message], tools: &[Tool]) -> Result<Vec<Message>, Error> {
    let mut told = Vec::<Message>::with_capacity(messages.len() + 1);
    let mut rest = messages;
    if !tools.is_empty() {
        let mut system = introduction(tools);
        if let Some((first, others)) =
            messages.split_first().filter(|(m, _)| m.role == Role::System)
        {
            system = format!("{}\n\n{system}", first.text()?);
            rest = others;
        }
        told.push(Message::new(Role::System, system));
    }
    let mut after_tool = false;
    for message in rest {
        let is_tool = message.role == Role::Tool;
        match told.last_mut() {
            Some(last) if is_tool && after_tool => {
                last.content = Content::Text(format!("{}\n{}", last.text()?, returned(message)?));
            }
            _ if is_tool => told.push(Message::new(Role::User, returned(message)?)),
            _ if message.tool_calls.is_empty() => told.push(message.clone()),
            _ => told.push(called(message)?),
        }
        after_tool = is_tool;
    }
    Ok(told)
}

/// The same without the system's message: what it says stands at the beginning of the first question.
/// None where there is no such pair.
pub(crate) fn without_system(messages: &[Message]) -> Result<Option<Vec<Message>>, Error> {
    match messages {
        [system, question, rest @ ..]
            if system.role == Role::System && question.role == Role::User =>
        {
            let text = format!("{}\n\n{}", system.text()?, question.text()?);
            let question = Message { content: Content::Text(text), ..question.clone() };
            Ok(Some([&[question], rest].concat()))
        }
        _ => Ok(None),
    }
}

/// What the system says of the tools.
fn introduction(tools: &[Tool]) -> String {
    let definitions: Vec<String> = tools.iter().map(|tool| tool.definition().to_string()).collect();
    format!(
        "# Tools\n\nYou can call functions. Their signatures, as JSON, are:\n<tools>\n{}\n</tools>\n\n\
         To call one, write a JSON object with its name and its arguments between two marks, and \
         nothing after the last call:\n<tool_call>\n\
         {{\"name\": \"the function's name\", \"arguments\": {{\"an argument\": \"its value\"}}}}\n\
         </tool_call>",
        definitions.join("\n")
    )
}

fn returned(message: &Message) -> Result<String, Error> {
    Ok(format!("<tool_response>\n{}\n</tool_response>", message.text()?))
}

/// The assistant's message with its calls in its text.
fn called(message: &Message) -> Result<Message, Error> {
    let text = message.text()?;
    let calls = message.tool_calls.iter().map(written);
    let lines: Vec<String> =
        Some(text).filter(|t| !t.is_empty()).into_iter().chain(calls).collect();
    let content = Content::Text(lines.join("\n"));
    Ok(Message { content, tool_calls: Vec::new(), ..message.clone() })
}

fn written(call: &ToolCall) -> String {
    let name = Value::from(call.function.name.as_str());
    let arguments = match call.function.arguments.trim() {
        "" => "{}",
        json => json,
    };
    format!("<tool_call>\n{{\"name\": {name}, \"arguments\": {arguments}}}\n</tool_call>")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::message::Function;
    use crate::{Conversation, Template};

    fn call(name: &str, arguments: &str) -> ToolCall {
        let function = Function { name: name.to_string(), arguments: arguments.to_string() };
        ToolCall { id: Some("c".to_string()), function }
    }

    #[test]
    fn everything_is_said_in_words() {
        let tools = [Tool::new("add", "Adds.", json!({"type": "object"})).unwrap()];
        let mut asked = Message::new(Role::Assistant, "Wait.");
        asked.tool_calls = vec![call("add", r#"{"a": 1}"#), call("add", "")];
        let messages = [
            Message::new(Role::System, "Be brief."),
            Message::new(Role::User, "1 + 1?"),
            asked,
            Message::new(Role::Tool, "2"),
            Message::new(Role::Tool, "0"),
            Message::new(Role::Assistant, "2."),
        ];
        let told = tell(&messages, &tools).unwrap();
        let roles: Vec<&str> = told.iter().map(|m| m.role.name()).collect();
        assert_eq!(roles, ["system", "user", "assistant", "user", "assistant"]);
        let system = told[0].text().unwrap();
        assert!(system.starts_with("Be brief.\n\n# Tools"), "{system}");
        assert!(system.contains(&tools[0].definition().to_string()), "{system}");
        assert_eq!(
            told[2].text().unwrap(),
            "Wait.\n<tool_call>\n{\"name\": \"add\", \"arguments\": {\"a\": 1}}\n</tool_call>\n\
             <tool_call>\n{\"name\": \"add\", \"arguments\": {}}\n</tool_call>"
        );
        let returned = "<tool_response>\n2\n</tool_response>\n<tool_response>\n0\n</tool_response>";
        assert_eq!(told[3].text().unwrap(), returned);
        assert!(Template::default().render(&Conversation::ask(&told)).is_ok());
        assert_eq!(tell(&messages[..2], &[]).unwrap(), messages[..2]);
        let asked = tell(&messages[1..2], &tools).unwrap();
        assert_eq!((asked[0].role, asked.len()), (Role::System, 2));
    }

    #[test]
    fn a_template_is_told_what_it_does_not_know() {
        let tools = [Tool::new("add", "Adds.", json!({"type": "object"})).unwrap()];
        let question = [Message::new(Role::User, "1 + 1?")];
        let render = |source: &str, messages: &[Message], tools: Option<&[Tool]>| {
            let template = Template::new(source).unwrap();
            template.tell(&Conversation { tools, ..Conversation::ask(messages) })
        };
        let roles = "{% for m in messages %}{{ m.role }}:{{ m.content }};{% endfor %}";
        let told = render(roles, &question, Some(&tools)).unwrap();
        assert!(told.starts_with("system:# Tools") && told.ends_with("user:1 + 1?;"), "{told}");
        let refuses = format!(
            "{{% if messages[0].role == 'system' %}}{{{{ raise_exception('no') }}}}{{% endif %}}{roles}"
        );
        let told = render(&refuses, &question, Some(&tools)).unwrap();
        assert!(told.starts_with("user:# Tools") && told.ends_with("\n\n1 + 1?;"), "{told}");
        let knows = format!("{{{{ tools | length }}}}<tool_call>{roles}");
        assert_eq!(render(&knows, &question, Some(&tools)).unwrap(), "1<tool_call>user:1 + 1?;");
        assert_eq!(render(roles, &question, None).unwrap(), "user:1 + 1?;");
        assert_eq!(render(roles, &question, Some(&[])).unwrap(), "user:1 + 1?;");
        let mut asked = Message::new(Role::Assistant, "");
        asked.tool_calls = vec![call("add", "{}")];
        let told = render(roles, &[asked], None).unwrap();
        assert!(told.starts_with("assistant:<tool_call>\n{\"name\": \"add\""), "{told}");
    }
}
