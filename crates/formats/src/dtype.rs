//! The number types of weight files, by the names that safetensors gives them, and their way to f32.
//!
//! F8_E4M3 and F8_E5M2 are those of "FP8 Formats for Deep Learning" (arXiv:2209.05433), F8_E8M0 is the
//! power of two of the OCP Microscaling specification. Left out: numbers of less than a byte, and the
//! float8 forms that have no name in safetensors.

use half::{bf16, f16};
use rayon::prelude::*;

/// What a tensor's bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dtype {
    /// IEEE double precision.
    F64,
    /// IEEE single precision.
    F32,
    /// IEEE half precision.
    F16,
    /// Brain float.
    Bf16,
    /// A byte: sign, four bits of exponent, three of fraction; no infinity.
    F8E4M3,
    /// A byte: sign, five bits of exponent, two of fraction.
    F8E5M2,
    /// A byte: an exponent of two.
    F8E8M0,
    /// Signed, 64 bits.
    I64,
    /// Signed, 32 bits.
    I32,
    /// Signed, 16 bits.
    I16,
    /// Signed, 8 bits.
    I8,
    /// Unsigned, 64 bits: state of generators and counters in checkpoints.
    U64,
    /// Unsigned, 32 bits.
    U32,
    /// Unsigned, 16 bits.
    U16,
    /// Plain bytes.
    U8,
    /// A byte that is 0 or 1.
    Bool,
    /// Two F32, a real and an imaginary part: kept as bytes, not read as numbers.
    C64,
}

impl Dtype {
    /// Every type, the name in a safetensors header, and the bytes of a number.
    const ALL: [(Self, &'static str, usize); 17] = [
        (Self::F64, "F64", 8),
        (Self::F32, "F32", 4),
        (Self::F16, "F16", 2),
        (Self::Bf16, "BF16", 2),
        (Self::F8E4M3, "F8_E4M3", 1),
        (Self::F8E5M2, "F8_E5M2", 1),
        (Self::F8E8M0, "F8_E8M0", 1),
        (Self::I64, "I64", 8),
        (Self::I32, "I32", 4),
        (Self::I16, "I16", 2),
        (Self::I8, "I8", 1),
        (Self::U64, "U64", 8),
        (Self::U32, "U32", 4),
        (Self::U16, "U16", 2),
        (Self::U8, "U8", 1),
        (Self::Bool, "BOOL", 1),
        (Self::C64, "C64", 8),
    ];

    /// The type of this name in a safetensors header.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, n, _)| *n == name).map(|(dtype, ..)| *dtype)
    }

