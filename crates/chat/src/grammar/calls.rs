//! Answers that call tools: the form that a dialect gives them, with arguments that are valid under
//! the tool's schema.
//!
//! Where the model chooses, its answer is any text, until the dialect's mark comes; behind the mark
//! there is nothing but calls. Where it must call, the answer is calls. Where it may not, the mark does
//! not come. A thought before the answer is any text up to its end.
//!
//! The mark may be a special token of the tokenizer, which no other grammar makes, or text, or both:
//! decoding writes a token by its name, so that whoever reads the answer sees the same.
//! The JSON around a call is written in one way, as templates write it; within the arguments white
//! space is as free as in any JSON here.

use llguidance::api::{GrammarWithLexer, TopLevelGrammar};
use serde_json::{Map, Value, json};

use super::{Vocabulary, schema, with_options};
use crate::reasoning::{self, Thought};
use crate::tools::dialect::{Dialect, Frame};
use crate::tools::{Tool, ToolChoice, Tools};

/// What is asked of an answer.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Calls {
    dialect: &'static Dialect,
    /// Names of those that may be called, and what their arguments are.
    tools: Vec<(String, Result<Value, String>)>,
    need: Need,
    is_parallel: bool,
    thought: Thought,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Need {
    No,
    May,
    Must,
}

impl Calls {
    pub(super) fn new(tools: &Tools, dialect: &'static Dialect, thought: Thought) -> Self {
        let choice = tools.choice();
        let callable: Vec<_> =
            tools.callable().map(|tool| (tool.name().to_string(), arguments(tool))).collect();
        let need = match choice {
            _ if choice.is_required() => Need::Must,
            _ if callable.is_empty() => Need::No,
            _ => Need::May,
        };
        let is_one = matches!(choice, ToolChoice::Named(_));
        let is_parallel = tools.is_parallel() && dialect.is_parallel && !is_one;
        Self { dialect, tools: callable, need, is_parallel, thought }
    }

    /// The schemas, for whoever asks how large they are.
    pub(super) fn schemas(&self) -> impl Iterator<Item = &Value> {
        self.tools.iter().filter_map(|(_, schema)| schema.as_ref().ok())
    }

    /// The grammar: one in Lark for the frame, and one for each tool's arguments.
    pub(super) fn compile(&self, vocabulary: &Vocabulary) -> Result<TopLevelGrammar, String> {
        let lark = Some(Lark { calls: self, vocabulary }.write());
        let mut grammars = vec![GrammarWithLexer { lark_grammar: lark, ..Default::default() }];
        for (i, (name, arguments)) in self.tools.iter().enumerate() {
            let strict = arguments.as_ref().map_err(String::clone).and_then(schema::strict);
            let schema = strict.map_err(|reason| format!("the parameters of {name}: {reason}"))?;
            let (name, json_schema) = (Some(format!("args_{i}")), Some(with_options(schema)));
            grammars.push(GrammarWithLexer { name, json_schema, ..Default::default() });
        }
        Ok(TopLevelGrammar { grammars, max_tokens: None })
    }
}

/// What a tool's arguments are: an object, whatever else its schema says.
fn arguments(tool: &Tool) -> Result<Value, String> {
    let Some(schema) = tool.parameters() else {
        return Ok(json!({"type": "object", "properties": {}, "additionalProperties": false}));
    };
    let mut fields: Map<String, Value> = schema.as_object().cloned().unwrap_or_default();
    let is_object = match fields.get("type") {
        None => true,
        Some(Value::Array(kinds)) => kinds.iter().any(|kind| kind == "object"),
        Some(kind) => kind == "object",
    };
    if !is_object {
        let found: String = fields["type"].to_string().chars().take(80).collect();
        return Err(format!("arguments are an object, and the schema's type is {found}"));
    }
    fields.insert("type".to_string(), json!("object"));
    Ok(Value::Object(fields))
}

/// Writes the frame.
struct Lark<'a> {
    calls: &'a Calls,
    vocabulary: &'a Vocabulary,
}

