//! Scales for groups of numbers that lose least, as llama.cpp searches for them (Kawrakow, its pull requests
//! 1684, 4773 and 4930): a grid of scales is tried, each with the codes that it leads to, for each the best
//! scale and offset for those codes are solved for, and the least weighted error wins.
//!
//! All is computed in f32 in its order, so that blocks come out with its bits. Several groups are searched at
//! once, side by side: a group's sums have to wait for each other, those of another need not. `x[i][l]` is
//! number `i` of group `l`.

/// Below this a group is nothing but zeros.
const NOTHING: f32 = 1e-15;

/// Added and taken off again it leaves the nearest integer, ties to even, of numbers up to 2²².
const ROUNDING: f32 = 12_582_912.0;

/// The nearest integer within bounds that are integers.
fn nearest(x: f32, least: f32, most: f32) -> f32 {
    let x = if x > least { x } else { least };
    let x = if x < most { x } else { most };
    (x + ROUNDING) - ROUNDING
}

/// Groups of `N` numbers that lie one after the other, side by side.
pub(super) fn side_by_side<const N: usize, const L: usize>(x: &[f32]) -> [[f32; L]; N] {
    std::array::from_fn(|i| std::array::from_fn(|l| x[l * N + i]))
}

/// Scales of groups with the codes that they lead to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Found<const N: usize, const L: usize> {
    pub(super) scales: [f32; L],
    /// What is taken off, at least 0: the number is `scale · code − offset`.
    pub(super) offsets: [f32; L],
    codes: [[f32; L]; N],
}

impl<const N: usize, const L: usize> Found<N, L> {
    /// The code of number `i` of group `l`.
    pub(super) fn code(&self, l: usize, i: usize) -> u8 {
        self.codes[i][l] as u8
    }

    /// The codes of one group.
    pub(super) fn codes(&self, l: usize) -> [u8; N] {
        std::array::from_fn(|i| self.code(l, i))
    }
}

/// The grid that is searched: `steps + 1` scales, from `(most + first) / range` on, `step` apart.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grid {
    pub(super) first: f32,
    pub(super) step: f32,
    pub(super) steps: u32,
    /// Which error is least: that of squares, or that of absolute values.
    pub(super) loss: Loss,
}

/// For numbers of which it is known how much their columns count.
pub(super) const FINE: Grid = Grid { first: -0.9, step: 0.05, steps: 36, loss: Loss::Square };

/// What an error of a number costs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Loss {
    Square,
    Absolute,
}

/// What all steps of a search with an offset know.
struct Search<'a, const N: usize, const L: usize> {
    x: &'a [[f32; L]; N],
    weights: &'a [[f32; L]; N],
    greatest: [f32; L],
    /// Sums of weights, and of weighted numbers.
    sum_w: [f32; L],
    sum_x: [f32; L],
    most: f32,
    loss: Loss,
}

/// A scale and the least number for some codes.
struct Line<const L: usize> {
    scales: [f32; L],
    least: [f32; L],
    is_one: [bool; L],
}

