//! What one normalizer writes to: it goes through its input from left to right and says of each
//! piece whether it is kept, left out, or stands there as other text.
//!
//! Text that is kept is not copied until something else is written, so a normalizer that changes
//! nothing costs no memory, and one that cuts the ends off gives a piece of its input. Spans (the
//! input's bytes behind each byte of the output) are only written where they are asked for.
//!
//! The rules for spans are those of Hugging Face's `NormalizedString`: a character that replaces
//! another has the other's span; one that was added has that of the character before.

use std::ops::Range;

/// Bytes `.0..=.1` (exclusive end) of the text before, for one byte of the text after.
pub(crate) type Span = (u32, u32);

/// The output of one normalizer on one input.
pub(crate) struct Draft<'i> {
    input: &'i str,
    /// How much of the input has been dealt with.
    at: usize,
    /// The output, as long as it is a piece of the input.
    kept: Range<usize>,
    /// The output, once it is not.
    text: Option<String>,
    spans: Option<Vec<Span>>,
    /// The bytes of the last character, if it was added.
    added: usize,
    /// How long the output may become.
    most: usize,
    full: bool,
}

/// What became of the input.
pub(crate) enum Outcome {
    Same,
    Piece(Range<usize>),
    New(String),
}

impl<'i> Draft<'i> {
    pub(crate) fn new(input: &'i str, aligned: bool, most: usize) -> Self {
        let spans = aligned.then(Vec::new);
        Self { input, at: 0, kept: 0..0, text: None, spans, added: 0, most, full: false }
    }

    /// The text to normalize.
    pub(crate) fn input(&self) -> &'i str {
        self.input
    }

    /// What has not been dealt with yet.
    pub(crate) fn rest(&self) -> &'i str {
        &self.input[self.at..]
    }

    /// The next `len` bytes stay.
    pub(crate) fn keep(&mut self, len: usize) {
        if len == 0 {
            return;
        }
        let piece = self.at..self.at + len;
        self.at = piece.end;
        self.added = 0;
        if self.text.is_none() {
            if self.kept.is_empty() {
                self.kept = piece;
                return;
            }
            if self.kept.end == piece.start {
                self.kept.end = piece.end;
                return;
            }
        }
        self.copy(piece);
    }

    /// The next `len` bytes are left out.
    pub(crate) fn skip(&mut self, len: usize) {
        self.at += len;
    }

    /// `text` stands for the next `len` bytes.
    pub(crate) fn put(&mut self, text: &str, len: usize) {
        let span = (self.at, self.at + len);
        self.at += len;
        self.added = 0;
        self.write(text, span);
    }

    /// [`put`](Self::put) of one character.
    pub(crate) fn put_char(&mut self, c: char, len: usize) {
        self.put(c.encode_utf8(&mut [0; 4]), len);
    }

    /// `text` stands for nothing; it gets the span of the character before.
    pub(crate) fn add(&mut self, text: &str) {
        let before = self.input[..self.at].chars().next_back().map_or(0, char::len_utf8);
        self.write(text, (self.at - before, self.at));
        self.added = text.chars().next_back().map_or(self.added, char::len_utf8);
    }

    /// [`add`](Self::add) of one character.
    pub(crate) fn add_char(&mut self, c: char) {
        self.add(c.encode_utf8(&mut [0; 4]));
    }

    /// The next `len` bytes are left out, but if the last character was added, it now stands for
    /// the first of those left out.
    pub(crate) fn absorb(&mut self, len: usize) {
        let first = self.rest().chars().next().map_or(0, char::len_utf8);
        if let Some(spans) = self.spans.as_mut().filter(|_| !self.full) {
            let last = spans.len() - self.added;
            spans[last..].fill(span(self.at, self.at + first));
        }
        self.added = 0;
        self.skip(len);
    }

    /// Takes every `c` at the end of the output away; what is put next stands where the first of
    /// them did.
    pub(crate) fn cut_end(&mut self, c: char) {
        let output = self.text.as_deref().unwrap_or(&self.input[self.kept.clone()]);
        let len = output.trim_end_matches(c).len();
        if let Some(spans) = &mut self.spans
            && let Some(&(start, _)) = spans.get(len)
        {
            self.at = start as usize;
            spans.truncate(len);
        }
        match &mut self.text {
            Some(text) => text.truncate(len),
            None if len < self.kept.len() => {
                self.kept.end = self.kept.start + len;
                self.at = self.kept.end;
            }
            None => {}
        }
    }

    /// Goes to the end of the input: runs of ASCII that is `plain` are kept, any other character
    /// is handed to `each`, which deals with it.
    pub(crate) fn each(
        &mut self,
        plain: impl Fn(u8) -> bool,
        mut each: impl FnMut(&mut Self, char),
    ) {
        loop {
            let rest = self.rest().as_bytes();
            let run = rest.iter().position(|&b| !(b.is_ascii() && plain(b))).unwrap_or(rest.len());
            self.keep(run);
            let Some(c) = self.rest().chars().next() else { return };
            each(self, c);
        }
    }

    /// Whether the output outgrew its limit; what came after that was not written.
    pub(crate) fn is_full(&self) -> bool {
        self.full
    }

    /// What was not dealt with is left out.
    pub(crate) fn finish(mut self) -> (Outcome, Option<Vec<Span>>) {
        match self.text.take() {
            Some(text) => (Outcome::New(text), self.spans),
            None if self.kept == (0..self.input.len()) => (Outcome::Same, None),
            None => {
                self.push_spans(self.kept.clone());
                (Outcome::Piece(self.kept), self.spans)
            }
        }
    }

    fn write(&mut self, text: &str, (start, end): (usize, usize)) {
        if text.is_empty() || !self.has_room(text.len()) {
            return;
        }
        self.own().push_str(text);
        if let Some(spans) = &mut self.spans {
            spans.extend(std::iter::repeat_n(span(start, end), text.len()));
        }
    }

    fn copy(&mut self, piece: Range<usize>) {
        if !self.has_room(piece.len()) {
            return;
        }
        let input = self.input;
        self.own().push_str(&input[piece.clone()]);
        self.push_spans(piece);
    }

    fn has_room(&mut self, len: usize) -> bool {
        let written = self.text.as_ref().map_or(self.kept.len(), String::len);
        self.full |= len > self.most.saturating_sub(written);
        !self.full
    }

    /// The output as text of its own.
    fn own(&mut self) -> &mut String {
        if self.text.is_none() {
            let mut text = String::with_capacity(self.input.len() + 16);
            text.push_str(&self.input[self.kept.clone()]);
            self.text = Some(text);
            self.push_spans(self.kept.clone());
        }
        self.text.get_or_insert_default()
    }

    fn push_spans(&mut self, piece: Range<usize>) {
        let Some(spans) = &mut self.spans else { return };
        for (i, c) in self.input[piece.clone()].char_indices() {
            let start = piece.start + i;
            let same = span(start, start + c.len_utf8());
            spans.extend(std::iter::repeat_n(same, c.len_utf8()));
        }
    }
}

/// `Work` makes sure that no text is longer than `u32` can count.
fn span(start: usize, end: usize) -> Span {
    (start as u32, end as u32)
}
