//! A running mean that forgets: `a = a + (1 - d) (x - a)`.

use crate::for_each_isa;
use crate::parallel;

/// Moves the mean `a` towards `x` by `share` (1 - d) of the way.
///
/// # Panics
/// If the slices differ in length.
pub fn ema(a: &mut [f32], x: &[f32], share: f32) {
    parallel::zip_mut(a, x, |a, x| update(a, x, share));
}

for_each_isa!(fn update(a: &mut [f32], x: &[f32], share: f32) => update_body);

#[inline(always)]
fn update_body(a: &mut [f32], x: &[f32], share: f32) {
    a.iter_mut().zip(x).for_each(|(a, x)| *a += share * (x - *a));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_its_share_of_the_way_and_stays_where_it_is() {
        let n = 2 * parallel::MIN_WORK + 3;
        let x: Vec<f32> = (0..n).map(|i| (i as f32 * 0.37).sin()).collect();
        let mut a = vec![1.0_f32; n];
        ema(&mut a, &x, 0.25);
        for (a, x) in a.iter().zip(&x) {
            assert!((a - (0.75 + 0.25 * x)).abs() < 1e-6);
        }
        let mut same = x.clone();
        ema(&mut same, &x, 0.25);
        assert_eq!(same, x);
    }
}
