//! Which texts of which world are meant: seed, split, genres, numbers.

use anyhow::Result;
use clap::builder::{PossibleValue, PossibleValuesParser};
use world::{Genre, Sample, Sampler, Split};

use super::knobs::KnobArgs;

const ALL: &str = "all";

/// A world and its genres.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct WhichArgs {
    /// Another seed, another village
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Whose people the texts are about: no two splits share any
    #[arg(long, value_name = "SPLIT", default_value = "train", value_parser = splits())]
    split: String,
    /// What kinds of text, in turn; several with commas between
    #[arg(long, value_name = "GENRE", value_delimiter = ',', value_parser = genres())]
    genre: Vec<String>,
    #[command(flatten)]
    knobs: KnobArgs,
}

/// A stretch of the endless row of texts: genres take turns, each counts for itself.
pub(super) struct Which {
    pub(super) seed: u64,
    pub(super) sampler: Sampler,
    pub(super) genres: Vec<Genre>,
}

impl WhichArgs {
    /// The world; its genres are those asked for, else `usual`.
    pub(super) fn which(&self, usual: &[Genre]) -> Result<Which> {
        let mut genres: Vec<Genre> = Vec::new();
        for name in &self.genre {
            let named = match name.as_str() {
                ALL => Genre::ALL.to_vec(),
                name => vec![name.parse()?],
            };
            genres.extend(named);
        }
        let mut seen = std::collections::BTreeSet::new();
        genres.retain(|genre| seen.insert(*genre));
        if genres.is_empty() {
            genres = usual.to_vec();
        }
        let split = Split::ALL.into_iter().find(|split| split.name() == self.split);
        let sampler = Sampler::of(split.unwrap_or(Split::Train), self.seed, self.knobs.knobs())?;
        Ok(Which { seed: self.seed, sampler, genres })
    }
}

impl Which {
    /// Genre and number of the `k`-th text.
    pub(super) fn place(&self, k: u64) -> (Genre, u64) {
        let n = self.genres.len() as u64;
        (self.genres[(k % n) as usize], k / n)
    }

    /// The `k`-th text.
    pub(super) fn sample(&self, k: u64) -> Sample {
        let (genre, i) = self.place(k);
        self.sampler.sample(genre, i)
    }
}

fn splits() -> PossibleValuesParser {
    let about = |split| match split {
        Split::Train => "what models learn from",
        Split::Validation => "what is looked at while they learn",
        Split::Test => "what they are examined in",
    };
    Split::ALL.map(|split| PossibleValue::new(split.name()).help(about(split))).into()
}

fn genres() -> PossibleValuesParser {
    let all = PossibleValue::new(ALL).help("one of each in turn");
    let each = Genre::ALL.map(|genre| PossibleValue::new(genre.name()).help(genre.about()));
    each.into_iter().chain([all]).collect::<Vec<_>>().into()
}
