//! How one parameter moves: what the file of a rule says.
//!
//! A rule has two bodies: our kernels in place on the CPU, and Burn's own operations elsewhere
//! (`plain`). One more rule is one more file here and one line in [`crate::registry`].

pub mod adafactor;
pub mod adam;
pub mod adam8bit;
pub mod adamw;
pub mod lion;
pub mod muon;
pub mod sgd;

use std::fmt;

use burn::tensor::{DType, Tensor};
use ops::storage::{open, with_values};

use crate::Error;
use crate::memory::{Memory, Opened, Slot, View};
use crate::registry::Knobs;
use muon::Waiting;

/// A parameter, as rules see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its path in the module, such as `blocks.0.attention.qkv.weight`.
    pub path: String,
    /// Its sizes.
    pub shape: Vec<usize>,
    /// If it is a hidden matrix: the rows of each of the matrices that are stacked in it.
    pub stack: Option<Vec<usize>>,
}

impl Parameter {
    /// How many numbers it has.
    pub fn n(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether it has rows and columns, and is pulled towards zero by default.
    pub fn is_matrix(&self) -> bool {
        self.shape.len() >= 2
    }

    /// Its last two sizes, if it has as many.
    pub(crate) fn matrix(&self) -> Option<(usize, usize)> {
        match self.shape[..] {
            [.., rows, columns] => Some((rows, columns)),
            _ => None,
        }
    }
}

/// The numbers of one step of one parameter.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step<'a> {
    pub(crate) parameter: &'a Parameter,
    /// From 1.
    pub(crate) t: u64,
    pub(crate) lr: f32,
    pub(crate) weight_decay: f32,
    /// What the gradient is multiplied by.
    pub(crate) scale: f32,
}

/// A rule with its choices.
pub(crate) trait Rule: fmt::Debug {
    /// What it remembers of a parameter.
    fn slots(&self, parameter: &Parameter) -> Vec<Slot>;

    /// Moves `values` by the gradient where both and the memory lie; or says what they wait for, if
    /// that is made for all parameters together.
    fn in_place(
        &self,
        step: &Step<'_>,
        values: &mut [f32],
        gradient: &[f32],
        memory: &mut [View<'_>],
    ) -> Option<Waiting>;

    /// The same in Burn's own operations.
    fn plain(
        &self,
        step: &Step<'_>,
        values: Tensor<1>,
        gradient: Tensor<1>,
        memory: Vec<Memory>,
    ) -> (Tensor<1>, Vec<Memory>);
}

/// What the registry asks of a rule's choices.
pub(crate) trait Listed: Rule + Default + Sized {
    /// What it is, in a line of help.
    const ABOUT: &'static str;
    /// The pull of matrices towards zero, if nobody says another.
    const WEIGHT_DECAY: f32;

    /// The learning rate if nobody says another, where AdamW's would be `adamw`.
    fn rate(adamw: f64) -> f64 {
        adamw
    }

    /// Takes what is its own out of `knobs`.
    fn take(knobs: &mut Knobs) -> Self;

    /// The rule of a parameter, where it leaves some to another.
    fn of(&self, _parameter: &Parameter) -> &dyn Rule {
        self
    }

