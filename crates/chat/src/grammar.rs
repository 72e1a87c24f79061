//! Answers of a form: a JSON schema, a regular expression, a Lark grammar, a list of choices or calls
//! of tools become a [`generate::Constraint`], so that whatever a model prefers, its answer has the form.
//!
//! The work is done by the crate `llguidance`: a lexer of derivatives of regular expressions
//! (Brzozowski 1964) under an Earley parser (Earley 1970), walked over the trie of a vocabulary's
//! tokens. Here stands what it must be told (`vocabulary`: what each token is as bytes), what it
//! would let pass (`schema`), and what holds a hostile grammar ([`limits`]).
//!
//! The rules: what a schema demands and the grammar cannot enforce is an error before the first
//! token, never left out. Special tokens are no text, so no grammar makes one, but for the marks of
//! calls and thoughts (`calls`). Stop tokens may come exactly where the answer may end.
//!
//! Left out: filling in tokens that are forced without asking the model. It would take the
//! tokenizer's own cut of a text from its middle, which SentencePiece does not define.

mod calls;
mod gbnf;
mod limits;
mod masks;
mod schema;
mod vocabulary;

use llguidance::api::TopLevelGrammar;
use llguidance::{JsonCompileOptions, Matcher};
use serde_json::{Value, json};

use crate::Error;
use crate::reasoning::Thought;
use crate::tools::{Dialect, Tools};
pub use masks::GrammarConstraint;
pub use vocabulary::Vocabulary;

/// White space between the parts of JSON: one space, or line ends and what indents the next line.
/// Without a bound a model that is unsure fills its answer with nothing else.
const WHITE_SPACE: &str = r"\x20|(?:\r?\n){1,2}[\x20\t]{0,40}";
/// Escapes in JSON's strings. Without `\u` every text is written in one way only, so that a name
/// cannot come a second time in disguise; only control characters are lost.
const ESCAPES: &str = "nrbtf\\\"";

const NAMES_TOKENS: &str = "it names tokens by `<…>`, and only text can be asked for";

/// What form an answer must have.
///
/// ```
/// use chat::{Grammar, Vocabulary};
/// use generate::Constraint;
/// use tokenizer::{Tokenizer, TrainOptions};
///
/// let options = TrainOptions { vocab_size: 257, ..TrainOptions::default() };
/// let tokenizer = Tokenizer::train(["yes no"], &options)?; // 256 bytes, one special
/// let vocabulary = Vocabulary::new(&tokenizer, &[256])?;
/// let mut constraint = Grammar::choices(["yes", "no"]).constraint(&vocabulary)?;
/// let mut allowed = vec![true; 257];
/// constraint.mask(&mut allowed);
/// let first: Vec<usize> = (0..257).filter(|&id| allowed[id]).collect();
/// assert_eq!(first, [usize::from(b'n'), usize::from(b'y')]);
/// # Ok::<(), chat::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Grammar(Form);

#[derive(Clone, Debug, PartialEq)]
enum Form {
    JsonSchema(Value),
    Regex(String),
    Lark(String),
    Choices(Vec<String>),
    Calls(calls::Calls),
}

impl Grammar {
    /// JSON that is valid under `schema`: JSON Schema 2020-12, or the draft that its `$schema`
    /// names. Properties come in the schema's order, those that it does not name last.
    pub fn json_schema(schema: &Value) -> Self {
        Self(Form::JsonSchema(schema.clone()))
    }

    /// Any JSON object.
    pub fn json_object() -> Self {
        Self(Form::JsonSchema(json!({"type": "object"})))
    }

    /// A text that matches the regular expression from its beginning to its end, in the syntax of
    /// Rust's crate `regex`.
    pub fn regex(pattern: &str) -> Self {
        Self(Form::Regex(pattern.to_string()))
    }

    /// A text of a context-free grammar whose first rule is `start`, in Lark's syntax as
    /// llguidance understands it; or of one in llama.cpp's (`root ::= …`), which is told by its `::=`.
    pub fn lark(grammar: &str) -> Self {
        Self(Form::Lark(grammar.to_string()))
    }

    /// One of these texts.
    pub fn choices<S: Into<String>>(choices: impl IntoIterator<Item = S>) -> Self {
        Self(Form::Choices(choices.into_iter().map(Into::into).collect()))
    }

