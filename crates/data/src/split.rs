//! Which documents are trained on and which are kept to measure with.
//!
//! A document's part depends on the seed and its number only, so a corpus that grows at its end
//! keeps its parts. Both parts get at least one document. A document of a book's length is cut after
//! a share of its characters, and so is one that is alone: the first part trains, the last one
//! measures. Drawn whole, a book among notes could leave nothing to train on.
//!
//! Records that may stand in a corpus twice are divided by what they say ([`by_content`]): none is
//! trained on in one place and measured with in another.

use stdx::{Rng, Sum};

use crate::{Document, Error};

/// A document of more bytes than this is cut.
const LONG: usize = 100_000;

/// What a document is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// To learn from.
    Train,
    /// To measure with, never trained on.
    Validation,
}

/// How to divide.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SplitOptions {
    /// The share of documents, and of the characters of one that is cut, kept to measure with.
    pub validation: f64,
    /// Another seed keeps other documents.
    pub seed: u64,
}

impl Default for SplitOptions {
    fn default() -> Self {
        Self { validation: 0.1, seed: 0 }
    }
}

/// The part of what says `content`: the same in every corpus, at every place in it, for one seed.
/// Nothing sees to it that a part is not empty: whoever divides counts first.
pub fn by_content(content: &str, options: &SplitOptions) -> Part {
    let mut sum = Sum::default();
    sum.add(content.len() as u64);
    sum.add_bytes(content.as_bytes());
    let draw = Rng::stream(options.seed.wrapping_add(sum.finish()), "content").unit();
    if draw < options.validation { Part::Validation } else { Part::Train }
}

/// Divides documents as they stream by, one document behind.
pub struct Split<I> {
    documents: I,
    options: SplitOptions,
    /// The document not yet given away: if it is the last, it may have to fill an empty part.
    held: Option<Document>,
    /// What follows the cut through the document given last.
    rest: Option<Document>,
    /// How many documents, or pieces of them, each part has.
    given: [u64; 2],
    /// How many documents came before.
    number: u64,
    ended: bool,
}

impl<I: Iterator<Item = Result<Document, Error>>> Split<I> {
    /// Divides `documents`.
    ///
    /// # Errors
    /// [`Error::Option`] unless the share lies between 0 and 1, both excluded.
    pub fn new(documents: I, options: SplitOptions) -> Result<Self, Error> {
        let share = options.validation;
        if !(share > 0.0 && share < 1.0) {
            let (name, expected) = ("the validation share", "a number between 0 and 1");
            return Err(Error::Option { name, got: share.to_string(), expected });
        }
        let given = [0; 2];
        Ok(Self { documents, options, held: None, rest: None, given, number: 0, ended: false })
    }

    fn advance(&mut self) -> Result<Option<(Part, Document)>, Error> {
        if let Some(rest) = self.rest.take() {
            return Ok(Some((Part::Validation, rest)));
        }
        if self.ended {
            return Ok(None);
        }
        if self.held.is_none() && self.given == [0; 2] {
            self.held = self.documents.next().transpose()?;
        }
        let Some(document) = self.held.take() else { return Ok(None) };
        self.held = self.documents.next().transpose()?;
        self.ended = self.held.is_none();
        let drawn = self.draw();
        let part = match (self.ended, self.given) {
            _ if document.text.len() > LONG => return self.cut(document).map(Some),
            (true, [0, 0]) => return self.cut(document).map(Some),
            (true, [0, _]) => Part::Train,
            (true, [_, 0]) => Part::Validation,
            _ => drawn,
        };
        self.given[part as usize] += 1;
        Ok(Some((part, document)))
    }

    /// The part of the next document.
    fn draw(&mut self) -> Part {
        let number = self.number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.number += 1;
        let draw = Rng::stream(self.options.seed.wrapping_add(number), "split").unit();
        if draw < self.options.validation { Part::Validation } else { Part::Train }
    }

    fn cut(&mut self, document: Document) -> Result<(Part, Document), Error> {
        let Document { mut text, origin } = document;
        let characters = text.chars().count();
        if characters < 2 {
            return Err(Error::Indivisible { origin, characters });
        }
        let train = (characters as f64 * (1.0 - self.options.validation)) as usize;
        let cut = text.char_indices().nth(train.clamp(1, characters - 1));
        let at = cut.expect("the index is below the number of characters").0;
        let line = text[..at].matches('\n').count();
        let rest = Document { text: text.split_off(at), origin: format!("{origin}+{line}") };
        self.rest = Some(rest);
        self.given = self.given.map(|n| n + 1);
        Ok((Part::Train, Document { text, origin }))
    }
}

impl<I: Iterator<Item = Result<Document, Error>>> Iterator for Split<I> {
    type Item = Result<(Part, Document), Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.advance().transpose();
        if matches!(next, Some(Err(_))) {
            (self.ended, self.held, self.rest) = (true, None, None);
        }
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn documents(n: usize) -> impl Iterator<Item = Result<Document, Error>> {
        (0..n).map(|i| Ok(Document { text: format!("text {i}"), origin: format!("a:{i}") }))
    }

