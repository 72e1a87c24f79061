//! JSON lines: one object a line, the text in one of its fields. Empty lines are passed over.

use serde_json::{Map, Value};

use super::compressed::Input;
use super::{Document, listed};
use crate::Error;

/// The objects of a file, one a line.
pub(super) struct Objects {
    input: Input,
}

impl Objects {
    pub(super) fn new(input: Input) -> Self {
        Self { input }
    }

    /// The next object; none at the end of the file.
    pub(super) fn next_object(&mut self) -> Result<Option<Map<String, Value>>, Error> {
        let mut line = String::new();
        while line.trim().is_empty() {
            line.clear();
            self.input.refill();
            if !self.input.read_line(&mut line)? {
                return Ok(None);
            }
        }
        match serde_json::from_str(&line) {
            Ok(Value::Object(object)) => Ok(Some(object)),
            Ok(_) => Err(self.wrong("expected a JSON object, got another value; mend or remove the line, or name a file with one object a line".into())),
            Err(e) => Err(self.wrong(format!(
                "expected a JSON object, got something else ({e}); mend or remove the line"
            ))),
        }
    }

    /// `file:line` of the object that was read last.
    pub(super) fn origin(&self) -> String {
        format!("{}:{}", self.input.path.display(), self.input.line)
    }

    /// What is wrong with the line that was read last.
    fn wrong(&self, reason: String) -> Error {
        Error::Record { path: self.input.path.clone(), line: self.input.line, reason }
    }
}

pub(super) struct JsonLines {
    objects: Objects,
    field: String,
}

impl JsonLines {
    pub(super) fn new(input: Input, field: &str) -> Self {
        Self { objects: Objects::new(input), field: field.to_string() }
    }

    fn text(&self, mut object: Map<String, Value>) -> Result<String, String> {
        let field = &self.field;
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
        let Some(object) = self.objects.next_object()? else { return Ok(None) };
        let text = self.text(object).map_err(|reason| self.objects.wrong(reason))?;
        Ok(Some(Document { text, origin: self.objects.origin() }))
    }
}

impl Iterator for JsonLines {
    type Item = Result<Document, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        self.advance().transpose()
    }
}
