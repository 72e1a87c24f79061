//! Causal attention with grouped key heads (Vaswani et al. 2017; Ainslie et al. 2023) in memory
//! linear in the context (FlashAttention: Dao et al. 2022).
//!
//! A row of `qkv` holds `Hq` query heads, `Hkv` key heads, `Hkv` value heads of `D` values each;
//! query head `h` reads key head `h / (Hq / Hkv)`. `softmax(q·k / sqrt(D))` runs over the keys from
//! the query's start (0, or that of its document, or of its window) to the query itself.
//!
//! Reading order: [`naive`] (the definition and its gradient), `tile` (the one product all is made
//! of), `pack` (how rows get in and out), `forward`, `backward`. A block is 32 queries, one a lane:
//! scores are kept key by key, so that the softmax needs no sum across lanes. One task does one
//! key head of one sequence with all its query heads in order, hence no result depends on the
//! number of threads. Instruction sets with fused multiply-add differ from others in the last bits.
//!
//! Leaves out: dropout, other masks, attention to both sides.

use std::any::TypeId;

use rayon::prelude::*;

use crate::element::{Element, bf16};
use crate::isa::Isa;

mod backward;
mod cached;
mod forward;
pub mod naive;
mod pack;
#[cfg(test)]
mod tests;
mod tile;

pub use cached::attention_cached;
use pack::{Columns, Group, Rows, SCRATCH, Scratch};

/// Multiplications below which it does not pay to wake another thread.
const HEAVY: usize = 1 << 18;

/// How many of what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// B: sequences.
    pub batch: usize,
    /// T: positions of each.
    pub context: usize,
    /// Hq: query heads.
    pub n_heads: usize,
    /// Hkv: key heads, a divisor of Hq.
    pub n_kv_heads: usize,
    /// D: values of a head.
    pub head_dim: usize,
    /// How many positions each sees at most, itself and those before it (sliding windows: Beltagy et
    /// al., "Longformer", 2020). Time is then O(T · window).
    pub window: Option<usize>,
}

impl Shape {
    /// Values in a row of `qkv`.
    pub fn qkv_width(&self) -> usize {
        (self.n_heads + 2 * self.n_kv_heads) * self.head_dim
    }

    /// Values in a row of the output.
    pub fn out_width(&self) -> usize {
        self.n_heads * self.head_dim
    }

    /// The first position that the one at `position` sees of those from `start` on.
    pub fn first_seen(&self, position: usize, start: usize) -> usize {
        let first = self.window.map_or(0, |window| (position + 1).saturating_sub(window));
        first.max(start)
    }

    /// Query heads that share a key head.
    fn group(&self) -> usize {
        self.n_heads / self.n_kv_heads
    }

    fn heavy(&self) -> bool {
        self.batch * self.context * self.context * self.out_width() >= HEAVY
    }

    fn check(&self) {
        let heads = self.n_kv_heads > 0 && self.n_heads.is_multiple_of(self.n_kv_heads);
        assert!(heads && self.n_heads > 0, "attention: n_heads must be a multiple of n_kv_heads");
        assert!(self.head_dim > 0 && self.context > 0, "attention: an empty head or context");
        assert!(self.window != Some(0), "attention: a window of nothing");
    }

    fn check_rows(&self, qkv: usize, starts: Option<&[u32]>, out: usize, lse: usize) {
        self.check();
        let rows = self.batch * self.context;
        assert_eq!(qkv, rows * self.qkv_width(), "attention: qkv is not (B, T, (Hq + 2 Hkv) D)");
        assert_eq!(out, rows * self.out_width(), "attention: out is not (B, T, Hq D)");
        assert_eq!(lse, rows * self.n_heads, "attention: lse is not (B, Hq, T)");
        let Some(starts) = starts else { return };
        assert_eq!(starts.len(), rows, "attention: one start a position is needed");
        for row in starts.chunks_exact(self.context) {
            let seen = row.iter().zip(0..).all(|(&start, position)| start <= position);
            assert!(seen, "attention: a start lies behind its position");
            assert!(row.is_sorted(), "attention: starts fall within a row");
        }
    }

