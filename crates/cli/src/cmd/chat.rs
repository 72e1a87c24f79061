//! `lyceum chat`: a conversation in the terminal.

use std::io::{BufRead, IsTerminal};

use anyhow::Result;
use chat::{Finish, Flow, LocalModel, Message, Request, Respond, Role};
use life::Loaded;
use life::load::knows_conversations;

use crate::cache_args::CacheArgs;
use crate::grammar_args::GrammarArgs;
use crate::host::Host;
use crate::out;
use crate::sampling_args::SamplingArgs;
use crate::speculation_args::SpeculationArgs;
use crate::stats::Watch;

/// Talk with a model in the terminal
///
/// Ctrl-C stops an answer; at the prompt it ends the conversation. /new begins anew, /help tells
/// the rest.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lyceum chat
  lyceum chat --model speedrun --temperature 0.5
  lyceum chat --repetition-penalty 1.1 --stats
  lyceum chat --json-schema person.json
  echo \"Who lives in the village?\" | lyceum chat")]
pub(crate) struct Args {
    /// A run, a model's folder, a GGUF file, or a pulled model [default: the newest run]
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,
    /// Tokens of an answer at most
    #[arg(long, short = 'n', value_name = "N")]
    max_tokens: Option<usize>,
    /// Rules of the conversation, told to the model first
    #[arg(long, value_name = "TEXT")]
    system: Option<String>,
    #[command(flatten)]
    sampling: SamplingArgs,
    #[command(flatten)]
    speculation: SpeculationArgs,
    #[command(flatten)]
    cache: CacheArgs,
    #[command(flatten)]
    form: GrammarArgs,
    /// Tell on standard error how fast each answer was
    #[arg(long)]
    stats: bool,
}

/// Of answers: a small model's slips come with warmth ([`web`]'s page has figures).
const TEMPERATURE: f32 = 0.3;

const HELP: &str = "/new   forget the conversation\n/quit  leave (or Ctrl-D)\n/help  this";

pub(crate) fn run(args: &Args, host: &Host) -> Result<()> {
    let sampling = args.sampling.sampling(TEMPERATURE)?;
    let grammar = args.form.grammar()?;
    let loaded = args.cache.model(host, args.model.as_deref())?;
    if !knows_conversations(&loaded) {
        eprintln!("note: this model has seen no conversations; it goes on from your words");
    }
    let Loaded { decoding, tokenizer, options, .. } = loaded;
    let sampling = args.sampling.with_words(sampling, &tokenizer)?;
    let speculation = args.speculation.speculation(host, &tokenizer)?;
    let model = LocalModel::new(decoding, tokenizer, options)?.with_speculation(speculation);
    let is_terminal = std::io::stdin().is_terminal();
    if is_terminal {
        eprintln!("{}: type a message, /help for more", model.model_name());
    }
    let opening: Vec<Message> =
        args.system.iter().map(|text| Message::new(Role::System, text)).collect();
    let mut request = Request {
        messages: opening.clone(),
        sampling,
        max_tokens: args.max_tokens,
        grammar,
        ..Request::default()
    };
    let mut lines = std::io::stdin().lock().split(b'\n');
    loop {
        if is_terminal {
            eprint!("> ");
        }
        let line = host.at_prompt(|| lines.next());
        let Some(line) = line.transpose()? else { break };
        match String::from_utf8_lossy(&line).trim() {
            "" => continue,
            "/quit" | "/exit" => break,
            "/help" => eprintln!("{HELP}"),
            "/new" => request.messages = opening.clone(),
            said => {
                request.messages.push(Message::new(Role::User, said));
                answer(&model, &mut request, args.stats, host)?;
                request.sampling.seed += 1; // The same question may get another answer.
            }
        }
    }
    Ok(())
}

/// Prints the answer as it comes and adds it to the conversation.
fn answer(model: &dyn Respond, request: &mut Request, stats: bool, host: &Host) -> Result<()> {
    host.interrupt.take();
    let mut watch = Watch::start();
    let reply = model.respond(request, &mut |piece| {
        watch.heard();
        let gone = out::said(piece).is_err();
        if gone || host.interrupt.take() { Flow::Stop } else { Flow::Continue }
    });
    match reply {
        Ok(reply) => {
            out::line(if reply.finish == Finish::Stop { "" } else { " …" })?;
            if stats {
                let (read, known) = (reply.prompt_tokens, reply.cached_tokens);
                eprintln!("{}", watch.stop(read, known, reply.completion_tokens));
            }
            request.messages.push(Message::new(Role::Assistant, reply.text));
        }
        // Somebody at the terminal can say it otherwise; a pipe cannot.
        Err(error) if error.is_of_request() && std::io::stdin().is_terminal() => {
            eprintln!("{error}");
            request.messages.pop();
        }
        Err(error) => return Err(error.into()),
    }
    Ok(())
}
