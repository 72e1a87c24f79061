//! Texts with speculation against texts without, token for token; the distribution of what is said; clocks
//! that lie.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arch::{Input, Logits, Spec};
use stdx::Rng;

use super::draft_model::DraftModel;
use super::ngram::Ngram;
use super::*;
use crate::generate::tests::{Toy, ToyCache};
use crate::runtime::random;
use crate::{Constraint, Finish, Flow, Overflow, Runtime, Sampling, generate_with};

/// Time that passes as it is told to.
#[derive(Clone, Default)]
struct Time(Arc<AtomicU64>);

impl Time {
    fn pass(&self, nanoseconds: u64) {
        self.0.fetch_add(nanoseconds, Ordering::Relaxed);
    }

    fn clock(&self) -> Clock {
        let time = self.clone();
        Box::new(move || time.0.load(Ordering::Relaxed) as f64 / 1e9)
    }
}

/// A decoder whose passes take time: a row and a fiftieth of one for each further.
struct Timed<D> {
    decoder: D,
    time: Time,
    row: u64,
}

impl<D: Decoder> Decoder for Timed<D> {
    type Cache = D::Cache;

    fn spec(&self) -> &Spec {
        self.decoder.spec()
    }

    fn new_cache(&self) -> D::Cache {
        self.decoder.new_cache()
    }

    fn forward(
        &self,
        input: Input<'_>,
        cache: &mut D::Cache,
        logits: Logits,
    ) -> Result<Vec<f32>, arch::Error> {
        if let Input::Ids(ids) = input {
            self.time.pass(self.row + self.row / 50 * (ids.len() as u64 - 1));
        }
        self.decoder.forward(input, cache, logits)
    }

    fn rows_alike(&self, held: usize) -> usize {
        self.decoder.rows_alike(held)
    }
}

/// Proposes at random; now and then what nobody asked for, and no id at all.
struct Wild {
    rng: Rng,
    vocab_size: u64,
}

impl Draft for Wild {
    fn is_free(&self) -> bool {
        true
    }

    fn propose(&mut self, _: &[u32], n: usize, _: &Sampler) -> Result<Proposal, Error> {
        let n = n + self.rng.index(2);
        let ids = (0..n).map(|_| self.rng.below(self.vocab_size + 1) as u32).collect();
        Ok(Proposal { ids, class: self.rng.index(9) })
    }
}

/// A clock of random steps, backwards too.
fn lying(seed: u64) -> Clock {
    let mut rng = Rng::new(seed);
    Box::new(move || rng.unit() * 10.0 - 3.0)
}

fn options(max_tokens: usize, sampling: Sampling) -> Options {
    Options { sampling, max_tokens, ..Options::default() }
}

/// Forbids what it heard last.
struct NoTwice(Option<u32>, Vec<u32>);

impl Constraint for NoTwice {
    fn mask(&mut self, allowed: &mut [bool]) {
        if let Some(last) = self.0 {
            allowed[last as usize] = false;
        }
    }

    fn commit(&mut self, token: u32) {
        self.0 = Some(token);
        self.1.push(token);
    }
}

/// An answer, what the listener and the constraint heard, and what the memory holds then.
type Heard = (Generated, Vec<u32>, Vec<u32>, Vec<u32>);

fn heard<D: Decoder>(
    decoder: &D,
    prompt: &[u32],
    options: &Options,
    constrained: bool,
    speculation: Option<&mut Speculation>,
) -> Heard {
    let (mut memory, mut tokens) = (Memory::new(decoder), Vec::new());
    let mut constraint = NoTwice(None, Vec::new());
    let mut on_token = |token| {
        tokens.push(token);
        Flow::Continue
    };
    let steer = Steer {
        on_token: &mut on_token,
        constraint: constrained.then_some(&mut constraint as &mut dyn Constraint),
    };
    let generated = match speculation {
        None => generate_with(decoder, &mut memory, prompt, options, steer).unwrap(),
        Some(speculation) => {
            speculate(decoder, &mut memory, prompt, options, steer, speculation).unwrap().0
        }
    };
    (generated, tokens, constraint.1, memory.ids().to_vec())
}

fn samplings(seed: u64) -> Vec<Sampling> {
    let base = Sampling { seed, ..Sampling::default() };
    vec![
        Sampling { temperature: 0.0, ..base.clone() },
        base.clone(),
        Sampling { temperature: 0.3, ..base.clone() },
        Sampling { top_k: Some(3), ..base.clone() },
        Sampling { top_p: Some(0.7), min_p: Some(0.1), ..base },
    ]
}

fn drafts(seed: u64) -> Vec<Box<dyn Draft + Send>> {
    vec![
        Box::new(Ngram::new()),
        Box::new(Wild { rng: Rng::new(seed), vocab_size: 5 }),
        Box::new(DraftModel::new(Toy::new(200), 5).unwrap()),
        Box::new(DraftModel::new(Toy::new(20), 5).unwrap()),
    ]
}

