//! What a step asks of its gradients before it uses them: their norm over all parameters, and
//! which parameter is to blame when it is no number.

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::{DType, Tensor};
use kernels::reduce;

/// The gradients of one step, looked at as one vector.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Norm {
    /// The Euclidean norm; not finite if any gradient is not.
    pub norm: f64,
    /// The last parameter, in the model's order, with a gradient that is not finite: gradients flow
    /// backwards, so what went wrong went wrong there or behind it.
    pub spoilt: Option<String>,
}

/// The norm of all gradients of a module, parameter by parameter in the module's order.
pub fn norm<M: Module>(module: &M, gradients: &GradientsParams) -> Norm {
    let mut visitor = Visitor { gradients, path: Vec::new(), sums: Vec::new() };
    module.visit(&mut visitor);
    let (paths, sums): (Vec<String>, Vec<Sum>) = visitor.sums.into_iter().unzip();
    let (mut squares, mut spoilt) = (0.0, None);
    for (path, sum) in paths.into_iter().zip(read(sums)) {
        if !sum.is_finite() {
            spoilt = Some(path);
        }
        squares += sum;
    }
    Norm { norm: squares.sqrt(), spoilt }
}

/// All gradients of a module times a number.
pub fn scaled<M: Module>(module: &M, gradients: GradientsParams, by: f32) -> GradientsParams {
    if by == 1.0 {
        return gradients;
    }
    let mut scaling = Scaling { gradients, by };
    module.visit(&mut scaling);
    scaling.gradients
}

struct Scaling {
    gradients: GradientsParams,
    by: f32,
}

impl ModuleVisitor for Scaling {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(gradient) = self.gradients.remove::<D>(param.id) {
            self.gradients.register::<D>(param.id, gradient * self.by);
        }
    }
}

/// The sum of a gradient's squares.
enum Sum {
    Known(f64),
    /// Still on its device: `(1)`.
    There(Box<Tensor<1>>),
}

/// All sums, fetched at once where they are on another device: each fetch waits for all its work.
fn read(sums: Vec<Sum>) -> Vec<f64> {
    let there = sums.iter().filter_map(|sum| match sum {
        Sum::There(sum) => Some((**sum).clone()),
        Sum::Known(_) => None,
    });
    let there: Vec<Tensor<1>> = there.collect();
    let fetched: Vec<f64> = match there.is_empty() {
        true => Vec::new(),
        false => ops::storage::with_values(&Tensor::cat(there, 0), |sums| {
            sums.iter().map(|&sum| f64::from(sum)).collect()
        }),
    };
    let mut fetched = fetched.into_iter();
    let known = |sum| match sum {
        Sum::Known(sum) => sum,
        Sum::There(_) => fetched.next().expect("one for each that was there"),
    };
    sums.into_iter().map(known).collect()
}

struct Visitor<'a> {
    gradients: &'a GradientsParams,
    path: Vec<String>,
    /// By the parameter's path.
    sums: Vec<(String, Sum)>,
}

impl ModuleVisitor for Visitor<'_> {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.to_string());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let Some(gradient) = self.gradients.get::<D>(param.id) else { return };
        let sum = if ops::storage::on_cpu(&gradient.device()) {
            Sum::Known(ops::storage::with_values(&gradient, reduce::sum_of_squares))
        } else {
            Sum::There(Box::new(gradient.cast(DType::F32).square().sum()))
        };
        self.sums.push((self.path.join("."), sum));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::{Device, TensorData};

    #[derive(Module, Debug)]
    struct One {
        weight: Param<Tensor<1>>,
    }

    #[test]
    fn all_of_a_gradient_is_scaled() {
        let device = Device::flex().autodiff();
        let weight = Tensor::from_data(TensorData::new(vec![1.0_f32, -2.0], [2]), &device);
        let one = One { weight: Param::from_tensor(weight) };
        let loss = one.weight.val().square().sum(); // Its gradient is 2, -4.
        let gradients = GradientsParams::from_grads(loss.backward(), &one);
        let gradients = scaled(&one, gradients, 0.25);
        let got = gradients.get::<1>(one.weight.id).unwrap();
        assert_eq!(got.into_data().try_to_vec::<f32>().unwrap(), [0.5, -1.0]);
        assert_eq!(norm(&one, &gradients).norm, 1.25_f64.sqrt());
    }
}