    /// Whether the numbers can be.
    fn check(&self) -> Result<(), Error>;
}

/// Moves a tensor on the CPU.
pub(crate) fn in_place<const D: usize>(
    rule: &dyn Rule,
    step: &Step<'_>,
    values: Tensor<D>,
    gradient: &Tensor<D>,
    memory: Vec<Memory>,
) -> (Tensor<D>, Vec<Memory>, Option<Waiting>) {
    let mut opened: Vec<Opened> = memory.into_iter().map(Memory::open).collect();
    let mut values = open(values);
    let waiting = with_values(gradient, |gradient| {
        let mut views: Vec<View<'_>> = opened.iter_mut().map(Opened::view).collect();
        rule.in_place(step, values.values(), gradient, &mut views)
    });
    (values.close(), opened.into_iter().map(Opened::close).collect(), waiting)
}

/// Moves a tensor anywhere.
pub(crate) fn plain<const D: usize>(
    rule: &dyn Rule,
    step: &Step<'_>,
    values: Tensor<D>,
    gradient: Tensor<D>,
    memory: Vec<Memory>,
) -> (Tensor<D>, Vec<Memory>) {
    let (shape, n) = (values.shape(), values.shape().num_elements());
    let gradient = gradient.reshape([n]).cast(DType::F32);
    let (values, memory) = rule.plain(step, values.reshape([n]), gradient, memory);
    (values.reshape(shape), memory)
}

/// An error unless `holds`.
pub(crate) fn expect(
    holds: bool,
    name: &'static str,
    got: impl fmt::Display,
    expected: &'static str,
) -> Result<(), Error> {
    if holds { Ok(()) } else { Err(Error::Option { name, got: got.to_string(), expected }) }
}

/// An error for what is not from 0 to below 1.
pub(crate) fn expect_share(name: &'static str, got: f32) -> Result<(), Error> {
    expect((0.0..1.0).contains(&got), name, got, "from 0 to below 1")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::{Choice, Chosen};
    use burn::tensor::{Device, TensorData};

    fn values(seed: usize, n: usize) -> Vec<f32> {
        (0..n).map(|i| ((i * 31 + seed * 17) % 23) as f32 / 11.0 - 1.0).collect()
    }

    fn tensor<const D: usize>(seed: usize, shape: [usize; D]) -> Tensor<D> {
        let n = shape.iter().product();
        Tensor::from_data(TensorData::new(values(seed, n), shape), &Device::flex())
    }

    fn vec<const D: usize>(tensor: &Tensor<D>) -> Vec<f32> {
        with_values(tensor, <[f32]>::to_vec)
    }

    fn near(what: &str, a: &[f32], b: &[f32], tolerance: f32) {
        assert_eq!(a.len(), b.len(), "{what}");
        for (a, b) in a.iter().zip(b) {
            assert!((a - b).abs() < tolerance, "{what}: {a} and {b}");
        }
    }

    /// Three steps by both bodies.
    fn check<const D: usize>(chosen: Chosen, shape: [usize; D], stack: Option<Vec<usize>>) {
        let what = format!("{chosen:?} of {shape:?}");
        let parameter = Parameter { path: "weight".into(), shape: shape.to_vec(), stack };
        let rule = chosen.of(&parameter);
        let begin = || -> Vec<Memory> {
            rule.slots(&parameter).iter().map(|slot| slot.zeros(&Device::flex())).collect()
        };
        let (mut one, mut memory_of_one) = (tensor(1, shape), begin());
        let (mut other, mut memory_of_other) = (tensor(1, shape), begin());
        // The kernel's Newton–Schulz rounds its products to bf16; a last digit may choose a code.
        let tolerance = match chosen {
            _ if parameter.stack.is_some() => 1e-2,
            Chosen::Adam8bit(_) => 5e-3,
            _ => 2e-5,
        };
        for t in 1..=3 {
            let step = Step { parameter: &parameter, t, lr: 0.1, weight_decay: 0.1, scale: 0.5 };
            let gradient = tensor(t as usize + 1, shape);
            let (moved, memory, mut waiting) = in_place(rule, &step, one, &gradient, memory_of_one);
            Waiting::orthogonalize(waiting.iter_mut());
            one = waiting.map_or_else(|| moved.clone(), |waiting| waiting.apply(moved.clone()));
            memory_of_one = memory;
            (other, memory_of_other) = plain(rule, &step, other, gradient, memory_of_other);
            near(&what, &vec(&one), &vec(&other), tolerance);
        }
        for (a, b) in memory_of_one.iter().zip(&memory_of_other) {
            match (a, b) {
                (Memory::Numbers(a), Memory::Numbers(b)) => near(&what, &vec(a), &vec(b), 1e-5),
                (Memory::Bytes(a), Memory::Bytes(b)) => {
                    let [a, b] = [a, b].map(|bytes| ops::bytes::hold(bytes.clone()).to_vec());
                    // A number half way between two codes may fall to either side.
                    let off = a.iter().zip(&b).filter(|(a, b)| a != b).count();
                    assert!(off * 200 <= a.len(), "{what}: {off} codes of {}", a.len());
                }
                _ => panic!("{what}: memory of two kinds"),
            }
        }
        assert_ne!(vec(&one), values(1, parameter.n()), "{what}: it moved");
    }

    #[test]
    fn both_bodies_move_alike() {
        for &choice in Choice::ALL {
            let chosen = choice.with(Knobs::default()).unwrap();
            let stack = (choice == Choice::Muon).then(|| vec![2, 5]);
            check(chosen, [7, 4], stack);
            check(chosen, [9], None);
            check(chosen, [66, 70], None);
            check(chosen, [2, 3, 4], None);
        }
        let sgd = |momentum, nesterov| {
            let knobs = Knobs { momentum: Some(momentum), nesterov, ..Knobs::default() };
            Choice::Sgd.with(knobs).unwrap()
        };
        check(sgd(0.9, Some(true)), [7, 4], None);
        check(sgd(0.0, None), [7, 4], None);
    }
}
