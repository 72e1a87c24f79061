//! A chart of lines for a terminal: dots of Braille, two by four to a character.
//!
//! All series are drawn in one ink, so it suits one curve, or a few that lie apart. The legend of
//! a picture is left out on purpose; a caller names what is drawn.

use crate::LineChart;
use crate::axis::{Axis, drawable};

/// The dots of a character by row and column; their sum stands behind U+2800.
const DOTS: [[u8; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];

impl LineChart {
    /// The curves on `columns` by `rows` characters, with ticks to the left and below.
    pub fn to_text(&self, columns: usize, rows: usize) -> String {
        let (columns, rows) = (columns.max(2), rows.max(2));
        let lines: Vec<Vec<(f64, f64)>> = self.series.iter().map(|s| self.placed(s)).collect();
        let points = || lines.iter().flatten();
        if points().next().is_none() {
            return String::new();
        }
        let x_axis = Axis::new(points().map(|point| point.0), self.log_x, columns / 12);
        let y_axis = Axis::new(points().map(|point| point.1), self.log_y, rows / 2).rounded();
        let mut canvas = Canvas::new(columns, rows);
        for line in &lines {
            let ends = line.iter().map(|(x, y)| canvas.at(x_axis.place(*x), y_axis.place(*y)));
            let ends: Vec<(i64, i64)> = ends.collect();
            ends.iter().for_each(|end| canvas.set(*end));
            ends.windows(2).for_each(|pair| canvas.line(pair[0], pair[1]));
        }
        framed(&canvas, &x_axis, &y_axis)
    }

    fn placed(&self, series: &crate::Series) -> Vec<(f64, f64)> {
        let has_place = |(x, y): &(f64, f64)| drawable(*x, self.log_x) && drawable(*y, self.log_y);
        series.points.iter().copied().filter(has_place).collect()
    }
}

/// The characters of the plot.
struct Canvas {
    columns: usize,
    cells: Vec<Vec<u8>>,
}

impl Canvas {
    fn new(columns: usize, rows: usize) -> Self {
        Self { columns, cells: vec![vec![0; columns]; rows] }
    }

    /// The dot at a place from 0 to 1, counted from the upper left.
    fn at(&self, x: f64, y: f64) -> (i64, i64) {
        let (width, height) = (2 * self.columns - 1, 4 * self.cells.len() - 1);
        let dot = |share: f64, n: usize| (share.clamp(0.0, 1.0) * n as f64).round() as i64;
        (dot(x, width), dot(1.0 - y, height))
    }

    fn set(&mut self, (x, y): (i64, i64)) {
        let (x, y) = (x as usize, y as usize); // `at` keeps both within the canvas.
        self.cells[y / 4][x / 2] |= DOTS[y % 4][x % 2];
    }

    fn line(&mut self, from: (i64, i64), to: (i64, i64)) {
        let n_dots = (to.0 - from.0).abs().max((to.1 - from.1).abs());
        for i in 1..n_dots {
            let part = i as f64 / n_dots as f64;
            let between = |a: i64, b: i64| (a as f64 + part * (b - a) as f64).round() as i64;
            self.set((between(from.0, to.0), between(from.1, to.1)));
        }
    }
}

/// The plot with its axes.
fn framed(canvas: &Canvas, x_axis: &Axis, y_axis: &Axis) -> String {
    let n_rows = canvas.cells.len();
    let mut labels = vec![String::new(); n_rows];
    for (place, words) in y_axis.ticks() {
        labels[canvas.at(0.0, place).1 as usize / 4] = words;
    }
    let widest = labels.iter().map(|label| label.chars().count()).max().unwrap_or(0);
    let mut out = String::new();
    for (cells, label) in canvas.cells.iter().zip(&labels) {
        let dots = cells.iter().map(|dots| char::from_u32(0x2800 + u32::from(*dots)));
        let dots: String =
            dots.map(|dot| dot.filter(|&d| d != '\u{2800}').unwrap_or(' ')).collect();
        let edge = if label.is_empty() { '│' } else { '┤' };
        out += format!("{label:>widest$} {edge}{dots}").trim_end();
        out.push('\n');
    }
    let gap = " ".repeat(widest + 1);
    let (rule, words) = below(canvas.columns, x_axis);
    out + &format!("{gap}└{rule}\n{gap} {words}\n")
}

/// The rule below the plot with its ticks, and their words as far as they do not touch.
fn below(columns: usize, x_axis: &Axis) -> (String, String) {
    let mut rule = vec!['─'; columns];
    let mut words = String::new();
    let mut n_written = 0;
    for (place, label) in x_axis.ticks() {
        let at = (place * (columns - 1) as f64).round().clamp(0.0, (columns - 1) as f64) as usize;
        let length = label.chars().count();
        let start = at.saturating_sub(length / 2).min(columns.saturating_sub(length));
        if start < n_written + usize::from(n_written > 0) * 2 {
            continue;
        }
        rule[at] = '┬';
        words += &" ".repeat(start - n_written);
        words += &label;
        n_written = start + length;
    }
    (rule.into_iter().collect(), words)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Series;

    fn chart(points: Vec<(f64, f64)>) -> LineChart {
        let series = vec![Series { points, ..Series::default() }];
        LineChart { series, ..LineChart::default() }
    }

    #[test]
    fn a_falling_line_falls() {
        let text = chart(vec![(0.0, 4.0), (100.0, 0.0)]).to_text(16, 4);
        let expected = "\
4 ┤⠉⠒⠤⣀
  │    ⠉⠒⠤⣀
2 ┤        ⠉⠒⠤⣀
0 ┤            ⠉⠒⠤⣀
  └┬──────────────┬
   0            100
";
        assert_eq!(text, expected);
    }

    #[test]
    fn without_points_there_is_nothing() {
        assert_eq!(chart(vec![]).to_text(40, 8), "");
        assert_eq!(chart(vec![(0.0, f64::NAN)]).to_text(40, 8), "");
        assert!(!chart(vec![(1.0, 1.0)]).to_text(0, 0).is_empty());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn no_points_break_it_or_leave_its_frame(
            points in prop::collection::vec((any::<f64>(), any::<f64>()), 0..40),
            log_y: bool,
        ) {
            let text = LineChart { log_y, ..chart(points) }.to_text(30, 6);
            prop_assert!(text.lines().all(|line| line.chars().count() <= 50), "{}", text);
        }
    }
}