    /// The inputs of task `i`: key head `i % Hkv` of sequence `i / Hkv`.
    fn task<'a, E>(&self, i: usize, qkv: &'a [E], starts: Option<&'a [u32]>) -> Group<'a, E> {
        let (sequence, g) = (i / self.n_kv_heads, i % self.n_kv_heads);
        let rows = sequence * self.context..(sequence + 1) * self.context;
        let width = self.qkv_width();
        let data = &qkv[rows.start * width..rows.end * width];
        let at = |head: usize| Rows { data, width, column: head * self.head_dim };
        Group {
            q: at(g * self.group()),
            k: at(self.n_heads + g),
            v: at(self.n_heads + self.n_kv_heads + g),
            starts: starts.map(|s| &s[rows]),
            window: self.window,
            n_heads: self.group(),
            n_queries: self.context,
            n_keys: self.context,
            head_dim: self.head_dim,
        }
    }
}

/// Compiles a task for every instruction set and picks by the given one.
macro_rules! by_isa {
    ($isa:expr, $body:path, <$e:ident>($($arg:ident: $ty:ty),*)) => {{
        #[cfg(target_arch = "x86_64")]
        {
            #[target_feature(enable = "avx2,fma")]
            fn avx2<$e: Element>($($arg: $ty),*) { $body(tile::Avx2, $($arg),*) }
            #[target_feature(enable = "avx2,fma,avx512f,avx512bw,avx512vl,avx512dq")]
            fn avx512<$e: Element>($($arg: $ty),*) { $body(tile::Avx512, $($arg),*) }
            #[target_feature(
                enable = "avx2,fma,avx512f,avx512bw,avx512vl,avx512dq,avx512bf16"
            )]
            fn avx512_bf16<$e: Element>($($arg: $ty),*) { $body(tile::Avx512Bf16, $($arg),*) }
            // Pairs are for what is stored in brain floats: products of f32 keep their digits.
            let pairs = TypeId::of::<$e>() == TypeId::of::<bf16>();
            #[expect(unsafe_code, reason = "functions compiled for found instructions")]
            match $isa {
                // SAFETY: an `Isa` above the portable one is only made where it was found.
                Isa::Avx512Bf16 if pairs => unsafe { avx512_bf16($($arg),*) },
                // SAFETY: as above.
                Isa::Avx512 | Isa::Avx512Bf16 => unsafe { avx512($($arg),*) },
                // SAFETY: as above.
                Isa::Avx2 => unsafe { avx2($($arg),*) },
                Isa::Portable => $body(tile::Portable, $($arg),*),
            }
        }
        #[cfg(not(target_arch = "x86_64"))]
        {
            let _ = $isa;
            $body(tile::Portable, $($arg),*)
        }
    }};
}

/// `out` `(B, T, Hq D)` and `lse` `(B, Hq, T)`, the logarithm of the softmax's denominator, from
/// `qkv` `(B, T, (Hq + 2 Hkv) D)`.
///
/// `starts` `(B, T)` holds the first position of the sequence that each query may see; it never
/// falls along a sequence.
pub fn attention<E: Element>(
    shape: Shape,
    qkv: &[E],
    starts: Option<&[u32]>,
    out: &mut [E],
    lse: &mut [f32],
) {
    attention_on(Isa::current(), shape, qkv, starts, out, lse);
}

