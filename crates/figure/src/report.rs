//! A report: what was done and what came of it, in sections of blocks.
//!
//! In Markdown a chart becomes a table, of about eight of its points ([`LineChart::to_table`]) or of its
//! bars, not a link to a picture: a report is one file, and stays whole when it is copied or mailed. The HTML
//! form carries the pictures inside.

use serde::{Deserialize, Serialize};

use crate::claim::{self, Claim};
use crate::{BarChart, LineChart, Table, escape, page};

/// A whole report.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Its name.
    pub title: String,
    /// One sentence under the title; may be empty.
    pub subtitle: String,
    /// In reading order.
    pub sections: Vec<Section>,
}

/// One part of a report.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Section {
    /// Its heading.
    pub heading: String,
    /// In reading order.
    pub blocks: Vec<Block>,
}

/// What a section is made of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Block {
    /// Markdown written by the program. Markup inside it is shown, not obeyed.
    Text(String),
    /// Numbers in rows.
    Table(Table),
    /// Numbers as lines.
    Chart(LineChart),
    /// Numbers as bars.
    Bars(BarChart),
    /// What a model said, word for word.
    Sample {
        /// Such as the prompt.
        title: String,
        /// The words; nothing in them is obeyed.
        text: String,
    },
    /// Named values.
    KeyValues(Vec<(String, String)>),
    /// Foretold and measured.
    Claims(Vec<Claim>),
}

impl Report {
    /// The report for a text editor or a forge.
    pub fn to_markdown(&self) -> String {
        let mut parts = vec![format!("# {}\n", escape::markdown(&self.title))];
        if !self.subtitle.is_empty() {
            parts.push(format!("{}\n", escape::markdown(&self.subtitle)));
        }
        for section in &self.sections {
            parts.push(format!("## {}\n", escape::markdown(&section.heading)));
            parts.extend(section.blocks.iter().map(Block::to_markdown));
        }
        parts.join("\n")
    }

    /// The report as one page that needs nothing else: no script, no font, no host.
    pub fn to_html(&self) -> String {
        page::html(self)
    }
}

impl Block {
    fn to_markdown(&self) -> String {
        match self {
            Self::Text(text) => format!("{}\n", text.trim_end()),
            Self::Table(table) => table.to_markdown(),
            Self::Chart(chart) => {
                picture_to_markdown(&chart.title, &chart.y_label, &chart.to_table(), &chart.caption)
            }
            Self::Bars(bars) => {
                picture_to_markdown(&bars.title, &bars.unit, &bars.to_table(), &bars.caption)
            }
            Self::Sample { title, text } => {
                format!("**{}**\n\n{}", escape::markdown(title), escape::fenced(text))
            }
            Self::KeyValues(pairs) => pairs
                .iter()
                .map(|(key, value)| {
                    format!("- **{}:** {}\n", escape::markdown(key), escape::markdown(value))
                })
                .collect(),
            Self::Claims(claims) => claim::table(claims).to_markdown(),
        }
    }
}

fn picture_to_markdown(title: &str, unit: &str, numbers: &Table, caption: &str) -> String {
    let mut out = format!("**{}**", escape::markdown(title));
    if !unit.is_empty() {
        out += &format!(" ({})", escape::markdown(unit));
    }
    out += &format!("\n\n{}", numbers.to_markdown());
    if !caption.is_empty() {
        out += &format!("\n{}\n", escape::markdown(caption));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn markdown(block: Block) -> String {
        let section = Section { heading: "Part".into(), blocks: vec![block] };
        let report = Report { title: "T".into(), subtitle: "S".into(), sections: vec![section] };
        report.to_markdown()
    }

    fn check(block: Block, expected: &str) {
        assert_eq!(markdown(block), format!("# T\n\nS\n\n## Part\n\n{expected}"));
    }

    #[test]
    fn every_block_has_its_markdown() {
        check(Block::Text("A *word*.\n\n".into()), "A *word*.\n");
        check(Block::Table(Table::default()), "|  |\n|  |\n");
        check(
            Block::Sample { title: "Anna".into(), text: "```\nhi".into() },
            "**Anna**\n\n````text\n```\nhi\n````\n",
        );
        check(
            Block::KeyValues(vec![("steps".into(), "10".into()), ("a*".into(), "b".into())]),
            "- **steps:** 10\n- **a\\*:** b\n",
        );
        let series = crate::Series { name: "val".into(), points: vec![(0.0, 2.0)], dashed: false };
        let chart = LineChart {
            title: "Loss".into(),
            y_label: "nats".into(),
            caption: "It falls.".into(),
            series: vec![series],
            ..LineChart::default()
        };
        check(
            Block::Chart(chart),
            "**Loss** (nats)\n\n| x | val |\n| --: | --: |\n| 0 | 2 |\n\nIt falls.\n",
        );
    }
}
