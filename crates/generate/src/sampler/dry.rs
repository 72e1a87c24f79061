//! DRY, "don't repeat yourself" (p-e-w, "DRY: a modern repetition penalty", 2024, as `llama.cpp` has
//! it): where the newest `n` ids stand elsewhere in the text, what followed them there is penalized by
//! `multiplier · base^(n − allowed_length)`, if `n` is at least `allowed_length`. So single words may
//! come again, while a loop grows expensive by the token. Sequence breakers are single ids here; no
//! match goes across one, and none is penalized.
//!
//! Lengths of all matches are the Z-function of the text from its end, in time linear in the window.

use std::collections::HashMap;

use super::adjust::Adjust;
use super::history::History;
use super::settings::{check_count, within};
use super::{Dry, Sampling};
use crate::Error;

pub(super) struct DontRepeat;

impl Adjust for DontRepeat {
    fn check(&self, sampling: &Sampling) -> Result<(), Error> {
        let Some(dry) = &sampling.dry else { return Ok(()) };
        within("dry multiplier", dry.multiplier, 0.0, 100.0, "from 0 to 100")?;
        within("dry base", dry.base, 1.0, 100.0, "from 1 to 100")?;
        check_count("dry last_n", dry.last_n)?;
        match dry.allowed_length {
            0 => {
                let (setting, expected) = ("dry allowed_length", "at least 1");
                Err(Error::Setting { setting, expected, got: "0".to_string() })
            }
            _ => Ok(()),
        }
    }

    fn is_on(&self, sampling: &Sampling) -> bool {
        sampling.dry.as_ref().is_some_and(|dry| dry.multiplier > 0.0)
    }

    fn looks_back(&self) -> bool {
        true
    }

    fn adjust(
        &self,
        sampling: &Sampling,
        history: &History,
        logits: &mut [f32],
    ) -> Result<(), Error> {
        let Some(dry) = &sampling.dry else { return Ok(()) };
        for (id, length) in repeated(dry, history.newest(dry.last_n)) {
            if let Some(logit) = logits.get_mut(id as usize) {
                *logit -= penalty(dry, length);
            }
        }
        Ok(())
    }
}

/// The ids that would go on with a sequence, and the length of the longest such sequence.
fn repeated(dry: &Dry, ids: &[u32]) -> HashMap<u32, usize> {
    let back = |i: usize| ids[ids.len() - 1 - i];
    let is_breaker = |id: u32| dry.breakers.contains(&id);
    let longest = (0..ids.len()).position(|i| is_breaker(back(i))).unwrap_or(ids.len());
    let mut repeated = HashMap::new();
    if longest < dry.allowed_length {
        return repeated;
    }
    for (i, &length) in z_function(ids.len(), back).iter().enumerate().skip(1) {
        let (follows, length) = (back(i - 1), length.min(longest));
        if length >= dry.allowed_length && !is_breaker(follows) {
            let known = repeated.entry(follows).or_insert(length);
            *known = length.max(*known);
        }
    }
    repeated
}

/// For each `i` how many of `n` items from `i` on are the same as those from 0 on (Gusfield,
/// "Algorithms on Strings, Trees, and Sequences", 1997).
fn z_function(n: usize, item: impl Fn(usize) -> u32) -> Vec<usize> {
    let mut z = vec![n; n];
    // The stretch found so far that reaches furthest is from..to.
    let (mut from, mut to) = (0, 0);
    for i in 1..n {
        let mut same = if i < to { z[i - from].min(to - i) } else { 0 };
        while i + same < n && item(same) == item(i + same) {
            same += 1;
        }
        z[i] = same;
        if i + same > to {
            (from, to) = (i, i + same);
        }
    }
    z
}

fn penalty(dry: &Dry, length: usize) -> f32 {
    let (base, most) = (f64::from(dry.base), f64::from(f32::MAX));
    let mut penalty = f64::from(dry.multiplier);
    for _ in dry.allowed_length..length {
        // By multiplication, whose bits are the same everywhere, and no further than it matters.
        penalty *= base;
        if penalty > most || base == 1.0 {
            break;
        }
    }
    penalty.min(most) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By looking at every place in the text.
    fn by_hand(dry: &Dry, ids: &[u32]) -> HashMap<u32, usize> {
        let mut repeated = HashMap::new();
        for end in 0..ids.len().saturating_sub(1) {
            let same = (0..=end).take_while(|&back| {
                let newest = ids[ids.len() - 1 - back];
                ids[end - back] == newest && !dry.breakers.contains(&newest)
            });
            let (length, follows) = (same.count(), ids[end + 1]);
            if length >= dry.allowed_length && !dry.breakers.contains(&follows) {
                let known = repeated.entry(follows).or_insert(length);
                *known = length.max(*known);
            }
        }
        repeated
    }

    #[test]
    fn the_lengths_are_those_of_a_search_of_the_whole_text() {
        let mut rng = stdx::Rng::new(4);
        let mut found = 0;
        for case in 0..2000 {
            let ids: Vec<u32> = (0..rng.below(40)).map(|_| rng.below(3) as u32).collect();
            let breakers = (2..2 + case as u32 % 2).collect();
            let allowed_length = 1 + case % 4;
            let dry = Dry { breakers, allowed_length, ..Dry::default() };
            let expected = by_hand(&dry, &ids);
            found += expected.len();
            assert_eq!(repeated(&dry, &ids), expected, "{ids:?} {dry:?}");
        }
        assert!(found > 1000, "{found}");
    }

    #[test]
    fn a_text_that_repeats_itself_for_long_costs_no_more_than_a_number_can_say() {
        let dry = Dry::default();
        assert_eq!(penalty(&dry, 2), 0.8);
        assert!((penalty(&dry, 4) - 0.8 * 1.75 * 1.75).abs() < 1e-6);
        assert_eq!(penalty(&dry, usize::MAX), f32::MAX);
        assert_eq!(penalty(&Dry { base: 1.0, ..dry }, usize::MAX), 0.8);
    }
}
