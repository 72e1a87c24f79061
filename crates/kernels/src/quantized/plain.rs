//! The kernel in plain Rust, for machines whose instructions no other knows. It makes the sums that every
//! kernel makes: integers as far as scales are integers, then one product and one addition, rounded
//! together.

use super::layout::{Integers, LENGTH, Layout, QUADS, REGISTER, ROWS, pair, quad_of};
use super::matrix::{Task, parts, units};

/// Sums of sixteen columns.
type Sums<T> = [T; ROWS];

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

fn multiply<L: Layout>(task: &Task<'_>, strip: &[u8], sums: &mut [Sums<f32>]) {
    let mut integers = Integers::ZERO;
    let mut wholes = vec![[0; ROWS]; if L::IS_SUPER { sums.len() } else { 0 }];
    for unit in 0..units::<L>(task.k()) {
        let [planes, scales, extra] = parts::<L>(strip, task.k(), unit);
        L::integers(scales, &mut integers);
        wholes.fill([0; ROWS]);
        for (i, planes) in planes.chunks_exact(L::PLANES).enumerate() {
            let codes: [_; QUADS] = std::array::from_fn(|quad| quad_of::<L>(planes, quad));
            let at = Place { task, piece: unit * L::PIECES + i };
            if L::IS_SUPER {
                let scales = &integers.scales[i * L::GROUPS * ROWS..];
                at.add_integers::<L>(&codes, scales, &mut wholes);
            } else {
                let [d, m] = L::multipliers(scales, extra, i);
                let d = L::MULTIPLIER.widened(d);
                let m = if L::HAS_OFFSET { L::MULTIPLIER.widened(m) } else { d };
                at.add_floats::<L>(&codes, (&d, &m), sums);
            }
        }
        if L::IS_SUPER {
            let [d, m] = L::multipliers(scales, extra, 0);
            let d = L::MULTIPLIER.widened(d);
            let m = if L::HAS_OFFSET { L::MULTIPLIER.widened(m) } else { d };
            finish::<L>(task, unit, &integers, (&d, &m), &wholes, sums);
        }
    }
}

/// A piece of a strip.
struct Place<'a> {
    task: &'a Task<'a>,
    piece: usize,
}

impl Place<'_> {
    /// The products of one row of the input, group by group, without the code of zero.
    fn dots<L: Layout>(&self, codes: &[[u8; REGISTER]; QUADS], row: usize) -> [Sums<i32>; 2] {
        let input = self.task.input;
        let numbers = &input.codes[(self.piece * input.rows + row) * LENGTH..][..LENGTH];
        let mut sums = [[0; ROWS]; 2];
        for (group, sums) in sums.iter_mut().enumerate().take(L::STARTS) {
            if L::ZERO != 0 {
                let start = input.starts[(self.piece * L::STARTS + group) * input.rows + row];
                *sums = [start; ROWS];
            }
            let quads = QUADS / L::STARTS;
            for quad in group * quads..(group + 1) * quads {
                add_dots(&codes[quad], &numbers[4 * quad..], sums);
            }
        }
        sums
    }

    /// What the piece gives of a unit that has one scale.
    fn add_integers<L: Layout>(
        &self,
        codes: &[[u8; REGISTER]; QUADS],
        scales: &[i8],
        wholes: &mut [Sums<i32>],
    ) {
        for (row, whole) in self.task.rows.clone().zip(wholes) {
            let dots = self.dots::<L>(codes, row);
            for (group, dots) in dots.iter().enumerate().take(L::STARTS) {
                for (lane, whole) in whole.iter_mut().enumerate() {
                    let scale = if L::GROUPS == 0 { 1 } else { scales[group * ROWS + lane] };
                    *whole += dots[lane] * i32::from(scale);
                }
            }
        }
    }

    /// What a piece with a scale of its own gives.
    fn add_floats<L: Layout>(
        &self,
        codes: &[[u8; REGISTER]; QUADS],
        (d, m): (&Sums<f32>, &Sums<f32>),
        sums: &mut [Sums<f32>],
    ) {
        for (row, sums) in self.task.rows.clone().zip(sums) {
            let (at, [dots, _]) =
                (self.piece * self.task.input.rows + row, self.dots::<L>(codes, row));
            let by = self.task.input.scales[at];
            for (lane, sum) in sums.iter_mut().enumerate() {
                *sum = (dots[lane] as f32).mul_add(d[lane] * by, *sum);
            }
            if L::HAS_OFFSET {
                let by = self.task.input.offset_by[at];
                sums.iter_mut().zip(m).for_each(|(sum, m)| *sum = m.mul_add(by, *sum));
            }
        }
    }
}

/// `sums += Σ code · number`.
fn add_dots(codes: &[u8; REGISTER], numbers: &[i8], sums: &mut Sums<i32>) {
    for (sum, codes) in sums.iter_mut().zip(codes.as_chunks::<4>().0) {
        let products = codes.iter().zip(numbers).map(|(c, n)| i32::from(*c) * i32::from(*n));
        *sum += products.sum::<i32>();
    }
}

/// Scales a unit's sums of integers, and takes its offsets off.
fn finish<L: Layout>(
    task: &Task<'_>,
    unit: usize,
    integers: &Integers,
    (d, m): (&Sums<f32>, &Sums<f32>),
    wholes: &[Sums<i32>],
    sums: &mut [Sums<f32>],
) {
    let input = task.input;
    for ((row, sums), whole) in task.rows.clone().zip(sums).zip(wholes) {
        let by = input.scales[unit * input.rows + row];
        for (lane, sum) in sums.iter_mut().enumerate() {
            *sum = (whole[lane] as f32).mul_add(d[lane] * by, *sum);
            if L::HAS_OFFSET {
                let of = |group: usize| {
                    let pairs = input.pairs[(unit * L::PAIRS + group / 2) * input.rows + row];
                    let sum = pairs << (16 * (1 - group % 2)) >> 16;
                    i32::from(integers.offsets[pair(group, lane)]) * sum
                };
                let offset: i32 = (0..2 * L::PAIRS).map(of).sum();
                *sum = (offset as f32).mul_add(-(m[lane] * by), *sum);
            }
        }
    }
}
