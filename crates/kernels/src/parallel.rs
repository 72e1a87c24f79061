//! Fixed chunks over the threads of rayon's pool.
//!
//! The cut never depends on the number of threads, so neither does any result. Work below
//! [`MIN_WORK`] stays on the calling thread: waking another one costs some microseconds.

use rayon::prelude::*;

/// Elements below which it does not pay to wake another thread.
pub const MIN_WORK: usize = 16 * 1024;

/// Calls `work(i, chunk)` for each run of `rows` rows of `width` of `out`.
pub fn rows_mut<T: Send>(
    out: &mut [T],
    width: usize,
    rows: usize,
    work: impl Fn(usize, &mut [T]) + Sync + Send,
) {
    let chunk = (rows * width).max(1);
    if out.len() < MIN_WORK {
        out.chunks_mut(chunk).enumerate().for_each(|(i, c)| work(i * rows, c));
    } else {
        out.par_chunks_mut(chunk).enumerate().for_each(|(i, c)| work(i * rows, c));
    }
}

/// As [`rows_mut`], and gives what `work` gave for each run, in order.
pub fn rows_map<T: Send, R: Send>(
    out: &mut [T],
    width: usize,
    rows: usize,
    work: impl Fn(usize, &mut [T]) -> R + Sync + Send,
) -> Vec<R> {
    let (chunk, heavy) = ((rows * width).max(1), out.len() >= MIN_WORK);
    if heavy {
        out.par_chunks_mut(chunk).enumerate().map(|(i, c)| work(i * rows, c)).collect()
    } else {
        out.chunks_mut(chunk).enumerate().map(|(i, c)| work(i * rows, c)).collect()
    }
}

/// Calls `work(out, other)` for chunks of two slices side by side.
///
/// # Panics
/// If the slices differ in length.
pub fn zip_mut(out: &mut [f32], other: &[f32], work: impl Fn(&mut [f32], &[f32]) + Sync + Send) {
    assert_eq!(out.len(), other.len(), "slices side by side differ in length");
    rows_mut(out, 1, MIN_WORK, |from, out| work(out, &other[from..][..out.len()]));
}

/// Calls `work(i, item)` for each item; in parallel if `heavy`.
pub fn each<T: Send>(items: Vec<T>, heavy: bool, work: impl Fn(usize, T) + Sync + Send) {
    if heavy {
        items.into_par_iter().enumerate().for_each(|(i, item)| work(i, item));
    } else {
        items.into_iter().enumerate().for_each(|(i, item)| work(i, item));
    }
}

/// The results of `work(i)` for `i` in `0..n`, in order; in parallel if `heavy`.
pub fn map<R: Send>(n: usize, heavy: bool, work: impl Fn(usize) -> R + Sync + Send) -> Vec<R> {
    if heavy { (0..n).into_par_iter().map(work).collect() } else { (0..n).map(work).collect() }
}

/// How many threads work.
pub fn threads() -> usize {
    rayon::current_num_threads()
}
