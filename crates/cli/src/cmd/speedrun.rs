//! `lyceum speedrun`: a first model, from text to talk, in one command.

use anyhow::Result;
use journal::Run;
use life::frozen::Frozen;
use life::stage::pretrain::averaged_folder;
use life::{Error, Recipe};
use serde_json::Value;
use train::config::Precision;

use crate::host::Host;
use crate::out;
use crate::recipe_args::RecipeArgs;

/// A first model in minutes: text, tokenizer, reading, lessons, exam, report
///
/// Everything that is not said is derived: the size of the model from the time, the time from
/// nothing (ten minutes in all). Without a corpus the model reads the stories of a village, is taught
/// to answer, count, obey, call tools and refuse, and sits an exam. A corpus is read only, unless
/// there are --instructions to be taught with. A model given by --from knows something already: it is
/// taught --instructions or the village's lessons, after a --corpus if there is one. Stopped or
/// killed, the same command goes on where it was.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lyceum speedrun                                  a village's whole life, ten minutes
  lyceum speedrun --minutes 1 --name quick         smaller and sooner
  lyceum speedrun --corpus shakespeare.txt --name bard
  lyceum speedrun --corpus books/ --instructions talks.jsonl --name helper
  lyceum speedrun --corpus books/ --instructions a.json=3 --instructions b.jsonl=1     mixed 3 to 1
  lyceum speedrun --from gpt2/ --instructions talks.jsonl --name tutor     teach a checkpoint")]
pub(crate) struct Args {
    /// Name of the run
    #[arg(long, value_name = "NAME", default_value = "speedrun")]
    name: String,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    recipe: RecipeArgs,
}

pub(crate) fn run(args: &Args, host: &Host) -> Result<()> {
    let mut recipe = args.recipe.recipe(host)?;
    // Text alone, without marks or without anything that says how to answer, is only read.
    recipe.life = !recipe.instructions.is_empty() || recipe.lessons_of().is_some();
    let run = life::open(&host.store, &args.name, &recipe)?;
    live(host, &run, &recipe, args.json)
}

/// Goes through the stages of a run and says how to talk with the result.
pub(crate) fn live(host: &Host, run: &Run, recipe: &Recipe, json: bool) -> Result<()> {
    let name = run.name();
    if run.report_json_path().exists() {
        eprintln!("the run {name} is finished");
    } else {
        eprintln!("run {name} in {}", run.folder().display());
        let precision = recipe.train.precision.unwrap_or(Precision::Bf16);
        if let Err(error) = life::speedrun(run, &host.session(precision)) {
            if matches!(error, Error::Interrupted { .. }) {
                eprintln!("go on with: {}", host.next(&format!("resume {name}")));
            }
            return Err(error.into());
        }
    }
    let figures = std::fs::read_to_string(run.report_json_path())?;
    if json {
        out::piece(figures)?;
    } else {
        summary(host, run, &serde_json::from_str(&figures)?)?;
    }
    Ok(())
}

/// What a person wants to see first; the rest is in the report.
fn summary(host: &Host, run: &Run, figures: &Value) -> Result<()> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_string();
    let number = |key: &str| figures[key].as_f64().unwrap_or_default();
    let samples = figures["samples"].as_array().cloned().unwrap_or_default();
    let from_nothing = samples.iter().find(|sample| text(&sample["prompt"]).is_empty());
    if let Some(sample) = from_nothing {
        out::said(&format!("\n{}\n\n", text(&sample["text"])))?;
    }
    for sample in samples.iter().filter(|sample| sample["truth"].is_string()) {
        let (question, answer) = (text(&sample["prompt"]), text(&sample["text"]));
        let truth = text(&sample["truth"]);
        out::said(&format!("  {question}\n  → {answer}  (in truth: {truth})\n"))?;
    }
    out::line(format_args!(
        "\n{} parameters, {} tokens in {}: {:.3} bits a byte of held-out text",
        short(number("parameters")),
        short(number("tokens")),
        time(number("seconds")),
        number("bits_per_byte"),
    ))?;
    out::line(format_args!("report: {}", run.report_html_path().display()))?;
    let averaged = averaged_folder(&run.model_folder());
    if averaged.is_dir() {
        out::line(format_args!("averaged weights: {}", averaged.display()))?;
    }
    for claim in figures["claims"].as_array().into_iter().flatten() {
        if claim["verdict"] == "fails" {
            let (said, measured) = (text(&claim["statement"]), text(&claim["measured"]));
            out::line(format_args!("NOT SO: {said} ({measured})"))?;
        }
    }
    let name = run.name();
    let recipe = &figures["recipe"];
    let talks = recipe["life"] == true || recipe["corpus"]["world"].is_object();
    if talks {
        out::line(format_args!("talk with it: {}", host.next(&format!("chat --model {name}"))))?;
    } else {
        let words = format!("generate --model {name} \"Once\"");
        out::line(format_args!("it goes on from your words: {}", host.next(&words)))?;
    }
    Ok(out::line(format_args!("in a browser: {}", host.next(&format!("serve --model {name}"))))?)
}

/// 734080 as "734k".
fn short(n: f64) -> String {
    match n {
        n if n < 1e4 => format!("{n:.0}"),
        n if n < 1e6 => format!("{:.0}k", n / 1e3),
        n => format!("{:.1}M", n / 1e6),
    }
}

fn time(seconds: f64) -> String {
    if seconds < 90.0 {
        format!("{seconds:.0} s")
    } else {
        format!("{:.1} minutes", seconds / 60.0)
    }
}

/// The recipe of a run that exists.
pub(crate) fn recipe_of(run: &Run) -> Result<Recipe> {
    Ok(Frozen::read(run)?.recipe)
}
