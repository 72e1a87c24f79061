//! The comparison as a page: bars of compression, fertility and speed, and what languages pay.

use figure::{BarChart, Block, Group, LineChart, Report, Section, Series};

use super::{Compared, Found, Named};

/// Languages in the bars: the dearest, and some from all over.
const BARS: usize = 24;

/// The whole page.
pub(super) fn report(compared: &Compared) -> Report {
    let section = |heading: &str, blocks| Section { heading: heading.to_string(), blocks };
    let mut sections = Vec::new();
    if !compared.corpora.is_empty() {
        sections.push(section("How few tokens", vec![compression(compared), fertility(compared)]));
        sections.push(section("How fast", vec![speed(compared)]));
    }
    if let Some(languages) = &compared.languages {
        let blocks = vec![Block::Text(PAY.to_string()), curve(compared), dearest(compared)];
        sections.push(section("What languages pay", blocks));
        let all = Block::Table(languages.table(&compared.tokenizers));
        sections.push(section("All languages", vec![Block::Text(languages.summary()), all]));
    }
    if !compared.corpora.is_empty() {
        sections.push(section("In numbers", vec![Block::Table(super::table(compared))]));
    }
    Report {
        title: "Vocabularies compared".to_string(),
        subtitle: names(&compared.tokenizers).join(", "),
        sections,
    }
}

const PAY: &str = "The same text takes more tokens in some languages than in others, and what is paid, \
    waited for and forgotten is counted in tokens. A premium of 3 makes a language three times as dear, \
    three times as slow, and its context a third as long.";

fn names(tokenizers: &[Named]) -> Vec<String> {
    tokenizers.iter().map(|named| named.name.clone()).collect()
}

fn bars(
    compared: &Compared,
    (title, unit, caption): (&str, &str, &str),
    of: impl Fn(&Found) -> Option<f64>,
) -> Block {
    let group = |corpus: &super::Corpus| Group {
        name: corpus.name.clone(),
        values: corpus.found.iter().map(&of).collect(),
    };
    Block::Bars(BarChart {
        title: title.to_string(),
        unit: unit.to_string(),
        names: names(&compared.tokenizers),
        groups: compared.corpora.iter().map(group).collect(),
        caption: caption.to_string(),
    })
}

fn compression(compared: &Compared) -> Block {
    let caption = "Longer is better: more text in the same context, and fewer steps to write it.";
    let words = ("Compression", "bytes a token", caption);
    bars(compared, words, |found| found.measure.bytes_per_token().map(two_places))
}

fn fertility(compared: &Compared) -> Block {
    let caption = "Shorter is better; at 1 every word, with the space before it, is a token.";
    let words = ("Fertility", "tokens a word", caption);
    bars(compared, words, |found| found.measure.fertility().map(two_places))
}

fn speed(compared: &Compared) -> Block {
    let caption = "Of a second reading of the same documents, by a copy that has seen none of their \
                   words, on as many threads as there are.";
    let words = ("Speed", "MB/s", caption);
    bars(compared, words, |found| Some((found.speed / 1e5).round() / 10.0))
}

fn two_places(value: f64) -> f64 {
    (100.0 * value).round() / 100.0
}

/// Each tokenizer's premiums in their order.
fn curve(compared: &Compared) -> Block {
    let rows = compared.languages.iter().flat_map(|languages| &languages.rows);
    let rows: Vec<&Vec<f64>> = rows.map(|(_, premiums)| premiums).collect();
    let series = |(i, name): (usize, String)| {
        let mut premiums: Vec<f64> = rows.iter().map(|row| row[i]).collect();
        premiums.sort_by(f64::total_cmp);
        let place = |(i, premium)| (f64::from(i), premium);
        Series { name, points: (1_u32..).zip(premiums).map(place).collect(), dashed: false }
    };
    Block::Chart(LineChart {
        title: "Premiums, from the cheapest language to the dearest".to_string(),
        x_label: "languages".to_string(),
        y_label: "tokens against the reference".to_string(),
        series: names(&compared.tokenizers).into_iter().enumerate().map(series).collect(),
        caption: "Each curve is sorted by itself. The lower and the flatter, the fairer."
            .to_string(),
        ..LineChart::default()
    })
}

/// Languages from all over the first tokenizer's order, the dearest at the top.
fn dearest(compared: &Compared) -> Block {
    let Some(languages) = &compared.languages else { return Block::Text(String::new()) };
    let n = languages.rows.len();
    let shown = (0..n.min(BARS)).map(|i| n - 1 - i * (n - 1) / (BARS.min(n) - 1).max(1));
    let group = |i: usize| {
        let (name, premiums) = &languages.rows[i];
        let values = premiums.iter().map(|premium| Some(two_places(*premium))).collect();
        Group { name: name.clone(), values }
    };
    Block::Bars(BarChart {
        title: "From the dearest to the cheapest".to_string(),
        unit: format!("tokens against {}", languages.reference),
        names: names(&compared.tokenizers),
        groups: shown.map(group).collect(),
        caption: format!("{} of {n} languages, in the order of the first tokenizer.", n.min(BARS)),
    })
}
