//! What is remembered of a text from one call to the next, and what when it outgrows the context:
//! `--prompt-cache` and `--context-shift`.

use std::path::PathBuf;

use anyhow::{Context, Result};
use generate::runtime::Cache;
use generate::{Memory, Overflow, Runtime};

/// The options above, for what has no such memory.
pub(super) const OF_MEMORY: [&str; 2] = ["prompt_cache", "context_shift"];

/// What becomes of what was read.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct MemoryArgs {
    /// Keep in FILE what was read, and begin with it where it is there: a long prompt is read but once
    #[arg(long, value_name = "FILE", help_heading = "Memory")]
    prompt_cache: Option<PathBuf>,
    /// When the context is full keep its first N tokens, drop half of the others and go on without reading
    /// anything again [default: read the newest half again]
    #[arg(long, value_name = "N", help_heading = "Memory")]
    context_shift: Option<usize>,
}

impl MemoryArgs {
    /// What becomes of a text that the context does not hold.
    pub(super) fn overflow(&self) -> Overflow {
        match self.context_shift {
            Some(keep) => Overflow::Shift { keep },
            None => Overflow::Reread,
        }
    }

    /// What an earlier call kept, or nothing yet.
    pub(super) fn open(&self, decoding: &Runtime) -> Result<Memory<Cache>> {
        match &self.prompt_cache {
            Some(path) if path.exists() => decoding.restore(path).context("--prompt-cache"),
            _ => Ok(Memory::new(decoding)),
        }
    }

    /// Keeps it for the next call, if that is wanted.
    pub(super) fn keep(&self, decoding: &Runtime, memory: &Memory<Cache>) -> Result<()> {
        let Some(path) = &self.prompt_cache else { return Ok(()) };
        decoding.save(memory, path).context("--prompt-cache")
    }
}
