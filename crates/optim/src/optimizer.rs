//! The update of a whole module, in place: AdamW or SGD for all parameters, or Muon for the matrices
//! that it is meant for and AdamW for the rest.
//!
//! State is kept by the parameter's path in the module (`blocks.0.attention.qkv.weight`), so that a
//! checkpoint can be read by people and by another build.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleMapper, Param};
use burn::optim::GradientsParams;
use burn::tensor::Tensor;

use ops::offload::Offload;

use crate::rule::{Rule, Waiting};
use crate::{adamw, muon, sgd};

/// What is remembered of one parameter, in its order, on its device.
#[derive(Clone, Debug)]
pub struct Moments {
    /// Running mean of gradients, `(n)`.
    pub first: Tensor<1>,
    /// Running mean of their squares; none under Muon and SGD.
    pub second: Option<Tensor<1>>,
}

/// By the path of a hidden matrix: the rows of each of the matrices that are stacked in it.
pub type Stacks = BTreeMap<String, Vec<usize>>;

/// The optimizer: its options and what it remembers.
#[derive(Clone, Debug)]
pub struct Optimizer {
    /// The choices for all that Muon does not take.
    pub adamw: adamw::Options,
    /// Whether the hidden matrices are Muon's.
    pub muon: Option<muon::Options>,
    /// Whether all that Muon does not take is SGD's.
    pub sgd: Option<sgd::Options>,
    /// The hidden matrices.
    pub stacks: Stacks,
    /// Steps taken.
    pub steps: u64,
    /// By parameter path.
    pub moments: BTreeMap<String, Moments>,
    /// Where moments that are yet to come will lie, if not in memory.
    pub offload: Option<Offload>,
}

impl Optimizer {
    /// An optimizer that has taken no step. `stacks` are not asked for without `muon`.
    pub fn new(adamw: adamw::Options, muon: Option<muon::Options>, stacks: Stacks) -> Self {
        Self { adamw, muon, sgd: None, stacks, steps: 0, moments: BTreeMap::new(), offload: None }
    }

    /// Takes one step: every parameter with a gradient moves. `norm` is the gradients' norm, for
    /// clipping. Parameters without a gradient stay.
    pub fn step<M: Module>(
        &mut self,
        module: M,
        gradients: GradientsParams,
        norm: f64,
        lr: f64,
    ) -> M {
        self.steps += 1;
        let clip = self.adamw.clip;
        let scale = if clip > 0.0 && norm > clip { (clip / norm) as f32 } else { 1.0 };
        let (waiting, path) = (BTreeMap::new(), Vec::new());
        let mut update = Update { optimizer: self, gradients, path, scale, lr: lr as f32, waiting };
        let module = module.map(&mut update);
        let mut waiting = update.waiting;
        if waiting.is_empty() {
            return module;
        }
        Waiting::orthogonalize(waiting.values_mut());
        module.map(&mut Apply { waiting, path: Vec::new() })
    }

    /// Moves the values of one parameter by its gradient times `scale`, or says what they wait for.
    fn move_one<const D: usize>(
        &mut self,
        path: String,
        values: Tensor<D>,
        gradient: Tensor<D>,
        (scale, lr): (f32, f32),
    ) -> (Tensor<D>, Option<Waiting>) {
        let (n, device) = (values.shape().num_elements(), values.device());
        let offload = self.offload.clone();
        let zeros = || {
            let zeros = Tensor::<1>::zeros([n], &device);
            offload.as_ref().map_or_else(|| zeros.clone(), |offload| offload.keep(zeros.clone()))
        };
        let held = self.moments.remove(&path);
        let mut moments = held.unwrap_or_else(|| Moments { first: zeros(), second: None });
        let rule = self.rule(&path, (D >= 2).then(|| gradient.dims()[D - 1]), lr);
        if matches!(rule, Rule::AdamW { .. }) {
            moments.second.get_or_insert_with(zeros);
        }
        let (values, moments, waiting) = if ops::storage::on_cpu(&device) {
            rule.in_place(values, &gradient, scale, moments)
        } else {
            let (values, moments) = rule.plain(values, gradient, scale, moments);
            (values, moments, None)
        };
        self.moments.insert(path, moments);
        (values, waiting)
    }

    /// How a parameter moves: `columns` of a matrix.
    fn rule(&self, path: &str, columns: Option<usize>, lr: f32) -> Rule {
        let adamw::Options { beta1, beta2, eps, weight_decay, .. } = self.adamw;
        let stack = self.stacks.get(path).zip(columns);
        if let (Some(options), Some((rows, columns))) = (self.muon, stack) {
            let kernel = muon::kernel(options, lr, weight_decay);
            return Rule::Muon { kernel, rows: rows.clone(), columns };
        }
        let weight_decay = if columns.is_some() { weight_decay } else { 0.0 };
        match self.sgd {
            Some(options) => Rule::Sgd(sgd::kernel(options, lr, weight_decay)),
            None => Rule::AdamW {
                kernel: kernels::adamw::AdamW { lr, beta1, beta2, eps, weight_decay },
                step: self.steps,
            },
        }
    }
}

struct Update<'a> {
    optimizer: &'a mut Optimizer,
    gradients: GradientsParams,
    path: Vec<String>,
    scale: f32,
    lr: f32,
    /// By path.
    waiting: BTreeMap<String, Waiting>,
}

