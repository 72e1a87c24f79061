//! The replica with the fewest requests in flight for its weight. Of those that have equally few,
//! two are drawn and the one that was given less so far is taken (Mitzenmacher, "The Power of Two
//! Choices in Randomized Load Balancing", 2001), so that idle replicas take turns.
//!
//! Loads are this router's own; what other routers send is not seen.

use stdx::Rng;

use super::{Candidate, Entry, Members, Policy, is_less_loaded};

pub(super) const ENTRY: Entry = Entry {
    name: "least-loaded",
    about: "the replica with the fewest requests in flight",
    make: |_: &Members| Box::new(LeastLoaded),
};

pub(super) struct LeastLoaded;

impl Policy for LeastLoaded {
    fn choose(&mut self, candidates: &[Candidate], _key: u64, rng: &mut Rng) -> Option<usize> {
        let least = candidates.iter().min_by(|a, b| is_less_loaded(a, b))?;
        let is_tied = |c: &&Candidate| is_less_loaded(c, least).is_eq();
        let tied: Vec<&Candidate> = candidates.iter().filter(is_tied).collect();
        let (a, b) = (tied[rng.index(tied.len())], tied[rng.index(tied.len())]);
        let share = |x: &Candidate, y: &Candidate| u128::from(x.given) * u128::from(y.weight);
        Some(if share(b, a) < share(a, b) { b.index } else { a.index })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(index: usize, in_flight: u32, weight: u32, given: u64) -> Candidate {
        Candidate { index, in_flight, weight, given }
    }

    #[test]
    fn load_counts_for_its_weight() {
        let mut rng = Rng::new(3);
        let mut choose = |candidates: &[Candidate]| LeastLoaded.choose(candidates, 0, &mut rng);
        assert_eq!(choose(&[candidate(0, 2, 1, 0), candidate(1, 1, 1, 9)]), Some(1));
        assert_eq!(choose(&[candidate(0, 3, 4, 0), candidate(1, 1, 1, 0)]), Some(0));
        assert_eq!(choose(&[candidate(0, 5, 4, 0), candidate(1, 1, 1, 0)]), Some(1));
    }

    #[test]
    fn idle_replicas_take_turns() {
        let mut rng = Rng::new(4);
        let mut given = [0; 5];
        for _ in 0..1000 {
            let now: Vec<Candidate> = (0..5).map(|i| candidate(i, 0, 1, given[i])).collect();
            given[LeastLoaded.choose(&now, 0, &mut rng).unwrap()] += 1;
        }
        assert!(given.iter().all(|n| (195..=205).contains(n)), "{given:?}");
    }
}
