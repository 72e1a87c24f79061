//! A chart of lines as SVG.
//!
//! Written by hand rather than with a plotting library: those draw in fixed colours (see `svg`).
//! Beyond six series the colours return, with the dashes turned round.
//!
//! Text keeps its size only if the picture is not scaled, so a phone gets a layout of its own:
//! [`LineChart::to_svg_narrow`]. Long series are thinned to the extremes of each few pixels, which
//! looks the same. Bars are in `bars`; left out on purpose: areas, and what needs a script.

use std::fmt::Write;

use serde::{Deserialize, Serialize};

use crate::axis::{Axis, drawable, words};
use crate::svg::{
    COLOURS, INK, LINE_HEIGHT, MUTED, PALETTE_CSS, heading, picture, rule, shortened, text,
    text_width,
};
use crate::{Column, Table};

/// Few enough points to show each as a dot.
const MAX_DOTS: usize = 24;

/// Lines over a common pair of axes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct LineChart {
    /// Above the chart.
    pub title: String,
    /// What runs to the right, with its unit.
    pub x_label: String,
    /// What runs upwards, with its unit.
    pub y_label: String,
    /// Powers of ten to the right; values of zero and less are skipped.
    pub log_x: bool,
    /// Powers of ten upwards; values of zero and less are skipped.
    pub log_y: bool,
    /// The lines, in the order of the legend.
    pub series: Vec<Series>,
    /// What to see in it; also read out to those who cannot see it.
    pub caption: String,
}

/// One line.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// In the legend; empty for a lone series that needs none.
    pub name: String,
    /// From left to right. Points that are not finite are skipped.
    pub points: Vec<(f64, f64)>,
    /// For what is foretold, smoothed or secondary.
    pub dashed: bool,
}

impl LineChart {
    /// For a page that is wide enough for 720 units; scales to the width it is given.
    pub fn to_svg(&self) -> String {
        self.draw(720.0, 280.0, 0.0, "")
    }

    /// For a place that is about `width` units wide, with room for the curves `height` units high.
    pub fn to_svg_sized(&self, width: f64, height: f64) -> String {
        self.draw(width.max(200.0), height.max(50.0), 0.0, "")
    }

    /// For a phone: fewer ticks, and text that is readable at 340 units.
    pub fn to_svg_narrow(&self) -> String {
        self.draw(340.0, 220.0, 0.0, "")
    }

    /// For a file of its own: with the palette, and a background and a margin for either scheme.
    pub fn to_svg_file(&self) -> String {
        let style = format!(
            "<style>{PALETTE_CSS}svg{{background:#fff}}\
             @media(prefers-color-scheme:dark){{svg{{background:#16191d}}}}</style>"
        );
        self.draw(720.0, 280.0, 20.0, &style)
    }

    /// A few points as numbers: rows at about eight places, with each series' latest value at or
    /// before the place, and a dash where the series has not begun or has ended.
    pub fn to_table(&self) -> Table {
        let sorted: Vec<Vec<(f64, f64)>> = self.series.iter().map(|s| self.sorted(s)).collect();
        let longest = sorted.iter().max_by_key(|points| points.len());
        let x_name = if self.x_label.is_empty() { "x" } else { &self.x_label };
        let mut columns = vec![Column::right(x_name)];
        let name = |series: &'_ Series| match series.name.as_str() {
            "" => Column::right(&self.y_label),
            name => Column::right(name),
        };
        columns.extend(self.series.iter().map(name));

