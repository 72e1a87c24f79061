//! The fast decoder: a model's matrices as files store them, on [`kernels`], for every family.
//!
//! ```text
//! source      where tensors come from: rows as they are stored, or numbers
//! weight      a matrix, of one type or several, and its products
//! block       one block in each of its arrangements; attention, latent, feed_forward are its parts
//! cache       keys and values of a sequence; shift, prefixes and saved are what is done with them
//! watch       who sees what meets the matrices; adapter is what is added to their products
//! together    several sequences in one pass
//! alike       how many rows together get the bits that each has alone
//! ```
//!
//! It computes what the readable model does: their logits are compared, family by family. Streams,
//! norms and softmaxes are f32; matrices in quantized blocks meet inputs of eight bits
//! ([`kernels::quantized`]), brain floats meet rounded inputs where many rows come at once.

mod adapter;
mod alike;
mod attention;
mod block;
mod cache;
mod feed_forward;
mod latent;
mod norm;
mod prefixes;
#[cfg(test)]
pub(crate) mod random;
mod saved;
mod shift;
mod source;
mod together;
mod watch;
mod weight;

use std::sync::Arc;

use arch::angles::OfBlocks;
use arch::waves::waves;
use arch::{Cache as _, Decoder, Error, Input, Logits, Positions, Slot, SlotSource, Spec, Tap};
use kernels::attention::paged::Kind;
use kernels::quantized::Inputs;

use block::Block;
use cache::{Form, New};
use norm::Norm;
use source::Reader;
use weight::{Around, Weight};

pub use adapter::Adapter;
pub use cache::Cache;
pub use kernels::attention::paged::Kind as CacheKind;
pub use prefixes::{Counts, Prefixes};
pub use together::Next;
pub use watch::Watch;

/// Positions that a page of a cache holds.
pub const POSITIONS_OF_PAGE: usize = kernels::attention::paged::PAGE;
/// Positions that go through the blocks together: more would need more memory and gain no time.
const CHUNK: usize = 512;

/// A model, ready to decode.
#[derive(Debug)]
pub struct Runtime {
    spec: Spec,
    embedding: Weight,
    /// `(offset + T, D)`.
    positions: Option<Vec<f32>>,
    project_in: Option<Weight>,
    blocks: Vec<Block>,
    final_norm: Option<Norm>,
    project_out: Option<Weight>,
    head: Option<Weight>,
    cache: Kind,
    around: Around,
    /// Rows whose products have the bits that each has alone.
    rows_alike: usize,
}

impl Runtime {
    /// Reads the tensors of a spec, each once, and lays them out. Caches are as exact as the weights: f32
    /// where all matrices are f32, else half floats; [`Runtime::with_cache`] says otherwise.
    ///
    /// # Errors
    /// [`Error::Shape`] for an impossible spec, [`Error::TensorShape`], what the source says.
    pub fn new(spec: &Spec, source: &dyn SlotSource) -> Result<Self, Error> {
        Self::within(Around::default(), spec, source)
    }

    fn within(around: Around, spec: &Spec, source: &dyn SlotSource) -> Result<Self, Error> {
        spec.check()?;
        let reader = Reader::new(spec, source, around.clone());
        let mut angles = OfBlocks::new(spec);
        let blocks = (0..spec.n_layers).map(|i| Block::new(spec, i, &reader, angles.of(i)));
        let mut made = Self {
            embedding: reader.matrix(Slot::Embedding)?,
            positions: reader.optional(Slot::Positions)?,
            project_in: reader.optional_matrix(Slot::ProjectIn)?,
            blocks: blocks.collect::<Result<_, _>>()?,
            final_norm: match spec.has_final_norm() {
                true => Some(Norm::new(spec, &reader, Slot::FinalNormGain, Slot::FinalNormBias)?),
                false => None,
            },
            project_out: reader.optional_matrix(Slot::ProjectOut)?,
            head: reader.optional_matrix(Slot::Head)?,
            around,
            rows_alike: alike::rows(&reader),
            spec: spec.clone(),
            cache: Kind::F32,
        };
        made.cache = if reader.is_exact() { Kind::F32 } else { Kind::F16 };
        Ok(made)
    }

