//! From f32 to brain floats and back, over all threads.

use crate::element::{Element, bf16};
use crate::for_each_isa;
use crate::parallel;

/// Numbers done together.
const CHUNK: usize = 16 * 1024;

/// `out = x`, rounded to nearest, ties to even.
///
/// # Panics
/// If the slices differ in length.
pub fn round(x: &[f32], out: &mut [bf16]) {
    assert_eq!(x.len(), out.len(), "convert: x and out differ in length");
    parallel::rows_mut(out, 1, CHUNK, |from, out| round_some(&x[from..][..out.len()], out));
}

/// `out = x`, exactly.
///
/// # Panics
/// If the slices differ in length.
pub fn widen(x: &[bf16], out: &mut [f32]) {
    assert_eq!(x.len(), out.len(), "convert: x and out differ in length");
    parallel::rows_mut(out, 1, CHUNK, |from, out| widen_some(&x[from..][..out.len()], out));
}

for_each_isa!(
    /// `out = x` in whatever type, on the calling thread.
    pub fn store<O: Element>(x: &[f32], out: &mut [O]) => store_body
);

#[inline(always)]
fn store_body<O: Element>(x: &[f32], out: &mut [O]) {
    out.iter_mut().zip(x).for_each(|(o, v)| *o = O::from_f32(*v));
}

for_each_isa!(fn round_some(x: &[f32], out: &mut [bf16]) => round_body);

#[inline(always)]
fn round_body(x: &[f32], out: &mut [bf16]) {
    out.iter_mut().zip(x).for_each(|(o, v)| *o = <bf16 as Element>::from_f32(*v));
}

for_each_isa!(fn widen_some(x: &[bf16], out: &mut [f32]) => widen_body);

#[inline(always)]
fn widen_body(x: &[bf16], out: &mut [f32]) {
    out.iter_mut().zip(x).for_each(|(o, v)| *o = Element::to_f32(*v));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back_is_rounding() {
        for n in [0, 1, 17, 40_000] {
            let x: Vec<f32> = (0..n).map(|i| (i as f32 * 0.37).sin() * 3.0).collect();
            let (mut half, mut back) = (vec![bf16::NAN; n], vec![f32::NAN; n]);
            round(&x, &mut half);
            widen(&half, &mut back);
            for (x, back) in x.iter().zip(back) {
                assert_eq!(back, bf16::from_f32(*x).to_f32());
            }
        }
    }
}
