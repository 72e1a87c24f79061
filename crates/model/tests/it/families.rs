//! Every family against transformers: small models whose weights are made of their tensors' names, with
//! what `bench/parity/families --golden` wrote of them (tool and version stand in the file).

use std::collections::BTreeMap;
use std::sync::Arc;

use arch::{Decoder, Input, Logits, Spec, Tensor as Weights, family};
use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{Device, Gradients, Tensor};
use generate::Runtime;
use model::live::Live;
use model::{Batch, Decoding, Transformer, folder};
use nn::pass::Pass;
use ops::linear_cross_entropy::Regularization;
use serde_json::Value;

/// Rows and places of the padded batch, padding of the second row, steps with a cache, ids.
const ROWS: usize = 2;
const PLACES: usize = 12;
const PADDING: usize = 5;
const STEPS: usize = 200;
const VOCABULARY: usize = 96;

#[test]
fn every_family_computes_what_transformers_computes() {
    let golden: Value =
        serde_json::from_str(include_str!("../../../../testdata/families/golden.json")).unwrap();
    let models = golden["models"].as_object().unwrap();
    for family in family::FAMILIES {
        let tried = |model: &Value| model["config"]["model_type"] == family.name();
        assert!(family.name() == "lyceum" || models.values().any(tried), "{}", family.name());
    }
    for (name, model) in models {
        check(name, model);
    }
}

fn check(name: &str, golden: &Value) {
    let spec = family::from_config(&golden["config"]).expect("a config");
    let files = files(&spec);
    let load = |device: &Device| folder::from_source(&spec, device, &files).expect("a model");
    let (logits, loss, gradients) = learnt(&load(&Device::flex().autodiff()));
    let last = (0..ROWS).flat_map(|row| {
        let from = (row * PLACES + PLACES - 1) * VOCABULARY;
        logits[from..from + VOCABULARY].iter().copied().step_by(7).collect::<Vec<f32>>()
    });
    near(&format!("{name}: logits"), last, &golden["logits"]);
    near(&format!("{name}: loss"), [loss], &Value::Array(vec![golden["loss"].clone()]));
    let gradients: BTreeMap<_, _> =
        folder::tensors(&gradients).expect("tensors").into_iter().collect();
    let expected = golden["gradients"].as_object().expect("gradients by name");
    assert!(gradients.keys().eq(expected.keys()), "{name}: other gradients");
    for (tensor, expected) in expected {
        let values = &gradients[tensor].values;
        let norm = values.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>().sqrt() as f32;
        near(&format!("{name}: {tensor}"), [norm, values[0]], expected);
    }
    let model = load(&Device::flex());
    let fast = Runtime::new(&spec, &Live::new(&model)).expect("a runtime");
    for (which, logits) in [("cached", cached(&Decoding::new(model))), ("fast", cached(&fast))] {
        let some = logits.chunks(VOCABULARY).step_by(33).flat_map(|row| row.iter().step_by(7));
        near(&format!("{name}: {which}"), some.copied(), &golden["cached"]);
    }
}

fn near(what: &str, got: impl IntoIterator<Item = f32>, expected: &Value) {
    let got: Vec<f32> = got.into_iter().collect();
    let number = |v: &Value| v.as_f64().expect("a number") as f32;
    let expected: Vec<f32> = expected.as_array().expect("a list").iter().map(number).collect();
    assert_eq!(got.len(), expected.len(), "{what}");
    let size = expected.iter().fold(1.0_f32, |size, v| size.max(v.abs()));
    for (g, e) in got.iter().zip(&expected) {
        assert!((g - e).abs() <= 2e-5 * size, "{what}: {g} against {e}");
    }
}

/// The published tensors of a spec, each made of its name.
fn files(spec: &Spec) -> BTreeMap<String, Weights> {
    let zeros = spec.slots().into_iter().map(|(slot, shape)| {
        let n = shape.iter().product();
        (slot, Weights { shape, values: vec![0.0; n] })
    });
    let published = family::publish(spec, zeros).expect("names").into_iter();
    published
        .map(|(name, t)| (name.clone(), weights(&name, t.shape, spec.gain_above_one)))
        .collect()
}

