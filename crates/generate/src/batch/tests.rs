//! What a batch tells of each text is what the text's own loop would have said, whatever goes on beside it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arch::Spec;

use super::*;
use crate::runtime::random;
use crate::speculation::draft::{Draft, Proposal};
use crate::{Constraint, Finish, Options, Sampling, TokenLogprobs, generate_with};
use crate::{Memory, Sampler, Steer};

fn spec() -> Spec {
    Spec { context: 300, n_kv_heads: 2, ..Spec::llama(96, 64, 2, 4) }
}

fn model() -> Runtime {
    random::runtime(&spec(), "Q8_0", 5)
}

/// One whose inputs are not rounded to eight bits, where the last bit of a sum may decide what comes of it.
fn exact() -> Runtime {
    random::runtime(&spec(), "F32", 5)
}

fn prompt(seed: u32, len: usize) -> Vec<u32> {
    (0..len as u32).map(|i| (i * i * 7 + i * seed + seed * 31) % 96).collect()
}

fn options(seed: u64, max_tokens: usize) -> Options {
    let sampling =
        Sampling { seed, top_k: Some(20), frequency_penalty: 0.3, ..Sampling::default() };
    Options { sampling, max_tokens, stop_tokens: vec![17], logprobs: Some(2), ..Options::default() }
}

/// What was told of a text.
#[derive(Debug, Default, PartialEq)]
struct Told {
    cached: Vec<usize>,
    prompt: Vec<TokenLogprobs>,
    embeddings: Vec<Vec<f32>>,
    tokens: Vec<u32>,
    logprobs: Vec<TokenLogprobs>,
    end: Option<Finish>,
}

#[derive(Default)]
struct Ear(BTreeMap<Ticket, Told>);

impl Ear {
    fn hear(&mut self, ticket: Ticket, event: Event) -> Flow {
        let told = self.0.entry(ticket).or_default();
        assert_eq!(told.end, None, "nothing comes behind an end");
        match event {
            Event::Began { cached } => told.cached.push(cached),
            Event::Prompt(tokens) => told.prompt.extend(tokens),
            Event::Embedding(embedding) => told.embeddings.push(embedding),
            Event::Stop(_) => {}
            Event::Read => {}
            Event::Token { token, logprobs } => {
                told.tokens.push(token);
                told.logprobs.extend(logprobs);
            }
            Event::Ended(finish) => told.end = Some(finish),
            Event::Failed(error) => panic!("{error}"),
        }
        Flow::Continue
    }
}

fn finish(batch: &mut Batch, model: &Runtime, ear: &mut Ear) -> Vec<Step> {
    let mut steps = Vec::new();
    while !batch.is_empty() {
        let step = batch.step(model, 0.0, &mut |ticket, event| ear.hear(ticket, event)).unwrap();
        assert!(!step.is_idle(), "it stands still with {:?}", batch.state());
        steps.push(step);
    }
    steps
}

/// The same text by the loop of one.
fn alone(model: &Runtime, prompt: &[u32], options: &Options) -> (Vec<u32>, Vec<TokenLogprobs>) {
    let steer = Steer { on_token: &mut |_| Flow::Continue, constraint: None };
    let said = generate_with(model, &mut Memory::new(model), prompt, options, steer).unwrap();
    (said.tokens, said.logprobs)
}

fn check_alone(model: &Runtime, ear: &Ear, texts: &[(Vec<u32>, Options)]) {
    for (ticket, (prompt, options)) in texts.iter().enumerate() {
        let told = &ear.0[&(ticket as Ticket)];
        let (tokens, logprobs) = alone(model, prompt, options);
        assert_eq!(told.tokens, tokens, "text {ticket}");
        // A prompt read in other pieces gives sums in another order.
        let near = |a: &TokenLogprobs, b: &TokenLogprobs| (a.logprob - b.logprob).abs() < 1e-5;
        assert_eq!(told.logprobs.len(), logprobs.len());
        assert!(told.logprobs.iter().zip(&logprobs).all(|(a, b)| near(a, b)), "text {ticket}");
        assert!(told.end.is_some());
    }
}

