//! The fields of one stage of a `tokenizer.json`, asked for by their paths, so that every message
//! names the place. What is read is not trusted: kinds are checked, sizes capped.

use serde_json::Value;

use crate::Error;

/// The longest pattern that is compiled, and the longest text that a stage puts in or looks for.
pub(crate) const MAX_TEXT_BYTES: usize = 4096;

/// The most stages of one kind, all sequences together. Published files have up to ten.
const MAX_STAGES: usize = 64;

/// How deep sequences may lie in each other.
pub(crate) const MAX_DEPTH: usize = 8;

/// One stage. A path's last part is the field's name.
#[derive(Clone, Copy)]
pub(crate) struct Fields<'v>(pub(crate) &'v Value);

impl<'v> Fields<'v> {
    fn find(self, path: &str) -> Option<&'v Value> {
        self.0.get(path.rsplit('.').next()?)
    }

    pub(crate) fn get(self, path: &'static str) -> Result<&'v Value, Error> {
        self.find(path).ok_or(Error::MissingField { field: path })
    }

    pub(crate) fn switch(self, path: &'static str) -> Result<bool, Error> {
        self.get(path)?.as_bool().ok_or_else(|| self.refuse(path, "expected true or false"))
    }

    /// A switch that older files lack.
    pub(crate) fn switch_or(self, path: &'static str, default: bool) -> Result<bool, Error> {
        Ok(self.optional(path, Self::switch)?.unwrap_or(default))
    }

    pub(crate) fn text(self, path: &'static str, most: usize) -> Result<&'v str, Error> {
        let text = self.get(path)?.as_str().ok_or_else(|| self.refuse(path, "expected a text"))?;
        if text.len() > most { Err(too_large(path, text.len(), most)) } else { Ok(text) }
    }

    /// A text of exactly one character.
    pub(crate) fn character(self, path: &'static str) -> Result<char, Error> {
        let mut chars = self.text(path, MAX_TEXT_BYTES)?.chars();
        match (chars.next(), chars.next()) {
            (Some(c), None) => Ok(c),
            _ => Err(self.refuse(path, "expected exactly one character")),
        }
    }

    /// A count or a length.
    pub(crate) fn number(self, path: &'static str) -> Result<usize, Error> {
        let number = self.get(path)?.as_u64().and_then(|number| usize::try_from(number).ok());
        number.ok_or_else(|| self.refuse(path, "expected a whole number from 0 up"))
    }

    pub(crate) fn id(self, path: &'static str) -> Result<u32, Error> {
        let number = self.get(path)?.as_u64().and_then(|number| u32::try_from(number).ok());
        number.ok_or_else(|| self.refuse(path, "expected an id"))
    }

    pub(crate) fn list(self, path: &'static str) -> Result<&'v [Value], Error> {
        let list = self.get(path)?.as_array();
        list.map(Vec::as_slice).ok_or_else(|| self.refuse(path, "expected a list"))
    }

    /// A field that may be missing or null.
    pub(crate) fn optional<T>(
        self,
        path: &'static str,
        read: impl FnOnce(Self, &'static str) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        match self.find(path) {
            None | Some(Value::Null) => Ok(None),
            Some(_) => read(self, path).map(Some),
        }
    }

    pub(crate) fn refuse(self, field: &'static str, expected: &'static str) -> Error {
        let mut got = self.find(field).map(Value::to_string).unwrap_or_default();
        got.truncate(got.floor_char_boundary(80));
        Error::Unsupported { field, got, expected }
    }
}

/// A field or a file beyond its limit.
pub(crate) fn too_large(what: &'static str, got: usize, most: usize) -> Error {
    Error::TooLarge { what, got: got as u64, most: most as u64 }
}

/// Counts the stages of one kind and how deep they lie.
pub(crate) struct Nesting {
    stages: usize,
    depth: usize,
    what: &'static str,
}

impl Nesting {
    /// `what` is the path of the outermost stage.
    pub(crate) fn new(what: &'static str) -> Self {
        Self { stages: 0, depth: 0, what }
    }

    /// One more stage.
    pub(crate) fn count(&mut self) -> Result<(), Error> {
        self.stages += 1;
        if self.stages > MAX_STAGES {
            return Err(too_large(self.what, self.stages, MAX_STAGES));
        }
        Ok(())
    }

    /// Reads the stages of a sequence.
    pub(crate) fn sequence<T>(
        &mut self,
        stages: &[Value],
        mut read: impl FnMut(&Value, &mut Self) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        if self.depth == MAX_DEPTH {
            return Err(too_large("sequences within sequences", MAX_DEPTH + 1, MAX_DEPTH));
        }
        self.depth += 1;
        let read = stages.iter().map(|stage| read(stage, self)).collect();
        self.depth -= 1;
        read
    }
}
