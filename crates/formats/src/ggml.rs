//! The number types of ggml, by which GGUF files hold tensors: blocks of so many numbers in so many
//! bytes, and their way to f32. Results are those of the `gguf` package's reference, bit for bit.
//!
//! One more type is one line in [`Kind::ALL`] and its body in the file of its kind: [`plain`] (numbers as
//! they are), [`legacy`] (a scale for 32 numbers), [`k`] (scales within scales, for 256; [`k_write`] and
//! [`k_search`] are the way back), [`table`] (codes
//! that stand for the numbers of a table), [`ternary`]. Left out: i-quants of fewer than four bits, whose
//! tables of patterns are larger than this crate; they are known by name, so that an error can say it.

mod k;
mod k_search;
mod k_write;
mod legacy;
mod plain;
mod table;
mod ternary;

use half::f16;
use rayon::prelude::*;

/// Numbers that one thread turns at a time.
const RUN: usize = 1 << 14;

/// A type of numbers.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// Its number in GGUF files.
    pub id: u32,
    /// Its name: "Q4_K".
    pub name: &'static str,
    /// Numbers of a block.
    pub numbers: usize,
    /// Bytes of a block.
    pub bytes: usize,
    widen: Widen,
    narrow: Option<Narrow>,
}

/// One block to its numbers.
type Widen = fn(&[u8], &mut [f32]);

/// Numbers to their block.
type Narrow = fn(&Source<'_>, &mut [u8]);

/// Numbers that become a block.
#[derive(Clone, Copy, Debug)]
struct Source<'a> {
    values: &'a [f32],
    /// How much the column of each counts, if that is known.
    importance: Option<&'a [f32]>,
    /// The mean square of their row; only where importance is known.
    mean_square: f32,
}

const fn kind(id: u32, name: &'static str, numbers: usize, bytes: usize, widen: Widen) -> Kind {
    Kind { id, name, numbers, bytes, widen, narrow: None }
}

impl Kind {
    const fn written(mut self, narrow: Narrow) -> Self {
        self.narrow = Some(narrow);
        self
    }

