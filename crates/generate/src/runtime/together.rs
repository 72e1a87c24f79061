//! Several sequences in one pass: every weight is read but once for all of them.

use arch::{Cache as _, Error, Input, Logits};

use super::cache::{Cache, New};
use super::{Runtime, Unseen};

/// Ids that come next in a sequence, and what is wanted of them.
#[derive(Debug)]
pub struct Next<'a> {
    /// The ids; at least one.
    pub ids: &'a [u32],
    /// What was read before them.
    pub cache: &'a mut Cache,
    /// Of which positions.
    pub logits: Logits,
    /// Where the states of all of them go, behind the last norm, `(n, D)`, if they are wanted.
    pub states: Option<&'a mut Vec<f32>>,
}

impl Runtime {
    /// Appends ids to several sequences at once, and gives the logits asked for, sequence by sequence: row-major
    /// `(n, V)`. All rows are held at once: how many to read together is the caller's business.
    ///
    /// # Errors
    /// As of [`arch::Decoder::forward`], for any of the sequences; then all caches are as before.
    pub fn forward_each(&self, sequences: &mut [Next<'_>]) -> Result<Vec<f32>, Error> {
        let (d, mut x, mut ends) = (self.spec.d_model, Vec::new(), Vec::new());
        for Next { ids, cache, .. } in sequences.iter() {
            let n = Input::Ids(ids).positions(&self.spec, cache.len())?;
            if n == 0 {
                return Err(Error::Shape("a sequence to be gone on with got no ids".into()));
            }
            x.extend(self.embed(Input::Ids(ids), cache.len()));
            ends.push(x.len());
        }
        let new = sequences.iter_mut().map(|next| New { rows: next.ids.len(), cache: next.cache });
        let x = self.through(x, &mut new.collect::<Vec<_>>(), &mut Unseen);
        let mut rows = Vec::new();
        for (Next { ids, logits, states, .. }, end) in sequences.iter_mut().zip(ends) {
            let own = &x[end - ids.len() * d..end];
            match logits {
                Logits::All => rows.extend_from_slice(own),
                Logits::Last => rows.extend_from_slice(&own[own.len() - d..]),
                Logits::None => {}
            }
            if let Some(states) = states {
                states.extend(self.normed(own));
            }
        }
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
            let (cache, logits, states) = (&mut *cache, Logits::None, Some(&mut hidden));
            self.forward_each(&mut [Next { ids, cache, logits, states }])?;
        }
        Ok(hidden)
    }
}