/// Scales and offsets for codes from 0 to `most`.
pub(super) fn with_offset<const N: usize, const L: usize>(
    x: &[[f32; L]; N],
    weights: &[[f32; L]; N],
    most: u8,
    grid: Grid,
) -> Found<N, L> {
    let (mut least, mut greatest) = (x[0], x[0]);
    let (mut sum_w, mut sum_x) = ([0.0; L], [0.0; L]);
    for (x, w) in x.iter().zip(weights) {
        for l in 0..L {
            least[l] = if x[l] < least[l] { x[l] } else { least[l] };
            greatest[l] = if x[l] > greatest[l] { x[l] } else { greatest[l] };
            sum_w[l] += w[l];
            sum_x[l] += w[l] * x[l];
        }
    }
    least.iter_mut().for_each(|x| *x = if *x > 0.0 { 0.0 } else { *x });
    let flat: [bool; L] = std::array::from_fn(|l| greatest[l] <= least[l]);
    let offsets = least.map(|x| -x);
    let (most, loss) = (f32::from(most), grid.loss);
    let search = Search { x, weights, greatest, sum_w, sum_x, most, loss };
    let first = search.codes(0.0, &least);
    let scales = std::array::from_fn(|l| 1.0 / (most / (greatest[l] - least[l])));
    let mut best_errors = search.errors(&scales, &least, &first);
    let mut best = Found { scales, offsets: least, codes: first };
    for step in 0..=grid.steps {
        // From the best offset so far, not from the least number.
        let codes = search.codes(grid.first + grid.step * step as f32, &best.offsets);
        let line = search.line(&codes);
        let errors = search.errors(&line.scales, &line.least, &codes);
        let better: [bool; L] =
            std::array::from_fn(|l| line.is_one[l] && errors[l] < best_errors[l]);
        best.take(&better, &line, &codes);
        best_errors = chosen(&better, &errors, &best_errors);
    }
    best.offsets.iter_mut().for_each(|x| *x = -*x);
    let nothing = Found { scales: [0.0; L], offsets, codes: [[0.0; L]; N] };
    best.or(&flat, &nothing)
}

impl<const N: usize, const L: usize> Search<'_, N, L> {
    /// The codes that scales lead to which are `more` than those that fill the range.
    fn codes(&self, more: f32, least: &[f32; L]) -> [[f32; L]; N] {
        let of = |l: usize| (more + self.most) / (self.greatest[l] - least[l]);
        let inverse: [f32; L] = std::array::from_fn(of);
        let code = |x: &[f32; L], l: usize| nearest(inverse[l] * (x[l] - least[l]), 0.0, self.most);
        std::array::from_fn(|i| std::array::from_fn(|l| code(&self.x[i], l)))
    }

    /// The best scale and offset for codes.
    fn line(&self, codes: &[[f32; L]; N]) -> Line<L> {
        let (mut sum_l, mut sum_l2, mut sum_xl) = ([0.0; L], [0.0; L], [0.0; L]);
        for ((x, w), code) in self.x.iter().zip(self.weights).zip(codes) {
            for l in 0..L {
                let weighted = w[l] * code[l];
                sum_l[l] += weighted;
                sum_l2[l] += weighted * code[l];
                sum_xl[l] += weighted * x[l];
            }
        }
        let (mut scales, mut least, mut is_one) = ([0.0; L], [0.0; L], [false; L]);
        for l in 0..L {
            let determinant = self.sum_w[l] * sum_l2[l] - sum_l[l] * sum_l[l];
            let scale = (self.sum_w[l] * sum_xl[l] - self.sum_x[l] * sum_l[l]) / determinant;
            let own_least = (sum_l2[l] * self.sum_x[l] - sum_l[l] * sum_xl[l]) / determinant;
            let above = own_least > 0.0;
            scales[l] = if above { sum_xl[l] / sum_l2[l] } else { scale };
            least[l] = if above { 0.0 } else { own_least };
            is_one[l] = determinant > 0.0;
        }
        Line { scales, least, is_one }
    }

    fn errors(&self, scales: &[f32; L], least: &[f32; L], codes: &[[f32; L]; N]) -> [f32; L] {
        let mut errors = [0.0; L];
        for ((x, w), code) in self.x.iter().zip(self.weights).zip(codes) {
            for l in 0..L {
                let off = scales[l] * code[l] + least[l] - x[l];
                let off = if self.loss == Loss::Square { off * off } else { off.abs() };
                errors[l] += w[l] * off;
            }
        }
        errors
    }
}

fn chosen<const L: usize>(which: &[bool; L], yes: &[f32; L], no: &[f32; L]) -> [f32; L] {
    std::array::from_fn(|l| if which[l] { yes[l] } else { no[l] })
}

