//! What SentencePiece does before it cuts text: its map, the longest rule at each place, and its
//! rules for spaces. One pass, as in its `Normalizer::Normalize`, since the two are not apart
//! there: a space is whatever the map makes one.
//!
//! Each byte has the span of the piece of input it came from, so the start of a byte's span is
//! SentencePiece's `norm_to_orig`; the space in front (or behind) has an empty one. Where Hugging
//! Face applies the same map it goes by clusters, and the results differ: see
//! [`super::precompiled`].
//!
//! Symbols that a user defined are taken as they are, before the map ([`super::Symbols`]).

use std::borrow::Cow;

use super::draft::Draft;
use super::{Charsmap, Symbols};

/// What stands for a space: U+2581, lower one eighth block.
const SPACE_MARK: char = '\u{2581}';

/// A model's `normalizer_spec`.
#[derive(Clone, Debug, PartialEq)]
pub struct SentencePiece {
    /// The map; `None` changes no character.
    pub charsmap: Option<Charsmap>,
    /// A space in front of every text, so that its first word is one like any other.
    pub add_dummy_prefix: bool,
    /// No spaces at the ends, and never two in a row.
    pub remove_extra_whitespaces: bool,
    /// U+2581 for every space.
    pub escape_whitespaces: bool,
    /// The space of `add_dummy_prefix` goes behind the text (from the model's `trainer_spec`).
    pub treat_whitespace_as_suffix: bool,
    /// Words that no rule changes (from the model's pieces).
    pub symbols: Symbols,
}

impl Default for SentencePiece {
    fn default() -> Self {
        Self {
            charsmap: None,
            add_dummy_prefix: true,
            remove_extra_whitespaces: true,
            escape_whitespaces: true,
            treat_whitespace_as_suffix: false,
            symbols: Symbols::default(),
        }
    }
}

impl SentencePiece {
    pub(super) fn run(&self, draft: &mut Draft<'_>) {
        if self.remove_extra_whitespaces {
            while let Some((" ", len)) = self.piece(draft.rest()) {
                draft.skip(len);
            }
        }
        if draft.rest().is_empty() {
            return;
        }
        let space = if self.escape_whitespaces { SPACE_MARK } else { ' ' };
        if self.add_dummy_prefix && !self.treat_whitespace_as_suffix {
            draft.put_char(space, 0);
        }
        self.pieces(draft);
        if self.remove_extra_whitespaces {
            draft.cut_end(space);
        }
        if self.add_dummy_prefix && self.treat_whitespace_as_suffix {
            draft.put_char(space, 0);
        }
    }

    fn pieces(&self, draft: &mut Draft<'_>) {
        let mut after_space = self.remove_extra_whitespaces;
        loop {
            let run = self.plain_run(draft.rest());
            draft.keep(run);
            after_space &= run == 0;
            let Some((whole, len)) = self.piece(draft.rest()) else { return };
            let new = if after_space { whole.trim_start_matches(' ') } else { whole };
            if new.is_empty() {
                draft.skip(len);
                continue;
            }
            after_space = self.remove_extra_whitespaces && new.ends_with(' ');
            let new = match self.escape_whitespaces && new.contains(' ') {
                true => Cow::Owned(new.replace(' ', SPACE_MARK.encode_utf8(&mut [0; 4]))),
                false => Cow::Borrowed(new),
            };
            // A rule may leave several characters as they are; their span is still one.
            match new.chars().nth(1).is_none() && draft.rest()[..len] == new {
                true => draft.keep(len),
                false => draft.put(&new, len),
            }
        }
    }

    /// What the next piece of `rest` becomes, and how long it is.
    fn piece<'p>(&'p self, rest: &'p str) -> Option<(&'p str, usize)> {
        if let Some(len) = self.symbols.longest(rest) {
            return Some((&rest[..len], len));
        }
        let first = rest.chars().next()?.len_utf8();
        match self.charsmap.as_ref().and_then(|map| map.longest(rest)) {
            Some((len, new)) => Some((new, len)),
            None => Some((&rest[..first], first)),
        }
    }

    /// The bytes of ASCII that stay as they are and hold no space.
    fn plain_run(&self, rest: &str) -> usize {
        let is_other = |byte: u8| byte.is_ascii() && byte != b' ' && !self.symbols.may_start(byte);
        match &self.charsmap {
            Some(map) => map.plain_run(rest, is_other),
            None => rest.bytes().take_while(|&byte| is_other(byte)).count(),
        }
    }
}
