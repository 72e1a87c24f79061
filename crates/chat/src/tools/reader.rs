//! Calls of tools out of an answer, as it comes.
//!
//! Text that might become a call is held back until it is known; white space before a call, between
//! calls and after them belongs to their frame. What looked like a call and is none comes out as
//! text. Characters are taken one by one, so that it makes no difference how an answer is cut.
//!
//! An answer that a grammar held to the dialect can break off within a call and in no other way; its
//! arguments are then told as they come ([`CallReader::streaming`]). Otherwise a call is told when it is
//! whole.

use super::envelope::Envelope;
use super::{Dialect, dialect::Frame};

/// What came out of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// Text.
    Text(String),
    /// A call begins. They are numbered from 0.
    Call {
        /// Its number.
        index: usize,
        /// Its id, where the model gave one before its arguments.
        id: Option<String>,
        /// The tool's name.
        name: String,
    },
    /// More of a call's arguments: together they are JSON.
    Arguments {
        /// The call's number.
        index: usize,
        /// The next of it.
        piece: String,
    },
}

/// A call as it was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Its id, where the model gave one.
    pub id: Option<String>,
    /// The tool's name.
    pub name: String,
    /// The JSON object that it is given.
    pub arguments: String,
    /// Whether it was broken off, so that its arguments are no JSON: only while streaming.
    pub is_broken: bool,
}

/// All of an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    /// The text beside the calls.
    pub content: String,
    /// The calls in their order.
    pub calls: Vec<Call>,
}

/// Reads an answer.
#[derive(Clone, Debug)]
pub struct CallReader {
    frame: Frame,
    is_streaming: bool,
    state: State,
    /// White space that is text only if text follows.
    space: String,
    /// What may be the beginning of a mark, or has the form of a frame; all of a call that is not told
    /// yet.
    raw: String,
    read: Calls,
    told: Vec<Told>,
}

#[derive(Clone, Debug)]
enum State {
    /// Text in which the mark may come.
    Text,
    /// Text to the end.
    Plain,
    /// Behind the mark: a list may open here, or else a call.
    Opened { in_list: bool },
    /// Within a call.
    Object(Box<Object>),
    /// Behind a call.
    Closing,
}

#[derive(Clone, Debug)]
struct Object {
    envelope: Envelope,
    is_told: bool,
    /// Bytes of its arguments that were told.
    told_bytes: usize,
}

impl CallReader {
    /// A reader that tells calls when they are whole.
    pub fn new(dialect: &Dialect) -> Self {
        Self {
            frame: dialect.frame,
            is_streaming: false,
            state: State::Text,
            space: String::new(),
            raw: String::new(),
            read: Calls::default(),
            told: Vec::new(),
        }
    }

    /// The same for an answer that a grammar holds to the dialect: arguments are told as they come.
    #[must_use]
    pub fn streaming(mut self) -> Self {
        self.is_streaming = true;
        self
    }

    /// Takes the next piece of the answer and tells what is sure.
    pub fn push(&mut self, piece: &str) -> Vec<Told> {
        piece.chars().for_each(|c| self.take(c));
        std::mem::take(&mut self.told)
    }

    /// Tells what was held back, and all of the answer.
    pub fn finish(mut self) -> (Vec<Told>, Calls) {
        match self.state {
            State::Closing => {}
            State::Object(_) | State::Opened { .. } => self.give_up(),
            State::Text | State::Plain if self.raw.is_empty() && !self.read.calls.is_empty() => {}
            State::Text | State::Plain => self.give_up(),
        }
        (self.told, self.read)
    }

    fn take(&mut self, c: char) {
        match self.state {
            State::Plain => self.say(c),
            State::Text => self.in_text(c),
            State::Opened { .. } => self.opened(c),
            State::Object(_) => self.in_object(c),
            State::Closing => self.closing(c),
        }
    }

    fn in_text(&mut self, c: char) {
        let mark = match self.frame {
            Frame::Marked { open: mark, .. } | Frame::List { mark } => mark,
            Frame::Bare if c.is_whitespace() => return self.space.push(c),
            Frame::Bare if c == '{' => return self.begin(c),
            Frame::Bare => {
                self.state = State::Plain;
                return self.say(c);
            }
        };
        self.raw.push(c);
        if self.raw == mark {
            self.state = State::Opened { in_list: false };
            return;
        }
        while !mark.starts_with(&self.raw) {
            let first = self.raw.remove(0);
            if first.is_whitespace() { self.space.push(first) } else { self.say(first) }
        }
    }