fn texts() -> Vec<(Vec<u32>, Options)> {
    let lens = [3, 90, 1, 40, 130, 20];
    let text =
        |(i, len): (usize, usize)| (prompt(i as u32 + 1, len), options(i as u64, 10 + 5 * i));
    lens.into_iter().enumerate().map(text).collect()
}

fn add_all(batch: &mut Batch, model: &Runtime, texts: &[(Vec<u32>, Options)]) {
    for (prompt, options) in texts {
        batch.add(model, Job::new(prompt.clone(), options.clone())).unwrap();
    }
}

#[test]
fn every_text_is_the_one_that_it_would_be_alone() {
    let (model, texts) = (model(), texts());
    for (sequences, rows, rows_beside) in [(16, 512, 64), (2, 512, 7), (3, 16, 1), (1, 33, 5)] {
        let limits = Limits { sequences, rows, rows_beside, ..Limits::default() };
        let (mut batch, mut ear) = (Batch::new(limits), Ear::default());
        add_all(&mut batch, &model, &texts);
        let steps = finish(&mut batch, &model, &mut ear);
        check_alone(&model, &ear, &texts);
        let beside = |step: &&Step| step.answer_rows > 0;
        let most = steps.iter().filter(beside).map(|step| step.prompt_rows).max().unwrap();
        assert!(most <= rows_beside, "{most} rows of prompts beside answers");
    }
}

#[test]
fn short_of_room_texts_step_back_and_stay_the_same() {
    let (model, texts) = (model(), texts());
    let page = model.new_cache().bytes_with(1);
    for kept_bytes in [0, 3 * page, 1 << 30] {
        let limits = Limits { cache_bytes: 5 * page, kept_bytes, ..Limits::default() };
        let (mut batch, mut ear) = (Batch::new(limits), Ear::default());
        add_all(&mut batch, &model, &texts);
        finish(&mut batch, &model, &mut ear);
        check_alone(&model, &ear, &texts);
        assert!(batch.state().preempted > 0);
        assert!(batch.state().kept_bytes <= kept_bytes);
    }
}

#[test]
fn a_text_longer_than_the_room_is_refused_and_one_that_grows_so_long_ends() {
    let model = model();
    let page = model.new_cache().bytes_with(1);
    let mut batch = Batch::new(Limits { cache_bytes: 2 * page + 5, ..Limits::default() });
    assert_eq!(batch.context(&model), 128);
    let refused = batch.add(&model, Job::new(prompt(1, 129), options(0, 5))).unwrap_err();
    assert!(matches!(refused, Error::PromptTooLong { tokens: 129, context: 128 }));
    assert!(matches!(batch.add(&model, Job::new(vec![], options(0, 5))), Err(Error::EmptyPrompt)));
    assert!(batch.add(&model, Job::new(vec![96], options(0, 5))).is_err());
    let endless = Options { stop_tokens: vec![], ..options(3, 999) };
    batch.add(&model, Job::new(prompt(2, 120), endless)).unwrap();
    let mut ear = Ear::default();
    finish(&mut batch, &model, &mut ear);
    assert_eq!((ear.0[&0].tokens.len(), ear.0[&0].end), (9, Some(Finish::ContextFull)));
}

