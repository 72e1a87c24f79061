//! Fixed waves, by which the first transformers told positions apart.

/// Sines, then cosines, of `position · 10000^(−i/(D/2 − 1))`, a zero at the end of an odd width
/// (Vaswani et al., "Attention Is All You Need", 2017, as in the tensor2tensor library).
pub fn waves(position: u32, width: usize) -> impl Iterator<Item = f32> {
    let half = width / 2;
    let step = 10_000.0_f64.ln() / (half.max(2) - 1) as f64;
    let angle = move |i: usize| f64::from(position) * (-(i as f64) * step).exp();
    let sines = (0..half).map(move |i| angle(i).sin() as f32);
    let cosines = (0..half).map(move |i| angle(i).cos() as f32);
    sines.chain(cosines).chain(std::iter::repeat_n(0.0, width % 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waves_are_slower_the_further_right() {
        let at = |position| waves(position, 7).collect::<Vec<f32>>();
        assert_eq!(at(0), [0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.0]);
        // Angles 5, 5/100, 5/10000.
        let expected = [5.0_f32, 0.05, 0.0005];
        for (i, angle) in expected.into_iter().enumerate() {
            assert!((at(5)[i] - angle.sin()).abs() < 1e-6);
            assert!((at(5)[3 + i] - angle.cos()).abs() < 1e-6);
        }
    }
}