        let mut rows = Vec::new();
        for (x, _) in longest.map_or(Vec::new(), |points| spread(points, 8)) {
            let mut row = vec![words(x)];
            row.extend(sorted.iter().map(|points| value_at(points, x)));
            rows.push(row);
        }
        Table { columns, rows }
    }

    fn sorted(&self, series: &Series) -> Vec<(f64, f64)> {
        let mut points = self.visible(series);
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        points
    }

    fn visible(&self, series: &Series) -> Vec<(f64, f64)> {
        let has_place = |(x, y): &(f64, f64)| drawable(*x, self.log_x) && drawable(*y, self.log_y);
        series.points.iter().copied().filter(has_place).collect()
    }

    fn draw(&self, width: f64, plot_height: f64, margin: f64, style: &str) -> String {
        let lines: Vec<Vec<(f64, f64)>> = self.series.iter().map(|s| self.visible(s)).collect();
        let xs = lines.iter().flatten().map(|point| point.0);
        let ys = lines.iter().flatten().map(|point| point.1);
        let x_axis = Axis::new(xs, self.log_x, if width < 500.0 { 4 } else { 8 });
        let y_axis = Axis::new(ys, self.log_y, 5).rounded();

        let mut body = String::new();
        let top = self.draw_head(&mut body, width);
        let widest = y_axis.ticks().iter().map(|(_, words)| text_width(words)).fold(0.0, f64::max);
        let left = widest + 12.0;
        let frame = Frame { left, top, width: width - left - 12.0, height: plot_height };
        frame.draw_axes(&mut body, &x_axis, &y_axis);
        for (i, points) in lines.iter().enumerate() {
            let places =
                points.iter().map(|(x, y)| frame.place(x_axis.place(*x), y_axis.place(*y)));
            draw_line(&mut body, &places.collect::<Vec<_>>(), &stroke(i, self.series[i].dashed));
        }
        let bottom = frame.top + frame.height;
        let middle = frame.left + frame.width / 2.0;
        text(&mut body, (middle, bottom + 38.0), "middle", MUTED, &self.x_label);
        if lines.iter().all(Vec::is_empty) {
            text(&mut body, (middle, top + plot_height / 2.0), "middle", MUTED, "no points");
        }
        let height = bottom + if self.x_label.is_empty() { 26.0 } else { 46.0 };
        let size = (width, height, margin);
        picture(size, &self.title, &self.caption, &format!("{style}\n{body}"))
    }

    /// Title, legend and the name of the y axis; returns where the plot begins.
    fn draw_head(&self, body: &mut String, width: f64) -> f64 {
        let mut y = heading(body, &self.title, width);
        let mut x = 0.0;
        let is_lone = self.series.len() == 1 && self.series[0].name.is_empty();
        for (i, series) in self.series.iter().enumerate().filter(|_| !is_lone) {
            let name = shortened(&series.name, width / 8.0);
            let entry = text_width(&name) + 52.0;
            if i == 0 || x + entry > width + 20.0 {
                (x, y) = (0.0, y + LINE_HEIGHT + if i == 0 { 4.0 } else { 0.0 });
            }
            let ends = [(x, y - 8.5), (x + 22.0, y - 8.5)];
            draw_line(body, &ends, &format!("{} data-legend=\"\"", stroke(i, series.dashed)));
            text(body, (x + 28.0, y - 4.0), "start", INK, &name);
            x += entry;
        }
        if !self.y_label.is_empty() {
            y += LINE_HEIGHT + 6.0;
            text(body, (0.0, y - 4.0), "start", MUTED, &self.y_label);
        }
        y + 12.0
    }
}

/// Where the plot lies in the picture.
struct Frame {
    left: f64,
    top: f64,
    width: f64,
    height: f64,
}

impl Frame {
    fn place(&self, x: f64, y: f64) -> (f64, f64) {
        (self.left + x * self.width, self.top + (1.0 - y) * self.height)
    }

