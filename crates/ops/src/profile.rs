//! Where the time of a step goes: every operation's clock, running while somebody asks for it.
//!
//! Operations of one thread follow one another, and only the pieces of [`crate::recompute`] hold
//! others: so times add up, but for what lies between operations.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

/// What has a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// Tables of tokens and positions.
    Embedding,
    /// Norms, of heads too.
    Norm,
    /// Products with weights.
    Linear,
    /// Rotary positions.
    Rope,
    /// The mixing of values.
    Attention,
    /// Non-linearities.
    Activation,
    /// Values that are dropped.
    Dropout,
    /// Picking the rows that are asked about.
    Rows,
    /// The output layer with what is made of it.
    Head,
}

impl Op {
    /// All, in the order of a forward pass.
    pub const ALL: [Self; 9] = [
        Self::Embedding,
        Self::Norm,
        Self::Linear,
        Self::Rope,
        Self::Attention,
        Self::Activation,
        Self::Dropout,
        Self::Rows,
        Self::Head,
    ];

    /// "linear".
    pub fn name(self) -> &'static str {
        match self {
            Self::Embedding => "embedding",
            Self::Norm => "norm",
            Self::Linear => "linear",
            Self::Rope => "rope",
            Self::Attention => "attention",
            Self::Activation => "activation",
            Self::Dropout => "dropout",
            Self::Rows => "rows",
            Self::Head => "head",
        }
    }
}

/// Which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Results.
    Forward,
    /// Gradients. The head's are made in its forward pass.
    Backward,
}

static RUNNING: AtomicBool = AtomicBool::new(false);
static NANOSECONDS: [[AtomicU64; 2]; Op::ALL.len()] =
    [const { [const { AtomicU64::new(0) }; 2] }; Op::ALL.len()];

/// Sets all clocks to zero and lets them run, or stops them.
pub fn run(running: bool) {
    if running {
        NANOSECONDS.iter().flatten().for_each(|clock| clock.store(0, Ordering::Relaxed));
    }
    RUNNING.store(running, Ordering::Relaxed);
}

/// Seconds of each operation since [`run`], forward and backward.
pub fn seconds() -> Vec<(Op, [f64; 2])> {
    let read = |clock: &AtomicU64| clock.load(Ordering::Relaxed) as f64 * 1e-9;
    Op::ALL.iter().map(|&op| (op, NANOSECONDS[op as usize].each_ref().map(read))).collect()
}

/// Adds the time from now to its end to an operation's clock.
pub(crate) struct Span(Option<(Op, Way, Instant)>);

pub(crate) fn span(op: Op, way: Way) -> Span {
    Span(RUNNING.load(Ordering::Relaxed).then(|| (op, way, Instant::now())))
}

impl Drop for Span {
    fn drop(&mut self) {
        if let Some((op, way, start)) = self.0 {
            let nanoseconds = start.elapsed().as_nanos() as u64;
            NANOSECONDS[op as usize][way as usize].fetch_add(nanoseconds, Ordering::Relaxed);
        }
    }
}
