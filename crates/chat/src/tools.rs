//! Tools that a model may call: what they are, and what is asked of the model about them, in the JSON
//! forms of OpenAI's interfaces.
//!
//! Reading order: [`choice`] (which may be called, which must), [`dialect`] (how a model writes its
//! calls; one file each in `tools/dialect/`), [`tell()`] (for templates that know no tools), `calls`
//! (the grammar that makes calls valid by construction), [`reader`] (calls out of an answer as it
//! comes), `envelope` and `json` (the JSON around a call, character by character).
//!
//! Every schema is held to, `strict` or not: what cannot be enforced is an error. Tools that a server
//! runs by itself (searches, interpreters) are no functions, and refused.

pub mod choice;
pub mod dialect;
mod envelope;
mod json;
pub mod reader;
pub mod tell;

use serde_json::{Map, Value, json};

pub use choice::ToolChoice;
pub use dialect::Dialect;
pub use reader::{Call, CallReader, Calls, Told};
pub use tell::tell;

use crate::Error;

/// No request offers more; each costs tokens of every prompt.
pub const MOST_TOOLS: usize = 128;
/// OpenAI's limit.
const LONGEST_NAME: usize = 64;

/// A function that a model may call.
#[derive(Clone, Debug, PartialEq)]
pub struct Tool {
    name: String,
    /// As a template is given it: `{"type": "function", "function": {…}}`.
    definition: Value,
}

impl Tool {
    /// A tool whose arguments are valid under a JSON schema.
    ///
    /// # Errors
    /// [`Error::Request`] for a name that is not 1 to 64 of `A-Z a-z 0-9 _ -`, and for a schema that
    /// is no object.
    pub fn new(name: &str, description: &str, parameters: Value) -> Result<Self, Error> {
        let function = json!({"name": name, "description": description, "parameters": parameters});
        Self::from_json(&json!({"type": "function", "function": function}))
    }

    /// Reads `{"type": "function", "function": {…}}`, or the same in one object, as the newer of
    /// OpenAI's interfaces has it.
    ///
    /// # Errors
    /// [`Error::Request`] with what is wrong.
    pub fn from_json(value: &Value) -> Result<Self, Error> {
        read(value).map_err(Error::Request)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it is for.
    pub fn description(&self) -> &str {
        self.function()["description"].as_str().unwrap_or_default()
    }

    /// The schema of its arguments, if it says one; without one there are no arguments.
    pub fn parameters(&self) -> Option<&Value> {
        self.function().get("parameters").filter(|schema| !schema.is_null())
    }

    /// All of it, as templates are given it.
    pub fn definition(&self) -> &Value {
        &self.definition
    }

    fn function(&self) -> &Value {
        &self.definition["function"]
    }

    /// The same tool under the same name, told in other words.
    pub(crate) fn told_as(&self, definition: Value) -> Self {
        Self { name: self.name.clone(), definition }
    }
}

/// The tools of a request, and what is asked about them.
#[derive(Clone, Debug, PartialEq)]
pub struct Tools {
    tools: Vec<Tool>,
    choice: ToolChoice,
    parallel: bool,
}

impl Tools {
    /// Reads a request's `tools`, `tool_choice` and `parallel_tool_calls`; none where no tools are
    /// offered.
    ///
    /// # Errors
    /// [`Error::Request`] with the place and what is wrong.
    pub fn from_json(
        tools: Option<&Value>,
        choice: Option<&Value>,
        parallel: Option<bool>,
    ) -> Result<Option<Self>, Error> {
        let tools = match tools {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(list)) => all(list).map_err(Error::Request)?,
            Some(_) => return Err(Error::Request("`tools` is a list of functions".to_string())),
        };
        let choice = choice.map(ToolChoice::from_json).transpose()?.unwrap_or(ToolChoice::Auto);
        choice.check(&tools)?;
        let parallel = parallel.unwrap_or(true);
        Ok((!tools.is_empty()).then_some(Self { tools, choice, parallel }))
    }

    /// All of them, as a template tells them.
    pub fn tools(&self) -> &[Tool] {
        &self.tools
    }

    /// What is asked about them.
    pub fn choice(&self) -> &ToolChoice {
        &self.choice
    }

    /// Whether one answer may hold several calls.
    pub fn is_parallel(&self) -> bool {
        self.parallel
    }

    /// Those that may be called.
    pub(crate) fn callable(&self) -> impl Iterator<Item = &Tool> {
        self.tools.iter().filter(|tool| self.choice.allows(&tool.name))
    }
}

fn all(list: &[Value]) -> Result<Vec<Tool>, String> {
    if list.len() > MOST_TOOLS {
        return Err(format!("`tools` holds {}, at most {MOST_TOOLS} are read", list.len()));
    }
    let mut tools = Vec::<Tool>::with_capacity(list.len());
    for (i, value) in list.iter().enumerate() {
        let tool = read(value).map_err(|reason| format!("tools[{i}]: {reason}"))?;
        if tools.iter().any(|known| known.name == tool.name) {
            return Err(format!("tools[{i}]: there are two of the name {:?}", tool.name));
        }
        tools.push(tool);
    }
    Ok(tools)
}

fn read(value: &Value) -> Result<Tool, String> {
    let Value::Object(fields) = value else {
        return Err(format!("expected an object, found {}", short(value)));
    };
    match fields.get("type") {
        Some(Value::String(kind)) if kind == "function" => {}
        None => return Err("it needs `\"type\": \"function\"`".to_string()),
        Some(other) => {
            return Err(format!("its type is {}; only \"function\" is known here", short(other)));
        }
    }
    let definition = match fields.get("function") {
        Some(_) => value.clone(),
        None => json!({"type": "function", "function": flat(fields)}),
    };
    let Value::Object(function) = &definition["function"] else {
        return Err(format!("`function` is an object, found {}", short(&fields["function"])));
    };
    let name = named(function)?;
    let wrong = |key: &str, expected: &str| {
        let found = function.get(key).map_or("nothing".to_string(), short);
        format!("function.{key}: expected {expected}, found {found}")
    };
    let is = |key: &str, fits: fn(&Value) -> bool| {
        function.get(key).is_none_or(|value| value.is_null() || fits(value))
    };
    if !is("description", Value::is_string) {
        return Err(wrong("description", "a text"));
    }
    if !is("strict", Value::is_boolean) {
        return Err(wrong("strict", "true or false"));
    }
    if !is("parameters", Value::is_object) {
        return Err(wrong("parameters", "a JSON schema of an object"));
    }
    Ok(Tool { name, definition })
}

/// The function that one object with everything in it tells of.
fn flat(fields: &Map<String, Value>) -> Value {
    let keys = ["name", "description", "parameters", "strict"];
    let present = keys.iter().filter_map(|key| Some((*key, fields.get(*key)?)));
    present.map(|(key, value)| (key.to_string(), value.clone())).collect()
}

fn named(function: &Map<String, Value>) -> Result<String, String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    match function.get("name") {
        Some(Value::String(name))
            if (1..=LONGEST_NAME).contains(&name.len()) && name.chars().all(is_plain) =>
        {
            Ok(name.clone())
        }
        found => Err(format!(
            "function.name: expected 1 to {LONGEST_NAME} of A-Z a-z 0-9 _ and -, found {}; rename it",
            found.map_or("nothing".to_string(), short)
        )),
    }
}

/// A value for a message.
fn short(value: &Value) -> String {
    value.to_string().chars().take(80).collect()
}

#[cfg(test)]
mod tests;
