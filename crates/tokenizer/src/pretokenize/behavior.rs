//! What becomes of the matches of a pattern that cuts: the five behaviours of the field.
//!
//! A pattern says of each stretch of a text, in order and without gaps, whether it is a match (a
//! delimiter, as a rule). [`Joiner`] makes pieces of that, one look at each stretch. Empty
//! stretches count, since an empty match cuts too, but no empty piece comes out.

use std::ops::Range;

use crate::Error;

/// What becomes of the matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behavior {
    /// They are left out.
    Removed,
    /// Each is a piece of its own.
    Isolated,
    /// Each ends the piece before it, unless that is a match too.
    MergedWithPrevious,
    /// Each starts the piece after it, unless that is a match too.
    MergedWithNext,
    /// Matches side by side are one piece.
    Contiguous,
}

impl Behavior {
    /// All of them, by the names that files have.
    pub(super) const ALL: [(&'static str, Self); 5] = [
        ("Removed", Self::Removed),
        ("Isolated", Self::Isolated),
        ("MergedWithPrevious", Self::MergedWithPrevious),
        ("MergedWithNext", Self::MergedWithNext),
        ("Contiguous", Self::Contiguous),
    ];
}

/// Stretches in, pieces out.
pub(super) struct Joiner<'t, F> {
    text: &'t str,
    behavior: Behavior,
    each: F,
    /// What may still be joined with the next stretch.
    waiting: Option<Range<usize>>,
    /// Whether the stretch before was a match.
    after_match: bool,
}

impl<'t, F: FnMut(&'t str) -> Result<(), Error>> Joiner<'t, F> {
    /// `each` gets the pieces of `text`.
    pub(super) fn new(text: &'t str, behavior: Behavior, each: F) -> Self {
        Self { text, behavior, each, waiting: None, after_match: false }
    }

    /// The next stretch, and whether it is a match.
    pub(super) fn push(&mut self, stretch: Range<usize>, is_match: bool) -> Result<(), Error> {
        match self.behavior {
            Behavior::Removed if is_match => return Ok(()),
            Behavior::Removed | Behavior::Isolated => return self.give(stretch),
            Behavior::MergedWithNext => return self.push_before_next(stretch, is_match),
            Behavior::MergedWithPrevious | Behavior::Contiguous => {}
        }
        let joins = match self.behavior {
            Behavior::Contiguous => is_match == self.after_match,
            _ => is_match && !self.after_match,
        };
        self.after_match = is_match;
        match &mut self.waiting {
            Some(waiting) if joins => waiting.end = stretch.end,
            _ => {
                self.flush()?;
                self.waiting = Some(stretch);
            }
        }
        Ok(())
    }

    /// A match waits for what comes next; only what is no match takes it in.
    fn push_before_next(&mut self, stretch: Range<usize>, is_match: bool) -> Result<(), Error> {
        if is_match {
            self.flush()?;
            self.waiting = Some(stretch);
            return Ok(());
        }
        let start = self.waiting.take().map_or(stretch.start, |waiting| waiting.start);
        self.give(start..stretch.end)
    }

    /// There are no more stretches.
    pub(super) fn finish(mut self) -> Result<(), Error> {
        self.flush()
    }

    fn flush(&mut self) -> Result<(), Error> {
        self.waiting.take().map_or(Ok(()), |waiting| self.give(waiting))
    }

    fn give(&mut self, piece: Range<usize>) -> Result<(), Error> {
        if piece.is_empty() { Ok(()) } else { (self.each)(&self.text[piece]) }
    }
}

/// Cuts at characters: each that `is_delimiter` is a match of its own.
pub(super) fn cut_at<'t>(
    text: &'t str,
    is_delimiter: impl Fn(char) -> bool,
    behavior: Behavior,
    each: impl FnMut(&'t str) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut joiner = Joiner::new(text, behavior, each);
    let mut done = 0;
    for (at, delimiter) in text.match_indices(is_delimiter) {
        if done < at {
            joiner.push(done..at, false)?;
        }
        done = at + delimiter.len();
        joiner.push(at..done, true)?;
    }
    if done < text.len() {
        joiner.push(done..text.len(), false)?;
    }
    joiner.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(behavior: Behavior, text: &str, expected: &[&str]) {
        let mut pieces = vec![];
        let is_dash = |c| c == '-';
        cut_at(text, is_dash, behavior, |piece| {
            pieces.push(piece);
            Ok(())
        })
        .unwrap();
        assert_eq!(pieces, expected, "{behavior:?} on {text:?}");
    }

    #[test]
    fn the_five_behaviours() {
        use Behavior::*;
        let text = "-the-final--countdown-";
        check(Removed, text, &["the", "final", "countdown"]);
        check(Isolated, text, &["-", "the", "-", "final", "-", "-", "countdown", "-"]);
        check(MergedWithPrevious, text, &["-", "the-", "final-", "-", "countdown-"]);
        check(MergedWithNext, text, &["-the", "-final", "-", "-countdown", "-"]);
        check(Contiguous, text, &["-", "the", "-", "final", "--", "countdown", "-"]);
        for (_, behavior) in Behavior::ALL {
            check(behavior, "", &[]);
            check(behavior, "é", &["é"]);
        }
    }
}
