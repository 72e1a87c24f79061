//! How often two distributions agree where one random number draws from both, beside the most that any
//! two draws can (`Σ min(p, q)`) and beside a race of exponentials, `Σ 1 / Σ max(p_y/p_x, q_y/q_x)`: the figures
//! that [`super`] tells, from the sampler's own candidates.

use stdx::Rng;

use crate::sampler::{Candidate, ONE};
use crate::{Sampler, Sampling};

/// Shares of all ids; and of random numbers, cut where the sampler cuts them.
struct Drawn {
    shares: Vec<f64>,
    /// An id, and where its numbers end.
    ends: Vec<(u32, f64)>,
}

impl Drawn {
    fn new(logits: &[f32], sampling: &Sampling) -> Self {
        let candidates: Vec<Candidate> =
            Sampler::new(sampling).unwrap().candidates(logits, None).unwrap();
        let weight = |c: &Candidate| c.weight as f64 / ONE as f64;
        let total: f64 = candidates.iter().map(weight).sum();
        let mut drawn = Self { shares: vec![0.0; logits.len()], ends: Vec::new() };
        let mut end = 0.0;
        for candidate in &candidates {
            let share = weight(candidate) / total;
            end += share;
            drawn.shares[candidate.id as usize] = share;
            drawn.ends.push((candidate.id, end));
        }
        drawn
    }
}

/// The share of random numbers by which both draw one id.
fn agreement(p: &Drawn, q: &Drawn) -> f64 {
    let (mut i, mut j, mut at, mut both) = (0, 0, 0.0_f64, 0.0);
    while let (Some(&(a, a_end)), Some(&(b, b_end))) = (p.ends.get(i), q.ends.get(j)) {
        let end = a_end.min(b_end);
        both += if a == b { end - at } else { 0.0 };
        at = end;
        i += usize::from(a_end <= end);
        j += usize::from(b_end <= end);
    }
    both
}

fn bound(p: &Drawn, q: &Drawn) -> f64 {
    p.shares.iter().zip(&q.shares).map(|(p, q)| p.min(*q)).sum()
}

fn race(p: &Drawn, q: &Drawn) -> f64 {
    let both = || p.shares.iter().zip(&q.shares);
    let of =
        |(&p, &q): (&f64, &f64)| 1.0 / both().map(|(p_y, q_y)| (p_y / p).max(q_y / q)).sum::<f64>();
    both().filter(|(p, q)| **p > 1e-4 && **q > 1e-4).map(of).sum()
}

/// Mean likeliest, bound, agreement and race of distributions of so many ids, and of the same with noise.
fn means(ids: usize, sharpness: f64, noise: f64, sampling: &Sampling) -> [f64; 4] {
    let (mut rng, mut sums, n) = (Rng::new(5), [0.0; 4], 30);
    for _ in 0..n {
        let own: Vec<f32> = (0..ids).map(|_| (rng.normal() * sharpness) as f32).collect();
        let other: Vec<f32> = own.iter().map(|l| l + (rng.normal() * noise) as f32).collect();
        let (p, q) = (Drawn::new(&own, sampling), Drawn::new(&other, sampling));
        let likeliest = p.shares.iter().copied().fold(0.0, f64::max);
        let found = [likeliest, bound(&p, &q), agreement(&p, &q), race(&p, &q)];
        sums.iter_mut().zip(found).for_each(|(sum, x)| *sum += x / f64::from(n));
    }
    sums
}

#[test]
fn one_random_number_agrees_less_often_than_two_draws_could() {
    let free = Sampling::default();
    let few = Sampling { top_k: Some(40), ..free.clone() };
    for (ids, sharpness, noise, sampling) in [
        (500, 4.0, 0.3, &free),
        (500, 3.0, 0.3, &free),
        (500, 3.0, 1.0, &free),
        (5_000, 4.0, 0.3, &free),
        (5_000, 3.0, 0.3, &free),
        (5_000, 3.0, 0.3, &few),
    ] {
        let [likeliest, bound, agreement, race] = means(ids, sharpness, noise, sampling);
        println!(
            "{ids} ids, likeliest {likeliest:.2}, noise {noise}: bound {bound:.2}, this sampler \
             {agreement:.2}, a race {race:.2}"
        );
        assert!(agreement < race && race < bound && bound < 1.0);
        assert!(agreement > 0.3 * bound, "{agreement} of {bound}");
    }
}

#[test]
fn what_is_certain_or_equal_loses_nothing() {
    let mut rng = Rng::new(2);
    let logits: Vec<f32> = (0..40).map(|_| (2.0 * rng.normal()) as f32).collect();
    let free = Sampling::default();
    let p = Drawn::new(&logits, &free);
    assert!((agreement(&p, &p) - 1.0).abs() < 1e-9);
    // A draft that is certain of one id, as a lookup is.
    for id in [0, 7, 39] {
        let mut certain = vec![f32::NEG_INFINITY; 40];
        certain[id] = 0.0;
        let q = Drawn::new(&certain, &free);
        let (agreement, bound) = (agreement(&p, &q), bound(&p, &q));
        assert!((agreement - bound).abs() < 1e-9 && (bound - p.shares[id]).abs() < 1e-9);
    }
    let greedy = Sampling::greedy();
    let [_, bound, agreement, _] = means(50, 3.0, 0.5, &greedy);
    assert!((agreement - bound).abs() < 1e-9, "{agreement} of {bound}");
}
