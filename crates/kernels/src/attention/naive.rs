//! The definition, in f64 and as many loops as it has indices, and its gradient by the chain rule.

use super::{Form, Shape};

/// What attention reads; see [`super::Input`].
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// Sizes.
    pub shape: Shape,
    /// How products become scores.
    pub form: &'a Form,
    /// `(B, T, (Hq + 2 Hkv) D)`.
    pub qkv: &'a [f64],
    /// `(B, T)`: the first position that each sees.
    pub starts: Option<&'a [u32]>,
    /// `(Hq)`: logits of nothing.
    pub sinks: Option<&'a [f64]>,
}

/// `(B, T, Hq D)`.
pub fn attention(input: Input<'_>) -> Vec<f64> {
    let shape = input.shape;
    let mut out = vec![0.0; shape.batch * shape.context * shape.out_width()];
    for_each_query(input, |query| {
        for key in &query.keys {
            for c in 0..shape.head_dim {
                out[query.out + c] += key.p * input.qkv[key.v + c];
            }
        }
    });
    out
}

/// The gradients of `qkv` and of the sinks (0 where there are none), given that of the output.
pub fn attention_backward(input: Input<'_>, dout: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let (qkv, d) = (input.qkv, input.shape.head_dim);
    let scale = scale(input);
    let (mut dqkv, mut dsinks) = (vec![0.0; qkv.len()], vec![0.0; input.shape.n_heads]);
    for_each_query(input, |query| {
        let dout = &dout[query.out..query.out + d];
        let dot = |v: usize| -> f64 { dout.iter().zip(&qkv[v..]).map(|(a, b)| a * b).sum() };
        let mean: f64 = query.keys.iter().map(|key| key.p * dot(key.v)).sum();
        dsinks[query.head] -= query.p_sink * mean;
        for &Key { k, v, p, slope } in &query.keys {
            let ds = p * (dot(v) - mean) * slope * scale;
            for c in 0..d {
                dqkv[v + c] += p * dout[c];
                dqkv[query.q + c] += ds * qkv[k + c];
                dqkv[k + c] += ds * qkv[query.q + c];
            }
        }
    });
    (dqkv, dsinks)
}

/// Where a query and its output lie, and what it looks at.
struct Query {
    head: usize,
    q: usize,
    out: usize,
    keys: Vec<Key>,
    p_sink: f64,
}

/// Where a key and its value lie, and how much the query looks at it.
struct Key {
    k: usize,
    v: usize,
    p: f64,
    /// The derivative of its score by the scaled product.
    slope: f64,
}

fn scale(input: Input<'_>) -> f64 {
    input.form.scale.map_or_else(|| 1.0 / (input.shape.head_dim as f64).sqrt(), f64::from)
}

/// Calls `visit` with each query.
fn for_each_query(input: Input<'_>, mut visit: impl FnMut(Query)) {
    let shape = input.shape;
    let d = shape.head_dim;
    for row in 0..shape.batch * shape.context {
        for head in 0..shape.n_heads {
            let q = row * shape.qkv_width() + head * d;
            let mut keys = seen(input, row, head);
            let sink = input.sinks.map_or(f64::NEG_INFINITY, |sinks| sinks[head]);
            let max = keys.iter().map(|key| key.p).fold(sink, f64::max);
            keys.iter_mut().for_each(|key| key.p = (key.p - max).exp());
            let sum = keys.iter().map(|key| key.p).sum::<f64>() + (sink - max).exp();
            keys.iter_mut().for_each(|key| key.p /= sum);
            let (out, p_sink) = (row * shape.out_width() + head * d, (sink - max).exp() / sum);
            visit(Query { head, q, out, keys, p_sink });
        }
    }
}

/// The keys that a query sees, `p` still being their scores.
fn seen(input: Input<'_>, row: usize, head: usize) -> Vec<Key> {
    let Input { shape, form, qkv, starts, .. } = input;
    let d = shape.head_dim;
    let (start, position) = (starts.map_or(0, |s| s[row] as usize), row % shape.context);
    let q = row * shape.qkv_width() + head * d;
    let kv_head = head / (shape.n_heads / shape.n_kv_heads);
    let key = |at: usize| {
        let k_row = row - position + at;
        let k = k_row * shape.qkv_width() + (shape.n_heads + kv_head) * d;
        let scaled = (0..d).map(|c| qkv[q + c] * qkv[k + c]).sum::<f64>() * scale(input);
        let (score, slope) = match form.softcap.map(f64::from) {
            Some(cap) => (cap * (scaled / cap).tanh(), 1.0 - (scaled / cap).tanh().powi(2)),
            None => (scaled, 1.0),
        };
        let lean = form.slopes.as_ref().map_or(0.0, |slopes| f64::from(slopes[head]));
        let distance = at as f64 - position as f64;
        Key { k, v: k + shape.n_kv_heads * d, p: score + lean * distance, slope }
    };
    let in_window = |at: &usize| shape.window.is_none_or(|w| at + w > position);
    (start..=position).filter(in_window).map(key).collect()
}
