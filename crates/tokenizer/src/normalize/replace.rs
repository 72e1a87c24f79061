//! Other text for every match of a pattern, from left to right. The new text has the span of the
//! match's last character; an empty match has that of the character before.

use super::draft::Draft;
use crate::Error;
pub use crate::pretokenize::Pattern;
pub use crate::replace::Replace;

impl Replace {
    pub(super) fn run(&self, draft: &mut Draft<'_>) -> Result<(), Error> {
        let text = draft.input();
        if text.is_empty() {
            return Ok(());
        }
        match (self.regex(), self.pattern()) {
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
        draft.add(self.content());
    }
}
