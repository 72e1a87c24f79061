//! Memory for results: a vector whose values will all be overwritten by the kernel it is handed to.
//!
//! Zeroing an activation costs as much memory traffic as writing it. Builds with debug assertions
//! fill it with NaN instead, so that a kernel which leaves a gap is found by its tests.

use crate::element::Element;

/// A vector of `n` values that the caller overwrites before anybody reads them.
#[expect(clippy::uninit_vec, reason = "every bit pattern is a valid f32 or bf16")]
pub fn for_overwrite<E: Element>(n: usize) -> Vec<E> {
    if cfg!(debug_assertions) {
        return vec![E::from_f32(f32::NAN); n];
    }
    let mut values = Vec::with_capacity(n);
    #[expect(unsafe_code, reason = "skips zeroing of memory that is overwritten at once")]
    // SAFETY: the capacity is there; `Element` is implemented for plain numbers only, none of
    // which has an invalid bit pattern or a destructor, and every kernel writes before it reads.
    unsafe {
        values.set_len(n);
    }
    values
}
