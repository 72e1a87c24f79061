//! Tokens to text as they come: watched for stop strings, handed to a listener as soon as it is sure.

use generate::Flow;
use tokenizer::{StreamDecoder, Tokenizer};

use crate::StopStrings;

/// What tokens mean, as far as it is sure: whole characters that begin no stop string.
pub(crate) struct Speech<'a> {
    stream: StreamDecoder<'a>,
    watch: StopStrings,
}

impl<'a> Speech<'a> {
    /// Nothing said yet; nothing will be of and after the strings in `stop`.
    pub(crate) fn new(tokenizer: &'a Tokenizer, stop: &[String]) -> Self {
        Self { stream: tokenizer.decoder(), watch: StopStrings::new(stop) }
    }

    /// The text that a token makes sure.
    pub(crate) fn push(&mut self, token: u32) -> String {
        // An id beyond the vocabulary is masked before it is chosen; it would say nothing.
        let piece = self.stream.push(token).unwrap_or_default();
        self.watch.push(&piece)
    }

    /// What was held back.
    pub(crate) fn finish(&mut self) -> String {
        let end = self.stream.finish();
        self.watch.push(&end) + &self.watch.finish()
    }

    /// Whether a stop string came.
    pub(crate) fn stopped(&self) -> bool {
        self.watch.stopped()
    }

    /// The stop string that came.
    pub(crate) fn stopped_by(&self) -> Option<String> {
        self.watch.stopped_by().map(str::to_string)
    }
}

/// Says what tokens mean.
pub struct Voice<'a> {
    speech: Speech<'a>,
    on_text: &'a mut dyn FnMut(&str) -> Flow,
    text: String,
    cancelled: bool,
}

/// What was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// All of it, up to a stop string.
    pub text: String,
    /// Whether a stop string came.
    pub stopped: bool,
}

impl<'a> Voice<'a> {
    /// A voice that says nothing of and after the strings in `stop`. The pieces that `on_text` hears are
    /// together the text.
    pub fn new(
        tokenizer: &'a Tokenizer,
        stop: &[String],
        on_text: &'a mut dyn FnMut(&str) -> Flow,
    ) -> Self {
        let speech = Speech::new(tokenizer, stop);
        Self { speech, on_text, text: String::new(), cancelled: false }
    }

    /// Takes a token; says stop after a stop string, and when the listener does.
    pub fn say(&mut self, token: u32) -> Flow {
        let piece = self.speech.push(token);
        self.emit(&piece);
        if self.cancelled || self.speech.stopped() { Flow::Stop } else { Flow::Continue }
    }

    /// Says what was held back, and tells what was said in all.
    pub fn finish(mut self) -> Said {
        let end = self.speech.finish();
        self.emit(&end);
        Said { text: self.text, stopped: self.speech.stopped() }
    }

    fn emit(&mut self, piece: &str) {
        if piece.is_empty() || self.cancelled {
            return;
        }
        self.text.push_str(piece);
        self.cancelled = (self.on_text)(piece) == Flow::Stop;
    }
}
