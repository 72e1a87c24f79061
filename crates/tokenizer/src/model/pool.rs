//! Scratches that wait for the next text: each thread that encodes borrows one and gives it back
//! with the words that it learned. From when two are out at once, they share words.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Scratch;
use crate::word_cache::Shared;

/// The scratches of one tokenizer: as many as were ever borrowed at once. A clone begins with none.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    state: Mutex<State>,
    /// Of its model.
    words: Arc<Shared>,
    /// Of the tokenizer as a whole.
    chunks: Arc<Shared>,
}

#[derive(Debug, Default)]
struct State {
    waiting: Vec<Scratch>,
    n_out: usize,
}

impl Clone for Pool {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Pool {
    /// The scratch that was given back last, whose cache is the likeliest to lie near the
    /// processor.
    pub(crate) fn borrow(&self) -> Borrowed<'_> {
        let mut state = self.state();
        let mut scratch = state.waiting.pop().unwrap_or_default();
        state.n_out += 1;
        if state.n_out > 1 {
            scratch.share(&self.words, &self.chunks);
        }
        Borrowed { scratch: Some(scratch), pool: self }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A scratch that goes back to its pool when it is dropped.
pub(crate) struct Borrowed<'p> {
    /// There until the drop.
    scratch: Option<Scratch>,
    pool: &'p Pool,
}

impl Drop for Borrowed<'_> {
    fn drop(&mut self) {
        let mut state = self.pool.state();
        state.n_out -= 1;
        state.waiting.extend(self.scratch.take());
    }
}

impl Deref for Borrowed<'_> {
    type Target = Scratch;

    fn deref(&self) -> &Scratch {
        self.scratch.as_ref().expect("it is there until the drop")
    }
}

impl DerefMut for Borrowed<'_> {
    fn deref_mut(&mut self) -> &mut Scratch {
        self.scratch.as_mut().expect("it is there until the drop")
    }
}
