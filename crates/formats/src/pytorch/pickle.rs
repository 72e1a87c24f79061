//! A machine for pickles (Python's `pickletools`, protocols 0 to 5) that can build dictionaries, lists,
//! tuples, texts, numbers and places of tensors, and run nothing.
//!
//! A pickle is a program for a stack machine, which may call any function by its name. Here a name is
//! looked up in a short list ([`globals`]); one that is not there is noted, something that stands for
//! nothing takes its place, and the walk goes on, so that all such names are told at once.
//!
//! Values lie in one list and refer to each other by number: what a file nests, shares or ties into a
//! ring costs no recursion, neither here nor when it is dropped. Stack and steps are capped, and what a
//! step copies is paid for as steps, so that memory is some forty bytes a step at most.
//! Left out: buffers outside of the pickle, the registry of extensions, texts with escapes (`S`, `V`,
//! protocol 0, stay as they are written).

use std::collections::{BTreeSet, HashMap};

use super::calls;
use super::globals;
use super::value::{Object, Pickle, Value, object};

/// The longest pickle: a tensor takes some two hundred bytes of it.
pub(super) const LONGEST: usize = 1 << 26;

/// As many steps are taken, copies counted: a tensor takes some fifty.
const MOST_STEPS: usize = 1 << 23;

/// As many values may lie on the stack, marks counted.
const HIGHEST_STACK: usize = 1 << 20;

/// The longest name of a function or class, with its module.
const LONGEST_NAME: usize = 256;

/// After so many names of code no more are looked for.
const MOST_NAMES: usize = 1000;

/// The newest protocol.
const NEWEST: u8 = 5;

/// Walks through the pickle at the beginning of `bytes`. If names of code were seen before something
/// was found wrong, these are what is told.
pub(super) fn read(bytes: &[u8]) -> Result<Pickle<'_>, String> {
    let mut machine = Machine { bytes: &bytes[..bytes.len().min(LONGEST)], ..Machine::default() };
    let root = match machine.run() {
        Ok(root) => root,
        Err(_) if !machine.code.is_empty() => Value::Other,
        Err(why) => return Err(format!("its pickle is wrong at byte {}: {why}", machine.at)),
    };
    let Machine { objects, code, at, .. } = machine;
    Ok(Pickle { root, objects, code, end: at })
}

#[derive(Default)]
pub(super) struct Machine<'a> {
    bytes: &'a [u8],
    at: usize,
    stack: Vec<Value>,
    /// Heights of the stack.
    marks: Vec<usize>,
    memo: HashMap<u64, Value>,
    objects: Vec<Object<'a>>,
    code: BTreeSet<String>,
    steps: usize,
}

impl<'a> Machine<'a> {
    fn run(&mut self) -> Result<Value, String> {
        loop {
            self.pay(1)?;
            let code = self.take(1)?[0];
            if code == b'.' {
                return self.pop();
            }
            self.step(code)?;
            if self.stack.len() + self.marks.len() > HIGHEST_STACK {
                return Err("it piles up more than any weights need".into());
            }
        }
    }

    fn pay(&mut self, steps: usize) -> Result<(), String> {
        self.steps += steps;
        match self.steps {
            0..=MOST_STEPS => Ok(()),
            _ => Err("it goes on for longer than any weights need".into()),
        }
    }

    /// Does what one opcode says; each kind of opcode knows its own.
    fn step(&mut self, code: u8) -> Result<(), String> {
        if self.constant(code)? || self.text(code)? || self.collect(code)? || self.remember(code)? {
            return Ok(());
        }
        match code {
            0x80 => match self.take(1)?[0] {
                0..=NEWEST => Ok(()),
                newer => Err(format!("its protocol is {newer}, which is newer than {NEWEST}")),
            },
            // A frame says nothing that the rest does not.
            0x95 => self.take(8).map(drop),
            b'(' => {
                self.marks.push(self.stack.len());
                Ok(())
            }
            b'0' => match self.marks.pop_if(|height| *height == self.stack.len()) {
                Some(_) => Ok(()),
                None => self.pop().map(drop),
            },
            b'1' => self.pop_to_mark().map(drop),
            b'2' => self.top().map(|top| self.stack.push(top)),
            _ => self.name_or_call(code),
        }
    }