    /// An answer of a model that has tools: words, or calls in its dialect with arguments that are valid
    /// under the tools' schemas, as the tools' choice has it; perhaps a thought before.
    pub fn calls(tools: &Tools, dialect: &'static Dialect, thought: Thought) -> Self {
        Self(Form::Calls(calls::Calls::new(tools, dialect, thought)))
    }

    /// What holds one answer of the model to the form.
    ///
    /// # Errors
    /// [`Error::Grammar`]: it cannot be read, is too large, asks for what cannot be enforced, or
    /// for what nothing can be.
    pub fn constraint(&self, vocabulary: &Vocabulary) -> Result<GrammarConstraint, Error> {
        let refused = |reason| Error::Grammar { what: self.what(), reason };
        limits::check(&self.0).map_err(refused)?;
        let matcher = limits::with_deep_stack(|| self.matcher(vocabulary)).map_err(refused)?;
        GrammarConstraint::new(matcher, vocabulary).map_err(refused)
    }

    fn what(&self) -> &'static str {
        match self.0 {
            Form::JsonSchema(_) => "JSON schema",
            Form::Regex(_) => "regular expression",
            Form::Lark(_) => "grammar",
            Form::Choices(_) => "list of choices",
            Form::Calls(_) => "list of tools",
        }
    }

    fn matcher(&self, vocabulary: &Vocabulary) -> Result<Matcher, String> {
        let factory = vocabulary.factory();
        let parser = factory.create_parser(self.compile(vocabulary)?).map_err(|error| {
            match told(error) {
                // There are none, which llguidance did not expect.
                reason if reason.contains("special token prefix") => NAMES_TOKENS.to_string(),
                reason => reason,
            }
        })?;
        let names_tokens = parser.parser.grammar().lexer_spec().special_token_rx.is_some();
        if names_tokens && !matches!(self.0, Form::Calls(_)) {
            return Err(NAMES_TOKENS.to_string());
        }
        let mut matcher = Matcher::new(Ok(parser));
        // It warns of what it leaves out.
        match matcher.grammar_warnings().into_iter().next() {
            Some(warning) => Err(warning),
            None => Ok(matcher),
        }
    }

    fn compile(&self, vocabulary: &Vocabulary) -> Result<TopLevelGrammar, String> {
        Ok(match &self.0 {
            Form::JsonSchema(schema) => {
                TopLevelGrammar::from_json_schema(with_options(schema::strict(schema)?))
            }
            Form::Regex(pattern) => TopLevelGrammar::from_regex(pattern),
            Form::Lark(grammar) if gbnf::is(grammar) => {
                TopLevelGrammar::from_lark(gbnf::to_lark(grammar)?)
            }
            Form::Lark(grammar) => TopLevelGrammar::from_lark(grammar.clone()),
            Form::Choices(choices) => TopLevelGrammar::from_regex(&one_of(choices)),
            Form::Calls(calls) => calls.compile(vocabulary)?,
        })
    }
}

/// The schema with our options, where llguidance looks for them.
fn with_options(schema: Value) -> Value {
    let mut schema = match schema {
        Value::Bool(true) => json!({}),
        Value::Bool(false) => json!({"enum": []}),
        other => other,
    };
    let options = JsonCompileOptions {
        whitespace_pattern: Some(WHITE_SPACE.to_string()),
        json_allowed_escapes: Some(ESCAPES.to_string()),
        ..JsonCompileOptions::default()
    };
    options.apply_to(&mut schema);
    schema
}

/// A pattern that matches the texts and no other.
fn one_of(choices: &[String]) -> String {
    let texts: Vec<String> = choices.iter().map(|text| regex_syntax::escape(text)).collect();
    texts.join("|")
}

/// What llguidance says of an error, without the state of its parser.
fn told(error: impl std::fmt::Display) -> String {
    let text = error.to_string();
    let end = ["\n<state>", "\n<non-verbose/>", "\n<backtrace>"]
        .iter()
        .filter_map(|m| text.find(m))
        .min();
    text[..end.unwrap_or(text.len())].trim().to_string()
}

#[cfg(test)]
mod tests;
