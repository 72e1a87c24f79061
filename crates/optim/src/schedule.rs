//! Learning rates over a run: a linear warmup, then constant, cosine (Loshchilov & Hutter, "SGDR",
//! 2017), a straight line down, warmup–stable–decay (Hu et al., "MiniCPM", 2024) or the inverse of a
//! root (Vaswani et al., "Attention Is All You Need", 2017), which needs no end.

use serde::{Deserialize, Serialize};

/// What follows the warmup.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// The peak to the end.
    Constant,
    /// Half a cosine from the peak to the floor.
    Cosine,
    /// A straight line from the peak to the floor.
    Linear,
    /// The peak times `sqrt(warmup / step)`, but no less than the floor.
    InverseSqrt,
    /// The peak, then a straight line to the floor over this share of all steps.
    Wsd {
        /// From 0 to 1.
        decay_share: f64,
    },
}

/// The learning rate of every step.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// The largest.
    pub peak: f64,
    /// The least after the warmup, and the last but of shapes that do not end there.
    pub floor: f64,
    /// Steps until the peak.
    pub warmup: u64,
    /// All steps.
    pub steps: u64,
    /// What follows the warmup.
    pub shape: Shape,
}

impl Schedule {
    /// The learning rate of step `step`, counted from 0. Beyond the end it stays at the floor.
    pub fn at(&self, step: u64) -> f64 {
        if step < self.warmup {
            return self.peak * (step + 1) as f64 / self.warmup as f64;
        }
        let (done, all) =
            ((step - self.warmup) as f64, self.steps.saturating_sub(self.warmup) as f64);
        let share = if all > 0.0 { (done / all).min(1.0) } else { 1.0 };
        let height = match self.shape {
            Shape::Constant => 1.0,
            Shape::Cosine => 0.5 * (1.0 + (std::f64::consts::PI * share).cos()),
            Shape::Linear => 1.0 - share,
            Shape::InverseSqrt => {
                let share = self.warmup.max(1) as f64 / (step.min(self.steps) + 1) as f64;
                return (self.peak * share.sqrt()).max(self.floor);
            }
            Shape::Wsd { decay_share } => {
                let left = self.steps.saturating_sub(step) as f64;
                (left / (decay_share * self.steps as f64).max(1.0)).min(1.0)
            }
        };
        self.floor + (self.peak - self.floor) * height
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates(shape: Shape) -> Vec<f64> {
        let schedule = Schedule { peak: 1.0, floor: 0.1, warmup: 4, steps: 20, shape };
        (0..=21).map(|step| schedule.at(step)).collect()
    }

    #[test]
    fn each_shape_warms_up_and_ends_where_it_should() {
        let wsd = Shape::Wsd { decay_share: 0.25 };
        for (shape, last) in [
            (Shape::Constant, 1.0),
            (Shape::Cosine, 0.1),
            (Shape::Linear, 0.1),
            (Shape::InverseSqrt, (4.0_f64 / 21.0).sqrt()),
            (wsd, 0.1),
        ] {
            let rates = rates(shape);
            assert_eq!(rates[..4], [0.25, 0.5, 0.75, 1.0]);
            assert!(rates[4..].windows(2).all(|w| w[1] <= w[0]), "{shape:?}: {rates:?}");
            assert!((rates[20] - last).abs() < 1e-12 && rates[21] == rates[20], "{rates:?}");
        }
    }

    #[test]
    fn an_inverse_root_falls_by_half_in_four_times_the_steps_down_to_the_floor() {
        let schedule =
            Schedule { peak: 1.0, floor: 0.2, warmup: 10, steps: 1000, shape: Shape::InverseSqrt };
        for (step, expected) in [(9, 1.0), (39, 0.5), (89, 1.0 / 3.0), (500, 0.2), (2000, 0.2)] {
            assert!((schedule.at(step) - expected).abs() < 1e-12, "{step}");
        }
        let cold = Schedule { warmup: 0, ..schedule };
        assert_eq!((cold.at(0), cold.at(3)), (1.0, 0.5));
    }

    #[test]
    fn a_line_is_straight() {
        let rates = rates(Shape::Linear);
        assert!((rates[12] - 0.55).abs() < 1e-12 && (rates[8] - 0.775).abs() < 1e-12);
    }

    #[test]
    fn a_cosine_is_half_way_at_the_middle_and_wsd_is_flat_before_its_decay() {
        assert!((rates(Shape::Cosine)[12] - 0.55).abs() < 1e-12);
        let wsd = rates(Shape::Wsd { decay_share: 0.25 });
        assert_eq!(wsd[15], 1.0);
        assert!((wsd[16] - (0.1 + 0.9 * 0.8)).abs() < 1e-12, "{wsd:?}");
    }
}
