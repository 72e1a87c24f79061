//! How many operations on eight-bit integers a second this machine can do at best: products of numbers that
//! lie in registers, on every thread. See [`crate::gemm::peak`].

use std::hint::black_box;

use rayon::prelude::*;

#[cfg(target_arch = "x86_64")]
use crate::isa::Int8Dots;

/// Sums in registers: enough that none is waited for.
const SUMS: usize = 24;
/// Products added to each in one call.
const ROUNDS: usize = 4_000_000;

/// Does a fixed amount of work on all threads and gives how many operations it was; `None` where the machine
/// has no dot products of eight-bit integers in sixteen lanes. The caller holds the clock.
pub fn work() -> Option<f64> {
    #[cfg(target_arch = "x86_64")]
    if Int8Dots::current() == Int8Dots::Avx512Vnni {
        let threads = rayon::current_num_threads();
        #[expect(unsafe_code, reason = "functions of instruction sets")]
        // SAFETY: these instructions were found.
        let of_thread = |_| unsafe { x86::sixteen_quads() };
        let a_round: usize = (0..threads).into_par_iter().with_max_len(1).map(of_thread).sum();
        return Some((a_round * ROUNDS) as f64);
    }
    None
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    #![expect(unsafe_code, reason = "functions of instruction sets")]

    use std::arch::x86_64::*;

    use super::{ROUNDS, SUMS, black_box};

    /// Returns the operations of a round.
    ///
    /// # Safety
    /// Needs AVX-512 F and VNNI.
    #[target_feature(enable = "avx512f,avx512vnni")]
    pub(super) unsafe fn sixteen_quads() -> usize {
        let ones = _mm512_set1_epi32(black_box(0x0101_0101));
        let starts: [i32; SUMS] = black_box(std::array::from_fn(|i| i as i32));
        let mut sums = starts.map(|start| _mm512_set1_epi32(start));
        for _ in 0..ROUNDS {
            for sum in &mut sums {
                *sum = _mm512_dpbusd_epi32(*sum, ones, ones);
            }
        }
        black_box(sums.map(|sum| _mm512_reduce_add_epi32(sum)));
        2 * 4 * 16 * SUMS
    }
}
