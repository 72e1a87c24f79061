//! What is told of a text that the model went on with.

use anyhow::Result;
use chat::{Likely, ReplyToken, Said};
use generate::{Finish, Generated, Statistics};
use serde_json::{Value, json};
use tokenizer::Tokenizer;

use super::Args;
use crate::stats::Stats;
use crate::{out, speculation_args};

/// A text and how it came.
pub(super) struct Told<'a> {
    pub(super) prompt: &'a str,
    pub(super) said: Said,
    pub(super) generated: Generated,
    pub(super) stats: Stats,
    pub(super) statistics: Option<Statistics>,
}

impl Told<'_> {
    /// Ends the text that was printed as it came, or prints all as JSON; then the statistics.
    pub(super) fn tell(self, args: &Args, tokenizer: &Tokenizer) -> Result<()> {
        match args.json {
            true => out::line(self.json(args, tokenizer))?,
            false => out::line("")?,
        }
        if args.stats {
            eprintln!("{}", self.stats);
        }
        Ok(())
    }

    fn json(&self, args: &Args, tokenizer: &Tokenizer) -> Value {
        let Self { prompt, said, generated, stats, statistics } = self;
        let finish = if said.stopped { "stop" } else { finish_name(generated.finish) };
        let mut told = json!({
            "prompt": prompt,
            "prompt_tokens_read": generated.prompt_tokens,
            "text": said.text,
            "ids": generated.tokens,
            "finish": finish,
        });
        if args.logprobs.is_some() {
            let tokens = generated.logprobs.iter();
            let tokens = tokens.map(|token| token_json(&ReplyToken::new(tokenizer, token)));
            told["logprobs"] = tokens.collect();
        }
        if args.stats {
            // By the clock, like the rates: the same seed gives the same JSON without them.
            told["stats"] = stats.json();
            told["stats"]["speculation"] = statistics.as_ref().map(speculation_args::json).into();
        }
        told
    }
}

fn token_json(token: &ReplyToken) -> Value {
    let likely = |l: &Likely| json!({"id": l.id, "token": l.text, "logprob": l.logprob});
    let mut told = likely(&token.chosen);
    told["top"] = token.top.iter().map(likely).collect();
    told
}

/// How a finish is called.
pub(super) fn finish_name(finish: Finish) -> &'static str {
    match finish {
        Finish::Stop => "stop",
        Finish::Length => "length",
        Finish::Cancelled => "cancelled",
        Finish::ContextFull => "context_full",
    }
}
