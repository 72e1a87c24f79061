//! Activation checkpointing: a piece of a model that keeps what goes into it and nothing else, and is
//! run again in the backward pass (Chen et al., "Training Deep Nets with Sublinear Memory Cost", 2016).
//!
//! [`recompute`] runs the piece without a graph and puts one node into the graph for all of it. That
//! node's backward builds a graph of its own on detached copies of the input and the parameters, runs
//! it down from the gradient that arrived, and hands on what it finds. The piece must do the same
//! both times: its gradients are then the same bits as without this.

use std::fmt;

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::Tensor;
use burn_autodiff::Autodiff;
use burn_autodiff::checkpoint::{base::Checkpointer, strategy::NoCheckpointing};
use burn_autodiff::grads::Gradients;
use burn_autodiff::ops::{Backward, NodeGuard, Ops, OpsKind};
use burn_flex::{Flex, FlexTensor};

use crate::offload::Offload;
use crate::storage::{make, on_cpu};

/// Parameters that a piece may have, and its input.
const MOST: usize = 48;

/// `run(module, x)`, whose activations are not kept but for x, which lies where `offload` says. On a
/// tensor without a graph it is just that, and on other devices, where Burn's own gradient
/// checkpointing may be chosen with the device.
///
/// # Panics
/// If the module has more than 47 parameters.
pub fn recompute<M, const D: usize>(
    module: &M,
    x: Tensor<D>,
    offload: Option<&Offload>,
    run: impl Fn(&M, Tensor<D>) -> Tensor<D> + Clone + Send + 'static,
) -> Tensor<D>
where
    M: Module + 'static,
{
    if !on_cpu(&x.device()) {
        return run(module, x);
    }
    let mut guards = Guards(Vec::new());
    module.visit(&mut guards);
    if !x.is_autodiff() && guards.0.is_empty() {
        return run(module, x);
    }
    let x = x.autodiff();
    let mut nodes = vec![tracked(x.clone())];
    nodes.extend(guards.0);
    let n = nodes.len();
    assert!(n <= MOST, "recompute: a piece of {} parameters, at most {}", n - 1, MOST - 1);
    let device = x.device();
    nodes.extend((n..MOST).map(|_| tracked(Tensor::<1>::zeros([1], &device))));
    let nodes: [NodeGuard; MOST] = nodes.try_into().expect("filled up to their number above");
    let (x, module) = (x.inner(), module.valid());
    let y = primitive(run(&module, x.clone()));
    let x = offload.map_or_else(|| x.clone(), |offload| offload.keep(x.clone()));
    let kept = Kept { x, module, run };
    let again = Again(std::marker::PhantomData);
    let y = match again.prepare::<NoCheckpointing>(nodes).compute_bound().stateful() {
        OpsKind::Tracked(prepared) => prepared.finish(kept, y),
        OpsKind::UnTracked(prepared) => prepared.finish(y),
    };
    Tensor::from_primitive::<Autodiff<Flex>>(y)
}

/// What the piece is run again with.
struct Kept<M, F, const D: usize> {
    x: Tensor<D>,
    module: M,
    run: F,
}

impl<M: Clone, F: Clone, const D: usize> Clone for Kept<M, F, D> {
    fn clone(&self) -> Self {
        Self { x: self.x.clone(), module: self.module.clone(), run: self.run.clone() }
    }
}

impl<M, F, const D: usize> fmt::Debug for Kept<M, F, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a piece to be run again")
    }
}

/// The node of a piece.
struct Again<M, F, const D: usize>(std::marker::PhantomData<(M, F)>);

impl<M, F, const D: usize> fmt::Debug for Again<M, F, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Again")
    }
}

impl<M, F, const D: usize> Backward<Flex, MOST> for Again<M, F, D>
where
    M: Module + 'static,
    F: Fn(&M, Tensor<D>) -> Tensor<D> + Clone + Send + 'static,
{
    type State = Kept<M, F, D>;

    fn backward(self, ops: Ops<Self::State, MOST>, grads: &mut Gradients, _: &mut Checkpointer) {
        let dy = grads.consume::<Flex>(&ops.node);
        let Kept { x, module, run } = ops.state;
        let (x, module) = (x.autodiff().require_grad(), module.train());
        let y = run(&module, x.clone());
        let mut inner = begin(y, dy).backward();
        let mut found = Found { inner: &mut inner, gradients: Vec::with_capacity(MOST) };
        let dx = x.grad_remove(found.inner).map(primitive);
        found.gradients.push(dx);
        module.visit(&mut found);
        for (parent, gradient) in ops.parents.into_iter().zip(found.gradients) {
            if let (Some(parent), Some(gradient)) = (parent, gradient) {
                grads.register::<Flex>(parent.id, gradient);
            }
        }
    }
}

/// A scalar whose backward hands `dy` to `y`.
fn begin<const D: usize>(y: Tensor<D>, dy: FlexTensor) -> Tensor<1> {
    let node = tracked(y);
    let nothing = make(vec![0.0_f32], [1].into());
    let end = match Begin.prepare::<NoCheckpointing>([node]).compute_bound().stateful() {
        OpsKind::Tracked(prepared) => prepared.finish(dy, nothing),
        OpsKind::UnTracked(prepared) => prepared.finish(nothing),
    };
    Tensor::from_primitive::<Autodiff<Flex>>(end)
}

#[derive(Debug)]
struct Begin;

impl Backward<Flex, 1> for Begin {
    type State = FlexTensor;

    fn backward(self, ops: Ops<FlexTensor, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        if let [Some(parent)] = ops.parents {
            grads.register::<Flex>(parent.id, ops.state);
        }
    }
}

/// The nodes of a module's parameters in its order.
struct Guards(Vec<NodeGuard>);

impl ModuleVisitor for Guards {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let value = param.val();
        if value.is_autodiff() {
            self.0.push(tracked(value));
        }
    }
}

/// The gradients of a module's parameters in its order.
struct Found<'g> {
    inner: &'g mut burn::tensor::Gradients,
    gradients: Vec<Option<FlexTensor>>,
}

impl ModuleVisitor for Found<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let gradient = param.val().grad_remove(self.inner);
        self.gradients.push(gradient.map(primitive));
    }
}

fn tracked<const D: usize>(tensor: Tensor<D>) -> NodeGuard {
    let tensor = tensor.try_into_primitive::<Autodiff<Flex>>();
    tensor.expect("a tensor of the CPU backend with a graph").into_parts().1
}

fn primitive<const D: usize>(tensor: Tensor<D>) -> FlexTensor {
    tensor.try_into_primitive::<Flex>().expect("a tensor of the CPU backend")
}
