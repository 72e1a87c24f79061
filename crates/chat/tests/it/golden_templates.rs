//! Our own templates in the manner of published ones, and Jinja's odds and ends, against what
//! transformers made of them (`bench/parity/templates --golden`).

use std::path::Path;

use chat::{Conversation, Message, Template, TokenizerConfig, Tool};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Golden {
    tokens: Value,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    /// A file beside the golden one, or the template itself.
    template: String,
    messages: Vec<Message>,
    tools: Vec<Value>,
    /// None where transformers refused.
    text: Option<String>,
}

#[test]
fn texts_are_those_of_transformers() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/templates");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let golden: Golden = serde_json::from_str(&read("golden.json")).unwrap();
    let config = TokenizerConfig::from_json(&golden.tokens.to_string()).unwrap();
    let refused = golden.cases.iter().filter(|case| case.text.is_none()).count();
    assert!(golden.cases.len() > 90 && refused > 8, "{} cases, {refused}", golden.cases.len());
    for case in golden.cases {
        let source = match case.template.ends_with(".jinja") {
            true => read(&case.template),
            false => case.template,
        };
        let tools: Vec<Tool> = case.tools.iter().map(|t| Tool::from_json(t).unwrap()).collect();
        let conversation =
            Conversation { tools: Some(&tools), ..Conversation::ask(&case.messages) };
        let template = Template::new(&source).map(|template| template.beside(&config));
        let text = template.and_then(|template| template.render(&conversation));
        let said = text.as_ref().err().map(ToString::to_string);
        assert_eq!(text.ok(), case.text, "{}: {said:?}", case.name);
    }
}
