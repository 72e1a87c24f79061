//! The loop on a toy decoder whose distribution depends on the last two ids in its cache.

use std::cell::Cell;

use arch::{Cache, Decoder, Input, Logits, Spec};

use super::*;
use crate::runtime::random;
use crate::{Ngram, Speculation, speculate};

/// A trigram table over five ids with a real cache. Counts the positions it reads.
pub(crate) struct Toy {
    spec: Spec,
    pub(crate) read: Cell<usize>,
}

#[derive(Clone)]
pub(crate) struct ToyCache(Vec<u32>);

impl Cache for ToyCache {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn fork(&self) -> Self {
        self.clone()
    }

    fn truncate(&mut self, len: usize) -> usize {
        self.0.truncate(len);
        self.0.len()
    }
}

impl Toy {
    pub(crate) fn new(context: usize) -> Self {
        let spec = Spec { context, ..Spec::llama(5, 4, 1, 1) };
        Self { spec, read: Cell::new(0) }
    }

    fn row(before: u32, last: u32) -> Vec<f32> {
        let mut rng = stdx::Rng::new(u64::from(before * 5 + last) + 1000);
        (0..5).map(|_| rng.normal() as f32).collect()
    }

    /// A made-up state of four numbers.
    pub(crate) fn state(before: u32, last: u32) -> Vec<f32> {
        let mut rng = stdx::Rng::new(u64::from(before * 5 + last) + 2000);
        (0..4).map(|_| rng.normal() as f32).collect()
    }

    pub(crate) fn log_p(&self, before: u32, last: u32, next: u32) -> f64 {
        let exp: Vec<f64> = Self::row(before, last).iter().map(|&l| f64::from(l).exp()).collect();
        (exp[next as usize] / exp.iter().sum::<f64>()).ln()
    }
}

impl Decoder for Toy {
    type Cache = ToyCache;

    fn spec(&self) -> &Spec {
        &self.spec
    }

    fn new_cache(&self) -> ToyCache {
        ToyCache(Vec::new())
    }

    fn forward(
        &self,
        input: Input<'_>,
        cache: &mut ToyCache,
        logits: Logits,
    ) -> Result<Vec<f32>, arch::Error> {
        let Input::Ids(ids) = input else {
            return Err(arch::Error::Unsupported("embeddings"));
        };
        let needed = cache.len() + ids.len();
        if needed > self.spec.context {
            return Err(arch::Error::ContextFull { needed, available: self.spec.context });
        }
        self.read.set(self.read.get() + ids.len());
        let mut rows = Vec::new();
        for &id in ids {
            let before = cache.0.last().copied().unwrap_or(0);
            cache.0.push(id);
            rows.push(Self::row(before, id));
        }
        Ok(match logits {
            Logits::None => Vec::new(),
            Logits::Last => rows.pop().unwrap_or_default(),
            Logits::All => rows.concat(),
        })
    }

    fn rows_alike(&self, _: usize) -> usize {
        9
    }
}

impl crate::States for Toy {
    fn states(
        &self,
        input: Input<'_>,
        cache: &mut ToyCache,
    ) -> Result<(Vec<f32>, Vec<f32>), arch::Error> {
        let held = cache.len();
        let logits = self.forward(input, cache, Logits::All)?;
        let before = |i: usize| i.checked_sub(1).map_or(0, |i| cache.0[i]);
        let states = (held..cache.len()).flat_map(|i| Self::state(before(i), cache.0[i]));
        Ok((states.collect(), logits))
    }
}

fn options(max_tokens: usize, seed: u64) -> Options {
    let sampling = Sampling { seed, ..Sampling::default() };
    Options { sampling, max_tokens, ..Options::default() }
}

fn run(toy: &Toy, prompt: &[u32], options: &Options) -> Generated {
    generate(toy, prompt, options, &mut |_| Flow::Continue).unwrap()
}

#[test]
fn greedy_follows_the_table() {
    let toy = Toy::new(64);
    let greedy = Options { sampling: Sampling::greedy(), ..options(10, 0) };
    let got = run(&toy, &[1, 2], &greedy);
    let mut ids = vec![1, 2];
    for &token in &got.tokens {
        let row = Toy::row(ids[ids.len() - 2], ids[ids.len() - 1]);
        assert!(row.iter().all(|&l| l <= row[token as usize]));
        ids.push(token);
    }
    assert_eq!((got.tokens.len(), got.finish, got.prompt_tokens), (10, Finish::Length, 2));
}

