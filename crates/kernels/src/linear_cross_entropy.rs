//! The output layer and its loss: `Σ scale · weight_i · −log softmax(x_i · Wᵀ)[target_i]` and its
//! gradients, without the logits of all rows ever being there at once.
//!
//! Two ways, for the logits are softmaxed along the vocabulary and dW sums along the rows:
//!
//! - [by rows](by_rows): a few rows' logits at a time on each thread, in its own cache unless the
//!   vocabulary is large, over a W that is packed once for all of them. Only the gradients of the logits go out to memory, rounded as the product
//!   that makes dW would round them.
//! - [by vocabulary](by_vocabulary), where W does not learn and is large: a piece of W at a time, for all
//!   rows, with a running maximum and sum, as flash attention goes over its keys (Milakov &
//!   Gimelshein, "Online normalizer calculation for softmax", 2018). No more than a piece is packed.
//!
//! [`naive`] is the reference.

use rayon::prelude::*;

use crate::cross_entropy::{Regularization, row_loss, row_with};
use crate::element::{Element, Values, bf16};
use crate::fresh::for_overwrite;
use crate::gemm::{Epilogue, Gemm, Operand, Packed, Precision, packed_bytes};
use crate::{convert, parallel, softcap};

mod by_vocabulary;

/// The layer: `x (N, D)` and `W (V, D)`.
#[derive(Clone, Copy, Debug)]
pub struct Layer<'a, E> {
    /// `(N, D)`.
    pub x: &'a [E],
    /// `(V, D)`.
    pub weight: Values<'a>,
    /// D.
    pub width: usize,
    /// How operands are rounded.
    pub precision: Precision,
}

/// What is to be predicted, a row each.
#[derive(Clone, Copy, Debug)]
pub struct Aims<'a> {
    /// Token ids.
    pub ids: &'a [u32],
    /// What each counts. A row of weight 0 is better left out altogether.
    pub weights: &'a [f32],
    /// Multiplies the loss and its gradients.
    pub scale: f32,
    /// What is mixed into the loss.
    pub with: Regularization,
    /// Logits are `c tanh(l / c)`.
    pub softcap: Option<f32>,
}

impl Aims<'_> {
    fn some(&self, rows: std::ops::Range<usize>) -> Self {
        Self { ids: &self.ids[rows.clone()], weights: &self.weights[rows], ..*self }
    }
}

/// Which gradients to make.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted {
    /// Of x.
    pub dx: bool,
    /// Of W.
    pub dweight: bool,
}

/// The loss, and the gradients that were wanted; the others are empty.
#[derive(Debug)]
pub struct Made<E> {
    /// Scaled.
    pub loss: f64,
    /// `(N, D)`.
    pub dx: Vec<E>,
    /// `(V, D)`.
    pub dweight: Vec<f32>,
}

/// Gradients of logits that are held at a time, in f32 128 MiB, unless [`MANY_ROWS`] have more.
const GRADIENTS: usize = if cfg!(test) { 1 << 16 } else { 1 << 25 };
/// Logits that a thread holds at a time: 512 KiB, half of a second cache, and a few rows more.
const LOGITS: usize = if cfg!(test) { 1 << 12 } else { 1 << 17 };
/// Values of W up to which a pack of it stays in a cache that the cores share.
const NEAR: usize = if cfg!(test) { 1 << 14 } else { 1 << 22 };
/// Rows that are whole tiles, whichever tile is taken.
const TILES: usize = 24;
/// Rows that go over a W which does not.
const MANY_ROWS: usize = if cfg!(test) { 16 } else { 128 };

