//! Tools and choices as clients write them, and as they should not.

use super::*;

fn function(name: &str) -> Value {
    json!({"type": "function", "function": {"name": name}})
}

fn read(tools: Value, choice: Value) -> Result<Option<Tools>, Error> {
    Tools::from_json(Some(&tools), Some(&choice), None)
}

#[test]
fn tools_are_read_in_both_forms() {
    let parameters = json!({"type": "object", "properties": {"a": {"type": "integer"}}});
    let inner =
        json!({"name": "add", "description": "Adds.", "parameters": parameters, "strict": true});
    let nested = json!({"type": "function", "function": inner});
    let mut flat = inner.clone();
    flat["type"] = json!("function");
    for form in [&nested, &flat] {
        let tool = Tool::from_json(form).unwrap();
        assert_eq!((tool.name(), tool.description()), ("add", "Adds."));
        assert_eq!(tool.parameters(), Some(&parameters));
        assert_eq!(tool.definition(), &nested);
    }
    let bare = Tool::from_json(&json!({"type": "function", "function": {"name": "now",
        "description": null, "parameters": null, "strict": null}}));
    let bare = bare.unwrap();
    assert_eq!((bare.description(), bare.parameters()), ("", None));
    assert_eq!(
        Tool::new("add", "Adds.", parameters.clone()).unwrap().parameters(),
        Some(&parameters)
    );
}

#[test]
fn what_is_no_tool_is_told() {
    let check = |tool: Value, reason: &str| {
        let error = read(json!([function("a"), tool]), Value::Null).unwrap_err();
        let text = error.to_string();
        assert!(
            error.is_of_request() && text.contains(reason) && text.contains("tools[1]"),
            "{text}"
        );
    };
    check(json!("add"), "expected an object, found \"add\"");
    check(json!({"function": {"name": "b"}}), "needs `\"type\"");
    check(json!({"type": "web_search"}), "its type is \"web_search\"");
    check(json!({"type": "function", "function": 3}), "`function` is an object, found 3");
    check(json!({"type": "function"}), "function.name: expected 1 to 64");
    for name in ["", "a b", "é", &"a".repeat(65), "a.b", "<s>"] {
        check(function(name), "function.name");
    }
    check(function("a"), "two of the name \"a\"");
    let with = |key: &str, value: Value| {
        let mut tool = function("b");
        tool["function"][key] = value;
        tool
    };
    check(with("parameters", json!([])), "function.parameters: expected a JSON schema");
    check(with("description", json!(3)), "function.description: expected a text, found 3");
    check(with("strict", json!("yes")), "function.strict");
    let many: Vec<Value> = (0..=MOST_TOOLS).map(|i| function(&format!("f{i}"))).collect();
    let error = read(json!(many), Value::Null).unwrap_err().to_string();
    assert!(error.contains("holds 129, at most 128"), "{error}");
    assert!(read(json!({}), Value::Null).is_err());
}

#[test]
fn choices_are_read() {
    let tools = || json!([function("a"), function("b")]);
    let check = |choice: Value, expected: ToolChoice, callable: &[&str]| {
        let tools = read(tools(), choice.clone()).unwrap().unwrap();
        let names: Vec<&str> = tools.callable().map(Tool::name).collect();
        assert_eq!((tools.choice(), names.as_slice()), (&expected, callable), "{choice}");
    };
    check(Value::Null, ToolChoice::Auto, &["a", "b"]);
    check(json!("auto"), ToolChoice::Auto, &["a", "b"]);
    check(json!("none"), ToolChoice::None, &[]);
    check(json!("required"), ToolChoice::Required, &["a", "b"]);
    for named in [function("b"), json!({"type": "function", "name": "b"})] {
        check(named, ToolChoice::Named("b".to_string()), &["b"]);
    }
    let allowed = json!({"mode": "required", "tools": [function("b")]});
    let flat = json!({"type": "allowed_tools", "mode": "required",
        "tools": [{"type": "function", "name": "b"}]});
    for choice in [json!({"type": "allowed_tools", "allowed_tools": allowed}), flat] {
        let expected = ToolChoice::Allowed { names: vec!["b".to_string()], required: true };
        check(choice, expected, &["b"]);
    }
    let refused = |tools: Value, choice: Value, reason: &str| {
        let error = read(tools, choice).unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
    };
    refused(tools(), json!("always"), "expected \"none\"");
    refused(tools(), json!(3), "found 3");
    refused(tools(), function("c"), "names \"c\"");
    refused(tools(), json!({"type": "custom", "name": "a"}), "expected");
    refused(tools(), json!({"type": "allowed_tools", "tools": []}), "expected");
    let empty = json!({"type": "allowed_tools", "mode": "required", "tools": []});
    refused(tools(), empty, "no tool that may be called");
    refused(json!([]), json!("required"), "no tool that may be called");
    assert_eq!(read(json!([]), json!("auto")).unwrap(), None);
    assert_eq!(Tools::from_json(None, None, Some(false)).unwrap(), None);
}
