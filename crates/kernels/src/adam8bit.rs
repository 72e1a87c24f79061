//! AdamW with a byte for each moment (Dettmers et al., "8-bit Optimizers via Block-wise
//! Quantization", 2022): of 256 numbers at a time the greatest magnitude is kept as an f32, and each
//! number's share of it as a code of [`crate::dynamic_map`].
//!
//! A step makes f32 of a block's codes, moves moments and parameters by [`crate::adamw`]'s formula and
//! makes codes again: `m = code · scale`, … , `scale = max |m|`, `code = nearest(m / scale)`. The
//! parameters see the moments before they are rounded.

use rayon::prelude::*;

use crate::adamw::AdamW;
use crate::dynamic_map::{Map, SIGNED, UNSIGNED};
use crate::{for_each_isa, lanes};

/// Numbers that share a scale.
pub const BLOCK: usize = 256;
/// Blocks done together.
const CHUNK: usize = 64;

/// Numbers as codes, and a scale for each [`BLOCK`] of them. All zeros stand for zeros.
#[derive(Debug)]
pub struct Coded<'a> {
    /// One a number.
    pub codes: &'a mut [u8],
    /// One a block.
    pub scales: &'a mut [f32],
}

/// Scales of `n` numbers.
pub fn n_blocks(n: usize) -> usize {
    n.div_ceil(BLOCK)
}

/// Step `t` (the first is 1) of `rule` with the gradient `grad_scale * grad`.
///
/// # Panics
/// If the slices are not of their sizes.
pub fn step(
    rule: &AdamW,
    t: u64,
    param: &mut [f32],
    (grad, grad_scale): (&[f32], f32),
    m: Coded<'_>,
    v: Coded<'_>,
) {
    let n = param.len();
    let lengths = [grad.len(), m.codes.len(), v.codes.len()];
    assert_eq!(lengths, [n; 3], "adam8bit: param, grad and codes differ in length");
    let scales = [m.scales.len(), v.scales.len()];
    assert_eq!(scales, [n_blocks(n); 2], "adam8bit: one scale for {BLOCK} numbers");
    let (factors, update, long) = (rule.factors(t, grad_scale), rule.update(), CHUNK * BLOCK);
    let values = param.par_chunks_mut(long).zip(grad.par_chunks(long));
    let codes = m.codes.par_chunks_mut(long).zip(v.codes.par_chunks_mut(long));
    let scales = m.scales.par_chunks_mut(CHUNK).zip(v.scales.par_chunks_mut(CHUNK));
    values.zip(codes.zip(scales)).for_each(|((p, g), ((m, v), (of_m, of_v)))| {
        let blocks = p.chunks_mut(BLOCK).zip(g.chunks(BLOCK));
        let codes = m.chunks_mut(BLOCK).zip(v.chunks_mut(BLOCK));
        for (((p, g), (m, v)), (of_m, of_v)) in blocks.zip(codes).zip(of_m.iter_mut().zip(of_v)) {
            block((m, of_m), (v, of_v), |m, v| update(factors, p, g, m, v));
        }
    });
}

/// Calls `update` with a block's moments.
fn block(
    (m_codes, m_scale): (&mut [u8], &mut f32),
    (v_codes, v_scale): (&mut [u8], &mut f32),
    update: impl FnOnce(&mut [f32], &mut [f32]),
) {
    let (mut m, mut v) = ([0.0_f32; BLOCK], [0.0_f32; BLOCK]);
    let (m, v) = (&mut m[..m_codes.len()], &mut v[..v_codes.len()]);
    decode(&SIGNED, m_codes, *m_scale, m);
    decode(&UNSIGNED, v_codes, *v_scale, v);
    update(m, v);
    *m_scale = encode(&SIGNED, m, m_codes);
    *v_scale = encode(&UNSIGNED, v, v_codes);
}

for_each_isa!(fn decode(map: &Map, codes: &[u8], scale: f32, out: &mut [f32]) => decode_body);
for_each_isa!(
    /// Codes of a block; its scale.
    fn encode(map: &Map, x: &[f32], codes: &mut [u8]) -> f32 => encode_body
);

#[inline(always)]
fn decode_body(map: &Map, codes: &[u8], scale: f32, out: &mut [f32]) {
    out.iter_mut().zip(codes).for_each(|(out, &code)| *out = map.value(code) * scale);
}