    /// Every type that is read.
    pub const ALL: &'static [Self] = &[
        kind(0, "F32", 1, 4, plain::f32).written(plain::to_f32),
        kind(1, "F16", 1, 2, plain::f16).written(plain::to_f16),
        kind(2, "Q4_0", 32, 18, legacy::q4_0).written(legacy::to_q4_0),
        kind(3, "Q4_1", 32, 20, legacy::q4_1).written(legacy::to_q4_1),
        kind(6, "Q5_0", 32, 22, legacy::q5_0).written(legacy::to_q5_0),
        kind(7, "Q5_1", 32, 24, legacy::q5_1).written(legacy::to_q5_1),
        kind(8, "Q8_0", 32, 34, legacy::q8_0).written(legacy::to_q8_0),
        kind(10, "Q2_K", 256, 84, k::q2).written(k_write::to_q2),
        kind(11, "Q3_K", 256, 110, k::q3).written(k_write::to_q3),
        kind(12, "Q4_K", 256, 144, k::q4).written(k_write::to_q4),
        kind(13, "Q5_K", 256, 176, k::q5).written(k_write::to_q5),
        kind(14, "Q6_K", 256, 210, k::q6).written(k_write::to_q6),
        kind(20, "IQ4_NL", 32, 18, table::iq4_nl).written(table::to_iq4_nl),
        kind(23, "IQ4_XS", 256, 136, table::iq4_xs).written(table::to_iq4_xs),
        kind(24, "I8", 1, 1, plain::i8),
        kind(25, "I16", 1, 2, plain::i16),
        kind(28, "F64", 1, 8, plain::f64),
        kind(30, "BF16", 1, 2, plain::bf16).written(plain::to_bf16),
        kind(34, "TQ1_0", 256, 54, ternary::tq1_0),
        kind(35, "TQ2_0", 256, 66, ternary::tq2_0),
        kind(39, "MXFP4", 32, 17, table::mxfp4).written(table::to_mxfp4),
    ];

    /// Types that files may have and that are not read.
    const OTHERS: &'static [(u32, &'static str)] = &[
        (9, "Q8_1"),
        (15, "Q8_K"),
        (16, "IQ2_XXS"),
        (17, "IQ2_XS"),
        (18, "IQ3_XXS"),
        (19, "IQ1_S"),
        (21, "IQ3_S"),
        (22, "IQ2_S"),
        (26, "I32"),
        (27, "I64"),
        (29, "IQ1_M"),
    ];

    /// The type of this number.
    ///
    /// # Errors
    /// Which type it is, if it is one, and that it is not read.
    pub fn of(id: u32) -> Result<Self, String> {
        if let Some(kind) = Self::ALL.iter().find(|kind| kind.id == id) {
            return Ok(*kind);
        }
        let names: Vec<&str> = Self::ALL.iter().map(|kind| kind.name).collect();
        let what = match Self::OTHERS.iter().find(|(other, _)| *other == id) {
            Some((_, name)) => format!("numbers of type {name} are not supported"),
            None => format!("there is no type of numbers {id}"),
        };
        Err(format!("{what}; read are {}", names.join(", ")))
    }

    /// The type of exactly this name.
    ///
    /// # Errors
    /// That there is none.
    pub fn named(name: &str) -> Result<Self, String> {
        let found = Self::ALL.iter().find(|kind| kind.name == name);
        found.copied().ok_or_else(|| format!("there is no type of numbers {name}"))
    }

    /// The type of this name, in any case of letters, if it can be written.
    ///
    /// # Errors
    /// The names that would have worked.
    pub fn to_write(name: &str) -> Result<Self, String> {
        let written = || Self::ALL.iter().filter(|kind| kind.narrow.is_some());
        let found = written().find(|kind| kind.name.eq_ignore_ascii_case(name));
        found.copied().ok_or_else(|| {
            let names: Vec<&str> = written().map(|kind| kind.name).collect();
            format!(
                "{name:?} is no type of numbers that is written; these are: {}",
                names.join(", ")
            )
        })
    }

    /// The bytes of `n` numbers; `None` where they fill no whole blocks, or more than there can be.
    pub fn len_bytes(&self, n: usize) -> Option<usize> {
        n.is_multiple_of(self.numbers).then(|| (n / self.numbers).checked_mul(self.bytes))?
    }

    /// The numbers of whole blocks.
    ///
    /// # Panics
    /// If the bytes are no whole blocks.
    pub fn f32(&self, bytes: &[u8]) -> Vec<f32> {
        assert!(bytes.len().is_multiple_of(self.bytes), "ggml: no whole blocks of {}", self.name);
        let mut out = vec![0.0; bytes.len() / self.bytes * self.numbers];
        let run = RUN / self.numbers;
        let runs = bytes.par_chunks(run * self.bytes).zip(out.par_chunks_mut(run * self.numbers));
        runs.for_each(|(blocks, out)| {
            let blocks = blocks.chunks_exact(self.bytes).zip(out.chunks_exact_mut(self.numbers));
            blocks.for_each(|(block, out)| (self.widen)(block, out));
        });
        out
    }
}

impl Kind {
    /// Numbers in this type, each block rounded by itself as the reference does it.
    ///
    /// # Errors
    /// Why not: for a type that is not written, numbers that fill no whole blocks, and one that is not finite.
    pub fn bytes_of(&self, values: &[f32]) -> Result<Vec<u8>, String> {
        self.rounded(values, None)
    }

    /// Rows of as many numbers as `importance` has in this type, rounded such that least is lost where columns
    /// count much: the mean square of what each column is multiplied with ([`crate::imatrix`]). Types whose
    /// numbers have but one way to be rounded do not ask for it.
    ///
    /// # Errors
    /// As of [`bytes_of`](Self::bytes_of); for numbers that fill no whole rows, rows that fill no whole blocks,
    /// and importance that is negative or not finite.
    pub fn bytes_of_rows(&self, values: &[f32], importance: &[f32]) -> Result<Vec<u8>, String> {
        let row = importance.len();
        if row == 0 || !values.len().is_multiple_of(row) || !row.is_multiple_of(self.numbers) {
            let n = values.len();
            return Err(format!(
                "{n} numbers are no rows of {row} in whole blocks ({})",
                self.name
            ));
        }
        if let Some(x) = importance.iter().find(|x| !x.is_finite() || **x < 0.0) {
            return Err(format!("a column cannot count {x}; give a mean square"));
        }
        self.rounded(values, Some(importance))
    }

