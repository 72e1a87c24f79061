//! The formats: which name asks for which, and what fits in.

use std::path::Path;

use anyhow::{Result, bail};
use clap::ValueEnum;
use world::Genre;

/// What the texts become.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// One JSON object a line
    Jsonl,
    /// A table for data frames
    Parquet,
    /// Sentences with their trees
    Conllu,
    /// A folder of pictures with captions.jsonl
    Png,
}

impl Format {
    /// The one asked for, else what the name says.
    pub(super) fn of(asked: Option<Self>, out: &Path) -> Result<Self> {
        if let Some(asked) = asked {
            return Ok(asked);
        }
        let name = out.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        let inner = [".gz", ".zst"].iter().find_map(|end| name.strip_suffix(end));
        let end = |name: &str| name.rsplit_once('.').map(|(_, end)| end.to_string());
        match (end(inner.unwrap_or(&name)).as_deref(), inner) {
            (Some("jsonl"), _) => Ok(Self::Jsonl),
            (Some("conllu"), _) => Ok(Self::Conllu),
            (Some("parquet"), None) => Ok(Self::Parquet),
            (None, None) => Ok(Self::Png),
            _ => bail!(
                "{} does not say in which format; expected .jsonl or .conllu, each also as .gz or \
                 .zst, or .parquet, or a folder for pictures; or give --format",
                out.display()
            ),
        }
    }

    /// What is written if nobody says which genres.
    pub(super) fn usual_genres(self) -> &'static [Genre] {
        match self {
            Self::Jsonl | Self::Parquet => &Genre::ALL,
            Self::Conllu => &[Genre::Sentence],
            Self::Png => &[Genre::Picture],
        }
    }

    /// Whether these genres can be written so.
    pub(super) fn check_genres(self, genres: &[Genre]) -> Result<()> {
        let (what, only) = match self {
            Self::Jsonl | Self::Parquet => return Ok(()),
            Self::Conllu => ("CoNLL-U", Genre::Sentence),
            Self::Png => ("a folder of pictures", Genre::Picture),
        };
        match genres.iter().find(|genre| **genre != only) {
            None => Ok(()),
            Some(other) => bail!(
                "{what} holds the genre {only} only, not {other}; leave out --genre, or write \
                 .jsonl or .parquet"
            ),
        }
    }

    /// What the name names.
    pub(super) fn place(self) -> &'static str {
        if self == Self::Png { "folder" } else { "file" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_says_the_format() {
        let check = |name: &str, expected| {
            assert_eq!(Format::of(None, Path::new(name)).ok(), expected, "{name}");
        };
        check("a.jsonl", Some(Format::Jsonl));
        check("b/A.JSONL.zst", Some(Format::Jsonl));
        check("a.conllu.gz", Some(Format::Conllu));
        check("a.parquet", Some(Format::Parquet));
        check("album", Some(Format::Png));
        check("album.d/", None);
        check("a.parquet.gz", None);
        check("a.csv", None);
        check("a.gz", None);
        assert_eq!(Format::of(Some(Format::Png), Path::new("a.csv")).ok(), Some(Format::Png));
    }
}
