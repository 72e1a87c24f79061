//! Many askers at once, for measurements: of this server or of any that speaks OpenAI's interface.
//!
//! A closed loop has so many askers, each of whom asks again as soon as it was answered; an open loop has askers
//! that come at random moments (a Poisson process) whether others were answered or not, as people do
//! (Schroeder et al., "Open Versus Closed: A Cautionary Tale", 2006). Prompts are ids drawn at random, of exact
//! length, the first of them shared where that is asked; answers are as long as they are asked to be, all alike
//! or not.
//!
//! Reading order: [`client`] (one request and when each word of its answer came), [`ask_closed`] and [`ask_open`],
//! [`Summary`]. Left out: TLS; whatever needs more than one machine.

pub mod client;
mod summary;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use stdx::Rng;
use tokio::sync::mpsc::{self, UnboundedReceiver};

pub use client::{Answer, Target};
pub use summary::{Percentiles, Summary};

/// What each asker sends.
#[derive(Clone, Debug)]
pub struct Shape {
    /// Tokens of a prompt.
    pub prompt: usize,
    /// Those of them, from the first on, that all prompts share.
    pub shared: usize,
    /// Tokens of an answer, in the mean.
    pub output: usize,
    /// The share of that by which answers are shorter or longer, each length as often: from 0 to 1.
    pub spread: f64,
    /// Ids that prompts are made of: below this number.
    pub vocab_size: u32,
    /// Of prompts and moments.
    pub seed: u64,
    /// The number of the first request: others have other prompts.
    pub first: usize,
}

/// Ids that special tokens seldom have.
const FIRST_ID: u32 = 300;

impl Shape {
    /// The body of request number `i`.
    pub fn body(&self, model: Option<&str>, i: usize) -> Value {
        let low = FIRST_ID.min(self.vocab_size / 2);
        let draw = |rng: &mut Rng| low + rng.below(u64::from(self.vocab_size - low)) as u32;
        let mut shared = Rng::stream(self.seed, "shared");
        let i = self.first + i;
        let mut own = Rng::stream(self.seed, &format!("prompt {i}"));
        let of_shared = (0..self.shared.min(self.prompt)).map(|_| draw(&mut shared));
        let mut ids: Vec<u32> = of_shared.collect();
        ids.extend((ids.len()..self.prompt).map(|_| draw(&mut own)));
        let mut body = json!({
            "prompt": ids, "max_tokens": self.output_of(i), "temperature": 0, "seed": i,
            "ignore_eos": true, "stream": true, "stream_options": {"include_usage": true},
        });
        if let Some(model) = model {
            body["model"] = model.into();
        }
        body
    }

    fn output_of(&self, i: usize) -> usize {
        let chance = Rng::stream(self.seed, &format!("output {i}")).unit();
        let share = 1.0 + self.spread * (2.0 * chance - 1.0);
        ((self.output as f64 * share).round() as usize).max(1)
    }
}

/// So many askers, until so many requests were answered; an asker gives up on a request after `patience`.
pub async fn ask_closed(
    target: &Target,
    shape: &Shape,
    askers: usize,
    requests: usize,
    patience: Duration,
) -> (Vec<Answer>, Duration) {
    let next = Arc::new(AtomicUsize::new(0));
    let (sender, answers) = mpsc::unbounded_channel();
    let began = Instant::now();
    for _ in 0..askers {
        let (next, sender) = (next.clone(), sender.clone());
        let (target, shape) = (target.clone(), shape.clone());
        tokio::spawn(async move {
            loop {
                let i = next.fetch_add(1, Ordering::Relaxed);
                if i >= requests {
                    return;
                }
                let body = shape.body(target.model.as_deref(), i);
                drop(sender.send(client::ask(&target, &body, patience).await));
            }
        });
    }
    drop(sender);
    (all_of(answers).await, began.elapsed())
}

/// Askers that come so many a second, at random moments, for so many requests.
pub async fn ask_open(
    target: &Target,
    shape: &Shape,
    per_second: f64,
    requests: usize,
    patience: Duration,
) -> (Vec<Answer>, Duration) {
    let mut moments = Rng::stream(shape.seed, "moments");
    let (sender, answers) = mpsc::unbounded_channel();
    let (began, mut at) = (Instant::now(), 0.0);
    for i in 0..requests {
        // The time between two is exponential.
        at -= (1.0 - moments.unit()).ln() / per_second;
        let moment = began + Duration::from_secs_f64(at);
        let (target, sender) = (target.clone(), sender.clone());
        let body = shape.body(target.model.as_deref(), i);
        tokio::time::sleep_until(moment.into()).await;
        tokio::spawn(async move {
            drop(sender.send(client::ask(&target, &body, patience).await));
        });
    }
    drop(sender);
    (all_of(answers).await, began.elapsed())
}

/// What comes, until nobody is left who could send.
async fn all_of(mut answers: UnboundedReceiver<Answer>) -> Vec<Answer> {
    let mut all = Vec::new();
    while let Some(answer) = answers.recv().await {
        all.push(answer);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape() -> Shape {
        let (prompt, shared, output, spread) = (40, 25, 3, 0.0);
        Shape { prompt, shared, output, spread, vocab_size: 1000, seed: 1, first: 0 }
    }

    #[test]
    fn answers_are_spread_evenly_around_their_mean() {
        let lengths = |output, spread| {
            let shape = Shape { output, spread, ..shape() };
            let of = |i| shape.body(None, i)["max_tokens"].as_u64().unwrap();
            (0..400).map(of).collect::<Vec<_>>()
        };
        assert!(lengths(50, 0.0).iter().all(|n| *n == 50));
        let spread = lengths(50, 0.8);
        let (least, most) = (spread.iter().min().unwrap(), spread.iter().max().unwrap());
        assert!((10..15).contains(least) && (86..=90).contains(most), "{least} to {most}");
        let mean = spread.iter().sum::<u64>() / 400;
        assert!((47..=53).contains(&mean), "{mean}");
        assert!(lengths(1, 1.0).iter().all(|n| (1..=2).contains(n)));
    }

    #[test]
    fn prompts_share_their_beginning_and_nothing_else() {
        let shape = shape();
        let ids = |i| {
            let ids = shape.body(None, i)["prompt"].as_array().unwrap().clone();
            ids.iter().map(|id| id.as_u64().unwrap()).collect::<Vec<_>>()
        };
        let (a, b) = (ids(0), ids(1));
        assert_eq!((a.len(), &a[..25]), (40, &b[..25]));
        assert_ne!(a[25..], b[25..]);
        assert_eq!(a, ids(0));
        let later = Shape { first: 1, ..shape.clone() };
        assert_eq!(later.body(None, 0)["prompt"], shape.body(None, 1)["prompt"]);
        assert!(a.iter().chain(&b).all(|id| (300..1000).contains(id)));
        assert_eq!(shape.body(Some("m"), 7)["model"], "m");
        let tiny = Shape { vocab_size: 8, ..shape };
        assert!(
            tiny.body(None, 0)["prompt"].as_array().unwrap().iter().all(|id| id.as_u64() < Some(8))
        );
    }
}
