//! Two checkpoints, tensor by tensor.

use std::collections::BTreeSet;

use arch::Tensor as Weights;
use arch::spec::{Difference, differences};

use crate::folder::Error;
use crate::{Opened, paths};

/// What was found of two models.
#[derive(Clone, Debug, PartialEq)]
pub struct Diff {
    /// Where their specs differ.
    pub spec: Vec<Difference>,
    /// Each tensor that one of them has, in the order of the first.
    pub tensors: Vec<(String, Found)>,
}

/// What was found of one tensor.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    /// The first model alone has it.
    First,
    /// The second model alone has it.
    Second,
    /// They have it in different shapes.
    Shapes(Vec<usize>, Vec<usize>),
    /// How its numbers differ.
    Values(Values),
}

/// How the numbers of two tensors differ.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Values {
    /// How many there are.
    pub n: usize,
    /// How many differ; two that are no numbers are equal.
    pub different: usize,
    /// The largest |a − b|; NaN where one of them alone is no number.
    pub largest: f64,
    /// ‖a − b‖ over ‖a‖; NaN where a is zero.
    pub relative: f64,
    /// The largest |b|.
    pub size: f64,
}

impl Values {
    fn of(first: &[f32], second: &[f32]) -> Self {
        let (mut different, mut largest, mut size) = (0, 0.0_f64, 0.0_f64);
        let (mut squares, mut norm) = (0.0, 0.0);
        for (&a, &b) in first.iter().zip(second) {
            size = size.max(f64::from(b.abs()));
            norm += f64::from(a) * f64::from(a);
            if a == b || (a.is_nan() && b.is_nan()) {
                continue;
            }
            let apart = (f64::from(a) - f64::from(b)).abs();
            different += 1;
            // `max` would lose what is no number.
            largest = if apart.is_nan() || apart > largest { apart } else { largest };
            squares += apart * apart;
        }
        let relative = if different == 0 { 0.0 } else { (squares / norm).sqrt() };
        Self { n: first.len(), different, largest, relative, size }
    }

    /// Whether no number differs by more than `tolerance`, times the largest if that is above 1.
    pub fn within(&self, tolerance: f64) -> bool {
        self.different == 0 || self.largest <= tolerance * self.size.max(1.0)
    }
}

impl Found {
    /// Whether both have it, with numbers within `tolerance`.
    pub fn within(&self, tolerance: f64) -> bool {
        matches!(self, Self::Values(values) if values.within(tolerance))
    }
}

impl Diff {
    /// Compares two models: by the names of their files where they are of one family, else by the places
    /// that their tensors have in ours. `step` hears of each tensor that is done, and says whether to
    /// go on.
    ///
    /// # Errors
    /// What the files say; [`Error::Stopped`] if `step` does.
    pub fn of(
        first: &Opened,
        second: &Opened,
        step: &mut dyn FnMut() -> bool,
    ) -> Result<Self, Error> {
        let spec = differences(first.spec(), second.spec());
        let same_names = first.spec().family == second.spec().family;
        let [a, b] = [first, second].map(|opened| Side::new(opened, same_names));
        let (a, b) = (a?, b?);
        let mut tensors = Vec::new();
        for (name, place) in &a.places {
            tensors.push((name.clone(), a.found(name, place, &b)?));
            if !step() {
                return Err(Error::Stopped);
            }
        }
        let known: BTreeSet<&String> = a.places.iter().map(|(name, _)| name).collect();
        let only = b.places.iter().filter(|(name, _)| !known.contains(name));
        tensors.extend(only.map(|(name, _)| (name.clone(), Found::Second)));
        Ok(Self { spec, tensors })
    }

    /// Whether they are the same model to a tolerance.
    pub fn within(&self, tolerance: f64) -> bool {
        self.spec.is_empty() && self.tensors.iter().all(|(_, found)| found.within(tolerance))
    }
}

/// A model's tensors by the name that the comparison knows them by.
struct Side<'a> {
    opened: &'a Opened,
    places: Vec<(String, Place)>,
}

/// Where a tensor is to be read.
#[derive(Clone, Debug)]
enum Place {
    Name(String),
    Slot(arch::Slot, Vec<usize>),
}

impl<'a> Side<'a> {
    fn new(opened: &'a Opened, by_name: bool) -> Result<Self, Error> {
        let places = if by_name {
            let names = opened.names()?.into_iter();
            names.map(|(name, there)| (name, Place::Name(there))).collect()
        } else {
            let slots = opened.spec().slots().into_iter();
            slots.map(|(slot, shape)| (paths::of_slot(slot), Place::Slot(slot, shape))).collect()
        };
        Ok(Self { opened, places })
    }

    fn found(&self, name: &str, place: &Place, other: &Self) -> Result<Found, Error> {
        let Some((_, there)) = other.places.iter().find(|(known, _)| known == name) else {
            return Ok(Found::First);
        };
        let (first, second) = (self.shape(place), other.shape(there));
        if first != second {
            return Ok(Found::Shapes(first, second));
        }
        let (first, second) = (self.read(place)?, other.read(there)?);
        Ok(Found::Values(Values::of(&first.values, &second.values)))
    }

    fn shape(&self, place: &Place) -> Vec<usize> {
        match place {
            Place::Name(name) => self.opened.shape(name).unwrap_or_default(),
            Place::Slot(_, shape) => shape.clone(),
        }
    }

    fn read(&self, place: &Place) -> Result<Weights, Error> {
        Ok(match place {
            Place::Name(name) => self.opened.tensor(name)?,
            Place::Slot(slot, shape) => self.opened.slot(*slot, shape)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_compared_one_by_one() {
        let same = Values::of(&[1.0, f32::NAN, 0.0], &[1.0, f32::NAN, -0.0]);
        assert!(same.within(0.0) && same.different == 0);
        let values = Values::of(&[3.0, 4.0], &[3.0, 4.5]);
        assert_eq!((values.different, values.largest, values.relative), (1, 0.5, 0.1));
        assert!(!values.within(0.1) && values.within(0.12));
        let lost = Values::of(&[1.0, 1.0], &[f32::NAN, 3.0]);
        assert!(lost.largest.is_nan() && !lost.within(1e9));
    }
}
