//! Other text for whatever matches: what the stage `Replace` has, of normalizers and of decoders.
//!
//! A plain text is searched without a regular expression. A regular expression is read in the
//! dialect of Oniguruma ([`crate::dialect`]), as Hugging Face's Python package does. How it is
//! applied, `normalize::replace` and `decode::replace` say.

use fancy_regex::Regex;

use crate::hf::fields::{MAX_TEXT_BYTES, too_large};
use crate::pretokenize::Pattern;
use crate::{Error, dialect};

/// Other text for whatever matches.
#[derive(Clone, Debug)]
pub struct Replace {
    pattern: Pattern,
    content: String,
    regex: Option<Box<Regex>>,
}

impl PartialEq for Replace {
    fn eq(&self, other: &Self) -> bool {
        (&self.pattern, &self.content) == (&other.pattern, &other.content)
    }
}

impl Replace {
    /// Fails where the regular expression is none, or something is too long.
    pub fn new(pattern: Pattern, content: String) -> Result<Self, Error> {
        Self::of_file(pattern, content, ["pattern.Regex", "content"])
    }

    /// The same of a file, whose fields for a regular expression and for the content an error names.
    pub(crate) fn of_file(
        pattern: Pattern,
        content: String,
        [regex_field, content_field]: [&'static str; 2],
    ) -> Result<Self, Error> {
        let (Pattern::Text(source) | Pattern::Regex(source)) = &pattern;
        for (what, text) in [("a pattern (in bytes)", source), (content_field, &content)] {
            if text.len() > MAX_TEXT_BYTES {
                return Err(too_large(what, text.len(), MAX_TEXT_BYTES));
            }
        }
        let regex = match &pattern {
            Pattern::Text(_) => None,
            Pattern::Regex(source) => Some(Box::new(dialect::compile(regex_field, source)?)),
        };
        Ok(Self { pattern, content, regex })
    }

    /// What is looked for.
    pub fn pattern(&self) -> &Pattern {
        &self.pattern
    }

    /// What is put in its place.
    pub fn content(&self) -> &str {
        &self.content
    }

    /// What is looked for, if it is a regular expression.
    pub(crate) fn regex(&self) -> Option<&Regex> {
        self.regex.as_deref()
    }
}
