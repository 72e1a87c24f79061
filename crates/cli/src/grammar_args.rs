//! The form of an answer as options of the command line, shared by `generate` and `chat`.

use std::path::PathBuf;

use anyhow::{Context, Result};
use chat::{Grammar, GrammarConstraint, Vocabulary};
use tokenizer::Tokenizer;

/// What an answer must be; one of these at most.
#[derive(Clone, Debug, Default, clap::Args)]
#[group(multiple = false)]
pub(crate) struct GrammarArgs {
    /// The answer is JSON that is valid under this schema (a file, or the schema itself). A schema
    /// that cannot be enforced is refused
    #[arg(long, value_name = "FILE|JSON", help_heading = "Form of the answer")]
    json_schema: Option<String>,
    /// The answer is a JSON object
    #[arg(long, help_heading = "Form of the answer")]
    json_object: bool,
    /// The whole answer matches this regular expression
    #[arg(long, value_name = "REGEX", help_heading = "Form of the answer")]
    regex: Option<String>,
    /// The answer is a text of this grammar, in Lark's syntax
    #[arg(long, value_name = "FILE", help_heading = "Form of the answer")]
    grammar: Option<PathBuf>,
    /// The answer is one of these
    #[arg(long, value_name = "A,B,…", value_delimiter = ',', help_heading = "Form of the answer")]
    choices: Vec<String>,
}

impl GrammarArgs {
    /// The form, if one is asked for.
    pub(crate) fn grammar(&self) -> Result<Option<Grammar>> {
        Ok(if let Some(schema) = &self.json_schema {
            Some(Grammar::json_schema(&json(schema)?))
        } else if self.json_object {
            Some(Grammar::json_object())
        } else if let Some(pattern) = &self.regex {
            Some(Grammar::regex(pattern))
        } else if let Some(path) = &self.grammar {
            let text = std::fs::read_to_string(path)
                .with_context(|| format!("cannot read the grammar {}", path.display()))?;
            Some(Grammar::lark(&text))
        } else if !self.choices.is_empty() {
            Some(Grammar::choices(&self.choices))
        } else {
            None
        })
    }
}

/// What holds an answer of this tokenizer to a form.
pub(crate) fn constraint(
    grammar: Option<&Grammar>,
    tokenizer: &Tokenizer,
    stop_tokens: &[u32],
) -> Result<Option<GrammarConstraint>> {
    let Some(grammar) = grammar else { return Ok(None) };
    Ok(Some(grammar.constraint(&Vocabulary::new(tokenizer, stop_tokens)?)?))
}

/// A schema from the command line, or from the file that it names.
fn json(given: &str) -> Result<serde_json::Value> {
    if given.trim_start().starts_with('{') {
        return serde_json::from_str(given).context("--json-schema is no JSON");
    }
    let text = std::fs::read_to_string(given)
        .with_context(|| format!("cannot read the JSON schema {given}"))?;
    serde_json::from_str(&text).with_context(|| format!("{given} is no JSON"))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        form: GrammarArgs,
    }

    fn grammar(line: &[&str]) -> Result<Option<Grammar>> {
        let line = ["lyceum"].iter().chain(line);
        Line::try_parse_from(line)?.form.grammar()
    }

    #[test]
    fn each_option_is_its_form() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path.to_str().unwrap().to_string()
        };
        let schema = Some(Grammar::json_schema(&serde_json::json!({"type": "integer"})));
        let check = |line: &[&str], expected: &Option<Grammar>| {
            assert_eq!(&grammar(line).unwrap(), expected, "{line:?}");
        };
        check(&[], &None);
        check(&["--json-schema", r#" {"type": "integer"}"#], &schema);
        check(&["--json-schema", &path("s.json", r#"{"type": "integer"}"#)], &schema);
        check(&["--json-object"], &Some(Grammar::json_object()));
        check(&["--regex", "a+"], &Some(Grammar::regex("a+")));
        check(&["--choices", "yes,no"], &Some(Grammar::choices(["yes", "no"])));
        let lark = "start: \"a\"";
        check(&["--grammar", &path("g.lark", lark)], &Some(Grammar::lark(lark)));
    }

    #[test]
    fn mistakes_are_told() {
        let error = |line: &[&str]| format!("{:#}", grammar(line).unwrap_err());
        assert!(error(&["--json-schema", "{"]).contains("--json-schema is no JSON"));
        assert!(error(&["--json-schema", "no/such/file"]).contains("no/such/file"));
        assert!(error(&["--grammar", "no/such/file"]).contains("no/such/file"));
        assert!(error(&["--regex", "a", "--json-object"]).contains("cannot be used with"));
    }
}
