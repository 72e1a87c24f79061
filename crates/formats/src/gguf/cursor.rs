//! The head of a file, from front to back: every length is held against what is left before anything is
//! made of it.

use serde_json::{Number, Value};

/// Elements of an array that is kept.
const MOST_KEPT: u64 = 4096;

/// The longest key, name or text that is read.
const LONGEST_TEXT: u64 = 1 << 24;

/// A place in the head.
pub(super) struct Cursor<'a> {
    file: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(file: &'a [u8]) -> Self {
        Self { file, at: 0 }
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn left(&self) -> usize {
        self.file.len() - self.at
    }

    pub(super) fn take(&mut self, n: usize) -> Result<&'a [u8], String> {
        let left = self.left();
        let taken = self.file[self.at..].get(..n).ok_or_else(|| {
            format!(
                "it ends within its head: {n} bytes are announced at byte {}, {left} are left",
                self.at
            )
        })?;
        self.at += n;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], String> {
        let bytes = self.take(N)?;
        Ok(std::array::from_fn(|i| bytes[i]))
    }

    pub(super) fn u32(&mut self) -> Result<u32, String> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    pub(super) fn u64(&mut self) -> Result<u64, String> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    pub(super) fn text(&mut self) -> Result<String, String> {
        let at = self.at;
        let n = self.u64()?;
        if n > LONGEST_TEXT {
            return Err(format!("a text of {n} bytes at byte {at}"));
        }
        let bytes = self.take(n as usize)?;
        String::from_utf8(bytes.to_vec()).map_err(|_| format!("the text at byte {at} is no UTF-8"))
    }

    /// A value of a type; `None` for an array that is passed over.
    pub(super) fn value(&mut self, kind: u32) -> Result<Option<Value>, String> {
        if kind != 9 {
            return self.single(kind).map(Some);
        }
        let (kind, n) = (self.u32()?, self.u64()?);
        // Each element takes a byte at least, and a text eight.
        let least = width(kind).unwrap_or(8);
        if n > self.left() as u64 / least {
            return Err(format!("an array of {n} elements, for which the file is too short"));
        }
        if n > MOST_KEPT {
            self.pass_over(kind, n)?;
            return Ok(None);
        }
        let elements = (0..n).map(|_| self.single(kind));
        Ok(Some(Value::Array(elements.collect::<Result<_, _>>()?)))
    }

    fn pass_over(&mut self, kind: u32, n: u64) -> Result<(), String> {
        match width(kind) {
            Some(width) => drop(self.take((n * width) as usize)?),
            None => {
                for _ in 0..n {
                    self.single(kind)?;
                }
            }
        }
        Ok(())
    }

    fn single(&mut self, kind: u32) -> Result<Value, String> {
        // JSON has no word for what is no number.
        let number = |x: f64| Number::from_f64(x).map_or(Value::Null, Value::Number);
        Ok(match kind {
            0 => self.array::<1>()?[0].into(),
            1 => i8::from_le_bytes(self.array()?).into(),
            2 => u16::from_le_bytes(self.array()?).into(),
            3 => i16::from_le_bytes(self.array()?).into(),
            4 => self.u32()?.into(),
            5 => i32::from_le_bytes(self.array()?).into(),
            6 => number(f64::from(f32::from_le_bytes(self.array()?))),
            7 => (self.array::<1>()?[0] != 0).into(),
            8 => self.text()?.into(),
            10 => self.u64()?.into(),
            11 => i64::from_le_bytes(self.array()?).into(),
            12 => number(f64::from_le_bytes(self.array()?)),
            9 => return Err("an array of arrays is not read".into()),
            _ => return Err(format!("there is no type {kind} of values")),
        })
    }
}

/// The bytes of a value whose type has a fixed size.
fn width(kind: u32) -> Option<u64> {
    match kind {
        0 | 1 | 7 => Some(1),
        2 | 3 => Some(2),
        4..=6 => Some(4),
        10..=12 => Some(8),
        _ => None,
    }
}
