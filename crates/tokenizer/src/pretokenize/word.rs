//! A word that knows where it came from, or does not need to.
//!
//! As long as no step changed the text, a word stands in the original as it is, and its place is
//! one number. After that there is a span for each byte, if somebody asked for spans.

use super::aligned::through;
use super::{Draft, Error};
use crate::normalize::draft::{Outcome, Span};

/// A piece of text on its way to the model.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Word<'w> {
    pub(crate) text: &'w str,
    source: Source<'w>,
}

/// Where a word came from.
#[derive(Clone, Copy, Debug)]
enum Source<'w> {
    /// It stands in the original as it is, from this byte on.
    Place(usize),
    /// The bytes of a stretch of the original behind each byte, and where the stretch starts.
    Spans(&'w [Span], usize),
    /// Nobody asked, but for whether it is the very start of the original.
    Unasked { at_start: bool },
}

impl<'w> Word<'w> {
    /// Text of the original that starts at byte `place`.
    pub(crate) fn at(text: &'w str, place: usize) -> Self {
        Self { text, source: Source::Place(place) }
    }

    /// Text whose bytes came from `spans`, in a stretch that starts at byte `place`.
    pub(crate) fn with_spans(text: &'w str, spans: &'w [Span], place: usize) -> Self {
        Self { text, source: Source::Spans(spans, place) }
    }

    /// Text that came from somewhere, maybe from the very start of the original.
    pub(crate) fn unplaced(text: &'w str, at_start: bool) -> Self {
        Self { text, source: Source::Unasked { at_start } }
    }

    /// A piece of this word, which must be a slice of its text.
    #[inline]
    pub(crate) fn piece(self, text: &'w str) -> Self {
        let start = text.as_ptr() as usize - self.text.as_ptr() as usize;
        let source = match self.source {
            Source::Place(place) => Source::Place(place + start),
            Source::Spans(spans, place) => Source::Spans(&spans[start..start + text.len()], place),
            Source::Unasked { at_start } => Source::Unasked { at_start: at_start && start == 0 },
        };
        Self { text, source }
    }

    /// Whether it knows where it came from.
    pub(super) fn is_placed(self) -> bool {
        !matches!(self.source, Source::Unasked { .. })
    }

    /// Whether it stands at the very start of the original.
    pub(crate) fn is_at_start(self) -> bool {
        match self.source {
            Source::Place(place) => place == 0,
            Source::Spans(spans, place) => {
                place + spans.first().map_or(0, |span| span.0 as usize) == 0
            }
            Source::Unasked { at_start } => at_start,
        }
    }

    /// The bytes of the original behind `start..end` of the word. `original` is all of it.
    pub(crate) fn original(self, original: &str, (start, end): (usize, usize)) -> (usize, usize) {
        match self.source {
            Source::Place(place) if start == end => (place + start, place + end),
            Source::Place(place) => (
                original.floor_char_boundary(place + start),
                original.ceil_char_boundary(place + end),
            ),
            Source::Spans(spans, place) if start == end => {
                let first = spans.first().map_or(0, |span| span.0 as usize);
                (place + first + start, place + first + end)
            }
            Source::Spans(spans, place) => match (spans.get(start), spans.get(end - 1)) {
                (Some(first), Some(last)) => (place + first.0 as usize, place + last.1 as usize),
                _ => (start, end),
            },
            Source::Unasked { .. } => (0, 0),
        }
    }

    /// Calls `each` with what `change` makes of it; it must know where it came from.
    pub(super) fn change(
        self,
        change: impl FnOnce(&mut Draft<'_>),
        each: impl FnOnce(Word<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        // No step makes more than three bytes of one, and one more in front.
        let mut draft = Draft::new(self.text, true, usize::MAX);
        change(&mut draft);
        let (outcome, mut spans) = draft.finish();
        let text = match &outcome {
            Outcome::Same => return each(self),
            Outcome::Piece(piece) => return each(self.piece(&self.text[piece.clone()])),
            Outcome::New(text) => text,
        };
        let source = match (self.source, &mut spans) {
            (Source::Place(place), Some(spans)) => Source::Spans(spans, place),
            (Source::Spans(old, place), Some(spans)) => {
                spans.iter_mut().for_each(|span| *span = through(old, *span));
                Source::Spans(spans, place)
            }
            _ => Source::Unasked { at_start: self.is_at_start() },
        };
        each(Word { text, source })
    }
}
