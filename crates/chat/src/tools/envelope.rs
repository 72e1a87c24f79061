//! The JSON object around a call, character by character: a name, arguments, perhaps an id.
//!
//! Keys may come in any order, arguments under either name that dialects have for them. An object with
//! any other key is no call.

use super::json::{Malformed, Scanner, State};

/// A call as far as it came.
#[derive(Clone, Debug)]
pub(super) struct Envelope {
    scanner: Scanner,
    /// Whether only the keys' order tells a call from any other JSON.
    is_bare: bool,
    fields: usize,
    field: Field,
    /// The key or text that is being read, with its quotes.
    raw: String,
    pub(super) name: Option<String>,
    pub(super) id: Option<String>,
    /// The JSON of the arguments so far; empty where they have not begun.
    pub(super) arguments: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Name,
    Id,
    Type,
    Arguments,
}

impl Envelope {
    /// Before the brace.
    pub(super) fn new(is_bare: bool) -> Self {
        Self {
            scanner: Scanner::new(),
            is_bare,
            fields: 0,
            field: Field::Type,
            raw: String::new(),
            name: None,
            id: None,
            arguments: String::new(),
        }
    }

    /// Takes the next character; says whether the object is whole.
    pub(super) fn push(&mut self, c: char) -> Result<bool, Malformed> {
        let (before, depth) = (self.scanner.state(), self.scanner.depth());
        self.scanner.push(c)?;
        let after = self.scanner.state();
        match self.scanner.depth().max(depth) {
            // The arguments' object, with its braces.
            2.. if self.field == Field::Arguments => {
                if self.arguments.is_empty() && c != '{' {
                    return Err(Malformed);
                }
                self.arguments.push(c);
            }
            1 => self.of_object(c, before, after)?,
            _ => return Err(Malformed),
        }
        match after {
            State::Done if self.name.is_some() && (!self.is_bare || !self.arguments.is_empty()) => {
                if self.arguments.is_empty() {
                    self.arguments.push_str("{}");
                }
                Ok(true)
            }
            State::Done => Err(Malformed),
            _ => Ok(false),
        }
    }

    /// A character of the object itself.
    fn of_object(&mut self, c: char, before: State, after: State) -> Result<(), Malformed> {
        let is_text = |state| matches!(state, State::Text { .. });
        if is_text(before) || is_text(after) {
            self.raw.push(c);
        }
        match (before, after) {
            (State::Text { is_key: true, .. }, State::Colon) => self.key(),
            (State::Text { is_key: false, .. }, State::After) => self.text(),
            (_, State::Number(_) | State::Word(_)) => Err(Malformed),
            (State::Value, State::Text { .. }) if self.field == Field::Arguments => Err(Malformed),
            _ => Ok(()),
        }
    }

    fn key(&mut self) -> Result<(), Malformed> {
        let key = self.take()?;
        self.field = match key.as_str() {
            "name" if self.name.is_none() => Field::Name,
            "id" if self.id.is_none() => Field::Id,
            "type" => Field::Type,
            "arguments" | "parameters" if self.arguments.is_empty() => Field::Arguments,
            _ => return Err(Malformed),
        };
        self.fields += 1;
        let opens = matches!((self.field, self.fields), (Field::Name | Field::Type, 1) | (_, 2..));
        if self.is_bare && !opens { Err(Malformed) } else { Ok(()) }
    }

    fn text(&mut self) -> Result<(), Malformed> {
        let text = self.take()?;
        match self.field {
            Field::Name => self.name = Some(text),
            Field::Id => self.id = Some(text),
            Field::Type if text == "function" => {}
            Field::Type | Field::Arguments => return Err(Malformed),
        }
        Ok(())
    }

    /// The text whose quotes have come.
    fn take(&mut self) -> Result<String, Malformed> {
        serde_json::from_str(&std::mem::take(&mut self.raw)).map_err(|_| Malformed)
    }
}
