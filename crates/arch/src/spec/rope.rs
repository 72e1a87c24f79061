//! Rotary positions (Su et al., "RoFormer: Enhanced Transformer with Rotary Position Embedding", 2021)
//! and the ways to stretch them beyond the length that a model was trained on.
//!
//! Pair `i` of the `d` dimensions that turn has the frequency `ω_i = θ^(−2i/d)`; at position `p` it is
//! turned by `p·ω_i`. A [`Scaling`] changes the frequencies, and for some the magnitude that cosines and
//! sines are multiplied by. All is computed in f64 and rounded to f32 once; the originals compute in
//! f32 throughout, a few units of the last place apart.

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

/// How heads are turned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rope {
    /// θ, the base of the frequencies.
    pub theta: f32,
    /// Dimensions of a head that turn, from the first on; `None`: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turned: Option<usize>,
    /// Whether pairs are neighbours `(2i, 2i+1)`, not halves `(i, i + d/2)`.
    #[serde(default, skip_serializing_if = "is_false")]
    pub interleaved: bool,
    /// How frequencies are stretched.
    #[serde(default, skip_serializing_if = "Scaling::is_none")]
    pub scaling: Scaling,
}

/// How frequencies are stretched.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scaling {
    /// Not at all.
    #[default]
    None,
    /// All divided by a factor: position interpolation (Chen et al., "Extending Context Window of
    /// Large Language Models via Positional Interpolation", 2023).
    Linear {
        /// What by.
        factor: f32,
    },
    /// The base raised by `factor^(d/(d−2))`, so that the fastest stay and the slowest are divided by
    /// the factor ("NTK-aware scaled RoPE", bloc97, 2023).
    Ntk {
        /// What the slowest frequency is divided by.
        factor: f32,
    },
    /// NTK-aware with a factor that grows with the sequence, from 1 at `original` positions on
    /// ("Dynamically scaled RoPE", emozilla, 2023).
    DynamicNtk {
        /// At `n` positions the base is raised by `(factor·n/original − factor + 1)^(d/(d−2))`.
        factor: f32,
        /// The positions trained on.
        original: usize,
    },
    /// Slow frequencies divided, fast ones kept, a ramp between (Peng et al., "YaRN: Efficient Context
    /// Window Extension of Large Language Models", 2023, equations 17 to 22).
    Yarn(Yarn),
    /// By wavelength, with a ramp of its own (Llama 3.1, 2024).
    Llama3 {
        /// What slow frequencies are divided by.
        factor: f32,
        /// Wavelengths above `original/low` are slow.
        low: f32,
        /// Wavelengths below `original/high` are kept.
        high: f32,
        /// The positions trained on.
        original: usize,
    },
    /// A divisor for each frequency, one list for sequences within the positions trained on and one for
    /// longer ones (Ding et al., "LongRoPE", 2024).
    Long(Long),
}

/// The numbers of YaRN.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Yarn {
    /// What slow frequencies are divided by.
    pub factor: f32,
    /// The positions trained on.
    pub original: usize,
    /// Frequencies with more rotations over `original` are kept.
    pub beta_fast: f32,
    /// Frequencies with fewer are divided.
    pub beta_slow: f32,
    /// Cosines and sines times this.
    pub magnitude: f32,
    /// Whether the ramp begins and ends at whole pairs.
    pub whole: bool,
}

/// The numbers of LongRoPE.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Long {
    /// For sequences of at most `original`, one a pair.
    pub short: Vec<f32>,
    /// For longer ones.
    pub long: Vec<f32>,
    /// The positions trained on.
    pub original: usize,
    /// Cosines and sines times this.
    pub magnitude: f32,
}

/// The frequencies of each pair, and what cosines and sines are multiplied by.
#[derive(Clone, Debug, PartialEq)]
pub struct Frequencies {
    /// Radians a position, one for each pair.
    pub each: Vec<f32>,
    /// 1, or YaRN's and LongRoPE's factor on attention.
    pub magnitude: f32,
}

impl Rope {
    /// Whole heads, in halves, unstretched.
    pub fn plain(theta: f32) -> Self {
        Self { theta, turned: None, interleaved: false, scaling: Scaling::None }
    }

    /// Dimensions of a head of `head_dim` that turn.
    pub fn n_turned(&self, head_dim: usize) -> usize {
        self.turned.unwrap_or(head_dim)
    }

