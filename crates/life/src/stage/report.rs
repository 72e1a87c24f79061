//! What a person gets to see in the end: `report.md`, `report.html`, `report.json`.

mod card;
mod stages;

use std::path::Path;

use figure::{Block, Claim, LineChart, Report, Section, Series, Verdict, smoothed};
use journal::{ANSWERS, Record, Run};
use serde_json::json;
use train::{Config, Outcome};

use super::exam::Exam;
use super::samples::Sample;
use super::tokens::Tokens;
use crate::frozen::{Adopted, write_json};
use crate::speedrun::Stage;
use crate::{Error, Recipe, Source};

/// All that a report tells of.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The run.
    pub run: &'a Run,
    /// What was wished for.
    pub recipe: &'a Recipe,
    /// The model that was begun with, if there was one.
    pub adopted: Option<&'a Adopted>,
    /// What was done.
    pub config: &'a Config,
    /// With which text.
    pub tokens: &'a Tokens,
    /// What came of reading.
    pub read: &'a Outcome,
    /// What came of teaching, where the model was taught.
    pub taught: Option<&'a Outcome>,
    /// The exam, where it was sat.
    pub exam: Option<&'a Exam>,
    /// The stages before the report, in order, with the time that they took in all sessions.
    pub stages: &'a [Stage],
    /// What the model says.
    pub samples: &'a [Sample],
}

/// Writes the report in its three forms.
///
/// # Errors
/// [`Error::Io`], [`Error::Journal`], [`Error::Folder`].
pub fn write(facts: &Facts<'_>) -> Result<Report, Error> {
    let records = facts.run.records()?;
    let curve = curve(&records);
    let claims = vec![loads_back(facts)?, learnt(facts)];
    let report = Report {
        title: format!("{}: a model of {}", facts.run.name(), count(n_params(facts))),
        subtitle: subtitle(facts),
        sections: vec![
            section(
                "The life, stage by stage",
                match facts.recipe.life {
                    true => stages::blocks(facts, &records),
                    false => Vec::new(),
                },
            ),
            section("The exam", facts.exam.map(card::blocks).unwrap_or_default()),
            section("What it says", facts.samples.iter().map(sample).collect()),
            section(
                "How it learnt",
                vec![Block::Chart(curve.clone()), Block::KeyValues(numbers(facts))],
            ),
            section("What was checked", vec![Block::Claims(claims.clone())]),
            section("Go on", vec![Block::Text(next(facts.run))]),
        ],
    };
    let report = Report {
        sections: report.sections.into_iter().filter(|s| !s.blocks.is_empty()).collect(),
        ..report
    };
    let put = |path: &std::path::Path, text: String| {
        stdx::atomic_file::write(path, text.as_bytes()).map_err(Error::io(path))
    };
    put(&facts.run.report_markdown_path(), report.to_markdown())?;
    put(&facts.run.report_html_path(), report.to_html())?;
    put(&facts.run.folder().join("loss.svg"), curve.to_svg_file())?;
    // Last: its presence says that the run is done.
    write_json(&facts.run.report_json_path(), &figures(facts, &claims))?;
    Ok(report)
}

fn section(heading: &str, blocks: Vec<Block>) -> Section {
    Section { heading: heading.to_string(), blocks }
}

fn sample(sample: &Sample) -> Block {
    let title = match sample.prompt.as_str() {
        "" => "From nothing".to_string(),
        prompt => match &sample.truth {
            Some(truth) => format!("{prompt} (In truth: {truth})"),
            None => prompt.to_string(),
        },
    };
    Block::Sample { title, text: sample.text.clone() }
}

fn n_params(facts: &Facts<'_>) -> u64 {
    facts.config.spec.n_params() as u64
}

/// 13865856 as "13.9M".
pub(crate) fn count(n: u64) -> String {
    match n {
        0..10_000 => n.to_string(),
        10_000..1_000_000 => format!("{:.0}k", n as f64 / 1e3),
        _ => format!("{:.1}M", n as f64 / 1e6),
    }
}

