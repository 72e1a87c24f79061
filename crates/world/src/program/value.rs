//! What a program computes with, how values compare, and how Python writes them.
//!
//! Lists and dicts are shared, as in Python: two names may mean one list. A [`Value::Stream`] is
//! what `range`, `zip` and `items` give; it can be walked through, but not printed.

use std::cell::{Ref, RefCell, RefMut};
use std::cmp::Ordering;
use std::rc::Rc;

use super::error::{Error, Result, type_error};
use super::interpret::LARGEST;

/// How deep a value may nest when it is written or compared.
const DEEPEST: usize = 20;
/// How many parts of a value one comparison may look at.
const PATIENCE: usize = 20_000;

/// Keys and values in the order in which the keys came.
pub(super) type Pairs = Vec<(Value, Value)>;

/// A value.
#[derive(Debug, Clone)]
pub(super) enum Value {
    None,
    Bool(bool),
    Int(i64),
    Str(Rc<str>),
    List(Rc<Shared<Vec<Value>>>),
    Dict(Rc<Shared<Pairs>>),
    Tuple(Rc<Shared<Vec<Value>>>),
    Stream(Rc<Shared<Vec<Value>>>),
}

/// What several names may hold at once. It takes itself apart without recursion, so that no chain
/// of lists in lists is too long to be freed; only what holds itself is never freed.
#[derive(Debug)]
pub(super) struct Shared<T: Holder>(RefCell<T>);

/// A collection that can give away its values.
pub(super) trait Holder: Default {
    fn empty_into(&mut self, out: &mut Vec<Value>);
}

impl Holder for Vec<Value> {
    fn empty_into(&mut self, out: &mut Vec<Value>) {
        out.append(self);
    }
}

impl Holder for Pairs {
    fn empty_into(&mut self, out: &mut Vec<Value>) {
        out.extend(self.drain(..).flat_map(|(key, value)| [key, value]));
    }
}

impl<T: Holder> Shared<T> {
    fn new(content: T) -> Rc<Self> {
        Rc::new(Self(RefCell::new(content)))
    }

    pub(super) fn borrow(&self) -> Ref<'_, T> {
        self.0.borrow()
    }

    pub(super) fn borrow_mut(&self) -> RefMut<'_, T> {
        self.0.borrow_mut()
    }
}

impl<T: Holder> Drop for Shared<T> {
    fn drop(&mut self) {
        let mut rest = Vec::new();
        self.0.get_mut().empty_into(&mut rest);
        while let Some(value) = rest.pop() {
            match value {
                Value::List(items) | Value::Tuple(items) | Value::Stream(items) => {
                    if let Some(mut last) = Rc::into_inner(items) {
                        last.0.get_mut().empty_into(&mut rest);
                    }
                }
                Value::Dict(pairs) => {
                    if let Some(mut last) = Rc::into_inner(pairs) {
                        last.0.get_mut().empty_into(&mut rest);
                    }
                }
                _ => {}
            }
        }
    }
}

impl Value {
    pub(super) fn str(text: &str) -> Self {
        Self::Str(text.into())
    }

    pub(super) fn list(items: Vec<Value>) -> Self {
        Self::List(Shared::new(items))
    }

    pub(super) fn tuple(items: Vec<Value>) -> Self {
        Self::Tuple(Shared::new(items))
    }

    pub(super) fn empty_dict() -> Self {
        Self::Dict(Shared::new(Pairs::new()))
    }

    pub(super) fn stream(items: Vec<Value>) -> Self {
        Self::Stream(Shared::new(items))
    }

    pub(super) fn length(n: usize) -> Self {
        Self::Int(n as i64)
    }

