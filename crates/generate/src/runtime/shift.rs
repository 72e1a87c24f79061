//! Positions taken out of the middle of a memory ("context shift"; Xiao et al., "Efficient Streaming Language
//! Models with Attention Sinks", 2024, keep the first few for ever).
//!
//! What stands behind moves up: its keys are turned back by as many positions, its values stay. Both were made
//! when the model still saw what is gone, so that the text goes on a little differently than if the rest were
//! read anew; that is the price of not reading it.

use arch::{Cache as _, Error, Positions};
use kernels::attention::paged::PAGE;

use super::Runtime;
use super::cache::Cache;

impl Runtime {
    /// The memory without positions `keep..keep + dropped`.
    pub(super) fn shifted(
        &self,
        cache: &Cache,
        keep: usize,
        dropped: usize,
    ) -> Result<Cache, Error> {
        self.can_shift()?;
        let (from, end) = (keep.saturating_add(dropped), cache.len());
        if from > end {
            let held = format!("positions {keep} to {from} are to go; {end} are held");
            return Err(Error::Shape(held));
        }
        if cache.pages.iter().any(Option::is_none) {
            return Err(Error::Unsupported("a shift of what a sliding window has let go of"));
        }
        let mut moved = cache.fork();
        moved.truncate(keep);
        let layout = cache.form.layout;
        let width = 2 * layout.n_kv_heads * layout.head_dim;
        moved.reserve(end - from);
        for (layer, block) in self.blocks.iter().enumerate() {
            let mut rows = vec![0.0; (end - from) * width];
            rows_of(cache, layer, from, &mut rows);
            block.attention().turn_back(&mut rows, dropped);
            moved.write(layer, &rows, width, 0);
        }
        moved.advance(end - from);
        Ok(moved)
    }

    /// Whether positions count by their distance alone.
    fn can_shift(&self) -> Result<(), Error> {
        let spec = &self.spec;
        if matches!(spec.positions, Positions::Learned | Positions::Sinusoidal) {
            return Err(Error::Unsupported(
                "a shift for a model that adds its positions to the stream",
            ));
        }
        let ropes = (0..spec.n_layers).filter_map(|block| spec.rope(block));
        for rope in ropes {
            let magnitude = rope.frequencies(spec.head_dim, 1).magnitude;
            if rope.changes_after().is_some() || magnitude != 1.0 {
                return Err(Error::Unsupported("a shift for angles that stretch with the length"));
            }
        }
        Ok(())
    }
}

/// Keys and values of a layer from a position on, `(n, 2 Hkv D)`.
fn rows_of(cache: &Cache, layer: usize, from: usize, out: &mut [f32]) {
    let layout = cache.form.layout;
    let (d, kv) = (layout.head_dim, layout.n_kv_heads * layout.head_dim);
    for (i, part) in cache.parts(layer).into_iter().enumerate().skip(from / PAGE) {
        let first = i * PAGE;
        let n = PAGE.min(cache.len() - first);
        let mut numbers = vec![0.0; n * d];
        for (head, column) in (0..layout.n_kv_heads).flat_map(|head| [(head, 0), (head, kv)]) {
            match column {
                0 => layout.keys(part, head, n, &mut numbers),
                _ => layout.values_of(part, head, n, &mut numbers),
            }
            for (position, row) in (first..).zip(numbers.chunks_exact(d)) {
                if let Some(at) = position.checked_sub(from) {
                    out[at * 2 * kv + column + head * d..][..d].copy_from_slice(row);
                }
            }
        }
    }
}
