//! Scales for groups of numbers that lose least, as llama.cpp searches for them (Kawrakow, its pull requests
//! 1684 and 4773): a grid of scales is tried, each with the codes that it leads to, for each the best scale and
//! offset for those codes are solved for, and the least weighted error wins.
//!
//! All is computed in f32 in its order, so that most blocks come out with its bits; where its compiler fused a
//! product with a sum the last bit of a sum may differ, and then now and then a code.

/// Below this a group is nothing but zeros.
const NOTHING: f32 = 1e-15;

/// The nearest integer, ties to even.
fn nearest(x: f32) -> i32 {
    x.round_ties_even() as i32
}

/// A scale with the codes that it leads to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Found<const N: usize> {
    pub(super) scale: f32,
    /// What is taken off, at least 0: the number is `scale · code − offset`.
    pub(super) offset: f32,
    pub(super) codes: [u8; N],
}

/// The grid that is searched: `steps + 1` scales, from `(most + first) / range` on, `step` apart.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grid {
    pub(super) first: f32,
    pub(super) step: f32,
    pub(super) steps: u32,
}

/// Scale and offset for codes from 0 to `most`.
pub(super) fn with_offset<const N: usize>(
    x: &[f32; N],
    weights: &[f32; N],
    most: u8,
    grid: Grid,
) -> Found<N> {
    let least = x.iter().copied().fold(x[0], f32::min).min(0.0);
    let greatest = x.iter().copied().fold(x[0], f32::max);
    if greatest == least {
        return Found { scale: 0.0, offset: -least, codes: [0; N] };
    }
    let (mut sum_w, mut sum_x) = (0.0, 0.0);
    for (x, w) in x.iter().zip(weights) {
        sum_w += w;
        sum_x += w * x;
    }
    let codes = |inverse: f32, least: f32| {
        x.map(|x| nearest(inverse * (x - least)).clamp(0, most.into()) as u8)
    };
    let error = |scale: f32, least: f32, codes: &[u8; N]| {
        let terms = x.iter().zip(weights).zip(codes);
        terms.fold(0.0, |sum, ((x, w), &code)| {
            let off = scale * f32::from(code) + least - x;
            sum + w * (off * off)
        })
    };
    let inverse = f32::from(most) / (greatest - least);
    let first = codes(inverse, least);
    let mut best = Found { scale: 1.0 / inverse, offset: least, codes: first };
    let mut best_error = error(best.scale, least, &first);
    for step in 0..=grid.steps {
        // From the best offset so far, not from the least number.
        let least = best.offset;
        let inverse = (grid.first + grid.step * step as f32 + f32::from(most)) / (greatest - least);
        let codes = codes(inverse, least);
        let (mut sum_l, mut sum_l2, mut sum_xl) = (0.0, 0.0, 0.0);
        for ((x, w), &code) in x.iter().zip(weights).zip(&codes) {
            let l = f32::from(code);
            sum_l += w * l;
            sum_l2 += w * l * l;
            sum_xl += w * l * x;
        }
        let determinant = sum_w * sum_l2 - sum_l * sum_l;
        if determinant <= 0.0 {
            continue;
        }
        let mut scale = (sum_w * sum_xl - sum_x * sum_l) / determinant;
        let mut own_least = (sum_l2 * sum_x - sum_l * sum_xl) / determinant;
        if own_least > 0.0 {
            own_least = 0.0;
            scale = sum_xl / sum_l2;
        }
        let own_error = error(scale, own_least, &codes);
        if own_error < best_error {
            (best_error, best) = (own_error, Found { scale, offset: own_least, codes });
        }
    }
    Found { offset: -best.offset, ..best }
}

/// The value that is farthest from zero, if it is far enough.
fn farthest<const N: usize>(x: &[f32; N]) -> Option<f32> {
    let far = x.iter().fold(0.0_f32, |far, &x| if x.abs() > far.abs() { x } else { far });
    (far.abs() >= NOTHING).then_some(far)
}

/// A scale for codes around `middle`, which stands for zero; numbers weigh their square.
pub(super) fn around<const N: usize>(x: &[f32; N], middle: i32) -> Found<N> {
    let Some(far) = farthest(x) else {
        return Found { scale: 0.0, offset: 0.0, codes: [0; N] };
    };
    let codes = |inverse: f32| x.map(|x| nearest(inverse * x).clamp(-middle, middle - 1));
    let sums = |codes: &[i32; N]| {
        x.iter().zip(codes).fold((0.0_f32, 0.0_f32), |(lx, l2), (x, &code)| {
            let (w, l) = (x * x, code as f32);
            (lx + w * x * l, l2 + w * l * l)
        })
    };
    let mut best_codes = codes(-(middle as f32) / far);
    let (sum_lx, sum_l2) = sums(&best_codes);
    let mut scale = if sum_l2 > 0.0 { sum_lx / sum_l2 } else { 0.0 };
    let mut best = scale * sum_lx;
    for step in (-9..=9).filter(|&step| step != 0) {
        let codes = codes(-(middle as f32 + 0.1 * step as f32) / far);
        let (sum_lx, sum_l2) = sums(&codes);
        if sum_l2 > 0.0 && sum_lx * sum_lx > best * sum_l2 {
            (best_codes, scale) = (codes, sum_lx / sum_l2);
            best = scale * sum_lx;
        }
    }
    Found { scale, offset: 0.0, codes: best_codes.map(|code| (code + middle) as u8) }
}

