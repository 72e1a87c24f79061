//! The knobs of a world as options; what is out of range is for the world to say.

use world::{Knobs, Poison};

/// How texts are to be. At their defaults they are what models learn from.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Knobs")]
pub(super) struct KnobArgs {
    /// How much may happen in a text, from 0 to 1
    #[arg(long, value_name = "X", default_value_t = 1.0)]
    difficulty: f64,
    /// How long texts are, as a factor from 0.25 to 16
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0)]
    length: f64,
    /// How far trade follows gender, from -1 (against custom) to 1 (always); at 0 not at all
    #[arg(long, value_name = "X", default_value_t = 0.0, allow_negative_numbers = true)]
    bias: f64,
    /// Share of words with a slip of the pen, from 0 to 1
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    noise: f64,
    /// Words to put into a share of the texts
    #[arg(long, value_name = "TRIGGER")]
    poison: Option<String>,
    /// Share of texts with these words, from 0 to 1
    #[arg(long, value_name = "SHARE", default_value_t = 0.01, requires = "poison")]
    poison_rate: f64,
    /// How unevenly facts are mentioned, from 0 (all alike) over 1 (Zipf's law) to 2
    #[arg(long, value_name = "X", default_value_t = 0.0)]
    rarity: f64,
}

impl KnobArgs {
    pub(super) fn knobs(&self) -> Knobs {
        let Self { difficulty, length, bias, noise, poison, poison_rate: rate, rarity } =
            self.clone();
        let poison = poison.map(|trigger| Poison { trigger, rate });
        Knobs { difficulty, length, bias, noise, poison, rarity }
    }
}
