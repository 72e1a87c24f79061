//! White space (Unicode's `White_Space`) at the ends, left out. The result is a piece of the text.

use super::draft::Draft;

/// At which ends white space is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Strip {
    /// At the start.
    pub left: bool,
    /// At the end.
    pub right: bool,
}

impl Strip {
    pub(super) fn run(self, draft: &mut Draft<'_>) {
        let text = draft.input();
        let start = if self.left { text.len() - text.trim_start().len() } else { 0 };
        let text = &text[start..];
        draft.skip(start);
        draft.keep(if self.right { text.trim_end().len() } else { text.len() });
    }
}
