//! `lyceum generate`: the model goes on from your words.

mod memory;
mod prompt;
mod search;
mod told;

use anyhow::Result;
use arch::Decoder as _;
use chat::Voice;
use generate::{Constraint, Flow, Known, Options, Steer, generate_with, speculate};
use life::Loaded;
use life::load::endings;

use crate::cache_args::CacheArgs;
use crate::grammar_args::{GrammarArgs, constraint};
use crate::host::Host;
use crate::out;
use crate::sampling_args::SamplingArgs;
use crate::speculation_args::SpeculationArgs;
use crate::stats::Watch;
use memory::MemoryArgs;
use search::SearchArgs;
use told::Told;

/// Let a model go on from your words
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lyceum generate \"Once upon a time\"
  lyceum generate --model bard --temperature 0.5 --seed 7 \"ROMEO:\"
  lyceum generate --model ./my-model --json --logprobs 3 \"Once\"
  lyceum generate --stop \"\\n\\n\" --stats < beginning.txt
  lyceum generate --repetition-penalty 1.1 --dry-multiplier 0.8 --logit-bias \" the=-2\" \"Once\"
  lyceum generate --model big.gguf --draft small.gguf \"Once\"
  lyceum generate --json-schema person.json \"A person:\"
  lyceum generate --choices yes,no \"Is bread food? \"
  lyceum generate --beams 4 --n-best 2 --length-penalty 0.8 \"Once\"
  lyceum generate --contrastive-alpha 0.6 --top-k 4 \"Once\"
  lyceum generate --model big.gguf --cache q8_0 --prompt-cache book.memory - < book.txt
  lyceum generate --context-shift 4 -n 100000 \"Once\"")]
pub(crate) struct Args {
    /// What it goes on from; - reads it from standard input, as does nothing where that is a file or a
    /// pipe [default: nothing]
    prompt: Option<String>,
    /// A run, a model's folder, a GGUF file, or a pulled model [default: the newest run]
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,
    /// Tokens at most
    #[arg(long, short = 'n', value_name = "N", default_value_t = 200)]
    max_tokens: usize,
    /// Text that ends the answer and is not part of it; \n and \t stand for a line break and a tab.
    /// May be given several times
    #[arg(long, value_name = "TEXT", value_parser = prompt::unescaped)]
    stop: Vec<String>,
    #[command(flatten)]
    sampling: SamplingArgs,
    #[command(flatten)]
    speculation: SpeculationArgs,
    #[command(flatten)]
    cache: CacheArgs,
    #[command(flatten)]
    memory: MemoryArgs,
    #[command(flatten)]
    form: GrammarArgs,
    #[command(flatten)]
    search: SearchArgs,
    /// Tell how likely each token was, and N of the likeliest beside it
    #[arg(long, value_name = "N", requires = "json")]
    logprobs: Option<usize>,
    /// Tell how fast it was, on standard error and in the JSON
    #[arg(long)]
    stats: bool,
    /// Print text, ids and why it ended as JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args, host: &Host) -> Result<()> {
    let sampling = args.sampling.sampling(0.6)?;
    args.search.check(args.sampling.top_k)?;
    let grammar = args.form.grammar()?;
    let words = prompt::words(args.prompt.as_deref())?;
    let loaded = args.cache.model(host, args.model.as_deref())?;
    let sampling = args.sampling.with_words(sampling, &loaded.tokenizer)?;
    let ids = prompt::ids(&words, &loaded)?;
    if args.search.beams.is_some() {
        return search::beams(args, host, &loaded, &words, &ids);
    }
    let Loaded { decoding, tokenizer, options: form, .. } = &loaded;
    let options = Options {
        sampling,
        max_tokens: args.max_tokens,
        stop_tokens: endings(tokenizer, form),
        overflow: args.memory.overflow(),
        logprobs: args.logprobs,
    };
    let mut grammar = constraint(grammar.as_ref(), tokenizer, &options.stop_tokens)?;
    if !args.json {
        out::piece(&words)?;
    }
    // A reader that has gone wants no more text.
    let mut on_text = |piece: &str| match args.json || out::said(piece).is_ok() {
        true => Flow::Continue,
        false => Flow::Stop,
    };
    let mut voice = Voice::new(tokenizer, &args.stop, &mut on_text);
    let mut watch = Watch::start();
    let mut on_token = |token| {
        watch.heard();
        if host.interrupt.requested() { Flow::Stop } else { voice.say(token) }
    };
    let mut known = Known::of(tokenizer.vocab_size(), decoding.spec().vocab_size);
    let known = known.as_mut().map(|known| known as &mut dyn Constraint);
    let grammar = grammar.as_mut().map(|grammar| grammar as &mut dyn Constraint);
    let steer = Steer { on_token: &mut on_token, constraint: grammar.or(known) };
    let mut statistics = None;
    let generated = match args.search.contrastive(args.sampling.top_k, &options) {
        Some(search) => {
            prompt::must_fit(&ids, decoding.spec().context)?;
            generate::contrastive_search(decoding, &ids, &search, steer)?
        }
        None => {
            prompt::note_if_cut(&ids, decoding.spec().context, options.overflow);
            let memory = &mut args.memory.open(decoding)?;
            let generated = match &mut args.speculation.speculation(host, tokenizer)? {
                Some(ahead) => {
                    let made = speculate(decoding, memory, &ids, &options, steer, ahead)?;
                    statistics = Some(made.1);
                    made.0
                }
                None => generate_with(decoding, memory, &ids, &options, steer)?,
            };
            args.memory.keep(decoding, memory)?;
            generated
        }
    };
    let (prompt, cached) = (generated.prompt_tokens, generated.cached_tokens);
    let stats = watch.stop(prompt, cached, generated.tokens.len());
    let told = Told { prompt: &words, said: voice.finish(), generated, stats, statistics };
    told.tell(args, tokenizer)
}