#[test]
fn who_begins_alike_waits_for_the_first_and_reads_only_the_rest() {
    let model = model();
    let shared = prompt(9, 140);
    let texts: Vec<(Vec<u32>, Options)> = (0..5)
        .map(|i| ([shared.clone(), prompt(i + 20, 9)].concat(), options(u64::from(i), 12)))
        .collect();
    let (mut batch, mut ear) = (Batch::new(Limits::default()), Ear::default());
    add_all(&mut batch, &model, &texts);
    let steps = finish(&mut batch, &model, &mut ear);
    check_alone(&model, &ear, &texts);
    assert_eq!(ear.0[&0].cached, [0]);
    (1..5).for_each(|i| assert!(ear.0[&i].cached[0] >= 140, "{:?}", ear.0[&i].cached));
    let read: usize = steps.iter().map(|step| step.prompt_rows).sum();
    assert!(read <= 140 + 5 * 9, "{read} rows of prompts");
    // A conversation goes on where it was, its answer included.
    let said = ear.0[&2].tokens.clone();
    let again = [texts[2].0.clone(), said.clone(), prompt(4, 6)].concat();
    let ticket = batch.add(&model, Job::new(again.clone(), options(1, 4))).unwrap();
    finish(&mut batch, &model, &mut ear);
    assert!(ear.0[&ticket].cached[0] + 1 >= texts[2].0.len() + said.len());
    assert_eq!(ear.0[&ticket].tokens, alone(&model, &again, &options(1, 4)).0);
}

#[test]
fn the_urgent_go_first_and_make_others_step_back() {
    let model = model();
    let mut batch = Batch::new(Limits { sequences: 1, ..Limits::default() });
    let mut ear = Ear::default();
    let texts = [(prompt(1, 10), options(1, 30)), (prompt(2, 10), options(2, 3))];
    let endless = |options: &Options| Options { stop_tokens: vec![], ..options.clone() };
    batch.add(&model, Job::new(texts[0].0.clone(), endless(&texts[0].1))).unwrap();
    for _ in 0..4 {
        batch.step(&model, 0.0, &mut |ticket, event| ear.hear(ticket, event)).unwrap();
    }
    let urgent = Job { priority: -1, ..Job::new(texts[1].0.clone(), endless(&texts[1].1)) };
    batch.add(&model, urgent).unwrap();
    let mut order = Vec::new();
    while !batch.is_empty() {
        let on = &mut |ticket, event| {
            if matches!(event, Event::Ended(_)) {
                order.push(ticket);
            }
            ear.hear(ticket, event)
        };
        batch.step(&model, 0.0, on).unwrap();
    }
    assert_eq!((order, batch.state().preempted), (vec![1, 0], 1));
    assert_eq!(ear.0[&0].cached.len(), 2, "it began twice");
    let expected = alone(&model, &texts[0].0, &endless(&texts[0].1)).0;
    assert_eq!(ear.0[&0].tokens, expected);
}

#[test]
fn a_prompt_is_told_of_as_the_model_holds_it() {
    let model = model();
    let text = prompt(3, 150);
    // Somebody has read it before, which must not matter.
    let (mut batch, mut ear) = (Batch::new(Limits::default()), Ear::default());
    batch.add(&model, Job::new(text.clone(), options(0, 2))).unwrap();
    let asked = Job { prompt_logprobs: Some(3), ..Job::new(text.clone(), options(0, 0)) };
    batch.add(&model, asked).unwrap();
    batch.add(&model, Job::new(prompt(8, 20), options(1, 20))).unwrap();
    finish(&mut batch, &model, &mut ear);
    let told = &ear.0[&1];
    assert_eq!((told.tokens.len(), told.end), (0, Some(Finish::Length)));
    let ids: Vec<u32> = told.prompt.iter().map(|token| token.token).collect();
    assert_eq!(ids, text[1..]);
    let sum: f64 = told.prompt.iter().map(|token| token.logprob).sum();
    let expected = crate::loglikelihood(&model, &text[..1], &text[1..]).unwrap();
    assert!((sum - expected.sum).abs() < 1e-9, "{sum} {expected:?}");
    assert!(told.prompt.iter().all(|token| token.top.len() == 3));
}

/// Holds what was told of a text against the mean of its states, read at once.
fn check_embedding(model: &Runtime, told: &Told, text: &[u32]) {
    let states = model.hidden(text, &mut model.new_cache()).unwrap();
    let [embedding] = &told.embeddings[..] else { panic!("{told:?}") };
    let width = model.spec().d_model;
    assert_eq!((embedding.len(), told.tokens.len()), (width, 0));
    for (i, x) in embedding.iter().enumerate() {
        let column = states.iter().skip(i).step_by(width);
        let mean = column.map(|x| f64::from(*x)).sum::<f64>() / text.len() as f64;
        // A text that is read in other pieces has sums in another order.
        assert!((f64::from(*x) - mean).abs() < 1e-5, "{i}: {x} and {mean}");
    }
    assert_eq!(told.end, Some(Finish::Length));
}

