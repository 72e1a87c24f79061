//! Products with matrices of quantized blocks (ggml's types, by which GGUF files hold them), through dot
//! products of eight-bit integers.
//!
//! The ladder: [`naive`] (numbers widened one by one), then sixteen rows of a matrix side by side, of which
//! a register holds four neighbours along k each, so that one `vpdpbusd` multiplies them with four numbers
//! of an input and no sum runs across lanes. A [`Matrix`] is laid out so once ([`layout`]), in as many bytes
//! as its blocks had. Inputs are rounded to eight bits ([`Rounded`]), as llama.cpp rounds them: by 32
//! numbers for types of 32, by 256 for those of 256. What a code stands for beside its scale, a zero in the
//! middle or an offset, is multiplied by sums of the rounded input, which are known before.
//!
//! For one to eight rows of input the weights are read once and sums stay in registers; for more, each block
//! is unpacked into registers once for [`CHUNK`] rows. Each element is summed in the same order in both, so
//! that how many rows are asked about together changes no bit.
//!
//! Left out: i-quants, and types of fewer than four bits that files of today hardly have.

mod activations;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod groups;
mod halves;
mod layout;
mod matrix;
pub mod naive;
pub(crate) mod pages;
pub mod peak;
mod plain;
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
    Q4K,
    Q5K,
    Q6K,
}

/// Evaluates an expression with the layout of a kind.
macro_rules! with_layout {
    ($kind:expr, $layout:ident => $body:expr) => {{
        use $crate::quantized::{Kind, groups, halves};
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
            Kind::Q4K => with!(groups::Sixes<4>),
            Kind::Q5K => with!(groups::Sixes<5>),
            Kind::Q6K => with!(groups::Bytes),
        }
    }};
}
use with_layout;

impl Kind {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Q4_0,
        Self::Q4_1,
        Self::Q5_0,
        Self::Q5_1,
        Self::Q8_0,
        Self::Q4K,
        Self::Q5K,
        Self::Q6K,
    ];

    /// ggml's name: "Q4_K".
    pub fn name(self) -> &'static str {
        match self {
            Self::Q4_0 => "Q4_0",
            Self::Q4_1 => "Q4_1",
            Self::Q5_0 => "Q5_0",
            Self::Q5_1 => "Q5_1",
            Self::Q8_0 => "Q8_0",
            Self::Q4K => "Q4_K",
            Self::Q5K => "Q5_K",
            Self::Q6K => "Q6_K",
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
