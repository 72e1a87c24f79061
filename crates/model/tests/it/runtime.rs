//! The fast runtime against the readable model.

use std::sync::Arc;

use arch::{Cache, Decoder, Error, Input, Logits, Spec, Tap};
use burn::tensor::Device;
use generate::runtime::{Cache as Pages, Next};
use generate::{Importance, Runtime};
use model::gguf::Mixture;
use model::live::Live;
use model::{Decoding, Opened, Transformer, folder, gguf};

use crate::{IDS, build, close, specs, whole};

fn runtime(model: &Transformer) -> Runtime {
    Runtime::new(model.spec(), &Live::new(model)).expect("a runtime")
}

/// Logits of all ids: some read together, the others one by one.
fn decoded(decoder: &impl Decoder, ids: &[u32], together: usize) -> Vec<f32> {
    let mut cache = decoder.new_cache();
    let first = Input::Ids(&ids[..together]);
    let mut got = decoder.forward(first, &mut cache, Logits::All).expect("room");
    for id in &ids[together..] {
        got.extend(decoder.forward(Input::Ids(&[*id]), &mut cache, Logits::Last).expect("room"));
    }
    assert_eq!(cache.len(), ids.len());
    got
}

#[test]
fn every_form_gives_the_logits_of_the_readable_model() {
    for spec in specs() {
        let model = build(&spec);
        let expected = whole(&model, &IDS);
        for together in [1, 5, 12] {
            close("fast", &decoded(&runtime(&model), &IDS, together), &expected);
        }
    }
}

#[test]
fn a_cache_forks_and_truncates() {
    let runtime = runtime(&build(&specs()[0]));
    let mut cache = runtime.new_cache();
    runtime.forward(Input::Ids(&IDS[..6]), &mut cache, Logits::None).unwrap();
    let mut fork = cache.fork();
    runtime.forward(Input::Ids(&[7, 7, 7]), &mut fork, Logits::None).unwrap();
    fork.truncate(6);
    let a = runtime.forward(Input::Ids(&[8]), &mut fork, Logits::Last).unwrap();
    let b = runtime.forward(Input::Ids(&[8]), &mut cache, Logits::Last).unwrap();
    assert_eq!(a, b);
}

fn next<'a>(ids: &'a [u32], cache: &'a mut Pages, logits: Logits) -> Next<'a> {
    Next { ids, cache, logits, states: None }
}

#[test]
fn several_sequences_go_on_at_once_as_each_would_alone() {
    for spec in specs() {
        let runtime = runtime(&build(&spec));
        let (mut a, mut b) = (runtime.new_cache(), runtime.new_cache());
        let both =
            &mut [next(&IDS[..5], &mut a, Logits::Last), next(&IDS[3..], &mut b, Logits::All)];
        let first = runtime.forward_each(both).unwrap();
        let both = &mut [next(&[7], &mut a, Logits::Last), next(&[8], &mut b, Logits::Last)];
        let then = runtime.forward_each(both).unwrap();
        assert_eq!((a.len(), b.len()), (6, 10));
        let v = spec.vocab_size;
        for (i, (ids, id)) in [(&IDS[..5], 7), (&IDS[3..], 8)].into_iter().enumerate() {
            let alone = decoded(&runtime, &[ids, &[id]].concat(), ids.len());
            // Of the first only the last position was asked about, of the second all.
            let from = if i == 0 { ids.len() - 1 } else { 0 };
            let (got, rest) = first[i * v..].split_at((ids.len() - from) * v);
            assert!(i == 0 || rest.is_empty());
            close("first", got, &alone[from * v..ids.len() * v]);
            close("then", &then[i * v..][..v], &alone[ids.len() * v..]);
        }
        let mut refused = |ids: &[u32]| {
            let both = &mut [next(&[7], &mut a, Logits::Last), next(ids, &mut b, Logits::None)];
            runtime.forward_each(both).is_err()
        };
        assert!(refused(&[]) && refused(&[99]));
        assert_eq!((a.len(), b.len()), (6, 10));
    }
}

