//! JSON lines: one object a line, the text in one of its fields. Empty lines are passed over.

use serde_json::Value;

use super::compressed::Input;
use super::{Document, listed};
use crate::Error;

pub(super) struct JsonLines {
    input: Input,
    field: String,
}

impl JsonLines {
    pub(super) fn new(input: Input, field: &str) -> Self {
        Self { input, field: field.to_string() }
    }

    fn text(&self, line: &str) -> Result<String, String> {
        let field = &self.field;
        let value = serde_json::from_str(line).map_err(|e| {
            format!("expected a JSON object, got something else ({e}); mend or remove the line")
        })?;
        let Value::Object(mut object) = value else {
            return Err("expected a JSON object, got another value; mend or remove the line, or name a file with one object a line".into());
        };
        match object.remove(field) {
            Some(Value::String(text)) => Ok(text),
            Some(_) => Err(format!("expected text in field {field:?}; name another field")),
            None => {
                let fields = listed(object.keys());
                Err(format!("there is no field {field:?}; name the field with the text: {fields}"))
            }
        }
    }

    fn advance(&mut self) -> Result<Option<Document>, Error> {
        let mut line = String::new();
        while line.trim().is_empty() {
            line.clear();
            self.input.refill();
            if !self.input.read_line(&mut line)? {
                return Ok(None);
            }
        }
        let (path, number) = (&self.input.path, self.input.line);
        let text = self.text(&line).map_err(|reason| Error::Record {
            path: path.clone(),
            line: number,
            reason,
        })?;
        Ok(Some(Document { text, origin: format!("{}:{number}", path.display()) }))
    }
}

impl Iterator for JsonLines {
    type Item = Result<Document, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        self.advance().transpose()
    }
}
