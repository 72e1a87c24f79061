//! The way back to the types of [`super::k`]: groups are searched for scales ([`super::k_search`]), these are
//! rounded to their few bits, and what the rounded scales lead to is written.
//!
//! Where it is known how much each column counts, a number weighs that much times √(σ² + x²), σ² being the mean
//! square of the block's numbers or twice that, and the scales themselves are searched for; else as in
//! llama.cpp's plain way. Of Q6_K a number weighs what its column counts.

use super::k_search::{
    FINE, Found, Grid, Loss, around, by_turns, code, code_up, from_zero, rounded, side_by_side,
    with_offset,
};
use super::{Source, half, put};

/// Scales of a block's groups in few bits, and what they are multiples of.
struct Scales<const L: usize> {
    unit: f32,
    codes: [u8; L],
}

impl<const L: usize> Scales<L> {
    /// The greatest has the greatest code.
    fn plain(scales: &[f32; L], most: u8) -> Self {
        let greatest = scales.iter().copied().fold(0.0, f32::max);
        let inverse = if greatest > 0.0 { f32::from(most) / greatest } else { 0.0 };
        let code = |scale: f32| rounded(inverse * scale, 0, most.into()) as u8;
        Self { unit: greatest / f32::from(most), codes: scales.map(code) }
    }

    fn searched(scales: &[f32; L], weights: &[f32; L], most: u8) -> Self {
        let (unit, codes) = from_zero(scales, weights, most);
        Self { unit, codes }
    }
}

/// What numbers of a block weigh, group by group, where it is known what their columns count; `times` the mean
/// square is σ².
fn weighed<const N: usize, const L: usize>(
    source: &Source<'_>,
    times: f32,
) -> Option<[[f32; L]; N]> {
    let importance = source.importance?;
    let sum: f32 = source.values.iter().map(|x| x * x).sum();
    let square = times * sum / 256.0;
    let weight = |at: usize| {
        let x = source.values[at];
        importance[at] * (square + x * x).sqrt()
    };
    Some(std::array::from_fn(|i| std::array::from_fn(|l| weight(l * N + i))))
}

/// Sums of groups.
fn sums<const N: usize, const L: usize>(weights: &[[f32; L]; N]) -> [f32; L] {
    let mut sums = [0.0; L];
    for weights in weights {
        sums.iter_mut().zip(weights).for_each(|(sum, w)| *sum += w);
    }
    sums
}

/// Scales and offsets of groups, the scales' few bits, and the codes that they lead to, put into place by
/// `place`.
fn with_offsets<const N: usize, const L: usize>(
    source: &Source<'_>,
    found: &Found<N, L>,
    most: u8,
    (scales, offsets): (&Scales<L>, &Scales<L>),
) -> [u8; 256] {
    let [d, m] = [scales, offsets].map(|all| half::f16::from_f32(all.unit).to_f32());
    let mut codes = [0; 256];
    for group in 0..L {
        let d = d * f32::from(scales.codes[group]);
        let m = m * f32::from(offsets.codes[group]);
        for (i, x) in source.values[group * N..][..N].iter().enumerate() {
            let own = || code_up(x + m, d, most);
            codes[group * N + i] = if d == 0.0 { found.code(group, i) } else { own() };
        }
    }
    codes
}

/// Four numbers a byte: those that stand 32 apart.
fn put_pairs_of_bits(codes: &[u8; 256], bytes: &mut [u8]) {
    for (codes, bytes) in codes.as_chunks::<128>().0.iter().zip(bytes.chunks_exact_mut(32)) {
        for (i, byte) in bytes.iter_mut().enumerate() {
            *byte = (0..4).map(|q| (codes[q * 32 + i] & 3) << (2 * q)).sum();
        }
    }
}

pub(super) fn to_q2(source: &Source<'_>, block: &mut [u8]) {
    let x = side_by_side::<16, 16>(source.values);
    let (found, [scales, offsets]) = match weighed::<16, 16>(source, 1.0) {
        Some(weights) => {
            let found = with_offset(&x, &weights, 3, FINE);
            let sums = sums(&weights);
            let searched = |of: &[f32; 16]| Scales::searched(of, &sums, 15);
            (found, [&found.scales, &found.offsets].map(searched))
        }
        None => {
            let grid = Grid { first: -0.5, step: 0.1, steps: 15, loss: Loss::Absolute };
            let found = with_offset(&x, &x.map(|x| x.map(f32::abs)), 3, grid);
            (found, [&found.scales, &found.offsets].map(|of| Scales::plain(of, 15)))
        }
    };
    put(block, 80, scales.unit);
    put(block, 82, offsets.unit);
    let both = scales.codes.iter().zip(&offsets.codes);
    block.iter_mut().zip(both).for_each(|(byte, (scale, offset))| *byte = scale | offset << 4);
    let codes = with_offsets(source, &found, 3, (&scales, &offsets));
    put_pairs_of_bits(&codes, &mut block[16..80]);
}