    /// Takes the weights of a model that has gone on learning, so that what it says now is what this says.
    /// Memories of before were made with other weights; they are to be thrown away. Who watches and what is
    /// adapted stays.
    ///
    /// # Errors
    /// As of [`Runtime::new`]; nothing has changed then. Old and new weights are held at once meanwhile.
    pub fn sync_weights(&mut self, source: &dyn SlotSource) -> Result<(), Error> {
        let around = self.around.clone();
        *self = Self::within(around, &self.spec, source)?.with_cache(self.cache);
        Ok(())
    }

    /// The same model, whose new caches hold numbers of this kind.
    pub fn with_cache(self, cache: Kind) -> Self {
        Self { cache, ..self }
    }

    /// What numbers new caches hold.
    pub fn cache_kind(&self) -> Kind {
        self.cache
    }

    /// Bytes that a position takes in a cache.
    pub fn cache_bytes_per_position(&self) -> usize {
        self.spec.n_layers * Form::new(&self.spec, self.cache).layout.bytes_per_position()
    }

    /// Lets somebody see from now on what meets the matrices; whether the seat was free.
    pub fn watch(&self, watch: Arc<dyn Watch>) -> bool {
        self.around.seat.take(watch)
    }

    /// Keeps an adapter under a name, in place of an older one; it is not used yet.
    pub fn keep_adapter(&self, name: &str, adapter: Arc<dyn Adapter>) {
        self.around.adapters.keep(name, adapter);
    }

    /// Adds from now on what this adapter adds, or nothing. Memories of before were made otherwise; they are
    /// to be thrown away.
    ///
    /// # Errors
    /// [`Error::Adapter`] if there is none of the name; then nothing has changed.
    pub fn use_adapter(&self, name: Option<&str>) -> Result<(), Error> {
        self.around.adapters.use_one(name)
    }

    /// Bytes of all matrices.
    pub fn len_bytes(&self) -> usize {
        let ends = [&self.project_in, &self.project_out, &self.head];
        let ends: usize = ends.into_iter().flatten().map(Weight::len_bytes).sum();
        self.embedding.len_bytes() + ends + self.blocks.iter().map(Block::len_bytes).sum::<usize>()
    }

    /// Bytes of the matrices that one token is multiplied with: all but an embedding of its own.
    pub fn bytes_per_token(&self) -> usize {
        match &self.head {
            Some(_) => self.len_bytes() - self.embedding.len_bytes(),
            None => self.len_bytes(),
        }
    }

    /// The stream before the first block: `(n, D)`.
    fn embed(&self, input: Input<'_>, first: usize) -> Vec<f32> {
        let (spec, width) = (&self.spec, self.spec.embedding_width());
        let (mut x, scale) = match input {
            Input::Ids(ids) => {
                let mut rows = vec![0.0; ids.len() * width];
                for (&id, row) in ids.iter().zip(rows.chunks_exact_mut(width)) {
                    self.embedding.row(id as usize, row);
                }
                (rows, spec.scales.embedding)
            }
            Input::Embeddings(rows) => (rows.to_vec(), 1.0),
        };
        if let Some(project) = &self.project_in {
            x = project.of(&Inputs::new(&x, width));
        }
        if scale != 1.0 {
            x.iter_mut().for_each(|x| *x *= scale);
        }
        let d = spec.d_model;
        for (row, position) in x.chunks_exact_mut(d).zip(first..) {
            if let Some(table) = &self.positions {
                let added = &table[(position + spec.position_offset) * d..][..d];
                row.iter_mut().zip(added).for_each(|(x, p)| *x += p);
            }
            if spec.positions == Positions::Sinusoidal {
                row.iter_mut().zip(waves(position as u32, d)).for_each(|(x, wave)| *x += wave);
            }
        }
        x
    }