#[test]
fn toys_say_the_same_whoever_proposes_and_whatever_the_clock_says() {
    let (prompt, mut accepted) = ([1, 2, 3, 1, 2], 0);
    for seed in 0..24 {
        for sampling in samplings(seed) {
            for (context, overflow, stop) in [
                (200, Overflow::End, None),
                (24, Overflow::End, None),
                (24, Overflow::Reread, None),
                (24, Overflow::Shift { keep: 2 }, None),
                (200, Overflow::End, Some(4)),
            ] {
                let options = Options {
                    overflow,
                    stop_tokens: stop.into_iter().collect(),
                    ..options(40 + seed as usize, sampling.clone())
                };
                let constrained = seed % 2 == 1;
                let toy = Toy::new(context);
                let expected = heard(&toy, &prompt, &options, constrained, None);
                for (i, draft) in drafts(seed).into_iter().enumerate() {
                    let time = Time::default();
                    let toy = Timed { decoder: Toy::new(context), time: time.clone(), row: 1000 };
                    let clock = if seed % 3 == 0 { lying(seed) } else { time.clock() };
                    let mut speculation = Speculation::new(draft, clock);
                    // Twice, the second time with what was learnt in the first.
                    for _ in 0..2 {
                        let got =
                            heard(&toy, &prompt, &options, constrained, Some(&mut speculation));
                        assert_eq!(got, expected, "draft {i}, {options:?}");
                        accepted += speculation.statistics.accepted;
                    }
                }
            }
        }
    }
    assert!(accepted > 10_000, "{accepted}");
}

fn small(seed: u64, kind: &str) -> Runtime {
    let spec = Spec { n_kv_heads: 2, tied: false, context: 128, ..Spec::llama(60, 64, 2, 4) };
    random::runtime(&spec, kind, seed)
}

#[test]
fn a_runtime_says_the_same_in_fewer_passes() {
    let prompt: Vec<u32> = (0..40).map(|i| [7, 8, 9, 10, 11, 12][i % 6]).collect();
    for kind in ["F32", "Q8_0", "Q4_0"] {
        for seed in 0..3 {
            for sampling in samplings(seed) {
                let options = options(60, sampling);
                let runtime = small(1, kind);
                let expected = heard(&runtime, &prompt, &options, false, None);
                // One that agrees with it now and then, being the same in other types.
                let model = DraftModel::new(small(1, "Q4_0"), 60).unwrap();
                let drafts: [Box<dyn Draft + Send>; 2] = [Box::new(Ngram::new()), Box::new(model)];
                for draft in drafts {
                    let time = Time::default();
                    let runtime = Timed { decoder: small(1, kind), time: time.clone(), row: 5000 };
                    let mut speculation = Speculation::new(draft, time.clock());
                    let got = heard(&runtime, &prompt, &options, false, Some(&mut speculation));
                    assert_eq!(got, expected, "{kind}, {options:?}");
                    let Statistics { passes, accepted, proposed, .. } = speculation.statistics;
                    assert_eq!(passes + accepted, 59);
                    assert!(accepted <= proposed);
                }
            }
        }
    }
}

/// Chi-squared of three tokens' joint distribution over seeds, and its degrees of freedom.
fn chi_squared(sampling: &Sampling, seeds: u64) -> (f64, usize) {
    let toy = Toy::new(64);
    let (prompt, mut counts) = ([1, 2, 0, 1], HashMap::<Vec<u32>, f64>::new());
    let (time, draft) = (Time::default(), Wild { rng: Rng::new(6), vocab_size: 5 });
    let timed = Timed { decoder: Toy::new(64), time: time.clone(), row: 1000 };
    let mut speculation = Speculation::new(Box::new(draft), time.clock());
    let (mut proposed, mut accepted) = (0, 0);
    for seed in 0..seeds {
        let options = options(3, Sampling { seed, ..sampling.clone() });
        let (generated, ..) = heard(&timed, &prompt, &options, false, Some(&mut speculation));
        *counts.entry(generated.tokens).or_default() += 1.0;
        proposed += speculation.statistics.proposed as u64;
        accepted += speculation.statistics.accepted as u64;
    }
    assert!(proposed > seeds / 2 && accepted > seeds / 10, "{accepted} of {proposed}");
    let temperature = f64::from(sampling.temperature);
    let next = |before: u32, last: u32| -> Vec<f64> {
        let p: Vec<f64> =
            (0..5).map(|id| (toy.log_p(before, last, id) / temperature).exp()).collect();
        let total: f64 = p.iter().sum();
        p.iter().map(|p| p / total).collect()
    };
    let (mut sum, mut cells) = (0.0, 0);
    for (a, p_a) in (0..).zip(next(0, 1)) {
        for (b, p_b) in (0..).zip(next(1, a)) {
            for (c, p_c) in (0..).zip(next(a, b)) {
                let expected = p_a * p_b * p_c * seeds as f64;
                let seen = counts.get(&vec![a, b, c]).copied().unwrap_or(0.0);
                if expected >= 5.0 {
                    sum += (seen - expected).powi(2) / expected;
                    cells += 1;
                }
            }
        }
    }
    (sum, cells - 1)
}

