//! Texts that are searched for instead of drawn: `--beams` and `--contrastive-alpha`.

use anyhow::Result;
use arch::Decoder as _;
use generate::{
    Beam, BeamOptions, ContrastiveOptions, EarlyStopping, Flow, Known, Options, beam_search,
};
use life::Loaded;
use life::load::endings;
use serde_json::json;

use super::memory::OF_MEMORY;
use super::{Args, prompt, told};
use crate::host::Host;
use crate::out;
use crate::sampling_args::OF_SAMPLING;
use crate::speculation_args::OF_SPECULATION;
use crate::stats::Watch;

/// What is searched for, and how.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct SearchArgs {
    /// Go on with the likeliest N texts at once and print the best (beam search)
    #[arg(long, value_name = "N", conflicts_with_all = OF_SAMPLING, help_heading = "Search")]
    #[arg(conflicts_with_all = ["top_k", "stop", "logprobs", "contrastive_alpha", "GrammarArgs"])]
    #[arg(conflicts_with_all = OF_SPECULATION, conflicts_with_all = OF_MEMORY)]
    pub(super) beams: Option<usize>,
    /// Print so many of the beams [default: 1]
    #[arg(long, value_name = "N", requires = "beams", help_heading = "Search")]
    n_best: Option<usize>,
    /// Divide a beam's log probability by this power of its length: more is for longer texts [default: 1]
    #[arg(
        long,
        value_name = "X",
        requires = "beams",
        allow_negative_numbers = true,
        help_heading = "Search"
    )]
    length_penalty: Option<f32>,
    /// Look no further once as many beams have ended as there are: at once, when the others are unlikely
    /// to become better, or when they cannot
    #[arg(
        long,
        value_name = "WHEN",
        requires = "beams",
        default_value = "unlikely",
        help_heading = "Search"
    )]
    early_stopping: When,
    /// Take the likeliest token that is least like the text so far, which weighs A of 1 (contrastive
    /// search); of the --top-k likeliest [default: 4]
    #[arg(long, value_name = "A", conflicts_with_all = OF_SAMPLING, help_heading = "Search")]
    #[arg(conflicts_with_all = OF_SPECULATION, conflicts_with_all = OF_MEMORY)]
    contrastive_alpha: Option<f32>,
}

/// [`EarlyStopping`] by its name.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum When {
    Full,
    Unlikely,
    Impossible,
}

impl SearchArgs {
    /// Refuses what is out of range, before a model is loaded.
    pub(super) fn check(&self, top_k: Option<usize>) -> Result<()> {
        let options = Options::default();
        self.contrastive(top_k, &options).map_or(Ok(()), |search| search.check())?;
        Ok(self.options(0).map_or(Ok(()), |search| search.check())?)
    }

    /// Contrastive search, if it is asked for, with tokens and ends as of `options`.
    pub(super) fn contrastive(
        &self,
        top_k: Option<usize>,
        options: &Options,
    ) -> Option<ContrastiveOptions> {
        Some(ContrastiveOptions {
            alpha: self.contrastive_alpha?,
            top_k: top_k.unwrap_or(ContrastiveOptions::default().top_k),
            max_tokens: options.max_tokens,
            stop_tokens: options.stop_tokens.clone(),
            logprobs: options.logprobs,
        })
    }

    fn options(&self, max_tokens: usize) -> Option<BeamOptions> {
        Some(BeamOptions {
            beams: self.beams?,
            n_best: self.n_best.unwrap_or(1),
            length_penalty: self.length_penalty.unwrap_or(1.0),
            early_stopping: match self.early_stopping {
                When::Full => EarlyStopping::Full,
                When::Unlikely => EarlyStopping::Unlikely,
                When::Impossible => EarlyStopping::Impossible,
            },
            max_tokens,
            ..BeamOptions::default()
        })
    }
}

/// Searches for the likeliest texts and prints them.
pub(super) fn beams(
    args: &Args,
    host: &Host,
    loaded: &Loaded,
    words: &str,
    ids: &[u32],
) -> Result<()> {
    let Loaded { decoding, tokenizer, options: form, .. } = loaded;
    prompt::must_fit(ids, decoding.spec().context)?;
    let Some(options) = args.search.options(args.max_tokens) else { return Ok(()) };
    let options = BeamOptions {
        stop_tokens: endings(tokenizer, form),
        known: Known::of(tokenizer.vocab_size(), decoding.spec().vocab_size),
        ..options
    };
    let mut watch = Watch::start();
    let mut keep_going = || {
        watch.heard();
        if host.interrupt.requested() { Flow::Stop } else { Flow::Continue }
    };
    let found = beam_search(decoding, ids, &options, &mut keep_going)?;
    let stats =
        watch.stop(ids.len(), 0, found.iter().map(|beam| beam.tokens.len()).max().unwrap_or(0));
    if args.json {
        let beam = |Beam { tokens, logprob, score, finish }: &Beam| -> Result<_> {
            let (text, finish) = (tokenizer.decode(tokens)?, told::finish_name(*finish));
            Ok(
                json!({"text": text, "ids": tokens, "logprob": logprob, "score": score, "finish": finish}),
            )
        };
        let beams = found.iter().map(beam).collect::<Result<Vec<_>>>()?;
        let mut told = json!({"prompt": words, "prompt_tokens_read": ids.len(), "beams": beams});
        if args.stats {
            told["stats"] = stats.json();
        }
        out::line(told)?;
    } else {
        for (rank, beam) in found.iter().enumerate() {
            if found.len() > 1 {
                out::line(format!(
                    "{}{}. ({:.4})",
                    if rank > 0 { "\n" } else { "" },
                    rank + 1,
                    beam.score
                ))?;
            }
            out::piece(words)?;
            out::said(&tokenizer.decode(&beam.tokens)?)?;
            out::line("")?;
        }
    }
    if args.stats {
        eprintln!("{stats}");
    }
    Ok(())
}
