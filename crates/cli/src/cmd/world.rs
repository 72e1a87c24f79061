//! `lyceum world`: read what the default corpus is made of.

use anyhow::Result;
use world::{Corpus, Document, Speaker};

use crate::out;

/// Print stories and dialogues of the village that models learn from
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lyceum world
  lyceum world --seed 7 --first 100 -n 3
  lyceum world --json -n 1000 > village.jsonl")]
pub(crate) struct Args {
    /// Another seed, another village
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Number of the first document
    #[arg(long, value_name = "N", default_value_t = 0)]
    first: u64,
    /// How many documents
    #[arg(long, short = 'n', value_name = "N", default_value_t = 3)]
    count: u64,
    /// Print one JSON object a line, with the truth behind the text
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let corpus = Corpus::new(args.seed);
    for i in args.first..args.first.saturating_add(args.count) {
        let document = corpus.document(i);
        if args.json {
            out::line(serde_json::to_string(&document)?)?;
            continue;
        }
        match document {
            Document::Story(story) => {
                out::line(format_args!("# {}\n{}\n", story.title, story.text))?;
            }
            Document::Dialogue(dialogue) => {
                for turn in dialogue.turns {
                    let who = if turn.speaker == Speaker::User { "User" } else { "Assistant" };
                    out::line(format_args!("{who}: {}", turn.text))?;
                }
                out::line("")?;
            }
        }
    }
    Ok(())
}
