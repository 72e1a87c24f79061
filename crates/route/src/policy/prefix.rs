//! Where the beginning of a conversation was read before: consistent hashing with bounded loads
//! (Mirrokni, Thorup & Zadimoghaddam, "Consistent Hashing with Bounded Loads", 2018). A key's home
//! is the first member behind it on the ring; if that has its bound of the load, the next one has
//! the request.
//!
//! With m requests in flight, this one among them, a member of weight w among W has the bound
//! max(`always`, ⌈c·m·w/W⌉). The paper's bound is the second part; the first is for quiet times:
//! an engine that batches answers a few requests at once nearly as fast as one, and a cache that
//! has the conversation is worth more than an idle neighbour.

use stdx::Rng;

use super::ring::Ring;
use super::{Candidate, Entry, Members, Policy, is_less_loaded};

pub(super) const ENTRY: Entry = Entry {
    name: "prefix",
    about: "the replica whose cache has the conversation, unless it is overloaded",
    make: |members: &Members| Box::new(Prefix::new(members)),
};

pub(super) struct Prefix {
    ring: Ring,
    /// c, in hundredths, so that bounds are integers' business.
    factor: u64,
    always: u64,
}

impl Prefix {
    fn new(members: &Members) -> Self {
        let ring = Ring::new(members.weights.iter().map(|(name, weight)| (name.as_str(), *weight)));
        let factor = (members.prefix.load_factor * 100.0).round() as u64;
        Self { ring, factor, always: u64::from(members.prefix.always) }
    }
}

impl Policy for Prefix {
    fn choose(&mut self, candidates: &[Candidate], key: u64, _rng: &mut Rng) -> Option<usize> {
        let load = 1 + candidates.iter().map(|c| u64::from(c.in_flight)).sum::<u64>();
        let weights: u64 = candidates.iter().map(|c| u64::from(c.weight)).sum();
        let bound = |c: &Candidate| {
            let share = self.factor * load * u64::from(c.weight);
            share.div_ceil(100 * weights).max(self.always)
        };
        let candidate = |index: usize| {
            candidates.binary_search_by_key(&index, |c| c.index).ok().map(|at| &candidates[at])
        };
        let mut behind = self.ring.walk(key).filter_map(candidate);
        let has_room = |c: &&Candidate| u64::from(c.in_flight) < bound(c);
        // A factor of at least 1 leaves room somewhere; the least loaded is for any other.
        let least = || candidates.iter().min_by(|a, b| is_less_loaded(a, b));
        behind.find(has_room).or_else(least).map(|c| c.index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;

    fn policy(n: usize, load_factor: f64, always: u32) -> Prefix {
        let weights = (0..n).map(|i| (format!("http://replica-{i}:8000"), 1)).collect();
        Prefix::new(&Members { weights, prefix: config::Prefix { load_factor, always, bytes: 0 } })
    }

    fn standing(in_flight: &[u32]) -> Vec<Candidate> {
        let candidate =
            |(index, &n): (usize, &u32)| Candidate { index, in_flight: n, weight: 1, given: 0 };
        in_flight.iter().enumerate().map(candidate).collect()
    }

    #[test]
    fn a_conversation_stays_until_its_home_is_full() {
        let (mut policy, mut rng) = (policy(4, 1.25, 3), Rng::new(0));
        let mut loads = [0_u32; 4];
        let mut choose = |loads: &[u32]| policy.choose(&standing(loads), 42, &mut rng).unwrap();
        let home = choose(&loads);
        for n in 0..3 {
            loads[home] = n;
            assert_eq!(choose(&loads), home, "{n} in flight");
        }
        loads[home] = 3;
        let second = choose(&loads);
        assert_ne!(second, home);
        loads = [9; 4];
        loads[home] = 12; // 40 with this one, 10 for each, times 1.25.
        assert_eq!(choose(&loads), home);
        loads[home] = 13;
        assert_eq!(choose(&loads), second, "the next on the ring, always the same");
    }

    #[test]
    fn no_replica_has_more_than_its_bound_even_of_one_key() {
        let (mut policy, mut rng) = (policy(8, 1.25, 1), Rng::new(0));
        let mut loads = [0_u32; 8];
        for _ in 0..800 {
            loads[policy.choose(&standing(&loads), 42, &mut rng).unwrap()] += 1;
        }
        assert_eq!(loads.iter().sum::<u32>(), 800);
        assert!(loads.iter().all(|n| *n <= 125), "{loads:?}");
    }

    #[test]
    fn without_its_home_a_key_has_one_other() {
        let (mut policy, mut rng) = (policy(5, 1.25, 4), Rng::new(0));
        let idle = standing(&[0; 5]);
        for key in 0..200 {
            let home = policy.choose(&idle, key, &mut rng).unwrap();
            let rest: Vec<Candidate> = idle.iter().copied().filter(|c| c.index != home).collect();
            let other = policy.choose(&rest, key, &mut rng).unwrap();
            assert_ne!(other, home);
            assert_eq!(policy.choose(&rest, key, &mut rng), Some(other));
            assert_eq!(policy.choose(&idle, key, &mut rng), Some(home));
        }
    }
}