impl Lark<'_> {
    fn write(&self) -> String {
        let calls = self.calls;
        let (thought, mut rules) = self.thought();
        let text = format!("TEXT: /(?s:.+)/{}\n", self.never());
        let body = match calls.need {
            Need::No => "TEXT?".to_string(),
            Need::Must => {
                rules.push("GAP: /[ \\n]{1,4}/\n".to_string());
                if thought.is_empty() { "calls".to_string() } else { "GAP? calls".to_string() }
            }
            Need::May if calls.dialect.mark().is_none() => "(TEXT? | calls)".to_string(),
            Need::May => "(TEXT? | lead more)".to_string(),
        };
        if calls.need != Need::Must {
            rules.push(text);
        }
        if calls.need != Need::No {
            rules.push(self.calls());
        }
        format!("start: {thought} {body}\n{}", rules.concat())
    }

    /// What comes before the answer, and its rules.
    fn thought(&self) -> (String, Vec<String>) {
        let (open, close) = (reasoning::OPEN, reasoning::CLOSE);
        match self.calls.thought {
            Thought::None => (String::new(), Vec::new()),
            Thought::Opened => ("thought".to_string(), vec![self.up_to("thought", close, "", "")]),
            Thought::May => match self.vocabulary.special(open) {
                None => {
                    let begin = pattern(open);
                    let rule = self.up_to("thought", close, &begin, "");
                    ("thought?".to_string(), vec![rule])
                }
                Some(id) => {
                    let rule = self.up_to("thought", close, "", "");
                    (format!("(<[{id}]> thought)?"), vec![rule])
                }
            },
        }
    }

    /// A rule for any text up to a mark, and the mark.
    fn up_to(&self, rule: &str, mark: &str, begin: &str, never: &str) -> String {
        let (terminal, literal) = (rule.to_uppercase(), pattern(mark));
        let token = self.vocabulary.special(mark).map_or(String::new(), |id| {
            let (any, begun) = if begin.is_empty() { ("(?s:.+)", "?") } else { ("(?s:.*)", "") };
            let other =
                format!("{terminal}_TEXT: /{begin}{any}/ & ~/(?s:.*){literal}(?s:.*)/{never}\n");
            format!(" | {terminal}_TEXT{begun} <[{id}]>\n{other}")
        });
        let end = if token.is_empty() { "\n" } else { "" };
        format!(
            "{rule}: {rule}_text{token}{end}{rule}_text[lazy]: {terminal}\n\
             {terminal}: /{begin}(?s:.*){literal}/{never}\n"
        )
    }

    /// What text beside calls is not, so that it is no call and no thought.
    fn never(&self) -> String {
        let mut never = self.no_thought();
        match self.calls.dialect.mark() {
            Some(mark) => never.push_str(&format!(" & ~/(?s:.*){}(?s:.*)/", pattern(mark))),
            None => {
                for key in [r#""name""#, r#""type"\s*:\s*"function""#] {
                    never.push_str(&format!(r" & ~/\s*\{{\s*{key}(?s:.*)/"));
                }
            }
        }
        never
    }

    fn no_thought(&self) -> String {
        match self.calls.thought {
            Thought::May => format!(r" & ~/\s*{}(?s:.*)/", pattern(reasoning::OPEN)),
            _ => String::new(),
        }
    }

    /// `calls`, and for those who choose `lead` (text and the first mark) and `more` (what is behind it).
    fn calls(&self) -> String {
        let (calls, dialect) = (self.calls, self.calls.dialect);
        let many =
            |more: &str| if calls.is_parallel { format!(" ({more})*") } else { String::new() };
        let mut rules = match dialect.frame {
            Frame::Bare => "calls: call\n".to_string(),
            // Behind a token, a tokenizer of words begins with a space.
            Frame::List { .. } => format!("more: / ?\\[/ call{} \"]\"\n", many("\", \" call")),
            Frame::Marked { close, .. } => {
                let (close, many) = (self.mark(close), many("\"\\n\" mark one"));
                format!("one: \"\\n\" call \"\\n\" {close}\nmore: one{many}\n")
            }
        };
        if let Some(mark) = dialect.mark() {
            rules.push_str(&format!("mark: {}\ncalls: mark more\n", self.mark(mark)));
            if calls.need == Need::May {
                rules.push_str(&self.up_to("lead", mark, "", &self.no_thought()));
            }
        }
        let call = |(i, (name, _)): (usize, &(String, _))| {
            let key = dialect.arguments;
            let plain = format!(r#"{{"name": "{name}", "{key}": "#);
            let typed = format!(r#"{{"type": "function", "name": "{name}", "{key}": "#);
            let begin = match dialect.frame {
                Frame::Bare => format!("({} | {})", quoted(&plain), quoted(&typed)),
                _ => quoted(&plain),
            };
            format!("{begin} @args_{i} \"}}\"")
        };
        let all: Vec<String> = calls.tools.iter().enumerate().map(call).collect();
        rules + &format!("call: {}\n", all.join("\n  | "))
    }

    /// A mark as a token, where there is such, or as text.
    fn mark(&self, text: &str) -> String {
        match self.vocabulary.special(text) {
            Some(id) => format!("({} | <[{id}]>)", quoted(text)),
            None => quoted(text),
        }
    }
}

/// A text as Lark has it.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// A text as a pattern between slashes.
fn pattern(text: &str) -> String {
    regex_syntax::escape(text).replace('/', "\\/")
}

#[cfg(test)]
mod tests;
