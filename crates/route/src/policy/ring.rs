//! Consistent hashing (Karger et al., "Consistent Hashing and Random Trees", 1997): every member
//! stands at many points of a circle, a key belongs to the first member behind it. A member that
//! comes or goes takes or leaves its own keys only.

use crate::key::mixed;

/// Points of a member for each unit of its weight: shares are even to about a tenth.
const POINTS: u32 = 160;

/// The circle.
#[derive(Clone, Debug)]
pub struct Ring {
    /// Place and member, in the order of places.
    points: Vec<(u64, usize)>,
}

impl Ring {
    /// The circle of members by name and weight. Names alone decide about places, not their order.
    pub fn new<'a>(members: impl Iterator<Item = (&'a str, u32)>) -> Self {
        let mut points: Vec<(u64, usize)> = members
            .enumerate()
            .flat_map(|(index, (name, weight))| {
                let seed = crate::key::hash(name.as_bytes());
                (0..weight * POINTS).map(move |n| (mixed(seed ^ mixed(u64::from(n))), index))
            })
            .collect();
        points.sort_unstable();
        Self { points }
    }

    /// The members behind `key`, nearest first, once around; each may come several times.
    pub fn walk(&self, key: u64) -> impl Iterator<Item = usize> + '_ {
        let start = self.points.partition_point(|&(place, _)| place < mixed(key));
        let (before, behind) = self.points.split_at(start);
        behind.iter().chain(before).map(|&(_, index)| index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 5] = ["http://a", "http://b", "http://c", "http://d", "http://e"];

    fn homes(members: &[(&'static str, u32)]) -> Vec<&'static str> {
        let ring = Ring::new(members.iter().copied());
        (0..10_000).map(|key| members[ring.walk(key).next().unwrap()].0).collect()
    }

    #[test]
    fn shares_are_even_and_follow_weights() {
        let members: Vec<(&str, u32)> = NAMES.iter().map(|name| (*name, 1)).collect();
        let homes = homes(&members);
        for name in NAMES {
            let share = homes.iter().filter(|home| **home == name).count();
            assert!((1600..2400).contains(&share), "{name}: {share} of 10000");
        }
        let heavy = self::homes(&[("http://a", 3), ("http://b", 1)]);
        let share = heavy.iter().filter(|home| **home == "http://a").count();
        assert!((7000..8000).contains(&share), "{share} of 10000");
    }

    #[test]
    fn who_goes_leaves_only_its_own_keys_and_order_does_not_matter() {
        let all: Vec<(&str, u32)> = NAMES.iter().map(|name| (*name, 1)).collect();
        let mut fewer: Vec<(&str, u32)> = all.iter().copied().filter(|m| m.0 != NAMES[2]).collect();
        fewer.reverse();
        let moved = homes(&all).into_iter().zip(homes(&fewer));
        let moved: Vec<_> = moved.filter(|(before, after)| before != after).collect();
        assert!(!moved.is_empty() && moved.iter().all(|(before, _)| *before == NAMES[2]));
    }

    #[test]
    fn a_walk_meets_every_member() {
        let ring = Ring::new(NAMES.iter().map(|name| (*name, 1)));
        let mut met: Vec<usize> = ring.walk(7).collect();
        met.sort_unstable();
        met.dedup();
        assert_eq!(met, [0, 1, 2, 3, 4]);
        assert_eq!(Ring::new(std::iter::empty()).walk(7).next(), None);
    }
}
