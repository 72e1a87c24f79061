//! Writing a shard: tokens go to a spool beside the target; only a finished shard takes its place.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::header::{Header, width_for};
use crate::Error;
use crate::batch::WHOLE;
use stdx::Sum;

/// A shard being written. Dropped before [`ShardWriter::finish`], it leaves nothing behind.
pub struct ShardWriter {
    path: PathBuf,
    spool_path: PathBuf,
    spool: BufWriter<File>,
    header: Header,
    sum: Sum,
    ends: Vec<u64>,
    /// Of all tokens, once one document has some.
    weights: Vec<u8>,
}

impl ShardWriter {
    /// Begins a shard for ids below `vocab_size`, made by the tokenizer of this hash.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::Option`] for an empty or a gigantic vocabulary.
    pub fn create(path: &Path, vocab_size: usize, tokenizer_hash: u64) -> Result<Self, Error> {
        let vocab_size = u32::try_from(vocab_size).ok().filter(|&n| n > 0).ok_or_else(|| {
            let (name, expected) = ("the size of the vocabulary", "1 to 4294967295");
            Error::Option { name, got: vocab_size.to_string(), expected }
        })?;
        let mut spool_name = path.file_name().unwrap_or_default().to_os_string();
        spool_name.push(".spool");
        let spool_path = path.with_file_name(spool_name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(Error::io(folder))?;
        }
        let file = File::create(&spool_path).map_err(Error::io(&spool_path))?;
        let width = width_for(vocab_size);
        Ok(Self {
            path: path.to_path_buf(),
            spool_path,
            spool: BufWriter::with_capacity(1 << 20, file),
            header: Header { width, vocab_size, tokenizer_hash, ..Header::default() },
            sum: Sum::default(),
            ends: Vec::new(),
            weights: Vec::new(),
        })
    }

    /// Adds a document of these tokens, which stand for `n_bytes` bytes of text. A document
    /// without tokens is not kept.
    ///
    /// # Errors
    /// [`Error::Token`], and the document is not added; [`Error::Io`].
    pub fn push(&mut self, tokens: &[u32], n_bytes: u64) -> Result<(), Error> {
        let vocab_size = self.header.vocab_size;
        if let Some(&got) = tokens.iter().find(|&&t| t >= vocab_size) {
            return Err(Error::Token { got, vocab_size });
        }
        if tokens.is_empty() {
            return Ok(());
        }
        for token in tokens {
            self.sum.add(u64::from(*token));
            let bytes = token.to_le_bytes();
            let written = self.spool.write_all(&bytes[..self.header.width]);
            written.map_err(Error::io(&self.spool_path))?;
        }
        self.header.n_tokens += tokens.len();
        self.header.n_documents += 1;
        self.header.n_bytes += n_bytes;
        self.ends.push(self.header.n_tokens as u64);
        Ok(())
    }

    /// Adds a document as [`ShardWriter::push`] does, whose tokens count as targets by `weights`,
    /// one for each, in hundredths. Documents without weights count whole.
    ///
    /// # Errors
    /// As [`ShardWriter::push`]; [`Error::Option`] for weights of another number, or above 100.
    pub fn push_weighted(
        &mut self,
        tokens: &[u32],
        weights: &[u8],
        n_bytes: u64,
    ) -> Result<(), Error> {
        if weights.len() != tokens.len() || weights.iter().any(|&weight| weight > WHOLE) {
            let got = format!("{} of them for {} tokens", weights.len(), tokens.len());
            let expected = "one for each token, from 0 to 100";
            return Err(Error::Option { name: "a document's weights", got, expected });
        }
        self.weights.resize(self.header.n_tokens, WHOLE);
        self.header.weighted = true;
        self.push(tokens, n_bytes)?;
        self.weights.extend_from_slice(weights);
        Ok(())
    }

    /// Tokens added so far.
    pub fn n_tokens(&self) -> usize {
        self.header.n_tokens
    }

    /// Puts the shard in its place, in one step.
    ///
    /// # Errors
    /// [`Error::Io`], and what stood in its place stays.
    pub fn finish(mut self) -> Result<(), Error> {
        self.spool.flush().map_err(Error::io(&self.spool_path))?;
        self.ends.iter().for_each(|&end| self.sum.add(end));
        if self.header.weighted {
            self.weights.resize(self.header.n_tokens, WHOLE);
        }
        self.weights.iter().for_each(|&weight| self.sum.add(u64::from(weight)));
        self.header.content = self.sum.finish();
        let written = stdx::atomic_file::write_with(&self.path, |out| {
            out.write_all(&self.header.to_bytes())?;
            io::copy(&mut BufReader::new(File::open(&self.spool_path)?), out)?;
            self.ends.iter().try_for_each(|end| out.write_all(&end.to_le_bytes()))?;
            out.write_all(&self.weights)
        });
        written.map_err(Error::io(&self.path))
    }
}

impl Drop for ShardWriter {
    fn drop(&mut self) {
        // A spool that cannot be removed is overwritten by the next shard of this name.
        let _ = fs::remove_file(&self.spool_path);
    }
}
