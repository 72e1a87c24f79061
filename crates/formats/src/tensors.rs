//! Named tensors, whatever file they lie in: one trait for all readers, and the way from a place in a
//! file, with strides, to numbers.
//!
//! Element (i, j, …) of a tensor is number `i·strides[0] + j·strides[1] + …` of its bytes. A file is
//! checked when it is opened, so that here every place lies within it; numbers are read when they are
//! asked for.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::contents::Contents;
use crate::{Dtype, Error};

/// Tensors by name.
pub trait Tensors: std::fmt::Debug {
    /// All names, in order.
    fn names(&self) -> Box<dyn Iterator<Item = &str> + '_>;

    /// Where a tensor lies and what it is.
    ///
    /// # Errors
    /// [`Error::Missing`].
    fn view(&self, name: &str) -> Result<View<'_>, Error>;

    /// Whether there is a tensor of this name.
    fn has(&self, name: &str) -> bool {
        self.view(name).is_ok()
    }

    /// A tensor's shape.
    ///
    /// # Errors
    /// [`Error::Missing`].
    fn shape(&self, name: &str) -> Result<&[usize], Error> {
        Ok(self.view(name)?.shape())
    }

    /// A tensor's number type.
    ///
    /// # Errors
    /// [`Error::Missing`].
    fn dtype(&self, name: &str) -> Result<Dtype, Error> {
        Ok(self.view(name)?.dtype())
    }

    /// A tensor's values, widened to f32.
    ///
    /// # Errors
    /// [`Error::Missing`]; [`Error::Tensor`] if f32 cannot hold them.
    fn f32(&self, name: &str) -> Result<Vec<f32>, Error> {
        self.view(name)?.f32()
    }

    /// The values of `from..to` along the first dimension; the rest of the tensor is not read.
    ///
    /// # Errors
    /// As of [`f32`](Self::f32); [`Error::Tensor`] if it has no such rows.
    fn f32_rows(&self, name: &str, from: usize, to: usize) -> Result<Vec<f32>, Error> {
        self.view(name)?.f32_rows(from, to)
    }

    /// A tensor of whole numbers or truth values.
    ///
    /// # Errors
    /// [`Error::Missing`]; [`Error::Tensor`] if they are others.
    fn i64(&self, name: &str) -> Result<Vec<i64>, Error> {
        self.view(name)?.i64()
    }
}

/// One tensor of a file, not read yet.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    path: &'a Path,
    name: &'a str,
    place: &'a Place,
    /// From its first number to the end of its last.
    bytes: &'a [u8],
}

impl<'a> View<'a> {
    /// Its shape.
    pub fn shape(&self) -> &'a [usize] {
        &self.place.shape
    }

    /// Its number type.
    pub fn dtype(&self) -> Dtype {
        self.place.dtype
    }

    /// Its values as bytes: little endian, last dimension fastest. They are copied only if the file has
    /// them in another order.
    pub fn bytes(&self) -> Cow<'a, [u8]> {
        self.in_order(&self.axes())
    }

    /// Its values, widened to f32.
    ///
    /// # Errors
    /// [`Error::Tensor`] if f32 cannot hold them.
    pub fn f32(&self) -> Result<Vec<f32>, Error> {
        self.dtype().f32(&self.bytes()).map_err(|reason| self.wrong(reason))
    }

    /// The values of `from..to` along the first dimension.
    ///
    /// # Errors
    /// [`Error::Tensor`] if there are no such rows, or if f32 cannot hold them.
    pub fn f32_rows(&self, from: usize, to: usize) -> Result<Vec<f32>, Error> {
        let shape = self.shape();
        if from > to || shape.first().is_none_or(|&rows| to > rows) {
            return Err(self.wrong(format!("rows {from} to {to} are not in shape {shape:?}")));
        }
        let (mut view, mut axes) = (*self, self.axes());
        let (row, width) = (axes[0].stride, self.dtype().bytes());
        axes[0].size = to - from;
        // Where there is no number, there is no first one either.
        if axes.iter().all(|axis| axis.size > 0) {
            view.bytes = &view.bytes[from * row * width..];
        }
        self.dtype().f32(&view.in_order(&axes)).map_err(|reason| self.wrong(reason))
    }

    /// Its values, if they are whole numbers or truth values.
    ///
    /// # Errors
    /// [`Error::Tensor`] if they are not.
    pub fn i64(&self) -> Result<Vec<i64>, Error> {
        self.dtype().i64(&self.bytes()).map_err(|reason| self.wrong(reason))
    }

    fn axes(&self) -> Vec<Axis> {
        let axes = self.place.shape.iter().zip(&self.place.strides);
        axes.map(|(&size, &stride)| Axis { size, stride }).collect()
    }

    fn in_order(&self, axes: &[Axis]) -> Cow<'a, [u8]> {
        let width = self.dtype().bytes();
        let count: usize = axes.iter().map(|axis| axis.size).product();
        if is_in_order(axes) {
            return Cow::Borrowed(&self.bytes[..count * width]);
        }
        Cow::Owned(gather(self.bytes, width, axes))
    }

    fn wrong(&self, reason: String) -> Error {
        Error::Tensor { path: self.path.to_path_buf(), name: self.name.to_string(), reason }
    }
}

/// One dimension: how many, and how many numbers apart.
#[derive(Clone, Copy, Debug)]
struct Axis {
    size: usize,
    stride: usize,
}

/// Whether the numbers stand behind each other, the last dimension fastest.
fn is_in_order(axes: &[Axis]) -> bool {
    let mut next = 1;
    axes.iter().any(|axis| axis.size == 0)
        || axes.iter().rev().filter(|axis| axis.size > 1).all(|axis| {
            let follows = axis.stride == next;
            next *= axis.size;
            follows
        })
}