#[test]
fn bad_input_is_an_error_and_leaves_the_cache_alone() {
    let runtime = runtime(&build(&specs()[0]));
    let mut cache = runtime.new_cache();
    let mut run = |input: Input<'_>| runtime.forward(input, &mut cache, Logits::Last).unwrap_err();
    assert!(matches!(run(Input::Ids(&[50])), Error::TokenOutOfRange { id: 50, .. }));
    assert!(matches!(run(Input::Ids(&[1; 33])), Error::ContextFull { needed: 33, .. }));
    assert!(matches!(run(Input::Embeddings(&[0.0; 33])), Error::Shape(_)));
    assert!(cache.is_empty());
}

/// A model whose rows fill blocks of 256.
fn wide() -> Spec {
    Spec { n_kv_heads: 2, tied: false, context: 32, d_ff: 512, ..Spec::llama(64, 256, 2, 4) }
}

/// Mean KL divergence in nats of each position's distribution.
fn divergence(expected: &[f32], got: &[f32], vocabulary: usize) -> f64 {
    let log = |row: &[f32]| -> Vec<f64> {
        let top = row.iter().fold(f64::MIN, |top, x| top.max(f64::from(*x)));
        let sum: f64 = row.iter().map(|x| (f64::from(*x) - top).exp()).sum();
        row.iter().map(|x| f64::from(*x) - top - sum.ln()).collect()
    };
    let rows = expected.chunks_exact(vocabulary).zip(got.chunks_exact(vocabulary));
    let each = rows.map(|(p, q)| {
        let (p, q) = (log(p), log(q));
        p.iter().zip(&q).map(|(p, q)| p.exp() * (p - q)).sum::<f64>()
    });
    each.sum::<f64>() / (expected.len() / vocabulary) as f64
}

#[test]
fn a_gguf_file_is_decoded_in_its_own_types() {
    let home = tempfile::tempdir().unwrap();
    folder::save(&build(&wide()), &home.path().join("model")).unwrap();
    let opened = Opened::open(&home.path().join("model")).unwrap();
    for (name, bound) in [
        ("F32", 1e-9),
        ("BF16", 1e-5),
        ("Q8_0", 1e-5),
        ("Q4_0", 1e-5),
        ("Q5_1", 1e-5),
        ("Q4_K_M", 1e-5),
        ("Q3_K_M", 1e-5),
    ] {
        let path = home.path().join(name);
        let mixture = Mixture::named(name).unwrap();
        gguf::save(&opened, &path, mixture, Vec::new(), &mut || true).unwrap();
        let file = Opened::open(&path).unwrap();
        let expected = whole(&file.load(&Device::flex()).unwrap(), &IDS);
        let runtime = Runtime::new(file.spec(), &file).unwrap();
        let got = decoded(&runtime, &IDS, 9);
        let kl = divergence(&expected, &got, 64);
        assert!(kl.abs() <= bound, "{name}: {kl}");
        // As many bytes as the numbers have in the file, and not in f32.
        let bytes = std::fs::metadata(&path).unwrap().len() as usize;
        let is_laid_out = name != "Q3_K_M";
        assert!(!is_laid_out || runtime.len_bytes() < bytes, "{name}: {}", runtime.len_bytes());
    }
}

#[test]
fn a_folder_of_brain_floats_stays_so() {
    let home = tempfile::tempdir().unwrap();
    let [whole_folder, half] = ["whole", "half"].map(|name| home.path().join(name));
    folder::save(&build(&wide()), &whole_folder).unwrap();
    let form = model::convert::Form {
        dtype: Some(formats::Dtype::Bf16),
        ..model::convert::Form::default()
    };
    let opened = Opened::open(&whole_folder).unwrap();
    model::convert::to_folder(&opened, &half, form, &mut || true).unwrap();
    let opened = Opened::open(&half).unwrap();
    let runtime = Runtime::new(opened.spec(), &opened).unwrap();
    assert!(runtime.len_bytes() <= 2 * opened.spec().n_params());
    let readable = Decoding::new(opened.load(&Device::flex()).unwrap());
    let (got, expected) = (decoded(&runtime, &IDS, 3), decoded(&readable, &IDS, 3));
    assert!(divergence(&expected, &got, 64).abs() < 1e-5);
}

/// Adds to the stream before one block, and keeps what it sees of all.
struct Steering {
    block: usize,
    seen: Vec<(usize, usize, Vec<f32>)>,
}

