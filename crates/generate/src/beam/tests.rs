//! Beam search on the toy decoder: against a look at every continuation there is, its ends, and settings
//! that it must refuse. `tests/it` holds it against `transformers`.

use super::*;
use crate::generate::tests::Toy;

const STOP: u32 = 3;

fn options(beams: usize, max_tokens: usize) -> BeamOptions {
    let n_best = beams;
    BeamOptions { beams, n_best, max_tokens, stop_tokens: vec![STOP], ..BeamOptions::default() }
}

fn search(options: &BeamOptions) -> Vec<Beam> {
    beam_search(&Toy::new(64), &[1, 2], options, &mut || Flow::Continue).unwrap()
}

/// Every continuation of `[1, 2]` of up to `most` tokens, with its sum and length.
fn all(most: usize) -> Vec<(Vec<u32>, f64, usize)> {
    let toy = Toy::new(64);
    let (mut ended, mut open) = (Vec::new(), vec![(vec![1, 2], 0.0)]);
    for length in 1..=most {
        for (ids, sum) in std::mem::take(&mut open) {
            let [.., before, last] = ids[..] else { unreachable!() };
            for token in 0..5 {
                let sum = sum + toy.log_p(before, last, token);
                let longer = [&ids[..], &[token]].concat();
                match token {
                    STOP => ended.push((ids[2..].to_vec(), sum, length)),
                    _ if length == most => ended.push((longer[2..].to_vec(), sum, length)),
                    _ => open.push((longer, sum)),
                }
            }
        }
    }
    ended
}

#[test]
fn wide_enough_it_finds_the_best_of_all() {
    for length_penalty in [1.0, 0.0, -1.0, 2.5] {
        let early_stopping = EarlyStopping::Impossible;
        let wide = BeamOptions { length_penalty, early_stopping, ..options(500, 4) };
        let mut all = all(4);
        let score = |a: &(Vec<u32>, f64, usize)| a.1 / (a.2 as f64).powf(length_penalty.into());
        all.sort_by(|a, b| score(b).total_cmp(&score(a)));
        let found = search(&wide);
        assert_eq!(found.len(), all.len().min(500));
        for (found, expected) in found.iter().zip(&all).take(20) {
            assert_eq!(found.tokens, expected.0);
            assert!((found.logprob - expected.1).abs() < 1e-9);
            assert!((found.score - score(expected)).abs() < 1e-9);
        }
    }
}

#[test]
fn one_beam_is_greedy_and_more_are_never_worse_than_it() {
    let sum = |beams| {
        let options = BeamOptions { stop_tokens: vec![], length_penalty: 0.0, ..options(beams, 8) };
        let found = search(&options);
        assert_eq!(found.len(), beams);
        assert!(found.is_sorted_by(|a, b| a.score >= b.score && a.tokens != b.tokens));
        found[0].logprob
    };
    let toy = Toy::new(64);
    let (mut ids, mut greedy) = (vec![1, 2], 0.0);
    for _ in 0..8 {
        let [.., before, last] = ids[..] else { unreachable!() };
        let log_p = |token| toy.log_p(before, last, token);
        let token = (0..5).max_by(|&a, &b| log_p(a).total_cmp(&log_p(b))).unwrap();
        greedy += log_p(token);
        ids.push(token);
    }
    assert!((sum(1) - greedy).abs() < 1e-9);
    assert!(sum(5) >= greedy);
}

#[test]
fn a_stop_token_counts_and_is_not_in_the_text() {
    let found = search(&BeamOptions { length_penalty: 1.0, ..options(5, 6) });
    let stopped: Vec<&Beam> = found.iter().filter(|b| b.finish == Finish::Stop).collect();
    assert!(!stopped.is_empty());
    for beam in stopped {
        assert!(!beam.tokens.contains(&STOP));
        let score = beam.logprob / (beam.tokens.len() + 1) as f64;
        assert!((beam.score - score).abs() < 1e-12, "{beam:?}");
    }
}

#[test]
fn the_context_ends_it_and_so_does_whoever_asks() {
    let toy = Toy::new(6);
    let many = BeamOptions { stop_tokens: vec![], ..options(3, 100) };
    let found = beam_search(&toy, &[1, 2], &many, &mut || Flow::Continue).unwrap();
    assert!(found.iter().all(|b| (b.tokens.len(), b.finish) == (5, Finish::ContextFull)));
    let mut steps = 0;
    let found = beam_search(&toy, &[1, 2], &many, &mut || {
        steps += 1;
        if steps == 2 { Flow::Stop } else { Flow::Continue }
    });
    let found = found.unwrap();
    assert!(found.iter().all(|b| (b.tokens.len(), b.finish) == (2, Finish::Cancelled)));
    assert_eq!(found.len(), 3);
    let nothing = search(&options(2, 0));
    assert_eq!((nothing.len(), nothing[0].tokens.len()), (1, 0));
}

#[test]
fn ids_that_are_no_tokens_are_not_said() {
    let found = search(&BeamOptions { known: Known::of(2, 5), ..options(4, 6) });
    assert!(found.iter().flat_map(|b| &b.tokens).all(|&id| id < 2), "{found:?}");
}

#[test]
fn impossible_wishes_are_refused_by_name() {
    let toy = Toy::new(8);
    let check = |options: BeamOptions, prompt: &[u32], words: &str| {
        let error = beam_search(&toy, prompt, &options, &mut || Flow::Continue).unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
    };
    let base = options(2, 3);
    check(BeamOptions { beams: 0, ..base.clone() }, &[1], "beams");
    check(BeamOptions { n_best: 3, ..base.clone() }, &[1], "n_best");
    check(BeamOptions { length_penalty: f32::NAN, ..base.clone() }, &[1], "length_penalty");
    check(base.clone(), &[], "no tokens");
    check(base, &[1; 9], "9 tokens");
}
