//! Bars that lie: a group of them for each thing compared, one for each who is compared.
//!
//! Bars begin at zero, since their length is what is read. Without a number there is no bar but a dash.
//! Left out on purpose: bars below zero, and stacks.

use std::fmt::Write;

use serde::{Deserialize, Serialize};

use crate::axis::{drawable, words};
use crate::svg::{
    COLOURS, INK, LINE_HEIGHT, MUTED, heading, picture, rule, shortened, text, text_width,
};
use crate::{Column, Table};

/// How thick a bar is.
const THICK: f64 = 14.0;
/// From one group to the next.
const GAP: f64 = 12.0;

/// Groups of bars over a common axis that begins at zero.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct BarChart {
    /// Above the chart.
    pub title: String,
    /// What the bars count, with its unit.
    pub unit: String,
    /// Who is compared: one bar each in every group.
    pub names: Vec<String>,
    /// From top to bottom.
    pub groups: Vec<Group>,
    /// What to see in it; also read out to those who cannot see it.
    pub caption: String,
}

/// What is compared.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// Beside its bars.
    pub name: String,
    /// By the names' order; those that are missing, not finite or below zero are dashes.
    pub values: Vec<Option<f64>>,
}

impl BarChart {
    /// For a page that is wide enough for 720 units; scales to the width it is given.
    pub fn to_svg(&self) -> String {
        self.draw(720.0)
    }

    /// For a phone: names above their bars, and text that is readable at 340 units.
    pub fn to_svg_narrow(&self) -> String {
        self.draw(340.0)
    }

    /// For a terminal `columns` wide: a line a bar, in eighths of a character.
    pub fn to_text(&self, columns: usize) -> String {
        let chars = |text: &str| text.chars().count();
        let names = self.groups.iter().map(|group| chars(&group.name)).max().unwrap_or(0);
        let who = match self.names.len() {
            0 | 1 => 0,
            _ => self.names.iter().map(|name| chars(name)).max().unwrap_or(0) + 2,
        };
        let room = columns.saturating_sub(names + who + 12).max(8);
        let mut out = format!("{}\n", self.title);
        for group in &self.groups {
            for (i, name) in self.names.iter().enumerate() {
                let first = if i == 0 { group.name.as_str() } else { "" };
                let share =
                    Self::value(group, i).unwrap_or(0.0) / self.longest().max(f64::MIN_POSITIVE);
                let name = if who == 0 { "" } else { name };
                // Writing to a string cannot fail.
                let _ = writeln!(
                    out,
                    "{first:names$}  {name:who$}{} {}",
                    blocks((8.0 * share * room as f64).round() as usize),
                    self.words(group, i)
                );
            }
        }
        out
    }

    /// The numbers: a row a group.
    pub fn to_table(&self) -> Table {
        let names = self.names.iter().map(|name| Column::right(name));
        let row = |group: &Group| {
            let values = (0..self.names.len()).map(|i| self.words(group, i));
            std::iter::once(group.name.clone()).chain(values).collect()
        };
        Table {
            columns: std::iter::once(Column::left("")).chain(names).collect(),
            rows: self.groups.iter().map(row).collect(),
        }
    }

    fn value(group: &Group, i: usize) -> Option<f64> {
        let value = group.values.get(i).copied().flatten();
        value.filter(|value| *value >= 0.0 && drawable(*value, false))
    }

    fn words(&self, group: &Group, i: usize) -> String {
        Self::value(group, i).map_or("–".to_string(), words)
    }

    fn longest(&self) -> f64 {
        let n = self.names.len();
        let of = |group| (0..n).filter_map(move |i| Self::value(group, i));
        self.groups.iter().flat_map(of).fold(0.0, f64::max)
    }

    fn draw(&self, width: f64) -> String {
        let is_narrow = width < 500.0;
        let mut body = String::new();
        let mut y = self.draw_head(&mut body, width);
        let names = self.groups.iter().map(|group| text_width(&group.name));
        let left = match is_narrow {
            true => 0.0,
            false => names.fold(0.0, f64::max).min(0.35 * width) + 10.0,
        };
        // Behind the longest bar stands its number.
        let room = width - left - 62.0;
        let longest = self.longest().max(f64::MIN_POSITIVE);
        for group in &self.groups {
            if is_narrow {
                text(
                    &mut body,
                    (0.0, y + 12.0),
                    "start",
                    INK,
                    &shortened(&group.name, width / 7.4),
                );
                y += LINE_HEIGHT - 2.0;
            }
            let top = y;
            for i in 0..self.names.len() {
                let length = Self::value(group, i).map_or(0.0, |value| value / longest * room);
                draw_bar(&mut body, (left, y), length, i);
                text(
                    &mut body,
                    (left + length + 6.0, y + 11.5),
                    "start",
                    MUTED,
                    &self.words(group, i),
                );
                y += THICK + 2.0;
            }
            if !is_narrow {
                let name = shortened(&group.name, 0.35 * width / 8.2);
                text(&mut body, (left - 10.0, f64::midpoint(top, y) + 3.0), "end", INK, &name);
            }
            rule(&mut body, (left, top - 3.0), (left, y + 1.0));
            y += GAP;
        }
        if self.groups.is_empty() {
            text(&mut body, (width / 2.0, y + 10.0), "middle", MUTED, "no bars");
            y += LINE_HEIGHT;
        }
        picture((width, y, 0.0), &self.title, &self.caption, &format!("\n{body}"))
    }

