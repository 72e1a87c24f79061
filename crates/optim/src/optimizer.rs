//! The update of a whole module, in place, by the rule that each of its parameters has.
//!
//! State is kept by the parameter's path in the module (`blocks.0.attention.qkv.weight`), so that a
//! checkpoint can be read by people and by another build.

use std::collections::{BTreeMap, BTreeSet};

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::Tensor;
use ops::offload::Offload;
use ops::storage::on_cpu;

use crate::average::Average;
use crate::memory::{Memory, Slot};
use crate::rule::muon::Waiting;
use crate::rule::{Step, in_place, plain};
use crate::{Error, Options, Parameter, depth};

/// By the path of a hidden matrix: the rows of each of the matrices that are stacked in it.
pub type Stacks = BTreeMap<String, Vec<usize>>;

/// The slot of the running mean of the weights.
const MEAN: &str = "ema";

/// The optimizer: its options and what it remembers.
#[derive(Clone, Debug)]
pub struct Optimizer {
    options: Options,
    /// By path.
    places: BTreeMap<String, Place>,
    /// Steps taken.
    pub steps: u64,
    /// By path, in the order of the rule's slots.
    state: BTreeMap<String, Vec<Memory>>,
    /// The running mean of the weights, if there is to be one.
    pub average: Option<Average>,
    /// Where what is yet to be remembered will lie, if not in memory.
    pub offload: Option<Offload>,
}

/// A parameter and its numbers.
#[derive(Clone, Debug)]
struct Place {
    parameter: Parameter,
    /// What the learning rate is multiplied by.
    rate: f64,
    weight_decay: f32,
}

/// The parameters of a module, in its order.
pub fn parameters<M: Module>(module: &M, stacks: &Stacks) -> Vec<Parameter> {
    let mut listing = Listing { stacks, path: Vec::new(), found: Vec::new() };
    module.visit(&mut listing);
    listing.found
}

impl Optimizer {
    /// An optimizer of a module with these parameters that has taken no step.
    pub fn new(options: Options, parameters: Vec<Parameter>) -> Self {
        let blocks = parameters.iter().filter_map(|parameter| depth::block(&parameter.path));
        let n_blocks = blocks.max().map_or(0, |last| last + 1);
        let places = parameters.into_iter().map(|parameter| {
            let (rate, weight_decay) = options.numbers_of(&parameter, n_blocks);
            (parameter.path.clone(), Place { parameter, rate, weight_decay })
        });
        let places = places.collect();
        let average = options.ema.map(Average::new);
        Self { options, places, steps: 0, state: BTreeMap::new(), average, offload: None }
    }

    /// Takes one step: every parameter with a gradient moves. `norm` is the gradients' norm, for
    /// clipping. Parameters without a gradient stay.
    ///
    /// # Panics
    /// If the module has other parameters than the optimizer was made for.
    pub fn step<M: Module>(
        &mut self,
        module: M,
        gradients: GradientsParams,
        norm: f64,
        lr: f64,
    ) -> M {
        self.steps += 1;
        let clip = self.options.clip;
        let scale = if clip > 0.0 && norm > clip { (clip / norm) as f32 } else { 1.0 };
        let (waiting, path) = (BTreeMap::new(), Vec::new());
        let mut update = Update { optimizer: self, gradients, path, scale, lr, waiting };
        let mut module = module.map(&mut update);
        let mut waiting = update.waiting;
        if !waiting.is_empty() {
            Waiting::orthogonalize(waiting.values_mut());
            module = module.map(&mut Apply { waiting, path: Vec::new() });
        }
        if let Some(average) = &mut self.average {
            average.update(&module, self.steps, self.offload.as_ref());
        }
        module
    }

    /// Moves the values of one parameter by its gradient times `scale`, or says what they wait for.
    fn move_one<const D: usize>(
        &mut self,
        path: String,
        values: Tensor<D>,
        gradient: Tensor<D>,
        (scale, lr): (f32, f64),
    ) -> (Tensor<D>, Option<Waiting>) {
        let place = self.places.get(&path).expect("the optimizer was made for this module");
        let Place { parameter, rate, weight_decay } = place;
        let (lr, weight_decay) = ((lr * rate) as f32, *weight_decay);
        let step = Step { parameter, t: self.steps, lr, weight_decay, scale };
        let rule = self.options.rule.of(parameter);
        let (device, offload) = (values.device(), self.offload.as_ref());
        let memory = self.state.remove(&path).unwrap_or_else(|| {
            let slots = rule.slots(parameter).into_iter();
            slots.map(|slot| slot.zeros(&device).kept(offload)).collect()
        });
        let (values, memory, waiting) = if on_cpu(&device) {
            in_place(rule, &step, values, &gradient, memory)
        } else {
            let (values, memory) = plain(rule, &step, values, gradient, memory);
            (values, memory, None)
        };
        self.state.insert(path, memory);
        (values, waiting)
    }

