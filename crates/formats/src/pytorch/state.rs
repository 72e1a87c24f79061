//! From what a pickle made to tensors with names, and from a tensor's description to its place.
//!
//! The way down is a list of what is still to be looked at, not a recursion. Depth, number and length
//! of names are capped: a pickle can put one dictionary into itself, or many times into another.

use std::borrow::Cow;

use super::Storages;
use super::value::{Object, Pickle, Tensor, Value};
use crate::Dtype;
use crate::tensors::Place;

/// As deep may dictionaries and lists nest.
const DEEPEST: usize = 16;

/// As many values are looked at.
const MOST_VALUES: usize = 1 << 22;

/// As many of them may be tensors, or wait to be gone down into.
const MOST_NAMES: usize = 1 << 20;

/// The longest name.
const LONGEST_NAME: usize = 512;

/// A tensor that repeats its numbers (stride 0) may show more of them than its storage has bytes, up
/// to this.
const MOST_REPEATED: usize = 1 << 20;

type Named<'p, 'a> = Vec<(String, &'p Tensor<'a>)>;

/// The tensors of a dictionary, and of what lies within it. What has another key than a text or a
/// number cannot be asked for and is passed over.
pub(super) fn named<'p, 'a>(pickle: &'p Pickle<'a>) -> Result<Named<'p, 'a>, String> {
    let root = pickle.object(pickle.root);
    if !matches!(root, Some(Object::Dict(_) | Object::List(_) | Object::Tuple(_))) {
        let found = match root {
            Some(Object::Tensor(_)) => "a tensor alone",
            _ => "something else",
        };
        return Err(format!("expected a dictionary of names and tensors, found {found}"));
    }
    let endless = || "it nests or repeats more than any weights need".to_string();
    let mut tensors = Vec::new();
    let mut ahead = vec![(String::new(), pickle.root, 0)];
    let mut seen = 0;
    while let Some((path, value, depth)) = ahead.pop() {
        let children = children(pickle, value);
        seen += children.len();
        if seen > MOST_VALUES {
            return Err(endless());
        }
        for (key, child) in children {
            match pickle.object(child) {
                Some(Object::Tensor(tensor)) => tensors.push((joined(&path, &key)?, &**tensor)),
                Some(Object::Dict(_) | Object::List(_) | Object::Tuple(_)) => {
                    ahead.push((joined(&path, &key)?, child, depth + 1));
                }
                _ => continue,
            }
            if tensors.len() + ahead.len() > MOST_NAMES || depth == DEEPEST {
                return Err(endless());
            }
        }
    }
    Ok(tensors)
}

/// The values of a collection that have a name: by a key, or by their place in a list.
fn children<'a>(pickle: &Pickle<'a>, value: Value) -> Vec<(Cow<'a, str>, Value)> {
    let name = |key: Value| match (key, pickle.object(key)) {
        (Value::Int(number), _) => Some(Cow::Owned(number.to_string())),
        (_, Some(&Object::Text(text))) => Some(Cow::Borrowed(text)),
        _ => None,
    };
    match pickle.object(value) {
        Some(Object::Dict(pairs)) => {
            pairs.iter().filter_map(|(key, value)| Some((name(*key)?, *value))).collect()
        }
        Some(Object::List(list) | Object::Tuple(list)) => {
            let collections = list.iter().enumerate().filter(|(_, v)| matches!(v, Value::At(_)));
            collections.map(|(nth, value)| (Cow::Owned(nth.to_string()), *value)).collect()
        }
        _ => Vec::new(),
    }
}

fn joined(path: &str, key: &str) -> Result<String, String> {
    let len = path.len() + key.len();
    match len {
        0..=LONGEST_NAME if path.is_empty() => Ok(key.to_string()),
        0..=LONGEST_NAME => Ok(format!("{path}.{key}")),
        _ => Err(format!("a name of {len} bytes is longer than any tensor's")),
    }
}