#[test]
fn an_embedding_is_that_of_the_whole_text_in_whatever_pieces_it_is_read() {
    let (model, texts) = (exact(), texts());
    let embedded = [prompt(40, 250), prompt(41, 1), prompt(42, 100)];
    for (sequences, rows, rows_beside) in [(16, 512, 64), (3, 512, 7), (4, 16, 1), (1, 33, 5)] {
        let limits = Limits { sequences, rows, rows_beside, ..Limits::default() };
        let (mut batch, mut ear) = (Batch::new(limits), Ear::default());
        add_all(&mut batch, &model, &texts);
        let add = |text: &Vec<u32>| batch.add(&model, Job::embedding(text.clone())).unwrap();
        let tickets = embedded.each_ref().map(add);
        finish(&mut batch, &model, &mut ear);
        check_alone(&model, &ear, &texts);
        for (ticket, text) in tickets.iter().zip(&embedded) {
            check_embedding(&model, &ear.0[ticket], text);
        }
    }
}

#[test]
fn an_answer_goes_on_between_the_pieces_of_a_text_that_is_embedded() {
    let model = exact();
    let mut batch = Batch::new(Limits { rows_beside: 20, ..Limits::default() });
    let mut ear = Ear::default();
    let endless = Options { stop_tokens: vec![], ..options(1, 60) };
    batch.add(&model, Job::new(prompt(1, 10), endless)).unwrap();
    let step = |batch: &mut Batch, ear: &mut Ear| {
        batch.step(&model, 0.0, &mut |ticket, event| ear.hear(ticket, event)).unwrap()
    };
    step(&mut batch, &mut ear);
    let (before, kept) = (ear.0[&0].tokens.len(), batch.state().kept_bytes);
    let long = prompt(9, 250);
    batch.add(&model, Job::embedding(long.clone())).unwrap();
    let (mut steps, mut read) = (0, 0);
    while ear.0.get(&1).is_none_or(|told| told.end.is_none()) {
        let Step { prompt_rows, answer_rows } = step(&mut batch, &mut ear);
        (steps, read) = (steps + 1, read + prompt_rows);
        assert!(answer_rows == 1 && prompt_rows <= 20, "{prompt_rows} rows beside the answer");
    }
    assert_eq!((steps, read, ear.0[&0].tokens.len()), (13, 250, before + 13));
    check_embedding(&model, &ear.0[&1], &long);
    // It drives nothing out that others begin with, and nobody waits for it.
    assert_eq!(batch.state().kept_bytes, kept);
    batch.add(&model, Job::embedding(long.clone())).unwrap();
    batch.add(&model, Job::new(long, options(2, 3))).unwrap();
    step(&mut batch, &mut ear);
    assert_eq!((&ear.0[&2].cached, &ear.0[&3].cached), (&vec![0], &vec![0]));
}

#[test]
fn a_text_that_is_embedded_steps_back_and_is_read_again_from_its_beginning() {
    let model = exact();
    let page = model.new_cache().bytes_with(1);
    let limits = Limits { cache_bytes: 5 * page, rows: 4, rows_beside: 2, ..Limits::default() };
    let (mut batch, mut ear) = (Batch::new(limits), Ear::default());
    let endless = Options { stop_tokens: vec![], ..options(1, 120) };
    batch.add(&model, Job::new(prompt(1, 3), endless)).unwrap();
    let text = prompt(5, 250);
    batch.add(&model, Job::embedding(text.clone())).unwrap();
    finish(&mut batch, &model, &mut ear);
    assert_eq!((batch.state().preempted, &ear.0[&1].cached), (1, &vec![0, 0]));
    check_embedding(&model, &ear.0[&1], &text);
}