    /// Title, unit and legend; returns where the bars begin.
    fn draw_head(&self, body: &mut String, width: f64) -> f64 {
        let mut y = heading(body, &self.title, width);
        if !self.unit.is_empty() {
            y += LINE_HEIGHT;
            text(body, (0.0, y - 4.0), "start", MUTED, &self.unit);
        }
        let mut x = 0.0;
        for (i, name) in self.names.iter().enumerate().filter(|_| self.names.len() > 1) {
            let name = shortened(name, width / 8.0);
            let entry = text_width(&name) + 34.0;
            if i == 0 || x + entry > width + 20.0 {
                (x, y) = (0.0, y + LINE_HEIGHT);
            }
            draw_bar(body, (x, y - 14.0), 12.0, i);
            text(body, (x + 18.0, y - 3.0), "start", INK, &name);
            x += entry;
        }
        y + 14.0
    }
}

/// A bar of so many eighths of a character.
fn blocks(eighths: usize) -> String {
    let part = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8];
    "█".repeat(eighths / 8) + part
}

/// Beyond six the colours return, paler.
fn draw_bar(body: &mut String, (x, y): (f64, f64), length: f64, i: usize) {
    let colour = COLOURS[i % COLOURS.len()];
    let pale = if (i / COLOURS.len()) % 2 == 1 { " fill-opacity=\"0.5\"" } else { "" };
    // Writing to a string cannot fail.
    let _ = writeln!(
        body,
        "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{length:.1}\" height=\"{THICK}\" rx=\"2\" fill=\"{colour}\"{pale}/>"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart() -> BarChart {
        let group = |name: &str, values: &[f64]| Group {
            name: name.into(),
            values: values.iter().copied().map(Some).collect(),
        };
        BarChart {
            title: "Bytes <a> token".into(),
            unit: "bytes a token".into(),
            names: vec!["gpt2".into(), "ours".into()],
            groups: vec![group("prose", &[4.0, 2.0]), group("code", &[1.0])],
            caption: String::new(),
        }
    }

    fn lengths(svg: &str) -> Vec<f64> {
        let bars = svg.lines().filter(|line| line.starts_with("<rect"));
        let length = |bar: &str| bar.split("width=\"").nth(1)?.split('"').next()?.parse().ok();
        bars.filter_map(length).collect()
    }

    #[test]
    fn bars_are_as_long_as_their_values() {
        for svg in [chart().to_svg(), chart().to_svg_narrow()] {
            let bars = &lengths(&svg)[2..]; // Behind the legend's two.
            assert_eq!(bars.len(), 4);
            assert!((bars[0] - 2.0 * bars[1]).abs() < 0.2 && (bars[0] - 4.0 * bars[2]).abs() < 0.3);
            assert_eq!(bars[3], 0.0, "there is no value");
            assert!(svg.contains("Bytes &lt;a&gt; token") && svg.contains(">–<"), "{svg}");
        }
    }

    #[test]
    fn the_table_has_the_numbers() {
        let table = chart().to_table();
        assert_eq!(table.rows, [["prose", "4", "2"], ["code", "1", "–"]]);
    }

    #[test]
    fn a_terminal_gets_bars_of_characters() {
        let mut chart = chart();
        assert_eq!(
            chart.to_text(33),
            "Bytes <a> token\nprose  gpt2  ██████████ 4\n       ours  █████ 2\ncode   gpt2  ██▌ 1\n       \
             ours   –\n"
        );
        chart.names.truncate(1);
        assert_eq!(chart.to_text(25), "Bytes <a> token\nprose  ████████ 4\ncode   ██ 1\n");
    }

    #[test]
    fn values_that_cannot_be_drawn_are_dashes() {
        let mut chart = chart();
        chart.groups[0].values = vec![Some(f64::NAN), Some(-1.0)];
        chart.groups[1].values = vec![Some(f64::INFINITY), Some(0.0)];
        let svg = chart.to_svg();
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        assert_eq!(svg.matches(">–<").count(), 3);
        chart.groups.clear();
        assert!(chart.to_svg().contains("no bars"));
    }
}