    /// The name in a safetensors header.
    pub fn name(self) -> &'static str {
        Self::ALL[self as usize].1
    }

    /// The bytes of a number.
    pub fn bytes(self) -> usize {
        Self::ALL[self as usize].2
    }

    /// Little-endian numbers as f32. All types but F64 come out exact; F64 is rounded. Whole numbers of
    /// more than 16 bits are refused, since f32 would round them in silence.
    pub(crate) fn f32(self, bytes: &[u8]) -> Result<Vec<f32>, String> {
        Ok(match self {
            Self::F64 => {
                words(bytes).map(f64::from_le_bytes).map(narrow).collect::<Result<_, _>>()?
            }
            Self::F32 => each(bytes, f32::from_le_bytes),
            Self::F16 => each(bytes, |b| f16::from_le_bytes(b).to_f32()),
            Self::Bf16 => each(bytes, |b| bf16::from_le_bytes(b).to_f32()),
            Self::F8E4M3 => bytes.iter().map(|b| e4m3(*b)).collect(),
            // The upper byte of an f16.
            Self::F8E5M2 => bytes.iter().map(|b| f16::from_le_bytes([0, *b]).to_f32()).collect(),
            Self::F8E8M0 => bytes.iter().map(|b| e8m0(*b)).collect(),
            Self::I16 => words(bytes).map(|b| i16::from_le_bytes(b).into()).collect(),
            Self::U16 => words(bytes).map(|b| u16::from_le_bytes(b).into()).collect(),
            Self::I8 => bytes.iter().map(|b| f32::from(*b as i8)).collect(),
            Self::U8 => bytes.iter().map(|b| f32::from(*b)).collect(),
            Self::Bool => bytes.iter().map(|b| f32::from(u8::from(*b != 0))).collect(),
            Self::I64 | Self::I32 | Self::U64 | Self::U32 | Self::C64 => {
                let expected = "numbers with a fraction, or whole ones of at most 16 bits";
                return Err(format!("expected {expected}, found {}", self.name()));
            }
        })
    }

    /// Numbers in this type, little endian, each rounded to the nearest, ties to even.
    ///
    /// # Errors
    /// Why not, for a type that is not written, or for a number too large for it.
    pub fn bytes_of(self, values: &[f32]) -> Result<Vec<u8>, String> {
        let too_large = |x: f32, rounded: f32| x.is_finite() && !rounded.is_finite();
        let refuse = |x: f32| format!("{x:e} is beyond what {} can hold", self.name());
        let mut bytes = Vec::with_capacity(values.len() * self.bytes());
        for &x in values {
            match self {
                Self::F32 => bytes.extend(x.to_le_bytes()),
                Self::F16 if too_large(x, f16::from_f32(x).to_f32()) => return Err(refuse(x)),
                Self::F16 => bytes.extend(f16::from_f32(x).to_le_bytes()),
                Self::Bf16 if too_large(x, bf16::from_f32(x).to_f32()) => return Err(refuse(x)),
                Self::Bf16 => bytes.extend(bf16::from_f32(x).to_le_bytes()),
                _ => {
                    return Err(format!(
                        "weights are written in F32, F16 or BF16, not {}",
                        self.name()
                    ));
                }
            }
        }
        Ok(bytes)
    }

    /// Little-endian whole numbers.
    pub(crate) fn i64(self, bytes: &[u8]) -> Result<Vec<i64>, String> {
        let beyond = |n: u64| format!("{n} is beyond the numbers that can be read");
        let signed = |n: u64| i64::try_from(n).map_err(|_| beyond(n));
        Ok(match self {
            Self::I64 => words(bytes).map(i64::from_le_bytes).collect(),
            Self::I32 => words(bytes).map(|b| i32::from_le_bytes(b).into()).collect(),
            Self::I16 => words(bytes).map(|b| i16::from_le_bytes(b).into()).collect(),
            Self::I8 => bytes.iter().map(|b| i64::from(*b as i8)).collect(),
            Self::U64 => {
                words(bytes).map(u64::from_le_bytes).map(signed).collect::<Result<_, _>>()?
            }
            Self::U32 => words(bytes).map(|b| u32::from_le_bytes(b).into()).collect(),
            Self::U16 => words(bytes).map(|b| u16::from_le_bytes(b).into()).collect(),
            Self::U8 => bytes.iter().map(|b| i64::from(*b)).collect(),
            Self::Bool => bytes.iter().map(|b| i64::from(*b != 0)).collect(),
            _ => return Err(format!("expected whole numbers, found {}", self.name())),
        })
    }
}

/// Bytes in pieces of `N`; what does not fill the last one is left out.
pub(crate) fn words<const N: usize>(bytes: &[u8]) -> impl Iterator<Item = [u8; N]> {
    bytes.chunks_exact(N).map(|b| b.try_into().expect("chunks are of the size asked for"))
}

/// Numbers of `N` bytes, by several threads where there are many.
fn each<const N: usize>(bytes: &[u8], number: fn([u8; N]) -> f32) -> Vec<f32> {
    /// Numbers that one thread turns at a time.
    const RUN: usize = 1 << 16;
    let mut out = vec![0.0; bytes.len() / N];
    let runs = out.par_chunks_mut(RUN).zip(bytes.par_chunks(RUN * N));
    runs.for_each(|(out, bytes)| {
        out.iter_mut().zip(words(bytes)).for_each(|(out, word)| *out = number(word));
    });
    out
}

fn narrow(value: f64) -> Result<f32, String> {
    let narrow = value as f32;
    if value.is_finite() && !narrow.is_finite() {
        return Err(format!("{value:e} is beyond what f32 can hold"));
    }
    Ok(narrow)
}

/// Exponents have a bias of 7, the lowest is without a leading one, and all ones is no number.
fn e4m3(byte: u8) -> f32 {
    let (sign, exponent, fraction) = (byte >> 7, (byte >> 3) & 15, byte & 7);
    let magnitude = match (exponent, fraction) {
        (15, 7) => f32::NAN,
        (0, _) => f32::from(fraction) / 512.0,
        _ => f32::from_bits((u32::from(exponent) + 120) << 23 | u32::from(fraction) << 20),
    };
    if sign == 1 { -magnitude } else { magnitude }
}