    /// The stream after the last block, of new positions of each sequence; the caches hold them then.
    fn through(&self, mut x: Vec<f32>, sequences: &mut [New<'_>], tap: &mut dyn Tap) -> Vec<f32> {
        sequences.iter_mut().for_each(|New { rows, cache }| cache.reserve(*rows));
        let first = sequences.first().map_or(0, |new| new.cache.len);
        for (i, block) in self.blocks.iter().enumerate() {
            tap.stream(i, first, &mut x);
            block.forward(&mut x, sequences);
        }
        tap.stream(self.blocks.len(), first, &mut x);
        sequences.iter_mut().for_each(|New { rows, cache }| cache.advance(*rows));
        x
    }

    /// The states that the stream after the last block holds, behind the last norm: `(n, D)`.
    fn normed(&self, x: &[f32]) -> Vec<f32> {
        self.final_norm.as_ref().map_or_else(|| x.to_vec(), |norm| norm.of(x))
    }

    /// Logits of the stream after the last block: `(n, D)` to `(n, V)`.
    fn read_out(&self, x: &[f32]) -> Vec<f32> {
        let mut x = self.normed(x);
        if let Some(project) = &self.project_out {
            x = project.of(&Inputs::new(&x, self.spec.d_model));
        }
        let divisor = self.spec.scales.logits;
        if divisor != 1.0 {
            x.iter_mut().for_each(|x| *x /= divisor);
        }
        let head = self.head.as_ref().unwrap_or(&self.embedding);
        let mut logits = head.of(&Inputs::new(&x, self.spec.embedding_width()));
        if let Some(cap) = self.spec.logit_softcap {
            kernels::softcap::cap(&mut logits, cap);
        }
        logits
    }
}

/// Nobody looks.
struct Unseen;

impl Tap for Unseen {
    fn stream(&mut self, _: usize, _: usize, _: &mut [f32]) {}
}

impl crate::States for Runtime {
    fn states(&self, input: Input<'_>, cache: &mut Cache) -> Result<(Vec<f32>, Vec<f32>), Error> {
        let n = input.positions(&self.spec, cache.len())?;
        if n == 0 {
            return Ok((Vec::new(), Vec::new()));
        }
        let x = self.through(
            self.embed(input, cache.len()),
            &mut [New { rows: n, cache }],
            &mut Unseen,
        );
        Ok((self.normed(&x), self.read_out(&x)))
    }
}

impl Decoder for Runtime {
    type Cache = Cache;

    fn spec(&self) -> &Spec {
        &self.spec
    }

    fn new_cache(&self) -> Cache {
        Cache::new(Form::new(&self.spec, self.cache))
    }

    fn forward(
        &self,
        input: Input<'_>,
        cache: &mut Cache,
        logits: Logits,
    ) -> Result<Vec<f32>, Error> {
        self.forward_tapped(input, cache, logits, &mut Unseen)
    }

    fn forward_tapped(
        &self,
        input: Input<'_>,
        cache: &mut Cache,
        logits: Logits,
        tap: &mut dyn Tap,
    ) -> Result<Vec<f32>, Error> {
        let n = input.positions(&self.spec, cache.len())?;
        let (d, mut found) = (self.spec.d_model, Vec::new());
        for from in (0..n).step_by(CHUNK) {
            let rows = CHUNK.min(n - from);
            let part = input.part(&self.spec, from, rows);
            let x = self.embed(part, cache.len());
            let x = self.through(x, &mut [New { rows, cache }], tap);
            match logits {
                Logits::All => found.extend(self.read_out(&x)),
                Logits::Last if from + rows == n => found = self.read_out(&x[(rows - 1) * d..]),
                Logits::Last | Logits::None => {}
            }
        }
        Ok(found)
    }

    fn shift(&self, cache: &mut Cache, keep: usize, dropped: usize) -> Result<(), Error> {
        *cache = self.shifted(cache, keep, dropped)?;
        Ok(())
    }

    fn rows_alike(&self, held: usize) -> usize {
        alike::at(&self.spec, held).min(self.rows_alike)
    }
}