    fn draw_axes(&self, body: &mut String, x_axis: &Axis, y_axis: &Axis) {
        for (place, words) in y_axis.ticks() {
            let (left, y) = self.place(0.0, place);
            rule(body, (left, y), (left + self.width, y));
            text(body, (left - 8.0, y + 4.5), "end", MUTED, &words);
        }
        let mut free_from = f64::NEG_INFINITY;
        for (place, words) in x_axis.ticks() {
            let (x, bottom) = self.place(place, 0.0);
            rule(body, (x, bottom), (x, bottom + 4.0));
            let half = text_width(&words) / 2.0;
            if x - half < free_from {
                continue; // two labels would touch
            }
            // At the picture's edge a width only guessed must not push the words out of it.
            let edge = self.left + self.width + 12.0;
            let (at, anchor) = if x + half > edge - 4.0 { (edge, "end") } else { (x, "middle") };
            text(body, (at, bottom + 18.0), anchor, MUTED, &words);
            free_from = x + half + 10.0;
        }
        let (left, bottom) = self.place(0.0, 0.0);
        rule(body, (left, bottom), (left + self.width, bottom));
    }
}

fn stroke(i: usize, dashed: bool) -> String {
    let turned = (i / COLOURS.len()) % 2 == 1;
    let dash = if dashed != turned { " stroke-dasharray=\"6 4\"" } else { "" };
    format!("stroke=\"{}\"{dash}", COLOURS[i % COLOURS.len()])
}

fn draw_line(body: &mut String, places: &[(f64, f64)], stroke: &str) {
    let path: Vec<String> = thinned(places).iter().map(|(x, y)| format!("{x:.1} {y:.1}")).collect();
    if path.len() > 1 {
        let _ = writeln!(
            body,
            "<path d=\"M{}\" fill=\"none\" {stroke} stroke-width=\"2\" stroke-linejoin=\"round\" stroke-linecap=\"round\"/>",
            path.join("L")
        );
    }
    let colour = stroke.split('"').nth(1).unwrap_or(INK);
    let is_legend = stroke.contains("data-legend");
    for (x, y) in places.iter().filter(|_| places.len() <= MAX_DOTS && !is_legend) {
        let _ = writeln!(body, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"2.8\" fill=\"{colour}\"/>");
    }
}

/// The lowest and the highest of each few neighbours, in their order.
fn thinned(places: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let n_neighbours = places.len() / 700;
    if n_neighbours < 2 {
        return places.to_vec();
    }
    let mut kept = vec![places[0]];
    for few in places.chunks(2 * n_neighbours) {
        let by_height = |a: &&(f64, f64), b: &&(f64, f64)| a.1.total_cmp(&b.1);
        let extremes = few.iter().min_by(by_height).zip(few.iter().max_by(by_height));
        if let Some((low, high)) = extremes {
            // Addresses within one slice tell which came first.
            let in_order = std::ptr::from_ref(low) <= std::ptr::from_ref(high);
            kept.extend(if in_order { [*low, *high] } else { [*high, *low] });
        }
    }
    kept.extend(places.last());
    kept
}

/// About `n` of the points, evenly spread, the first and the last among them.
fn spread(points: &[(f64, f64)], n: usize) -> Vec<(f64, f64)> {
    if points.len() <= n {
        return points.to_vec();
    }
    (0..n).map(|i| points[i * (points.len() - 1) / (n - 1)]).collect()
}