    /// All that is remembered, by the names that a checkpoint gives it.
    pub fn remembered(&self) -> Vec<(String, Memory)> {
        let mut all = Vec::new();
        for (path, memory) in &self.state {
            let slots = self.slots(&self.places[path].parameter);
            let named = slots.into_iter().zip(memory);
            all.extend(named.map(|(slot, memory)| (named_of(&slot, path), memory.clone())));
        }
        for (path, mean) in self.average.iter().flat_map(|average| &average.values) {
            all.push((format!("{MEAN}.{path}"), Memory::Numbers(mean.clone())));
        }
        all
    }

    /// Takes back what was remembered: `read` gives what there is under a name. What is given lies
    /// where [`Self::offload`] keeps it, one by one, so that it is never in memory together. Gives
    /// back the names that were found.
    ///
    /// # Errors
    /// [`Error::Memory`] for what is not of its parameter's size, or of a parameter half there; what
    /// `read` says.
    pub fn restore(
        &mut self,
        mut read: impl FnMut(&str) -> Result<Option<Memory>, Error>,
    ) -> Result<BTreeSet<String>, Error> {
        let mut found = BTreeSet::new();
        let offload = self.offload.clone();
        let mut take = |slot: &Slot, path: &str| {
            let name = named_of(slot, path);
            let Some(memory) = read(&name)? else { return Ok(None) };
            if !slot.holds(&memory) {
                let reason = format!("expected {} of kind {:?}", slot.n, slot.kind);
                return Err(Error::Memory { name, reason });
            }
            found.insert(name);
            Ok(Some(memory.kept(offload.as_ref())))
        };
        for (path, Place { parameter, .. }) in &self.places {
            let slots = self.options.rule.of(parameter).slots(parameter);
            let memory: Vec<Option<Memory>> =
                slots.iter().map(|slot| take(slot, path)).collect::<Result<_, _>>()?;
            if let (Some(missing), true) =
                (memory.iter().position(Option::is_none), memory.iter().any(Option::is_some))
            {
                let name = named_of(&slots[missing], path);
                let reason = "it is not there, and others of its parameter are".into();
                return Err(Error::Memory { name, reason });
            }
            let memory: Option<Vec<Memory>> = memory.into_iter().collect();
            if let Some(memory) = memory.filter(|memory| !memory.is_empty()) {
                self.state.insert(path.clone(), memory);
            }
            if let Some(average) = &mut self.average
                && let Some(Memory::Numbers(mean)) =
                    take(&Slot::numbers(MEAN, parameter.n()), path)?
            {
                average.values.insert(path.clone(), mean);
            }
        }
        Ok(found)
    }

    fn slots(&self, parameter: &Parameter) -> Vec<Slot> {
        self.options.rule.of(parameter).slots(parameter)
    }
}

fn named_of(slot: &Slot, path: &str) -> String {
    format!("{}.{path}", slot.name)
}

struct Listing<'a> {
    stacks: &'a Stacks,
    path: Vec<String>,
    found: Vec<Parameter>,
}

impl ModuleVisitor for Listing<'_> {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.to_string());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let path = self.path.join(".");
        let stack = self.stacks.get(&path).cloned();
        self.found.push(Parameter { path, shape: param.val().dims().to_vec(), stack });
    }
}

