//! The bf16 register tiles: 8×48 and 12×32 with AVX512-BF16's `vdpbf16ps`, which adds the products of
//! two neighbours along k to each f32 lane. A packed word is such a pair: the even k in its low half.
//! Both hold 24 registers of sums; the wide one loads less for them, the narrow one wastes less
//! where the columns of C are no multiple of 48.
//!
//! Packing rounds and pairs sixteen rows at a time: rows that lie contiguous along k are turned by
//! a 16×16 transpose of words, rows that lie contiguous across are interleaved by one permutation.
//! Rows of A that are brain floats and lie along k are read where they are: two neighbours are a
//! word already.

use super::tile::{Cells, Left, Pairs, Target, Tile as TileTrait};
use super::{Operand, Precision, Values};
use crate::element::Element;

/// `R` rows of `V` registers.
pub(super) struct Tile<const R: usize, const V: usize>;

/// Eight rows of 48 columns.
pub(super) type Wide = Tile<8, 3>;
/// Twelve rows of 32 columns.
pub(super) type Narrow = Tile<12, 2>;

/// Whether the narrow tile leaves so many fewer columns beyond `n` idle that its loads do not count: a
/// fiftieth.
pub(super) fn is_narrow(n: usize) -> bool {
    51 * n.next_multiple_of(Narrow::NR) < 50 * n.next_multiple_of(Wide::NR)
}

impl<const R: usize, const V: usize> TileTrait for Tile<R, V> {
    const MR: usize = R;
    const NR: usize = 16 * V;

    type Turning = Wide;

    fn depth(k: usize) -> usize {
        k.div_ceil(2)
    }

    fn pack(
        source: Operand<'_>,
        _precision: Precision,
        from: usize,
        end: usize,
        k: usize,
        out: &mut [u32],
        width: usize,
    ) {
        for group in (0..width).step_by(16) {
            let first = from + group;
            let panel = Panel { out: &mut out[group..], width, lanes: 16.min(width - group) };
            let rows = end.saturating_sub(first).min(panel.lanes);
            pack_rows(source, first, rows, k, panel);
        }
    }

    fn reads(a: Operand<'_>, k: usize) -> Option<Pairs<'_>> {
        match a.values {
            Values::Bf16(values) if !a.transposed && k.is_multiple_of(2) => {
                Some(Pairs { values, stride: a.stride })
            }
            _ => None,
        }
    }

    #[expect(unsafe_code, reason = "several threads write parts of one matrix")]
    unsafe fn multiply<O: Element>(
        depth: usize,
        a: Left<'_>,
        b: &[u32],
        c: Cells<'_, O>,
        target: Target<'_>,
    ) {
        assert!(b.len() >= depth * Self::NR, "bf16 tile: the pack of B is too short");
        let is_inside = (1..=R).contains(&target.height) && target.width <= Self::NR;
        assert!(is_inside, "bf16 tile: the target is larger than the tile");
        assert!(!target.turned || R == 8, "bf16 tile: only eight rows are turned");
        let long_enough = match a {
            Left::Packed(a) => a.len() >= depth * R,
            Left::Rows(a) => a.values.len() >= (target.height - 1) * a.stride + 2 * depth,
        };
        assert!(long_enough, "bf16 tile: the rows of A are too short");
        target.check(c, R * Self::NR);
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the dispatcher found AVX512-BF16; the lengths are asserted above; for C the caller
        // vouches.
        unsafe {
            x86::multiply::<O, R, V>(depth, a, b.as_ptr(), c.start(), &target);
        }
        #[cfg(not(target_arch = "x86_64"))]
        unreachable!("the dispatcher takes this tile only where AVX512-BF16 was found");
    }
}

/// Where a group of at most sixteen rows goes: word `d` of row `i` at `d · width + i`.
struct Panel<'a> {
    out: &'a mut [u32],
    width: usize,
    lanes: usize,
}

fn pack_rows(source: Operand<'_>, first: usize, rows: usize, k: usize, mut panel: Panel<'_>) {
    // Whole blocks of 32 along k go through vector code, the rest word by word.
    let whole = if rows == panel.lanes && source.transposed {
        x86::pack_across(source, first, k, &mut panel)
    } else if rows == panel.lanes {
        x86::pack_along(source, first, k, &mut panel)
    } else {
        0
    };
    for d in whole / 2..k.div_ceil(2) {
        for i in 0..panel.lanes {
            let at = |p: usize| if i < rows && p < k { source.get(first + i, p) } else { 0.0 };
            panel.out[d * panel.width + i] = pair(at(2 * d), at(2 * d + 1));
        }
    }
}

/// Two values as one word, the first in the low half.
fn pair(low: f32, high: f32) -> u32 {
    use crate::element::bf16;
    let bits = |v: f32| u32::from(<bf16 as Element>::from_f32(v).to_bits());
    bits(low) | bits(high) << 16
}

#[cfg(not(target_arch = "x86_64"))]
mod x86 {
    //! Machines without these instructions never come here.
    use super::{Operand, Panel};

    pub(super) fn pack_along(_: Operand<'_>, _: usize, _: usize, _: &mut Panel<'_>) -> usize {
        0
    }

    pub(super) fn pack_across(_: Operand<'_>, _: usize, _: usize, _: &mut Panel<'_>) -> usize {
        0
    }
}

#[cfg(target_arch = "x86_64")]
mod x86;
#[cfg(target_arch = "x86_64")]
pub(crate) use x86::{as_pairs, as_words, transpose};