impl<const N: usize, const L: usize> Found<N, L> {
    /// Takes what is better, with the least numbers in place of offsets.
    fn take(&mut self, better: &[bool; L], line: &Line<L>, codes: &[[f32; L]; N]) {
        if !better.contains(&true) {
            return;
        }
        self.scales = chosen(better, &line.scales, &self.scales);
        self.offsets = chosen(better, &line.least, &self.offsets);
        for (own, codes) in self.codes.iter_mut().zip(codes) {
            *own = chosen(better, codes, own);
        }
    }

    /// `other`, where that is said.
    fn or(mut self, which: &[bool; L], other: &Self) -> Self {
        let line = Line { scales: other.scales, least: other.offsets, is_one: [true; L] };
        self.take(which, &line, &other.codes);
        self
    }
}

/// Of each group the value that is farthest from zero, the first of them.
fn farthest<const N: usize, const L: usize>(x: &[[f32; L]; N]) -> [f32; L] {
    let mut far = [0.0_f32; L];
    for x in x {
        for l in 0..L {
            far[l] = if x[l].abs() > far[l].abs() { x[l] } else { far[l] };
        }
    }
    far
}

/// Scales for codes around `middle`, which stands for zero.
pub(super) fn around<const N: usize, const L: usize>(
    x: &[[f32; L]; N],
    weights: &[[f32; L]; N],
    middle: u8,
) -> Found<N, L> {
    let (far, middle) = (farthest(x), f32::from(middle));
    let codes = |more: f32| -> [[f32; L]; N] {
        let inverse = far.map(|far| -(middle + more) / far);
        let code = |i: usize, l: usize| nearest(inverse[l] * x[i][l], -middle, middle - 1.0);
        std::array::from_fn(|i| std::array::from_fn(|l| code(i, l)))
    };
    let sums = |codes: &[[f32; L]; N]| {
        let (mut lx, mut l2) = ([0.0; L], [0.0; L]);
        for ((x, w), code) in x.iter().zip(weights).zip(codes) {
            for l in 0..L {
                lx[l] += w[l] * x[l] * code[l];
                l2[l] += w[l] * code[l] * code[l];
            }
        }
        (lx, l2)
    };
    let first = codes(0.0);
    let (lx, l2) = sums(&first);
    let scales = std::array::from_fn(|l| if l2[l] > 0.0 { lx[l] / l2[l] } else { 0.0 });
    let mut found = Found { scales, offsets: [0.0; L], codes: first };
    let mut best: [f32; L] = std::array::from_fn(|l| scales[l] * lx[l]);
    for step in (-9..=9).filter(|&step| step != 0) {
        let codes = codes(0.1 * step as f32);
        let (lx, l2) = sums(&codes);
        let is_one: [bool; L] =
            std::array::from_fn(|l| l2[l] > 0.0 && lx[l] * lx[l] > best[l] * l2[l]);
        let scales = std::array::from_fn(|l| lx[l] / l2[l]);
        found.take(&is_one, &Line { scales, least: [0.0; L], is_one }, &codes);
        best = chosen(&is_one, &std::array::from_fn(|l| scales[l] * lx[l]), &best);
    }
    found.moved(&far, middle)
}

/// The same for weights that are the squares of numbers, by changing one code at a time as long as that helps.
pub(super) fn by_turns<const N: usize, const L: usize>(
    x: &[[f32; L]; N],
    middle: u8,
) -> Found<N, L> {
    let (far, middle) = (farthest(x), f32::from(middle));
    let mut found = Found { scales: [0.0; L], offsets: [0.0; L], codes: [[0.0; L]; N] };
    for l in 0..L {
        let group: [f32; N] = std::array::from_fn(|i| x[i][l]);
        let inverse = -middle / far[l];
        let mut codes = group.map(|x| nearest(inverse * x, -middle, middle - 1.0));
        let weights = group.map(|x| x * x);
        found.scales[l] = refined(&group, &weights, &mut codes, (-middle, middle - 1.0));
        (0..N).for_each(|i| found.codes[i][l] = codes[i]);
    }
    found.moved(&far, middle)
}

