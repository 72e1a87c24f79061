//! The trait through which everything decodes: samplers, chat, serving, evaluation.
//!
//! It is implemented by the readable Burn model and by the fast CPU runtime. Input is token ids or
//! embeddings (pictures and soft prompts come in that way); the cache can be forked (many answers
//! to one prompt) and truncated (speculation, editing); logits are made only where asked for.
//! Batching of several sequences is left to the runtime that has it.

use crate::{Error, Spec};

/// What goes into a decoder: a piece of one sequence, of `T` positions.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// Token ids, `(T)`.
    Ids(&'a [u32]),
    /// Embedding rows, `(T, d_model)`, row-major.
    Embeddings(&'a [f32]),
}

impl Input<'_> {
    /// How many positions it adds to `held` others, if all is well with them.
    ///
    /// # Errors
    /// [`Error::ContextFull`], [`Error::TokenOutOfRange`], [`Error::Shape`].
    pub fn positions(self, spec: &Spec, held: usize) -> Result<usize, Error> {
        let (vocab_size, width) = (spec.vocab_size, spec.embedding_width());
        let n = match self {
            Self::Ids(ids) => {
                if let Some(&id) = ids.iter().find(|&&id| id as usize >= vocab_size) {
                    return Err(Error::TokenOutOfRange { id, vocab_size });
                }
                ids.len()
            }
            Self::Embeddings(rows) if rows.len().is_multiple_of(width) => rows.len() / width,
            Self::Embeddings(rows) => {
                let got = rows.len();
                return Err(Error::Shape(format!("{got} values are no whole rows of {width}")));
            }
        };
        let (needed, available) = (held + n, spec.context);
        if needed > available {
            return Err(Error::ContextFull { needed, available });
        }
        Ok(n)
    }

    /// Of a sound input, `n` positions from `from` on.
    ///
    /// # Panics
    /// If there are not as many.
    pub fn part(self, spec: &Spec, from: usize, n: usize) -> Self {
        let width = spec.embedding_width();
        match self {
            Self::Ids(ids) => Self::Ids(&ids[from..from + n]),
            Self::Embeddings(rows) => Self::Embeddings(&rows[from * width..(from + n) * width]),
        }
    }
}

/// The positions of this input whose logits are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Logits {
    /// None: only the cache is filled.
    None,
    /// The last one: for generation.
    Last,
    /// Every one: for log-likelihoods.
    All,
}

/// Looks at the stream between blocks, and may change it: for probes, steering and lenses.
pub trait Tap {
    /// The stream `(n, d_model)` of new positions before a block; behind the last one, before the final norm,
    /// `block` is the number of blocks. A long input comes in several pieces, `first` being the position of
    /// each piece's first row. What is written goes on through the model.
    fn stream(&mut self, block: usize, first: usize, rows: &mut [f32]);
}

/// What a decoder remembers of a sequence: keys and values of each layer.
pub trait Cache: Sized {
    /// Positions held.
    fn len(&self) -> usize;

    /// Whether nothing is held.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// An independent copy that goes on from here.
    fn fork(&self) -> Self;

    /// Forgets all positions from `len` on, and gives how many are held now. A `len` beyond the end changes
    /// nothing. A memory that has let go of positions which a shorter sequence would look at (those that
    /// fell out of a sliding window) forgets everything.
    fn truncate(&mut self, len: usize) -> usize;
}

/// A causal language model, one sequence at a time.
pub trait Decoder {
    /// Its memory of one sequence.
    type Cache: Cache;

    /// What the model is.
    fn spec(&self) -> &Spec;

    /// An empty memory.
    fn new_cache(&self) -> Self::Cache;

    /// Appends `input` to the sequence in `cache` and returns the logits asked for: row-major
    /// `(n, vocab_size)`, `n` of 0, 1 or T.
    ///
    /// # Errors
    /// [`Error::ContextFull`], [`Error::TokenOutOfRange`], [`Error::Shape`] for embeddings of the
    /// wrong width. After an error the cache is as before.
    fn forward(
        &self,
        input: Input<'_>,
        cache: &mut Self::Cache,
        logits: Logits,
    ) -> Result<Vec<f32>, Error>;

    /// [`Decoder::forward`], between whose blocks a tap looks at the stream.
    ///
    /// # Errors
    /// As of [`Decoder::forward`], and [`Error::Unsupported`] from a decoder that lets nobody look.
    fn forward_tapped(
        &self,
        input: Input<'_>,
        cache: &mut Self::Cache,
        logits: Logits,
        tap: &mut dyn Tap,
    ) -> Result<Vec<f32>, Error> {
        let _ = (input, cache, logits, tap);
        Err(Error::Unsupported("a look at its stream"))
    }

    /// Takes positions `keep..keep + dropped` out of a memory. What stands behind them moves up without being
    /// read again ("context shift"), and was made when the model still saw what is gone.
    ///
    /// # Errors
    /// [`Error::Unsupported`] from a decoder that cannot, [`Error::Shape`] if there are not as many
    /// positions; the memory is as before then.
    fn shift(&self, cache: &mut Self::Cache, keep: usize, dropped: usize) -> Result<(), Error> {
        let _ = (cache, keep, dropped);
        Err(Error::Unsupported("a shift of its context"))
    }

    /// How many positions may be asked about in one call, behind `held` others, such that each gets the bits
    /// that it would have got in a call of its own: what speculation may look at together. One promises
    /// nothing.
    fn rows_alike(&self, held: usize) -> usize {
        let _ = held;
        1
    }
}