    /// What Python calls the type.
    pub(super) fn type_name(&self) -> &'static str {
        match self {
            Self::None => "NoneType",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Str(_) => "str",
            Self::List(_) => "list",
            Self::Dict(_) => "dict",
            Self::Tuple(_) => "tuple",
            Self::Stream(_) => "iterator",
        }
    }

    pub(super) fn is_true(&self) -> bool {
        match self {
            Self::None => false,
            Self::Bool(b) => *b,
            Self::Int(n) => *n != 0,
            Self::Str(text) => !text.is_empty(),
            Self::Dict(pairs) => !pairs.borrow().is_empty(),
            Self::List(items) | Self::Tuple(items) | Self::Stream(items) => {
                !items.borrow().is_empty()
            }
        }
    }

    /// The number, of which a bool is one.
    pub(super) fn int(&self) -> Option<i64> {
        match self {
            Self::Int(n) => Some(*n),
            Self::Bool(b) => Some(i64::from(*b)),
            _ => None,
        }
    }

    pub(super) fn expect_int(&self) -> Result<i64> {
        match self.int() {
            Some(n) => Ok(n),
            None => type_error(format!("expected an int, found {}", self.type_name())),
        }
    }

    pub(super) fn expect_str(&self) -> Result<&str> {
        match self {
            Self::Str(text) => Ok(text),
            _ => type_error(format!("expected a str, found {}", self.type_name())),
        }
    }

    /// The items in order; the keys of a dict, the letters of a string.
    pub(super) fn items(&self) -> Result<Vec<Value>> {
        Ok(match self {
            Self::Str(text) => {
                text.chars().map(|c| Self::str(c.encode_utf8(&mut [0; 4]))).collect()
            }
            Self::Dict(pairs) => pairs.borrow().iter().map(|(k, _)| k.clone()).collect(),
            Self::List(items) | Self::Tuple(items) | Self::Stream(items) => items.borrow().clone(),
            _ => return type_error(format!("{} has no items to walk through", self.type_name())),
        })
    }

    pub(super) fn len(&self) -> Result<usize> {
        match self {
            Self::None | Self::Bool(_) | Self::Int(_) => {
                type_error(format!("{} has no len()", self.type_name()))
            }
            Self::Str(text) => Ok(text.chars().count()),
            Self::List(items) | Self::Tuple(items) | Self::Stream(items) => {
                Ok(items.borrow().len())
            }
            Self::Dict(pairs) => Ok(pairs.borrow().len()),
        }
    }

    pub(super) fn equals(&self, other: &Self) -> Result<bool> {
        self.equals_within(other, 0, &mut PATIENCE.clone())
    }

    fn equals_within(&self, other: &Self, depth: usize, patience: &mut usize) -> Result<bool> {
        let left = patience.checked_sub(1).filter(|_| depth <= DEEPEST);
        *patience = left.ok_or(Error::TooMuch)?;
        if let (Some(a), Some(b)) = (self.int(), other.int()) {
            return Ok(a == b);
        }
        match (self, other) {
            (Self::None, Self::None) => Ok(true),
            (Self::Str(a), Self::Str(b)) => Ok(a == b),
            (Self::List(a), Self::List(b)) | (Self::Tuple(a), Self::Tuple(b)) => {
                let (a, b) = (a.borrow(), b.borrow());
                let mut same = a.len() == b.len();
                for (x, y) in a.iter().zip(b.iter()) {
                    same = same && x.equals_within(y, depth + 1, patience)?;
                }
                Ok(same)
            }
            (Self::Dict(a), Self::Dict(b)) => {
                let (a, b) = (a.borrow(), b.borrow());
                let mut same = a.len() == b.len();
                for (key, value) in a.iter() {
                    let at = find(&b, key)?;
                    same = same
                        && match at {
                            Some(at) => value.equals_within(&b[at].1, depth + 1, patience)?,
                            None => false,
                        };
                }
                Ok(same)
            }
            _ => Ok(false),
        }
    }

    /// Less, equal or greater; numbers, strings, and lists or tuples of them only.
    pub(super) fn compare(&self, other: &Self) -> Result<Ordering> {
        self.compare_at(other, 0)
    }

    fn compare_at(&self, other: &Self, depth: usize) -> Result<Ordering> {
        if depth > DEEPEST {
            return Err(Error::TooMuch);
        }
        if let (Some(a), Some(b)) = (self.int(), other.int()) {
            return Ok(a.cmp(&b));
        }
        match (self, other) {
            (Self::Str(a), Self::Str(b)) => Ok(a.cmp(b)),
            (Self::List(a), Self::List(b)) | (Self::Tuple(a), Self::Tuple(b)) => {
                let (a, b) = (a.borrow(), b.borrow());
                for (x, y) in a.iter().zip(b.iter()) {
                    if !x.equals(y)? {
                        return x.compare_at(y, depth + 1);
                    }
                }
                Ok(a.len().cmp(&b.len()))
            }
            _ => {
                let (a, b) = (self.type_name(), other.type_name());
                type_error(format!("{a} and {b} have no order"))
            }
        }
    }

    /// As `print` writes it: strings bare.
    pub(super) fn print(&self) -> Result<String> {
        match self {
            Self::Str(text) => Ok(text.to_string()),
            _ => self.repr(),
        }
    }

    /// As it stands inside of a list: strings quoted.
    pub(super) fn repr(&self) -> Result<String> {
        let mut out = String::new();
        self.write(&mut out, 0)?;
        Ok(out)
    }

    fn write(&self, out: &mut String, depth: usize) -> Result<()> {
        if depth > DEEPEST || out.len() > LARGEST {
            return Err(Error::TooMuch);
        }
        match self {
            Self::None => out.push_str("None"),
            Self::Bool(b) => out.push_str(if *b { "True" } else { "False" }),
            Self::Int(n) => out.push_str(&n.to_string()),
            Self::Str(text) => out.push_str(&quoted(text)),
            Self::List(items) => {
                out.push('[');
                write_all(&items.borrow(), out, depth)?;
                out.push(']');
            }
            Self::Tuple(items) => {
                out.push('(');
                write_all(&items.borrow(), out, depth)?;
                out.push_str(if items.borrow().len() == 1 { ",)" } else { ")" });
            }
            Self::Dict(pairs) => {
                out.push('{');
                for (i, (key, value)) in pairs.borrow().iter().enumerate() {
                    out.push_str(if i > 0 { ", " } else { "" });
                    key.write(out, depth + 1)?;
                    out.push_str(": ");
                    value.write(out, depth + 1)?;
                }
                out.push('}');
            }
            Self::Stream(_) => return type_error("make a list() of it before it is written"),
        }
        Ok(())
    }
}

