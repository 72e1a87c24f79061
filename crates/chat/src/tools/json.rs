//! JSON read character by character (RFC 8259), to know at each one whether what came so far can
//! still become JSON, and where in it the next one stands.
//!
//! Left out: what values mean. A number may be larger than any machine's.

/// Deeper values are refused; whoever parses the text afterwards has the same limit.
const MOST_NESTED: usize = 120;

/// What came so far.
#[derive(Clone, Debug)]
pub(super) struct Scanner {
    /// The open containers: whether each is an object.
    open: Vec<bool>,
    state: State,
}

/// No JSON begins so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Malformed;

/// What is expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// A value.
    Value,
    /// A value, or the end of the list.
    FirstItem,
    /// A key, or the end of the object.
    FirstKey,
    /// A key.
    Key,
    /// What stands between key and value.
    Colon,
    /// A comma or an end.
    After,
    /// More of a text, perhaps of a key.
    Text { is_key: bool, escape: Escape },
    /// More of a number.
    Number(Digits),
    /// The rest of `true`, `false` or `null`.
    Word(&'static str),
    /// White space.
    Done,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Escape {
    None,
    /// After the backslash.
    Begun,
    /// So many hexadecimal digits are missing of a unit of UTF-16, which may have to be the second half
    /// of a pair.
    Hex {
        missing: u8,
        unit: u16,
        is_second: bool,
    },
    /// The first half of a pair has come: a backslash must follow, and a `u`.
    Half {
        is_begun: bool,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Digits {
    Minus,
    Zero,
    Whole,
    Point,
    Fraction,
    E,
    Sign,
    Exponent,
}

impl Scanner {
    /// At the beginning of a value.
    pub(super) fn new() -> Self {
        Self { open: Vec::new(), state: State::Value }
    }

    /// What is expected next.
    pub(super) fn state(&self) -> State {
        self.state
    }

    /// How many containers are open.
    pub(super) fn depth(&self) -> usize {
        self.open.len()
    }

    /// Takes the next character.
    pub(super) fn push(&mut self, c: char) -> Result<(), Malformed> {
        if let State::Number(digits) = self.state {
            match digits.next(c) {
                Some(next) => {
                    self.state = State::Number(next);
                    return Ok(());
                }
                None if digits.may_end() => self.state = self.after(),
                None => return Err(Malformed),
            }
        }
        self.state = match self.state {
            State::Text { is_key, escape } => return self.text(c, is_key, escape),
            State::Word(rest) => match rest.strip_prefix(c) {
                Some("") => self.after(),
                Some(rest) => State::Word(rest),
                None => return Err(Malformed),
            },
            _ if matches!(c, ' ' | '\t' | '\n' | '\r') => return Ok(()),
            State::FirstItem if c == ']' => self.close(false)?,
            State::FirstKey if c == '}' => self.close(true)?,
            State::Value | State::FirstItem => self.value(c)?,
            State::FirstKey | State::Key if c == '"' => {
                State::Text { is_key: true, escape: Escape::None }
            }
            State::Colon if c == ':' => State::Value,
            State::After => match (c, self.open.last()) {
                (',', Some(true)) => State::Key,
                (',', Some(false)) => State::Value,
                ('}', _) => self.close(true)?,
                (']', _) => self.close(false)?,
                _ => return Err(Malformed),
            },
            _ => return Err(Malformed),
        };
        Ok(())
    }

    fn value(&mut self, c: char) -> Result<State, Malformed> {
        Ok(match c {
            '{' | '[' if self.open.len() < MOST_NESTED => {
                self.open.push(c == '{');
                if c == '{' { State::FirstKey } else { State::FirstItem }
            }
            '"' => State::Text { is_key: false, escape: Escape::None },
            't' => State::Word("rue"),
            'f' => State::Word("alse"),
            'n' => State::Word("ull"),
            '-' => State::Number(Digits::Minus),
            '0' => State::Number(Digits::Zero),
            '1'..='9' => State::Number(Digits::Whole),
            _ => return Err(Malformed),
        })
    }

    fn text(&mut self, c: char, is_key: bool, escape: Escape) -> Result<(), Malformed> {
        let escape = match (escape, c) {
            (Escape::None, '"') => {
                self.state = if is_key { State::Colon } else { self.after() };
                return Ok(());
            }
            (Escape::None, '\\') => Escape::Begun,
            (Escape::None, c) if c >= ' ' => Escape::None,
            (Escape::Half { is_begun: false }, '\\') => Escape::Half { is_begun: true },
            (Escape::Half { is_begun: true } | Escape::Begun, 'u') => {
                Escape::Hex { missing: 4, unit: 0, is_second: escape != Escape::Begun }
            }
            (Escape::Begun, '"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't') => Escape::None,
            (Escape::Hex { missing, unit, is_second }, c) => {
                let unit = unit << 4 | c.to_digit(16).ok_or(Malformed)? as u16;
                match (unit, is_second) {
                    _ if missing > 1 => Escape::Hex { missing: missing - 1, unit, is_second },
                    (0xD800..=0xDBFF, false) => Escape::Half { is_begun: false },
                    (0xDC00..=0xDFFF, true) => Escape::None,
                    (0xDC00..=0xDFFF, false) | (_, true) => return Err(Malformed),
                    _ => Escape::None,
                }
            }
            _ => return Err(Malformed),
        };
        self.state = State::Text { is_key, escape };
        Ok(())
    }

    /// Ends an object or a list.
    fn close(&mut self, is_object: bool) -> Result<State, Malformed> {
        match self.open.pop() {
            Some(open) if open == is_object => Ok(self.after()),
            _ => Err(Malformed),
        }
    }

    /// Behind a value.
    fn after(&self) -> State {
        if self.open.is_empty() { State::Done } else { State::After }
    }
}

impl Digits {
    fn next(self, c: char) -> Option<Self> {
        Some(match (self, c) {
            (Self::Minus, '0') => Self::Zero,
            (Self::Minus, '1'..='9') | (Self::Whole, '0'..='9') => Self::Whole,
            (Self::Zero | Self::Whole, '.') => Self::Point,
            (Self::Point | Self::Fraction, '0'..='9') => Self::Fraction,
            (Self::Zero | Self::Whole | Self::Fraction, 'e' | 'E') => Self::E,
            (Self::E, '+' | '-') => Self::Sign,
            (Self::E | Self::Sign | Self::Exponent, '0'..='9') => Self::Exponent,
            _ => return None,
        })
    }

    fn may_end(self) -> bool {
        matches!(self, Self::Zero | Self::Whole | Self::Fraction | Self::Exponent)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Whether `{"a": text}` is JSON, by this scanner.
    fn takes(text: &str) -> bool {
        let mut scanner = Scanner::new();
        let whole = format!("{{\"a\": {text}}}");
        whole.chars().all(|c| scanner.push(c).is_ok()) && scanner.state() == State::Done
    }

    fn parses(text: &str) -> bool {
        let parsed = serde_json::from_str::<serde_json::Value>(&format!("{{\"a\": {text}}}"));
        // JSON has them, f64 has not.
        parsed.map_or_else(|e| e.to_string().contains("out of range"), |_| true)
    }

    #[test]
    fn it_knows_json_from_what_is_none() {
        let json = [
            "1",
            "-0",
            "0.5",
            "1e5",
            "1E-05",
            "[]",
            "[1,\n2]",
            "{}",
            "{\"b\":[{}]}",
            "\"\"",
            "\"é\"",
            "\"\\u00e9\\n\\/\"",
            "\"\\ud83D\\uDC4d\"",
            "1e999",
            "true",
            "[null, false]",
            "\t3\r\n",
        ];
        let none = [
            "",
            "01",
            "-",
            "1.",
            ".5",
            "1e",
            "+1",
            "[1,]",
            "[,]",
            "{,}",
            "{\"b\"}",
            "{\"b\":}",
            "{1:2}",
            "\"\n\"",
            "\"\\x\"",
            "\"\\u12g4\"",
            "\"\\ud83d\"",
            "\"\\udc4d\"",
            "\"\\ud83dx\"",
            "\"\\ud83d\\n\"",
            "\"\\ud83d\\u0041\"",
            "tru",
            "nulL",
            "'a'",
            "]",
            "[}",
            "1 2",
            "{\"b\":1,}",
        ];
        for (texts, expected) in [(&json[..], true), (&none[..], false)] {
            for text in texts {
                assert_eq!((takes(text), parses(text)), (expected, expected), "{text:?}");
            }
        }
        assert!(!takes(&format!("{}{}", "[".repeat(200), "]".repeat(200))));
    }

    proptest! {
        #[test]
        fn it_is_of_one_mind_with_a_parser(text in "[\\[\\]{}\",:0-9eE.+\\-tfn rueals\\\\]{0,12}") {
            prop_assert_eq!(takes(&text), parses(&text));
        }

        #[test]
        fn of_pairs_too(parts in prop::collection::vec(prop::sample::select(vec![
            "\\u", "d83d", "DC4D", "dbff", "e000", "d7ff", "dc0", "\\", "n", "x", "\\ud83d\\udc4d",
        ]), 0..8)) {
            let text = format!("\"{}\"", parts.concat());
            prop_assert_eq!(takes(&text), parses(&text));
        }
    }
}
