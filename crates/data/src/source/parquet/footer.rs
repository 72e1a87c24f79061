//! What a Parquet file's last bytes say of its columns, checked before the crate reads them.
//!
//! A file ends with its metadata (a struct in Thrift's compact protocol), four bytes of their
//! length, and `PAR1`. The schema in it is a tree, written as a list of nodes from the root down,
//! each with the number of its children. The crate makes room for as many children as are announced
//! and follows the tree by recursion: a count out of nowhere, or a tree as deep as the file is long,
//! would end the process, which no caller can catch. So a tree that its list does not bear out is
//! refused here. Left out on purpose: all else in the metadata, of which the crate makes errors.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

/// More metadata than this belongs to no corpus.
const MOST_BYTES: u32 = 16 << 20;
const MOST_LEVELS: usize = 64;

/// An error, in words, unless the schema is a tree.
pub(super) fn check(file: &mut File) -> Result<(), String> {
    let bytes = read(file)?;
    let nodes = Walk { bytes: &bytes, schema: None }.schema();
    is_tree(&nodes.ok_or("its metadata ends early or is no list of columns")?)
}

/// The metadata, without the eight bytes behind it.
fn read(file: &mut File) -> Result<Vec<u8>, String> {
    let failed = |error: std::io::Error| error.to_string();
    let length = file.metadata().map_err(failed)?.len();
    if length < 12 {
        return Err(format!("it has {length} bytes, the smallest Parquet file has 12"));
    }
    let mut tail = [0; 8];
    file.seek(SeekFrom::End(-8)).and_then(|_| file.read_exact(&mut tail)).map_err(failed)?;
    let [a, b, c, d, mark @ ..] = tail;
    let announced = u32::from_le_bytes([a, b, c, d]);
    match &mark {
        b"PAR1" => {}
        b"PARE" => return Err("it is encrypted, write it again without".into()),
        _ => return Err("it does not end with the mark PAR1".into()),
    }
    if u64::from(announced) > length - 12 || announced > MOST_BYTES {
        return Err(format!("it announces {announced} bytes of metadata in a file of {length}"));
    }
    let mut bytes = vec![0; announced as usize];
    file.seek(SeekFrom::End(-8 - i64::from(announced))).map_err(failed)?;
    file.read_exact(&mut bytes).map_err(failed)?;
    Ok(bytes)
}

/// Whether these counts of children, from the root down, make up one tree of bearable depth.
fn is_tree(children: &[i64]) -> Result<(), String> {
    let unborne = "its schema announces columns that it does not have";
    let mut open = vec![1_u64]; // nodes still to come on each level; one root
    for &count in children {
        while open.last() == Some(&0) {
            open.pop();
        }
        *open.last_mut().ok_or("its schema has more than one root")? -= 1;
        open.push(u64::try_from(count).map_err(|_| unborne)?);
        if open.len() > MOST_LEVELS {
            return Err(format!("its schema has more than {MOST_LEVELS} levels"));
        }
    }
    let is_borne_out = open.iter().all(|&left| left == 0);
    is_borne_out.then_some(()).ok_or(unborne.into())
}

/// A place in a Thrift struct; `None` everywhere stands for bytes that end early or mean nothing.
struct Walk<'a> {
    bytes: &'a [u8],
    schema: Option<Vec<i64>>,
}

// Types of the compact protocol.
const BYTE: u8 = 3;
const I16: u8 = 4;
const I32: u8 = 5;
const I64: u8 = 6;
const DOUBLE: u8 = 7;
const BINARY: u8 = 8;
const LIST: u8 = 9;
const SET: u8 = 10;
const MAP: u8 = 11;
const STRUCT: u8 = 12;

/// Types of the fields of `FileMetaData` in parquet.thrift, from field 1. The crate believes a
/// field's number whatever its type; so that both read the same, the type must be the right one.
const OF_FILE: [u8; 9] = [I32, LIST, I64, LIST, LIST, BINARY, LIST, STRUCT, BINARY];
const SCHEMA: i64 = 2;
/// The same of `SchemaElement`.
const OF_NODE: [u8; 10] = [I32, I32, I32, BINARY, I32, I32, I32, I32, I32, STRUCT];
const NUM_CHILDREN: i64 = 5;

