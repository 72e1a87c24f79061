//! How many positions may be asked about together without changing a bit of any: what speculation stands
//! on, as it takes a token only if it is what the same logits would have given one by one.
//!
//! Rows of quantized matrices are always summed in one order, and attention makes a few positions one by
//! one. What bounds the number is which other products are made of few rows in another way than of one, and
//! models whose angles change with the length of what they read.

use arch::Spec;
use arch::spec::rope::Scaling;
use kernels::attention::paged;
use kernels::gemm;

use super::source::Reader;

/// Rows that all products and attention compute as they do one.
pub(super) fn rows(reader: &Reader<'_>) -> usize {
    if reader.all_blocks() { paged::FEW } else { paged::FEW.min(gemm::FEW) }
}

/// Positions behind `held` others that are turned by the angles that each alone would be turned by.
pub(super) fn at(spec: &Spec, held: usize) -> usize {
    let each = (0..spec.n_layers).filter_map(|block| {
        let rope = spec.rope(block)?;
        let original = rope.changes_after()?;
        Some(match rope.scaling {
            _ if held < original => original - held,
            Scaling::Long(_) => usize::MAX,
            _ => 1,
        })
    });
    each.min().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests;
