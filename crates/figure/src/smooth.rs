//! A noisy series made calm: means over windows of neighbouring points.

/// At most about `n_windows` points, each the mean of as many neighbours; a short series as it is.
/// Places are rounded to whole numbers, since steps are such.
pub fn smoothed(points: &[(f64, f64)], n_windows: usize) -> Vec<(f64, f64)> {
    let window = (points.len() / n_windows.max(1)).max(1);
    let mean = |chunk: &[(f64, f64)], part: fn(&(f64, f64)) -> f64| {
        chunk.iter().map(part).sum::<f64>() / chunk.len() as f64
    };
    points
        .chunks(window)
        .map(|chunk| (mean(chunk, |p| p.0).round(), mean(chunk, |p| p.1)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::smoothed;

    #[test]
    fn neighbours_become_their_mean() {
        let points: Vec<(f64, f64)> = (0..10).map(|i| (f64::from(i), f64::from(i % 2))).collect();
        assert_eq!(smoothed(&points, 5)[0], (1.0, 0.5)); // Half a step is rounded.
        assert_eq!(smoothed(&points, 5).len(), 5);
        assert_eq!(smoothed(&points, 100), points);
        assert_eq!(smoothed(&points, 0).len(), 1);
        assert_eq!(smoothed(&[], 5), []);
    }
}