/// Loss and gradients.
///
/// # Panics
/// If the sizes do not fit together, or a target lies beyond the vocabulary.
pub fn run<E: Element>(layer: &Layer<'_, E>, aims: &Aims<'_>, wanted: Wanted) -> Made<E> {
    let (m, vocab) = (aims.ids.len(), layer.vocab());
    assert!(vocab > 0, "linear_cross_entropy: an empty vocabulary");
    assert_eq!(layer.weight.len(), vocab * layer.width, "linear_cross_entropy: W must be (V, D)");
    assert_eq!(layer.x.len(), m * layer.width, "linear_cross_entropy: one target for each row");
    assert_eq!(aims.weights.len(), m, "linear_cross_entropy: one weight for each row");
    let beyond = aims.ids.iter().find(|&&id| id as usize >= vocab);
    assert!(beyond.is_none(), "linear_cross_entropy: target {beyond:?} in a vocabulary of {vocab}");
    if goes_by_vocabulary(vocab, layer.width, wanted.dweight, aims.with) {
        return by_vocabulary::run(layer, aims, wanted.dx);
    }
    match layer.precision {
        Precision::F32 => by_rows::<E, f32>(layer, aims, wanted),
        Precision::Bf16 => by_rows::<E, bf16>(layer, aims, wanted),
    }
}

impl<E: Element> Layer<'_, E> {
    fn vocab(&self) -> usize {
        self.weight.len() / self.width.max(1)
    }
}

/// Whether loss and dx go by the vocabulary: W is large and does not learn. A smoothed target would
/// need every logit.
fn goes_by_vocabulary(vocab: usize, width: usize, dweight: bool, with: Regularization) -> bool {
    vocab * width > NEAR && !dweight && with.label_smoothing == 0.0
}

/// How rows are cut, whatever the number of threads.
struct Cut {
    /// Rows whose gradients of logits are held together.
    step: usize,
    /// Rows whose logits one thread makes together.
    block: usize,
    /// Values from one row of such gradients to the next.
    wide: usize,
}

/// Even, so that pairs of values are words, and no multiple of a page: rows one above the other would
/// all fall into the same few places of a cache.
fn wide(vocab: usize) -> usize {
    let even = vocab.next_multiple_of(2);
    if even.is_multiple_of(1024) { even + 32 } else { even }
}

impl Cut {
    fn new(m: usize, vocab: usize, width: usize) -> Self {
        let most = (GRADIENTS / vocab).max(2 * MANY_ROWS);
        let step = m.div_ceil(m.div_ceil(most).max(1)).max(1);
        let near = (LOGITS / vocab).clamp(1, MANY_ROWS);
        let most = if vocab * width > NEAR { MANY_ROWS } else { near };
        // An even number of blocks: most machines have an even number of cores.
        let blocks = 2 * step.div_ceil(2 * most);
        Self { step, block: step.div_ceil(blocks).next_multiple_of(TILES), wide: wide(vocab) }
    }
}

/// Bytes that [`run`] takes at most beside its operands and results, for both gradients (or that of
/// x alone, if `frozen`) of `(m, width)` and `(vocab, width)`.
pub fn workspace(
    (m, vocab, width): (usize, usize, usize),
    precision: Precision,
    with: Regularization,
    frozen: bool,
) -> usize {
    let word = packed_bytes(precision);
    let number = if precision == Precision::F32 { 4 } else { 2 };
    if goes_by_vocabulary(vocab, width, !frozen, with) {
        return by_vocabulary::workspace((m, vocab, width), number, word);
    }
    let Cut { step, block, wide } = Cut::new(m, vocab, width);
    let blocks = step.div_ceil(block).min(rayon::current_num_threads());
    // Tiles that read no pairs pack their rows of gradients too.
    let left = if word == number { 0 } else { blocks * block * vocab };
    let packs = 2 * vocab * width + left + if frozen { 0 } else { step * width };
    4 * blocks * block * vocab + number * step * wide + word * packs
}

