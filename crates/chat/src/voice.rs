//! Tokens to text as they come: watched for stop strings, handed to a listener as soon as it is sure.

use generate::Flow;
use tokenizer::{StreamDecoder, Tokenizer};

use crate::StopStrings;

/// Says what tokens mean.
pub struct Voice<'a> {
    stream: StreamDecoder<'a>,
    watch: StopStrings,
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
        let (stream, watch) = (tokenizer.decoder(), StopStrings::new(stop));
        Self { stream, watch, on_text, text: String::new(), cancelled: false }
    }

    /// Takes a token; says stop after a stop string, and when the listener does.
    pub fn say(&mut self, token: u32) -> Flow {
        // An id beyond the vocabulary is masked before it is chosen; it would say nothing.
        let piece = self.stream.push(token).unwrap_or_default();
        let piece = self.watch.push(&piece);
        self.emit(&piece);
        if self.cancelled || self.watch.stopped() { Flow::Stop } else { Flow::Continue }
    }

    /// Says what was held back, and tells what was said in all.
    pub fn finish(mut self) -> Said {
        let end = self.stream.finish();
        let end = self.watch.push(&end) + &self.watch.finish();
        self.emit(&end);
        Said { text: self.text, stopped: self.watch.stopped() }
    }

    fn emit(&mut self, piece: &str) {
        if piece.is_empty() || self.cancelled {
            return;
        }
        self.text.push_str(piece);
        self.cancelled = (self.on_text)(piece) == Flow::Stop;
    }
}
