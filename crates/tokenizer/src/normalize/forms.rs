//! The four normalization forms of Unicode (UAX #15): characters taken apart, marks in canonical
//! order, and for the composed forms put together again.
//!
//! Runs of characters that no form changes are kept as they are. What is left between them, from
//! the character before the first mark to the next such run, is normalized in one buffer; time is
//! linear but for the sort of marks that are out of order.
//!
//! Hugging Face's tables are those of Unicode 9, and a model was taught with them. So characters
//! that got their properties later ([`tables::NEWER`]) are left as they are.

use unicode_normalization::char as unicode;

use super::draft::Draft;
use super::tables;

/// A Unicode normalization form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Composed.
    Nfc,
    /// Taken apart.
    Nfd,
    /// Composed, with compatibility characters replaced.
    Nfkc,
    /// Taken apart, with compatibility characters replaced.
    Nfkd,
}

/// A character of the output in the making.
#[derive(Clone, Copy)]
struct Piece {
    c: char,
    /// Its canonical combining class.
    class: u8,
    /// How many characters of the input it stands for.
    consumed: u32,
}

impl Form {
    pub(super) fn run(self, draft: &mut Draft<'_>) {
        let mut pieces = Vec::new();
        while !draft.rest().is_empty() {
            draft.keep(self.settled(draft.rest()));
            self.unsettled(draft, &mut pieces);
        }
    }

    /// The bytes of `rest` up to its first unsettled character, without the character before that
    /// one, to which marks may belong.
    fn settled(self, rest: &str) -> usize {
        let mut last = 0;
        for (i, c) in rest.char_indices() {
            if !self.is_settled(c) {
                return last;
            }
            last = i;
        }
        rest.len()
    }

    /// Normalizes the next character and all unsettled ones behind it.
    fn unsettled(self, draft: &mut Draft<'_>, pieces: &mut Vec<Piece>) {
        let rest = draft.rest();
        let mut others = rest.char_indices().skip(1);
        let end = others.find(|&(_, c)| self.is_settled(c)).map_or(rest.len(), |(i, _)| i);
        pieces.clear();
        for c in rest[..end].chars() {
            self.take_apart(c, pieces);
        }
        put_in_order(pieces);
        if matches!(self, Self::Nfc | Self::Nfkc) {
            put_together(pieces);
        }
        write(pieces, &rest[..end], draft);
    }

    /// Whether this form leaves `c` as it is, and `c` never joins with what stands before it. Only
    /// the common ones; the others take the long way and come out the same.
    fn is_settled(self, c: char) -> bool {
        match c {
            '\0'..='\x7F'
            | '\u{3400}'..='\u{4DBF}'
            | '\u{4E00}'..='\u{9FFF}'
            | '\u{1F300}'..='\u{1FAFF}' => true,
            '\u{2012}'..='\u{2016}' | '\u{2018}'..='\u{2023}' => true,
            '\u{80}'..='\u{2FF}' => self == Self::Nfc,
            '\u{391}'..='\u{3A9}'
            | '\u{3B1}'..='\u{3C9}'
            | '\u{400}'..='\u{482}'
            | '\u{48A}'..='\u{52F}'
            | '\u{3041}'..='\u{3096}'
            | '\u{30A1}'..='\u{30FA}'
            | '\u{AC00}'..='\u{D7A3}' => matches!(self, Self::Nfc | Self::Nfkc),
            _ => false,
        }
    }

    fn take_apart(self, c: char, pieces: &mut Vec<Piece>) {
        let mut consumed = 1;
        let mut push = |c| {
            pieces.push(Piece { c, class: class(c), consumed });
            consumed = 0;
        };
        match self {
            _ if is_newer(c) => push(c),
            Self::Nfc | Self::Nfd => unicode::decompose_canonical(c, push),
            Self::Nfkc | Self::Nfkd => unicode::decompose_compatible(c, push),
        }
    }
}

fn is_newer(c: char) -> bool {
    c >= '\u{558}' && tables::contains(tables::NEWER, c)
}

fn class(c: char) -> u8 {
    match unicode::canonical_combining_class(c) {
        0 => 0,
        _ if is_newer(c) => 0,
        class => class,
    }
}

/// Sorts each run of marks by their class; marks of one class stay in order.
fn put_in_order(pieces: &mut [Piece]) {
    for marks in pieces.split_mut(|piece| piece.class == 0) {
        if !marks.is_sorted_by_key(|piece| piece.class) {
            marks.sort_by_key(|piece| piece.class);
        }
    }
}

