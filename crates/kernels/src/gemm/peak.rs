//! How many operations a second this machine can do at best: the register tile alone, over packs
//! that lie in the first cache, on every thread. What a training step is measured against.

use rayon::prelude::*;

use super::{Left, Precision, Target, Tile, bf16_tile, f32_tile};
use crate::isa::Isa;

/// Depth of the packs, in words: 8 + 48 rows of it fit in 32 KiB.
const DEPTH: usize = 128;

/// Does a fixed amount of work on all threads and returns how many floating-point operations it
/// was; the caller holds the clock. Call it once before, so that the threads are awake.
pub fn work(precision: Precision) -> f64 {
    match (precision, Isa::current()) {
        (Precision::Bf16, Isa::Avx512Bf16) => on_all_threads::<bf16_tile::Tile>(2.0),
        (_, Isa::Avx512 | Isa::Avx512Bf16) => on_all_threads::<f32_tile::Avx512>(1.0),
        (_, Isa::Avx2) => on_all_threads::<f32_tile::Avx2>(1.0),
        (_, Isa::Portable) => on_all_threads::<f32_tile::Portable>(1.0),
    }
}

/// `per_word`: values along k that a packed word holds.
fn on_all_threads<T: Tile>(per_word: f64) -> f64 {
    const TILES: usize = 20_000;
    let threads = rayon::current_num_threads();
    (0..threads).into_par_iter().with_max_len(1).for_each(|_| {
        let (a, b) = (vec![0; T::MR * DEPTH], vec![0; T::NR * DEPTH]);
        let mut tile = vec![0.0_f32; T::MR * T::NR];
        let (height, width, stride) = (T::MR, T::NR, T::NR);
        let target =
            Target { height, width, stride, accumulate: false, bias: None, residual: None };
        for _ in 0..TILES {
            T::multiply(DEPTH, Left::Packed(&a), &b, &mut tile, target);
            std::hint::black_box(&mut tile);
        }
    });
    2.0 * per_word * (T::MR * T::NR * DEPTH * TILES * threads) as f64
}
