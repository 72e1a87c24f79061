//! What is asked of a model about its tools: `tool_choice`.

use serde_json::Value;

use super::{Tool, short};
use crate::Error;

/// Which tools may be called, and whether one must be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ToolChoice {
    /// None: the model answers in words.
    None,
    /// The model chooses.
    #[default]
    Auto,
    /// At least one.
    Required,
    /// This one, once.
    Named(String),
    /// These only.
    Allowed {
        /// Their names.
        names: Vec<String>,
        /// Whether one of them must be called.
        required: bool,
    },
}

impl ToolChoice {
    /// Reads `"none"`, `"auto"`, `"required"`, `{"type": "function", "function": {"name": …}}` or
    /// `{"type": "allowed_tools", "allowed_tools": {"mode": …, "tools": […]}}`; the last two also in
    /// one object, as the newer of OpenAI's interfaces has them.
    ///
    /// # Errors
    /// [`Error::Request`] with what is wrong.
    pub fn from_json(value: &Value) -> Result<Self, Error> {
        let expected = "expected \"none\", \"auto\", \"required\", a function or allowed_tools";
        let wrong = || Error::Request(format!("tool_choice: {expected}, found {}", short(value)));
        let text = |value: &Value| value.as_str().map(str::to_string);
        match (value, value["type"].as_str()) {
            (Value::Null, _) => Ok(Self::Auto),
            (Value::String(word), _) => match word.as_str() {
                "none" => Ok(Self::None),
                "auto" => Ok(Self::Auto),
                "required" => Ok(Self::Required),
                _ => Err(wrong()),
            },
            (_, Some("function")) => name_of(value).map(Self::Named).ok_or_else(wrong),
            (_, Some("allowed_tools")) => {
                let all = value.get("allowed_tools").unwrap_or(value);
                let required = match text(&all["mode"]).as_deref() {
                    Some("auto") => false,
                    Some("required") => true,
                    _ => return Err(wrong()),
                };
                let names = all["tools"].as_array().ok_or_else(wrong)?;
                let names = names.iter().map(name_of).collect::<Option<Vec<String>>>();
                Ok(Self::Allowed { names: names.ok_or_else(wrong)?, required })
            }
            _ => Err(wrong()),
        }
    }

    /// Whether one must be called.
    pub fn is_required(&self) -> bool {
        matches!(self, Self::Required | Self::Named(_) | Self::Allowed { required: true, .. })
    }

    /// Whether the tool of this name may be called.
    pub fn allows(&self, name: &str) -> bool {
        match self {
            Self::None => false,
            Self::Auto | Self::Required => true,
            Self::Named(only) => only == name,
            Self::Allowed { names, .. } => names.iter().any(|allowed| allowed == name),
        }
    }

    /// Refuses names that no tool has, and a call where there is nothing to call.
    pub(super) fn check(&self, tools: &[Tool]) -> Result<(), Error> {
        let names = match self {
            Self::Named(name) => std::slice::from_ref(name),
            Self::Allowed { names, .. } => names,
            _ => &[],
        };
        let unknown = names.iter().find(|name| tools.iter().all(|tool| tool.name() != *name));
        if let Some(name) = unknown {
            let name: String = name.chars().take(80).collect();
            let reason = format!("tool_choice names {name:?}, which is none of `tools`");
            return Err(Error::Request(reason));
        }
        if self.is_required() && !tools.iter().any(|tool| self.allows(tool.name())) {
            let reason = "tool_choice asks for a call, and there is no tool that may be called";
            return Err(Error::Request(reason.to_string()));
        }
        Ok(())
    }
}

/// The name in a reference to a function.
fn name_of(value: &Value) -> Option<String> {
    let fields = value.get("function").unwrap_or(value);
    fields["name"].as_str().map(str::to_string)
}