/// Joins characters with the last starter before them, unless a mark of the same or a higher class
/// stands between.
fn put_together(pieces: &mut Vec<Piece>) {
    let (mut len, mut starter, mut between) = (0, None, None);
    for i in 0..pieces.len() {
        let piece = pieces[i];
        if let Some(starter) = starter
            && between.is_none_or(|class| class < piece.class)
            && let Some(whole) = join(pieces[starter], piece)
        {
            pieces[starter] = whole;
            continue;
        }
        if piece.class == 0 {
            (starter, between) = (Some(len), None);
        } else if starter.is_some() {
            between = Some(piece.class);
        }
        pieces[len] = piece;
        len += 1;
    }
    pieces.truncate(len);
}

fn join(starter: Piece, piece: Piece) -> Option<Piece> {
    let c = unicode::compose(starter.c, piece.c).filter(|&c| !is_newer(c))?;
    Some(Piece { c, consumed: starter.consumed + piece.consumed, ..starter })
}

/// Characters of the output stand for those of the input in order, however marks were sorted.
fn write(pieces: &[Piece], input: &str, draft: &mut Draft<'_>) {
    let mut input = input.chars();
    for piece in pieces {
        let Some(first) = input.by_ref().take(piece.consumed.min(1) as usize).next() else {
            draft.add_char(piece.c);
            continue;
        };
        match first == piece.c {
            true => draft.keep(first.len_utf8()),
            false => draft.put_char(piece.c, first.len_utf8()),
        }
        let joined = input.by_ref().take(piece.consumed as usize - 1);
        draft.skip(joined.map(char::len_utf8).sum());
    }
}

#[cfg(test)]
mod tests {
    //! What the settled characters promise, and UAX #15's own examples.

    use super::*;

    const ALL: [Form; 4] = [Form::Nfc, Form::Nfd, Form::Nfkc, Form::Nfkd];

    fn check(form: Form, text: &str, expected: &str) {
        let mut draft = Draft::new(text, false, usize::MAX);
        form.run(&mut draft);
        let found = match draft.finish().0 {
            super::super::draft::Outcome::Same => text.to_owned(),
            super::super::draft::Outcome::Piece(piece) => text[piece].to_owned(),
            super::super::draft::Outcome::New(text) => text,
        };
        assert_eq!(found, expected, "{form:?} of {text:?}");
    }

    #[test]
    fn forms_are_those_of_the_annex() {
        for (text, nfc, nfd, nfkc, nfkd) in [
            ("é", "\u{e9}", "e\u{301}", "\u{e9}", "e\u{301}"),
            ("e\u{301}x", "éx", "e\u{301}x", "éx", "e\u{301}x"),
            ("ﬁ²", "ﬁ²", "ﬁ²", "fi2", "fi2"),
            ("\u{212b}", "Å", "A\u{30a}", "Å", "A\u{30a}"),
            (
                "d\u{307}\u{323}",
                "\u{1e0d}\u{307}",
                "d\u{323}\u{307}",
                "ḍ\u{307}",
                "d\u{323}\u{307}",
            ),
            (
                "가각",
                "가각",
                "\u{1100}\u{1161}\u{1100}\u{1161}\u{11a8}",
                "가각",
                "\u{1100}\u{1161}\u{1100}\u{1161}\u{11a8}",
            ),
            (
                "\u{1100}\u{1161}\u{11a8}",
                "각",
                "\u{1100}\u{1161}\u{11a8}",
                "각",
                "\u{1100}\u{1161}\u{11a8}",
            ),
            ("a\u{301}\u{301}", "á\u{301}", "a\u{301}\u{301}", "á\u{301}", "a\u{301}\u{301}"),
            ("\u{301}a", "\u{301}a", "\u{301}a", "\u{301}a", "\u{301}a"),
        ] {
            for (form, expected) in ALL.into_iter().zip([nfc, nfd, nfkc, nfkd]) {
                check(form, text, expected);
            }
        }
    }

    #[test]
    fn newer_characters_stay() {
        for text in ["\u{16d68}", "\u{105d2}\u{307}", "\u{1df6}", "a\u{1df7}\u{327}", "\u{32ff}"] {
            for form in ALL {
                check(form, text, text);
            }
        }
    }

    #[test]
    fn settled_characters_are_left_alone_and_join_with_nothing_before_them() {
        let all = || (0..=0x10_FFFF).filter_map(char::from_u32);
        for form in ALL {
            let mut settled = 0;
            for c in all().filter(|&c| form.is_settled(c)) {
                let mut pieces = vec![];
                form.take_apart(c, &mut pieces);
                if matches!(form, Form::Nfc | Form::Nfkc) {
                    put_together(&mut pieces);
                }
                assert!(pieces.len() == 1 && pieces[0].c == c && class(c) == 0, "{form:?} {c:?}");
                settled += 1;
            }
            assert!(settled > 20_000);
            // What joins with something before it is a later part of some canonical form.
            for c in all() {
                let mut parts = vec![];
                unicode::decompose_canonical(c, |part| parts.push(part));
                assert!(!parts.iter().skip(1).any(|&part| form.is_settled(part)), "{form:?} {c:?}");
            }
        }
    }
}
