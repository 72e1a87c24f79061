//! Messages to the text that a model was trained on, by a Jinja template, rendered as the Hugging
//! Face `transformers` library renders: `trim_blocks`, `lstrip_blocks`, no escaping,
//! `raise_exception`, Python's common string methods, `tojson` without HTML escapes. A template is given
//! what that library gives it (`values`), byte for byte the same comes out (`bench/parity/templates`).
//! What of the text is learnt in training, [`Template::pieces`] says.
//!
//! A template comes with a downloaded model, so it is taken for hostile: it cannot include files,
//! and its source, its steps and its output are bounded.
//!
//! Left out on purpose: `strftime_now`. With it a prompt, and so an answer, would depend on the
//! day; templates that know it ask first whether it is there.

mod builtins;
mod generation;
mod loops;
mod pieces;
mod python;
mod tags;
mod tojson;
mod values;

use std::io;

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, ErrorKind, Value};
use serde_json::Map;

pub use pieces::Piece;

use crate::tools::{self, Dialect, Tool};
use crate::{Error, Message, TokenizerConfig};

/// The special tokens of our own form.
pub mod special {
    /// Stands between documents and ends a text.
    pub const END_OF_TEXT: &str = "<|endoftext|>";
    /// Opens what the user says.
    pub const USER: &str = "<|user|>";
    /// Opens what the model says.
    pub const ASSISTANT: &str = "<|assistant|>";
    /// Opens the rules.
    pub const SYSTEM: &str = "<|system|>";
    /// Closes a turn.
    pub const END: &str = "<|end|>";
    /// All of them, in the order of their ids in a new tokenizer.
    pub const ALL: [&str; 5] = [END_OF_TEXT, USER, ASSISTANT, SYSTEM, END];
}

/// Our own form: `<|user|>\n…<|end|>\n<|assistant|>\n…<|end|>\n`.
pub const DEFAULT_TEMPLATE: &str = include_str!("template/default.jinja");

/// A form in words, for a tokenizer that has no tokens for turns: `User: …\n\nAssistant:\n…`, an answer
/// closed by the end-of-text token. An answer begins on a line of its own, so that it begins with the
/// same token as a text would, and with no space that belongs to nobody.
pub const PLAIN_TEMPLATE: &str = include_str!("template/plain.jinja");

/// For models that only continue text: the contents, one after the other.
pub const COMPLETION_TEMPLATE: &str =
    "{% for message in messages %}{{ message.content }}{% endfor %}";

/// No honest template is longer (the longest known are under 30 kB).
const MAX_SOURCE_BYTES: usize = 256 << 10;
/// The engine's steps for one rendering; a thousand messages take about fifty thousand.
const MAX_STEPS: u64 = 5_000_000;
/// No context that we run is longer.
const MAX_OUTPUT_BYTES: usize = 16 << 20;

/// What a template is given.
#[derive(Clone, Copy, Debug)]
pub struct Conversation<'a> {
    /// The turns.
    pub messages: &'a [Message],
    /// The tools that the model may call, if it is to be told of any.
    pub tools: Option<&'a [Tool]>,
    /// What else the template asks for, as `enable_thinking`.
    pub variables: Option<&'a Map<String, serde_json::Value>>,
    /// The tokenizer's beginning-of-text token, if it has one.
    pub bos_token: Option<&'a str>,
    /// The tokenizer's end-of-text token, if it has one.
    pub eos_token: Option<&'a str>,
    /// Whether to open the answer.
    pub add_generation_prompt: bool,
}

impl<'a> Conversation<'a> {
    /// A conversation that waits for its answer.
    pub fn ask(messages: &'a [Message]) -> Self {
        Self {
            messages,
            tools: None,
            variables: None,
            bos_token: None,
            eos_token: None,
            add_generation_prompt: true,
        }
    }

    /// A whole conversation, as for training.
    pub fn whole(messages: &'a [Message]) -> Self {
        Self { add_generation_prompt: false, ..Self::ask(messages) }
    }
}

/// A template, parsed.
#[derive(Clone, Debug)]
pub struct Template {
    environment: Environment<'static>,
    chat: Source,
    /// Another for conversations with tools.
    tools: Option<Source>,
    /// The tokenizer's special tokens by their names, where a conversation does not say them.
    tokens: Vec<(String, String)>,
}

/// What a template was parsed from.
#[derive(Clone, Debug)]
struct Source {
    text: String,
    /// Its name in the environment.
    name: &'static str,
    /// The name of the one that marks what is learnt, if the template says that.
    marked: Option<&'static str>,
}

impl Default for Template {
    fn default() -> Self {
        Self::new(DEFAULT_TEMPLATE).expect("our own template is tested")
    }
}

impl Template {
    /// Parses a template.
    ///
    /// # Errors
    /// [`Error::TemplateSource`].
    pub fn new(source: &str) -> Result<Self, Error> {
        let mut environment =
            environment().map_err(|e| Error::TemplateSource { reason: describe(&e) })?;
        let chat = add(&mut environment, ["chat", "chat, marked"], source)?;
        Ok(Self { environment, chat, tools: None, tokens: Vec::new() })
    }

