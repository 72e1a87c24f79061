//! How a file is read that does not say itself what it is.

use std::path::Path;

use anyhow::{Result, anyhow};
use tokenizer::Tokenizer;
use tokenizer::formats::{Choice, ENCODINGS, Encoding, Format};

/// What a file does not say itself.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub(super) struct Reading {
    /// The format to read [default: told by name and content]
    #[arg(long, value_name = "FORMAT", value_parser = format)]
    from: Option<Format>,
    /// What a file of ranks belongs to, such as cl100k_base [default: told by name and size]
    #[arg(long, value_name = "NAME", value_parser = encoding)]
    encoding: Option<&'static Encoding>,
}

impl Reading {
    /// The tokenizer in a file, or in a folder that holds one.
    pub(super) fn open(self, path: &Path) -> Result<Tokenizer> {
        let choice = Choice { format: self.from, encoding: self.encoding };
        Tokenizer::open_as(path, choice).map_err(|error| {
            // Most errors begin with the file; those of a model know none.
            let name = path.display().to_string();
            match error.to_string().starts_with(&name) {
                true => error.into(),
                false => anyhow!(error).context(format!("cannot use {name}")),
            }
        })
    }
}

pub(super) fn format(name: &str) -> Result<Format, String> {
    let names: Vec<&str> = Format::all().map(|(_, name)| name).collect();
    Format::named(name).ok_or_else(|| format!("expected one of {}", names.join(", ")))
}

fn encoding(name: &str) -> Result<&'static Encoding, String> {
    let names: Vec<&str> = ENCODINGS.iter().map(|encoding| encoding.name).collect();
    let found = ENCODINGS.iter().find(|encoding| encoding.name == name);
    found.ok_or_else(|| format!("expected one of {}", names.join(", ")))
}
