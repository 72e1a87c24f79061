//! Products with matrices of quantized blocks (ggml's types, by which GGUF files hold them), through dot
//! products of eight-bit integers.
//!
//! The ladder: [`naive`] (numbers widened one by one), [`plain`], then sixteen rows of a matrix side by side,
//! of which a register holds four neighbours along k each, so that one `vpdpbusd` multiplies them with four
//! numbers of an input and no sum runs across lanes. A [`Matrix`] is laid out so once ([`layout`]), in as
//! many bytes as its blocks had. Inputs are rounded to eight bits ([`Rounded`]), as llama.cpp rounds them: by
//! 32 numbers for types of 32, by 256 for those of 256. What a code stands for beside its scale, a zero in
//! the middle or an offset, is multiplied by sums of the rounded input, which are known before.
//!
//! The kernel is written once ([`kernel`]) over what an instruction set has ([`machine`]): AVX-512 with VNNI,
//! AVX-VNNI, AVX2. For few rows of input the weights are read once and sums stay in registers; for more, each
//! block is unpacked once for [`CHUNK`] rows. Sums are integers as far as scales are, so that they are exact
//! in any order; what is left, a product and an addition for 32 or 256 numbers, is rounded once, in the same
//! order everywhere. So neither the machine nor how many rows are asked about together changes a bit.
//!
//! Left out: i-quants of fewer than four bits, whose tables of patterns no register holds.

mod activations;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod groups;
mod halves;
#[cfg(target_arch = "x86_64")]
mod kernel;
mod layout;
#[cfg(target_arch = "x86_64")]
mod machine;
mod matrix;
pub mod naive;
pub mod peak;
mod plain;
mod tables;
mod ternary;
#[cfg(test)]
mod tests;

pub use activations::{Inputs, Rounded, Rounding};
pub use matrix::{Matrix, products};

/// Rows of input that a block is unpacked for.
pub const CHUNK: usize = 128;
/// Rows of input up to which sums stay in registers.
pub const FEW: usize = 8;

/// Types of blocks whose products are made of integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "ggml's names")]
pub enum Kind {
    Q4_0,
    Q4_1,
    Q5_0,
    Q5_1,
    Q8_0,
    Q2K,
    Q3K,
    Q4K,
    Q5K,
    Q6K,
    Iq4Nl,
    Iq4Xs,
    Mxfp4,
    Tq1_0,
    Tq2_0,
}

/// Evaluates an expression with the layout of a kind.
macro_rules! with_layout {
    ($kind:expr, $layout:ident => $body:expr) => {{
        use $crate::quantized::{Kind, groups, halves, tables, ternary};
        macro_rules! with {
            ($found:ty) => {{
                type $layout = $found;
                $body
            }};
        }
        match $kind {
            Kind::Q4_0 => with!(halves::Halves<4, false>),
            Kind::Q4_1 => with!(halves::Halves<4, true>),
            Kind::Q5_0 => with!(halves::Halves<5, false>),
            Kind::Q5_1 => with!(halves::Halves<5, true>),
            Kind::Q8_0 => with!(halves::Halves<8, false>),
            Kind::Q2K => with!(groups::Nibbles),
            Kind::Q3K => with!(groups::SignedSixes),
            Kind::Q4K => with!(groups::Sixes<4>),
            Kind::Q5K => with!(groups::Sixes<5>),
            Kind::Q6K => with!(groups::Bytes),
            Kind::Iq4Nl => with!(tables::NonLinear),
            Kind::Iq4Xs => with!(tables::NonLinearGroups),
            Kind::Mxfp4 => with!(tables::FourBits),
            Kind::Tq1_0 => with!(ternary::Ternary<{ ternary::BASE_3 }>),
            Kind::Tq2_0 => with!(ternary::Ternary<{ ternary::TWO_BITS }>),
        }
    }};
}
use with_layout;

impl Kind {
    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::Q4_0,
        Self::Q4_1,
        Self::Q5_0,
        Self::Q5_1,
        Self::Q8_0,
        Self::Q2K,
        Self::Q3K,
        Self::Q4K,
        Self::Q5K,
        Self::Q6K,
        Self::Iq4Nl,
        Self::Iq4Xs,
        Self::Mxfp4,
        Self::Tq1_0,
        Self::Tq2_0,
    ];

    /// ggml's name: "Q4_K".
    pub fn name(self) -> &'static str {
        match self {
            Self::Q4_0 => "Q4_0",
            Self::Q4_1 => "Q4_1",
            Self::Q5_0 => "Q5_0",
            Self::Q5_1 => "Q5_1",
            Self::Q8_0 => "Q8_0",
            Self::Q2K => "Q2_K",
            Self::Q3K => "Q3_K",
            Self::Q4K => "Q4_K",
            Self::Q5K => "Q5_K",
            Self::Q6K => "Q6_K",
            Self::Iq4Nl => "IQ4_NL",
            Self::Iq4Xs => "IQ4_XS",
            Self::Mxfp4 => "MXFP4",
            Self::Tq1_0 => "TQ1_0",
            Self::Tq2_0 => "TQ2_0",
        }
    }

    /// The kind of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Numbers of a block.
    pub fn numbers(self) -> usize {
        with_layout!(self, L => <L as layout::Layout>::NUMBERS)
    }

    /// Bytes of a block.
    pub fn bytes(self) -> usize {
        with_layout!(self, L => <L as layout::Layout>::BYTES)
    }

    /// How inputs are rounded for it.
    pub fn rounding(self) -> Rounding {
        with_layout!(self, L => <L as layout::Layout>::rounding())
    }
}