#[test]
fn a_seed_repeats_and_another_differs() {
    let toy = Toy::new(64);
    assert_eq!(run(&toy, &[1], &options(30, 5)), run(&toy, &[1], &options(30, 5)));
    assert_ne!(run(&toy, &[1], &options(30, 5)), run(&toy, &[1], &options(30, 6)));
}

#[test]
fn the_listener_hears_each_token_and_may_stop() {
    let toy = Toy::new(64);
    let mut heard = Vec::new();
    let got = generate(&toy, &[1], &options(30, 5), &mut |token| {
        heard.push(token);
        if heard.len() == 4 { Flow::Stop } else { Flow::Continue }
    });
    let got = got.unwrap();
    assert_eq!(got.finish, Finish::Cancelled);
    assert_eq!(got.tokens, heard);
    assert_eq!(got.tokens, run(&toy, &[1], &options(30, 5)).tokens[..4]);
}

#[test]
fn a_stop_token_ends_the_answer_and_is_not_in_it() {
    let toy = Toy::new(64);
    let free = run(&toy, &[1], &options(30, 5)).tokens;
    let stop = free[7];
    let first = free.iter().position(|&t| t == stop).unwrap();
    let got = run(&toy, &[1], &Options { stop_tokens: vec![stop], ..options(30, 5) });
    assert_eq!((got.tokens.as_slice(), got.finish), (&free[..first], Finish::Stop));
}

#[test]
fn the_context_ends_an_answer_and_refuses_a_longer_prompt() {
    let toy = Toy::new(8);
    let got = run(&toy, &[1, 2, 3], &options(30, 1));
    // Five more are read, and the logits of the last one give a sixth.
    assert_eq!((got.tokens.len(), got.finish), (6, Finish::ContextFull));
    let long = [1, 2, 3, 4, 0, 1, 2, 3, 4];
    let error = generate(&toy, &long, &options(1, 1), &mut |_| Flow::Continue).unwrap_err();
    assert!(matches!(error, Error::PromptTooLong { tokens: 9, context: 8 }), "{error}");
    let cut = run(&toy, &long, &Options { overflow: Overflow::Reread, ..options(3, 1) });
    assert_eq!((cut.prompt_tokens, cut.finish), (5, Finish::Length));
    assert_eq!(cut.tokens, run(&toy, &long[4..], &options(3, 1)).tokens);
}

#[test]
fn a_text_goes_on_beyond_the_context_from_its_newest_half() {
    // The toy looks at two tokens only, so what it forgets changes nothing.
    let long = run(&Toy::new(64), &[1, 2, 3], &options(40, 1));
    for overflow in [Overflow::Reread, Overflow::Shift { keep: 2 }, Overflow::Shift { keep: 99 }] {
        let slid = run(&Toy::new(8), &[1, 2, 3], &Options { overflow, ..options(40, 1) });
        assert_eq!((&slid.tokens, slid.finish), (&long.tokens, Finish::Length), "{overflow:?}");
    }
}