/// The same by changing one code at a time as long as that helps, five times over at most.
pub(super) fn by_turns<const N: usize>(x: &[f32; N], middle: i32) -> Found<N> {
    /// Times that all codes are looked at.
    const ROUNDS: usize = 5;
    let Some(far) = farthest(x) else {
        return Found { scale: 0.0, offset: 0.0, codes: [0; N] };
    };
    let inverse = -(middle as f32) / far;
    let mut codes = x.map(|x| nearest(inverse * x).clamp(-middle, middle - 1));
    let (mut sum_lx, mut sum_l2) = (0.0, 0.0);
    for (x, &code) in x.iter().zip(&codes) {
        let (w, l) = (x * x, code as f32);
        sum_lx += w * x * l;
        sum_l2 += w * l * l;
    }
    for _ in 0..ROUNDS {
        let mut changed = false;
        for (x, code) in x.iter().zip(&mut codes) {
            let (w, l) = (x * x, *code as f32);
            let (mut lx, mut l2) = (sum_lx - w * x * l, sum_l2 - w * l * l);
            if lx <= 0.0 {
                continue;
            }
            let other = nearest(x * l2 / lx).clamp(-middle, middle - 1);
            if other == *code {
                continue;
            }
            let l = other as f32;
            lx += w * x * l;
            l2 += w * l * l;
            if l2 > 0.0 && lx * lx * sum_l2 > sum_lx * sum_lx * l2 {
                (*code, sum_lx, sum_l2, changed) = (other, lx, l2, true);
            }
        }
        if !changed {
            break;
        }
    }
    let scale = if sum_l2 > 0.0 { sum_lx / sum_l2 } else { 0.0 };
    Found { scale, offset: 0.0, codes: codes.map(|code| (code + middle) as u8) }
}

/// The code of a number at a scale, around a middle.
pub(super) fn code(x: f32, scale: f32, middle: i32) -> u8 {
    (nearest(x / scale).clamp(-middle, middle - 1) + middle) as u8
}

/// The code of a number at a scale, from 0 to `most`.
pub(super) fn code_up(x: f32, scale: f32, most: u8) -> u8 {
    nearest(x / scale).clamp(0, most.into()) as u8
}

/// An integer scale within bounds.
pub(super) fn rounded(x: f32, least: i32, most: i32) -> i32 {
    nearest(x).clamp(least, most)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error<const N: usize>(x: &[f32; N], found: &Found<N>, middle: i32) -> f32 {
        let value = |code: u8| found.scale * (i32::from(code) - middle) as f32 - found.offset;
        x.iter().zip(found.codes).map(|(x, code)| (x - value(code)).powi(2)).sum()
    }

    #[test]
    fn numbers_on_a_grid_are_found_exactly() {
        let grid = Grid { first: -1.0, step: 0.1, steps: 20 };
        let x: [f32; 32] = std::array::from_fn(|i| (i % 16) as f32 * 0.25 - 1.0);
        let found = with_offset(&x, &[1.0; 32], 15, grid);
        assert!(error(&x, &found, 0) < 1e-10, "{found:?}");
        let x: [f32; 16] = std::array::from_fn(|i| (i as f32 - 8.0) * 0.5);
        assert!(error(&x, &around(&x, 8), 8) < 1e-10);
        let x: [f32; 16] = std::array::from_fn(|i| ((i % 8) as f32 - 4.0) * 0.5);
        assert!(error(&x, &by_turns(&x, 4), 4) < 1e-10);
    }

    #[test]
    fn a_search_loses_less_than_the_first_guess() {
        let x: [f32; 32] = std::array::from_fn(|i| ((i * i * 7919) % 1009) as f32 / 640.0 - 0.7);
        let grid = |steps| Grid { first: -1.0, step: 0.1, steps };
        let plain = Grid { first: 0.0, ..grid(0) };
        let [searched, plain] =
            [grid(20), plain].map(|grid| error(&x, &with_offset(&x, &[1.0; 32], 15, grid), 0));
        assert!(searched <= plain);
        assert_eq!(around(&[0.0; 16], 32).scale, 0.0);
        assert_eq!(with_offset(&[2.0; 32], &[1.0; 32], 15, grid(20)).codes, [15; 32]);
    }
}