fn attention_on<E: Element>(
    isa: Isa,
    shape: Shape,
    qkv: &[E],
    starts: Option<&[u32]>,
    out: &mut [E],
    lse: &mut [f32],
) {
    shape.check_rows(qkv.len(), starts, out.len(), lse.len());
    let out = Columns::new(out, shape.out_width());
    let task = |(i, lse): (usize, &mut [f32])| {
        let group = shape.task(i, qkv, starts);
        let first_row = i / shape.n_kv_heads * shape.context;
        let column = i % shape.n_kv_heads * shape.group() * shape.head_dim;
        forward_group(isa, &group, &out.part(first_row, column), lse);
    };
    let lse_per_task = shape.group() * shape.context;
    if shape.heavy() {
        lse.par_chunks_exact_mut(lse_per_task).enumerate().for_each(task);
    } else {
        lse.chunks_exact_mut(lse_per_task).enumerate().for_each(task);
    }
}

fn forward_group<E: Element>(
    isa: Isa,
    group: &Group<'_, E>,
    out: &Columns<'_, E>,
    lse: &mut [f32],
) {
    SCRATCH.with_borrow_mut(|scratch| {
        by_isa!(isa, forward::group, <E>(
            group: &Group<'_, E>, out: &Columns<'_, E>, lse: &mut [f32], scratch: &mut Scratch
        ));
    });
}

/// What [`attention_backward`] reads and writes.
#[derive(Debug)]
pub struct AttentionBackward<'a, E> {
    /// As in the forward pass.
    pub shape: Shape,
    /// As in the forward pass.
    pub qkv: &'a [E],
    /// As in the forward pass.
    pub starts: Option<&'a [u32]>,
    /// What the forward pass wrote.
    pub out: &'a [E],
    /// What the forward pass wrote.
    pub lse: &'a [f32],
    /// The gradient of `out`.
    pub dout: &'a [E],
    /// Receives the gradient of `qkv`.
    pub dqkv: &'a mut [E],
}

/// With `p = exp(q·k / sqrt(D) - lse)` made again and `ds = p (dout·v - dout·out)`:
/// `dv = pᵀ dout`, `dq = ds k / sqrt(D)`, `dk = dsᵀ q / sqrt(D)`.
pub fn attention_backward<E: Element>(args: AttentionBackward<'_, E>) {
    attention_backward_on(Isa::current(), args);
}

fn attention_backward_on<E: Element>(isa: Isa, args: AttentionBackward<'_, E>) {
    let AttentionBackward { shape, qkv, starts, out, lse, dout, dqkv } = args;
    shape.check_rows(qkv.len(), starts, out.len(), lse.len());
    assert_eq!(out.len(), dout.len(), "attention_backward: out and dout differ in length");
    assert_eq!(qkv.len(), dqkv.len(), "attention_backward: qkv and dqkv differ in length");
    let dqkv = Columns::new(dqkv, shape.qkv_width());
    let task = |i: usize| {
        let (sequence, g) = (i / shape.n_kv_heads, i % shape.n_kv_heads);
        let first_row = sequence * shape.context;
        let skipped = first_row * shape.out_width();
        let rows = |data| Rows {
            data,
            width: shape.out_width(),
            column: g * shape.group() * shape.head_dim,
        };
        let part = |head: usize| dqkv.part(first_row, head * shape.head_dim);
        let per_task = shape.group() * shape.context;
        let given = backward::Given {
            group: shape.task(i, qkv, starts),
            out: rows(&out[skipped..]),
            dout: rows(&dout[skipped..]),
            lse: &lse[i * per_task..(i + 1) * per_task],
            dq: part(g * shape.group()),
            dk: part(shape.n_heads + g),
            dv: part(shape.n_heads + shape.n_kv_heads + g),
        };
        backward_group(isa, &given);
    };
    let tasks = shape.batch * shape.n_kv_heads;
    if shape.heavy() {
        (0..tasks).into_par_iter().for_each(task);
    } else {
        (0..tasks).for_each(task);
    }
}

fn backward_group<E: Element>(isa: Isa, given: &backward::Given<'_, E>) {
    SCRATCH.with_borrow_mut(|scratch| {
        by_isa!(isa, backward::group, <E>(given: &backward::Given<'_, E>, scratch: &mut Scratch));
    });
}
