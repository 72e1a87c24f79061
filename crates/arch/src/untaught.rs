//! Weights that nobody taught, for tests and measurements: what such a model says means nothing, but it takes as
//! long as what a taught one says.

use stdx::Rng;

use crate::{Error, Slot, SlotSource, Tensor};

/// Random weights of any spec; equal seeds make equal ones, slot by slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Untaught {
    /// Of all numbers.
    pub seed: u64,
}

impl SlotSource for Untaught {
    fn tensor(&self, slot: Slot, shape: &[usize]) -> Result<Tensor, Error> {
        let mut rng = Rng::stream(self.seed, &format!("{slot:?}"));
        // Matrices that let distributions differ, and gains and biases about 0.
        let scale = if let [_, width] = shape { 2.0 / (*width as f64).sqrt() } else { 0.3 };
        let size: usize = shape.iter().product();
        let numbers = (0..size).map(|_| (rng.normal() * scale) as f32).collect();
        Tensor::new(shape.to_vec(), numbers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Spec;

    #[test]
    fn every_slot_has_numbers_of_its_own_and_always_the_same() {
        let spec = Spec::llama(50, 16, 2, 2);
        let mut seen = Vec::new();
        for (slot, shape) in spec.slots() {
            let of = |seed| Untaught { seed }.tensor(slot, &shape).unwrap();
            assert_eq!(of(1), of(1));
            assert_ne!(of(1), of(2));
            assert!(!seen.contains(&of(1)), "{slot:?}");
            seen.push(of(1));
        }
    }
}
