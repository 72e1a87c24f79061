//! `lyceum speedrun`: a first model, from text to talk, in one command.

use anyhow::Result;
use journal::Run;
use life::frozen::Frozen;
use life::{Error, Recipe};
use train::config::Precision;

use crate::host::Host;
use crate::out;
use crate::recipe_args::RecipeArgs;

/// A first model in minutes: text, tokenizer, pretraining, samples, report
///
/// Everything that is not said is derived: the size of the model from the time, the time from
/// nothing (five minutes of training). Stopped or killed, the same command goes on where it was.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lyceum speedrun                                  a village's stories, five minutes of training
  lyceum speedrun --minutes 1 --name quick         smaller and sooner
  lyceum speedrun --corpus shakespeare.txt --name bard")]
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
    let recipe = args.recipe.recipe()?;
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
                eprintln!("go on with: lyceum resume {name}");
            }
            return Err(error.into());
        }
    }
    let shown = if json { run.report_json_path() } else { run.report_markdown_path() };
    out::piece(std::fs::read_to_string(shown)?)?;
    if !json {
        out::line(format_args!("\nreport: {}", run.report_html_path().display()))?;
    }
    eprintln!("talk with it: lyceum chat --model {name}");
    Ok(())
}

/// The recipe of a run that exists.
pub(crate) fn recipe_of(run: &Run) -> Result<Recipe> {
    Ok(Frozen::read(run)?.recipe)
}
