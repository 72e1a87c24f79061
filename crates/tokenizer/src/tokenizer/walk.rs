//! A text's way to the model: added tokens out, normalize, added tokens out again, cut.
//!
//! Whoever wants the words is a [`Visit`]. Ids want no places; an encoding wants them all.

use rayon::prelude::*;

use super::Tokenizer;
use crate::Error;
use crate::added::Piece;
use crate::encoding::build::Builder;
use crate::model::{Model, Scratch};
use crate::pretokenize::{Cut, Step, Word, run};

/// Texts are not taken apart into less than about so many bytes.
pub(super) const PART: usize = 1 << 16;

/// Takes words and added tokens in order.
pub(super) trait Visit {
    fn word(&mut self, word: Word<'_>) -> Result<(), Error>;
    fn token(&mut self, id: u32, word: Word<'_>) -> Result<(), Error>;
}

/// Ids, and nothing else.
pub(super) struct Ids<'a> {
    pub(super) model: &'a Model,
    pub(super) scratch: &'a mut Scratch,
    pub(super) ids: &'a mut Vec<u32>,
}

impl Visit for Ids<'_> {
    fn word(&mut self, word: Word<'_>) -> Result<(), Error> {
        self.model.encode(word.text, self.scratch, self.ids)
    }

    fn token(&mut self, id: u32, _: Word<'_>) -> Result<(), Error> {
        self.ids.push(id);
        Ok(())
    }
}

impl Visit for Builder<'_> {
    fn word(&mut self, word: Word<'_>) -> Result<(), Error> {
        Builder::word(self, word)
    }

    fn token(&mut self, id: u32, word: Word<'_>) -> Result<(), Error> {
        Builder::token(self, id, word);
        Ok(())
    }
}

/// What a walk looks for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mode {
    /// Added tokens.
    added: Added,
    /// Where words came from.
    places: Places,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Added {
    Found,
    Text,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Places {
    Kept,
    Dropped,
}

impl Mode {
    /// Added tokens, and where everything came from.
    pub(super) const WITH_PLACES: Self = Self { added: Added::Found, places: Places::Kept };

    /// Ids of text without added tokens.
    pub(super) fn ids(tokenizer: &Tokenizer) -> Self {
        let places = if tokenizer.needs_places { Places::Kept } else { Places::Dropped };
        Self { added: Added::Text, places }
    }

    /// Ids of text with added tokens.
    pub(super) fn special_ids(tokenizer: &Tokenizer) -> Self {
        Self { added: Added::Found, ..Self::ids(tokenizer) }
    }
}

impl Tokenizer {
    /// Appends the ids of text without added tokens.
    pub(super) fn encode_into(&self, text: &str, ids: &mut Vec<u32>) -> Result<(), Error> {
        // The usual byte-level tokenizer: words go from the splitter into the cache, uncopied.
        if let (None, [Step::Cut(Cut::Split(split))], Model::Bpe(bpe)) =
            (&self.normalizer, &self.steps[..], &self.model)
            && let Some(by_hand) = split.by_hand()
        {
            let encode = |text: &str, ids: &mut _| {
                bpe.encode_words(by_hand, text, &mut self.scratches.borrow().bpe, ids)
            };
            if text.len() < 2 * PART || rayon::current_num_threads() == 1 {
                return encode(text, ids);
            }
            return gather(&split.parts(text, PART), encode, ids);
        }
        if self.is_chunked {
            return self.encode_chunks(text, ids);
        }
        let scratch = &mut self.scratches.borrow();
        self.walk(text, Mode::ids(self), &mut Ids { model: &self.model, scratch, ids })
    }

    pub(super) fn walk<V: Visit>(
        &self,
        text: &str,
        mode: Mode,
        visit: &mut V,
    ) -> Result<(), Error> {
        let search = self.added.as_written().filter(|_| mode.added == Added::Found);
        let Some(search) = search else { return self.walk_text(text, 0, mode, visit) };
        search.run(text, |piece| match piece {
            Piece::Token(id, range) => visit.token(id, Word::at(&text[range.clone()], range.start)),
            Piece::Text(range) => self.walk_text(&text[range.clone()], range.start, mode, visit),
        })
    }

    /// A stretch of the original that starts at byte `place`.
    fn walk_text<V: Visit>(
        &self,
        text: &str,
        place: usize,
        mode: Mode,
        visit: &mut V,
    ) -> Result<(), Error> {
        match (&self.normalizer, mode.places) {
            (None, Places::Kept) => self.walk_normalized(Word::at(text, place), mode, visit),
            (None, Places::Dropped) => {
                self.walk_normalized(Word::unplaced(text, place == 0), mode, visit)
            }
            (Some(normalizer), Places::Kept) => {
                let aligned = normalizer.align(text)?;
                let word = match aligned.spans() {
                    Some(spans) => Word::with_spans(aligned.text(), spans, place),
                    None => Word::at(text, place),
                };
                self.walk_normalized(word, mode, visit)
            }
            (Some(normalizer), Places::Dropped) => {
                let text = normalizer.normalize(text)?;
                self.walk_normalized(Word::unplaced(&text, false), mode, visit)
            }
        }
    }

    fn walk_normalized<V: Visit>(
        &self,
        word: Word<'_>,
        mode: Mode,
        visit: &mut V,
    ) -> Result<(), Error> {
        let search = self.added.normalized().filter(|_| mode.added == Added::Found);
        let Some(search) = search else { return self.walk_words(word, visit) };
        search.run(word.text, |piece| match piece {
            Piece::Token(id, range) => visit.token(id, word.piece(&word.text[range])),
            Piece::Text(range) => self.walk_words(word.piece(&word.text[range]), visit),
        })
    }

    fn walk_words<V: Visit>(&self, word: Word<'_>, visit: &mut V) -> Result<(), Error> {
        if word.text.is_empty() {
            return Ok(());
        }
        run(&self.steps, word, &mut vec![], &mut |word| visit.word(word))
    }
}

/// Appends the ids of the parts of a text, which threads share.
pub(super) fn gather(
    parts: &[&str],
    encode: impl Fn(&str, &mut Vec<u32>) -> Result<(), Error> + Sync,
    ids: &mut Vec<u32>,
) -> Result<(), Error> {
    let of_part = |part: &&str| {
        let mut ids = Vec::with_capacity(part.len() / 3);
        encode(part, &mut ids).map(|()| ids)
    };
    let encoded: Vec<Result<Vec<u32>, Error>> = parts.par_iter().map(of_part).collect();
    for part in encoded {
        ids.extend(part?);
    }
    Ok(())
}
