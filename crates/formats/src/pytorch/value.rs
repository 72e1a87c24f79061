//! What a pickle can make here: values, and the objects that they refer to by number.

use std::collections::BTreeSet;

use super::globals::Global;
use crate::Dtype;

/// A value: small ones themselves, others by their number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Value {
    None,
    Bool(bool),
    Int(i64),
    Global(Global),
    /// Numbers with a fraction, bytes, devices, and what would have been code.
    Other,
    /// The object of this number.
    At(usize),
}

/// What a number refers to.
#[derive(Clone, Debug)]
pub(super) enum Object<'a> {
    Text(&'a str),
    /// A whole number of more than eight bytes, little endian.
    Long(&'a [u8]),
    Tuple(Vec<Value>),
    List(Vec<Value>),
    Dict(Vec<(Value, Value)>),
    Storage(Box<Storage<'a>>),
    Tensor(Box<Tensor<'a>>),
}

impl Object<'_> {
    /// As many values are copied with it.
    pub(super) fn len(&self) -> usize {
        match self {
            Object::Tuple(values) | Object::List(values) => values.len(),
            _ => 1,
        }
    }
}

/// Numbers in the file that one or several tensors show.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Storage<'a> {
    /// `None`: plain bytes.
    pub(super) dtype: Option<Dtype>,
    /// Its name in the file.
    pub(super) key: &'a str,
    /// Its numbers, of which a view has a part.
    pub(super) count: usize,
    /// Of the old form: where the part begins, and how many numbers it has.
    pub(super) part: Option<(usize, usize)>,
}

/// A tensor as the pickle describes it, not checked.
#[derive(Clone, Debug)]
pub(super) struct Tensor<'a> {
    pub(super) storage: Storage<'a>,
    pub(super) dtype: Option<Dtype>,
    pub(super) offset: usize,
    pub(super) shape: Vec<usize>,
    pub(super) strides: Vec<usize>,
    /// Whether the values are others than those in the file (negated, conjugated).
    pub(super) altered: bool,
}

/// What a pickle made.
#[derive(Debug)]
pub(super) struct Pickle<'a> {
    pub(super) root: Value,
    pub(super) objects: Vec<Object<'a>>,
    /// What it asked for and is not allowed.
    pub(super) code: BTreeSet<String>,
    /// Where it ends.
    pub(super) end: usize,
}

impl<'a> Pickle<'a> {
    /// The object that a value refers to.
    pub(super) fn object(&self, value: Value) -> Option<&Object<'a>> {
        object(&self.objects, value)
    }
}

/// The object that a value refers to.
pub(super) fn object<'o, 'a>(objects: &'o [Object<'a>], value: Value) -> Option<&'o Object<'a>> {
    match value {
        Value::At(number) => objects.get(number),
        _ => None,
    }
}