#[inline(always)]
fn encode_body(map: &Map, x: &[f32], codes: &mut [u8]) -> f32 {
    let scale = lanes::max_abs(x);
    // Of a block of zeros the scale alone is zero, whatever its codes.
    let by = if scale > 0.0 { scale } else { 1.0 };
    codes.iter_mut().zip(x).for_each(|(code, x)| *code = map.code(x / by));
    scale
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADAMW: AdamW =
        AdamW { lr: 1e-2, beta1: 0.9, beta2: 0.99, eps: 1e-8, weight_decay: 0.1, l2: 0.0 };

    struct Bytes {
        codes: [Vec<u8>; 2],
        scales: [Vec<f32>; 2],
    }

    impl Bytes {
        fn of(n: usize) -> Self {
            let (codes, scales) = (vec![0; n], vec![0.0; n_blocks(n)]);
            Self { codes: [codes.clone(), codes], scales: [scales.clone(), scales] }
        }

        fn step(&mut self, t: u64, p: &mut [f32], g: &[f32]) {
            let [m, v] = &mut self.codes;
            let [of_m, of_v] = &mut self.scales;
            let (m, v) = (Coded { codes: m, scales: of_m }, Coded { codes: v, scales: of_v });
            step(&ADAMW, t, p, (g, 0.25), m, v);
        }
    }

    fn gradient(n: usize, t: u64) -> Vec<f32> {
        (0..n).map(|i| ((i as u64 * 7 + 3 * t) as f32 * 0.7).cos() * (1 + i % 5) as f32).collect()
    }

    #[test]
    fn the_first_step_is_adamws_and_later_ones_are_near() {
        for n in [1, 300, 40_000] {
            let start: Vec<f32> = (0..n).map(|i| (i as f32 * 0.3).sin()).collect();
            let (mut p, mut q, mut bytes) = (start.clone(), start.clone(), Bytes::of(n));
            let (mut m, mut v) = (vec![0.0; n], vec![0.0; n]);
            for t in 1..=10 {
                let g = gradient(n, t);
                bytes.step(t, &mut p, &g);
                ADAMW.step(t, &mut q, &g, 0.25, &mut m, &mut v);
                if t == 1 {
                    assert_eq!(p, q);
                }
            }
            let off: f32 = p.iter().zip(&q).map(|(p, q)| (p - q).abs()).sum();
            let way: f32 = q.iter().zip(&start).map(|(q, s)| (q - s).abs()).sum();
            assert!(off < 0.05 * way, "{n}: off by {off} on a way of {way}");
            assert!(n == 1 || off > 0.0, "bytes round");
        }
    }

    #[test]
    fn a_long_parameter_moves_as_its_blocks_alone() {
        let n = 3 * CHUNK * BLOCK + 77;
        let (mut p, mut bytes) = (gradient(n, 9), Bytes::of(n));
        for t in 1..=2 {
            bytes.step(t, &mut p, &gradient(n, t));
        }
        for from in (0..n).step_by(37 * BLOCK) {
            let part = from..n.min(from + BLOCK);
            let mut one = Bytes::of(part.len());
            let mut q = gradient(n, 9)[part.clone()].to_vec();
            for t in 1..=2 {
                one.step(t, &mut q, &gradient(n, t)[part.clone()]);
            }
            assert_eq!(p[part.clone()], q);
            assert_eq!(bytes.codes[0][part], one.codes[0][..]);
        }
    }

    #[test]
    fn what_has_no_gradient_stays_zero() {
        let (mut p, mut bytes) = (vec![1.0; 300], Bytes::of(300));
        let rule = AdamW { weight_decay: 0.0, ..ADAMW };
        for t in 1..=2 {
            let [m, v] = &mut bytes.codes;
            let [of_m, of_v] = &mut bytes.scales;
            let (m, v) = (Coded { codes: m, scales: of_m }, Coded { codes: v, scales: of_v });
            step(&rule, t, &mut p, (&[0.0; 300], 1.0), m, v);
        }
        assert_eq!(p, [1.0; 300]);
        assert_eq!(bytes.scales, [[0.0; 2], [0.0; 2]].map(|s| s.to_vec()));
    }
}
