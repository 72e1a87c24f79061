//! Several sequences in one pass: every weight is read but once for all of them.

use arch::{Cache as _, Error, Input, Logits};

use super::cache::{Cache, New};
use super::{Runtime, Unseen};

/// Ids that come next in a sequence, and the logits that are wanted of them.
#[derive(Debug)]
pub struct Next<'a> {
    /// The ids; at least one.
    pub ids: &'a [u32],
    /// What was read before them.
    pub cache: &'a mut Cache,
    /// Of which positions.
    pub logits: Logits,
}

impl Runtime {
    /// Appends ids to several sequences at once, and gives the logits asked for, sequence by sequence: row-major
    /// `(n, V)`. All rows are held at once: how many to read together is the caller's business.
    ///
    /// # Errors
    /// As of [`arch::Decoder::forward`], for any of the sequences; then all caches are as before.
    pub fn forward_each(&self, sequences: &mut [Next<'_>]) -> Result<Vec<f32>, Error> {
        let (d, mut x, mut wanted) = (self.spec.d_model, Vec::new(), Vec::new());
        for Next { ids, cache, logits } in sequences.iter() {
            let n = Input::Ids(ids).positions(&self.spec, cache.len())?;
            if n == 0 {
                return Err(Error::Shape("a sequence to be gone on with got no ids".into()));
            }
            x.extend(self.embed(Input::Ids(ids), cache.len()));
            let end = x.len() / d;
            wanted.push(match logits {
                Logits::All => end - n..end,
                Logits::Last => end - 1..end,
                Logits::None => end..end,
            });
        }
        let new = sequences.iter_mut().map(|next| New { rows: next.ids.len(), cache: next.cache });
        let x = self.through(x, &mut new.collect::<Vec<_>>(), &mut Unseen);
        let rows = wanted.into_iter().flat_map(|rows| &x[rows.start * d..rows.end * d]);
        let rows: Vec<f32> = rows.copied().collect();
        Ok(if rows.is_empty() { rows } else { self.read_out(&rows) })
    }

    /// What the model makes of a text, position by position, behind its last norm: `(n, D)`.
    ///
    /// # Errors
    /// As of [`arch::Decoder::forward`].
    pub fn hidden(&self, ids: &[u32], cache: &mut Cache) -> Result<Vec<f32>, Error> {
        let n = Input::Ids(ids).positions(&self.spec, cache.len())?;
        let mut hidden = Vec::with_capacity(n * self.spec.d_model);
        for ids in ids.chunks(super::CHUNK) {
            let x = self.embed(Input::Ids(ids), cache.len());
            let x = self.through(x, &mut [New { rows: ids.len(), cache }], &mut Unseen);
            match &self.final_norm {
                Some(norm) => hidden.extend(norm.of(&x)),
                None => hidden.extend(x),
            }
        }
        Ok(hidden)
    }
}