impl<const N: usize, const L: usize> Found<N, L> {
    /// With codes from 0 on, and none for groups of zeros.
    fn moved(mut self, far: &[f32; L], middle: f32) -> Self {
        self.codes.as_flattened_mut().iter_mut().for_each(|code| *code += middle);
        let nothing = far.map(|far| far.abs() < NOTHING);
        let none = Self { scales: [0.0; L], offsets: [0.0; L], codes: [[0.0; L]; N] };
        self.or(&nothing, &none)
    }
}

/// A scale for numbers of at least 0, with codes from 0 to `most`.
pub(super) fn from_zero<const N: usize>(
    x: &[f32; N],
    weights: &[f32; N],
    most: u8,
) -> (f32, [u8; N]) {
    let (greatest, most) = (x.iter().copied().fold(0.0, f32::max), f32::from(most));
    if greatest < NOTHING {
        return (0.0, [0; N]);
    }
    let codes = |inverse: f32| x.map(|x| nearest(inverse * x, 0.0, most));
    let error = |inverse: f32| {
        let scale = 1.0 / inverse;
        let terms = x.iter().zip(weights).zip(codes(inverse));
        terms.fold(0.0, |sum, ((x, w), code)| {
            let off = x - scale * code;
            sum + w * off * off
        })
    };
    let mut inverse = most / greatest;
    let mut least = error(inverse);
    for step in (-4..=4).filter(|&step| step != 0) {
        let own_inverse = (0.1 * step as f32 + most) / greatest;
        let own = error(own_inverse);
        if own < least {
            (least, inverse) = (own, own_inverse);
        }
    }
    let mut codes = codes(inverse);
    let scale = refined(x, weights, &mut codes, (0.0, most));
    (scale, codes.map(|code| code as u8))
}

/// Changes one code at a time within bounds as long as that helps, and gives the scale for them.
fn refined<const N: usize>(
    x: &[f32; N],
    weights: &[f32; N],
    codes: &mut [f32; N],
    (least, most): (f32, f32),
) -> f32 {
    /// Times that all codes are looked at, at most.
    const ROUNDS: usize = 5;
    let (mut sum_lx, mut sum_l2) = (0.0, 0.0);
    for ((x, w), code) in x.iter().zip(weights).zip(&*codes) {
        sum_lx += w * x * code;
        sum_l2 += w * code * code;
    }
    for _ in 0..ROUNDS {
        let mut changed = false;
        for ((x, w), code) in x.iter().zip(weights).zip(&mut *codes) {
            let (mut lx, mut l2) = (sum_lx - w * x * *code, sum_l2 - w * *code * *code);
            if lx <= 0.0 {
                continue;
            }
            let other = nearest(x * l2 / lx, least, most);
            if other == *code {
                continue;
            }
            lx += w * x * other;
            l2 += w * other * other;
            if l2 > 0.0 && lx * lx * sum_l2 > sum_lx * sum_lx * l2 {
                (*code, sum_lx, sum_l2, changed) = (other, lx, l2, true);
            }
        }
        if !changed {
            break;
        }
    }
    if sum_l2 > 0.0 { sum_lx / sum_l2 } else { 0.0 }
}

/// The code of a number at a scale, around a middle.
pub(super) fn code(x: f32, scale: f32, middle: u8) -> u8 {
    let middle = f32::from(middle);
    (nearest(x / scale, -middle, middle - 1.0) + middle) as u8
}

/// The code of a number at a scale, from 0 to `most`.
pub(super) fn code_up(x: f32, scale: f32, most: u8) -> u8 {
    nearest(x / scale, 0.0, most.into()) as u8
}

