//! How many operations a second this machine can do at best: multiplications and additions of numbers
//! that lie in registers, on every thread. What products and training steps are measured against.
//!
//! No memory and no cache are in it: a loop that loads what it multiplies gave a tenth more or less
//! with where its instructions and its packs happened to lie.

use std::hint::black_box;

use rayon::prelude::*;

use super::Precision;
use crate::isa::Isa;

/// Sums in registers, as many as the tiles have: enough that none is waited for.
const SUMS: usize = 24;
/// Products added to each sum in one call of [`work`].
const ROUNDS: usize = 4_000_000;

/// Does a fixed amount of work on all threads and returns how many floating-point operations it
/// was; the caller holds the clock. Call it once before, so that the threads are awake.
pub fn work(precision: Precision) -> f64 {
    let threads = rayon::current_num_threads();
    let flops = (0..threads).into_par_iter().with_max_len(1).map(|_| on_one_thread(precision));
    flops.sum()
}

fn on_one_thread(precision: Precision) -> f64 {
    // Numbers that the compiler cannot know, no two of them alike: it would do equal sums once.
    let starts: [f32; SUMS] = black_box(std::array::from_fn(|i| i as f32));
    #[cfg(target_arch = "x86_64")]
    #[expect(unsafe_code, reason = "functions of instruction sets")]
    // SAFETY: each runs only where its instructions were found.
    let a_round = unsafe {
        match (Isa::current(), precision) {
            (Isa::Avx512Bf16, Precision::Bf16) => x86::pairs_of_sixteen(&starts),
            (Isa::Avx512 | Isa::Avx512Bf16, _) => x86::sixteen(&starts),
            (Isa::Avx2, _) => x86::eight(&starts),
            (Isa::Portable, _) => four(&starts),
        }
    };
    #[cfg(not(target_arch = "x86_64"))]
    let a_round = {
        let _ = (Isa::current(), precision);
        four(&starts)
    };
    (a_round * ROUNDS) as f64
}

/// Four lanes in plain Rust; a multiplication and an addition in turn.
fn four(starts: &[f32; SUMS]) -> usize {
    // There are sixteen registers at least.
    const REGISTERS: usize = 12;
    let one = black_box([1.0_f32; 4]);
    let mut sums: [[f32; 4]; REGISTERS] = std::array::from_fn(|i| [starts[i]; 4]);
    for _ in 0..ROUNDS {
        for sum in &mut sums {
            *sum = std::array::from_fn(|lane| sum[lane] * one[lane] + one[lane]);
        }
    }
    black_box(sums);
    2 * 4 * REGISTERS
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    //! A function for each instruction set; each returns the operations of a round.
    #![expect(unsafe_code, reason = "functions of instruction sets")]

    use std::arch::x86_64::*;
    use std::hint::black_box;

    use super::{ROUNDS, SUMS};
    use crate::gemm::words::as_pairs;

    /// # Safety
    /// Needs AVX512-BF16.
    #[target_feature(enable = "avx512f,avx512bf16")]
    pub(super) unsafe fn pairs_of_sixteen(starts: &[f32; SUMS]) -> usize {
        // Two brain floats of 1 a lane.
        let ones = as_pairs(_mm512_set1_epi32(black_box(0x3f80_3f80)));
        let mut sums = starts.map(|start| _mm512_set1_ps(start));
        for _ in 0..ROUNDS {
            for sum in &mut sums {
                *sum = _mm512_dpbf16_ps(*sum, ones, ones);
            }
        }
        black_box(sums.map(|sum| _mm512_reduce_add_ps(sum)));
        4 * 16 * SUMS
    }

    /// # Safety
    /// Needs AVX-512 F.
    #[target_feature(enable = "avx512f")]
    pub(super) unsafe fn sixteen(starts: &[f32; SUMS]) -> usize {
        let one = _mm512_set1_ps(black_box(1.0));
        let mut sums = starts.map(|start| _mm512_set1_ps(start));
        for _ in 0..ROUNDS {
            for sum in &mut sums {
                *sum = _mm512_fmadd_ps(one, one, *sum);
            }
        }
        black_box(sums.map(|sum| _mm512_reduce_add_ps(sum)));
        2 * 16 * SUMS
    }

    /// # Safety
    /// Needs AVX2 and FMA.
    #[target_feature(enable = "avx2,fma")]
    pub(super) unsafe fn eight(starts: &[f32; SUMS]) -> usize {
        // There are sixteen registers.
        const REGISTERS: usize = 12;
        let one = _mm256_set1_ps(black_box(1.0));
        let mut sums: [__m256; REGISTERS] = std::array::from_fn(|i| _mm256_set1_ps(starts[i]));
        for _ in 0..ROUNDS {
            for sum in &mut sums {
                *sum = _mm256_fmadd_ps(one, one, *sum);
            }
        }
        black_box(sums.map(|sum| _mm256_cvtss_f32(sum)));
        2 * 8 * REGISTERS
    }
}
