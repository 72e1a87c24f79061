//! What can be said to `lyceum`. One more command is one more file and one line in each of the two
//! lists here.

mod bench;
mod chat;
mod finetune;
mod generate;
mod model;
mod models;
mod pretrain;
mod report;
mod resume;
mod route;
mod runs;
mod serve;
mod speedrun;
mod tokenizer;
mod world;

use anyhow::Result;
use clap::{CommandFactory as _, FromArgMatches as _};

use crate::host::{Global, Host};
use crate::layers;

/// A language model's whole life on your own machine.
#[derive(Debug, clap::Parser)]
#[command(
    name = "lyceum",
    version,
    propagate_version = true,
    after_help = "A first model in a few minutes:\n  lyceum speedrun\n  lyceum chat\n\nEach command explains itself: lyceum COMMAND --help"
)]
pub(crate) struct Lyceum {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    Speedrun(speedrun::Args),
    Pretrain(pretrain::Args),
    Finetune(finetune::Args),
    Resume(resume::Args),
    Runs(runs::Args),
    Model(model::Args),
    Models(models::Args),
    Report(report::Args),
    Generate(generate::Args),
    Chat(chat::Args),
    Serve(serve::Args),
    Route(route::Args),
    Tokenizer(tokenizer::Args),
    World(world::Args),
    Bench(bench::Args),
}

impl Lyceum {
    /// What this process was told; ends it with a word where that is wrong.
    pub(crate) fn read() -> Self {
        let words = std::env::args_os().collect();
        let variable = |name: &str| std::env::var(name).ok();
        let matches = layers::matches(&mut Self::command(), words, variable);
        let read = matches.and_then(|matches| Self::from_arg_matches(&matches));
        read.unwrap_or_else(|error| error.exit())
    }
}

impl Command {
    /// Whether it computes on threads of its own.
    pub(crate) fn serves(&self) -> bool {
        matches!(self, Self::Serve(_))
    }

    /// Runs it without a host, if it needs none: it hears signals by itself.
    pub(crate) fn run_alone(&self) -> Option<Result<()>> {
        match self {
            Self::Route(args) => Some(route::run(args)),
            _ => None,
        }
    }

    pub(crate) fn run(self, host: &Host) -> Result<()> {
        match self {
            Self::Speedrun(args) => speedrun::run(&args, host),
            Self::Pretrain(args) => pretrain::run(&args, host),
            Self::Finetune(args) => finetune::run(&args, host),
            Self::Resume(args) => resume::run(&args, host),
            Self::Runs(args) => runs::run(&args, host),
            Self::Model(args) => model::run(&args, host),
            Self::Models(args) => models::run(&args, host),
            Self::Report(args) => report::run(&args, host),
            Self::Generate(args) => generate::run(&args, host),
            Self::Chat(args) => chat::run(&args, host),
            Self::Serve(args) => serve::run(args, host),
            Self::Route(args) => route::run(&args),
            Self::Tokenizer(args) => tokenizer::run(args, host),
            Self::World(args) => world::run(&args, host),
            Self::Bench(args) => bench::run(&args, host),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound_and_every_command_shows_an_example() {
        let mut lyceum = super::Lyceum::command();
        lyceum.clone().debug_assert();
        for command in lyceum.get_subcommands_mut() {
            let help = command.render_long_help().to_string();
            assert!(help.contains("lyceum "), "{} has no example", command.get_name());
        }
    }

    #[test]
    fn every_part_of_a_command_shows_an_example() {
        let mut lyceum = super::Lyceum::command();
        for name in ["runs", "model", "models", "world"] {
            let command = lyceum.find_subcommand_mut(name).unwrap();
            for part in command.get_subcommands_mut() {
                let help = part.render_long_help().to_string();
                let call = format!("lyceum {name} {} ", part.get_name());
                assert!(help.contains(&call), "{name} {} has no example", part.get_name());
            }
        }
    }
}
