//! Steps of one parameter from values and gradients that any language can make: what
//! `bench/parity/optim` compares with PyTorch and bitsandbytes.

use burn::module::{Module, Param};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor, TensorData};
use optim::{Choice, Knobs, Optimizer, Options, Stacks};
use serde::Deserialize;

/// What is done.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Case {
    pub(crate) name: String,
    choice: Choice,
    beta1: Option<f32>,
    beta2: Option<f32>,
    momentum: Option<f32>,
    nesterov: Option<bool>,
    weight_decay: f32,
    lr: f64,
    steps: u64,
    seed: u64,
    shape: Vec<usize>,
    /// The running mean is what is asked about.
    ema: Option<f64>,
    /// One number in so many is.
    every: usize,
}

#[derive(Module, Debug)]
struct One<const D: usize> {
    weight: Param<Tensor<D>>,
}

/// What the parameter comes to.
pub(crate) fn steps(case: &Case) -> Vec<f32> {
    let all = match case.shape[..] {
        [n] => steps_of(case, [n]),
        [rows, columns] => steps_of(case, [rows, columns]),
        _ => panic!("{}: a vector or a matrix", case.name),
    };
    all.into_iter().step_by(case.every).collect()
}

fn steps_of<const D: usize>(case: &Case, shape: [usize; D]) -> Vec<f32> {
    let Case { beta1, beta2, momentum, nesterov, .. } = *case;
    let rule = case.choice.with(Knobs { beta1, beta2, momentum, nesterov }).expect("a known knob");
    let decay = format!("weight:weight-decay={}", case.weight_decay);
    let groups = vec![decay.parse().expect("a group")];
    let options = Options { clip: 0.0, groups, ema: case.ema, ..Options::of(rule) };
    let (device, n) = (Device::flex().autodiff(), shape.iter().product());
    let tensor = |values: Vec<f32>| Tensor::<D>::from_data(TensorData::new(values, shape), &device);
    let mut module = One { weight: Param::from_tensor(tensor(start(case.seed, n))) };
    let stacks = Stacks::from([("weight".to_string(), vec![shape[0]])]);
    let mut optimizer = Optimizer::new(options, optim::parameters(&module, &stacks));
    for t in 1..=case.steps {
        let loss = (module.weight.val() * tensor(gradient(case.seed, t, n))).sum();
        let gradients = GradientsParams::from_grads(loss.backward(), &module);
        module = optimizer.step(module, gradients, 0.0, case.lr);
    }
    let mut module = module.valid();
    if let Some(average) = &optimizer.average {
        module = average.applied(module);
    }
    ops::storage::with_values(&module.weight.val(), <[f32]>::to_vec)
}

fn start(seed: u64, n: usize) -> Vec<f32> {
    (0..n as u64).map(|i| ((i * 31 + seed * 7) % 23) as f32 / 11.0 - 1.0).collect()
}

/// Of step `t`, over seven powers of three: those of two would put numbers half way between two codes.
fn gradient(seed: u64, t: u64, n: usize) -> Vec<f32> {
    let of = |i: u64| ((i * 29 + t * 17 + seed * 5) % 31) as f32 / 15.0 - 1.0;
    (0..n as u64).map(|i| of(i) / 3_u32.pow((i % 7) as u32) as f32).collect()
}
