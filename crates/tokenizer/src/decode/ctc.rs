//! `CTC`: of equal tokens side by side one stays, then padding goes (Graves et al. 2006).

use super::Out;
use super::word_piece::clean;

/// What a speech model put out, without repetitions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ctc {
    /// What stands for nothing.
    pub pad_token: String,
    /// What stands between words.
    pub word_delimiter_token: String,
    /// Whether words are set apart and spaces that English does not have are taken out.
    pub cleanup: bool,
}

#[derive(Clone, Debug)]
pub(super) struct State<'d> {
    stage: &'d Ctc,
    token: String,
    before: Option<String>,
}

impl<'d> State<'d> {
    pub(super) fn new(stage: &'d Ctc) -> Self {
        Self { stage, token: String::new(), before: None }
    }

    pub(super) fn part(&mut self, part: &str) {
        self.token.push_str(part);
    }

    pub(super) fn end(&mut self, out: &mut Out<'_, '_>) {
        let token = std::mem::take(&mut self.token);
        if self.before.as_ref() == Some(&token) {
            return;
        }
        let mut text = token.replace(&self.stage.pad_token, "");
        if self.stage.cleanup {
            text = clean(text).replace(&self.stage.word_delimiter_token, " ");
        }
        self.before = Some(token);
        if !text.is_empty() {
            out.whole(&text);
        }
    }

    pub(super) fn close(&mut self) {
        self.before = None;
    }
}