/// As `weights` in bench/parity/families.py.
fn weights(name: &str, shape: Vec<usize>, above_one: bool) -> Weights {
    let n = shape.iter().product();
    let gain = name.ends_with("weight") && (name.contains("norm") || name.contains(".ln_"));
    let table = ["embed", ".wte.", ".wpe."].iter().any(|part| name.contains(part));
    let width = shape[shape.len() - 1] as f64;
    let value = |i| {
        let x = mixed(name, i);
        if gain {
            return x * 0.25 + if above_one { 0.0 } else { 1.0 };
        }
        if shape.len() == 1 || name.contains("bias") {
            return x * 0.25;
        }
        if table { x * 0.5 } else { x * 2.0 / width.sqrt() }
    };
    let values = (0..n).map(|i| value(i) as f32).collect();
    Weights { shape, values }
}

/// Logits of the padded batch, its loss, and the model with its gradients in the weights' places.
fn learnt(model: &Transformer) -> (Vec<f32>, f32, Transformer) {
    let mut tokens = ids("batch", ROWS * PLACES);
    tokens[PLACES..PLACES + PADDING].fill(1);
    let pad = |row: usize| if row == 1 { PADDING } else { 0 };
    let cells = || (0..ROWS).flat_map(|row| (0..PLACES).map(move |place| (row, place)));
    let positions = cells().map(|(row, place)| place.saturating_sub(pad(row)) as u32).collect();
    let starts = Some(cells().map(|(row, place)| pad(row).min(place) as u32).collect());
    let tokens_not_padding = Some(cells().map(|(row, place)| place >= pad(row)).collect());
    let plain = Pass::plain(ROWS, PLACES);
    let pass = Pass { positions, starts, tokens: tokens_not_padding, ..plain };
    let inputs: Arc<[u32]> = tokens.as_slice().into();
    let hidden = model.forward(inputs.clone(), &pass);
    let logits = read(&model.logits(hidden, &pass).inner());
    let counts = |(row, place): (usize, usize)| place + 1 < PLACES && place + 1 > pad(row);
    let weights: Arc<[f32]> = cells().map(|cell| f32::from(u8::from(counts(cell)))).collect();
    let scale = 1.0 / weights.iter().sum::<f32>();
    let mut targets = tokens;
    targets.rotate_left(1);
    let regularization = Regularization::default();
    let batch = Batch { inputs, targets: targets.into(), weights, pass, regularization };
    let loss = model.loss(&batch, scale);
    let value = read(&loss.clone().inner())[0];
    let gradients = loss.backward();
    (logits, value, model.clone().map(&mut Slopes { gradients }))
}

/// Puts its gradient in the place of each parameter.
struct Slopes {
    gradients: Gradients,
}

impl ModuleMapper for Slopes {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let gradient = param.val().grad(&self.gradients);
        param.map(|tensor| match gradient {
            Some(gradient) => gradient.autodiff(),
            None => tensor.zeros_like(),
        })
    }
}

fn cached(decoder: &impl Decoder) -> Vec<f32> {
    let mut cache = decoder.new_cache();
    let mut step =
        |id: u32| decoder.forward(Input::Ids(&[id]), &mut cache, Logits::Last).expect("room");
    ids("steps", STEPS).into_iter().flat_map(&mut step).collect()
}

fn read<const D: usize>(tensor: &Tensor<D>) -> Vec<f32> {
    ops::storage::with_values(tensor, <[f32]>::to_vec)
}

fn ids(name: &str, n: usize) -> Vec<u32> {
    let id = |x: f64| ((x + 1.0) * 0.5 * (VOCABULARY - 3) as f64) as u32 + 3;
    (0..n).map(|i| id(mixed(name, i))).collect()
}

/// Numbers from -1 to 1 that depend on the name and the place alone, as the other side makes them.
fn mixed(name: &str, i: usize) -> f64 {
    let seed = name
        .bytes()
        .fold(2_166_136_261_u32, |seed, byte| (seed ^ u32::from(byte)).wrapping_mul(16_777_619));
    let mut x = seed ^ (i as u32).wrapping_mul(0x9E37_79B9);
    x = (x ^ (x >> 16)).wrapping_mul(0x7FEB_352D);
    x = (x ^ (x >> 15)).wrapping_mul(0x846C_A68B);
    f64::from((x ^ (x >> 16)) >> 8) / 8_388_608.0 - 1.0
}