impl ModuleMapper for Update<'_> {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.to_string());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (id, tensor, mapper) = param.consume();
        let Some(gradient) = self.gradients.remove::<D>(id) else {
            return Param::from_mapped_value(id, tensor, mapper);
        };
        let (path, how) = (self.path.join("."), (self.scale, self.lr));
        let (moved, waits) = self.optimizer.move_one(path.clone(), tensor.inner(), gradient, how);
        self.waiting.extend(waits.map(|waiting| (path, waiting)));
        Param::from_mapped_value(id, moved.autodiff().require_grad(), mapper)
    }
}

/// Moves what waited.
struct Apply {
    waiting: BTreeMap<String, Waiting>,
    path: Vec<String>,
}

impl ModuleMapper for Apply {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.to_string());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some(waiting) = self.waiting.remove(&self.path.join(".")) else { return param };
        let (id, tensor, mapper) = param.consume();
        let moved = waiting.apply(tensor.inner());
        Param::from_mapped_value(id, moved.autodiff().require_grad(), mapper)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adamw::Options;
    use burn::tensor::{Device, TensorData};

    #[derive(Module, Debug)]
    struct Pair {
        matrix: Param<Tensor<2>>,
        gain: Param<Tensor<1>>,
    }

    fn pair() -> Pair {
        let device = Device::flex().autodiff();
        let matrix = Tensor::from_data(TensorData::new(vec![1.0_f32, -2.0], [1, 2]), &device);
        let gain = Tensor::from_data(TensorData::new(vec![3.0_f32], [1]), &device);
        Pair { matrix: Param::from_tensor(matrix), gain: Param::from_tensor(gain) }
    }

    fn gradients(pair: &Pair) -> GradientsParams {
        // d/dw of Σ w² + 4·g is 2·w and 4.
        let loss = pair.matrix.val().powf_scalar(2.0).sum() + pair.gain.val().sum() * 4.0;
        GradientsParams::from_grads(loss.backward(), pair)
    }

    fn read(pair: &Pair) -> Vec<f32> {
        let mut out = ops::storage::with_values(&pair.matrix.val().inner(), <[f32]>::to_vec);
        out.extend(ops::storage::with_values(&pair.gain.val().inner(), <[f32]>::to_vec));
        out
    }

    #[test]
    fn steps_are_those_of_the_formula() {
        let options = Options { clip: 2.0, ..Options::default() };
        let (mut optimizer, mut module) = (Optimizer::new(options, None, BTreeMap::new()), pair());
        let (mut w, mut m, mut v) = ([1.0_f64, -2.0, 3.0], [0.0_f64; 3], [0.0_f64; 3]);
        for step in 1..=3 {
            let grads = gradients(&module);
            let norm = crate::gradients::norm(&module, &grads);
            let g = [2.0 * w[0], 2.0 * w[1], 4.0];
            let expected = g.iter().map(|g| g * g).sum::<f64>().sqrt();
            assert!((norm.norm - expected).abs() < 1e-4 && norm.spoilt.is_none());
            module = optimizer.step(module, grads, norm.norm, 0.1);
            for i in 0..3 {
                let g = g[i] * 2.0 / expected;
                m[i] = 0.9 * m[i] + 0.1 * g;
                v[i] = 0.95 * v[i] + 0.05 * g * g;
                let (mean, square) =
                    (m[i] / (1.0 - 0.9_f64.powi(step)), v[i] / (1.0 - 0.95_f64.powi(step)));
                let decay = if i < 2 { 0.1 * 0.1 * w[i] } else { 0.0 };
                w[i] -= decay + 0.1 * mean / (square.sqrt() + 1e-8);
            }
            for (got, expected) in read(&module).iter().zip(w) {
                assert!(
                    (f64::from(*got) - expected).abs() < 1e-4,
                    "step {step}: {got} against {expected}"
                );
            }
        }
        assert_eq!(optimizer.moments.keys().collect::<Vec<_>>(), ["gain", "matrix"]);
    }

    #[test]
    fn a_gradient_that_is_no_number_is_named() {
        let module = pair();
        let loss = module.gain.val().sum() * f32::NAN + module.matrix.val().sum();
        let grads = GradientsParams::from_grads(loss.backward(), &module);
        let norm = crate::gradients::norm(&module, &grads);
        assert!(norm.norm.is_nan());
        assert_eq!(norm.spoilt.as_deref(), Some("gain"));
    }

    #[test]
    fn muon_takes_the_hidden_matrices_and_no_others() {
        let stacks = BTreeMap::from([("matrix".to_string(), vec![1])]);
        let muon = Some(muon::Options::default());
        let mut optimizer = Optimizer::new(Options::default(), muon, stacks);
        let module = pair();
        let grads = gradients(&module);
        let module = optimizer.step(module, grads, 1.0, 0.1);
        // One row: the update is its direction, 1/√5 (1, -2), times 0.2 √2 and about 1.
        let [x, y] = [(1.0 - read(&module)[0]) / 0.1, (-2.0 - read(&module)[1]) / 0.1];
        assert!((y / x + 2.0).abs() < 0.05 && (0.15..0.35).contains(&x), "{x} {y}");
        assert!(optimizer.moments["matrix"].second.is_none());
        assert!(optimizer.moments["gain"].second.is_some());
    }
}