/// Where a tensor lies, if all of it lies in its storage.
pub(super) fn place(tensor: &Tensor<'_>, storages: &Storages<'_>) -> Result<Place, String> {
    let Tensor { storage, offset, shape, strides, .. } = tensor;
    let dtype = tensor.dtype.ok_or("its number type is not told")?;
    if tensor.altered {
        return Err("its numbers are negated or conjugated on reading; save x.resolve_neg()".into());
    }
    if shape.len() != strides.len() {
        return Err(format!("shape {shape:?} and strides {strides:?} contradict each other"));
    }
    let key = storage.key;
    let at = storages.get(key).ok_or_else(|| format!("its storage {key:?} is not in the file"))?;
    let held = storage.dtype.map_or(1, Dtype::bytes);
    if storage.count.checked_mul(held) != Some(at.len()) {
        let (found, n) = (at.len(), storage.count);
        return Err(format!("its storage {key:?} should hold {n} numbers and holds {found} bytes"));
    }
    let (from, count) = storage.part.unwrap_or((0, storage.count));
    let until = from.checked_add(count).filter(|end| *end <= storage.count);
    let until = until.ok_or_else(|| format!("its part of storage {key:?} is not in it"))?;
    let (part, width) = (at.start + from * held..at.start + until * held, dtype.bytes());
    let beyond = || {
        format!("shape {shape:?}, strides {strides:?} and offset {offset} reach beyond its storage")
    };
    let numbers = shape.iter().try_fold(1_usize, |n, &d| n.checked_mul(d)).ok_or_else(beyond)?;
    let span = span(*offset, shape, strides).ok_or_else(beyond)?;
    // A tensor without numbers may begin anywhere.
    let (first, last) = if numbers == 0 { (0, 0) } else { span };
    let end = last.checked_mul(width).filter(|end| *end <= part.len()).ok_or_else(beyond)?;
    if numbers > part.len().max(MOST_REPEATED) {
        let n = part.len();
        return Err(format!("shape {shape:?} repeats the {n} bytes of its storage too often"));
    }
    let (shape, strides) = (shape.clone(), strides.clone());
    Ok(Place { dtype, shape, strides, from: part.start + first * width, to: part.start + end })
}

