//! `Metaspace`: marks become spaces; in the first token they are left out, unless none was set in
//! front.

use super::Out;
use crate::pretokenize::{Metaspace, PrependScheme};

#[derive(Clone, Debug)]
pub(super) struct State {
    mark: char,
    drops_first: bool,
    is_first: bool,
}

impl State {
    pub(super) fn new(stage: Metaspace) -> Self {
        let drops_first = stage.prepend_scheme != PrependScheme::Never;
        Self { mark: stage.replacement, drops_first, is_first: true }
    }

    pub(super) fn part(&mut self, part: &str, out: &mut Out<'_, '_>) {
        let space = if self.is_first && self.drops_first { "" } else { " " };
        match part.contains(self.mark) {
            true => out.part(&part.replace(self.mark, space)),
            false => out.part(part),
        }
    }

    pub(super) fn end(&mut self, out: &mut Out<'_, '_>) {
        self.is_first = false;
        out.end();
    }

    pub(super) fn close(&mut self) {
        self.is_first = true;
    }
}
