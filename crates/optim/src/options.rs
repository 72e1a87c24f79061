//! All that is chosen of an optimizer: a rule, and what goes with every rule.

use serde::{Deserialize, Serialize};

use crate::groups::{Group, group_of};
use crate::registry::Chosen;
use crate::rule::expect;
use crate::{Error, Parameter, depth};

/// The choices of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Options {
    /// How parameters move.
    pub rule: Chosen,
    /// Pull of matrices towards zero, times the learning rate; vectors, gains and biases are not
    /// pulled, as is usual.
    pub weight_decay: f32,
    /// Gradients are scaled down to this norm; 0 leaves them.
    pub clip: f64,
    /// Parameters that learn otherwise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<Group>,
    /// What the learning rate is multiplied by from each block to the one below.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layer_decay: Option<f64>,
    /// How much of the weights' running mean is kept in a step, if there is to be one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ema: Option<f64>,
}

impl Default for Options {
    fn default() -> Self {
        Self::of(Chosen::default())
    }
}

impl Options {
    /// A rule, and what is usual with it.
    pub fn of(rule: Chosen) -> Self {
        let weight_decay = rule.choice().weight_decay();
        Self { rule, weight_decay, clip: 1.0, groups: Vec::new(), layer_decay: None, ema: None }
    }

    /// Whether the numbers can be.
    ///
    /// # Errors
    /// [`Error::Option`] with the first that cannot.
    pub fn check(&self) -> Result<(), Error> {
        self.rule.check()?;
        let decay = self.weight_decay;
        let expected = "from 0 to below 100";
        expect((0.0..100.0).contains(&decay), "the weight decay", decay, expected)?;
        let (clip, expected) = (self.clip, "at least 0 (0: no clipping)");
        let can_be = clip >= 0.0 && clip.is_finite();
        expect(can_be, "the gradients' norm to clip at", clip, expected)?;
        let (factor, expected) = (self.layer_decay.unwrap_or(1.0), "above 0, at most 1");
        expect(factor > 0.0 && factor <= 1.0, "the decay from layer to layer", factor, expected)?;
        let (ema, expected) = (self.ema.unwrap_or(0.0), "from 0 to below 1");
        expect((0.0..1.0).contains(&ema), "the weights' running mean", ema, expected)?;
        self.groups.iter().try_for_each(Group::check)
    }

    /// Whether a parameter's group lets it learn.
    pub fn learns(&self, parameter: &Parameter) -> bool {
        !group_of(&self.groups, &parameter.path).is_some_and(|group| group.frozen)
    }

    /// What a parameter's learning rate is multiplied by in a model of `n_blocks`, and its pull towards
    /// zero.
    pub(crate) fn numbers_of(&self, parameter: &Parameter, n_blocks: usize) -> (f64, f32) {
        let group = group_of(&self.groups, &parameter.path);
        let below =
            self.layer_decay.map_or(1.0, |factor| depth::rate(&parameter.path, n_blocks, factor));
        let usual = if parameter.is_matrix() { self.weight_decay } else { 0.0 };
        let weight_decay = group.and_then(|group| group.weight_decay).unwrap_or(usual);
        (below * group.map_or(1.0, |group| group.lr), weight_decay)
    }

    /// Bytes of what is remembered of a parameter that learns.
    pub fn bytes_of(&self, parameter: &Parameter) -> usize {
        let slots = self.rule.of(parameter).slots(parameter);
        let mean = if self.ema.is_some() { 4 * parameter.n() } else { 0 };
        slots.iter().map(crate::memory::Slot::size).sum::<usize>() + mean
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::{Choice, Knobs};

    fn parameter(path: &str, shape: &[usize], stack: Option<Vec<usize>>) -> Parameter {
        Parameter { path: path.into(), shape: shape.to_vec(), stack }
    }

    #[test]
    fn impossible_numbers_are_named() {
        let check = |change: &dyn Fn(&mut Options), words: &str| {
            let mut options = Options::default();
            change(&mut options);
            let message = options.check().unwrap_err().to_string();
            assert!(message.contains(words), "{message}");
        };
        Options::default().check().unwrap();
        check(&|o| o.weight_decay = f32::NAN, "the weight decay");
        check(&|o| o.clip = f64::INFINITY, "clip");
        check(&|o| o.layer_decay = Some(0.0), "layer to layer");
        check(&|o| o.layer_decay = Some(1.5), "at most 1");
        check(&|o| o.ema = Some(1.0), "running mean");
        check(&|o| o.groups.push(Group { lr: f64::NAN, ..Group::frozen("x") }), "group");
        let knobs = Knobs { beta2: Some(1.0), ..Knobs::default() };
        check(&|o| o.rule = Choice::Lion.with(knobs).unwrap(), "beta2");
    }

    #[test]
    fn groups_and_depth_make_a_parameters_numbers() {
        let mut options = Options { layer_decay: Some(0.5), ..Options::default() };
        options.groups = vec!["*.bias:lr=3,weight-decay=0.25".parse().unwrap()];
        let of = |path: &str, shape: &[usize]| options.numbers_of(&parameter(path, shape, None), 2);
        assert_eq!(of("blocks.1.out.weight", &[2, 2]), (0.5, 0.1));
        assert_eq!(of("blocks.0.out.bias", &[2]), (0.75, 0.25));
        assert_eq!(of("final_norm.gain", &[2]), (1.0, 0.0));
    }

    #[test]
    fn each_rule_remembers_what_it_says() {
        let bytes = |choice: Choice, path: &str, shape: &[usize]| {
            let options = Options::of(choice.with(Knobs::default()).unwrap());
            let stack = path.starts_with("blocks").then(|| vec![shape[0]]);
            options.bytes_of(&parameter(path, shape, stack))
        };
        let matrix = |choice| bytes(choice, "blocks.0.out.weight", &[512, 64]);
        assert_eq!(matrix(Choice::AdamW), 8 * 512 * 64);
        assert_eq!(matrix(Choice::Muon), 4 * 512 * 64);
        assert_eq!(matrix(Choice::Sgd), 4 * 512 * 64);
        assert_eq!(matrix(Choice::Lion), 4 * 512 * 64);
        assert_eq!(matrix(Choice::Adafactor), 4 * (512 + 64));
        assert_eq!(matrix(Choice::Adam8bit), 2 * 512 * 64 + 2 * 4 * 512 * 64 / 256);
        assert_eq!(bytes(Choice::Adam8bit, "embedding.tokens", &[512, 64]), 8 * 512 * 64);
        assert_eq!(bytes(Choice::Adam8bit, "head.bias", &[64]), 8 * 64);
        assert_eq!(bytes(Choice::Muon, "embedding.tokens", &[512, 64]), 8 * 512 * 64);
        assert_eq!(bytes(Choice::Adafactor, "head.bias", &[64]), 4 * 64);
        let averaged = Options { ema: Some(0.9), ..Options::default() };
        assert_eq!(averaged.bytes_of(&parameter("x", &[10], None)), 120);
    }
}
