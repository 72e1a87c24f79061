//! A running mean of the weights (Polyak & Juditsky, "Acceleration of Stochastic Approximation by
//! Averaging", 1992; exponential as in Izmailov et al., "Averaging Weights Leads to Wider Optima", 2018,
//! and `torch.optim.swa_utils`): smoother than the weights of any one step.
//!
//! After step 1 it is the weights, after step t `a = d a + (1 - d) w` with `d = min(decay, (1 + t) /
//! (10 + t))`: a short run's mean is not of its first weights. Only what learns is averaged.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::Tensor;
use ops::offload::Offload;
use ops::storage::{on_cpu, update_in_place, with_values};

/// The mean.
#[derive(Clone, Debug)]
pub struct Average {
    /// d, after some steps.
    pub decay: f64,
    /// By the parameter's path, in its order.
    pub values: BTreeMap<String, Tensor<1>>,
}

impl Average {
    /// A mean of nothing yet.
    pub fn new(decay: f64) -> Self {
        Self { decay, values: BTreeMap::new() }
    }

    /// Takes the weights after step `t`, counted from 1; new ones lie where `offload` keeps them.
    pub fn update<M: Module>(&mut self, module: &M, t: u64, offload: Option<&Offload>) {
        let decay = self.decay.min((1 + t) as f64 / (10 + t) as f64);
        let (values, path, share) = (&mut self.values, Vec::new(), (1.0 - decay) as f32);
        module.visit(&mut Update { values, path, share, offload });
    }

    /// The module with the mean for its weights. It must not be tracked by autodiff.
    pub fn applied<M: Module>(&self, module: M) -> M {
        module.map(&mut Apply { values: &self.values, path: Vec::new() })
    }
}

struct Update<'a> {
    values: &'a mut BTreeMap<String, Tensor<1>>,
    path: Vec<String>,
    share: f32,
    offload: Option<&'a Offload>,
}

impl ModuleVisitor for Update<'_> {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.to_string());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let weight = param.val();
        if !weight.is_require_grad() {
            return;
        }
        let (path, weight) = (self.path.join("."), weight.inner());
        let weight = weight.clone().reshape([weight.shape().num_elements()]);
        let mean = match self.values.remove(&path) {
            // The weight itself will be changed in place: both may not be one tensor.
            None => match self.offload {
                Some(offload) => offload.keep(weight * 1.0),
                None => weight * 1.0,
            },
            Some(mean) if on_cpu(&weight.device()) => update_in_place(mean, |mean| {
                with_values(&weight, |weight| kernels::ema::ema(mean, weight, self.share));
            }),
            Some(mean) => mean.clone() + (weight - mean) * self.share,
        };
        self.values.insert(path, mean);
    }
}

struct Apply<'a> {
    values: &'a BTreeMap<String, Tensor<1>>,
    path: Vec<String>,
}

impl ModuleMapper for Apply<'_> {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.to_string());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some(mean) = self.values.get(&self.path.join(".")) else { return param };
        param.map(|weight| mean.clone().reshape(weight.shape()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;

    #[derive(Module, Debug)]
    struct Pair {
        matrix: Param<Tensor<2>>,
        frozen: Param<Tensor<1>>,
    }

    fn pair(matrix: f32, frozen: f32) -> Pair {
        let device = Device::flex().autodiff();
        let matrix = Param::from_tensor(Tensor::from_data([[matrix, -matrix]], &device));
        let frozen = Param::from_tensor(Tensor::from_data([frozen], &device));
        Pair { matrix, frozen: frozen.set_require_grad(false) }
    }

    fn first(pair: &Pair) -> [f32; 2] {
        let first = |values: &[f32]| values[0];
        [with_values(&pair.matrix.val(), first), with_values(&pair.frozen.val(), first)]
    }

    #[test]
    fn it_follows_the_weights_and_leaves_out_what_is_frozen() {
        let (mut average, mut mean) = (Average::new(0.4), 0.0_f64);
        for t in 1..=9 {
            let weight = t as f32 * 3.0;
            average.update(&pair(weight, t as f32), t, None);
            let decay = 0.4_f64.min((1 + t) as f64 / (10 + t) as f64);
            mean = if t == 1 { 3.0 } else { decay * mean + (1.0 - decay) * f64::from(weight) };
            let [matrix, frozen] = first(&average.applied(pair(0.0, -7.0).valid()));
            assert!((f64::from(matrix) - mean).abs() < 1e-5, "{t}: {matrix} is not {mean}");
            assert_eq!(frozen, -7.0);
        }
        assert_eq!(average.values.keys().collect::<Vec<_>>(), ["matrix"]);
    }
}