impl Walk<'_> {
    /// The counts of children of the schema's nodes, in their order.
    fn schema(mut self) -> Option<Vec<i64>> {
        let mut id = 0;
        while let Some(kind) = self.field(&mut id, &OF_FILE)? {
            match id {
                SCHEMA if self.schema.is_none() => self.schema = Some(self.nodes()?),
                SCHEMA => return None, // which of the two the crate believes is its secret
                _ => self.skip(kind, MOST_LEVELS)?,
            }
        }
        self.schema
    }

    fn nodes(&mut self) -> Option<Vec<i64>> {
        let (kind, length) = self.list()?;
        let mut nodes = Vec::new();
        for _ in 0..length {
            nodes.push(if kind == STRUCT { self.node()? } else { return None });
        }
        Some(nodes)
    }

    fn node(&mut self) -> Option<i64> {
        let (mut id, mut children) = (0, 0);
        while let Some(kind) = self.field(&mut id, &OF_NODE)? {
            match id {
                NUM_CHILDREN => children = zigzag(self.number()?),
                _ => self.skip(kind, MOST_LEVELS)?,
            }
        }
        Some(children)
    }

    /// The type of the next field, whose number goes to `id`; `Some(None)` at the struct's end.
    fn field(&mut self, id: &mut i64, types: &[u8]) -> Option<Option<u8>> {
        let head = self.byte()?;
        let kind = head & 15;
        match (head >> 4, kind) {
            (_, 0) => return Some(None),
            (0, _) => *id = zigzag(self.number()?),
            (step, _) => *id += i64::from(step),
        }
        let nth = u16::try_from(*id).ok().filter(|&id| 0 < id && id <= i16::MAX as u16)?;
        let is_right = types.get(usize::from(nth) - 1).is_none_or(|&right| right == kind);
        is_right.then_some(Some(kind))
    }

    fn list(&mut self) -> Option<(u8, u64)> {
        let head = self.byte()?;
        let length = if head >> 4 == 15 { self.number()? } else { u64::from(head >> 4) };
        Some((head & 15, length))
    }

    fn skip(&mut self, kind: u8, levels: usize) -> Option<()> {
        let levels = levels.checked_sub(1)?;
        match kind {
            0..=2 => {} // a field of this type has its value in its head
            BYTE => self.take(1)?,
            I16 | I32 | I64 => self.number().map(drop)?,
            DOUBLE => self.take(8)?,
            BINARY => {
                let length = self.number()?;
                self.take(length)?;
            }
            LIST | SET => {
                let (kind, length) = self.list()?;
                self.skip_elements(kind, length, levels)?;
            }
            MAP => return None, // parquet.thrift has none
            STRUCT => {
                let mut id = 0;
                while let Some(kind) = self.field(&mut id, &[])? {
                    self.skip(kind, levels)?;
                }
            }
            _ => return None,
        }
        Some(())
    }

    fn skip_elements(&mut self, kind: u8, length: u64, levels: usize) -> Option<()> {
        if kind <= 2 {
            return self.take(length); // in a list, a truth value is a byte of its own
        }
        (0..length).try_for_each(|_| self.skip(kind, levels))
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 127) << shift;
            if byte < 128 {
                return Some(number);
            }
        }
        None
    }

    fn byte(&mut self) -> Option<u8> {
        let (&first, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        Some(first)
    }

    fn take(&mut self, length: u64) -> Option<()> {
        self.bytes = self.bytes.get(usize::try_from(length).ok()?..)?;
        Some(())
    }
}

fn zigzag(number: u64) -> i64 {
    (number >> 1) as i64 ^ -((number & 1) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_must_be_the_tree_that_it_announces() {
        let check = |children: &[i64], expected: bool| {
            assert_eq!(is_tree(children).is_ok(), expected, "{children:?}");
        };
        check(&[2, 0, 0], true);
        check(&[2, 1, 0, 0], true);
        check(&[0], true);
        check(&[], false);
        check(&[1, 0, 0], false);
        check(&[2, 0], false);
        check(&[3, 1, 0], false);
        check(&[-1], false);
        check(&[i64::from(i32::MAX), 0], false);
        let deep = |levels: usize| [vec![1; levels - 1], vec![0]].concat();
        check(&deep(MOST_LEVELS - 1), true);
        check(&deep(MOST_LEVELS), false);
    }

    #[test]
    fn bytes_that_mean_nothing_are_refused() {
        let check = |bytes: &[u8], expected: Option<Vec<i64>>| {
            assert_eq!(Walk { bytes, schema: None }.schema(), expected, "{bytes:?}");
        };
        // Version 1; a schema of two nodes, the first of which announces one child.
        let sound = [0x15, 2, 0x19, 0x2c, 0x55, 2, 0, 0x15, 0, 0, 0];
        check(&sound, Some(vec![1, 0]));
        for length in 0..sound.len() {
            check(&sound[..length], None);
        }
        check(&[0x19, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x0f], None); // a list without its elements
        check(&[0x18, 0xff, 0xff, 0xff, 0xff, 0x0f], None); // a string longer than the file
        check(&[vec![0x1c; 100_000], vec![0; 100_001]].concat(), None); // structs in structs
        check(&[0x19, 0x0c, 0x0d, 4, 0x0c, 0], None); // no schema
        check(&[0x29, 0x0c, 0x09, 4, 0x0c, 0], None); // two schemas
        check(&[0x29, 0x0c, 0], Some(vec![])); // a schema without a node
        check(&[0x25, 0x0c, 0], None); // a number for a schema
    }
}