#[test]
fn what_is_said_follows_the_exact_probabilities() {
    for temperature in [1.0, 0.5] {
        let sampling = Sampling { temperature, ..Sampling::default() };
        let (sum, freedom) = chi_squared(&sampling, 20_000);
        let freedom = freedom as f64;
        // Wilson and Hilferty's cube: exceeded once in a thousand sets of seeds.
        let root = (2.0 / (9.0 * freedom)).sqrt();
        let bound = freedom * (1.0 - root * root + 3.09 * root).powi(3);
        assert!(freedom > 30.0 && sum < bound, "{sum} of {bound} at {temperature}");
    }
}

#[test]
fn a_draft_of_the_same_model_comes_true_always_and_saves_time() {
    let options = options(200, Sampling { seed: 3, ..Sampling::default() });
    let time = Time::default();
    let toy = Timed { decoder: Toy::new(400), time: time.clone(), row: 1_000_000 };
    let small = Timed { decoder: Toy::new(400), time: time.clone(), row: 100_000 };
    let draft = DraftModel::new(small, 5).unwrap();
    let mut speculation = Speculation::new(Box::new(draft), time.clock());
    let steer = Steer { on_token: &mut |_| Flow::Continue, constraint: None };
    let memory = &mut Memory::new(&toy);
    let (generated, statistics) =
        speculate(&toy, memory, &[1, 2], &options, steer, &mut speculation).unwrap();
    assert_eq!((generated.tokens.len(), generated.finish), (200, Finish::Length));
    assert_eq!(statistics.accepted, statistics.proposed, "{statistics:?}");
    assert!(statistics.tokens_per_pass() > 4.0, "{statistics:?}");
    assert!((statistics.acceptance() - 1.0).abs() < 1e-12);
    let seconds = statistics.pass_seconds + statistics.draft_seconds;
    assert!(seconds < 0.5 * 0.199, "{statistics:?}");
    assert!(format!("{speculation:?}").contains("accepted"));
}

#[test]
fn a_draft_that_is_always_wrong_costs_little() {
    // Another table of probabilities: an id more, so that all rows differ.
    struct Wrong;
    impl Draft for Wrong {
        fn propose(&mut self, text: &[u32], n: usize, _: &Sampler) -> Result<Proposal, Error> {
            Ok(Proposal { ids: vec![text[text.len() - 1]; n], class: 0 })
        }
    }
    let options = options(300, Sampling { seed: 3, ..Sampling::default() });
    let time = Time::default();
    let toy = Timed { decoder: Toy::new(400), time: time.clone(), row: 1_000_000 };
    let mut speculation = Speculation::new(Box::new(Wrong), time.clock());
    // Each token other than the one before.
    let (generated, ..) = heard(&toy, &[1, 2], &options, true, Some(&mut speculation));
    let Statistics { passes, accepted, pass_seconds, rounds, .. } = speculation.statistics;
    assert_eq!((generated.tokens.len(), passes, accepted), (300, 299, 0));
    assert!(rounds > 0 && pass_seconds < 1.03 * 0.299, "{:?}", speculation.statistics);
}

#[test]
fn a_decoder_that_promises_nothing_is_asked_row_by_row() {
    struct Unsure(Toy);
    impl Decoder for Unsure {
        type Cache = ToyCache;
        fn spec(&self) -> &Spec {
            self.0.spec()
        }
        fn new_cache(&self) -> ToyCache {
            self.0.new_cache()
        }
        fn forward(
            &self,
            input: Input<'_>,
            cache: &mut ToyCache,
            logits: Logits,
        ) -> Result<Vec<f32>, arch::Error> {
            self.0.forward(input, cache, logits)
        }
    }
    let time = Time::default();
    let mut speculation = Speculation::new(Box::new(Ngram::new()), time.clock());
    let greedy = options(50, Sampling::greedy());
    heard(&Unsure(Toy::new(100)), &[1, 2, 1, 2], &greedy, false, Some(&mut speculation));
    assert_eq!(speculation.statistics.proposed, 0);
    heard(&Toy::new(100), &[1, 2, 1, 2], &greedy, false, Some(&mut speculation));
    assert!(speculation.statistics.proposed > 0);
}