#[test]
fn the_token_that_ends_a_text_is_told_of() {
    let model = model();
    let stop_tokens: Vec<u32> = (0..96).collect();
    for logprobs in [None, Some(2)] {
        let mut batch = Batch::new(Limits::default());
        let options = Options { stop_tokens: stop_tokens.clone(), logprobs, ..options(0, 5) };
        batch.add(&model, Job::new(prompt(6, 20), options)).unwrap();
        let (mut ear, mut stops) = (Ear::default(), Vec::new());
        while !batch.is_empty() {
            let on = &mut |ticket, event| {
                if let Event::Stop(token) = &event {
                    stops.push(token.clone());
                }
                ear.hear(ticket, event)
            };
            batch.step(&model, 0.0, on).unwrap();
        }
        assert_eq!((&ear.0[&0].tokens[..], ear.0[&0].end), (&[][..], Some(Finish::Stop)));
        assert_eq!(stops.len(), usize::from(logprobs.is_some()));
        assert!(stops.iter().all(|token| token.logprob < 0.0 && token.top.len() == 2));
    }
}

#[test]
fn who_leaves_is_forgotten_and_who_says_stop_ends() {
    let (model, texts) = (model(), texts());
    let mut batch = Batch::new(Limits { sequences: 3, ..Limits::default() });
    let mut ear = Ear::default();
    add_all(&mut batch, &model, &texts);
    batch.step(&model, 0.0, &mut |ticket, event| ear.hear(ticket, event)).unwrap();
    batch.cancel(1); // On its way.
    batch.cancel(4); // Waiting.
    batch.cancel(99);
    while !batch.is_empty() {
        let on = &mut |ticket, event| {
            let is_token = matches!(event, Event::Token { .. });
            ear.hear(ticket, event);
            if ticket == 5 && is_token { Flow::Stop } else { Flow::Continue }
        };
        batch.step(&model, 0.0, on).unwrap();
    }
    assert!(!ear.0.contains_key(&4) && ear.0[&1].end.is_none());
    assert_eq!((ear.0[&5].tokens.len(), ear.0[&5].end), (1, Some(Finish::Cancelled)));
    for ticket in [0, 2, 3] {
        let (prompt, options) = &texts[ticket as usize];
        assert_eq!(ear.0[&ticket].tokens, alone(&model, prompt, options).0);
    }
}

#[test]
fn a_whole_batch_waits_until_it_is_full_or_its_time_has_come() {
    let (model, texts) = (model(), texts());
    let batching = Batching::Whole { wait: 2.0 };
    let mut batch = Batch::new(Limits { sequences: 4, batching, ..Limits::default() });
    let mut ear = Ear::default();
    let mut at = |batch: &mut Batch, now: f64| {
        batch.step(&model, now, &mut |ticket, event| ear.hear(ticket, event)).unwrap().is_idle()
    };
    add_all(&mut batch, &model, &texts[..2]);
    assert!(at(&mut batch, 10.0) && at(&mut batch, 11.9));
    assert!(!at(&mut batch, 12.0));
    add_all(&mut batch, &model, &texts[2..]);
    // Nobody joins: the other four wait until both are done, then go at once.
    while batch.state().running > 0 {
        assert_eq!(batch.state().waiting, 4);
        at(&mut batch, 12.0);
    }
    assert!(!at(&mut batch, 12.0));
    assert_eq!((batch.state().running, batch.state().waiting), (4, 0));
    while !batch.is_empty() {
        at(&mut batch, 12.0);
    }
    check_alone(&model, &ear, &texts);
}

/// Allows even tokens, and fails at the fourth.
struct Even(usize);

impl Constraint for Even {
    fn mask(&mut self, allowed: &mut [bool]) {
        allowed.iter_mut().skip(1).step_by(2).for_each(|may| *may = false);
    }

    fn commit(&mut self, _: u32) {
        self.0 += 1;
    }

