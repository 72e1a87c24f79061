//! The definition, in f64 and as many loops as it has indices, and its gradient by the chain rule.

use super::Shape;

/// `(B, T, Hq D)` from `qkv` `(B, T, (Hq + 2 Hkv) D)`.
pub fn attention(shape: Shape, qkv: &[f64], starts: Option<&[u32]>) -> Vec<f64> {
    let mut out = vec![0.0; shape.batch * shape.context * shape.out_width()];
    for_each_query(shape, qkv, starts, |at, p| {
        for (key, p) in p {
            for c in 0..shape.head_dim {
                out[at.out + c] += p * qkv[at.value(shape, *key) + c];
            }
        }
    });
    out
}

/// The gradient of `qkv`, given that of the output.
pub fn attention_backward(
    shape: Shape,
    qkv: &[f64],
    starts: Option<&[u32]>,
    dout: &[f64],
) -> Vec<f64> {
    let d = shape.head_dim;
    let scale = 1.0 / (d as f64).sqrt();
    let mut dqkv = vec![0.0; qkv.len()];
    for_each_query(shape, qkv, starts, |at, p| {
        let dout = &dout[at.out..at.out + d];
        let dot = |v: usize| -> f64 { dout.iter().zip(&qkv[v..]).map(|(a, b)| a * b).sum() };
        let mean: f64 = p.iter().map(|(key, p)| p * dot(at.value(shape, *key))).sum();
        for (key, p) in p {
            let (k, v) = (at.key(shape, *key), at.value(shape, *key));
            let ds = p * (dot(v) - mean) * scale;
            for c in 0..d {
                dqkv[v + c] += p * dout[c];
                dqkv[at.q + c] += ds * qkv[k + c];
                dqkv[k + c] += ds * qkv[at.q + c];
            }
        }
    });
    dqkv
}

/// Where a query and its output lie.
struct At {
    sequence: usize,
    kv_head: usize,
    q: usize,
    out: usize,
}

impl At {
    fn key(&self, shape: Shape, position: usize) -> usize {
        let row = self.sequence * shape.context + position;
        row * shape.qkv_width() + (shape.n_heads + self.kv_head) * shape.head_dim
    }

    fn value(&self, shape: Shape, position: usize) -> usize {
        self.key(shape, position) + shape.n_kv_heads * shape.head_dim
    }
}

/// Calls `visit` with each query's place and the probabilities of the keys that it sees.
fn for_each_query(
    shape: Shape,
    qkv: &[f64],
    starts: Option<&[u32]>,
    mut visit: impl FnMut(At, &[(usize, f64)]),
) {
    let d = shape.head_dim;
    for row in 0..shape.batch * shape.context {
        for head in 0..shape.n_heads {
            let at = At {
                sequence: row / shape.context,
                kv_head: head / (shape.n_heads / shape.n_kv_heads),
                q: row * shape.qkv_width() + head * d,
                out: row * shape.out_width() + head * d,
            };
            let (start, position) = (starts.map_or(0, |s| s[row] as usize), row % shape.context);
            let in_window = |key: &usize| shape.window.is_none_or(|w| key + w > position);
            let keys = (start..=position).filter(in_window);
            let dot = |k: usize| -> f64 { (0..d).map(|c| qkv[at.q + c] * qkv[k + c]).sum() };
            let score = |key| dot(at.key(shape, key)) / (d as f64).sqrt();
            let max = keys.clone().map(score).fold(f64::MIN, f64::max);
            let mut p: Vec<_> = keys.map(|key| (key, (score(key) - max).exp())).collect();
            let sum: f64 = p.iter().map(|(_, p)| p).sum();
            p.iter_mut().for_each(|(_, p)| *p /= sum);
            visit(at, &p);
        }
    }
}
