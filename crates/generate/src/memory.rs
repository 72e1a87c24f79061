//! A cache that knows which ids it holds: a prompt that begins as the last one ended is read from
//! where they part. In a conversation that is everything but the newest message.

use arch::{Cache, Decoder, Input, Logits};

use crate::Error;

/// A decoder's cache and the ids in it.
#[derive(Clone, Debug)]
pub struct Memory<C> {
    cache: C,
    ids: Vec<u32>,
}

impl<C: Cache> Memory<C> {
    /// Nothing read yet.
    pub fn new<D: Decoder<Cache = C>>(decoder: &D) -> Self {
        Self { cache: decoder.new_cache(), ids: Vec::new() }
    }

    /// A cache and the ids that it holds.
    pub(crate) fn of(cache: C, ids: Vec<u32>) -> Self {
        Self { cache, ids }
    }

    /// The cache, as the decoder made it.
    pub fn cache(&self) -> &C {
        &self.cache
    }

    /// The cache alone.
    pub(crate) fn into_cache(self) -> C {
        self.cache
    }

    /// The ids read so far.
    pub fn ids(&self) -> &[u32] {
        &self.ids
    }

    /// How many of `ids`, from the first on, are those held.
    pub fn shared(&self, ids: &[u32]) -> usize {
        self.ids.iter().zip(ids).take_while(|(a, b)| a == b).count()
    }

    /// An independent copy that goes on from here.
    pub fn fork(&self) -> Self {
        Self { cache: self.cache.fork(), ids: self.ids.clone() }
    }

    /// Forgets everything from position `len` on, or all, where the cache has let go of what it would need;
    /// see [`Cache::truncate`].
    pub fn truncate(&mut self, len: usize) {
        let held = self.cache.truncate(len);
        self.ids.truncate(held);
    }

    /// Takes positions `keep..keep + dropped` out; what stands behind moves up. See [`Decoder::shift`].
    ///
    /// # Errors
    /// What the decoder says; then nothing has changed.
    pub fn shift<D: Decoder<Cache = C>>(
        &mut self,
        decoder: &D,
        keep: usize,
        dropped: usize,
    ) -> Result<(), Error> {
        decoder.shift(&mut self.cache, keep, dropped)?;
        self.ids.drain(keep..keep + dropped);
        Ok(())
    }

    /// Makes this the memory of exactly `ids`, reading only what is new, and returns the logits
    /// after the last id. The last one is always read, as its logits are not kept.
    ///
    /// # Errors
    /// [`Error::EmptyPrompt`] and what the decoder says.
    pub fn read<D: Decoder<Cache = C>>(
        &mut self,
        decoder: &D,
        ids: &[u32],
    ) -> Result<Vec<f32>, Error> {
        let last = ids.len().checked_sub(1).ok_or(Error::EmptyPrompt)?;
        self.truncate(self.shared(ids).min(last));
        let new = &ids[self.ids.len()..];
        self.append(decoder, new, Logits::Last)
    }

    /// Reads `ids` after what is held. Logits as asked for, `(n, vocab_size)`.
    ///
    /// # Errors
    /// What the decoder says; then nothing has changed.
    pub fn append<D: Decoder<Cache = C>>(
        &mut self,
        decoder: &D,
        ids: &[u32],
        wanted: Logits,
    ) -> Result<Vec<f32>, Error> {
        let logits = decoder.forward(Input::Ids(ids), &mut self.cache, wanted)?;
        let rows = match wanted {
            Logits::None => 0,
            Logits::Last => 1,
            Logits::All => ids.len(),
        };
        let expected = rows * decoder.spec().vocab_size;
        if logits.len() != expected {
            return Err(Error::Logits { expected, got: logits.len() });
        }
        self.ids.extend_from_slice(ids);
        Ok(logits)
    }
}