    fn rounded(&self, values: &[f32], importance: Option<&[f32]>) -> Result<Vec<u8>, String> {
        let narrow = self.narrow.ok_or_else(|| format!("{} is not written", self.name))?;
        let n = values.len();
        let bytes = self.len_bytes(n).ok_or_else(|| {
            format!("{n} numbers are no whole blocks of {} ({})", self.numbers, self.name)
        })?;
        // Of numbers alone any run of blocks is a row.
        let row = importance.map_or(RUN.next_multiple_of(self.numbers), <[f32]>::len);
        let mut out = vec![0; bytes];
        let rows = values.par_chunks(row).zip(out.par_chunks_mut(row / self.numbers * self.bytes));
        let wrong = rows.find_map_any(|(values, out)| {
            let wrong = values.iter().find(|x| !x.is_finite());
            if wrong.is_none() {
                self.put_row(narrow, values, importance, out);
            }
            wrong
        });
        match wrong {
            Some(x) => Err(format!("{x} is among its numbers")),
            None => Ok(out),
        }
    }

    fn put_row(&self, narrow: Narrow, values: &[f32], all: Option<&[f32]>, out: &mut [u8]) {
        let sum: f32 = all.map_or(0.0, |_| values.iter().map(|x| x * x).sum());
        let mean_square = sum / values.len() as f32;
        let blocks = values.chunks_exact(self.numbers).zip(out.chunks_exact_mut(self.bytes));
        for (i, (values, block)) in blocks.enumerate() {
            let importance = all.map(|all| &all[i * self.numbers..][..self.numbers]);
            narrow(&Source { values, importance, mean_square }, block);
        }
    }
}

/// The half-precision number at a byte.
fn half(block: &[u8], at: usize) -> f32 {
    f16::from_le_bytes([block[at], block[at + 1]]).to_f32()
}

