//! `WordPiece`: a space before every token but the first and those with the prefix, which they
//! lose. Cleaning takes out the spaces that English does not have.

use super::Out;

/// Words apart, pieces of words joined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WordPiece {
    /// What a piece begins with that does not begin a word, `##` as a rule.
    pub prefix: String,
    /// Whether spaces before signs and contractions are taken out.
    pub cleanup: bool,
}

#[derive(Clone, Debug)]
pub(super) struct State<'d> {
    stage: &'d WordPiece,
    token: String,
    is_first: bool,
}

impl<'d> State<'d> {
    pub(super) fn new(stage: &'d WordPiece) -> Self {
        Self { stage, token: String::new(), is_first: true }
    }

    pub(super) fn part(&mut self, part: &str) {
        self.token.push_str(part);
    }

    pub(super) fn end(&mut self, out: &mut Out<'_, '_>) {
        let mut token = std::mem::take(&mut self.token);
        if !std::mem::take(&mut self.is_first) {
            match token.strip_prefix(&self.stage.prefix) {
                Some(rest) => token = rest.to_owned(),
                None => token.insert(0, ' '),
            }
        }
        if self.stage.cleanup {
            token = clean(token);
        }
        out.whole(&token);
    }

    pub(super) fn close(&mut self) {
        self.is_first = true;
    }
}

/// What becomes of what, in this order.
const CLEANING: [(&str, &str); 11] = [
    (" .", "."),
    (" ?", "?"),
    (" !", "!"),
    (" ,", ","),
    (" ' ", "'"),
    (" n't", "n't"),
    (" 'm", "'m"),
    (" do not", " don't"),
    (" 's", "'s"),
    (" 've", "'ve"),
    (" 're", "'re"),
];

/// Takes out the spaces that English does not have.
pub(super) fn clean(mut text: String) -> String {
    for (from, to) in CLEANING {
        if text.contains(from) {
            text = text.replace(from, to);
        }
    }
    text
}
