//! AdamW with a byte for each moment (Dettmers et al., "8-bit Optimizers via Block-wise Quantization",
//! 2022), which takes a quarter of the memory. The arithmetic is in `kernels::adam8bit`.
//!
//! Small parameters, and the tables that ids are looked up in, stay AdamW's whole: their gradients are
//! too uneven for few bits (section 2.3 there).

use burn::tensor::{Int, Tensor, TensorData};
use kernels::adam8bit::{BLOCK, Coded, n_blocks, step as step_of};
use kernels::adamw::AdamW;
use kernels::dynamic_map::{Map, SIGNED, UNSIGNED};
use serde::{Deserialize, Serialize};

use super::adamw;
use super::muon::Waiting;
use super::{Listed, Parameter, Rule, Step};
use crate::Error;
use crate::depth::is_table;
use crate::memory::{Memory, Slot, View};
use crate::registry::Knobs;

/// Parameters of fewer numbers keep whole moments.
const SMALL: usize = 4096;

/// The choices of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Options(pub adamw::Options);

impl Listed for Options {
    const ABOUT: &'static str = "AdamW with moments of 8 bits: a quarter of the memory";
    const WEIGHT_DECAY: f32 = 0.1;

    fn take(knobs: &mut Knobs) -> Self {
        Self(adamw::Options::take(knobs))
    }

    fn of(&self, parameter: &Parameter) -> &dyn Rule {
        let whole = parameter.n() < SMALL || is_table(&parameter.path);
        if whole { &self.0 } else { self }
    }

    fn check(&self) -> Result<(), Error> {
        self.0.check()
    }
}

impl Rule for Options {
    fn slots(&self, parameter: &Parameter) -> Vec<Slot> {
        let (n, blocks) = (parameter.n(), n_blocks(parameter.n()));
        vec![
            Slot::bytes("adam8bit.first", n),
            Slot::numbers("adam8bit.first_scales", blocks),
            Slot::bytes("adam8bit.second", n),
            Slot::numbers("adam8bit.second_scales", blocks),
        ]
    }

    fn in_place(
        &self,
        step: &Step<'_>,
        values: &mut [f32],
        gradient: &[f32],
        memory: &mut [View<'_>],
    ) -> Option<Waiting> {
        use View::{Bytes, Numbers};
        let [Bytes(m), Numbers(of_m), Bytes(v), Numbers(of_v)] = memory else {
            panic!("a rule is given the slots that it asked for");
        };
        let (m, v) = (Coded { codes: m, scales: of_m }, Coded { codes: v, scales: of_v });
        let (kernel, gradient) = (self.0.kernel(step), (gradient, step.scale));
        step_of(&kernel, step.t, values, gradient, m, v);
        None
    }

    fn plain(
        &self,
        step: &Step<'_>,
        values: Tensor<1>,
        gradient: Tensor<1>,
        memory: Vec<Memory>,
    ) -> (Tensor<1>, Vec<Memory>) {
        use Memory::{Bytes, Numbers};
        let slots: Result<[Memory; 4], _> = memory.try_into();
        let Ok([Bytes(m), Numbers(of_m), Bytes(v), Numbers(of_v)]) = slots else {
            panic!("a rule is given the slots that it asked for");
        };
        let (kernel, moved): (AdamW, _) = (self.0.kernel(step), (values, gradient * step.scale));
        let dtype = m.dtype();
        let (m, v) = (decode(&SIGNED, m, of_m), decode(&UNSIGNED, v, of_v));
        let (values, m, v) = adamw::plain(&kernel, step.t, moved, m, v);
        let memory = [(&*SIGNED, m), (&*UNSIGNED, v)].map(|(map, moment)| {
            let (codes, scales) = encode(map, moment);
            [Bytes(codes.cast(burn::tensor::IntDType::from(dtype))), Numbers(scales)]
        });
        (values, memory.into_iter().flatten().collect())
    }
}

/// The numbers of codes.
fn decode(map: &Map, codes: Tensor<1, Int>, scales: Tensor<1>) -> Tensor<1> {
    let (n, blocks, device) = (codes.dims()[0], scales.dims()[0], codes.device());
    let values = Tensor::<1>::from_data(TensorData::new(map.values().to_vec(), [256]), &device);
    let scales = scales.reshape([blocks, 1]).repeat_dim(1, BLOCK).reshape([blocks * BLOCK]);
    values.select(0, codes) * scales.narrow(0, 0, n)
}

/// Codes and scales of numbers: each code by halving, in eight steps, what it may still be.
fn encode(map: &Map, x: Tensor<1>) -> (Tensor<1, Int>, Tensor<1>) {
    let (n, device) = (x.dims()[0], x.device());
    let blocks = n_blocks(n);
    let padding = Tensor::zeros([blocks * BLOCK - n], &device);
    let x = if blocks * BLOCK > n { Tensor::cat(vec![x, padding], 0) } else { x };
    let x = x.reshape([blocks, BLOCK]);
    let scales = x.clone().abs().max_dim(1); // (blocks, 1)
    let by = scales.clone().mask_fill(scales.clone().equal_elem(0.0), 1.0);
    let x = (x / by).reshape([blocks * BLOCK]).narrow(0, 0, n);
    // Between a code and the next, by the next.
    let values = map.values();
    let mut borders = vec![f32::NEG_INFINITY];
    borders.extend(values.windows(2).map(|pair| 0.5 * (pair[0] + pair[1])));
    let borders = Tensor::<1>::from_data(TensorData::new(borders, [256]), &device);
    let mut codes = Tensor::<1, Int>::zeros([n], &device);
    for half in [128, 64, 32, 16, 8, 4, 2, 1] {
        let higher = codes.clone() + half;
        let is_higher = x.clone().greater(borders.clone().select(0, higher));
        codes = codes + is_higher.int() * half;
    }
    (codes, scales.reshape([blocks]))
}
