//! A part of a corpus as tokens on the disk, mapped into memory to be read.
//!
//! All numbers little endian: a header of 80 bytes (`shard/header.rs`), `n_tokens` ids of two or four bytes,
//! `n_documents` positions of eight bytes where each document ends, and in a weighted shard a byte
//! for each token: how much it counts as a target, in hundredths. Documents lie behind each
//! other without gaps; none is empty. Opening a shard reads it once from end to end, so that every
//! id and every position is known to be sound and nothing after it can fail.

mod header;
mod writer;

use std::fs::File;
use std::ops::Range;
use std::path::Path;

use crate::Error;
use crate::batch::WHOLE;
use header::{Header, LENGTH};
use stdx::Sum;

pub use writer::ShardWriter;

/// An open shard.
#[derive(Debug)]
pub struct Shard {
    map: memmap2::Mmap,
    header: Header,
}

impl Shard {
    /// Maps a shard and checks all of it.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Foreign`], [`Error::Version`], [`Error::CutShort`],
    /// [`Error::Damaged`].
    pub fn open(path: &Path) -> Result<Self, Error> {
        let file = File::open(path).map_err(Error::io(path))?;
        #[expect(unsafe_code, reason = "a memory map")]
        // SAFETY: the map is read only. That nobody shrinks the file meanwhile cannot be ruled
        // out on any system; our own writes replace files and never change them in place.
        let map = unsafe { memmap2::Mmap::map(&file) }.map_err(Error::io(path))?;
        let header = Header::read(path, &map)?;
        let shard = Self { map, header };
        let damaged = |reason| Error::Damaged { path: path.to_path_buf(), reason };
        shard.check_tokens().and_then(|()| shard.check_documents()).map_err(damaged)?;
        Ok(shard)
    }

    /// Refuses a shard of another tokenizer than that of the hash given.
    ///
    /// # Errors
    /// [`Error::Tokenizer`].
    pub fn expect_tokenizer(&self, path: &Path, expected: u64) -> Result<(), Error> {
        let got = self.header.tokenizer_hash;
        if got == expected {
            return Ok(());
        }
        Err(Error::Tokenizer { path: path.to_path_buf(), got, expected })
    }

    /// How many tokens there are.
    pub fn n_tokens(&self) -> usize {
        self.header.n_tokens
    }

    /// How many documents there are.
    pub fn n_documents(&self) -> usize {
        self.header.n_documents
    }

    /// How many bytes of text the tokens stand for: what bits per byte are divided by.
    pub fn n_bytes(&self) -> u64 {
        self.header.n_bytes
    }

    /// All ids are below this.
    pub fn vocab_size(&self) -> usize {
        self.header.vocab_size as usize
    }

    /// Which tokenizer made the ids.
    pub fn tokenizer_hash(&self) -> u64 {
        self.header.tokenizer_hash
    }

    /// A number that differs between shards of different content.
    pub fn fingerprint(&self) -> u64 {
        self.header.content
    }

    /// The tokens of a range.
    ///
    /// # Panics
    /// If the range goes beyond [`Shard::n_tokens`].
    pub fn tokens(&self, range: Range<usize>) -> impl ExactSizeIterator<Item = u32> + '_ {
        let width = self.header.width;
        let bytes = &self.ids()[range.start * width..range.end * width];
        bytes.chunks_exact(width).map(|b| match b {
            [a, b] => u32::from(u16::from_le_bytes([*a, *b])),
            b => u32::from_le_bytes(b.try_into().expect("a header's width is two or four")),
        })
    }

    /// Copies the tokens from `start` on into all of `out`.
    ///
    /// # Panics
    /// If `out` reaches beyond [`Shard::n_tokens`].
    pub fn copy_into(&self, start: usize, out: &mut [u32]) {
        let range = start..start + out.len();
        out.iter_mut().zip(self.tokens(range)).for_each(|(to, from)| *to = from);
    }

    /// Copies the weights of the tokens from `start` on into all of `out`: how much each counts as
    /// a target, in hundredths. Without weights all count whole.
    ///
    /// # Panics
    /// If `out` reaches beyond [`Shard::n_tokens`].
    pub fn copy_weights_into(&self, start: usize, out: &mut [u8]) {
        match self.weights() {
            Some(weights) => out.copy_from_slice(&weights[start..start + out.len()]),
            None => out.fill(WHOLE),
        }
    }

    fn weights(&self) -> Option<&[u8]> {
        let at = LENGTH + self.header.n_tokens * self.header.width + self.header.n_documents * 8;
        self.header.weighted.then(|| &self.map[at..][..self.header.n_tokens])
    }

    /// Where a document's tokens are.
    ///
    /// # Panics
    /// If there is no such document.
    pub fn document(&self, index: usize) -> Range<usize> {
        let start = if index == 0 { 0 } else { self.document_end(index - 1) };
        start..self.document_end(index)
    }

    fn ids(&self) -> &[u8] {
        &self.map[LENGTH..][..self.header.n_tokens * self.header.width]
    }

    fn document_end(&self, index: usize) -> usize {
        let at = LENGTH + self.header.n_tokens * self.header.width + index * 8;
        let bytes = self.map[at..at + 8].try_into().expect("a range of eight");
        // The check at opening found every end within the tokens.
        u64::from_le_bytes(bytes) as usize
    }

    fn check_tokens(&self) -> Result<(), String> {
        let (mut sum, mut largest) = (Sum::default(), 0);
        for token in self.tokens(0..self.n_tokens()) {
            sum.add(u64::from(token));
            largest = largest.max(token);
        }
        (0..self.n_documents()).for_each(|i| sum.add(self.document_end(i) as u64));
        for &weight in self.weights().unwrap_or_default() {
            sum.add(u64::from(weight));
            if weight > WHOLE {
                return Err(format!("a token counts {weight} hundredths"));
            }
        }
        if self.n_tokens() > 0 && largest >= self.header.vocab_size {
            return Err(format!("token {largest} in a vocabulary of {}", self.header.vocab_size));
        }
        if sum.finish() != self.header.content {
            return Err("its tokens are not those that were written".into());
        }
        Ok(())
    }

    fn check_documents(&self) -> Result<(), String> {
        let mut end = 0;
        for index in 0..self.n_documents() {
            let next = self.document_end(index);
            if next <= end {
                return Err(format!("document {index} ends at {next}, the last one at {end}"));
            }
            end = next;
        }
        if end != self.n_tokens() {
            return Err(format!("documents end at {end}, tokens at {}", self.n_tokens()));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