impl Tap for Steering {
    fn stream(&mut self, block: usize, first: usize, rows: &mut [f32]) {
        self.seen.push((block, first, rows.to_vec()));
        if block == self.block {
            rows.iter_mut().zip(0..).for_each(|(x, i)| *x += (i % 7) as f32 * 0.1);
        }
    }
}

#[test]
fn a_tap_sees_and_changes_the_same_stream_in_both() {
    for spec in specs() {
        let (fast, readable) = (runtime(&build(&spec)), Decoding::new(build(&spec)));
        for block in [0, spec.n_layers] {
            let (mut a, mut b) = (fast.new_cache(), readable.new_cache());
            let mut taps = [(); 2].map(|()| Steering { block, seen: Vec::new() });
            let [tap_a, tap_b] = &mut taps;
            for ids in [&IDS[..7], &IDS[7..]] {
                let input = Input::Ids(ids);
                let x = fast.forward_tapped(input, &mut a, Logits::All, tap_a).unwrap();
                let y = readable.forward_tapped(input, &mut b, Logits::All, tap_b).unwrap();
                close("steered", &x, &y);
                let plain = fast.forward(input, &mut fast.new_cache(), Logits::All).unwrap();
                assert!(x.iter().zip(&plain).any(|(x, y)| (x - y).abs() > 1e-4));
            }
            assert_eq!(taps[0].seen.len(), 2 * (spec.n_layers + 1));
            for ((i, first, x), (j, second, y)) in taps[0].seen.iter().zip(&taps[1].seen) {
                assert_eq!((i, first), (j, second));
                close("the stream", x, y);
            }
        }
    }
}

#[test]
fn weights_are_those_of_the_model_that_went_on() {
    let spec = &specs()[0];
    let mut runtime = runtime(&build(spec));
    let before = decoded(&runtime, &IDS, 12);
    let other = model::init::random(spec, 8, &Device::flex()).unwrap();
    runtime.sync_weights(&Live::new(&other)).unwrap();
    let after = decoded(&runtime, &IDS, 12);
    close("synced", &after, &whole(&other, &IDS));
    assert_ne!(before, after);
    // A model of another shape is refused, and nothing has changed.
    assert!(runtime.sync_weights(&Live::new(&build(&specs()[1]))).is_err());
    assert_eq!(decoded(&runtime, &IDS, 12), after);
}

/// Every matrix of a block that is rounded is told of, whatever the family calls it, and a file is made of that.
#[test]
fn what_a_runtime_saw_rounds_a_file() {
    let home = tempfile::tempdir().unwrap();
    for name in ["llama", "mixtral", "gemma2", "phi3", "gpt2", "gpt_neox", "minicpm3"] {
        let mut spec = arch::family::of_size(name, 64, 64, 2, 2).unwrap();
        if let Some(experts) = &mut spec.experts {
            experts.balance = 0.0;
        }
        let model = build(&spec);
        let (runtime, seen) = (runtime(&model), Arc::new(Importance::default()));
        assert!(runtime.watch(seen.clone()));
        let ids = Input::Ids(&IDS);
        runtime.forward(ids, &mut runtime.new_cache(), Logits::All).unwrap();
        let imatrix = gguf::imatrix(&spec, &seen.entries().unwrap()).unwrap();
        assert!(gguf::untold(&spec, &imatrix).unwrap().is_empty(), "{name}");
        if name == "minicpm3" {
            continue; // llama.cpp knows the scales of the published model alone.
        }
        let folder = home.path().join(name);
        folder::save(&model, &folder).unwrap();
        let opened = Opened::open(&folder).unwrap();
        let save = |file: &str, imatrix| {
            let mixture = Mixture::named("Q4_0").unwrap();
            let form = gguf::Form { mixture, imatrix, beside: Vec::new() };
            let path = home.path().join(file);
            gguf::save_as(&opened, &path, form, &mut || true)
                .unwrap_or_else(|e| panic!("{name}: {e}"));
            formats::gguf::Gguf::open(&path).unwrap()
        };
        let (with, without) = (save("with", Some(imatrix)), save("without", None));
        let differ = |name: &str| with.bytes(name).unwrap() != without.bytes(name).unwrap();
        assert!(differ("blk.1.attn_output.weight"), "{name}");
        assert!(!differ("token_embd.weight") && !differ("output_norm.weight"), "{name}");
    }
}
