//! Samplers, beam search and contrastive search against llama.cpp and transformers: what
//! `bench/parity/sampling` wrote of them (tools and versions stand in the file).

use std::collections::BTreeMap;

use arch::{SlotSource, Spec, Tensor, family};
use generate::{
    BeamOptions, ContrastiveOptions, EarlyStopping, Finish, Flow, Runtime, Sampler, Sampling,
    Steer, beam_search, contrastive_search,
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    cases: Vec<Case>,
    beams: Vec<Beams>,
    contrastive: Vec<Contrastive>,
    config: serde_json::Value,
    seed: u32,
}

/// One call of a sampler or processor.
#[derive(Deserialize)]
struct Case {
    tool: String,
    sampling: Sampling,
    prompt: Vec<u32>,
    answer: Vec<u32>,
    logits: Vec<f32>,
    /// What became of the logits.
    adjusted: Option<Vec<f32>>,
    /// Which ids are left, ascending.
    kept: Option<Vec<u32>>,
}

#[derive(Deserialize)]
struct Beams {
    prompt: Vec<u32>,
    beams: usize,
    length_penalty: f32,
    early_stopping: serde_json::Value,
    stop: Vec<u32>,
    max_tokens: usize,
    found: Vec<Found>,
}

#[derive(Deserialize)]
struct Found {
    tokens: Vec<u32>,
    score: Option<f64>,
    stopped: bool,
}

#[derive(Deserialize)]
struct Contrastive {
    prompt: Vec<u32>,
    alpha: f32,
    top_k: usize,
    tokens: Vec<u32>,
}

fn golden() -> Golden {
    // The script looks at fresh cases, too.
    let text = match std::env::var("LYCEUM_SAMPLING") {
        Ok(path) => std::fs::read_to_string(path).expect("the cases"),
        Err(_) => include_str!("../../../../testdata/sampling/golden.json").to_string(),
    };
    serde_json::from_str(&text).expect("cases of the known form")
}

#[test]
fn golden_samplers_keep_and_move_what_others_do() {
    let (mut kept, mut moved) = (0, 0);
    for Case { tool, sampling, prompt, answer, logits, adjusted, kept: expected } in golden().cases
    {
        let what = format!("{tool}: {sampling:?}");
        let mut sampler = Sampler::new(&sampling).unwrap();
        sampler.begin(&prompt);
        answer.iter().for_each(|&id| sampler.record(id));
        if let Some(expected) = expected {
            let mut ids: Vec<u32> =
                sampler.candidates(&logits, None).unwrap().iter().map(|c| c.id).collect();
            ids.sort_unstable();
            assert_eq!(ids, expected, "{what}");
            kept += 1;
        }
        if let Some(expected) = adjusted {
            let got = sampler.adjusted(&logits).unwrap();
            let close = |(a, b): (&f32, &f32)| (a - b).abs() <= 1e-6 * b.abs().max(1.0);
            assert!(got.iter().zip(&expected).all(close), "{what}\n{got:?}\n{expected:?}");
            assert_eq!(got.len(), expected.len());
            moved += usize::from(*got != logits[..]);
        }
    }
    assert!(kept >= 15 && moved >= 12, "{kept} {moved}");
}

#[test]
fn golden_beams_are_those_of_transformers() {
    let golden = golden();
    let model = model(&golden);
    for beams in golden.beams {
        let options = BeamOptions {
            beams: beams.beams,
            n_best: beams.beams,
            length_penalty: beams.length_penalty,
            early_stopping: match &beams.early_stopping {
                serde_json::Value::Bool(true) => EarlyStopping::Full,
                serde_json::Value::Bool(false) => EarlyStopping::Unlikely,
                _ => EarlyStopping::Impossible,
            },
            max_tokens: beams.max_tokens,
            stop_tokens: beams.stop,
            known: None,
        };
        let got = beam_search(&model, &beams.prompt, &options, &mut || Flow::Continue).unwrap();
        assert_eq!(got.len(), beams.found.len(), "{options:?}");
        for (got, expected) in got.iter().zip(&beams.found) {
            assert_eq!(got.tokens, expected.tokens, "{options:?}");
            assert_eq!(got.finish == Finish::Stop, expected.stopped, "{options:?}");
            let score = expected.score.unwrap_or(got.score);
            assert!((got.score - score).abs() <= 1e-5 * score.abs().max(1.0), "{got:?} {score}");
        }
    }
}

#[test]
fn golden_contrastive_texts_are_those_of_transformers() {
    let golden = golden();
    let model = model(&golden);
    for Contrastive { prompt, alpha, top_k, tokens } in golden.contrastive {
        let max_tokens = tokens.len();
        let options = ContrastiveOptions { alpha, top_k, max_tokens, ..Default::default() };
        let steer = Steer { on_token: &mut |_| Flow::Continue, constraint: None };
        let got = contrastive_search(&model, &prompt, &options, steer).unwrap();
        assert_eq!(got.tokens, tokens, "alpha {alpha}, k {top_k}");
    }
}

fn model(golden: &Golden) -> Runtime {
    let spec = family::from_config(&golden.config).expect("a config");
    let zeros = spec.slots().into_iter().map(|(slot, shape)| {
        let n = shape.iter().product();
        (slot, Tensor { shape, values: vec![0.0; n] })
    });
    let published = family::publish(&spec, zeros).expect("names").into_iter();
    let made = published.map(|(name, t)| (name.clone(), weights(golden.seed, &name, t.shape)));
    Runtime::new(&spec, &Files(&spec, made.collect())).expect("a runtime")
}

struct Files<'a>(&'a Spec, BTreeMap<String, Tensor>);

impl SlotSource for Files<'_> {
    fn tensor(&self, slot: arch::Slot, shape: &[usize]) -> Result<Tensor, arch::Error> {
        family::read_slot(self.0, slot, shape, &self.1)
    }
}

/// As `tiny` in bench/parity/sampling.py.
fn weights(seed: u32, name: &str, shape: Vec<usize>) -> Tensor {
    let n: usize = shape.iter().product();
    let width = shape[shape.len() - 1] as f64;
    let is_norm = name.contains("norm");
    let scale = if is_norm || name.contains("embed") { 1.0 } else { 3.0 / width.sqrt() };
    let begin = if is_norm { 1.0 } else { 0.0 };
    let name = format!("{seed} {name}");
    let values = (0..n).map(|i| (mixed(&name, i) * scale + begin) as f32).collect();
    Tensor { shape, values }
}

/// As bench/parity/mixed.py.
fn mixed(name: &str, i: usize) -> f64 {
    let hash = |seed: u32, byte: u8| (seed ^ u32::from(byte)).wrapping_mul(16_777_619);
    let mut x = name.bytes().fold(2_166_136_261, hash) ^ (i as u32).wrapping_mul(0x9E37_79B9);
    x = (x ^ (x >> 16)).wrapping_mul(0x7FEB_352D);
    x = (x ^ (x >> 15)).wrapping_mul(0x846C_A68B);
    x ^= x >> 16;
    f64::from(x >> 8) / f64::from(1 << 23) - 1.0
}
