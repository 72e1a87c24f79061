//! Text in front of any text but the empty one. It has the span of the first character.

use super::draft::Draft;

/// What is put in front.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prepend {
    /// The text in front.
    pub prepend: String,
}

impl Prepend {
    pub(crate) fn run(&self, draft: &mut Draft<'_>) {
        let Some(first) = draft.rest().chars().next() else { return };
        let mut front = self.prepend.chars();
        match front.next() {
            Some(c) => {
                draft.put_char(c, first.len_utf8());
                draft.add(front.as_str());
                draft.add_char(first);
            }
            None => draft.keep(first.len_utf8()),
        }
        draft.keep(draft.rest().len());
    }
}
