//! A text on its way through the stages, and what is known at the end: the normalized text and
//! the original bytes behind each of its bytes.
//!
//! The spans of a stage lead to its own input; [`Work`] leads them on to the original, stage by
//! stage. As long as nothing changed there are none, and the original is not copied.

use std::borrow::Cow;
use std::ops::Range;

use super::draft::{Draft, Outcome, Span};
use super::{FREE_GROWTH, MOST_GROWTH};
use crate::Error;

/// A normalized text that knows where each byte came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aligned<'t> {
    original: &'t str,
    text: Cow<'t, str>,
    /// One for each byte of `text`; none where `text` is the original.
    spans: Option<Vec<Span>>,
}

impl<'t> Aligned<'t> {
    /// The normalized text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The spans of each byte, where the text is not the original.
    pub(crate) fn spans(&self) -> Option<&[Span]> {
        self.spans.as_deref()
    }

    /// The normalized text, without the rest.
    pub fn into_text(self) -> Cow<'t, str> {
        self.text
    }

    /// The bytes of the original behind the byte at `at` of the normalized text: whole characters,
    /// or an empty range for what came from nothing. `None` past the end.
    pub fn span(&self, at: usize) -> Option<Range<usize>> {
        match &self.spans {
            Some(spans) => spans.get(at).map(|&(start, end)| start as usize..end as usize),
            None => (at < self.original.len()).then(|| {
                let start = self.original.floor_char_boundary(at);
                start..self.original.ceil_char_boundary(at + 1)
            }),
        }
    }

    /// The bytes of the original behind a range of the normalized text, from where its first byte
    /// came to where its last one did. `None` for a range that is empty or out of bounds.
    pub fn original(&self, normalized: Range<usize>) -> Option<Range<usize>> {
        if normalized.is_empty() {
            return None;
        }
        Some(self.span(normalized.start)?.start..self.span(normalized.end - 1)?.end)
    }
}

/// A text between two stages.
pub(super) struct Work<'t> {
    original: &'t str,
    text: Cow<'t, str>,
    spans: Option<Vec<Span>>,
    aligned: bool,
    /// How long the text may become.
    most: usize,
}

impl<'t> Work<'t> {
    pub(super) fn new(original: &'t str, aligned: bool) -> Result<Self, Error> {
        let most = original.len().saturating_mul(MOST_GROWTH).saturating_add(FREE_GROWTH);
        let limit = u32::MAX as usize;
        if original.len() > limit {
            return Err(Error::TextTooLong { got: original.len(), most: limit });
        }
        let text = Cow::Borrowed(original);
        Ok(Self { original, text, spans: None, aligned, most: most.min(limit) })
    }

    /// Runs one normalizer.
    pub(super) fn apply(&mut self, run: impl FnOnce(&mut Draft<'_>)) -> Result<(), Error> {
        self.try_apply(|draft| {
            run(draft);
            Ok(())
        })
    }

    /// Runs one normalizer that can fail.
    pub(super) fn try_apply(
        &mut self,
        run: impl FnOnce(&mut Draft<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut draft = Draft::new(&self.text, self.aligned, self.most);
        run(&mut draft)?;
        if draft.is_full() {
            return Err(Error::Outgrown { from: self.original.len(), most: self.most });
        }
        let (outcome, spans) = draft.finish();
        if let Some(spans) = spans {
            self.lead_on(spans);
        }
        self.text = match (outcome, std::mem::take(&mut self.text)) {
            (Outcome::Same, text) => text,
            (Outcome::Piece(piece), Cow::Borrowed(text)) => Cow::Borrowed(&text[piece]),
            (Outcome::Piece(piece), Cow::Owned(text)) => Cow::Owned(text[piece].to_owned()),
            (Outcome::New(text), _) => Cow::Owned(text),
        };
        Ok(())
    }

    /// Spans of the stage's input become spans of the original.
    fn lead_on(&mut self, mut spans: Vec<Span>) {
        if let Some(old) = &self.spans {
            for span in &mut spans {
                *span = through(old, *span);
            }
        }
        self.spans = Some(spans);
    }

    pub(super) fn into_text(self) -> Cow<'t, str> {
        self.text
    }

    pub(super) fn into_aligned(self) -> Aligned<'t> {
        Aligned { original: self.original, text: self.text, spans: self.spans }
    }
}

/// What stands for nothing stays between its neighbours; at the very start it is at 0, as with
/// Hugging Face, even where a stage before took the start away.
pub(crate) fn through(old: &[Span], (start, end): Span) -> Span {
    if start < end {
        return (old[start as usize].0, old[end as usize - 1].1);
    }
    let place = match old.get(start as usize) {
        _ if start == 0 => 0,
        Some(span) => span.0,
        None => old.last().map_or(0, |span| span.1),
    };
    (place, place)
}