fn write_all(items: &[Value], out: &mut String, depth: usize) -> Result<()> {
    for (i, item) in items.iter().enumerate() {
        out.push_str(if i > 0 { ", " } else { "" });
        item.write(out, depth + 1)?;
    }
    Ok(())
}

/// Where a key stands in a dict.
pub(super) fn find(pairs: &Pairs, key: &Value) -> Result<Option<usize>> {
    if matches!(key, Value::List(_) | Value::Dict(_) | Value::Stream(_)) {
        return type_error(format!("{} cannot be a key", key.type_name()));
    }
    for (at, (other, _)) in pairs.iter().enumerate() {
        if key.equals(other)? {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

/// Sorts, keeping the order of equals.
pub(super) fn sort(items: Vec<Value>, reverse: bool) -> Result<Vec<Value>> {
    let mut wrong = None;
    let mut items = items;
    items.sort_by(|a, b| {
        let order = a.compare(b).unwrap_or_else(|error| {
            wrong = Some(error);
            Ordering::Equal
        });
        if reverse { order.reverse() } else { order }
    });
    wrong.map_or(Ok(items), Err)
}

/// Single quotes, but double ones around an apostrophe.
fn quoted(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut out = String::from(quote);
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\\' => out.push_str("\\\\"),
            c if c == quote => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out.push(quote);
    out
}
