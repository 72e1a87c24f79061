//! A table for a web page, a Markdown file or a terminal.
//!
//! A row that is too short is filled with empty cells and one that is too long is cut, so that a
//! report is never lost to a miscounted row. On a terminal a character is taken to be one column
//! wide, an East Asian one or a pictogram two, a combining one none; ligatures are left out.

use serde::{Deserialize, Serialize};

use crate::escape;

/// Cells in rows under named columns.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// From left to right.
    pub columns: Vec<Column>,
    /// From top to bottom.
    pub rows: Vec<Vec<String>>,
}

/// A column's head.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Column {
    /// Shown above the column.
    pub name: String,
    /// Where its cells stand.
    pub align: Align,
}

/// Where a cell's text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Align {
    /// For words.
    Left,
    /// For numbers.
    Right,
}

impl Column {
    /// A column of words.
    pub fn left(name: &str) -> Self {
        Self { name: name.to_string(), align: Align::Left }
    }

    /// A column of numbers.
    pub fn right(name: &str) -> Self {
        Self { name: name.to_string(), align: Align::Right }
    }
}

impl Table {
    /// A pipe table.
    pub fn to_markdown(&self) -> String {
        let rule = self.columns.iter().map(|column| match column.align {
            Align::Left => "---".to_string(),
            Align::Right => "--:".to_string(),
        });
        let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
        let escaped = |cells: Vec<&str>| cells.into_iter().map(escape::markdown).collect();
        let mut out = line(escaped(self.heads())) + &line(rule.collect());
        for row in &self.rows {
            out += &line(escaped(self.cells(row)));
        }
        out
    }

    /// A `<table>` in a box that scrolls sideways where the page is too narrow.
    pub fn to_html(&self) -> String {
        let line = |tag: &str, cells: Vec<&str>| {
            let cells = cells.iter().zip(&self.columns).map(|(cell, column)| {
                let class = if column.align == Align::Right { " class=\"number\"" } else { "" };
                format!("<{tag}{class}>{}</{tag}>", escape::html(cell))
            });
            format!("<tr>{}</tr>\n", cells.collect::<String>())
        };
        let head = line("th", self.heads());
        let rows: String = self.rows.iter().map(|row| line("td", self.cells(row))).collect();
        format!(
            "<div class=\"table\"><table>\n<thead>{head}</thead>\n<tbody>\n{rows}</tbody>\n\
             </table></div>\n"
        )
    }

    /// Aligned columns for a terminal.
    pub fn to_text(&self) -> String {
        let clean = |cells: Vec<&str>| cells.into_iter().map(escape::plain).collect::<Vec<_>>();
        let mut lines = vec![clean(self.heads())];
        lines.extend(self.rows.iter().map(|row| clean(self.cells(row))));
        let widths: Vec<usize> = (0..self.columns.len())
            .map(|i| lines.iter().map(|line| width(&line[i])).max().unwrap_or(0))
            .collect();
        lines.insert(1, widths.iter().map(|&width| "─".repeat(width)).collect());

        let mut out = String::new();
        for line in &lines {
            let padded = line.iter().zip(&widths).zip(&self.columns).map(|((cell, w), column)| {
                let gap = " ".repeat(w - width(cell));
                match column.align {
                    Align::Left => format!("{cell}{gap}"),
                    Align::Right => format!("{gap}{cell}"),
                }
            });
            out += padded.collect::<Vec<_>>().join("  ").trim_end();
            out.push('\n');
        }
        out
    }

    fn heads(&self) -> Vec<&str> {
        self.columns.iter().map(|column| column.name.as_str()).collect()
    }

    /// As many cells as there are columns.
    fn cells<'a>(&self, row: &'a [String]) -> Vec<&'a str> {
        (0..self.columns.len()).map(|i| row.get(i).map_or("", String::as_str)).collect()
    }
}

fn width(text: &str) -> usize {
    let columns = |c: char| match u32::from(c) {
        0x300..=0x36f | 0x200b..=0x200d | 0xfe00..=0xfe0f => 0,
        0x1100..=0x115f | 0x2e80..=0xa4cf | 0xac00..=0xd7a3 | 0xf900..=0xfaff => 2,
        0xfe30..=0xfe6f | 0xff00..=0xff60 | 0x1f300..=0x1faff | 0x20000..=0x3fffd => 2,
        _ => 1,
    };
    text.chars().map(columns).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let row = |cells: &[&str]| cells.iter().map(|cell| cell.to_string()).collect();
        Table {
            columns: vec![Column::left("split"), Column::right("loss")],
            rows: vec![row(&["村 <val>", "1.5"]), row(&["a|b"]), row(&["c", "10.25", "extra"])],
        }
    }

    #[test]
    fn one_table_three_forms() {
        assert_eq!(
            table().to_markdown(),
            "| split | loss |\n| --- | --: |\n| 村 \\<val\\> | 1.5 |\n| a\\|b |  |\n| c | 10.25 |\n"
        );
        assert_eq!(
            table().to_text(),
            "split      loss\n────────  ─────\n村 <val>    1.5\na|b\nc         10.25\n"
        );
        let html = table().to_html();
        assert!(html.contains("<td>村 &lt;val&gt;</td><td class=\"number\">1.5</td>"), "{html}");
        assert_eq!(html.matches("<td").count(), 6);
    }

    #[test]
    fn a_table_may_be_empty() {
        assert_eq!(Table::default().to_text(), "\n\n");
        assert!(Table::default().to_html().contains("<tbody>"));
    }
}
