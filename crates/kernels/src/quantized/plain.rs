//! The kernel in plain Rust, for machines without int8 dot products of sixteen lanes. Sums of integers are
//! those of every machine; those of floats round twice where a fused addition rounds once.

use super::layout::{LENGTH, Layout, QUADS, REGISTER, ROWS, Scales, quad_of};
use super::matrix::{Task, parts, units};
use crate::for_each_isa;

/// All strips of a task.
pub(super) fn run<L: Layout>(task: &Task<'_>) {
    let mut sums = vec![[0.0; ROWS]; task.rows.len()];
    for (strip, column, columns) in task.strips::<L>() {
        sums.fill([0.0; ROWS]);
        multiply::<L>(task, strip, &mut sums);
        for (row, sums) in task.rows.clone().zip(&sums) {
            #[expect(unsafe_code, reason = "several threads write parts of one matrix")]
            // SAFETY: the row and these columns are the task's.
            let out = unsafe { std::slice::from_raw_parts_mut(task.out.at(row, column), columns) };
            out.copy_from_slice(&sums[..columns]);
        }
    }
}

for_each_isa!(fn multiply<L: Layout>(task: &Task<'_>, strip: &[u8], sums: &mut [[f32; ROWS]]) => multiply_body::<L>);

#[inline(always)]
fn multiply_body<L: Layout>(task: &Task<'_>, strip: &[u8], sums: &mut [[f32; ROWS]]) {
    let mut unit_sums = vec![[0.0; ROWS]; if L::IS_SUPER { sums.len() } else { 0 }];
    for unit in 0..units::<L>(task.k()) {
        let [planes, scales, extra] = parts::<L>(strip, task.k(), unit);
        for (i, planes) in planes.chunks_exact(L::PLANES).enumerate() {
            let scales = L::scales(scales, extra, i);
            let codes: [_; QUADS] = std::array::from_fn(|quad| quad_of(planes, L::BITS, quad));
            let sums = if L::IS_SUPER { &mut unit_sums[..] } else { &mut *sums };
            add_piece::<L>(task, unit * L::PIECES + i, &codes, &scales, sums);
        }
        for (row, unit_sums) in task.rows.clone().zip(&mut unit_sums) {
            let by = task.input.scales[unit * task.input.rows + row];
            let sums = &mut sums[row - task.rows.start];
            sums.iter_mut().zip(unit_sums.iter()).for_each(|(sum, own)| *sum += own * by);
            *unit_sums = [0.0; ROWS];
        }
    }
}

/// Adds what a piece gives to the sums of every row of the input.
#[inline(always)]
fn add_piece<L: Layout>(
    task: &Task<'_>,
    piece: usize,
    codes: &[[u8; REGISTER]; QUADS],
    scales: &Scales,
    sums: &mut [[f32; ROWS]],
) {
    let input = task.input;
    for (row, sums) in task.rows.clone().zip(sums) {
        let at = piece * input.rows + row;
        let numbers = &input.codes[at * LENGTH..][..LENGTH];
        let by = if L::IS_SUPER { 1.0 } else { input.scales[at] };
        let quads = QUADS / L::GROUPS;
        for (group, codes) in codes.chunks_exact(quads).enumerate() {
            let start = match input.starts.is_empty() {
                true => 0,
                false => input.starts[(piece * L::GROUPS + group) * input.rows + row],
            };
            let numbers = &numbers[4 * quads * group..][..4 * quads];
            let dots = dots(codes, numbers, start);
            for (lane, sum) in sums.iter_mut().enumerate() {
                *sum += dots[lane] as f32 * (scales.scales[group][lane] * by);
            }
        }
        if L::HAS_OFFSET {
            let by = input.offset_by[at];
            sums.iter_mut().zip(&scales.offsets).for_each(|(sum, offset)| *sum += offset * by);
        }
    }
}

/// `start + Σ code · number` of sixteen rows.
#[inline(always)]
fn dots(codes: &[[u8; REGISTER]], numbers: &[i8], start: i32) -> [i32; ROWS] {
    let mut sums = [start; ROWS];
    for (codes, numbers) in codes.iter().zip(numbers.as_chunks::<4>().0) {
        let numbers = numbers.map(i32::from);
        for (sum, codes) in sums.iter_mut().zip(codes.as_chunks::<4>().0) {
            let quad = u32::from_le_bytes(*codes);
            for (i, number) in numbers.iter().enumerate() {
                *sum += (quad >> (8 * i) & 255).cast_signed() * number;
            }
        }
    }
    sums
}
