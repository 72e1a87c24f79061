//! A memory on disk: a long prompt is read once, and another process goes on from it.
//!
//! ```text
//! "lyceum\0kv"   eight bytes and the version
//! model          a sum over the model's shape and some rows of its weights
//! kind           of the cache's numbers
//! n, ids         what was read
//! pages          of each whether it is there, then its bytes
//! sum            over all of that
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
use super::cache::Cache;
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
        let mut sum = Sum::default();
        stdx::atomic_file::write_with(path, |file| {
            let mut put = |bytes: &[u8]| {
                sum.add_bytes(bytes);
                file.write_all(bytes)
            };
            put(&head)?;
            for page in &cache.pages {
                put(&[u8::from(page.is_some())])?;
                if let Some(page) = page {
                    put((**page).as_ref())?;
                }
            }
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
        let most = HEAD + 8 + self.spec.context * 4 + self.most_bytes();
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
        for _ in 0..n.div_ceil(PAGE) {
            let page = match take(1)? {
                [0] => None,
                _ => Some(take(cache.form.page_bytes().next_multiple_of(64))?),
            };
            cache.pages.push(page.map(|bytes| {
                let mut page = Page::zeroed(bytes.len());
                page.as_mut().copy_from_slice(bytes);
                Arc::new(page)
            }));
        }
        let mut sum = Sum::default();
        // As it was written: piece by piece, as a piece's last word is filled up.
        let told = number(take(8)?);
        let body = &bytes[..bytes.len() - 8 - rest.len()];
        let (head, mut body) = body.split_at(HEAD + 4 * n);
        sum.add_bytes(head);
        for page in &cache.pages {
            for len in [1, page.as_ref().map_or(0, |page| (**page).as_ref().len())] {
                sum.add_bytes(body.split_off(..len).unwrap_or_default());
            }
        }
        if told != sum.finish() || !rest.is_empty() {
            return Err("it is damaged; remove it".into());
        }
        cache.len = n;
        if cache.truncate(n) != n {
            return Err("pages that its window reaches are missing".into());
        }
        Ok(Memory::of(cache, ids))
    }

    /// Bytes of the pages of a whole context, with what stands before each.
    fn most_bytes(&self) -> usize {
        let page = self.new_cache().form.page_bytes().next_multiple_of(64) + 1;
        self.spec.context.div_ceil(PAGE).saturating_mul(page)
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
            block.attention().some_rows().iter().for_each(|x| sum.add(u64::from(x.to_bits())));
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
