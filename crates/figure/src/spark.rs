//! A sparkline: one curve the size of a word, for a row of a table. No axes: the row has the
//! figures.

use std::fmt::Write;

use crate::escape;
use crate::smooth::smoothed;

const WIDTH: f64 = 120.0;
const HEIGHT: f64 = 28.0;
/// So that the line's thickness stays within the picture.
const MARGIN: f64 = 2.0;
/// More would not be seen.
const MAX_POINTS: usize = 60;

/// The curve as SVG in the text's own colour. `label` is read out to those who cannot see it.
/// Points that are not finite are skipped; with fewer than two others there is no curve.
pub fn sparkline(points: &[(f64, f64)], label: &str) -> String {
    let finite = points.iter().copied().filter(|(x, y)| x.is_finite() && y.is_finite());
    let points = smoothed(&finite.collect::<Vec<_>>(), MAX_POINTS);
    if points.len() < 2 {
        return String::new();
    }
    let span = |part: fn(&(f64, f64)) -> f64| {
        let values = points.iter().map(part);
        values.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)))
    };
    let place = |value: f64, (low, high): (f64, f64)| {
        let share = (value - low) / (high - low);
        if share.is_finite() { share } else { 0.5 }
    };
    let (xs, ys) = (span(|p| p.0), span(|p| p.1));
    let mut path = String::new();
    for (i, (x, y)) in points.iter().enumerate() {
        let right = MARGIN + place(*x, xs) * (WIDTH - 2.0 * MARGIN);
        let down = MARGIN + (1.0 - place(*y, ys)) * (HEIGHT - 2.0 * MARGIN);
        // Writing to a string cannot fail.
        let _ = write!(path, "{}{right:.1} {down:.1}", if i == 0 { 'M' } else { 'L' });
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"spark\" role=\"img\" \
         viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"{WIDTH}\" height=\"{HEIGHT}\">\
         <title>{}</title><path d=\"{path}\" fill=\"none\" stroke=\"currentColor\" \
         stroke-width=\"1.6\" stroke-linejoin=\"round\" stroke-linecap=\"round\"/></svg>",
        escape::html(label)
    )
}

#[cfg(test)]
mod tests {
    use super::sparkline;

    #[test]
    fn a_curve_goes_from_corner_to_corner() {
        let svg = sparkline(&[(0.0, 5.0), (10.0, 1.0)], "<loss>");
        assert!(svg.contains("d=\"M2.0 2.0L118.0 26.0\""), "{svg}");
        assert!(svg.contains("<title>&lt;loss&gt;</title>"), "{svg}");
    }

    #[test]
    fn odd_points_break_nothing() {
        let level = sparkline(&[(0.0, 1.0), (1.0, 1.0)], "");
        assert!(level.contains("M2.0 14.0L118.0 14.0"), "{level}");
        let wild = [(0.0, f64::NAN), (1.0, f64::INFINITY), (2.0, f64::MAX), (3.0, f64::MIN)];
        let svg = sparkline(&wild, "");
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        assert_eq!(sparkline(&wild[..3], ""), "");
        assert_eq!(sparkline(&[], ""), "");
        let long: Vec<(f64, f64)> = (0..10_000).map(|i| (f64::from(i), 1.0)).collect();
        assert!(sparkline(&long, "").len() < 2000);
    }
}
