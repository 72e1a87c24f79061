//! Other text for every match of a pattern, from left to right. The new text has the span of the
//! match's last character; an empty match has that of the character before.
//!
//! A plain text is searched without a regular expression. A regular expression is read in the
//! dialect of Oniguruma ([`crate::dialect`]), as Hugging Face's Python package does.

use fancy_regex::Regex;

use super::draft::Draft;
use crate::hf::fields::{MAX_TEXT_BYTES, too_large};
pub use crate::pretokenize::Pattern;
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
        self.pattern == other.pattern && self.content == other.content
    }
}

impl Replace {
    /// Fails where the regular expression is none, or something is too long.
    pub fn new(pattern: Pattern, content: String) -> Result<Self, Error> {
        let (Pattern::Text(source) | Pattern::Regex(source)) = &pattern;
        for (what, text) in [("a pattern (in bytes)", source), ("normalizer.content", &content)] {
            if text.len() > MAX_TEXT_BYTES {
                return Err(too_large(what, text.len(), MAX_TEXT_BYTES));
            }
        }
        let regex = match &pattern {
            Pattern::Text(_) => None,
            Pattern::Regex(source) => {
                Some(Box::new(dialect::compile("normalizer.pattern.Regex", source)?))
            }
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

    pub(super) fn run(&self, draft: &mut Draft<'_>) -> Result<(), Error> {
        let text = draft.input();
        if text.is_empty() {
            return Ok(());
        }
        match (&self.regex, &self.pattern) {
            (Some(regex), _) => {
                for found in regex.find_iter(text) {
                    let found = found.map_err(|e| Error::Pattern { detail: e.to_string() })?;
                    self.put(found.start(), found.end(), draft);
                }
            }
            (None, Pattern::Text(what) | Pattern::Regex(what)) => {
                for (start, _) in text.match_indices(what.as_str()) {
                    self.put(start, start + what.len(), draft);
                }
            }
        }
        draft.keep(draft.rest().len());
        Ok(())
    }

    fn put(&self, start: usize, end: usize, draft: &mut Draft<'_>) {
        let done = draft.input().len() - draft.rest().len();
        draft.keep(start - done);
        draft.skip(end - start);
        draft.add(&self.content);
    }
}
