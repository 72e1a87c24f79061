//! What a step asks of its gradients before it uses them: their norm over all parameters, and
//! which parameter is to blame when it is no number.

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::Tensor;
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
    let mut visitor = Visitor { gradients, path: Vec::new(), squares: 0.0, spoilt: None };
    module.visit(&mut visitor);
    Norm { norm: visitor.squares.sqrt(), spoilt: visitor.spoilt }
}

struct Visitor<'a> {
    gradients: &'a GradientsParams,
    path: Vec<String>,
    squares: f64,
    spoilt: Option<String>,
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
        let squares = ops::storage::with_values(&gradient, reduce::sum_of_squares);
        if !squares.is_finite() {
            self.spoilt = Some(self.path.join("."));
        }
        self.squares += squares;
    }
}