/// An integer scale within bounds.
pub(super) fn rounded(x: f32, least: i32, most: i32) -> i32 {
    nearest(x, least as f32, most as f32) as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRID: Grid = Grid { first: -1.0, step: 0.1, steps: 20, loss: Loss::Square };

    fn error<const N: usize, const L: usize>(
        x: &[[f32; L]; N],
        found: &Found<N, L>,
        middle: i32,
    ) -> f32 {
        let value = |l: usize, i: usize| {
            found.scales[l] * (i32::from(found.code(l, i)) - middle) as f32 - found.offsets[l]
        };
        let each = (0..N).flat_map(|i| (0..L).map(move |l| (l, i)));
        each.map(|(l, i)| (x[i][l] - value(l, i)).powi(2)).sum()
    }

    #[test]
    fn numbers_on_a_grid_are_found_exactly() {
        let x: [[f32; 2]; 32] = std::array::from_fn(|i| [(i % 16) as f32 * 0.25 - 1.0; 2]);
        let found = with_offset(&x, &[[1.0; 2]; 32], 15, GRID);
        assert!(error(&x, &found, 0) < 1e-10, "{found:?}");
        let x: [[f32; 1]; 16] = std::array::from_fn(|i| [(i as f32 - 8.0) * 0.5]);
        assert!(error(&x, &around(&x, &[[1.0]; 16], 8), 8) < 1e-10);
        let x: [[f32; 2]; 16] = std::array::from_fn(|i| [((i % 8) as f32 - 4.0) * 0.5, 0.0]);
        assert!(error(&x, &by_turns(&x, 4), 4) < 1e-10);
        let (scale, codes) = from_zero(&[0.0, 1.5, 31.5], &[1.0; 3], 63);
        assert_eq!((scale, codes), (0.5, [0, 3, 63]));
    }

    #[test]
    fn a_search_loses_less_than_the_first_guess() {
        let number = |i: usize| ((i * i * 7919) % 1009) as f32 / 640.0 - 0.7;
        let x: [[f32; 1]; 32] = std::array::from_fn(|i| [number(i)]);
        let [searched, plain] = [GRID, Grid { first: 0.0, steps: 0, ..GRID }]
            .map(|grid| error(&x, &with_offset(&x, &[[1.0]; 32], 15, grid), 0));
        assert!(searched <= plain);
        assert_eq!(around(&[[0.0]; 16], &[[1.0]; 16], 32).scales, [0.0]);
        assert_eq!(with_offset(&[[2.0]; 32], &[[1.0]; 32], 15, GRID).codes(0), [15; 32]);
    }

    #[test]
    fn groups_side_by_side_do_not_see_each_other() {
        let number = |i: usize| ((i * i * 7919) % 1009) as f32 / 640.0 - 0.7;
        let numbers: Vec<f32> = (0..128).map(|i| number(i) * (1.0 + (i / 32) as f32)).collect();
        let weight: Vec<f32> = (0..128).map(|i| 0.25 + (i * 31 % 17) as f32).collect();
        let [x, w] = [&numbers, &weight].map(|all| side_by_side::<32, 4>(all));
        let together = (with_offset(&x, &w, 15, GRID), around(&x, &w, 8));
        for l in 0..4 {
            let [x, w] = [&numbers, &weight].map(|all| side_by_side::<32, 1>(&all[l * 32..][..32]));
            let alone = (with_offset(&x, &w, 15, GRID), around(&x, &w, 8));
            assert_eq!(alone.0.codes(0), together.0.codes(l));
            assert_eq!(alone.0.offsets[0], together.0.offsets[l]);
            assert_eq!(alone.1.codes(0), together.1.codes(l));
            assert_eq!(alone.1.scales[0], together.1.scales[l]);
        }
    }

    /// What a number that counts more is missed by is less.
    #[test]
    fn a_number_that_counts_is_met() {
        let number = |i: usize| ((i * i * 7919) % 1009) as f32 / 640.0 - 0.7;
        let x: [[f32; 1]; 32] = std::array::from_fn(|i| [number(i)]);
        let weights: [[f32; 1]; 32] = std::array::from_fn(|i| [if i == 5 { 1e6 } else { 1.0 }]);
        let missed = |weights| {
            let found = with_offset(&x, weights, 3, GRID);
            let value = found.scales[0] * f32::from(found.code(0, 5)) - found.offsets[0];
            (value - x[5][0]).abs()
        };
        assert!(missed(&weights) < 1e-3 && missed(&[[1.0]; 32]) > 1e-2);
    }
}
