//! `lyceum pretrain`: a model of your own making, every dial at hand.

use anyhow::Result;
use life::Source;

use super::speedrun::live;
use crate::host::Host;
use crate::out;
use crate::recipe_args::RecipeArgs;

/// Train a model from nothing, with every dial at hand
///
/// The same stages as a speedrun. What the dials came to is frozen into the run's config.json
/// before the first step: a resumed run takes the same steps wherever it goes on.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lyceum pretrain --corpus books/ --size 10M --tokens 50M --name books
  lyceum pretrain --corpus shakespeare.txt --chars --windows --arch gpt2 --bias false \\
    --layers 4 --width 128 --heads 4 --context 64 --batch 12 --steps 2000 --lr 1e-3
  lyceum pretrain --corpus books/ --optimizer lion --schedule wsd --ema 0.999
  lyceum pretrain --from books --corpus letters/ --freeze 'embedding.*' --layer-decay 0.8
  lyceum pretrain --config recipe.json --seed 2 --name second
  lyceum pretrain --from books --corpus letters/     a run or checkpoint goes on reading
  lyceum pretrain --corpus books/ --minutes 60 --dry-run     only the recipe, as JSON")]
pub(crate) struct Args {
    /// Name of the run [default: after the corpus]
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
    let recipe = args.recipe.recipe(host)?;
    if !recipe.instructions.is_empty() || recipe.exam.is_some() {
        anyhow::bail!("pretrain only reads; to be taught and examined, use `lyceum speedrun`");
    }
    if args.dry_run {
        out::line(serde_json::to_string_pretty(&recipe)?)?;
        return Ok(());
    }
    let name = args.name.clone().unwrap_or_else(|| name_of(&recipe.corpus));
    let run = life::open(&host.store, &name, &recipe)?;
    live(host, &run, &recipe, args.json)
}

/// The corpus's own name, as far as it can be a run's.
fn name_of(source: &Source) -> String {
    match source {
        Source::World { seed } => format!("village-{seed}"),
        Source::Files { path } => {
            let stem = path.file_stem().unwrap_or_default().to_string_lossy();
            let word: String = stem
                .chars()
                .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' })
                .collect();
            let word = word.trim_matches('-');
            if word.is_empty() { "pretrain".to_string() } else { word.chars().take(60).collect() }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_corpus_names_its_run() {
        let files = |path: &str| name_of(&Source::Files { path: path.into() });
        assert_eq!(files("/x/War & Peace.txt"), "war---peace");
        assert_eq!(files("/x/日本.txt"), "pretrain");
        assert_eq!(name_of(&Source::World { seed: 3 }), "village-3");
    }
}