#[test]
fn a_memory_that_is_moved_keeps_its_beginning_and_reads_nothing_again() {
    let spec = Spec { n_kv_heads: 2, tied: false, context: 24, ..Spec::llama(60, 64, 2, 4) };
    let runtime = random::runtime(&spec, "F32", 5);
    let (prompt, keep) = ([7, 8, 9, 10, 11], 3);
    let mut memory = Memory::new(&runtime);
    let mut logits = memory.read(&runtime, &prompt).unwrap();
    let mut expected = Vec::new();
    for _ in 0..90 {
        expected.push((0..60).max_by(|&a, &b| logits[a].total_cmp(&logits[b])).unwrap() as u32);
        if memory.ids().len() == 24 {
            memory.shift(&runtime, keep, 11).unwrap();
        }
        logits = memory.append(&runtime, &expected[expected.len() - 1..], Logits::Last).unwrap();
    }
    let options = |overflow| Options {
        overflow,
        max_tokens: 90,
        sampling: Sampling::greedy(),
        ..Options::default()
    };
    let say = |options: &Options, ahead: bool| {
        let (mut memory, on_token) = (Memory::new(&runtime), &mut |_| Flow::Continue);
        let steer = Steer { on_token, constraint: None };
        let made = if ahead {
            let mut ahead = Speculation::new(Box::new(Ngram::new()), Box::new(|| 0.0));
            speculate(&runtime, &mut memory, &prompt, options, steer, &mut ahead).unwrap().0
        } else {
            generate_with(&runtime, &mut memory, &prompt, options, steer).unwrap()
        };
        (made.tokens, memory.ids().to_vec())
    };
    for ahead in [false, true] {
        let (tokens, held) = say(&options(Overflow::Shift { keep }), ahead);
        assert_eq!(tokens, expected, "ahead: {ahead}");
        assert!(held.starts_with(&prompt[..keep]) && held.len() <= 24, "{held:?}");
    }
    let (reread, _) = say(&options(Overflow::Reread), false);
    assert!(reread[..20] == expected[..20] && reread != expected, "a moved text is another");
    let long: Vec<u32> = (0..40).collect();
    let options = Options { max_tokens: 6, ..options(Overflow::Shift { keep }) };
    let made = generate(&runtime, &long, &options, &mut |_| Flow::Continue).unwrap();
    let read = [&long[..3], &long[25..]].concat();
    assert_eq!(made.prompt_tokens, read.len());
    assert_eq!(
        made.tokens,
        generate(&runtime, &read, &options, &mut |_| Flow::Continue).unwrap().tokens
    );
}

#[test]
fn nothing_asked_for_is_nothing_given_and_an_empty_prompt_is_refused() {
    let toy = Toy::new(8);
    let got = run(&toy, &[1], &options(0, 1));
    assert_eq!((got.tokens.len(), got.finish), (0, Finish::Length));
    let error = generate(&toy, &[], &options(1, 1), &mut |_| Flow::Continue).unwrap_err();
    assert!(matches!(error, Error::EmptyPrompt));
}

#[test]
fn a_memory_reads_only_what_is_new_and_changes_nothing() {
    let toy = Toy::new(64);
    let mut memory = Memory::new(&toy);
    let listen = |_| Flow::Continue;
    let talk = |memory: &mut Memory<ToyCache>, prompt: &[u32]| {
        toy.read.set(0);
        let steer = Steer { on_token: &mut { listen }, constraint: None };
        let got = generate_with(&toy, memory, prompt, &options(5, 9), steer).unwrap();
        assert_eq!(got.cached_tokens + toy.read.get(), got.prompt_tokens + 4);
        (got.tokens, toy.read.get())
    };
    let (first, _) = talk(&mut memory, &[1, 2, 3, 4]);
    let mut longer = vec![1, 2, 3, 4];
    longer.extend(&first);
    longer.extend([0, 2]);
    let (second, read) = talk(&mut memory, &longer);
    // The last token of the first answer, two new ones, and four of the second answer.
    assert_eq!(read, 3 + 4);
    assert_eq!(second, talk(&mut Memory::new(&toy), &longer).0);
    // Going back to another prompt forgets what differs.
    let (third, _) = talk(&mut memory, &[1, 2, 0]);
    assert_eq!(third, talk(&mut Memory::new(&toy), &[1, 2, 0]).0);
}

#[test]
fn forks_are_independent_and_truncation_goes_back() {
    let toy = Toy::new(64);
    let mut memory = Memory::new(&toy);
    let here = memory.read(&toy, &[1, 2, 3]).unwrap();
    let mut fork = memory.fork();
    let there = fork.append(&toy, &[4], Logits::Last).unwrap();
    assert_eq!(memory.ids(), [1, 2, 3]);
    assert_eq!(memory.read(&toy, &[1, 2, 3]).unwrap(), here);
    assert_ne!(here, there);
    fork.truncate(2);
    assert_eq!(fork.append(&toy, &[3], Logits::Last).unwrap(), here);
}