fn value_at(sorted: &[(f64, f64)], x: f64) -> String {
    let n_before = sorted.partition_point(|point| point.0 <= x);
    let ended = sorted.last().is_some_and(|last| last.0 < x);
    match n_before.checked_sub(1) {
        Some(i) if !ended => words(sorted[i].1),
        _ => "–".to_string(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn chart(points: Vec<(f64, f64)>) -> LineChart {
        let series = vec![Series { name: "a".into(), points, dashed: false }];
        LineChart { title: "t".into(), series, ..LineChart::default() }
    }

    #[test]
    fn a_picture_is_named_scaled_and_coloured_by_variables() {
        let mut chart = chart(vec![(0.0, 1.0), (1.0, 2.0)]);
        chart.title = "<Loss> & more".into();
        chart.series[0].dashed = true;
        let svg = chart.to_svg();
        for part in [
            "role=\"img\"",
            "viewBox=\"0 0 720 ",
            "width=\"100%\"",
            "<title>&lt;Loss&gt; &amp; more</title>",
            "stroke=\"var(--c1,#0068b0)\" stroke-dasharray=\"6 4\"",
        ] {
            assert!(svg.contains(part), "{part} in {svg}");
        }
        let file = chart.to_svg_file();
        assert!(chart.to_svg_sized(980.0, 300.0).contains("viewBox=\"0 0 980 "));
        assert!(!svg.contains("<style") && file.contains("<style"));
        assert!(file.contains("viewBox=\"-20 -20 760 "), "{file}");
    }

    #[test]
    fn a_lone_series_needs_no_legend() {
        let mut chart = chart(vec![(0.0, 1.0), (1.0, 2.0)]);
        assert_eq!(chart.to_svg().matches("data-legend").count(), 1);
        chart.series[0].name.clear();
        chart.y_label = "nats".into();
        assert_eq!(chart.to_svg().matches("data-legend").count(), 0);
        assert_eq!(chart.to_table().columns[1].name, "nats");
    }

    #[test]
    fn the_last_label_stays_within_the_picture() {
        let svg = chart(vec![(0.0, 1.0), (6000.0, 2.0)]).to_svg_narrow();
        let label = svg.lines().find(|line| line.contains(">6000<")).unwrap();
        assert!(label.contains("x=\"340.0\"") && label.contains("\"end\""), "{label}");
    }

    #[test]
    fn points_without_a_place_are_skipped() {
        let nan = f64::NAN;
        let bad = vec![(0.0, nan), (nan, 1.0), (1.0, f64::INFINITY), (2.0, 5.0), (3.0, -1.0)];
        let mut chart = chart(bad);
        assert_eq!(chart.to_svg().matches("<circle").count(), 2);
        chart.log_y = true;
        assert_eq!(chart.to_svg().matches("<circle").count(), 1);
        chart.series[0].points.clear();
        assert!(chart.to_svg().contains("no points"));
        chart.series.clear();
        assert!(chart.to_svg().contains("no points"));
        assert_eq!(chart.to_table().rows.len(), 0);
    }

    #[test]
    fn a_long_series_is_thinned_but_keeps_its_spike() {
        let y = |i: i32| if i == 54_321 { 100.0 } else { 1.0 };
        let chart = chart((0..100_000).map(|i| (f64::from(i), y(i))).collect());
        let svg = chart.to_svg();
        assert!(svg.len() < 40_000, "{}", svg.len());
        let heights = svg.lines().rfind(|l| l.contains("stroke-width=\"2\"")).unwrap();
        let heights: Vec<f64> =
            heights.split('L').filter_map(|place| place.split_once(' ')?.1.parse().ok()).collect();
        let lowest = heights.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let n_high = heights.iter().filter(|&&y| y < lowest - 200.0).count();
        assert_eq!(n_high, 1, "the spike stands out");
    }

    #[test]
    fn a_table_shows_only_values_that_were_there() {
        let mut chart = chart((0..=100).map(|i| (f64::from(i), 100.0 - f64::from(i))).collect());
        let points = vec![(50.0, 7.0), (90.0, 6.0)];
        chart.series.push(Series { name: "b".into(), points, dashed: false });
        let rows = chart.to_table().rows;
        assert_eq!(rows.first().unwrap(), &["0", "100", "–"]);
        assert_eq!(rows[4], ["57", "43", "7"]);
        assert_eq!(rows.last().unwrap(), &["100", "0", "–"]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn no_points_break_a_picture(
            points in prop::collection::vec((any::<f64>(), any::<f64>()), 0..40),
            log_x: bool,
            log_y: bool,
        ) {
            let chart = LineChart { log_x, log_y, ..chart(points) };
            let svg = chart.to_svg() + &chart.to_svg_narrow();
            prop_assert!(!svg.contains("NaN") && !svg.contains("inf "), "{}", svg);
            chart.to_table().to_text();
        }
    }
}