    fn opened(&mut self, c: char) {
        let State::Opened { in_list } = &mut self.state else { return };
        match c {
            '[' if !*in_list && matches!(self.frame, Frame::List { .. }) => {
                *in_list = true;
                self.raw.push(c);
            }
            '{' if *in_list || !matches!(self.frame, Frame::List { .. }) => self.begin(c),
            c if c.is_whitespace() => self.raw.push(c),
            _ => {
                self.give_up();
                self.take(c);
            }
        }
    }

    /// At the brace of a call.
    fn begin(&mut self, c: char) {
        let envelope = Envelope::new(self.frame == Frame::Bare);
        self.state = State::Object(Box::new(Object { envelope, is_told: false, told_bytes: 0 }));
        self.in_object(c);
    }

    fn in_object(&mut self, c: char) {
        let State::Object(object) = &mut self.state else { return };
        let Ok(is_whole) = object.envelope.push(c) else {
            self.give_up();
            return self.take(c);
        };
        self.raw.push(c);
        if is_whole {
            self.end_call(false);
        } else if self.is_streaming {
            self.tell_call();
        }
    }

    /// Tells what is known of the call and was not told.
    fn tell_call(&mut self) {
        let State::Object(object) = &mut self.state else { return };
        let (envelope, index) = (&object.envelope, self.read.calls.len());
        let Some(name) = envelope.name.as_ref().filter(|_| !envelope.arguments.is_empty()) else {
            return;
        };
        if !object.is_told {
            let (id, name) = (envelope.id.clone(), name.clone());
            self.told.push(Told::Call { index, id, name });
            object.is_told = true;
            self.space.clear();
        }
        let piece = &envelope.arguments[object.told_bytes..];
        object.told_bytes = envelope.arguments.len();
        match self.told.last_mut() {
            Some(Told::Arguments { piece: last, .. }) => last.push_str(piece),
            _ if piece.is_empty() => {}
            _ => self.told.push(Told::Arguments { index, piece: piece.to_string() }),
        }
    }

    fn end_call(&mut self, is_broken: bool) {
        self.tell_call();
        let State::Object(object) = std::mem::replace(&mut self.state, State::Closing) else {
            return;
        };
        let Envelope { id, name, arguments, .. } = object.envelope;
        let name = name.unwrap_or_default();
        self.read.calls.push(Call { id, name, arguments, is_broken });
        self.raw.clear();
    }

    /// Between a call and what may be the next.
    fn closing(&mut self, c: char) {
        let close = match self.frame {
            Frame::Marked { close, .. } => close,
            Frame::List { .. } => "]",
            Frame::Bare => "",
        };
        let in_list = matches!(self.frame, Frame::List { .. });
        match c {
            c if c.is_whitespace() && self.raw.is_empty() => return self.space.push(c),
            ',' if in_list => self.state = State::Opened { in_list },
            ';' if self.frame == Frame::Bare => return self.space.push(c),
            '{' if self.frame == Frame::Bare => return self.begin(c),
            _ => {}
        }
        self.raw.push(c);
        if self.raw == close {
            self.raw.clear();
            self.space.clear();
            self.state = State::Text;
        } else if matches!(self.state, State::Closing) && !close.starts_with(&self.raw) {
            self.give_up();
        }
    }

    /// What was held back is text after all. A call that was told stays, broken off.
    fn give_up(&mut self) {
        if matches!(&self.state, State::Object(object) if object.is_told) {
            self.end_call(true);
        }
        self.state = if self.frame == Frame::Bare { State::Plain } else { State::Text };
        let raw = std::mem::take(&mut self.raw);
        self.text(&raw);
    }

    fn say(&mut self, c: char) {
        self.text(c.encode_utf8(&mut [0; 4]));
    }

    /// Tells text, and the white space before it.
    fn text(&mut self, text: &str) {
        let text = std::mem::take(&mut self.space) + text;
        self.read.content.push_str(&text);
        match self.told.last_mut() {
            _ if text.is_empty() => {}
            Some(Told::Text(last)) => last.push_str(&text),
            _ => self.told.push(Told::Text(text)),
        }
    }
}

#[cfg(test)]
mod tests;
