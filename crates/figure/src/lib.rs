//! Charts as SVG, tables, and reports of them as Markdown and self-contained HTML.
//!
//! Every stage of a model's life ends in something to look at; this crate draws it. It takes values
//! and returns strings: no files, no clock, no outside host, no script.
//!
//! Reading order: `table`, `axis` (which ticks a range gets), `svg` (what pictures are made of),
//! `chart`, `bars`, `terminal` (a chart in characters), `spark` (one the size of a word), `smooth`, `quantity` (numbers in few words),
//! `claim`, `report` (what a report is, and its Markdown), `page` (its HTML), `escape` (why no text
//! can break out).
//!
//! ```
//! use figure::{Block, LineChart, Report, Section, Series};
//! let loss = Series { name: "train".into(), points: vec![(0.0, 5.5), (100.0, 2.1)], dashed: false };
//! let chart = LineChart { title: "Loss".into(), series: vec![loss], ..LineChart::default() };
//! let section = Section { heading: "Training".into(), blocks: vec![Block::Chart(chart)] };
//! let report = Report { title: "Village".into(), subtitle: String::new(), sections: vec![section] };
//! assert!(report.to_html().starts_with("<!doctype html>"));
//! assert!(report.to_markdown().starts_with("# Village"));
//! ```
//!
//! Must never know: models, runs, and where a report goes.
#![forbid(unsafe_code)]

mod table;

mod axis;
mod bars;
mod chart;
mod smooth;
mod spark;
mod svg;
mod terminal;

pub mod quantity;

mod claim;
mod report;

mod page;

mod escape;

pub use bars::{BarChart, Group};
pub use chart::{LineChart, Series};
pub use claim::{Claim, Verdict};
pub use smooth::smoothed;
pub use spark::sparkline;
pub use svg::PALETTE_CSS;

pub use report::{Block, Report, Section};
pub use table::{Align, Column, Table};
