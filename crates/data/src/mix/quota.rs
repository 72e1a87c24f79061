//! Whose turn it is, counted out by the quota method (Balinski and Young, "The Quota Method of
//! Apportionment", 1975).
//!
//! With share s, the j-th turn of a stream (from 0) may come as soon as n turns are over with
//! (n + 1) s > j, and must come by turn ⌈(j + 1) / s⌉; of those that may, the one that must soonest
//! is next. After n turns each stream has had ⌊n s⌋ or ⌈n s⌉ of them. All in whole numbers.

/// Turns by weights.
#[derive(Clone, Debug)]
pub(super) struct Quota {
    /// 0 for a stream that is left out.
    weights: Vec<u32>,
    given: Vec<u64>,
}

impl Quota {
    pub(super) fn new(weights: Vec<u32>) -> Self {
        Self { given: vec![0; weights.len()], weights }
    }

    /// Whose turn is next; nobody's if all are left out.
    pub(super) fn next(&self) -> Option<usize> {
        let total: u128 = self.weights.iter().map(|&weight| u128::from(weight)).sum();
        let n: u128 = self.given.iter().map(|&given| u128::from(given)).sum();
        let turns = self.weights.iter().zip(&self.given).enumerate();
        let may = turns.filter_map(|(stream, (&weight, &given))| {
            let (weight, given) = (u128::from(weight), u128::from(given));
            let may = given * total < weight * (n + 1);
            may.then(|| (((given + 1) * total).div_ceil(weight), stream))
        });
        may.min().map(|(_, stream)| stream)
    }

    /// A stream had its turn.
    pub(super) fn count(&mut self, stream: usize) {
        self.given[stream] += 1;
    }

    /// No more turns for a stream; counting begins anew among the others.
    pub(super) fn leave_out(&mut self, stream: usize) {
        self.weights[stream] = 0;
        self.given.fill(0);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn turns(quota: &mut Quota, n: usize) -> Vec<usize> {
        let turn = |_| {
            let stream = quota.next().unwrap();
            quota.count(stream);
            stream
        };
        (0..n).map(turn).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn counts_are_never_one_off_the_ideal(
            weights in prop::collection::vec(1_u32..200, 1..12), n in 0_usize..700,
        ) {
            let total: u64 = weights.iter().map(|&weight| u64::from(weight)).sum();
            let mut quota = Quota::new(weights.clone());
            for turn in 1..=n as u64 {
                turns(&mut quota, 1);
                for (&weight, &given) in weights.iter().zip(&quota.given) {
                    let ideal = u64::from(weight) * turn;
                    let bounds = ideal / total..=ideal.div_ceil(total);
                    prop_assert!(bounds.contains(&given), "{given} of {turn} turns");
                }
            }
        }
    }

    #[test]
    fn turns_are_spread_out() {
        assert_eq!(turns(&mut Quota::new(vec![2, 1]), 6), [0, 0, 1, 0, 0, 1]);
        assert_eq!(turns(&mut Quota::new(vec![1, 1, 1]), 6), [0, 1, 2, 0, 1, 2]);
        assert_eq!(turns(&mut Quota::new(vec![5]), 3), [0, 0, 0]);
        let seldom = turns(&mut Quota::new(vec![u32::MAX, 1]), 1000);
        assert!(seldom.iter().filter(|&&stream| stream == 1).count() <= 1);
    }

    #[test]
    fn whoever_is_left_out_has_no_more_turns() {
        let mut quota = Quota::new(vec![8, 3, 1]);
        for before in 0..12 {
            turns(&mut quota, before);
            let mut without = quota.clone();
            without.leave_out(0);
            let anew: Vec<usize> = turns(&mut Quota::new(vec![3, 1]), 8);
            let anew: Vec<usize> = anew.into_iter().map(|stream| stream + 1).collect();
            assert_eq!(turns(&mut without, 8), anew, "counted anew");
        }
        quota.leave_out(0);
        quota.leave_out(1);
        quota.leave_out(2);
        assert_eq!(quota.next(), None);
    }
}