    fn parts(n: usize, validation: f64, seed: u64) -> Vec<Part> {
        let split = Split::new(documents(n), SplitOptions { validation, seed }).unwrap();
        split.map(|r| r.unwrap().0).collect()
    }

    #[test]
    fn the_share_is_kept_and_the_seed_decides() {
        let kept = parts(2000, 0.1, 7).iter().filter(|p| **p == Part::Validation).count();
        assert!((150..250).contains(&kept), "{kept} of 2000");
        assert_eq!(parts(200, 0.1, 7), parts(200, 0.1, 7));
        assert_ne!(parts(200, 0.1, 7), parts(200, 0.1, 8));
        assert_eq!(parts(200, 0.1, 7)[..99], parts(100, 0.1, 7)[..99], "a corpus that grew");
    }

    #[test]
    fn the_same_words_are_in_the_same_part() {
        let parts = |seed| -> Vec<Part> {
            let options = SplitOptions { validation: 0.2, seed };
            (0..2000).map(|i| by_content(&format!("question {i}"), &options)).collect()
        };
        let kept = parts(7).iter().filter(|part| **part == Part::Validation).count();
        assert!((320..480).contains(&kept), "{kept} of 2000");
        assert_eq!(parts(7), parts(7));
        let moved = parts(7).iter().zip(parts(8)).filter(|(one, other)| *one != other).count();
        assert!((500..780).contains(&moved), "{moved} of 2000: a third, as of any two draws");
        let first: String =
            parts(7)[..12].iter().map(|p| if *p == Part::Train { 't' } else { 'v' }).collect();
        assert_eq!(first, "ttttvttttttt", "on every machine, in every version");
    }

    #[test]
    fn no_part_is_empty_and_no_document_is_lost() {
        for n in 2..20 {
            for share in [0.0001, 0.5, 0.9999] {
                let parts = parts(n, share, 3);
                assert_eq!(parts.len(), n);
                assert!(parts.contains(&Part::Train) && parts.contains(&Part::Validation));
            }
        }
    }

    #[test]
    fn one_document_is_cut_between_characters() {
        let check = |text: &str, expected: [&str; 2]| {
            let one = Document { text: text.into(), origin: "a:1".into() };
            let split = Split::new(std::iter::once(Ok(one)), SplitOptions::default()).unwrap();
            let got: Vec<_> = split.map(Result::unwrap).collect();
            assert_eq!(got.len(), 2);
            assert_eq!((got[0].0, got[0].1.text.as_str()), (Part::Train, expected[0]));
            assert_eq!((got[1].0, got[1].1.text.as_str()), (Part::Validation, expected[1]));
        };
        check("0123456789", ["012345678", "9"]);
        check("äöüßäöüßäö", ["äöüßäöüßä", "ö"]);
        check("ab", ["a", "b"]);
        // Tiny Shakespeare's length, and where nanoGPT cuts it.
        let text = "a".repeat(1_115_394);
        check(&text, text.split_at(1_003_854).into());
    }

    #[test]
    fn long_documents_are_cut_and_notes_beside_them_are_not() {
        let book = |i: usize| Document { text: "b".repeat(LONG + 1 + i), origin: format!("{i}:1") };
        let note = |i: usize| Document { text: "a note".into(), origin: format!("{i}:1") };
        for long_at in 0..3 {
            let three = (0..3).map(|i| Ok(if i == long_at { book(i) } else { note(i) }));
            let split = Split::new(three, SplitOptions { validation: 0.2, seed: 1 }).unwrap();
            let got: Vec<(Part, Document)> = split.map(Result::unwrap).collect();
            let notes = got.iter().filter(|(_, document)| document.text == "a note").count();
            assert_eq!((got.len(), notes), (4, 2), "book at {long_at}");
            let of_the_book = |part| {
                let mut pieces = got.iter().filter(|(p, d)| *p == part && d.text.starts_with('b'));
                pieces.next().map_or(0, |(_, document)| document.text.len())
            };
            let (train, kept) = (of_the_book(Part::Train), of_the_book(Part::Validation));
            assert_eq!(train + kept, LONG + 1 + long_at);
            assert!((0.19..0.21).contains(&(kept as f64 / (train + kept) as f64)), "{kept}");
        }
    }

    #[test]
    fn what_cannot_be_divided_is_refused() {
        let one = Document { text: "a".into(), origin: "a:1".into() };
        let mut split = Split::new(std::iter::once(Ok(one)), SplitOptions::default()).unwrap();
        assert!(matches!(split.next(), Some(Err(Error::Indivisible { characters: 1, .. }))));
        assert!(split.next().is_none());
        for share in [0.0, 1.0, f64::NAN] {
            let options = SplitOptions { validation: share, seed: 0 };
            assert!(matches!(Split::new(documents(3), options), Err(Error::Option { .. })));
        }
    }
}
