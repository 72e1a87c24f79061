//! `Metaspace`: spaces become a visible mark, one is set in front, and words begin at it
//! (SentencePiece; Kudo and Richardson 2018, arXiv:1808.06226).

use super::behavior::{Behavior, cut_at};
use crate::Error;
use crate::normalize::draft::Draft;

/// Where a mark is set in front.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrependScheme {
    /// Of every text that has none.
    Always,
    /// Only of what stands at the very start of the original text.
    First,
    /// Nowhere.
    Never,
}

/// What stands for a space, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metaspace {
    /// The mark, `▁` as a rule.
    pub replacement: char,
    /// Where one is set in front.
    pub prepend_scheme: PrependScheme,
    /// Whether words are cut.
    pub split: bool,
}

impl Default for Metaspace {
    fn default() -> Self {
        Self { replacement: '▁', prepend_scheme: PrependScheme::Always, split: true }
    }
}

impl Metaspace {
    /// Writes the text with marks; `at_start` says that it is the start of the original.
    pub(super) fn mark(self, draft: &mut Draft<'_>, at_start: bool) {
        let mut buffer = [0; 4];
        let mark: &str = self.replacement.encode_utf8(&mut buffer);
        let prepends = match self.prepend_scheme {
            PrependScheme::Always => true,
            PrependScheme::First => at_start,
            PrependScheme::Never => false,
        };
        let first = draft.rest().chars().next();
        // A space in front becomes the mark that is wanted there.
        if let Some(first) = first.filter(|&c| prepends && c != ' ' && c != self.replacement) {
            draft.put(mark, first.len_utf8());
            draft.add_char(first);
        }
        while let Some(at) = draft.rest().find(' ') {
            draft.keep(at);
            draft.put(mark, 1);
        }
        draft.keep(draft.rest().len());
    }

    /// [`mark`](Self::mark), where nobody asks for spans.
    pub(super) fn write(self, text: &str, at_start: bool, out: &mut String) {
        let prepends = match self.prepend_scheme {
            PrependScheme::Always => true,
            PrependScheme::First => at_start,
            PrependScheme::Never => false,
        };
        if prepends && !text.is_empty() && !text.starts_with([' ', self.replacement]) {
            out.push(self.replacement);
        }
        let mut parts = text.split(' ');
        out.push_str(parts.next().unwrap_or_default());
        for part in parts {
            out.push(self.replacement);
            out.push_str(part);
        }
    }

    /// Cuts before every mark.
    pub(super) fn cut<'t>(
        mark: char,
        text: &'t str,
        each: impl FnMut(&'t str) -> Result<(), Error>,
    ) -> Result<(), Error> {
        cut_at(text, |c| c == mark, Behavior::MergedWithNext, each)
    }
}