/// `G`: how gradients of logits are held.
fn by_rows<E: Element, G: Element>(
    layer: &Layer<'_, E>,
    aims: &Aims<'_>,
    wanted: Wanted,
) -> Made<E> {
    let (m, vocab, width) = (aims.ids.len(), layer.vocab(), layer.width);
    let mut made = Made {
        loss: 0.0,
        dx: for_overwrite(if wanted.dx { layer.x.len() } else { 0 }),
        dweight: match (wanted.dweight, m) {
            (false, _) => Vec::new(),
            (true, 0) => vec![0.0; vocab * width],
            (true, _) => for_overwrite(vocab * width),
        },
    };
    let (packs, cut) = (Packs::new(layer, wanted.dx), Cut::new(m, vocab, width));
    for from in (0..m).step_by(cut.step) {
        let rows = from..m.min(from + cut.step);
        let some = rows.start * width..rows.end * width;
        let (x, aims) = (&layer.x[some.clone()], aims.some(rows.clone()));
        let dx = made.dx.get_mut(some).unwrap_or_default();
        let gradients = wanted.dx || wanted.dweight;
        let mut dlogits = for_overwrite::<G>(if gradients { rows.len() * cut.wide } else { 0 });
        made.loss += packs.rows(x, &aims, &cut, &mut dlogits, dx);
        if wanted.dweight {
            let a = Operand::transposed(G::values(&dlogits), cut.wide);
            let b = Operand::rows(E::values(x), width);
            let (precision, k) = (layer.precision, rows.len());
            let epilogue = Epilogue { accumulate: from > 0, ..Epilogue::default() };
            let gemm = Gemm { precision, m: vocab, n: width, k, a, b };
            gemm.run_with::<f32>(&mut made.dweight, epilogue);
        }
    }
    made
}

/// W as the products of every row want it.
struct Packs {
    width: usize,
    vocab: usize,
    /// `Wᵀ (D, V)`.
    logits: Packed,
    /// `W (V, D)`.
    dx: Option<Packed>,
}

impl Packs {
    fn new<E: Element>(layer: &Layer<'_, E>, dx: bool) -> Self {
        let (width, vocab, precision) = (layer.width, layer.vocab(), layer.precision);
        let across = Operand::transposed(layer.weight, width);
        let along = Operand::rows(layer.weight, width);
        Self {
            width,
            vocab,
            logits: Packed::new(precision, across, width, vocab),
            dx: dx.then(|| Packed::new(precision, along, vocab, width)),
        }
    }

    /// The loss of some rows, their gradients of logits and of x, unless there is no room for them.
    fn rows<E: Element, G: Element>(
        &self,
        x: &[E],
        aims: &Aims<'_>,
        &Cut { block, wide, .. }: &Cut,
        dlogits: &mut [G],
        dx: &mut [E],
    ) -> f64 {
        let (width, vocab) = (self.width, self.vocab);
        let mut dlogits = dlogits.chunks_mut(block * wide);
        let mut dx = dx.chunks_mut(block * width);
        let rows = |i: usize| i * block..aims.ids.len().min((i + 1) * block);
        let blocks: Vec<_> = (0..aims.ids.len().div_ceil(block))
            .map(|i| (rows(i), dlogits.next().unwrap_or_default(), dx.next().unwrap_or_default()))
            .collect();
        let work = |(rows, dlogits, dx): (std::ops::Range<usize>, &mut [G], &mut [E])| {
            let x = &x[rows.start * width..rows.end * width];
            self.block(x, &aims.some(rows), dlogits, dx)
        };
        // Sums in the order of the rows, whoever made them.
        let losses: Vec<f64> = if x.len() / width.max(1) * vocab < parallel::MIN_WORK {
            blocks.into_iter().map(work).collect()
        } else {
            blocks.into_par_iter().map(work).collect()
        };
        losses.iter().sum::<f64>() * f64::from(aims.scale)
    }

