//! The filter `tojson` as `transformers` has it: Python's `json.dumps` with the arguments
//! `ensure_ascii` (false here), `indent`, `separators` and `sort_keys`. Nothing is escaped for HTML;
//! what is undefined is refused, as Python refuses it.

use minijinja::value::{Kwargs, ValueKind};
use minijinja::{Error, ErrorKind, State, Value};

use super::MAX_OUTPUT_BYTES;
use super::python::float;

/// Deeper values are refused.
const MOST_NESTED: usize = 200;
/// No template indents further.
const MOST_INDENT: usize = 16;

/// `value | tojson(indent=n)`.
pub(super) fn tojson(
    state: &State<'_, '_>,
    value: &Value,
    options: Kwargs,
) -> Result<Value, Error> {
    let indent = match options.get::<Option<Value>>("indent")? {
        None => None,
        Some(indent) if indent.is_none() => None,
        Some(indent) => Some(match (indent.as_str(), indent.as_i64()) {
            (Some(text), _) => text.to_string(),
            (_, Some(n)) if n <= MOST_INDENT as i64 => " ".repeat(usize::try_from(n).unwrap_or(0)),
            _ => return Err(wrong(format!("indent is a text or at most {MOST_INDENT}"))),
        }),
    };
    let between = match options.get::<Option<Vec<String>>>("separators")?.as_deref() {
        None if indent.is_some() => [",", ": "].map(str::to_string),
        None => [", ", ": "].map(str::to_string),
        Some([comma, colon]) => [comma.clone(), colon.clone()],
        Some(_) => return Err(wrong("separators are two texts".to_string())),
    };
    let is_ascii = options.get::<Option<bool>>("ensure_ascii")?.unwrap_or(false);
    let is_sorted = options.get::<Option<bool>>("sort_keys")?.unwrap_or(false);
    options.assert_all_used()?;
    let mut dump = Dump { out: String::new(), between, indent, is_ascii, is_sorted };
    dump.value(value, 0)?;
    state.consume_fuel(dump.out.len() as u64 / 16)?;
    Ok(Value::from(dump.out))
}

fn wrong(reason: String) -> Error {
    Error::new(ErrorKind::InvalidOperation, reason)
}

struct Dump {
    out: String,
    /// Between items, and between key and value.
    between: [String; 2],
    indent: Option<String>,
    is_ascii: bool,
    is_sorted: bool,
}

impl Dump {
    fn value(&mut self, value: &Value, depth: usize) -> Result<(), Error> {
        if depth > MOST_NESTED || self.out.len() > MAX_OUTPUT_BYTES {
            return Err(wrong("the JSON is too deep or too long".to_string()));
        }
        match value.kind() {
            ValueKind::None => self.out.push_str("null"),
            ValueKind::Bool => self.out.push_str(if value.is_true() { "true" } else { "false" }),
            ValueKind::Number => {
                let text = number(value);
                self.out.push_str(&text);
            }
            ValueKind::String => self.text(value.as_str().unwrap_or_default()),
            ValueKind::Seq => {
                let items: Vec<Value> = value.try_iter()?.collect();
                self.list(['[', ']'], depth, &items, |dump, item| dump.value(item, depth + 1))?;
            }
            ValueKind::Map => {
                let mut keys: Vec<Value> = value.try_iter()?.collect();
                if self.is_sorted {
                    keys.sort();
                }
                self.list(['{', '}'], depth, &keys, |dump, key| {
                    dump.key(key)?;
                    dump.out.push_str(&dump.between[1].clone());
                    dump.value(&value.get_item(key)?, depth + 1)
                })?;
            }
            kind => return Err(wrong(format!("a value of the kind {kind} has no JSON"))),
        }
        Ok(())
    }

    /// What stands between brackets, with commas and line ends.
    fn list(
        &mut self,
        [open, close]: [char; 2],
        depth: usize,
        items: &[Value],
        mut write: impl FnMut(&mut Self, &Value) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.out.push(open);
        for (i, item) in items.iter().enumerate() {
            if i > 0 {
                self.out.push_str(&self.between[0]);
            }
            self.line(depth + 1);
            write(self, item)?;
        }
        if !items.is_empty() {
            self.line(depth);
        }
        self.out.push(close);
        Ok(())
    }

    fn line(&mut self, depth: usize) {
        if let Some(indent) = &self.indent {
            self.out.push('\n');
            (0..depth).for_each(|_| self.out.push_str(indent));
        }
    }

    fn key(&mut self, key: &Value) -> Result<(), Error> {
        let text = match key.kind() {
            ValueKind::String => key.as_str().unwrap_or_default().to_string(),
            ValueKind::None => "null".to_string(),
            ValueKind::Bool => key.is_true().to_string(),
            ValueKind::Number => number(key),
            kind => return Err(wrong(format!("a key of the kind {kind} has no JSON"))),
        };
        self.text(&text);
        Ok(())
    }

    fn text(&mut self, text: &str) {
        self.out.push('"');
        for c in text.chars() {
            match c {
                '"' => self.out.push_str("\\\""),
                '\\' => self.out.push_str("\\\\"),
                '\n' => self.out.push_str("\\n"),
                '\r' => self.out.push_str("\\r"),
                '\t' => self.out.push_str("\\t"),
                '\u{8}' => self.out.push_str("\\b"),
                '\u{c}' => self.out.push_str("\\f"),
                c if c < ' ' || self.is_ascii && c > '~' => {
                    let units = &mut [0; 2];
                    for unit in c.encode_utf16(units) {
                        self.out.push_str(&format!("\\u{unit:04x}"));
                    }
                }
                c => self.out.push(c),
            }
        }
        self.out.push('"');
    }
}

fn number(value: &Value) -> String {
    match (value.is_integer(), f64::try_from(value.clone())) {
        (false, Ok(number)) if number.is_infinite() => {
            if number > 0.0 {
                "Infinity".to_string()
            } else {
                "-Infinity".to_string()
            }
        }
        (false, Ok(number)) if number.is_nan() => "NaN".to_string(),
        (false, Ok(number)) => float(number),
        _ => value.to_string(),
    }
}