/// Writes a half-precision number at a byte.
fn put(block: &mut [u8], at: usize, x: f32) {
    block[at..at + 2].copy_from_slice(&f16::from_f32(x).to_le_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_known_by_number_and_those_not_read_by_name() {
        assert_eq!(Kind::of(12).unwrap().name, "Q4_K");
        assert!(Kind::of(19).unwrap_err().contains("IQ1_S are not supported; read are F32, F16"));
        assert!(Kind::of(4).unwrap_err().contains("no type of numbers 4"));
        let q4 = Kind::of(2).unwrap();
        assert_eq!((q4.len_bytes(64), q4.len_bytes(33)), (Some(36), None));
        assert_eq!(Kind::of(8).unwrap().len_bytes(usize::MAX - 31), None);
    }

    /// Every type on blocks of all bytes in turn, against what `bench/parity/gguf --golden` wrote of the
    /// gguf package (its version stands in the file).
    #[test]
    fn every_type_widens_as_the_reference_does() {
        let golden = include_str!("../../../testdata/gguf/widened.json");
        let golden: serde_json::Value = serde_json::from_str(golden).unwrap();
        for kind in Kind::ALL.iter().filter(|kind| kind.numbers > 1) {
            let theirs: Vec<u32> = serde_json::from_value(golden["types"][kind.name].clone())
                .unwrap_or_else(|_| panic!("{} is not in the golden file", kind.name));
            let blocks = (128 / kind.numbers).max(1);
            let ours = kind.f32(&noise(blocks * kind.bytes));
            let ours: Vec<u32> = ours.iter().map(|x| x.to_bits()).collect();
            assert_eq!(ours, theirs, "{}", kind.name);
        }
    }

    fn values(n: usize) -> Vec<f32> {
        (0..n).map(|i| ((i * i * 7919) % 1009) as f32 / 64.0 - 7.0).collect()
    }

    fn bytes(golden: &serde_json::Value, kind: &Kind) -> Vec<u8> {
        serde_json::from_value(golden[kind.name].clone())
            .unwrap_or_else(|_| panic!("{} is not in the golden file", kind.name))
    }

    fn written() -> impl Iterator<Item = &'static Kind> {
        Kind::ALL.iter().filter(|kind| kind.narrow.is_some() && kind.numbers > 1)
    }

    /// The types that are written, on the same numbers, against the same package.
    #[test]
    fn every_written_type_rounds_as_the_reference_does() {
        let golden = include_str!("../../../testdata/gguf/widened.json");
        let golden: serde_json::Value = serde_json::from_str(golden).unwrap();
        for name in ["Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0"] {
            let kind = Kind::to_write(name).unwrap();
            assert_eq!(kind.bytes_of(&values(128)).unwrap(), bytes(&golden["written"], &kind));
        }
        assert!(Kind::to_write("q8_0").is_ok() && Kind::to_write("tq1_0").is_err());
        let q8 = Kind::to_write("Q8_0").unwrap();
        assert!(q8.bytes_of(&[1.0; 31]).unwrap_err().contains("31 numbers"));
        assert!(q8.bytes_of(&[f32::NAN; 32]).unwrap_err().contains("NaN"));
        for kind in written() {
            let zeros = kind.f32(&kind.bytes_of(&[0.0; 256]).unwrap());
            assert!(zeros.iter().all(|x| *x == 0.0), "{}", kind.name);
        }
    }

    /// The types whose scales are searched for, against what `bench/parity/llama --golden` had ggml itself make.
    #[test]
    fn every_searched_type_rounds_as_ggml_does() {
        let golden = include_str!("../../../testdata/gguf/k_types.json");
        let golden: serde_json::Value = serde_json::from_str(golden).unwrap();
        let names: Vec<&String> = golden["types"].as_object().unwrap().keys().collect();
        for name in names {
            let (kind, values) = (Kind::to_write(name).unwrap(), values(512));
            assert_eq!(kind.bytes_of(&values).unwrap(), bytes(&golden["types"], &kind), "{name}");
        }
    }

    /// The same where columns count: ours are ggml's bytes, and types that do not ask for it as they were.
    #[test]
    fn columns_count_as_they_do_in_ggml() {
        let golden = include_str!("../../../testdata/gguf/k_types.json");
        let golden: serde_json::Value = serde_json::from_str(golden).unwrap();
        let importance: Vec<f32> = (0..256).map(|i| (i * 31 % 17) as f32 / 4.0).collect();
        for kind in written() {
            let values = values(512);
            let ours = kind.bytes_of_rows(&values, &importance).unwrap();
            let theirs = match kind.name {
                "Q8_0" | "MXFP4" => kind.bytes_of(&values).unwrap(),
                _ => bytes(&golden["weighed"], kind),
            };
            assert_eq!(ours, theirs, "{}", kind.name);
            let nothing = kind.bytes_of_rows(&values, &[0.0; 256]).unwrap();
            assert!(kind.f32(&nothing).iter().all(|x| x.is_finite()), "{}", kind.name);
        }
        let q4 = Kind::to_write("Q4_K").unwrap();
        let wrong = |n, importance: &[f32]| q4.bytes_of_rows(&values(n), importance).unwrap_err();
        assert!(wrong(256, &[1.0; 128]).contains("256 numbers are no rows of 128"));
        assert!(wrong(300, &[1.0; 256]).contains("300 numbers"));
        assert!(wrong(256, &[f32::NAN; 256]).contains("cannot count NaN"));
        assert!(wrong(256, &[-1.0; 256]).contains("cannot count -1"));
        assert!(wrong(256, &[]).contains("no rows of 0"));
    }

    /// Bytes do not depend on where rows are cut, nor on how many threads there are.
    #[test]
    fn rows_are_rounded_one_by_one() {
        let importance: Vec<f32> = (0..512).map(|i| (i * 31 % 17) as f32 / 4.0).collect();
        for kind in written() {
            let values = values(512 * 80);
            let alone = values.chunks(512).flat_map(|row| kind.bytes_of(row).unwrap());
            assert!(kind.bytes_of(&values).unwrap().into_iter().eq(alone), "{}", kind.name);
            let alone = values.chunks(512);
            let alone = alone.flat_map(|row| kind.bytes_of_rows(row, &importance).unwrap());
            let all = kind.bytes_of_rows(&values, &importance).unwrap();
            assert!(all.into_iter().eq(alone), "{}", kind.name);
        }
    }

    /// Bytes that the reference's side makes, too.
    fn noise(n: usize) -> Vec<u8> {
        let mut x = 1_u32;
        let mut next = || {
            x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (x >> 24) as u8
        };
        // A high byte of a half-precision scale may make it no number: 15 and 63 alternate there.
        (0..n).map(|_| next() & 0x3f | 0x04).collect()
    }
}