    /// Numbers, truth values, bytes.
    fn constant(&mut self, code: u8) -> Result<bool, String> {
        let value = match code {
            b'N' => Value::None,
            0x88 => Value::Bool(true),
            0x89 => Value::Bool(false),
            b'K' => Value::Int(self.number(1)? as i64),
            b'M' => Value::Int(self.number(2)? as i64),
            b'J' => Value::Int(i64::from(self.number(4)? as u32 as i32)),
            0x8a => self.long(1)?,
            0x8b => self.long(4)?,
            b'I' | b'L' => match self.line()? {
                "00" => Value::Bool(false),
                "01" => Value::Bool(true),
                digits => digits.trim_end_matches('L').parse().map_or(Value::Other, Value::Int),
            },
            b'F' => self.line().map(|_| Value::Other)?,
            b'G' => self.take(8).map(|_| Value::Other)?,
            b'C' => self.counted(1).map(|_| Value::Other)?,
            b'B' => self.counted(4).map(|_| Value::Other)?,
            0x8e | 0x96 => self.counted(8).map(|_| Value::Other)?,
            _ => return Ok(false),
        };
        self.stack.push(value);
        Ok(true)
    }

    fn text(&mut self, code: u8) -> Result<bool, String> {
        let bytes = match code {
            b'U' | 0x8c => self.counted(1)?,
            b'T' | b'X' => self.counted(4)?,
            0x8d => self.counted(8)?,
            b'S' => self.line()?.trim_matches(['\'', '"']).as_bytes(),
            b'V' => self.line()?.as_bytes(),
            _ => return Ok(false),
        };
        // Texts of Python 2 may be any bytes.
        let text = std::str::from_utf8(bytes).map(Object::Text);
        let value = text.map_or(Value::Other, |text| self.keep(text));
        self.stack.push(value);
        Ok(true)
    }

    /// Tuples, lists, sets (as lists) and dictionaries.
    fn collect(&mut self, code: u8) -> Result<bool, String> {
        let made = match code {
            b')' => Object::Tuple(Vec::new()),
            0x85..=0x87 => Object::Tuple(self.pop_many(usize::from(code - 0x84))?),
            b't' | 0x91 => Object::Tuple(self.pop_to_mark()?),
            b']' | 0x8f => Object::List(Vec::new()),
            b'l' => Object::List(self.pop_to_mark()?),
            b'}' => Object::Dict(Vec::new()),
            b'd' => Object::Dict(pairs(&self.pop_to_mark()?)?),
            b'a' => return self.pop_many(1).and_then(|new| self.append(&new)),
            b'e' | 0x90 => return self.pop_to_mark().and_then(|new| self.append(&new)),
            b's' => return self.pop_many(2).and_then(|new| self.set(&new)),
            b'u' => return self.pop_to_mark().and_then(|new| self.set(&new)),
            _ => return Ok(false),
        };
        let value = self.keep(made);
        self.stack.push(value);
        Ok(true)
    }

    fn append(&mut self, new: &[Value]) -> Result<bool, String> {
        match self.under()? {
            Some(Object::List(list)) => list.extend_from_slice(new),
            None => {}
            Some(_) => return Err("it appends to what is no list".into()),
        }
        Ok(true)
    }

    fn set(&mut self, new: &[Value]) -> Result<bool, String> {
        let new = pairs(new)?;
        match self.under()? {
            Some(Object::Dict(dict)) => dict.extend(new),
            None => {}
            Some(_) => return Err("it sets keys of what is no dictionary".into()),
        }
        Ok(true)
    }