fn subtitle(facts: &Facts<'_>) -> String {
    let named =
        |path: &Path| path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    let source = match (&facts.recipe.corpus, &facts.recipe.instructions[..]) {
        (Source::Files { path }, _) => named(path),
        (Source::World { seed }, _) if facts.adopted.is_none() => {
            format!("stories and dialogues of village {seed}")
        }
        (Source::World { seed }, []) => format!("lessons of village {seed}"),
        (Source::World { .. }, talks) => {
            let names: Vec<String> = talks.iter().map(|talks| named(&talks.path)).collect();
            names.join(" and ")
        }
    };
    let (tokens, seconds) = trained(facts);
    let (tokens, minutes) = (count(tokens), seconds / 60.0);
    let from = facts.adopted.map_or(String::new(), |from| format!("Begun with {}. ", from.name));
    format!("{from}Trained on {source}: {tokens} tokens in {minutes:.1} minutes.")
}

fn curve(records: &[Record]) -> LineChart {
    let ln2 = std::f64::consts::LN_2;
    let train = records.iter().filter_map(|record| match record {
        Record::Step { step, loss, .. } => Some((*step as f64, *loss / ln2)),
        _ => None,
    });
    let looks = |of_answers: bool, name: &str| {
        let looks = records.iter().filter_map(|record| match record {
            Record::Eval { step, split, loss, .. } if (split == ANSWERS) == of_answers => {
                Some((*step as f64, *loss / ln2))
            }
            _ => None,
        });
        Series { name: name.into(), points: looks.collect(), dashed: false }
    };
    let train = Series {
        name: "what is trained on".into(),
        points: smoothed(&train.collect::<Vec<_>>(), 100),
        dashed: true,
    };
    let averaged = records.iter().filter_map(|record| match record {
        Record::Average { step, loss, .. } => Some((*step as f64, *loss / ln2)),
        _ => None,
    });
    let averaged = Series {
        name: "the same by averaged weights".into(),
        points: averaged.collect(),
        dashed: false,
    };
    LineChart {
        title: "Loss".into(),
        x_label: "steps".into(),
        y_label: "bits per token".into(),
        series: [looks(false, "held-out text"), looks(true, "held-out answers"), averaged, train]
            .into_iter()
            .filter(|series| !series.points.is_empty())
            .collect(),
        caption: "Lower is better. What is held out was never trained on; the training loss is \
                  smoothed over neighbouring steps."
            .into(),
        log_y: true,
        ..LineChart::default()
    }
}

/// What the last stage of training left: the run's model.
fn last<'a>(facts: &Facts<'a>) -> &'a Outcome {
    facts.taught.unwrap_or(facts.read)
}

/// Tokens learnt and seconds of training, of reading and of teaching together.
fn trained(facts: &Facts<'_>) -> (u64, f64) {
    let taught = facts.taught.map_or((0, 0.0), |outcome| (outcome.tokens, outcome.seconds));
    (facts.read.tokens + taught.0, facts.read.seconds + taught.1)
}

fn numbers(facts: &Facts<'_>) -> Vec<(String, String)> {
    let (config, spec, read) = (facts.config, &facts.config.spec, facts.read);
    let optimizer = config.optimizer.rule.choice().name();
    let shape = format!(
        "{}, {} blocks of width {}, {} heads, context {}",
        spec.family, spec.n_layers, spec.d_model, spec.n_heads, spec.context
    );
    let rate = read.tokens as f64 / read.seconds.max(1e-9);
    let taught = facts.taught.map(|taught| {
        let (tokens, minutes) = (count(taught.tokens), taught.seconds / 60.0);
        let told =
            format!("{tokens} tokens of answers in {} steps, {minutes:.1} minutes", taught.step);
        ("Taught", told)
    });
    let pairs = [
        ("Model", shape),
        (
            "Parameters",
            format!("{} ({} in the blocks)", count(n_params(facts)), {
                count((spec.n_layers * spec.n_block_matrix_params()) as u64)
            }),
        ),
        ("Vocabulary", spec.vocab_size.to_string()),
        ("Training text", format!("{} tokens", count(facts.tokens.train.n_tokens() as u64))),
        ("Trained on", format!("{} tokens in {} steps", count(read.tokens), read.step)),
        ("Passes over the text", {
            let all = facts.tokens.train.n_tokens().max(1) as f64;
            format!("{:.1}", read.tokens as f64 / all)
        }),
        ("Speed", format!("{rate:.0} tokens a second")),
        ("Learning rate", format!("{:.2e}, {optimizer}", config.schedule.peak)),
        (
            "Held-out text",
            read.evaluation.map_or("–".into(), |e| {
                format!("{:.4} nats a token, {:.4} bits a byte", e.loss, e.bits_per_byte)
            }),
        ),
        ("Seed", config.seed.to_string()),
    ];
    let came_from = facts.adopted.map(|from| {
        let told =
            format!("{}, {} of {} parameters", from.name, from.family, count(from.parameters));
        ("Begun with", told)
    });
    came_from
        .into_iter()
        .chain(pairs)
        .chain(taught)
        .map(|(key, value)| (key.to_string(), value))
        .collect()
}

