//! A memory on disk: a long prompt is read once, and another process goes on from it.
//!
//! ```text
//! "lyceumkv"   and the version
//! model        a sum over the model's shape and some rows of its weights
//! kind         of the cache's numbers
//! n, ids       what was read
//! there        of each page a byte: 1 if it is there; then zeros up to a whole word of eight bytes
//! pages        those that are
//! sum          over all of that
//! ```
//!
//! All numbers are little-endian. Whoever opens a file believes none of it before its length and its sum are
//! what they must be; a page's numbers may be any, as they are no more than numbers.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use arch::{Cache as _, Decoder};
use kernels::attention::paged::{Kind, PAGE, Page};
use stdx::Sum;

use super::Runtime;
use super::cache::{Cache, Form};
use crate::{Error, Memory};

const MAGIC: &[u8; 8] = b"lyceumkv";
const VERSION: u32 = 1;
/// Bytes before the ids.
const HEAD: usize = 8 + 4 + 8 + 4 + 8;

impl Runtime {
    /// Writes what a memory holds to a file, which another process of the same model may go on from.
    ///
    /// # Errors
    /// [`Error::Saved`] if the file cannot be written.
    pub fn save(&self, memory: &Memory<Cache>, path: &Path) -> Result<(), Error> {
        let (cache, ids) = (memory.cache(), memory.ids());
        let mut head = Vec::with_capacity(HEAD + 4 * ids.len());
        head.extend(MAGIC);
        head.extend(VERSION.to_le_bytes());
        head.extend(self.fingerprint().to_le_bytes());
        head.extend((cache.kind() as u32).to_le_bytes());
        head.extend((ids.len() as u64).to_le_bytes());
        head.extend(ids.iter().flat_map(|id| id.to_le_bytes()));
        head.extend(cache.pages.iter().map(|page| u8::from(page.is_some())));
        head.resize(head.len().next_multiple_of(8), 0);
        let mut sum = Sum::default();
        stdx::atomic_file::write_with(path, |file| {
            let mut put = |bytes: &[u8]| {
                sum.add_bytes(bytes);
                file.write_all(bytes)
            };
            put(&head)?;
            cache.pages.iter().flatten().try_for_each(|page| put((**page).as_ref()))?;
            file.write_all(&sum.finish().to_le_bytes())
        })
        .map_err(|error| saved(path, format!("it cannot be written: {error}")))
    }

    /// What [`Runtime::save`] wrote.
    ///
    /// # Errors
    /// [`Error::Saved`] for a file that is not whole, of another model, or of another kind of cache.
    pub fn restore(&self, path: &Path) -> Result<Memory<Cache>, Error> {
        let unreadable = |error| saved(path, format!("it cannot be read: {error}"));
        let pages = self.spec.context.div_ceil(PAGE);
        // Of the widest numbers: that a cache holds others is told below, by name.
        let page = Form::new(&self.spec, Kind::F32).page_bytes() + 64;
        let most = HEAD + 16 + self.spec.context * 4 + pages.saturating_mul(page);
        if std::fs::metadata(path).map_err(unreadable)?.len() > most as u64 {
            return Err(saved(path, "it is larger than a memory of this model can be".into()));
        }
        let bytes = std::fs::read(path).map_err(unreadable)?;
        self.parse(&bytes).map_err(|reason| saved(path, reason))
    }

    fn parse(&self, bytes: &[u8]) -> Result<Memory<Cache>, String> {
        let cut = || "it is cut short".to_string();
        let mut rest = bytes;
        let mut take = |n: usize| rest.split_off(..n).ok_or_else(cut);
        if take(8)? != MAGIC {
            return Err("it is no saved memory of a model".into());
        }
        let version = number(take(4)?);
        if version != u64::from(VERSION) {
            return Err(format!("its version is {version}, {VERSION} is expected"));
        }
        if number(take(8)?) != self.fingerprint() {
            return Err("another model wrote it; remove the file, or name another".into());
        }
        let kind = number(take(4)?);
        let found = Kind::ALL.into_iter().find(|known| *known as u64 == kind);
        if found != Some(self.cache_kind()) {
            let found = found.map_or("unknown", Kind::name);
            let expected = self.cache_kind().name();
            return Err(format!(
                "its numbers are {found}, the cache's {expected}; ask for that kind"
            ));
        }
        let n = usize::try_from(number(take(8)?)).ok().filter(|n| *n <= self.spec.context);
        let n = n.ok_or("it holds more positions than the model has")?;
        let ids: Vec<u32> =
            take(4 * n)?.as_chunks().0.iter().map(|id| u32::from_le_bytes(*id)).collect();
        if ids.iter().any(|&id| id as usize >= self.spec.vocab_size) {
            return Err("it holds ids that the model does not know".into());
        }
        let mut cache = self.new_cache();
        let pages = n.div_ceil(PAGE);
        let there = take((HEAD + 4 * n + pages).next_multiple_of(8) - HEAD - 4 * n)?;
        for is_there in &there[..pages] {
            let mut read = || -> Result<_, String> {
                let bytes = take(cache.form.page_bytes().next_multiple_of(64))?;
                let mut page = Page::zeroed(bytes.len());
                page.as_mut().copy_from_slice(bytes);
                Ok(Arc::new(page))
            };
            cache.pages.push(if *is_there == 1 { Some(read()?) } else { None });
        }
        let told = number(take(8)?);
        let mut sum = Sum::default();
        sum.add_bytes(&bytes[..bytes.len() - 8 - rest.len()]);
        if told != sum.finish() || !rest.is_empty() {
            return Err("it is damaged; remove it".into());
        }
        cache.len = n;
        if cache.truncate(n) != n {
            return Err("pages that its window reaches are missing".into());
        }
        Ok(Memory::of(cache, ids))
    }

    /// A sum over the shape and some rows of the weights of every block.
    fn fingerprint(&self) -> u64 {
        let mut sum = Sum::default();
        sum.add_bytes(format!("{:?}", self.spec).as_bytes());
        let mut row = vec![0.0; self.embedding.k()];
        for i in [0, self.embedding.n() / 2, self.embedding.n() - 1] {
            self.embedding.row(i, &mut row);
            row.iter().for_each(|x| sum.add(u64::from(x.to_bits())));
        }
        for block in &self.blocks {
            block.some_rows().iter().for_each(|x| sum.add(u64::from(x.to_bits())));
        }
        sum.finish()
    }
}

/// A little-endian number of up to eight bytes.
fn number(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

fn saved(path: &Path, reason: String) -> Error {
    Error::Saved { path: path.to_path_buf(), reason }
}