    /// What was made is kept by number and taken again.
    fn remember(&mut self, code: u8) -> Result<bool, String> {
        let key = match code {
            b'p' | b'g' => self.line()?.parse().map_err(|_| "a place in the memo is no number")?,
            b'q' | b'h' => self.number(1)?,
            b'r' | b'j' => self.number(4)?,
            0x94 => self.memo.len() as u64,
            _ => return Ok(false),
        };
        if matches!(code, b'g' | b'h' | b'j') {
            let value =
                self.memo.get(&key).ok_or("it takes from the memo what was not put there")?;
            self.stack.push(*value);
        } else {
            let top = self.top()?;
            self.memo.insert(key, top);
        }
        Ok(true)
    }

    /// The opcodes that name or call something.
    fn name_or_call(&mut self, code: u8) -> Result<(), String> {
        match code {
            b'c' => {
                let (module, name) = (self.line()?, self.line()?);
                self.name(module, name)
            }
            0x93 => {
                let two = self.pop_many(2)?;
                let (module, name) = (self.text_of(two[0]), self.text_of(two[1]));
                let (module, name) = module.zip(name).ok_or("it names something by no text")?;
                self.name(module, name)
            }
            b'i' => {
                let (module, name) = (self.line()?, self.line()?);
                self.name(module, name)?;
                let global = self.pop()?;
                let arguments = self.pop_to_mark()?;
                self.call(global, &arguments)
            }
            b'o' => {
                let all = self.pop_to_mark()?;
                let (global, arguments) = all.split_first().ok_or("it calls nothing")?;
                self.call(*global, arguments)
            }
            b'R' | 0x81 => {
                let two = self.pop_many(2)?;
                self.call_with(two[0], two[1])
            }
            0x92 => {
                let three = self.pop_many(3)?;
                self.call_with(three[0], three[1])
            }
            b'b' => self.build(),
            b'Q' => {
                let id = self.pop()?;
                let id = self.copy(id, "it refers to something by no tuple")?;
                let storage = calls::persistent(&id, self)?;
                self.stack.push(storage);
                Ok(())
            }
            b'P' => Err("it refers to storages as only files before PyTorch 0.1.10 do".into()),
            0x82..=0x84 => Err("it calls by a registry of extensions, which is not done".into()),
            _ => Err(format!("there is no opcode {code:#04x} that makes weights")),
        }
    }

    fn name(&mut self, module: &str, name: &str) -> Result<(), String> {
        if module.len() + name.len() > LONGEST_NAME || self.code.len() >= MOST_NAMES {
            return Err("it names more than any weights need".into());
        }
        let value = match globals::find(module, name) {
            Some(global) => Value::Global(global),
            None => {
                self.code.insert(globals::told(module, name));
                Value::Other
            }
        };
        self.stack.push(value);
        Ok(())
    }

    fn call_with(&mut self, callee: Value, arguments: Value) -> Result<(), String> {
        let arguments = self.copy(arguments, "it calls with what is no tuple")?;
        self.call(callee, &arguments)
    }

    /// The values of a tuple, or what to say if it is none.
    fn copy(&mut self, tuple: Value, otherwise: &str) -> Result<Vec<Value>, String> {
        let values = self.tuple_of(tuple).ok_or(otherwise)?.to_vec();
        self.pay(values.len()).map(|()| values)
    }

    fn call(&mut self, callee: Value, arguments: &[Value]) -> Result<(), String> {
        let copied = arguments.iter().filter_map(|value| self.object(*value)).map(Object::len);
        let copied = copied.sum();
        self.pay(copied)?;
        let value = match callee {
            Value::Global(global) => calls::call(global, arguments, self)?,
            Value::Other if !self.code.is_empty() => Value::Other,
            _ => return Err("it calls what cannot be called".into()),
        };
        self.stack.push(value);
        Ok(())
    }

    /// Attributes of a dictionary, such as versions of modules, are no weights.
    fn build(&mut self) -> Result<(), String> {
        self.pop()?;
        match self.under()? {
            None | Some(Object::Dict(_)) => Ok(()),
            Some(_) => Err("it sets attributes of what has none".into()),
        }
    }

