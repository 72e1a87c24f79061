//! Seeing what meets a model's matrices: who sits here hears of every product before it is made, matrix by
//! matrix. Nothing is slower where nobody sits.

use std::fmt::Debug;
use std::sync::{Arc, OnceLock};

use arch::Slot;

/// Somebody who watches a runtime at work.
pub trait Watch: Debug + Send + Sync {
    /// Rows of `k` numbers that are about to be multiplied with the matrix of a slot: `(rows, k)`. An
    /// embedding is only heard of where it is the output matrix, an expert where tokens chose it.
    fn inputs(&self, slot: Slot, x: &[f32], k: usize);
}

/// Where a runtime's watcher sits, once there is one.
#[derive(Clone, Debug, Default)]
pub(super) struct Seat(Arc<OnceLock<Arc<dyn Watch>>>);

impl Seat {
    /// Sits down; the first who does stays.
    pub(super) fn take(&self, watch: Arc<dyn Watch>) -> bool {
        self.0.set(watch).is_ok()
    }

    pub(super) fn inputs(&self, slot: Slot, x: &[f32], k: usize) {
        if let Some(watch) = self.0.get() {
            watch.inputs(slot, x, k);
        }
    }
}