/// The first number and the end of the last.
fn span(offset: usize, shape: &[usize], strides: &[usize]) -> Option<(usize, usize)> {
    let steps = shape.iter().zip(strides);
    let last = steps
        .filter(|(size, _)| **size > 0)
        .try_fold(offset, |at, (size, stride)| at.checked_add((size - 1).checked_mul(*stride)?))?;
    Some((offset, last.checked_add(1)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pytorch::pickle::read;
    use crate::pytorch::value::Storage;

    fn check(change: impl Fn(&mut Tensor<'_>), expected: Result<(usize, usize), &str>) {
        let storages = Storages::from([("0", 100..124)]);
        let dtype = Some(Dtype::F32);
        let storage = Storage { dtype, key: "0", count: 6, part: None };
        let (shape, strides) = (vec![2, 3], vec![3, 1]);
        let mut tensor = Tensor { storage, dtype, offset: 0, shape, strides, altered: false };
        change(&mut tensor);
        match (place(&tensor, &storages), expected) {
            (Ok(place), Ok(range)) => assert_eq!((place.from, place.to), range, "{tensor:?}"),
            (Err(why), Err(word)) => assert!(why.contains(word), "{why}"),
            (got, _) => panic!("{tensor:?}: {got:?}"),
        }
    }

    fn names(bytes: &[u8]) -> Result<Vec<String>, String> {
        let pickle = read(bytes).unwrap();
        let mut names: Vec<String> = named(&pickle)?.into_iter().map(|(name, _)| name).collect();
        names.sort_unstable();
        Ok(names)
    }

    /// Puts a tensor into the memo at 9.
    const TENSOR: &[u8] = b"ctorch._utils\n_rebuild_tensor\n(\
        (U\x07storagectorch\nByteStorage\nU\x010U\x03cpuK\x01tQK\x00))tRq\x090";

    #[test]
    fn dictionaries_within_each_other_give_names_with_points() {
        let bytes = [
            TENSOR,
            b"}(U\x01ah\x09U\x01b}K\x07h\x09sU\x01ch\x09h\x09\x86U\x01dK\x03U\x01e}U\x01fK\x01sNh\x09u.",
        ];
        assert_eq!(names(&bytes.concat()).unwrap(), ["a", "b.7", "c.0", "c.1"]);
    }

    #[test]
    fn what_is_no_dictionary_or_has_no_end_is_refused() {
        let check = |bytes: &[u8], word: &str| {
            let why = names(&[TENSOR, bytes].concat()).unwrap_err();
            assert!(why.contains(word), "{why}");
        };
        check(b"h\x09.", "a tensor alone");
        check(b"K\x01.", "something else");
        check(b"}q\x00U\x01ah\x00s.", "nests or repeats");
        // Twelve lists, each of the one before sixteen times.
        let level = [&b"]("[..], &b"h\x01".repeat(16), b"eq\x010"].concat();
        check(&[&b"]q\x010"[..], &level.repeat(12), b"h\x01."].concat(), "nests or repeats");
        let long = [&b"}T\x01\x02\0\0"[..], &b"x".repeat(513), b"h\x09s."].concat();
        check(&long, "a name of 513 bytes");
    }

    #[test]
    fn a_tensor_lies_in_its_storage_or_is_refused() {
        check(|_| {}, Ok((100, 124)));
        check(|t| t.strides = vec![1, 2], Ok((100, 124)));
        check(|t| (t.offset, t.shape) = (2, vec![1, 3]), Ok((108, 120)));
        check(|t| t.offset = 1, Err("beyond its storage"));
        check(|t| t.shape = vec![3, 3], Err("beyond its storage"));
        check(|t| t.strides = vec![4, 1], Err("beyond its storage"));
        check(|t| t.strides = vec![usize::MAX, 2], Err("beyond its storage"));
        check(|t| t.offset = usize::MAX, Err("beyond its storage"));
        check(|t| t.shape = vec![usize::MAX, usize::MAX], Err("beyond its storage"));
        check(|t| t.strides = vec![1], Err("contradict"));
        check(|t| t.dtype = Some(Dtype::F64), Err("beyond its storage"));
        check(|t| t.dtype = None, Err("not told"));
        check(|t| t.altered = true, Err("negated"));
    }

    #[test]
    fn a_storage_is_in_the_file_or_its_tensors_are_refused() {
        check(|t| t.storage.key = "1", Err("storage \"1\" is not in the file"));
        check(|t| t.storage.count = 7, Err("should hold 7 numbers and holds 24 bytes"));
        check(|t| t.storage.count = usize::MAX, Err("should hold"));
        check(|t| (t.storage.dtype, t.storage.count) = (None, 24), Ok((100, 124)));
        check(|t| (t.storage.part, t.shape) = (Some((3, 3)), vec![1, 3]), Ok((112, 124)));
        check(|t| t.storage.part = Some((3, 3)), Err("beyond its storage"));
        check(|t| t.storage.part = Some((3, 4)), Err("is not in it"));
        check(|t| t.storage.part = Some((usize::MAX, 4)), Err("is not in it"));
    }

    #[test]
    fn what_repeats_is_capped_and_what_is_empty_is_no_trouble() {
        check(|t| (t.shape, t.strides) = (vec![1000, 1000], vec![0, 0]), Ok((100, 104)));
        check(|t| (t.shape, t.strides) = (vec![2000, 2000], vec![0, 0]), Err("too often"));
        check(|t| (t.shape, t.offset) = (vec![0, 3], 99), Ok((100, 100)));
        check(|t| (t.shape, t.strides) = (vec![], vec![]), Ok((100, 104)));
    }
}