    fn failure(&self) -> Option<String> {
        (self.0 == 4).then(|| "as asked".to_string())
    }
}

#[test]
fn a_constraint_holds_its_own_text_only() {
    let model = model();
    let (mut batch, mut failed) = (Batch::new(Limits::default()), None);
    let free = Options { stop_tokens: vec![], ..options(1, 12) };
    let held = Job::new(prompt(1, 30), free.clone());
    batch.add(&model, Job { constraint: Some(Box::new(Even(0))), ..held }).unwrap();
    batch.add(&model, Job::new(prompt(1, 30), free.clone())).unwrap();
    let mut said = [Vec::new(), Vec::new()];
    while !batch.is_empty() {
        let on = &mut |ticket, event| {
            match event {
                Event::Token { token, .. } => said[ticket as usize].push(token),
                Event::Failed(error) => failed = Some((ticket, error.to_string())),
                _ => {}
            }
            Flow::Continue
        };
        batch.step(&model, 0.0, on).unwrap();
    }
    assert_eq!(said[1], alone(&model, &prompt(1, 30), &free).0);
    assert!(said[0].len() == 4 && said[0].iter().all(|id| id % 2 == 0), "{said:?}");
    let (ticket, reason) = failed.unwrap();
    assert!(ticket == 0 && reason.contains("as asked"));
}

/// Knows how a text goes on, and is wrong about every fifth token.
struct Prophet {
    text: Vec<u32>,
    seconds: Arc<AtomicU64>,
}

impl Draft for Prophet {
    fn is_free(&self) -> bool {
        true
    }

    fn propose(&mut self, text: &[u32], n: usize, _: &Sampler) -> Result<Proposal, Error> {
        // Takes no time by a clock that every look moves on by a second.
        self.seconds.fetch_sub(1, Ordering::SeqCst);
        let right = self.text.iter().enumerate().skip(text.len()).take(n);
        let ids = right.map(|(i, &id)| if i % 5 == 0 { (id + 1) % 96 } else { id }).collect();
        Ok(Proposal { ids, class: 0 })
    }
}

#[test]
fn a_text_alone_is_guessed_ahead_of_and_stays_the_same() {
    let model = model();
    let texts = [(prompt(2, 30), Options { stop_tokens: vec![], ..options(7, 60) })];
    let whole = [texts[0].0.clone(), alone(&model, &texts[0].0, &texts[0].1).0].concat();
    // By this clock every pass takes as long, whatever its rows.
    let seconds = Arc::new(AtomicU64::new(1));
    let looked = seconds.clone();
    let clock = move || looked.fetch_add(1, Ordering::SeqCst) as f64;
    let prophet = Prophet { text: whole, seconds };
    let speculation = Speculation::new(Box::new(prophet), Box::new(clock));
    let mut batch = Batch::new(Limits::default()).with_speculation(Some(speculation));
    let mut ear = Ear::default();
    add_all(&mut batch, &model, &texts);
    let steps = finish(&mut batch, &model, &mut ear);
    check_alone(&model, &ear, &texts);
    let passes = steps.iter().filter(|step| step.answer_rows > 0).count();
    assert!((12..40).contains(&passes), "{passes} passes for 60 tokens");
    // Beside others nobody guesses.
    let other = Options { stop_tokens: vec![], ..options(8, 60) };
    let beside = [texts[0].clone(), (prompt(3, 30), other)];
    let mut ear = Ear::default();
    let first = batch.add(&model, Job::new(beside[0].0.clone(), beside[0].1.clone())).unwrap();
    let second = batch.add(&model, Job::new(beside[1].0.clone(), beside[1].1.clone())).unwrap();
    let steps = finish(&mut batch, &model, &mut ear);
    assert!(steps.iter().all(|step| step.answer_rows <= 2));
    for (ticket, (prompt, options)) in [first, second].iter().zip(&beside) {
        assert_eq!(ear.0[ticket].tokens, alone(&model, prompt, options).0);
    }
}