struct Update<'a> {
    optimizer: &'a mut Optimizer,
    gradients: GradientsParams,
    path: Vec<String>,
    scale: f32,
    lr: f64,
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
    use crate::registry::{Choice, Chosen, Knobs};
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

    fn optimizer(options: Options, stacks: &Stacks) -> Optimizer {
        Optimizer::new(options, parameters(&pair(), stacks))
    }

    fn chosen(choice: Choice) -> Chosen {
        choice.with(Knobs::default()).unwrap()
    }

    fn gradients(pair: &Pair) -> GradientsParams {
        // d/dw of Σ w² + 4·g is 2·w and 4.
        let loss = pair.matrix.val().powf_scalar(2.0).sum() + pair.gain.val().sum() * 4.0;
        GradientsParams::from_grads(loss.backward(), pair)
    }

    fn read(pair: &Pair) -> Vec<f32> {
        read_plain(&pair.valid())
    }

    fn read_plain(pair: &Pair) -> Vec<f32> {
        let mut out = ops::storage::with_values(&pair.matrix.val(), <[f32]>::to_vec);
        out.extend(ops::storage::with_values(&pair.gain.val(), <[f32]>::to_vec));
        out
    }

    #[test]
    fn steps_are_those_of_the_formula() {
        let options = Options { clip: 2.0, ..Options::default() };
        let (mut optimizer, mut module) = (optimizer(options, &Stacks::new()), pair());
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
        let names: Vec<String> = optimizer.remembered().into_iter().map(|(name, _)| name).collect();
        let expected =
            ["adamw.first.gain", "adamw.second.gain", "adamw.first.matrix", "adamw.second.matrix"];
        assert_eq!(names, expected);
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
        let mut optimizer = optimizer(Options::of(chosen(Choice::Muon)), &stacks);
        let module = pair();
        let grads = gradients(&module);
        let module = optimizer.step(module, grads, 1.0, 0.1);
        // One row: the update is its direction, 1/√5 (1, -2), times 0.2 √2 and about 1.
        let [x, y] = [(1.0 - read(&module)[0]) / 0.1, (-2.0 - read(&module)[1]) / 0.1];
        assert!((y / x + 2.0).abs() < 0.05 && (0.15..0.35).contains(&x), "{x} {y}");
        assert_eq!((optimizer.state["matrix"].len(), optimizer.state["gain"].len()), (1, 2));
    }

    #[test]
    fn groups_learn_otherwise() {
        let groups = vec!["gain:lr=0".parse().unwrap(), "matrix:weight-decay=0".parse().unwrap()];
        let options = Options { groups, ..Options::default() };
        let (mut optimizer, module) = (optimizer(options, &Stacks::new()), pair());
        let grads = gradients(&module);
        let module = optimizer.step(module, grads, 0.0, 0.1);
        // Adam's first step is as long as the learning rate; nothing decays.
        for (got, expected) in read(&module).iter().zip([0.9, -1.9, 3.0]) {
            assert!((got - expected).abs() < 1e-5, "{got} is not {expected}");
        }
    }

    #[test]
    fn what_is_frozen_stays_and_is_not_remembered() {
        let groups = vec![crate::Group::frozen("mat*")];
        let module = crate::groups::freeze(pair(), &groups);
        let options = Options { groups, ema: Some(0.9), ..Options::default() };
        let mut optimizer = optimizer(options, &Stacks::new());
        let grads = gradients(&module);
        let module = optimizer.step(module, grads, 0.0, 0.1);
        assert_eq!(read(&module)[..2], [1.0, -2.0]);
        let names: Vec<String> = optimizer.remembered().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["adamw.first.gain", "adamw.second.gain", "ema.gain"]);
        let module = optimizer.step(module, GradientsParams::new(), 0.0, 0.1);
        assert!(!module.matrix.is_require_grad() && module.gain.is_require_grad());
    }

    #[test]
    fn every_rule_goes_on_to_the_bit_from_what_it_remembered() {
        for &choice in Choice::ALL {
            let options = Options { ema: Some(0.5), ..Options::of(chosen(choice)) };
            let stacks = BTreeMap::from([("matrix".to_string(), vec![1])]);
            let (mut whole, mut module) = (optimizer(options.clone(), &stacks), pair());
            for _ in 0..3 {
                let grads = gradients(&module);
                module = whole.step(module, grads, 1.0, 0.1);
            }
            let mut again = optimizer(options.clone(), &stacks);
            again.steps = whole.steps;
            let remembered: BTreeMap<String, Memory> = whole.remembered().into_iter().collect();
            let found = again.restore(|name| Ok(remembered.get(name).cloned())).unwrap();
            assert_eq!(found, remembered.keys().cloned().collect(), "{choice:?}: all of it");
            let [one, other] = [whole, again].map(|mut optimizer| {
                let grads = gradients(&module);
                let moved = optimizer.step(module.clone(), grads, 1.0, 0.1);
                let mean = optimizer.average.as_ref().unwrap().applied(moved.valid());
                let bits = |pair: &Pair| read_plain(pair).into_iter().map(f32::to_bits).collect();
                [bits(&moved.valid()), bits(&mean)] as [Vec<u32>; 2]
            });
            assert_eq!(one, other, "{choice:?}");
            assert_ne!(one[0], one[1], "a mean is not its last weights");
        }
    }

    #[test]
    fn what_is_half_there_or_of_another_size_is_refused() {
        let mut optimizer = optimizer(Options::default(), &Stacks::new());
        let memory = |n: usize| Memory::Numbers(Tensor::zeros([n], &Device::flex()));
        let mut message = |there: &str, n: usize| {
            let read = |name: &str| Ok((name == there).then(|| memory(n)));
            optimizer.restore(read).unwrap_err().to_string()
        };
        let half = message("adamw.second.gain", 1);
        assert!(half.contains("adamw.first.gain: it is not there"), "{half}");
        let other = message("adamw.first.matrix", 3);
        assert!(other.contains("adamw.first.matrix: expected 2"), "{other}");
    }
}