/// Exported and read again, the weights are the same bits.
fn loads_back(facts: &Facts<'_>) -> Result<Claim, Error> {
    let again = model::folder::load(&facts.run.model_folder(), &burn::tensor::Device::flex())?;
    let bits = |model: &model::Transformer| -> Vec<u32> {
        let slots = model.slots().into_iter();
        slots.flat_map(|(_, tensor)| tensor.values).map(f32::to_bits).collect()
    };
    let (again, trained) = (bits(&again), bits(&last(facts).model));
    let missing = again.len().abs_diff(trained.len());
    let differing = missing + again.iter().zip(&trained).filter(|(a, b)| a != b).count();
    Ok(Claim {
        statement: "The exported model is the trained one".into(),
        expected: "no weight differs".into(),
        measured: format!("{differing} of {} differ", trained.len()),
        verdict: if differing == 0 { Verdict::Holds } else { Verdict::Fails },
    })
}

/// Held-out text became likelier than by guessing each token at random.
fn learnt(facts: &Facts<'_>) -> Claim {
    let guess = (facts.config.spec.vocab_size as f64).ln();
    let statement = "It knows held-out text better than a guess among all tokens".to_string();
    let expected = format!("below {guess:.2} nats a token");
    let Some(loss) = facts.read.evaluation.map(|e| e.loss) else {
        return Claim { statement, expected, measured: "–".into(), verdict: Verdict::Open };
    };
    let verdict = if loss < guess { Verdict::Holds } else { Verdict::Fails };
    Claim { statement, expected, measured: format!("{loss:.2} nats a token"), verdict }
}

fn next(run: &Run) -> String {
    let name = run.name();
    format!(
        "- Talk with it in the terminal: `lyceum chat --model {name}`\n\
         - In the browser, and through OpenAI's interface: `lyceum serve --model {name}`\n\
         - Let it go on from your words: `lyceum generate --model {name} \"Once\"`\n\
         - The model's folder, which transformers loads: `{}`\n",
        run.model_folder().display()
    )
}

fn wall_seconds(stages: &[Stage]) -> f64 {
    stages.iter().map(|stage| stage.seconds).sum()
}

/// What was measured, each with its interval; bits per byte are one number on much text.
fn metrics(facts: &Facts<'_>) -> serde_json::Value {
    let bits = facts.read.evaluation.map(|e| {
        json!({"value": e.bits_per_byte, "low": e.bits_per_byte, "high": e.bits_per_byte,
               "n": e.n_targets})
    });
    let mut metrics = facts.exam.map_or_else(|| json!({}), card::metrics);
    metrics["bits_per_byte"] = json!(bits);
    metrics
}

/// What the figures were made with.
fn versions() -> serde_json::Value {
    json!({
        "lyceum": env!("CARGO_PKG_VERSION"),
        "isa": kernels::Isa::current().name(),
        "threads": std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        "system": format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
    })
}

fn figures(facts: &Facts<'_>, claims: &[Claim]) -> serde_json::Value {
    let evaluation = facts.read.evaluation;
    let (tokens, seconds) = trained(facts);
    json!({
        "run": facts.run.name(),
        "recipe": facts.recipe,
        "adopted": facts.adopted,
        "config": facts.config,
        "parameters": n_params(facts),
        "tokens": tokens,
        "steps": facts.read.step + facts.taught.map_or(0, |taught| taught.step),
        "seconds": seconds,
        "loss": evaluation.map(|e| e.loss),
        "bits_per_byte": evaluation.map(|e| e.bits_per_byte),
        "samples": facts.samples,
        "claims": claims,
        "wall_seconds": wall_seconds(facts.stages),
        "stages": facts.stages,
        "metrics": metrics(facts),
        "baselines": facts.exam.map(card::baselines),
        "memory": facts.stages.iter().filter_map(|stage| stage.memory).max(),
        "versions": versions(),
    })
}