    /// One block on one thread: the weighted loss, not scaled.
    fn block<E: Element, G: Element>(
        &self,
        x: &[E],
        aims: &Aims<'_>,
        dlogits: &mut [G],
        dx: &mut [E],
    ) -> f64 {
        let (rows, vocab) = (aims.ids.len(), self.vocab);
        let wide = wide(vocab);
        let mut logits = for_overwrite::<f32>(rows * vocab);
        let x = Operand::rows(E::values(x), self.width);
        self.logits.multiply(x, &mut logits, Epilogue::default());
        let mut loss = 0.0;
        let mut capped = Vec::new();
        for (i, row) in logits.chunks_exact_mut(vocab).enumerate() {
            let (id, weight) = (aims.ids[i], aims.weights[i]);
            if let Some(c) = aims.softcap {
                softcap::cap(row, c);
                capped.clear();
                capped.extend_from_slice(row);
            }
            let of_row = match dlogits.chunks_exact_mut(wide).nth(i) {
                None if aims.with == Regularization::default() => row_loss(row, id),
                None => row_with(row, id, 0.0, aims.with),
                Some(out) => {
                    let loss = row_with(row, id, aims.scale * weight, aims.with);
                    if let Some(c) = aims.softcap {
                        softcap::backward(row, &capped, c);
                    }
                    convert::store(row, &mut out[..vocab]);
                    out[vocab..].fill(G::default());
                    loss
                }
            };
            loss += f64::from(weight) * f64::from(of_row);
        }
        if let Some(pack) = self.dx.as_ref().filter(|_| !dx.is_empty()) {
            pack.multiply_padded(Operand::rows(G::values(dlogits), wide), dx);
        }
        loss
    }
}

/// The reference: all logits at once, in f64, nothing rounded.
pub fn naive<E: Element>(layer: &Layer<'_, E>, aims: &Aims<'_>) -> Made<f32> {
    let (vocab, width) = (layer.vocab(), layer.width);
    let (m, n) = (aims.ids.len(), vocab as f64);
    let (mut loss, mut dx, mut dweight) = (0.0, vec![0.0; m * width], vec![0.0; vocab * width]);
    let x = |i: usize, d: usize| f64::from(layer.x[i * width + d].to_f32());
    let w = |j: usize, d: usize| f64::from(layer.weight.get(j * width + d));
    let (smoothing, z) = (f64::from(aims.with.label_smoothing), f64::from(aims.with.z_loss));
    for i in 0..m {
        let cap = |l: f64| aims.softcap.map_or(l, |c| f64::from(c) * (l / f64::from(c)).tanh());
        let capped_at = |l: f64| aims.softcap.map_or(1.0, |c| 1.0 - (l / f64::from(c)).powi(2));
        let logits: Vec<f64> =
            (0..vocab).map(|j| cap((0..width).map(|d| x(i, d) * w(j, d)).sum())).collect();
        let max = logits.iter().copied().fold(f64::MIN, f64::max);
        let log_z = logits.iter().map(|l| (l - max).exp()).sum::<f64>().ln() + max;
        let (aim, mean) = (logits[aims.ids[i] as usize], logits.iter().sum::<f64>() / n);
        let scale = f64::from(aims.scale) * f64::from(aims.weights[i]);
        let missed = log_z - (1.0 - smoothing) * aim - smoothing * mean;
        loss += scale * (missed + z * log_z * log_z);
        for (j, logit) in logits.iter().enumerate() {
            let hit = if j == aims.ids[i] as usize { 1.0 - smoothing } else { 0.0 };
            let slope = (1.0 + 2.0 * z * log_z) * (logit - log_z).exp() - hit - smoothing / n;
            let slope = slope * capped_at(*logit);
            for d in 0..width {
                dx[i * width + d] += scale * slope * w(j, d);
                dweight[j * width + d] += scale * slope * x(i, d);
            }
        }
    }
    let narrow = |v: Vec<f64>| v.into_iter().map(|v| v as f32).collect();
    Made { loss, dx: narrow(dx), dweight: narrow(dweight) }
}

#[cfg(test)]
mod tests;