    /// Gives an object its number.
    pub(super) fn keep(&mut self, object: Object<'a>) -> Value {
        self.objects.push(object);
        Value::At(self.objects.len() - 1)
    }

    pub(super) fn object(&self, value: Value) -> Option<&Object<'a>> {
        object(&self.objects, value)
    }

    pub(super) fn text_of(&self, value: Value) -> Option<&'a str> {
        match self.object(value)? {
            Object::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn tuple_of(&self, value: Value) -> Option<&[Value]> {
        match self.object(value)? {
            Object::Tuple(values) => Some(values),
            _ => None,
        }
    }

    /// The object on top, to be changed; `None` for what stands for code.
    fn under(&mut self) -> Result<Option<&mut Object<'a>>, String> {
        match self.top()? {
            Value::At(number) => Ok(self.objects.get_mut(number)),
            Value::Other if !self.code.is_empty() => Ok(None),
            _ => Err("it changes what cannot be changed".into()),
        }
    }

    fn top(&self) -> Result<Value, String> {
        let floor = self.marks.last().copied().unwrap_or(0);
        self.stack[floor..].last().copied().ok_or_else(underflow)
    }

    fn pop(&mut self) -> Result<Value, String> {
        self.pop_many(1).map(|one| one[0])
    }

    /// Values above the last mark only.
    fn pop_many(&mut self, count: usize) -> Result<Vec<Value>, String> {
        let floor = self.marks.last().copied().unwrap_or(0);
        let from = self.stack.len().checked_sub(count).filter(|&from| from >= floor);
        Ok(self.stack.split_off(from.ok_or_else(underflow)?))
    }

    fn pop_to_mark(&mut self) -> Result<Vec<Value>, String> {
        let mark = self.marks.pop().ok_or("it looks for a mark that is not there")?;
        Ok(self.stack.split_off(mark))
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], String> {
        let rest = &self.bytes[self.at..];
        let taken = rest.get(..count).ok_or("it ends early")?;
        self.at += count;
        Ok(taken)
    }

    /// A little-endian number of up to eight bytes.
    fn number(&mut self, bytes: usize) -> Result<u64, String> {
        Ok(self.take(bytes)?.iter().rev().fold(0, |n, &b| n << 8 | u64::from(b)))
    }

    /// Bytes behind their number, which is itself of some bytes.
    fn counted(&mut self, bytes: usize) -> Result<&'a [u8], String> {
        let count = self.number(bytes)?;
        self.take(usize::try_from(count).map_err(|_| "it ends early")?)
    }

    /// A signed number of any length.
    fn long(&mut self, bytes: usize) -> Result<Value, String> {
        let digits = self.counted(bytes)?;
        let negative = digits.last().is_some_and(|top| top & 0x80 > 0);
        let mut wide = [if negative { 0xff } else { 0 }; 8];
        let Some(low) = wide.get_mut(..digits.len()) else {
            return Ok(self.keep(Object::Long(digits)));
        };
        low.copy_from_slice(digits);
        Ok(Value::Int(i64::from_le_bytes(wide)))
    }

    /// Text up to the end of the line.
    fn line(&mut self) -> Result<&'a str, String> {
        let rest = &self.bytes[self.at..];
        let end = rest.iter().position(|&b| b == b'\n').ok_or("it ends early")?;
        self.at += end + 1;
        std::str::from_utf8(&rest[..end]).map_err(|_| "a line of it is no text".into())
    }
}

fn pairs(values: &[Value]) -> Result<Vec<(Value, Value)>, String> {
    match values.len() % 2 {
        0 => Ok(values.chunks_exact(2).map(|two| (two[0], two[1])).collect()),
        _ => Err("a dictionary has a key without a value".into()),
    }
}

fn underflow() -> String {
    "it takes more from the stack than is there".into()
}

#[cfg(test)]
mod tests;
