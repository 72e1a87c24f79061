//! The statistics of the language as a page: figures, curves, examples, every genre.

use figure::{Block, Column, LineChart, Report, Section, Series, Table, quantity};
use world::Genre;

use super::super::which::Which;
use super::count::{Counted, New, Row, Shapes};

/// Genres with a curve of their own, the largest.
const CURVES: usize = 5;
/// Characters of an example.
const EXAMPLE: usize = 160;

/// The whole page.
pub(super) fn report(which: &Which, n: u64, counted: &Counted) -> Report {
    let found = &counted.all.found;
    let section = |heading: &str, blocks| Section { heading: heading.to_string(), blocks };
    Report {
        title: format!("The language of village {}", which.seed),
        subtitle: format!(
            "{} texts of {} genres, {}, made at {} MB/s on one core.",
            quantity::count(found.documents as f64),
            counted.genres.len(),
            quantity::bytes(found.bytes),
            super::speed(&counted.all)
        ),
        sections: vec![
            section("In numbers", vec![Block::KeyValues(figures(counted))]),
            section("Words", vec![Block::Text(WORDS.to_string()), words(counted)]),
            section("Shapes of sentences", shapes(counted)),
            section("Genre by genre", vec![Block::Table(super::table(counted)), about(counted)]),
            section("A text of each", which.genres.iter().map(|&g| sample(which, g)).collect()),
            section("How it was counted", vec![method(which, n)]),
        ],
    }
}

const WORDS: &str = "A language that is alive never runs out of words: the curve of different \
    words over all words bends, but goes on rising. One that is filled into templates goes flat \
    as soon as its lists are used up.";

fn figures(counted: &Counted) -> Vec<(String, String)> {
    let found = &counted.all.found;
    let prose = counted.prose.as_ref().unwrap_or(&counted.all);
    let count = |n: u64| quantity::count(n as f64);
    let pair = |name: &str, value: String| (name.to_string(), value);
    vec![
        pair("Texts", count(found.documents)),
        pair("Words", count(found.tokens)),
        pair("Different words", count(found.types)),
        pair("On one core", format!("{} MB/s", super::speed(&counted.all))),
        pair("Sentences", count(found.sentences)),
        pair("Shapes of them", count(found.shapes)),
        pair("Words in a sentence", format!("{:.1}", found.words_in_a_sentence())),
        pair("Repeated prose", format!("{:.2} %", 100.0 * prose.found.duplicate_share())),
    ]
}

fn words(counted: &Counted) -> Block {
    let curve = |row: &Row| {
        let end = (row.found.tokens, row.found.types);
        row.found.curve.iter().copied().chain([end]).collect()
    };
    let all = &counted.all.found;
    chart(
        counted,
        &curve,
        LineChart {
            title: "Different words".to_string(),
            x_label: "words read".to_string(),
            caption: format!(
                "After {} words of all genres in turn there are {} different ones. Both axes are \
             logarithmic.",
                quantity::count(all.tokens as f64),
                quantity::count(all.types as f64)
            ),
            ..LineChart::default()
        },
    )
}

fn shapes(counted: &Counted) -> Vec<Block> {
    let all = &counted.all.found;
    let shapes = chart(
        counted,
        &|row| row.shape_curve.clone(),
        LineChart {
            title: "Different shapes".to_string(),
            x_label: "sentences read".to_string(),
            caption: format!(
                "After {} sentences of all genres in turn there are {} shapes.",
                quantity::count(all.sentences as f64),
                quantity::count(all.shapes as f64)
            ),
            ..LineChart::default()
        },
    );
    let text = "The shape of a sentence is what is left when names, places, things, trades and \
        numbers are taken as equal: “Mara took the red kite to the mill.” and “Otto took a basket \
        of plums to the well.” are alike but for the article.";
    let examples = "Frequent shapes come early, rare ones late. These sentences of stories, \
        diaries, letters and tales each brought a new one:";
    vec![
        Block::Text(text.to_string()),
        shapes,
        Block::Text(examples.to_string()),
        Block::Table(examples_of(&counted.shapes)),
    ]
}

/// Curves of all texts and of the largest genres.
fn chart(counted: &Counted, curve: &dyn Fn(&Row) -> Vec<(u64, u64)>, frame: LineChart) -> Block {
    let mut largest: Vec<&(Genre, Row)> = counted.genres.iter().collect();
    largest.sort_by_key(|(_, row)| std::cmp::Reverse(row.found.bytes));
    largest.truncate(CURVES);
    let end = curve(&counted.all).last().map_or(0, |(x, _)| *x);
    let named = largest.into_iter().map(|(genre, row)| (genre.name(), row));
    let series = [("all", &counted.all)].into_iter().chain(named).map(|(name, row)| {
        // Before the first of four decades every word is new.
        let points = curve(row).into_iter().filter(|(x, _)| x.saturating_mul(10_000) >= end);
        let points = points.map(|(x, y)| (x as f64, y as f64)).collect();
        Series { name: name.to_string(), points, dashed: false }
    });
    Block::Chart(LineChart { log_x: true, log_y: true, series: series.collect(), ..frame })
}

fn examples_of(shapes: &Shapes) -> Table {
    let row = |new: &New| {
        vec![
            quantity::count(new.shape as f64),
            quantity::count(new.sentences as f64),
            shortened(&new.sentence),
        ]
    };
    Table {
        columns: vec![Column::right("shape"), Column::right("after"), Column::left("sentence")],
        rows: shapes.news().map(row).collect(),
    }
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= EXAMPLE {
        return text.to_string();
    }
    text.chars().take(EXAMPLE - 1).chain(['…']).collect()
}

fn about(counted: &Counted) -> Block {
    let kinds = counted.genres.iter().map(|(genre, _)| format!("- **{genre}**: {}", genre.about()));
    Block::Text(format!(
        "MB/s is text made on one core, by the median of short stretches. *Copies* are texts equal to one before them; *alike* are \
         those whose sentences have the shapes of one before them, one after the other. What is \
         short returns: a village has some two hundred facts. *Prose* is stories, diaries, letters \
         and tales.\n\n{}",
        kinds.collect::<Vec<_>>().join("\n")
    ))
}

fn sample(which: &Which, genre: Genre) -> Block {
    Block::Sample { title: genre.to_string(), text: which.sampler.text(genre, 0) }
}

fn method(which: &Which, n: u64) -> Block {
    Block::Text(format!(
        "A word is a run of letters, without regard to case; a sentence ends at a full stop, \
         question or exclamation mark, or at the end of a line. The first {n} texts of each genre \
         were counted, one of each in turn. `lyceum world stats --seed {} -n {n}` counts them \
         again.",
        which.seed
    ))
}
