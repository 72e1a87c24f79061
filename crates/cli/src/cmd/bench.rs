//! `lyceum bench`: how fast this machine does the parts of the work, ours alone.
//! `bench/train/compare` sets the same figures beside PyTorch's.

use anyhow::{Result, ensure};
use serde_json::json;
use train::plan::{Dials, plan};

use crate::host::peak_of;
use crate::out;
use crate::recipe_args::{DialArgs, count};

/// Measure how fast this machine works
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lyceum bench train
  lyceum bench train --arch llama --size 25M --vocab 8192 --json")]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// Whole training steps on random tokens [default: GPT-2 form, 6 × 384, untied, 8 × 256 tokens]
    Train {
        #[command(flatten)]
        dials: Box<DialArgs>,
        /// Ids of the vocabulary
        #[arg(long, value_name = "N", value_parser = count, default_value = "4096")]
        vocab: u64,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let Verb::Train { dials, vocab, json } = &args.verb;
    train(dials, *vocab as usize, *json)
}

fn train(args: &DialArgs, vocab: usize, json: bool) -> Result<()> {
    let mut dials = Dials::default();
    args.dial(&mut dials);
    ensure!(dials.minutes.is_none() && dials.tokens.is_none(), "say how many --steps");
    if dials.size.is_none() && dials.width.is_none() && dials.layers.is_none() {
        dials.arch.get_or_insert("gpt2".into());
        (dials.layers, dials.width) = (Some(6), Some(384));
        dials.bias.get_or_insert(false);
        dials.tied.get_or_insert(false);
    }
    let steps = dials.steps.unwrap_or(10);
    ensure!((1..10_000).contains(&steps), "--steps is {steps}; expected 1 to 9999");
    dials.steps = Some(steps);
    let config = plan(&dials, vocab, None, &mut |_| Ok(0.0))?;
    let mut seconds = train::speed::seconds_of_steps(&config, steps as usize)?;
    seconds.sort_by(f64::total_cmp);
    let median = seconds[seconds.len() / 2];
    let rate = config.tokens_per_step() as f64 / median;
    let (flops, peak) = (config.flops_per_step(), peak_of(config.precision));
    let share = flops / median / peak;
    if json {
        let line = json!({
            "tokens_per_second": rate.round(), "milliseconds_per_step": median * 1e3,
            "fastest_ms": seconds[0] * 1e3, "slowest_ms": seconds[seconds.len() - 1] * 1e3,
            "flops_per_step": flops, "peak_gflops": peak / 1e9, "share_of_peak": share,
            "parameters": config.spec.n_params(),
        });
        out::line(line)?;
    } else {
        out::line(format_args!(
            "{rate:.0} tokens a second, {:.1} ms a step (median of {steps})",
            median * 1e3
        ))?;
        out::line(format_args!(
            "{:.0} GFLOP/s, {:.0}% of {:.0}",
            flops / median / 1e9,
            100.0 * share,
            peak / 1e9
        ))?;
    }
    Ok(())
}
