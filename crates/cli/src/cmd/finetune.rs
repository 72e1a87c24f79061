//! `lyceum finetune`: a model that is there goes on learning from your text or your instructions.

use anyhow::{Result, bail};
use life::{Recipe, Source};

use super::speedrun::live;
use crate::host::Host;
use crate::out;
use crate::recipe_args::RecipeArgs;

/// Teach a model that is there: your text, your instructions, or one after the other
///
/// The model is a run, a pulled model or the folder of a checkpoint, of any family that `lyceum model
/// new --arch` lists. It keeps its shape and its tokenizer. All parameters learn unless --freeze or
/// --learns says otherwise. The run has a journal and a report like any other, and `lyceum resume` goes
/// on with it.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lyceum finetune --from HuggingFaceTB/SmolLM2-135M --corpus letters/
  lyceum finetune --from bard --instructions talks.jsonl --minutes 10 --name tutor
  lyceum finetune --from gpt2/ --corpus poems.txt --freeze 'embedding.*' --layer-decay 0.8
  lyceum finetune --from qwen/ --instructions a.json=3 --instructions b.jsonl=1 --recompute blocks")]
pub(crate) struct Args {
    /// Name of the run [default: the model's, with -tuned behind it]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
    /// Print the recipe as JSON and do nothing; --config takes it back
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    recipe: RecipeArgs,
}

pub(crate) fn run(args: &Args, host: &Host) -> Result<()> {
    let mut recipe = args.recipe.recipe(host)?;
    if recipe.from.is_none() {
        bail!("say which model learns: --from a run, a pulled model, or a checkpoint's folder");
    }
    if recipe.instructions.is_empty() && matches!(recipe.corpus, Source::World { .. }) {
        bail!(
            "say what it learns: --corpus TEXT to read, --instructions FILE to be taught with, or \
             both (the village's lessons are `lyceum speedrun --from`)"
        );
    }
    recipe.life = !recipe.instructions.is_empty();
    if args.dry_run {
        return Ok(out::line(serde_json::to_string_pretty(&recipe)?)?);
    }
    let name = args.name.clone().unwrap_or_else(|| tuned(&recipe));
    let run = life::open(&host.store, &name, &recipe)?;
    live(host, &run, &recipe, args.json)
}

/// A run's name made of the model's.
fn tuned(recipe: &Recipe) -> String {
    let folder = recipe.from.as_deref().unwrap_or("model".as_ref());
    // A run's model lies in a folder of this name within the run's.
    let inner = folder.file_name().is_some_and(|name| name == "model");
    let named = folder.parent().filter(|_| inner).unwrap_or(folder);
    let stem = named.file_name().unwrap_or_default().to_string_lossy();
    let word: String = stem
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' })
        .take(50)
        .collect();
    let word = word.trim_matches('-');
    format!("{}-tuned", if word.is_empty() { "model" } else { word })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_names_the_run_that_tunes_it() {
        let of = |from: &str| tuned(&Recipe { from: Some(from.into()), ..Recipe::default() });
        assert_eq!(of("runs/bard/model"), "bard-tuned");
        assert_eq!(of("hub/SmolLM2-135M"), "smollm2-135m-tuned");
        assert_eq!(of("/"), "model-tuned");
    }
}
