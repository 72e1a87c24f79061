//! Stacks of matrices that a file holds in MXFP4, as gpt-oss has its experts: under two names, `w_blocks`
//! `(E, rows, G, 16)` and `w_scales` `(E, rows, G)`, for what the family calls `w`, `(E, 32·G, rows)`.

use std::borrow::Cow;

use arch::{Error as Arch, Tensor as Weights};
use formats::{Dtype, Tensors, View, mxfp4};

/// What stands behind the two names.
const ENDS: [&str; 2] = ["_blocks", "_scales"];

/// Such a stack in a file.
pub(crate) struct Stack<'a> {
    name: String,
    blocks: View<'a>,
    scales: View<'a>,
    /// E, rows and columns of what is stored; it is read turned.
    sizes: [usize; 3],
}

impl<'a> Stack<'a> {
    /// The stack of this name, if the file has both of its parts and they fit together.
    pub(crate) fn find(tensors: &'a dyn Tensors, name: &str) -> Option<Self> {
        let [blocks, scales] = ENDS.map(|end| tensors.view(&format!("{name}{end}")).ok());
        let (blocks, scales) = (blocks?, scales?);
        let &[n, rows, groups, bytes] = blocks.shape() else { return None };
        let fits = scales.shape() == [n, rows, groups]
            && bytes == mxfp4::BLOCK / 2
            && [blocks, scales].iter().all(|view| view.dtype() == Dtype::U8);
        let columns = groups.checked_mul(mxfp4::BLOCK)?;
        fits.then(|| Self { name: name.to_string(), blocks, scales, sizes: [n, rows, columns] })
    }

    /// The name that one of two stands for, if it is one of two; the other's is told but once.
    pub(crate) fn of_part(tensors: &dyn Tensors, part: &str) -> Option<Option<String>> {
        let whole = ENDS.iter().find_map(|end| part.strip_suffix(end))?;
        Stack::find(tensors, whole)?;
        Some(part.ends_with(ENDS[0]).then(|| whole.to_string()))
    }

    /// `(E, columns, rows)`.
    pub(crate) fn shape(&self) -> Vec<usize> {
        let [n, rows, columns] = self.sizes;
        vec![n, columns, rows]
    }

    /// Bytes in the file.
    pub(crate) fn len_bytes(&self) -> usize {
        let [n, rows, columns] = self.sizes;
        n * rows * (columns / 2 + columns / mxfp4::BLOCK)
    }

    /// All of it.
    pub(crate) fn whole(&self) -> Result<Weights, Arch> {
        let [n, rows, columns] = self.sizes;
        let places = (0..n).map(|place| Ok(self.place(place)?.values));
        let values = places.collect::<Result<Vec<_>, Arch>>()?.concat();
        Weights::new(vec![n, columns, rows], values)
    }

    /// One matrix of it, `(columns, rows)`.
    pub(crate) fn place(&self, index: usize) -> Result<Weights, Arch> {
        let [n, rows, columns] = self.sizes;
        let wrong = |reason: String| Arch::Read { name: self.name.clone(), reason };
        if index >= n {
            return Err(wrong(format!("place {index} is not among {n}")));
        }
        let part = |bytes: Cow<'_, [u8]>, width: usize| {
            bytes[index * rows * width..(index + 1) * rows * width].to_vec()
        };
        let blocks = part(self.blocks.bytes(), columns / 2);
        let scales = part(self.scales.bytes(), columns / mxfp4::BLOCK);
        let values = mxfp4::decode(&blocks, &scales).map_err(wrong)?;
        Ok(Weights::new(vec![rows, columns], values)?.transposed())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use arch::WeightSource;
    use formats::safetensors::{Entry, SafeTensors, write};

    use super::*;
    use crate::folder::File;

    #[test]
    fn two_tensors_are_read_as_the_one_they_stand_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.safetensors");
        // Two matrices of three rows: the numbers 0.5 and 1 in turns, the second scaled by two.
        let (blocks, scales) = (vec![0x21; 2 * 3 * 16], [127, 127, 127, 128, 128, 128]);
        let entries = [
            Entry::raw("w_blocks", Dtype::U8, &[2, 3, 1, 16], &blocks),
            Entry::raw("w_scales", Dtype::U8, &[2, 3, 1], &scales),
            Entry::raw("v_blocks", Dtype::U8, &[1, 1, 1, 16], &blocks[..16]),
        ];
        write(&path, &entries, &BTreeMap::new()).unwrap();
        let tensors = SafeTensors::open(&path).unwrap();
        let file = File { tensors: &tensors, prefix: "" };
        assert_eq!(file.names(), ["v_blocks", "w"]);
        assert_eq!(file.shape("w"), Some(vec![2, 32, 3]));
        let whole = file.tensor("w").unwrap();
        assert_eq!((whole.values[0], whole.values[3], whole.values[32 * 3]), (0.5, 1.0, 1.0));
        assert_eq!(file.place("w", 1).unwrap().values, whole.values[32 * 3..]);
        assert!(file.tensor("v").is_err() && file.place("w", 2).is_err());
    }
}
