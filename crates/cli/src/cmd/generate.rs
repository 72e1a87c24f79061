//! `lyceum generate`: the model goes on from your words.

use anyhow::Result;
use arch::Decoder as _;
use generate::{Constraint, Finish, Flow, Known, Memory, Options, Sampling, Steer, generate_with};
use life::Loaded;
use life::load::{endings, marks, opening};
use serde_json::json;

use crate::grammar_args::{GrammarArgs, constraint};
use crate::host::Host;
use crate::out;
use crate::pick;

/// Let a model go on from your words
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lyceum generate \"Once upon a time\"
  lyceum generate --model bard --temperature 0.5 --seed 7 \"ROMEO:\"
  lyceum generate --model ./my-model --json \"Once\"
  lyceum generate --json-schema person.json \"A person:\"
  lyceum generate --choices yes,no \"Is bread food? \"")]
pub(crate) struct Args {
    /// What it goes on from [default: nothing]
    #[arg(default_value = "")]
    prompt: String,
    /// A run, a model's folder, a GGUF file, or a pulled model [default: the newest run]
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,
    /// Tokens at most
    #[arg(long, short = 'n', value_name = "N", default_value_t = 200)]
    max_tokens: usize,
    #[command(flatten)]
    sampling: SamplingArgs,
    #[command(flatten)]
    form: GrammarArgs,
    /// Print text, ids and why it ended as JSON
    #[arg(long)]
    json: bool,
}

/// How tokens are chosen.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct SamplingArgs {
    /// 0 takes the likeliest token each time, 1 the model's own distribution [default: 0.6 for text, 0.3
    /// for answers]
    #[arg(long, short, value_name = "T")]
    temperature: Option<f32>,
    /// Only this many of the likeliest tokens
    #[arg(long, value_name = "K")]
    top_k: Option<usize>,
    /// Only the likeliest tokens that together hold this share
    #[arg(long, value_name = "P")]
    top_p: Option<f32>,
    /// Only tokens at least this share as likely as the likeliest
    #[arg(long, value_name = "P")]
    min_p: Option<f32>,
    /// Equal seeds give equal texts
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
}

impl SamplingArgs {
    /// `temperature`: of one who says nothing of it.
    pub(crate) fn sampling(&self, temperature: f32) -> Result<Sampling> {
        let Self { top_k, top_p, min_p, seed, .. } = self.clone();
        let temperature = self.temperature.unwrap_or(temperature);
        let sampling = Sampling { temperature, top_k, top_p, min_p, seed };
        sampling.check()?;
        Ok(sampling)
    }
}

pub(crate) fn run(args: &Args, host: &Host) -> Result<()> {
    let sampling = args.sampling.sampling(0.6)?;
    let grammar = args.form.grammar()?;
    let Loaded { decoding, tokenizer, options: form, .. } =
        pick::model(host, args.model.as_deref())?;
    let mark = marks(&tokenizer, &form.config).begin;
    let words = tokenizer.encode(&args.prompt)?;
    let mut prompt: Vec<u32> = mark.into_iter().chain(words).collect();
    if prompt.is_empty() {
        prompt = opening(&tokenizer, &form);
    }
    let options = Options {
        sampling,
        max_tokens: args.max_tokens,
        stop_tokens: endings(&tokenizer, &form),
        truncate: true,
    };
    let mut grammar = constraint(grammar.as_ref(), &tokenizer, &options.stop_tokens)?;
    let mut stream = tokenizer.decoder();
    let context = decoding.spec().context;
    if prompt.len() > context {
        let n = prompt.len();
        eprintln!(
            "note: the prompt has {n} tokens, the model sees {context}: only its end is read"
        );
    }
    if !args.json {
        out::piece(&args.prompt)?;
    }
    let mut on_token = |token| {
        let piece = stream.push(token).unwrap_or_default();
        // A reader that has gone wants no more text.
        let gone = !args.json && out::said(&piece).is_err();
        if gone || host.interrupt.requested() { Flow::Stop } else { Flow::Continue }
    };
    let mut known = Known::of(tokenizer.vocab_size(), decoding.spec().vocab_size);
    let known = known.as_mut().map(|known| known as &mut dyn Constraint);
    let grammar = grammar.as_mut().map(|grammar| grammar as &mut dyn Constraint);
    let steer = Steer { on_token: &mut on_token, constraint: grammar.or(known) };
    let mut memory = Memory::new(&decoding);
    let generated = generate_with(&decoding, &mut memory, &prompt, &options, steer)?;
    if args.json {
        let text = tokenizer.decode(&generated.tokens)?;
        let (ids, finish) = (&generated.tokens, finish_name(generated.finish));
        let (prompt, read) = (&args.prompt, generated.prompt_tokens);
        let line = json!({
            "prompt": prompt, "prompt_tokens_read": read, "text": text, "ids": ids,
            "finish": finish,
        });
        out::line(line)?;
    } else {
        out::line(stream.finish())?; // Half a character may still be waiting.
    }
    Ok(())
}

fn finish_name(finish: Finish) -> &'static str {
    match finish {
        Finish::Stop => "stop",
        Finish::Length => "length",
        Finish::Cancelled => "cancelled",
        Finish::ContextFull => "context_full",
    }
}