    /// The frequencies for a sequence of `length` positions.
    pub fn frequencies(&self, head_dim: usize, length: usize) -> Frequencies {
        let d = self.n_turned(head_dim);
        let plain = |theta: f64| (0..d / 2).map(move |i| theta.powf(-(2.0 * i as f64) / d as f64));
        let theta = f64::from(self.theta);
        let raised = |by: f64| theta * by.powf(d as f64 / (d as f64 - 2.0).max(1.0));
        let each: Vec<f64> = match &self.scaling {
            Scaling::None => plain(theta).collect(),
            Scaling::Linear { factor } => plain(theta).map(|w| w / f64::from(*factor)).collect(),
            Scaling::Ntk { factor } => plain(raised(f64::from(*factor))).collect(),
            Scaling::DynamicNtk { factor, original } => {
                let stretch = length.max(*original) as f64 / *original as f64;
                plain(raised(f64::from(*factor) * (stretch - 1.0) + 1.0)).collect()
            }
            Scaling::Yarn(yarn) => {
                let kept = yarn.kept(d, theta);
                let mixed =
                    |(w, kept): (f64, f64)| w * kept + w / f64::from(yarn.factor) * (1.0 - kept);
                plain(theta).zip(kept).map(mixed).collect()
            }
            Scaling::Llama3 { factor, low, high, original } => {
                let [factor, low, high] = [factor, low, high].map(|&x| f64::from(x));
                plain(theta).map(|w| by_wavelength(w, factor, low, high, *original)).collect()
            }
            Scaling::Long(long) => {
                let factors = if length > long.original { &long.long } else { &long.short };
                plain(theta).zip(factors).map(|(w, &factor)| w / f64::from(factor)).collect()
            }
        };
        let magnitude = match &self.scaling {
            Scaling::Yarn(Yarn { magnitude, .. }) | Scaling::Long(Long { magnitude, .. }) => {
                *magnitude
            }
            _ => 1.0,
        };
        Frequencies { each: each.into_iter().map(|w| w as f32).collect(), magnitude }
    }

    /// From which length on the frequencies are others than those of short sequences; `None`: they are
    /// the same at every length. Beyond it they depend on the length only where scaling is dynamic.
    pub fn changes_after(&self) -> Option<usize> {
        match &self.scaling {
            Scaling::DynamicNtk { original, .. } => Some(*original),
            Scaling::Long(long) => Some(long.original),
            _ => None,
        }
    }

    /// What is wrong with the numbers for heads of `head_dim`.
    pub(super) fn flaw(&self, head_dim: usize) -> Option<String> {
        let d = self.n_turned(head_dim);
        if d == 0 || !d.is_multiple_of(2) || d > head_dim {
            return Some(format!(
                "RoPE turns {d} of a head's {head_dim} dimensions; it must be an even number up to head_dim"
            ));
        }
        if !(self.theta > 1.0 && self.theta.is_finite()) {
            return Some(format!("RoPE's theta {} is not above 1", self.theta));
        }
        self.scaling.flaw(d / 2)
    }
}

impl Scaling {
    /// Whether frequencies stay as they are.
    pub fn is_none(&self) -> bool {
        *self == Self::None
    }

    fn flaw(&self, pairs: usize) -> Option<String> {
        let positive = |name: &str, x: f32| {
            (!(x > 0.0 && x.is_finite()))
                .then(|| format!("RoPE scaling: {name} {x} is not above 0"))
        };
        let trained =
            |n: usize| (n == 0).then(|| "RoPE scaling: 0 positions trained on".to_string());
        match self {
            Self::None => None,
            Self::Linear { factor } | Self::Ntk { factor } => positive("factor", *factor),
            Self::DynamicNtk { factor, original } => {
                positive("factor", *factor).or_else(|| trained(*original))
            }
            Self::Yarn(yarn) => positive("factor", yarn.factor)
                .or_else(|| positive("beta_fast", yarn.beta_fast))
                .or_else(|| positive("beta_slow", yarn.beta_slow))
                .or_else(|| positive("attention_factor", yarn.magnitude))
                .or_else(|| trained(yarn.original)),
            Self::Llama3 { factor, low, high, original } => positive("factor", *factor)
                .or_else(|| positive("low_freq_factor", *low))
                .or_else(|| positive("high_freq_factor", *high - *low))
                .or_else(|| trained(*original)),
            Self::Long(long) => {
                let lists = [("short_factor", &long.short), ("long_factor", &long.long)];
                let wrong = lists.into_iter().find_map(|(name, list)| {
                    if list.len() != pairs {
                        let n = list.len();
                        return Some(format!(
                            "RoPE scaling: {name} has {n} factors for {pairs} pairs"
                        ));
                    }
                    list.iter().find_map(|&x| positive(name, x))
                });
                wrong
                    .or_else(|| positive("attention_factor", long.magnitude))
                    .or_else(|| trained(long.original))
            }
        }
    }
}

impl Yarn {
    /// YaRN's own magnitude for a factor: `0.1·ln(factor) + 1`, times `strength` in the logarithm's
    /// place (DeepSeek's `mscale`).
    pub fn magnitude_of(factor: f64, strength: f64) -> f64 {
        if factor <= 1.0 { 1.0 } else { 0.1 * strength * factor.ln() + 1.0 }
    }

    /// How much of each frequency is kept: 1 for fast ones, 0 for slow ones.
    fn kept(&self, d: usize, theta: f64) -> impl Iterator<Item = f64> {
        // The pair that makes so many rotations over the positions trained on.
        let pair = |rotations: f32| {
            let wavelengths = self.original as f64 / (f64::from(rotations) * 2.0 * PI);
            d as f64 * wavelengths.ln() / (2.0 * theta.ln())
        };
        let (mut from, mut to) = (pair(self.beta_fast), pair(self.beta_slow));
        if self.whole {
            (from, to) = (from.floor(), to.ceil());
        }
        (from, to) = (from.max(0.0), to.min(d as f64 - 1.0));
        let width = if from == to { 0.001 } else { to - from };
        (0..d / 2).map(move |i| 1.0 - ((i as f64 - from) / width).clamp(0.0, 1.0))
    }
}

