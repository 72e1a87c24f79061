//! Computes with the models of a folder what transformers computed with them, and writes them back: our
//! side of `bench/parity/families`.
//!
//! `cargo run --release -p model --example families -- FOLDER`

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use arch::{Decoder, Input, Logits};
use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{Device, Gradients, Tensor};
use formats::safetensors::{Entry, write};
use model::{Batch, Decoding, Transformer, folder};
use nn::pass::Pass;
use ops::linear_cross_entropy::Regularization;

/// Rows and places of the padded batch, padding of the second row, steps with a cache, ids.
const ROWS: usize = 2;
const PLACES: usize = 12;
const PADDING: usize = 5;
const STEPS: usize = 200;
const VOCABULARY: usize = 96;

fn main() {
    let root = std::env::args().nth(1).expect("a folder of model folders");
    let mut folders: Vec<_> = std::fs::read_dir(root)
        .expect("a folder that can be read")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.join("config.json").exists())
        .collect();
    folders.sort();
    for folder in folders {
        compute(&folder);
    }
}

fn compute(folder: &Path) {
    let load = |device: &Device| {
        folder::load(folder, device).unwrap_or_else(|e| panic!("{}: {e}", folder.display()))
    };
    let model = load(&Device::flex().autodiff());
    let (logits, loss, gradients) = learnt(&model);
    let save = |model: &Transformer, name: &str| {
        folder::save(model, &folder.join(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
    };
    save(&gradients, "ours-gradients");
    let plain = load(&Device::flex());
    save(&plain, "back");
    let cached = cached(plain);
    let entries = [
        Entry::f32("logits", &[ROWS, PLACES, VOCABULARY], &logits),
        Entry::f32("loss", &[1], &loss),
        Entry::f32("cached", &[STEPS, VOCABULARY], &cached),
    ];
    write(&folder.join("ours.safetensors"), &entries, &BTreeMap::new()).expect("a file");
}

/// Logits of the padded batch, its loss, and the model with its gradients in the weights' places.
fn learnt(model: &Transformer) -> (Vec<f32>, Vec<f32>, Transformer) {
    let mut tokens = ids("batch", ROWS * PLACES);
    tokens[PLACES..PLACES + PADDING].fill(1);
    let pad = |row: usize| if row == 1 { PADDING } else { 0 };
    let cells = || (0..ROWS).flat_map(|row| (0..PLACES).map(move |place| (row, place)));
    let positions = cells().map(|(row, place)| place.saturating_sub(pad(row)) as u32).collect();
    let starts = cells().map(|(row, place)| pad(row).min(place) as u32).collect();
    let real = cells().map(|(row, place)| place >= pad(row)).collect();
    let (starts, real) = (Some(starts), Some(real));
    let pass = Pass { positions, starts, tokens: real, ..Pass::plain(ROWS, PLACES) };
    let inputs: Arc<[u32]> = tokens.as_slice().into();
    let hidden = model.forward(inputs.clone(), &pass);
    let logits = ops::storage::with_values(&model.logits(hidden, &pass).inner(), <[f32]>::to_vec);
    let counts = |(row, place): (usize, usize)| place + 1 < PLACES && place + 1 > pad(row);
    let weights: Arc<[f32]> = cells().map(|cell| f32::from(u8::from(counts(cell)))).collect();
    let scale = 1.0 / weights.iter().sum::<f32>();
    let mut targets = tokens;
    targets.rotate_left(1);
    let regularization = Regularization::default();
    let batch = Batch { inputs, targets: targets.into(), weights, pass, regularization };
    let loss = model.loss(&batch, scale);
    let value = ops::storage::with_values(&loss.clone().inner(), <[f32]>::to_vec);
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

fn cached(model: Transformer) -> Vec<f32> {
    let decoding = Decoding::new(model);
    let mut cache = decoding.new_cache();
    let step = |id: u32| {
        decoding.forward(Input::Ids(&[id]), &mut cache, Logits::Last).expect("room for a step")
    };
    ids("steps", STEPS).into_iter().flat_map(step).collect()
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