    /// The template that a config holds, or else `otherwise`, with its other one for tools and its
    /// special tokens.
    ///
    /// # Errors
    /// [`Error::TemplateSource`].
    pub fn of(config: &TokenizerConfig, otherwise: &str) -> Result<Self, Error> {
        let own = config.chat_template.as_deref();
        let mut template = Self::new(own.unwrap_or(otherwise))?.beside(config);
        let names = ["tools", "tools, marked"];
        let tools = config.tool_template.as_deref().filter(|_| own.is_some());
        let tools = tools.map(|source| add(&mut template.environment, names, source));
        template.tools = tools.transpose()?;
        Ok(template)
    }

    /// The template beside a tokenizer whose special tokens are these: it writes them where a
    /// conversation does not say others.
    #[must_use]
    pub fn beside(self, config: &TokenizerConfig) -> Self {
        let own = [("bos_token", &config.bos_token), ("eos_token", &config.eos_token)];
        let own =
            own.into_iter().filter_map(|(name, token)| Some((name.to_string(), token.clone()?)));
        Self { tokens: own.chain(config.other_tokens.iter().cloned()).collect(), ..self }
    }

    /// The source it was parsed from.
    pub fn source(&self) -> &str {
        &self.chat.text
    }

    /// How the model writes calls of tools, if its template teaches that. Any other is told of
    /// [`crate::tools::dialect::HERMES`] by [`Template::tell`].
    pub fn dialect(&self) -> Option<&'static Dialect> {
        Dialect::of(&self.tools.as_ref().unwrap_or(&self.chat).text)
    }

    /// The text of a conversation.
    ///
    /// # Errors
    /// [`Error::Part`], or [`Error::TemplateRun`] with what the template raised.
    pub fn render(&self, conversation: &Conversation<'_>) -> Result<String, Error> {
        self.render_with(self.of_these(conversation).name, conversation)
    }

    /// The text of a conversation with tools, or with calls, that the template may know nothing of: then
    /// they are told in words ([`crate::tools::tell()`]), in the first question where the template takes no
    /// system's message. Any other conversation is rendered as it is.
    ///
    /// # Errors
    /// As [`Template::render`].
    pub fn tell(&self, conversation: &Conversation<'_>) -> Result<String, Error> {
        let messages = conversation.messages;
        let tools = conversation.tools.unwrap_or_default();
        let calls = messages.iter().any(|message| !message.tool_calls.is_empty());
        if self.dialect().is_some() || tools.is_empty() && !calls {
            return self.render(conversation);
        }
        let told = tools::tell(messages, tools)?;
        let render = |messages: &[Message]| {
            self.render(&Conversation { messages, tools: None, ..*conversation })
        };
        match (render(&told), tools::tell::without_system(&told)?) {
            (Err(Error::TemplateRun { .. }), Some(told)) => render(&told),
            (text, _) => text,
        }
    }

    /// Which of the two the conversation takes.
    fn of_these(&self, conversation: &Conversation<'_>) -> &Source {
        self.tools.as_ref().filter(|_| conversation.tools.is_some()).unwrap_or(&self.chat)
    }

    /// The text by the template of that name.
    fn render_with(&self, name: &str, conversation: &Conversation<'_>) -> Result<String, Error> {
        let values = values::of(conversation, &self.tokens)?;
        let mut text = Bounded(Vec::new());
        let refused = |e: minijinja::Error| Error::TemplateRun { reason: describe(&e) };
        let template = self.environment.get_template(name).map_err(refused)?;
        template.render_captured_to(values, &mut text).map_err(refused)?;
        String::from_utf8(text.0).map_err(|e| Error::TemplateRun { reason: e.to_string() })
    }
}

/// Parses a source, under one name, and under another with marks.
fn add(
    environment: &mut Environment<'static>,
    [name, marked]: [&'static str; 2],
    source: &str,
) -> Result<Source, Error> {
    let wrong = |reason: String| Error::TemplateSource { reason };
    if source.len() > MAX_SOURCE_BYTES {
        let got = source.len();
        return Err(wrong(format!("it has {got} bytes, at most {MAX_SOURCE_BYTES} are read")));
    }
    // Jinja reads every line's end as one character.
    let lines = loops::checked(&source.replace("\r\n", "\n").replace('\r', "\n"));
    let mut parse = |name, source| {
        environment.add_template_owned(name, source).map_err(|e| wrong(describe(&e)))
    };
    parse(name, generation::unmarked(&lines))?;
    let with_marks = generation::marked(&lines).map(|source| parse(marked, source)).transpose()?;
    Ok(Source { text: source.to_string(), name, marked: with_marks.map(|()| marked) })
}

fn environment() -> Result<Environment<'static>, minijinja::Error> {
    let mut environment = Environment::new();
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?;
    environment.set_syntax(syntax);
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    environment.set_fuel(Some(MAX_STEPS));
    environment.set_unknown_method_callback(python::call);
    builtins::add(&mut environment);
    environment.add_function("raise_exception", |reason: String| -> Result<Value, _> {
        Err(minijinja::Error::new(ErrorKind::InvalidOperation, reason))
    });
    Ok(environment)
}

/// One line: the kind and the detail, with the line of the template.
fn describe(error: &minijinja::Error) -> String {
    let line = error.line().map_or(String::new(), |line| format!(" (line {line})"));
    match error.detail() {
        Some(detail) => format!("{detail}{line}"),
        None => format!("{}{line}", error.kind()),
    }
}

/// A writer that ends at a size.
struct Bounded(Vec<u8>);

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MAX_OUTPUT_BYTES {
            return Err(io::Error::other(format!("it writes over {MAX_OUTPUT_BYTES} bytes")));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