/// The numbers in order, taken from where they lie: outer dimensions count like an odometer.
fn gather(bytes: &[u8], width: usize, axes: &[Axis]) -> Vec<u8> {
    let count: usize = axes.iter().map(|axis| axis.size).product();
    let mut out = Vec::with_capacity(count * width);
    let Some((inner, outer)) = axes.split_last() else { return out };
    let mut at = vec![0; outer.len()];
    while out.len() < count * width {
        let first: usize = at.iter().zip(outer).map(|(i, axis)| i * axis.stride).sum();
        if inner.stride == 1 {
            out.extend_from_slice(&bytes[first * width..][..inner.size * width]);
        } else {
            let numbers = (0..inner.size).map(|i| (first + i * inner.stride) * width);
            numbers.for_each(|number| out.extend_from_slice(&bytes[number..number + width]));
        }
        for (i, axis) in at.iter_mut().zip(outer).rev() {
            *i = (*i + 1) % axis.size;
            if *i > 0 {
                break;
            }
        }
    }
    out
}

/// Where a tensor lies in its file.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) dtype: Dtype,
    pub(crate) shape: Vec<usize>,
    /// In numbers.
    pub(crate) strides: Vec<usize>,
    /// Offsets into the file: from the first number to the end of the last.
    pub(crate) from: usize,
    pub(crate) to: usize,
}

/// The strides of a tensor whose numbers stand in order.
pub(crate) fn strides(shape: &[usize]) -> Vec<usize> {
    let mut strides = vec![1; shape.len()];
    for axis in (1..shape.len()).rev() {
        // A tensor without numbers may have any sizes beside its zero.
        strides[axis - 1] = shape[axis].saturating_mul(strides[axis]);
    }
    strides
}

/// An open file and what was found in it: the body of every reader.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) path: PathBuf,
    pub(crate) contents: Contents,
    pub(crate) places: BTreeMap<String, Place>,
}

impl Tensors for Table {
    fn names(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        Box::new(self.places.keys().map(String::as_str))
    }

    fn view(&self, name: &str) -> Result<View<'_>, Error> {
        let missing = || Error::Missing { path: self.path.clone(), name: name.to_string() };
        let (name, place) = self.places.get_key_value(name).ok_or_else(missing)?;
        Ok(View { path: &self.path, name, place, bytes: &self.contents[place.from..place.to] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of twelve bytes, 0 to 11, that is one tensor.
    fn table(shape: &[usize], strides: &[usize], from: usize) -> Table {
        let (shape, strides) = (shape.to_vec(), strides.to_vec());
        let place = Place { dtype: Dtype::U8, shape, strides, from, to: 12 };
        Table {
            path: PathBuf::from("file"),
            contents: Contents::Given((0..12).collect()),
            places: BTreeMap::from([("t".to_string(), place)]),
        }
    }

    #[test]
    fn strides_say_which_number_comes_next() {
        let check = |shape: &[usize], strides: &[usize], from: usize, expected: &[i64]| {
            let table = table(shape, strides, from);
            assert_eq!(table.i64("t").unwrap(), expected, "{shape:?} {strides:?}");
            let rows = shape.first().copied().unwrap_or(0);
            let one_by_one = (0..rows).flat_map(|r| table.f32_rows("t", r, r + 1).unwrap());
            let whole: Vec<f32> = expected.iter().map(|&n| n as f32).collect();
            assert!(shape.is_empty() || one_by_one.eq(whole.iter().copied()), "{shape:?}");
            assert_eq!(table.f32("t").unwrap(), whole);
        };
        check(&[3, 4], &[4, 1], 0, &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
        check(&[4, 3], &[1, 4], 0, &[0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11]);
        check(&[2, 2], &[4, 1], 5, &[5, 6, 9, 10]);
        check(&[2, 1, 3], &[6, 99, 2], 1, &[1, 3, 5, 7, 9, 11]);
        check(&[2, 3], &[0, 1], 2, &[2, 3, 4, 2, 3, 4]);
        check(&[3], &[0], 2, &[2, 2, 2]);
        check(&[3], &[4], 1, &[1, 5, 9]);
        check(&[], &[], 7, &[7]);
        check(&[2, 0, 5], &[0, 5, 1], 12, &[]);
        check(&[2, 3, 2], &[1, 4, 2], 0, &[0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11]);
    }

    #[test]
    fn in_order_nothing_is_copied() {
        let of = |shape: &[usize], strides: &[usize]| {
            matches!(table(shape, strides, 0).view("t").unwrap().bytes(), Cow::Borrowed(_))
        };
        assert!(
            of(&[3, 4], &[4, 1]) && of(&[1, 12], &[5, 1]) && of(&[0, 3], &[1, 1]) && of(&[], &[])
        );
        assert!(!of(&[4, 3], &[1, 4]) && !of(&[2], &[2]));
        assert_eq!(strides(&[2, 3, 4]), [12, 4, 1]);
        assert_eq!(strides(&[0, usize::MAX, usize::MAX]), [usize::MAX, usize::MAX, 1]);
    }

    #[test]
    fn rows_that_are_not_there_are_an_error() {
        let table = table(&[3, 4], &[4, 1], 0);
        assert!(table.f32_rows("t", 3, 3).unwrap().is_empty());
        for (from, to) in [(0, 4), (2, 1), (4, 4)] {
            let message = table.f32_rows("t", from, to).unwrap_err().to_string();
            assert!(message.contains("rows") && message.contains("\"t\" of file"), "{message}");
        }
        assert!(self::table(&[], &[], 0).f32_rows("t", 0, 1).is_err());
        assert!(matches!(table.f32("u"), Err(Error::Missing { .. })));
    }
}
