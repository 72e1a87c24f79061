//! One after the other, each as often as its weight says, spread evenly: with weights 5, 1, 1 the
//! order is a a b a c a a, not a a a a a b c.
//!
//! Every candidate's credit grows by its weight; the one with most is taken and pays what all
//! gained. (What nginx calls smooth weighted round robin.)

use stdx::Rng;

use super::{Candidate, Entry, Members, Policy};

pub(super) const ENTRY: Entry = Entry {
    name: "round-robin",
    about: "one replica after the other",
    make: |members: &Members| Box::new(RoundRobin { credits: vec![0; members.weights.len()] }),
};

pub(super) struct RoundRobin {
    credits: Vec<i64>,
}

impl Policy for RoundRobin {
    fn choose(&mut self, candidates: &[Candidate], _key: u64, _rng: &mut Rng) -> Option<usize> {
        let mut paid = 0;
        for candidate in candidates {
            self.credits[candidate.index] += i64::from(candidate.weight);
            paid += i64::from(candidate.weight);
        }
        let richest = |c: &&Candidate| (self.credits[c.index], std::cmp::Reverse(c.index));
        let chosen = candidates.iter().max_by_key(richest)?.index;
        self.credits[chosen] -= paid;
        Some(chosen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(weights: &[u32], without: Option<usize>, n: usize) -> String {
        let mut policy = RoundRobin { credits: vec![0; weights.len()] };
        let candidate = |(index, &weight)| Candidate { index, in_flight: 0, weight, given: 0 };
        let all = weights.iter().enumerate().map(candidate);
        let candidates: Vec<Candidate> = all.filter(|c| Some(c.index) != without).collect();
        let mut rng = Rng::new(0);
        let mut next = || policy.choose(&candidates, 0, &mut rng).unwrap();
        (0..n).map(|_| char::from(b'a' + next() as u8)).collect()
    }

    #[test]
    fn turns_are_spread_by_weight() {
        assert_eq!(order(&[1, 1, 1], None, 7), "abcabca");
        assert_eq!(order(&[5, 1, 1], None, 14), "aabacaaaabacaa");
        assert_eq!(order(&[1, 1, 1], Some(1), 4), "acac");
    }
}