/// Llama 3.1's stretched frequency.
fn by_wavelength(w: f64, factor: f64, low: f64, high: f64, original: usize) -> f64 {
    let rotations = original as f64 * w / (2.0 * PI);
    if rotations < low {
        return w / factor;
    }
    if rotations > high {
        return w;
    }
    let kept = (rotations - low) / (high - low);
    (1.0 - kept) * w / factor + kept * w
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_false(flag: &bool) -> bool {
    !flag
}

#[cfg(test)]
mod tests {
    use super::*;

    fn each(scaling: Scaling, length: usize) -> Vec<f32> {
        let rope = Rope { scaling, ..Rope::plain(10_000.0) };
        assert_eq!(rope.flaw(8), None);
        rope.frequencies(8, length).each
    }

    fn near(got: &[f32], expected: &[f32]) {
        assert_eq!(got.len(), expected.len());
        for (g, e) in got.iter().zip(expected) {
            assert!((g - e).abs() <= 2e-6 * e.abs(), "{got:?} against {expected:?}");
        }
    }

    #[test]
    fn plain_frequencies_fall_by_powers_of_the_base() {
        near(&each(Scaling::None, 9), &[1.0, 0.1, 0.01, 0.001]);
        near(&each(Scaling::Linear { factor: 4.0 }, 9), &[0.25, 0.025, 0.0025, 0.00025]);
        let half = Rope { turned: Some(4), ..Rope::plain(10_000.0) };
        near(&half.frequencies(8, 9).each, &[1.0, 0.01]);
    }

    #[test]
    fn ntk_keeps_the_fastest_and_divides_the_slowest() {
        near(&each(Scaling::Ntk { factor: 8.0 }, 9), &[1.0, 0.05, 0.0025, 0.000_125]);
        let dynamic = Scaling::DynamicNtk { factor: 2.0, original: 100 };
        near(&each(dynamic.clone(), 100), &[1.0, 0.1, 0.01, 0.001]);
        // At 450 positions: 2·4.5 − 1 is 8.
        near(&each(dynamic, 450), &[1.0, 0.05, 0.0025, 0.000_125]);
    }

    #[test]
    fn llama_3_divides_long_waves_only() {
        let scaling = Scaling::Llama3 { factor: 8.0, low: 1.0, high: 4.0, original: 400 };
        // Rotations over 400 positions: 63.7, 6.37, 0.637, 0.0637.
        near(&each(scaling, 9), &[1.0, 0.1, 0.00125, 0.000_125]);
    }

    #[test]
    fn yarn_has_a_ramp_between_fast_and_slow() {
        let yarn = Yarn {
            factor: 4.0,
            original: 400,
            beta_fast: 32.0,
            beta_slow: 1.0,
            magnitude: 1.1,
            whole: true,
        };
        // 32 rotations at pair 0.3, one at 1.8: the ramp runs from 0 to 2.
        let rope = Rope { scaling: Scaling::Yarn(yarn), ..Rope::plain(10_000.0) };
        let got = rope.frequencies(8, 9);
        near(&got.each, &[1.0, 0.1 * 0.5 + 0.025 * 0.5, 0.0025, 0.00025]);
        assert_eq!(got.magnitude, 1.1);
        assert!((Yarn::magnitude_of(4.0, 1.0) - 1.138_629_4).abs() < 1e-6);
    }

    #[test]
    fn long_rope_changes_its_list_with_the_length() {
        let (short, long) = (vec![1.0, 1.0, 2.0, 4.0], vec![1.0, 2.0, 4.0, 8.0]);
        let scaling = Scaling::Long(Long { short, long, original: 10, magnitude: 1.2 });
        near(&each(scaling.clone(), 10), &[1.0, 0.1, 0.005, 0.00025]);
        near(&each(scaling, 11), &[1.0, 0.05, 0.0025, 0.000_125]);
    }

    #[test]
    fn impossible_numbers_are_named() {
        let check = |change: fn(&mut Rope), word: &str| {
            let mut rope = Rope::plain(10_000.0);
            change(&mut rope);
            let flaw = rope.flaw(8).unwrap();
            assert!(flaw.contains(word), "{flaw}");
        };
        check(|r| r.turned = Some(3), "even");
        check(|r| r.turned = Some(10), "head_dim");
        check(|r| r.theta = f32::NAN, "theta");
        check(|r| r.scaling = Scaling::Linear { factor: 0.0 }, "factor");
        let list = |n: usize| vec![1.0; n];
        let long = |short, long| Long { short, long, original: 1, magnitude: 1.0 };
        let mut rope = Rope::plain(10_000.0);
        rope.scaling = Scaling::Long(long(list(4), list(3)));
        assert!(rope.flaw(8).unwrap().contains("long_factor has 3 factors for 4 pairs"));
    }
}