/// 2 to the power of the byte less 127; 255 is no number.
fn e8m0(byte: u8) -> f32 {
    match byte {
        // Below what has a leading one in f32.
        0 => f32::from_bits(1 << 22),
        255 => f32::NAN,
        _ => f32::from_bits(u32::from(byte) << 23),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_types() {
        for (dtype, name, bytes) in Dtype::ALL {
            assert_eq!((dtype.name(), dtype.bytes()), (name, bytes));
            assert_eq!(Dtype::named(name), Some(dtype));
        }
        assert_eq!(Dtype::named("F4"), None);
    }

    #[test]
    fn numbers_widen_to_what_they_are() {
        let check = |dtype: Dtype, bytes: &[u8], expected: &[f32]| {
            assert_eq!(dtype.f32(bytes).unwrap(), expected, "{dtype:?}");
        };
        check(Dtype::F64, &(-0.1_f64).to_le_bytes(), &[-0.1]);
        check(Dtype::F32, &1.5_f32.to_le_bytes(), &[1.5]);
        check(Dtype::F16, &[0x00, 0x3c, 0x00, 0xb8], &[1.0, -0.5]);
        check(Dtype::Bf16, &[0x00, 0xc0], &[-2.0]);
        check(
            Dtype::F8E4M3,
            &[0x38, 0xb8, 0x7e, 0x01, 0x08],
            &[1., -1., 448., 1. / 512., 1. / 64.],
        );
        check(Dtype::F8E5M2, &[0x3c, 0x7b, 0x01, 0xfc], &[1., 57344., 1. / 65536., -f32::INFINITY]);
        check(Dtype::F8E8M0, &[127, 128, 0, 254], &[1., 2., 2_f32.powi(-127), 2_f32.powi(127)]);
        check(Dtype::I16, &[0xfe, 0xff], &[-2.0]);
        check(Dtype::U16, &[0xfe, 0xff], &[65534.0]);
        check(Dtype::I8, &[0xfe], &[-2.0]);
        check(Dtype::U8, &[0xfe], &[254.0]);
        check(Dtype::Bool, &[0, 1], &[0.0, 1.0]);
        for (dtype, byte) in [(Dtype::F8E4M3, 0x7f), (Dtype::F8E4M3, 0xff), (Dtype::F8E8M0, 255)] {
            assert!(dtype.f32(&[byte]).unwrap()[0].is_nan());
        }
    }

    #[test]
    fn what_f32_cannot_hold_is_refused() {
        for dtype in [Dtype::I64, Dtype::I32, Dtype::U64, Dtype::U32, Dtype::C64] {
            let refused = dtype.f32(&[0; 8]).unwrap_err();
            assert!(refused.contains(dtype.name()), "{refused}");
        }
        assert!(Dtype::F64.f32(&1e300_f64.to_le_bytes()).unwrap_err().contains("1e300"));
        assert_eq!(Dtype::F64.f32(&f64::INFINITY.to_le_bytes()).unwrap(), [f32::INFINITY]);
    }

    #[test]
    fn whole_numbers_come_whole() {
        let check = |dtype: Dtype, bytes: &[u8], expected: i64| {
            assert_eq!(dtype.i64(bytes).unwrap(), [expected], "{dtype:?}");
        };
        check(Dtype::I64, &i64::MIN.to_le_bytes(), i64::MIN);
        check(Dtype::I32, &(-3_i32).to_le_bytes(), -3);
        check(Dtype::I16, &(-3_i16).to_le_bytes(), -3);
        check(Dtype::I8, &[0xfd], -3);
        check(Dtype::U64, &7_u64.to_le_bytes(), 7);
        check(Dtype::U32, &u32::MAX.to_le_bytes(), u32::MAX.into());
        check(Dtype::U16, &[1, 1], 257);
        check(Dtype::U8, &[255], 255);
        check(Dtype::Bool, &[1], 1);
        assert!(
            Dtype::U64.i64(&u64::MAX.to_le_bytes()).unwrap_err().contains("18446744073709551615")
        );
        assert!(Dtype::F32.i64(&[0; 4]).unwrap_err().contains("F32"));
    }
}
