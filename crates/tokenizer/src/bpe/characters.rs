//! A word's characters as the first symbols of a merge.
//!
//! A character becomes the piece that it is, with the prefix of what continues a word in front
//! and the suffix of what ends one behind. One that is no piece becomes the pieces `<0x00>` to
//! `<0xFF>` of its bytes, the unknown token, nothing or an error, as the options say.
//!
//! As in Hugging Face `tokenizers` 0.23: unknown characters wait for the next known one, so that
//! bytes between come before them; and prefix and suffix of an unknown character become bytes too.

use rustc_hash::FxHashMap;

use super::merge::Part;
use super::{NO_ID, Options, Unknown};
use crate::vocab::Vocab;
use crate::{Error, byte_piece};

/// The ids of characters.
#[derive(Clone, Debug)]
pub(super) struct CharIds {
    ascii: Box<[u32; 128]>,
    others: FxHashMap<char, u32>,
}

impl CharIds {
    pub(super) fn new(ids: impl IntoIterator<Item = (char, u32)>) -> Self {
        let mut found = Self { ascii: Box::new([NO_ID; 128]), others: FxHashMap::default() };
        ids.into_iter().for_each(|(character, id)| found.insert(character, id));
        found
    }

    pub(super) fn insert(&mut self, character: char, id: u32) {
        match self.ascii.get_mut(character as usize) {
            Some(place) => *place = id,
            None => drop(self.others.insert(character, id)),
        }
    }

    /// `NO_ID` where there is none.
    #[inline]
    pub(super) fn get(&self, character: char) -> u32 {
        match self.ascii.get(character as usize) {
            Some(&id) => id,
            None => self.others.get(&character).copied().unwrap_or(NO_ID),
        }
    }
}

/// How characters become symbols.
#[derive(Clone, Debug)]
pub(super) struct Characters {
    /// Of characters alone, then with the prefix, with the suffix, with both; the first only where
    /// there is neither.
    forms: Vec<CharIds>,
    /// By byte, where unknown text becomes bytes.
    byte_ids: Option<Box<[u32; 256]>>,
}

impl Characters {
    pub(super) fn new(vocab: &Vocab, options: &Options) -> Self {
        let (prefix, suffix) = (options.prefix(), options.suffix());
        let forms: &[_] = match (prefix, suffix) {
            ("", "") => &[("", "")],
            _ => &[("", ""), (prefix, ""), ("", suffix), (prefix, suffix)],
        };
        let forms = forms.iter().map(|(prefix, suffix)| decorated(vocab, prefix, suffix));
        let byte_ids = options.byte_fallback.then(|| byte_piece::ids(vocab, NO_ID));
        Self { forms: forms.collect(), byte_ids }
    }

    /// Whether the character alone is a piece.
    #[inline]
    pub(super) fn knows(&self, character: char) -> bool {
        self.forms[0].get(character) != NO_ID
    }

    /// Whether prefix and suffix are empty.
    pub(super) fn are_plain(&self) -> bool {
        self.forms.len() == 1
    }

    /// Whether unknown characters may become `id`.
    pub(super) fn is_byte(&self, id: u32) -> bool {
        self.byte_ids.as_ref().is_some_and(|ids| ids.contains(&id))
    }

    /// Appends the symbols of `word`.
    pub(super) fn parts<P: Part>(
        &self,
        word: &str,
        options: &Options,
        parts: &mut Vec<P>,
    ) -> Result<(), Error> {
        let mut waiting: Option<(usize, usize)> = None;
        for (start, character) in word.char_indices() {
            let end = start + character.len_utf8();
            let form = usize::from(start > 0) + 2 * usize::from(end == word.len());
            let id = self.forms[form.min(self.forms.len() - 1)].get(character);
            if id != NO_ID {
                options.write_unknown(&mut waiting, parts);
                parts.push(P::new(id, start, end));
            } else if !self.push_bytes((form, options), &word[start..end], start, parts) {
                if options.unknown == Unknown::Refuse {
                    return Err(Error::NoUnknownToken { character });
                }
                if !options.fuse_unk {
                    options.write_unknown(&mut waiting, parts);
                }
                waiting = Some((waiting.map_or(start, |(start, _)| start), end));
            }
        }
        options.write_unknown(&mut waiting, parts);
        Ok(())
    }

    /// Appends the bytes of one character, if all of them are pieces.
    fn push_bytes<P: Part>(
        &self,
        (form, options): (usize, &Options),
        character: &str,
        start: usize,
        parts: &mut Vec<P>,
    ) -> bool {
        let Some(ids) = &self.byte_ids else { return false };
        let prefix = if form & 1 == 1 { options.prefix() } else { "" };
        let suffix = if form & 2 == 2 { options.suffix() } else { "" };
        let (first, end) = (parts.len(), start + character.len());
        let places = prefix.bytes().map(|byte| (byte, start, start));
        let places = places.chain(character.bytes().zip(start..).map(|(b, at)| (b, at, at + 1)));
        for (byte, start, end) in places.chain(suffix.bytes().map(|byte| (byte, end, end))) {
            let id = ids[usize::from(byte)];
            if id == NO_ID {
                parts.truncate(first);
                return false;
            }
            parts.push(P::new(id, start, end));
        }
        true
    }
}

/// The ids of the pieces that are one character between prefix and suffix.
fn decorated(vocab: &Vocab, prefix: &str, suffix: &str) -> CharIds {
    CharIds::new((0..vocab.len() as u32).filter_map(|id| {
        let piece = vocab.text(id)?.strip_prefix(prefix)?.strip_suffix(suffix)?;
        let mut characters = piece.chars();
        let only = characters.next()?;
        characters.next().is_none().then_some((only, id))
    }))
}
