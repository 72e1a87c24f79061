//! The people of a tale, and the village that it plays in.

use stdx::Rng;

use super::names::{FAMILIES, MEN, VILLAGE_HEADS, VILLAGE_TAILS, WOMEN};
use crate::split::Split;

/// Somebody: a first and a family name, which together belong to one split.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Name {
    /// Index into the women's names, then the men's.
    first: usize,
    /// Index into [`FAMILIES`].
    family: usize,
}

impl Name {
    /// "Ada".
    pub fn first(self) -> &'static str {
        WOMEN.get(self.first).or_else(|| MEN.get(self.first - WOMEN.len())).copied().unwrap_or("")
    }

    /// "Finch".
    pub fn family(self) -> &'static str {
        FAMILIES[self.family]
    }

    /// "Ada Finch".
    pub fn full(self) -> String {
        format!("{} {}", self.first(), self.family())
    }

    /// "she" or "he".
    pub fn pronoun(self) -> &'static str {
        if self.first < WOMEN.len() { "she" } else { "he" }
    }

    /// Whose people this person is one of.
    pub fn split(self) -> Split {
        Split::of(self.first, self.family)
    }

    /// Anybody of this split.
    pub fn draw(split: Split, rng: &mut Rng) -> Self {
        let n = WOMEN.len() + MEN.len();
        let any = |rng: &mut Rng| Self { first: rng.index(n), family: rng.index(FAMILIES.len()) };
        let mut name = any(rng);
        while name.split() != split {
            name = any(rng);
        }
        name
    }
}

/// Who takes part, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cast {
    /// "Alderbrook".
    pub village: String,
    /// People with different first names.
    pub people: Vec<Name>,
}

impl Cast {
    /// `n` people of this split in a village of it.
    pub fn draw(split: Split, n: usize, rng: &mut Rng) -> Self {
        let mut people: Vec<Name> = Vec::with_capacity(n);
        while people.len() < n {
            let name = Name::draw(split, rng);
            if people.iter().all(|p| p.first != name.first) {
                people.push(name);
            }
        }
        Self { village: village(split, rng), people }
    }
}

/// The name of a village of this split.
pub fn village(split: Split, rng: &mut Rng) -> String {
    loop {
        let (head, tail) = (rng.index(VILLAGE_HEADS.len()), rng.index(VILLAGE_TAILS.len()));
        // Far from the names of people, so that the two hashes have nothing to do with each other.
        if Split::of(1000 + head, tail) == split {
            return format!("{}{}", VILLAGE_HEADS[head], VILLAGE_TAILS[tail]);
        }
    }
}
