//! Causal attention with grouped key heads (Vaswani et al. 2017; Ainslie et al. 2023) in memory
//! linear in the context (FlashAttention: Dao et al. 2022).
//!
//! A row of `qkv` holds `Hq` query heads, `Hkv` key heads, `Hkv` value heads of `D` values each;
//! query head `h` reads key head `h / (Hq / Hkv)`. `softmax(q·k / sqrt(D))` runs over the keys from
//! the query's start (0, or that of its document, or of its window) to the query itself. [`Form`]
//! may put another scale, a cap and slopes before the softmax, and sinks join its denominator.
//!
//! Reading order: [`naive`] (the definition and its gradient), `tile` (the one product all is made
//! of), `pack` (how rows get in and out), `form`, `forward`, `backward`, `sinks`. A block is 32 queries, one a lane:
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
mod form;
mod forward;
mod input;
pub mod naive;
mod pack;
mod sinks;
#[cfg(test)]
mod tests;
mod tile;

pub use cached::{Cached, FEW, attention_cached};
pub use form::{Form, alibi_slopes};
pub use input::Input;
use pack::{Columns, Group, Rows, SCRATCH, Scratch};
pub use sinks::sinks_backward;

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

    fn check(&self) {
        let heads = self.n_kv_heads > 0 && self.n_heads.is_multiple_of(self.n_kv_heads);
        assert!(heads && self.n_heads > 0, "attention: n_heads must be a multiple of n_kv_heads");
        assert!(self.head_dim > 0 && self.context > 0, "attention: an empty head or context");
        assert!(self.window != Some(0), "attention: a window of nothing");
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

/// `out` `(B, T, Hq D)`, and `lse` `(B, Hq, T)`, the logarithm of the softmax's denominator.
pub fn attention<E: Element>(input: Input<'_, E>, out: &mut [E], lse: &mut [f32]) {
    attention_on(Isa::current(), input, out, lse);
}

fn attention_on<E: Element>(isa: Isa, input: Input<'_, E>, out: &mut [E], lse: &mut [f32]) {
    input.check(out.len(), lse.len());
    let shape = input.shape;
    let out = Columns::new(out, shape.out_width());
    let task = |(i, lse): (usize, &mut [f32])| {
        let first_row = i / shape.n_kv_heads * shape.context;
        let column = i % shape.n_kv_heads * shape.group() * shape.head_dim;
        forward_group(isa, &input.task(i), &out.part(first_row, column), lse);
    };
    let lse_per_task = shape.group() * shape.context;
    if input.heavy() {
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

/// What [`attention_backward`] and [`sinks_backward`] read.
#[derive(Clone, Copy, Debug)]
pub struct AttentionBackward<'a, E> {
    /// As in the forward pass.
    pub input: Input<'a, E>,
    /// What the forward pass wrote.
    pub out: &'a [E],
    /// What the forward pass wrote.
    pub lse: &'a [f32],
    /// The gradient of `out`.
    pub dout: &'a [E],
}

impl<E> AttentionBackward<'_, E> {
    fn check(&self) {
        self.input.check(self.out.len(), self.lse.len());
        let (out, dout) = (self.out.len(), self.dout.len());
        assert_eq!(out, dout, "attention's gradient: out and dout differ in length");
    }
}

/// Fills `dqkv`, the gradient of `qkv`. With `p = exp(score - lse)` made again and
/// `ds = p (dout·v - dout·out)`, times the cap's derivative where there is a cap:
/// `dv = pᵀ dout`, `dq = scale ds k`, `dk = scale dsᵀ q`.
pub fn attention_backward<E: Element>(args: AttentionBackward<'_, E>, dqkv: &mut [E]) {
    attention_backward_on(Isa::current(), args, dqkv);
}

fn attention_backward_on<E: Element>(isa: Isa, args: AttentionBackward<'_, E>, dqkv: &mut [E]) {
    args.check();
    let AttentionBackward { input, out, lse, dout } = args;
    let shape = input.shape;
    assert_eq!(input.qkv.len(), dqkv.len(), "attention_backward: qkv and dqkv differ in length");
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
            group: input.task(i),
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
    if input.heavy() {
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