pub(super) fn to_q3(source: &Source<'_>, block: &mut [u8]) {
    let x = side_by_side::<16, 16>(source.values);
    let (found, unit, scales) = match weighed::<16, 16>(source, 2.0) {
        Some(weights) => {
            let found = around(&x, &weights, 4);
            let [all, weights] = [found.scales, sums(&weights)].map(|all| all.map(|x| [x]));
            let of_block = around(&all, &weights, 32);
            (found, of_block.scales[0], of_block.codes(0))
        }
        None => {
            let found = by_turns(&x, 4);
            let far = farthest(&found.scales);
            let inverse = if far == 0.0 { 0.0 } else { -32.0 / far };
            let code = |scale: f32| (rounded(inverse * scale, -32, 31) + 32) as u8;
            match far == 0.0 {
                true => (found, 0.0, [0; 16]),
                false => (found, 1.0 / inverse, found.scales.map(code)),
            }
        }
    };
    block.fill(0);
    put(block, 108, unit);
    let unit = half(block, 108);
    for (group, &scale) in scales.iter().enumerate() {
        block[96 + group % 8] |= (scale & 15) << (group / 8 * 4);
        block[104 + group % 4] |= (scale >> 4) << (group / 4 * 2);
        let d = unit * (i32::from(scale) - 32) as f32;
        for (i, &x) in source.values[group * 16..][..16].iter().enumerate() {
            let code = if d == 0.0 { found.code(group, i) } else { code(x, d, 4) };
            let at = group * 16 + i;
            block[at % 32] |= (code >> 2) << (at / 32);
            block[32 + at / 128 * 32 + at % 32] |= (code & 3) << (at % 128 / 32 * 2);
        }
    }
}

/// The scale that is farthest from zero, the first of them.
fn farthest(scales: &[f32; 16]) -> f32 {
    scales.iter().fold(0.0_f32, |far, &x| if x.abs() > far.abs() { x } else { far })
}

pub(super) fn to_q4(source: &Source<'_>, block: &mut [u8]) {
    let grid = Grid { first: -1.0, step: 0.1, steps: 20, loss: Loss::Square };
    let codes = of_32(source, block, 15, grid);
    put_nibbles(&codes, &mut block[16..]);
}

pub(super) fn to_q5(source: &Source<'_>, block: &mut [u8]) {
    let grid = Grid { first: -0.5, step: 0.1, steps: 15, loss: Loss::Square };
    let codes = of_32(source, block, 31, grid);
    put_nibbles(&codes, &mut block[48..]);
    block[16..48].fill(0);
    for (i, code) in codes.iter().enumerate() {
        block[16 + i % 32] |= (code >> 4) << (i / 32);
    }
}

/// Scales and offsets of eight groups, and the codes that their rounding leads to; `grid` is for numbers whose
/// columns are not known.
fn of_32(source: &Source<'_>, block: &mut [u8], most: u8, grid: Grid) -> [u8; 256] {
    let x = side_by_side::<32, 8>(source.values);
    let (found, [scales, offsets]) = match weighed::<32, 8>(source, 2.0) {
        Some(weights) => {
            let found = with_offset(&x, &weights, most, FINE);
            let sums = sums(&weights);
            let searched = |of: &[f32; 8]| Scales::searched(of, &sums, 63);
            (found, [&found.scales, &found.offsets].map(searched))
        }
        None => {
            let squares = sums(&x.map(|x| x.map(|x| x * x)));
            let means = squares.map(|sum| (sum / 32.0).sqrt());
            let weights = x.map(|x| std::array::from_fn(|l| means[l] + x[l].abs()));
            let found = with_offset(&x, &weights, most, grid);
            (found, [&found.scales, &found.offsets].map(|of| Scales::plain(of, 63)))
        }
    };
    put(block, 0, scales.unit);
    put(block, 2, offsets.unit);
    block[4..16].fill(0);
    for group in 0..8 {
        put_six_bits(&mut block[4..16], group, scales.codes[group], offsets.codes[group]);
    }
    with_offsets(source, &found, most, (&scales, &offsets))
}

/// Writes scale and offset of six bits each.
fn put_six_bits(packed: &mut [u8], group: usize, scale: u8, offset: u8) {
    if group < 4 {
        packed[group] = scale;
        packed[group + 4] = offset;
        return;
    }
    packed[group + 4] = scale & 15 | (offset & 15) << 4;
    packed[group - 4] |= (scale >> 4) << 6;
    packed[group] |= (offset >> 4) << 6;
}

/// Lower halves of 32 bytes for one group, upper ones for the next.
fn put_nibbles(codes: &[u8; 256], bytes: &mut [u8]) {
    for (codes, bytes) in codes.as_chunks::<64>().0.iter().zip(bytes.chunks_exact_mut(32)) {
        for (i, byte) in bytes.iter_mut().enumerate() {
            *byte = codes[i] & 15 | (codes[i + 32] & 15) << 4;
        }
    }
}

pub(super) fn to_q6(source: &Source<'_>, block: &mut [u8]) {
    let x = side_by_side::<16, 16>(source.values);
    let weights = match source.importance {
        Some(importance) => side_by_side(importance),
        None => x.map(|x| x.map(|x| x * x)),
    };
    let found = around(&x, &weights, 32);
    let far = farthest(&found.scales);
    block.fill(0);
    if far.abs() < 1e-15 {
        return;
    }
    let inverse = -128.0 / far;
    put(block, 208, 1.0 / inverse);
    let unit = half(block, 208);
    let mut codes = [0; 256];
    for (group, scale) in found.scales.iter().enumerate() {
        let scale = rounded(inverse * scale, -128, 127);
        block[192 + group] = (scale as i8).cast_unsigned();
        let d = unit * scale as f32;
        for (i, &x) in source.values[group * 16..][..16].iter().enumerate() {
            codes[group * 16 + i] = if d == 0.0 { found.code(group, i) } else { code(x, d, 32) };
        }
    }
    for (half, codes) in codes.as_chunks::<128>().0.iter().enumerate() {
        for i in 0..32 {
            let quarter = |q: usize| codes[q * 32 + i];
            block[half * 64 + i] = quarter(0) & 15 | (quarter(2) & 15) << 4;
            block[half * 64 + 32 + i] = quarter(1) & 15 | (quarter(3) & 15) << 4;
            block[128 + half * 32 + i] = (0..4).map(|q| quarter(q) >> 4 << (2 * q)).sum();
        }
    }
}
