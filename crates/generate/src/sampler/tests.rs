//! The sampler against exact probabilities, its filters, its seeds, and settings it must refuse.

use super::*;

/// The logs of 1/2, 1/4, 1/8, 1/16, 1/16, in another order.
fn halves() -> Vec<f32> {
    [16.0, 2.0, 8.0, 16.0, 4.0].iter().map(|d: &f32| -d.ln()).collect()
}

fn ids(sampling: &Sampling) -> Vec<u32> {
    let sampler = Sampler::new(sampling).unwrap();
    let mut ids: Vec<u32> =
        sampler.candidates(&halves(), None).unwrap().iter().map(|c| c.id).collect();
    ids.sort_unstable();
    ids
}

#[test]
fn draws_follow_the_exact_probabilities() {
    for (temperature, power) in [(1.0, 1.0), (0.5, 2.0), (2.0, 0.5)] {
        let mut sampler =
            Sampler::new(&Sampling { temperature, seed: 3, ..Sampling::default() }).unwrap();
        let exact: Vec<f64> = halves().iter().map(|&l| (f64::from(l) * power).exp()).collect();
        let total: f64 = exact.iter().sum();
        let n = 100_000;
        let mut counts = [0_u32; 5];
        (0..n).for_each(|_| counts[sampler.pick(&halves(), None).unwrap() as usize] += 1);
        let chi_squared: f64 = exact
            .iter()
            .zip(counts)
            .map(|(p, seen)| {
                let expected = p / total * f64::from(n);
                (f64::from(seen) - expected).powi(2) / expected
            })
            .sum();
        // Four degrees of freedom: 18.5 is exceeded once in a thousand seeds.
        assert!(chi_squared < 18.5, "temperature {temperature}: {chi_squared} from {counts:?}");
    }
}

#[test]
fn greedy_takes_the_lowest_of_equals() {
    let mut sampler = Sampler::new(&Sampling::greedy()).unwrap();
    assert_eq!(sampler.pick(&[0.0, 3.0, 3.0, 1.0], None).unwrap(), 1);
    assert_eq!(sampler.pick(&[0.0, 3.0, 3.0, 1.0], Some(&[true, false, true, true])).unwrap(), 2);
}

#[test]
fn filters_keep_what_they_say() {
    let base = Sampling::default();
    let check = |sampling: Sampling, expected: &[u32]| assert_eq!(ids(&sampling), expected);
    check(base.clone(), &[0, 1, 2, 3, 4]);
    check(Sampling { top_k: Some(1), ..base.clone() }, &[1]);
    check(Sampling { top_k: Some(4), ..base.clone() }, &[0, 1, 2, 4]);
    check(Sampling { top_k: Some(99), ..base.clone() }, &[0, 1, 2, 3, 4]);
    check(Sampling { top_p: Some(0.4), ..base.clone() }, &[1]);
    check(Sampling { top_p: Some(0.7), ..base.clone() }, &[1, 4]);
    check(Sampling { top_p: Some(0.8), ..base.clone() }, &[1, 2, 4]);
    check(Sampling { top_p: Some(1.0), ..base.clone() }, &[0, 1, 2, 3, 4]);
    check(Sampling { min_p: Some(0.2), ..base.clone() }, &[1, 2, 4]);
    check(Sampling { min_p: Some(1.0), ..base.clone() }, &[1]);
    check(Sampling { top_k: Some(3), top_p: Some(0.6), ..base }, &[1, 4]);
}

#[test]
fn a_seed_fixes_the_choices_for_ever() {
    let draw = |seed| -> Vec<u32> {
        let mut sampler = Sampler::new(&Sampling { seed, ..Sampling::default() }).unwrap();
        (0..12).map(|_| sampler.pick(&[0.5, 2.0, 1.0, 0.0, 1.5], None).unwrap()).collect()
    };
    assert_eq!(draw(1), draw(1));
    assert_ne!(draw(1), draw(2));
    // A published text must not change with a new version: this list is part of the interface.
    assert_eq!(draw(42), FROZEN);
}

const FROZEN: [u32; 12] = [1, 3, 4, 1, 1, 1, 0, 0, 2, 3, 1, 4];

#[test]
fn a_mask_forbids_and_too_much_of_it_is_an_error() {
    let mut sampler = Sampler::new(&Sampling::default()).unwrap();
    let only_three = [false, false, false, true, false];
    assert_eq!(sampler.pick(&halves(), Some(&only_three)).unwrap(), 3);
    let error = sampler.pick(&halves(), Some(&[false; 5])).unwrap_err();
    assert!(matches!(error, Error::NothingAllowed { vocab_size: 5 }), "{error}");
    let error = sampler.pick(&[f32::NEG_INFINITY; 2], None).unwrap_err();
    assert!(matches!(error, Error::NothingAllowed { .. }), "{error}");
}

#[test]
fn damaged_logits_are_named() {
    for value in [f32::NAN, f32::INFINITY] {
        for sampling in [Sampling::greedy(), Sampling::default()] {
            let mut sampler = Sampler::new(&sampling).unwrap();
            let error = sampler.pick(&[0.0, value], None).unwrap_err();
            assert!(matches!(error, Error::NotANumber { id: 1, .. }), "{error}");
        }
    }
}

#[test]
fn impossible_settings_are_refused_by_name() {
    let base = Sampling::default();
    let check = |sampling: Sampling, name: &str| {
        let error = sampling.check().unwrap_err().to_string();
        assert!(error.starts_with(name), "{error}");
    };
    check(Sampling { temperature: -1.0, ..base.clone() }, "temperature");
    check(Sampling { temperature: f32::NAN, ..base.clone() }, "temperature");
    check(Sampling { temperature: f32::INFINITY, ..base.clone() }, "temperature");
    check(Sampling { top_k: Some(0), ..base.clone() }, "top_k");
    check(Sampling { top_p: Some(0.0), ..base.clone() }, "top_p");
    check(Sampling { top_p: Some(1.1), ..base.clone() }, "top_p");
    check(Sampling { min_p: Some(f32::NAN), ..base.clone() }, "min_p");
}