#[test]
fn logprobs_are_those_of_the_model_whatever_the_sampler_does() {
    let toy = Toy::new(64);
    let sampling = Sampling {
        temperature: 0.7,
        top_k: Some(2),
        repetition_penalty: 1.5,
        presence_penalty: 0.5,
        logit_bias: [(2, f32::NEG_INFINITY)].into(),
        seed: 4,
        ..Sampling::default()
    };
    let got = run(&toy, &[1, 2], &Options { sampling, logprobs: Some(3), ..options(12, 4) });
    assert_eq!(got.logprobs.iter().map(|l| l.token).collect::<Vec<_>>(), got.tokens);
    let mut ids = vec![1, 2];
    for said in &got.logprobs {
        let [.., before, last] = ids[..] else { unreachable!() };
        let expected = toy.log_p(before, last, said.token);
        assert!((said.logprob - expected).abs() < 1e-9, "{said:?} {expected}");
        assert_eq!(said.top.len(), 3);
        assert!(said.top.iter().all(|&(id, l)| (l - toy.log_p(before, last, id)).abs() < 1e-9));
        ids.push(said.token);
    }
    assert!(!got.tokens.contains(&2));
    assert!(run(&toy, &[1, 2], &options(12, 4)).logprobs.is_empty());
}

#[test]
fn penalties_see_prompt_and_answer() {
    let toy = Toy::new(64);
    let dry = Some(crate::Dry { allowed_length: 1, ..Default::default() });
    let sampling = Sampling {
        repetition_penalty: 1.5,
        presence_penalty: 1.0,
        dry,
        seed: 3,
        ..Sampling::default()
    };
    let prompt = [1, 2, 1, 2];
    let got = run(&toy, &prompt, &Options { sampling: sampling.clone(), ..options(20, 0) });
    let (mut sampler, mut ids) = (Sampler::new(&sampling).unwrap(), prompt.to_vec());
    sampler.begin(&prompt);
    for &token in &got.tokens {
        let [.., before, last] = ids[..] else { unreachable!() };
        assert_eq!(sampler.pick(&Toy::row(before, last), None).unwrap(), token);
        ids.push(token);
    }
    let unaware = Sampling { repetition_penalty: 1.0, dry: None, ..sampling };
    assert_ne!(
        got.tokens,
        run(&toy, &prompt, &Options { sampling: unaware, ..options(20, 0) }).tokens
    );
}

/// Permits ascending ids only, each once, then everything is over.
struct Ascending(u32);

impl Constraint for Ascending {
    fn mask(&mut self, allowed: &mut [bool]) {
        allowed[..=self.0 as usize].fill(false);
    }

    fn commit(&mut self, token: u32) {
        self.0 = token;
    }
}

#[test]
fn a_constraint_is_obeyed_and_a_dead_end_is_an_error() {
    let toy = Toy::new(64);
    let mut heard = Vec::new();
    let steer = Steer {
        on_token: &mut |token| {
            heard.push(token);
            Flow::Continue
        },
        constraint: Some(&mut Ascending(0)),
    };
    let result = generate_with(&toy, &mut Memory::new(&toy), &[1], &options(9, 1), steer);
    assert!(matches!(result, Err(Error::NothingAllowed { .. })));
    assert!(heard.is_sorted_by(|a, b| a < b) && heard.last() == Some(&4), "{heard:?}");
}

/// Permits so many ids, then says that it is over, or that it broke down.
struct Counted {
    left: usize,
    breaks: bool,
}

impl Constraint for Counted {
    fn mask(&mut self, allowed: &mut [bool]) {
        allowed.fill(self.left > 0);
    }

    fn commit(&mut self, _: u32) {
        self.left -= 1;
    }

    fn is_finished(&self) -> bool {
        self.left == 0 && !self.breaks
    }

    fn failure(&self) -> Option<String> {
        (self.left == 0 && self.breaks).then(|| "too much work".to_string())
    }
}

#[test]
fn a_constraint_that_is_finished_ends_the_answer() {
    let toy = Toy::new(64);
    let run = |left, max_tokens, breaks| {
        let mut constraint = Counted { left, breaks };
        let on_token = &mut |_| Flow::Continue;
        let steer = Steer { on_token, constraint: Some(&mut constraint) };
        let options = options(max_tokens, 1);
        generate_with(&toy, &mut Memory::new(&toy), &[1], &options, steer)
    };
    let check = |left, max_tokens, expected| {
        let generated = run(left, max_tokens, false).unwrap();
        assert_eq!((generated.tokens.len(), generated.finish), expected);
    };
    check(3, 9, (3, Finish::Stop));
    check(3, 3, (3, Finish::Stop));
    check(3, 2, (2, Finish::Length));
    check(0, 9, (0, Finish::Stop));
    let error = run(2, 9, true).unwrap_err().to_string();
    assert!(error.contains("too much work"), "{error}");
}
