//! Contrastive search on the toy decoder, whose states are known. `tests/it` holds it against
//! `transformers`.

use super::*;
use crate::generate::tests::Toy;
use crate::{Constraint, Known};

fn search(toy: &Toy, prompt: &[u32], options: &ContrastiveOptions) -> Result<Generated, Error> {
    let steer = Steer { on_token: &mut |_| Flow::Continue, constraint: None };
    contrastive_search(toy, prompt, options, steer)
}

/// The states of all but the last id are compared with that of the last.
fn likeness(ids: &[u32]) -> f64 {
    let state = |i: usize| -> Vec<f64> {
        let before = if i == 0 { 0 } else { ids[i - 1] };
        Toy::state(before, ids[i]).into_iter().map(f64::from).collect()
    };
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let cosine = |a: &[f64], b: &[f64]| dot(a, b) / (dot(a, a) * dot(b, b)).sqrt();
    let last = state(ids.len() - 1);
    (0..ids.len() - 1).map(|i| cosine(&state(i), &last)).fold(f64::MIN, f64::max)
}

#[test]
fn every_choice_is_the_best_of_the_likeliest() {
    let toy = Toy::new(64);
    for (alpha, top_k) in [(0.6, 4), (0.3, 2), (1.0, 5), (0.0, 3)] {
        let options = ContrastiveOptions { alpha, top_k, max_tokens: 20, ..Default::default() };
        let got = search(&toy, &[1, 2, 4], &options).unwrap();
        let mut ids = vec![1, 2, 4];
        for token in got.tokens {
            let [.., before, last] = ids[..] else { unreachable!() };
            let p = |id| toy.log_p(before, last, id).exp();
            let mut likeliest: Vec<u32> = (0..5).collect();
            likeliest.sort_by(|&a, &b| p(b).total_cmp(&p(a)));
            let score = |id: u32| {
                let alpha = f64::from(alpha);
                (1.0 - alpha) * p(id) - alpha * likeness(&[&ids[..], &[id]].concat())
            };
            let among = likeliest[..top_k].iter().copied();
            let best = among.max_by(|&a, &b| score(a).total_cmp(&score(b))).unwrap();
            assert_eq!(token, best, "alpha {alpha}, k {top_k}, after {ids:?}");
            ids.push(token);
        }
        assert_eq!(ids.len(), 23);
    }
}

#[test]
fn it_stops_where_it_should() {
    let toy = Toy::new(8);
    let many = ContrastiveOptions { max_tokens: 99, logprobs: Some(2), ..Default::default() };
    let free = search(&toy, &[1, 2], &many).unwrap();
    assert_eq!((free.tokens.len(), free.finish), (6, Finish::ContextFull));
    assert_eq!(free.logprobs.len(), 6);
    let stop_tokens = vec![free.tokens[3]];
    let first = free.tokens.iter().position(|t| stop_tokens.contains(t)).unwrap();
    let got = search(&toy, &[1, 2], &ContrastiveOptions { stop_tokens, ..many.clone() }).unwrap();
    assert_eq!((got.tokens.as_slice(), got.finish), (&free.tokens[..first], Finish::Stop));
    let got = search(&toy, &[1, 2], &ContrastiveOptions { max_tokens: 2, ..many.clone() }).unwrap();
    assert_eq!((got.tokens.as_slice(), got.finish), (&free.tokens[..2], Finish::Length));
    let steer = Steer { on_token: &mut |_| Flow::Stop, constraint: None };
    let got = contrastive_search(&toy, &[1, 2], &many, steer).unwrap();
    assert_eq!((got.tokens.len(), got.finish), (1, Finish::Cancelled));
}

#[test]
fn a_constraint_is_obeyed_and_a_long_prompt_is_read_in_pieces() {
    let toy = Toy::new(256);
    let mut known = Known::of(3, 5).unwrap();
    let constraint: &mut dyn Constraint = &mut known;
    let steer = Steer { on_token: &mut |_| Flow::Continue, constraint: Some(constraint) };
    let prompt: Vec<u32> = (0..150).map(|i| i % 3).collect();
    let options = ContrastiveOptions { max_tokens: 9, top_k: 5, ..Default::default() };
    let got = contrastive_search(&toy, &prompt, &options, steer).unwrap();
    assert!(got.tokens.iter().all(|&id| id < 3), "{got:?}");
    assert_eq!((got.tokens.len(), got.prompt_tokens), (9, 150));
}

#[test]
fn impossible_wishes_are_refused_by_name() {
    let toy = Toy::new(8);
    let check = |options: ContrastiveOptions, prompt: &[u32], words: &str| {
        let error = search(&toy, prompt, &options).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    };
    check(ContrastiveOptions { alpha: 1.5, ..Default::default() }, &[1], "alpha");
    check(ContrastiveOptions { top_k: 0, ..Default::default() }, &[1], "top_k");
    check(ContrastiveOptions::default(), &[], "no tokens");
    check(ContrastiveOptions::default(), &[1; 9], "9 tokens");
}
