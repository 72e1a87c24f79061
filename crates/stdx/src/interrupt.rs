//! Ctrl-C as a question that long work asks between two steps: "may I go on?".
//!
//! The binary's signal handler calls [`Interrupt::request`]; the work stops at its next safe point
//! and keeps what it has. Installing the handler is left to the binary.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A flag shared by the signal handler and the work. Cloning shares the same flag.
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Asks the work to stop at its next safe point.
    pub fn request(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether somebody asked since the last time, and forgets it: for work that goes on after.
    pub fn take(&self) -> bool {
        self.0.swap(false, Ordering::Relaxed)
    }

    /// Whether somebody asked.
    pub fn requested(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_share_the_flag() {
        let work = Interrupt::default();
        let handler = work.clone();
        assert!(!work.requested());
        handler.request();
        assert!(work.requested());
        assert!(work.take() && !handler.requested());
    }
}
