//! Heads that begin with a sense of place: some that look back, and one a block that leans to what is near.
//!
//! To find what followed an earlier occurrence of a word, a model needs a head that knows of each token
//! the one before it, and above it a head that matches (Olsson et al., "In-context Learning and
//! Induction Heads", 2022). To answer where somebody is now it must prefer the last of several matches,
//! as the slopes of ALiBi do (Press et al., "Train Short, Test Long", 2022). Left to itself a small
//! model takes longer over these than over all else. Here it is given both, as biases of queries and
//! keys: an optimizer that orthogonalises matrices would build them anew, biases it leaves alone.
//! docs/log.md has what each of the two saves.
//!
//! With rotary positions the score of a query at m and a key at n is, for a pair of dimensions that
//! turns by θ a token, `q·k = a² cos((m − n)·θ − d·θ)` for `q = a·(1, 0)` and `k = a·(cos dθ, sin dθ)`:
//! largest at a distance of d, whatever the tokens are. Fast turning pairs tell neighbours apart. The
//! slow ones, whose θ form a geometric series, add up to about `−log` of the distance.

use arch::{Positions, Rope, Spec};

/// Distances that heads of the first block look back by, one to a key head, of at most half of them.
/// "Ada took the lamp": three back from what was taken stands who took it.
const DISTANCES: [f64; 3] = [1.0, 2.0, 3.0];
/// By how many nats the distance is preferred to its neighbours.
const GAP: f64 = 10.0;
/// By how many nats, in blocks above, a match is preferred to one at e times its distance.
const LEAN: f64 = 1.7;

/// Biases of a block's queries, keys and values: `((Hq + 2·Hkv)·head_dim)`. Zeros where heads are
/// not turned as a whole, in halves, unstretched.
pub(super) fn biases(spec: &Spec, block: usize) -> Vec<f32> {
    let mut biases = vec![0.0; spec.qkv_width()];
    let Positions::Rope(rope) = &spec.positions else { return biases };
    let theta = rope.theta;
    if *rope != Rope::plain(theta) {
        return biases;
    }
    let width = spec.head_dim;
    let angles: Vec<f64> =
        (0..width / 2).map(|i| f64::from(theta).powf(-2.0 * i as f64 / width as f64)).collect();
    let (fast, slow) = angles.split_at((width / 6).clamp(1, width / 2));
    let scale = (width as f64).sqrt();
    if block > 0 {
        // Neighbouring angles differ by this in their logarithm.
        let step = 2.0 * f64::from(theta).ln() / width as f64;
        let amplitude = (LEAN * scale * step).sqrt();
        let mut head = Head::new(spec, &mut biases, 0);
        slow.iter().enumerate().for_each(|(i, _)| head.set(fast.len() + i, amplitude, 0.0));
        return biases;
    }
    let apart: f64 = fast.iter().map(|angle| 1.0 - angle.cos()).sum();
    let amplitude = (GAP * scale / apart).sqrt();
    for (number, distance) in DISTANCES.into_iter().enumerate().take(spec.n_kv_heads.div_ceil(2)) {
        let mut head = Head::new(spec, &mut biases, number);
        fast.iter().enumerate().for_each(|(i, angle)| head.set(i, amplitude, distance * angle));
    }
    biases
}

/// The biases of a key head and of the first query head that looks at its keys.
struct Head<'b> {
    biases: &'b mut [f32],
    query: usize,
    key: usize,
    half: usize,
}

impl<'b> Head<'b> {
    fn new(spec: &Spec, biases: &'b mut [f32], number: usize) -> Self {
        let query = number * (spec.n_heads / spec.n_kv_heads) * spec.head_dim;
        let key = (spec.n_heads + number) * spec.head_dim;
        Self { biases, query, key, half: spec.head_dim / 2 }
    }

    /// Queries at angle 0 and keys at `angle` in a pair of dimensions.
    fn set(&mut self, pair: usize, amplitude: f64, angle: f64) {
        self.biases[self.query + pair] = amplitude as f32;
        self.biases[self.key + pair] = (amplitude * angle.cos()) as f32;
        self.biases[self.key + self.half + pair] = (amplitude * angle.sin()) as f32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The share of attention that a query at `at` gives to each key, by biases alone.
    fn looks(spec: &Spec, block: usize, head: usize, at: usize) -> Vec<f64> {
        let (biases, width) = (biases(spec, block), spec.head_dim);
        let turned = |from: usize, position: usize| -> Vec<f64> {
            let half = width / 2;
            let mut out = vec![0.0; width];
            for i in 0..half {
                let angle = position as f64 * 10_000_f64.powf(-2.0 * i as f64 / width as f64);
                let (x, y) = (f64::from(biases[from + i]), f64::from(biases[from + half + i]));
                out[i] = x * angle.cos() - y * angle.sin();
                out[i + half] = x * angle.sin() + y * angle.cos();
            }
            out
        };
        let query = turned(head * width, at);
        let score = |position| -> f64 {
            let key = turned((spec.n_heads + head) * width, position);
            query.iter().zip(key).map(|(q, k)| q * k).sum::<f64>() / (width as f64).sqrt()
        };
        let weights: Vec<f64> = (0..=at).map(|position| score(position).exp()).collect();
        let sum: f64 = weights.iter().sum();
        weights.into_iter().map(|w| w / sum).collect()
    }

    #[test]
    fn half_the_heads_look_back_and_at_most_three() {
        let check = |spec: &Spec, backward: usize| {
            for at in [5, 100, 1000] {
                for head in 0..backward {
                    assert!(looks(spec, 0, head, at)[at - head - 1] > 0.9, "{head} at {at}");
                }
                let next = looks(spec, 0, backward, at);
                assert!((next[0] * (at + 1) as f64 - 1.0).abs() < 1e-6, "{backward} at {at}");
            }
        };
        check(&Spec::qwen2(50, 192, 4, 3), 2);
        check(&Spec::qwen2(50, 192, 4, 6), 3);
        check(&Spec::qwen2(50, 256, 5, 8), 3);
    }

    #[test]
    fn heads_above_prefer_the_nearer_of_two() {
        let spec = Spec::qwen2(50, 192, 4, 3);
        let share = looks(&spec, 2, 0, 900);
        for near in [30, 80, 200] {
            let ratio = (share[900 - near] / share[900 - 2 * near]).ln();
            assert!((0.5..3.0).contains(&ratio), "{near}: {ratio} nats");
        }
        assert!(looks(&spec, 2, 1, 900)[0] > 1e-3, "other heads look at all alike");
    }
}
