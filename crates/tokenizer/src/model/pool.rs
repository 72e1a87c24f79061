//! Scratches that wait for the next text: each thread that encodes borrows one and gives it back
//! with the words that it learned.

use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, PoisonError};

use super::Scratch;

/// As many scratches as there were ever borrowed at once. A clone begins with none.
#[derive(Debug, Default)]
pub(crate) struct Pool(Mutex<Vec<Scratch>>);

impl Clone for Pool {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Pool {
    /// The scratch that was given back last, whose cache is the likeliest to lie near the
    /// processor.
    pub(crate) fn borrow(&self) -> Borrowed<'_> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Borrowed { scratch: Some(waiting.pop().unwrap_or_default()), pool: self }
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
        let mut waiting = self.pool.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.extend(self.scratch.take());
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
