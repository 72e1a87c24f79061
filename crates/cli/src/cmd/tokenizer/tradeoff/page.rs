//! The trial as a page: bits per byte and compression over the size, and all numbers.

use figure::{Block, LineChart, Report, Section, Series, quantity};

use super::{Args, Size};

/// The whole page.
pub(super) fn report(args: &Args, sizes: &[Size]) -> Report {
    let section = |heading: &str, blocks| Section { heading: heading.to_string(), blocks };
    let corpus = args.corpus.file_name().unwrap_or_default().to_string_lossy();
    Report {
        title: format!("How large a vocabulary for {corpus}?"),
        subtitle: format!(
            "Small models with {} parameters in their blocks, {} of training each, seed {}.",
            quantity::count(args.size as f64),
            quantity::duration(60.0 * args.minutes),
            args.seed
        ),
        sections: vec![
            section("What came of it", vec![Block::Text(super::verdict(sizes)), bits(sizes)]),
            section("What it buys and costs", vec![compression(sizes), output(sizes)]),
            section("In numbers", vec![Block::Table(super::table(sizes))]),
        ],
    }
}

fn chart(sizes: &[Size], words: [&str; 3], of: impl Fn(&Size) -> f64) -> Block {
    let [title, unit, caption] = words.map(str::to_string);
    let points = sizes.iter().map(|size| (size.vocab as f64, of(size))).collect();
    Block::Chart(LineChart {
        title,
        x_label: "ids in the vocabulary".to_string(),
        y_label: unit,
        log_x: true,
        series: vec![Series { name: String::new(), points, dashed: false }],
        caption,
        ..LineChart::default()
    })
}

fn bits(sizes: &[Size]) -> Block {
    let caption = "Lower is better. Small vocabularies leave the model much to spell, large ones leave \
                   it little time.";
    chart(sizes, ["Held-out text", "bits a byte", caption], |size| size.bits_per_byte)
}

fn compression(sizes: &[Size]) -> Block {
    let caption =
        "More is better, but each doubling of the vocabulary gives less than the one before.";
    chart(sizes, ["Compression", "bytes a token", caption], |size| size.bytes_per_token)
}

fn output(sizes: &[Size]) -> Block {
    let caption = "What the last layer takes of all multiplications of a step.";
    let words = ["The output layer's share", "% of the operations", caption];
    chart(sizes, words, |size| 100.0 * size.output_share)
}
