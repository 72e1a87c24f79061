//! How many operations a second this machine can do at best: the register tile alone, over packs
//! that lie in the first cache, on every thread. What a training step is measured against.

use rayon::prelude::*;

use super::tile::{Cells, Left, Target, Tile};
use super::{Operand, Precision, Values};
use crate::element::bf16;

/// Depth of the packs, in words, as products have it: 8 + 48 rows of it take 42 KiB, which a first cache of
/// 48 holds; where there are 32, the peak is what a second one gives.
const DEPTH: usize = 192;

/// Two brain floats of 1, or a number a little above 1. Zeros would not do: pages that nobody wrote to
/// may all be the same one.
const ONES: u32 = 0x3f80_3f80;

/// Does a fixed amount of work on all threads and returns how many floating-point operations it
/// was; the caller holds the clock. Call it once before, so that the threads are awake, and then with
/// either form of A, `packed` or read as it lies: which loop is the faster depends on the compiler.
pub fn work(precision: Precision, packed: bool) -> f64 {
    with_tile!(precision, 48, T => on_all_threads::<T>(packed))
}

fn on_all_threads<T: Tile>(packed: bool) -> f64 {
    const TILES: usize = 20_000;
    let threads = rayon::current_num_threads();
    (0..threads).into_par_iter().with_max_len(1).for_each(|_| {
        let (a, b) = (vec![ONES; T::MR * DEPTH], vec![ONES; T::NR * DEPTH]);
        let rows = vec![bf16::from_f32(1.0); 2 * T::MR * DEPTH];
        let rows = Operand::rows(Values::Bf16(&rows), 2 * DEPTH);
        let left = match T::reads(rows, 2 * DEPTH) {
            Some(rows) if !packed => Left::Rows(rows),
            _ => Left::Packed(&a),
        };
        let mut tile = vec![0.0_f32; T::MR * T::NR];
        let target = Target::plain(T::MR, T::NR, T::NR);
        for _ in 0..TILES {
            let c = Cells::of(&mut tile);
            #[expect(unsafe_code, reason = "C may be shared, but is not here")]
            // SAFETY: this thread has all of C.
            unsafe {
                T::multiply(DEPTH, left, &b, c, target);
            }
            std::hint::black_box(&mut tile);
        }
    });
    // Values along k that a packed word holds.
    let per_word = (2 / T::depth(2)) as f64;
    2.0 * per_word * (T::MR * T::NR * DEPTH * TILES * threads) as f64
}
