//! Which blocks of a model something is true of: none, all, or these. Families say it in many ways
//! (a period, a list of names, a list of flags); this is the one form that all of them become.

use serde::{Deserialize, Serialize};

/// A set of blocks, counted from 0.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layers {
    /// No block.
    #[default]
    None,
    /// Every block.
    All,
    /// These, in ascending order; never all and never none.
    These(Vec<usize>),
}

impl Layers {
    /// Of `n_layers` blocks those that `holds` says.
    pub fn of(n_layers: usize, holds: impl Fn(usize) -> bool) -> Self {
        let these: Vec<usize> = (0..n_layers).filter(|&i| holds(i)).collect();
        match these.len() {
            0 => Self::None,
            n if n == n_layers => Self::All,
            _ => Self::These(these),
        }
    }

    /// Whether `block` is one of them.
    pub fn has(&self, block: usize) -> bool {
        match self {
            Self::None => false,
            Self::All => true,
            Self::These(these) => these.binary_search(&block).is_ok(),
        }
    }

    /// Whether there is none.
    pub fn is_none(&self) -> bool {
        *self == Self::None
    }

    /// How many of `n_layers` blocks they are.
    pub fn count(&self, n_layers: usize) -> usize {
        (0..n_layers).filter(|&i| self.has(i)).count()
    }

    /// Whether the list is in order and names blocks of `n_layers` only.
    pub fn fits(&self, n_layers: usize) -> bool {
        let Self::These(these) = self else { return true };
        these.windows(2).all(|w| w[0] < w[1]) && these.last().is_none_or(|&last| last < n_layers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_has_one_form() {
        assert_eq!(Layers::of(4, |_| false), Layers::None);
        assert_eq!(Layers::of(4, |_| true), Layers::All);
        let odd = Layers::of(5, |i| i % 2 == 1);
        assert_eq!(odd, Layers::These(vec![1, 3]));
        assert!(odd.has(3) && !odd.has(4) && !odd.has(9));
        assert_eq!((odd.count(5), Layers::All.count(5)), (2, 5));
        assert!(odd.fits(4) && !odd.fits(3));
        assert!(!Layers::These(vec![2, 1]).fits(9));
    }
}
