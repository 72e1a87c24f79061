//! Products with a few rows of A against a B whose columns lie contiguous: decoding, token by
//! token. Bound by reading B once, so B is read where it lies and nothing is packed; operands keep
//! their stored precision.

use super::{Epilogue, Gemm, Operand, Values};
use crate::element::Element;
use crate::parallel;

/// Rows of A up to which this is faster than packing B. Each gets the same bits however many there are.
pub const MOST: usize = 4;
/// Columns of C that one task makes.
const COLUMNS: usize = 64;

/// `c (m, n) = a · bᵀ`, with b stored `(n, k)`, and what the epilogue adds.
pub(super) fn product<O: Element>(gemm: &Gemm<'_>, c: &mut [O], epilogue: Epilogue<'_>) {
    let rows: Vec<f32> = (0..gemm.m)
        .flat_map(|i| (0..gemm.k).map(move |p| (i, p)))
        .map(|(i, p)| gemm.a.get(i, p))
        .collect();
    let tasks = gemm.n.div_ceil(COLUMNS);
    let heavy = gemm.n * gemm.k >= 4 * parallel::MIN_WORK;
    let columns = parallel::map(tasks, heavy, |t| {
        let columns = t * COLUMNS..gemm.n.min((t + 1) * COLUMNS);
        columns.flat_map(|j| column(gemm, &rows, j)).collect::<Vec<f32>>()
    });
    for (j, sums) in columns.iter().flatten().copied().collect::<Vec<_>>().chunks(MOST).enumerate()
    {
        for (i, sum) in sums.iter().take(gemm.m).enumerate() {
            let at = i * gemm.n + j;
            let bias = epilogue.bias.map_or(0.0, |b| b[j]);
            let residual = epilogue.residual.map_or(0.0, |r| r[at]);
            let held = if epilogue.accumulate { c[at].to_f32() } else { 0.0 };
            c[at] = O::from_f32(sum + bias + residual + held);
        }
    }
}

/// Column `j` of the product; rows beyond `m` stay zero.
fn column(gemm: &Gemm<'_>, rows: &[f32], j: usize) -> [f32; MOST] {
    let Operand { values, stride, .. } = gemm.b;
    let at = j * stride..j * stride + gemm.k;
    let mut sums = [0.0; MOST];
    for (row, sum) in rows.chunks_exact(gemm.k).zip(&mut sums) {
        *sum = match values {
            Values::F32(b) => dot_f32(row, &b[at.clone()]),
            Values::Bf16(b) => dot_bf16(row, &b[at.clone()]),
        };
    }
    sums
}

#[inline(always)]
fn dot_body<E: Element>(a: &[f32], b: &[E]) -> f32 {
    let mut lanes = [0.0_f32; 32];
    let (a_chunks, b_chunks) = (a.chunks_exact(32), b.chunks_exact(32));
    let rest: f32 =
        a_chunks.remainder().iter().zip(b_chunks.remainder()).map(|(a, b)| a * b.to_f32()).sum();
    for (a, b) in a_chunks.zip(b_chunks) {
        for (lane, (a, b)) in lanes.iter_mut().zip(a.iter().zip(b)) {
            *lane += a * b.to_f32();
        }
    }
    lanes.iter().sum::<f32>() + rest
}

crate::for_each_isa!(fn dot_f32(a: &[f32], b: &[f32]) -> f32 => dot_body);
crate::for_each_isa!(fn dot_bf16(a: &[f32], b: &[half::bf16]) -> f32 => dot_body);
