//! What many answers were like together.

use std::time::Duration;

use serde::Serialize;

use super::Answer;

/// Of some seconds; nothing of none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Percentiles {
    /// The mean.
    pub mean: f64,
    /// Half of them are no longer.
    pub p50: f64,
    /// Nine of ten.
    pub p90: f64,
    /// 19 of twenty.
    pub p95: f64,
    /// 99 of a hundred.
    pub p99: f64,
    /// The longest.
    pub max: f64,
}

impl Percentiles {
    /// By the nearest rank.
    pub fn of(seconds: impl Iterator<Item = f64>) -> Self {
        let mut all: Vec<f64> = seconds.collect();
        if all.is_empty() {
            return Self::default();
        }
        all.sort_by(f64::total_cmp);
        let rank = |share: f64| {
            let rank = (share * all.len() as f64).ceil() as usize;
            all[rank.clamp(1, all.len()) - 1]
        };
        let mean = all.iter().sum::<f64>() / all.len() as f64;
        let [p50, p90, p95, p99, max] = [0.5, 0.9, 0.95, 0.99, 1.0].map(rank);
        Self { mean, p50, p90, p95, p99, max }
    }
}

/// Many answers together.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// Requests that were sent.
    pub requests: usize,
    /// Those that were answered whole.
    pub whole: usize,
    /// Those that were told to come back later.
    pub refused: usize,
    /// Those that failed otherwise.
    pub failed: usize,
    /// From the first request to the last answer.
    pub seconds: f64,
    /// Whole answers a second.
    pub requests_per_second: f64,
    /// Tokens of answers a second.
    pub tokens_per_second: f64,
    /// Seconds to the first token.
    pub ttft: Percentiles,
    /// Seconds between tokens.
    pub itl: Percentiles,
    /// Seconds to the end.
    pub e2e: Percentiles,
    /// Seconds to the end for each token of the answer (the "normalized latency" of Yu et al., "Orca", 2022):
    /// long for a short answer that had to wait for long ones.
    pub e2e_per_token: Percentiles,
    /// Why some failed: the first few reasons.
    pub failures: Vec<String>,
}

impl Summary {
    /// Of the answers that came within a time.
    pub fn of(answers: &[Answer], elapsed: Duration) -> Self {
        let seconds = elapsed.as_secs_f64();
        let whole: Vec<&Answer> = answers.iter().filter(|answer| answer.is_whole()).collect();
        let refused = answers.iter().filter(|answer| answer.status == 429).count();
        let tokens: usize = answers.iter().map(|answer| answer.tokens).sum();
        let reasons = answers.iter().filter(|a| a.status != 429).filter_map(|a| a.failure.clone());
        Self {
            requests: answers.len(),
            whole: whole.len(),
            refused,
            failed: answers.len() - whole.len() - refused,
            seconds,
            requests_per_second: whole.len() as f64 / seconds,
            tokens_per_second: tokens as f64 / seconds,
            ttft: Percentiles::of(whole.iter().filter_map(|answer| answer.first())),
            itl: Percentiles::of(whole.iter().flat_map(|answer| answer.gaps())),
            e2e: Percentiles::of(whole.iter().map(|answer| answer.seconds)),
            e2e_per_token: Percentiles::of(
                whole.iter().map(|answer| answer.seconds / answer.tokens.max(1) as f64),
            ),
            failures: reasons.take(3).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_the_nearest_rank() {
        let of = |n: u32| Percentiles::of((1..=n).rev().map(f64::from));
        let hundred = of(100);
        assert_eq!((hundred.p50, hundred.p90, hundred.p95), (50.0, 90.0, 95.0));
        assert_eq!((hundred.p99, hundred.max), (99.0, 100.0));
        assert_eq!((of(1).p50, of(1).p99, of(2).p50, of(3).p50), (1.0, 1.0, 1.0, 2.0));
        assert_eq!((hundred.mean, Percentiles::of(std::iter::empty()).max), (50.5, 0.0));
    }

    #[test]
    fn what_is_not_whole_is_counted_and_not_timed() {
        let whole = Answer {
            pieces: vec![1.0, 1.5, 3.0],
            seconds: 3.0,
            tokens: 3,
            status: 200,
            ..Answer::default()
        };
        let refused =
            Answer { status: 429, failure: Some("busy".into()), seconds: 9.0, ..Answer::default() };
        let broken =
            Answer { failure: Some("gone".into()), tokens: 1, pieces: vec![7.0], ..whole.clone() };
        let all = [whole.clone(), refused, broken, whole];
        let summary = Summary::of(&all, Duration::from_secs(2));
        let counts = (summary.requests, summary.whole, summary.refused, summary.failed);
        assert_eq!(counts, (4, 2, 1, 1));
        assert_eq!((summary.tokens_per_second, summary.requests_per_second), (3.5, 1.0));
        assert_eq!((summary.ttft.max, summary.itl.max, summary.e2e.max), (1.0, 1.5, 3.0));
        assert_eq!(summary.e2e_per_token.max, 1.0);
        assert_eq!(summary.failures, ["gone"]);
    }
}
