//! Writes a report with two loss curves to the file named on the command line, as HTML or, if the
//! name ends in `.md`, as Markdown: `cargo run -p figure --example report -- report.html`.

use figure::{Align, Block, Claim, Column, LineChart, Report, Section, Series, Table, Verdict};

fn main() -> std::io::Result<()> {
    let path = std::env::args().nth(1).unwrap_or_else(|| "report.html".to_string());
    let report = Report {
        title: "A village of its own".into(),
        subtitle: "An invented run, to show what a report looks like.".into(),
        sections: vec![summary(), training(), voice()],
    };
    let text = if path.ends_with(".md") { report.to_markdown() } else { report.to_html() };
    std::fs::write(path, text)
}

fn summary() -> Section {
    let pairs = [
        ("parameters", "3.2 M"),
        ("tokens seen", "18.4 M"),
        ("bits per byte", "0.612"),
        ("training time", "9 min 40 s"),
    ];
    let claim = |statement: &str, expected: &str, measured: &str, verdict| Claim {
        statement: statement.into(),
        expected: expected.into(),
        measured: measured.into(),
        verdict,
    };
    Section {
        heading: "In short".into(),
        blocks: vec![
            Block::Text(
                "The model was trained on stories of a small village. It learned **who lives \
                 where** and most of the sums; the second language came last. The plan was frozen \
                 in `config.json` before the first step."
                    .into(),
            ),
            Block::KeyValues(pairs.map(|(key, value)| (key.into(), value.into())).into()),
            Block::Claims(vec![
                claim("Known facts are answered", "> 90 %", "96.2 %", Verdict::Holds),
                claim("Sums of two digits are right", "> 80 %", "71.5 %", Verdict::Fails),
                claim("Speed on two cores", "30k tokens/s", "not measured", Verdict::Open),
            ]),
        ],
    }
}

fn training() -> Section {
    let loss = |step: f64| 1.15 + 4.4 * (-step / 260.0).exp() + 0.9 * (-step / 1500.0).exp();
    // A plain pseudo-random wobble, so that the curve looks like one.
    let noise = |i: u32| f64::from(i.wrapping_mul(2_654_435_761) >> 16) / 65_536.0 - 0.5;
    let train = (1..=4500).map(|i| (f64::from(i), loss(f64::from(i)) + 0.22 * noise(i)));
    let val = (0..=18).map(|i| f64::from(i) * 250.0).map(|step| (step, loss(step) + 0.07));
    let curves = LineChart {
        title: "Loss over training".into(),
        x_label: "step".into(),
        y_label: "nats per token".into(),
        series: vec![
            Series { name: "train".into(), points: train.collect(), dashed: false },
            Series { name: "validation".into(), points: val.collect(), dashed: false },
        ],
        caption: "Both curves fall together to the end: the model has not begun to learn its \
                  text by heart."
            .into(),
        ..LineChart::default()
    };
    let sizes = [2e5, 8e5, 3.2e6, 1.28e7];
    let fit = |n: f64| 0.42 + 11.0 * n.powf(-0.27);
    let scaling = LineChart {
        title: "Larger models read better".into(),
        x_label: "parameters".into(),
        y_label: "bits per byte".into(),
        log_x: true,
        series: vec![
            Series {
                name: "measured".into(),
                points: sizes
                    .iter()
                    .zip([0.01, -0.008, 0.003, 0.0])
                    .map(|(n, e)| (*n, fit(*n) + e))
                    .collect(),
                dashed: false,
            },
            Series {
                name: "fitted law".into(),
                points: (0..60).map(|i| 1e5 * 1.095f64.powi(i)).map(|n| (n, fit(n))).collect(),
                dashed: true,
            },
        ],
        caption: "Four sizes, each trained for the same number of tokens per parameter.".into(),
        ..LineChart::default()
    };
    Section {
        heading: "Training".into(),
        blocks: vec![Block::Chart(curves), Block::Chart(scaling), Block::Table(evaluations())],
    }
}

fn evaluations() -> Table {
    let columns = ["text", "loss", "bits per byte"];
    let rows =
        [["stories", "1.18", "0.581"], ["dialogues", "1.31", "0.640"], ["sums", "1.74", "0.902"]];
    Table {
        columns: columns
            .iter()
            .enumerate()
            .map(|(i, name)| Column {
                name: name.to_string(),
                align: if i == 0 { Align::Left } else { Align::Right },
            })
            .collect(),
        rows: rows.iter().map(|row| row.map(String::from).into()).collect(),
    }
}

fn voice() -> Section {
    Section {
        heading: "What it says".into(),
        blocks: vec![Block::Sample {
            title: "Asked to go on from “In the morning Anna”, after 4500 steps".into(),
            text: "In the morning Anna carried the bread to the mill. The miller was not at home, \
                   so she left it on the sill and walked back along the river.\n\n“You are early,” \
                   said Tom."
                .into(),
        }],
    }
}
