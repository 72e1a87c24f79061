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
    check(Sampling { top_k: Some(3), top_p: Some(0.6), ..base.clone() }, &[1, 4]);
    // The entropy is 1.875 bits; surprises are 1, 2, 3, 4 and 4, so that 2 is the most typical, then 1.
    check(Sampling { typical_p: Some(0.2), ..base.clone() }, &[4]);
    check(Sampling { typical_p: Some(0.3), ..base.clone() }, &[1, 4]);
    check(Sampling { typical_p: Some(0.8), ..base.clone() }, &[1, 2, 4]);
    check(Sampling { typical_p: Some(0.9), ..base.clone() }, &[0, 1, 2, 4]);
    check(Sampling { typical_p: Some(1.0), ..base.clone() }, &[0, 1, 2, 3, 4]);
    check(Sampling { typical_p: Some(0.2), top_k: Some(1), ..base }, &[1]);
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
fn penalties_move_logits_as_they_say() {
    let logits = [2.0, -2.0, 1.0, 0.5, 0.0];
    let check = |sampling: Sampling, expected: [f32; 5]| {
        let mut sampler = Sampler::new(&sampling).unwrap();
        sampler.begin(&[0, 1, 1, 99]); // The last has no logit here.
        [1, 3, 3].into_iter().for_each(|id| sampler.record(id));
        assert_eq!(*sampler.adjusted(&logits).unwrap(), expected, "{sampling:?}");
        let before = format!("{:?}", sampler.history.as_ref().map(|h| h.newest(None)));
        sampler.candidates(&logits, None).unwrap(); // Only a pick is remembered.
        assert_eq!(before, format!("{:?}", sampler.history.as_ref().map(|h| h.newest(None))));
    };
    let base = Sampling::default();
    check(base.clone(), logits);
    check(Sampling { repetition_penalty: 2.0, ..base.clone() }, [1.0, -4.0, 1.0, 0.25, 0.0]);
    check(Sampling { presence_penalty: 1.0, ..base.clone() }, [2.0, -3.0, 1.0, -0.5, 0.0]);
    check(Sampling { frequency_penalty: 1.0, ..base.clone() }, [2.0, -3.0, 1.0, -1.5, 0.0]);
    let last = Sampling { penalty_last_n: Some(1), ..base.clone() };
    let both = Sampling { repetition_penalty: 2.0, frequency_penalty: 1.0, ..last };
    check(both, [2.0, -2.0, 1.0, -0.75, 0.0]);
    let bias = [(0, -5.0), (4, f32::NEG_INFINITY)].into();
    let bias = Sampling { logit_bias: bias, ..base.clone() };
    check(bias.clone(), [-3.0, -2.0, 1.0, 0.5, f32::NEG_INFINITY]);
    check(Sampling { repetition_penalty: 2.0, ..bias }, [-6.0, -4.0, 1.0, 0.25, f32::NEG_INFINITY]);
    // "3" and "1 1" were followed by 3 before; a breaker forbids both.
    let dry = Dry { multiplier: 1.0, allowed_length: 1, ..Dry::default() };
    check(Sampling { dry: Some(dry.clone()), ..base.clone() }, [2.0, -2.0, 1.0, -0.5, 0.0]);
    let dry = Dry { breakers: [3].into(), ..dry };
    check(Sampling { dry: Some(dry), ..base }, logits);
}

#[test]
fn picks_are_remembered_and_a_clone_goes_on_equally() {
    let sampling = Sampling {
        frequency_penalty: 0.7,
        repetition_penalty: 1.2,
        penalty_last_n: Some(6),
        dry: Some(Dry { allowed_length: 1, ..Dry::default() }),
        seed: 8,
        ..Sampling::default()
    };
    let mut sampler = Sampler::new(&sampling).unwrap();
    sampler.begin(&[1, 1]);
    let mut text = vec![1, 1];
    for _ in 0..30 {
        let mut clone = sampler.clone();
        let mut told = Sampler::new(&sampling).unwrap();
        told.begin(&[1, 1]);
        text[2..].iter().for_each(|&id| told.record(id));
        let (a, b) = (sampler.candidates(&halves(), None), told.candidates(&halves(), None));
        assert_eq!(a.unwrap(), b.unwrap());
        let picked = sampler.pick(&halves(), None).unwrap();
        assert_eq!(clone.pick(&halves(), None).unwrap(), picked);
        text.push(picked);
    }
    assert!((0..5).all(|id| text.contains(&id)));
}

#[test]
fn greedy_is_moved_too_and_a_ban_holds() {
    let pick = |sampling: Sampling| Sampler::new(&sampling).unwrap().pick(&halves(), None);
    let base = Sampling::greedy();
    assert_eq!(pick(base.clone()).unwrap(), 1);
    let bias = |id, bias| Sampling { logit_bias: [(id, bias)].into(), ..base.clone() };
    assert_eq!(pick(bias(1, f32::NEG_INFINITY)).unwrap(), 4);
    assert_eq!(pick(bias(3, 100.0)).unwrap(), 3);
    let all = (0..5).map(|id| (id, f32::NEG_INFINITY)).collect();
    let all = Sampling { logit_bias: all, ..base.clone() };
    assert!(matches!(pick(all).unwrap_err(), Error::NothingAllowed { .. }));
    let error = pick(bias(5, 1.0)).unwrap_err().to_string();
    assert!(error.contains("token 5"), "{error}");
}

#[test]
fn settings_go_through_json_and_absent_ones_are_the_defaults() {
    let read = |text: &str| serde_json::from_str::<Sampling>(text).unwrap();
    assert_eq!(read("{}"), Sampling::default());
    let sampling = Sampling {
        logit_bias: [(3, -1.5), (7, f32::NEG_INFINITY)].into(),
        dry: Some(Dry { breakers: [1, 2].into(), ..Dry::default() }),
        typical_p: Some(0.5),
        ..Sampling::default()
    };
    let text = serde_json::to_string(&sampling).unwrap();
    assert!(text.contains(r#"{"3":-1.5,"7":null}"#), "{text}");
    assert_eq!(read(&text), sampling);
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
    check(Sampling { typical_p: Some(0.0), ..base.clone() }, "typical_p");
    check(Sampling { repetition_penalty: 0.0, ..base.clone() }, "repetition_penalty");
    check(Sampling { presence_penalty: f32::NAN, ..base.clone() }, "presence_penalty");
    check(Sampling { frequency_penalty: 101.0, ..base.clone() }, "frequency_penalty");
    check(Sampling { penalty_last_n: Some(0), ..base.clone() }, "penalty_last_n");
    let bias = |bias| Sampling { logit_bias: [(0, bias)].into(), ..base.clone() };
    check(bias(f32::INFINITY), "logit_bias");
    check(bias(f32::NAN), "logit_bias");
    let dry = |dry| Sampling { dry: Some(dry), ..base.clone() };
    check(dry(Dry { multiplier: f32::INFINITY, ..Dry::default() }), "dry multiplier");
    check(dry(Dry { base: 0.5, ..Dry::default() }), "dry base");
    check(dry(Dry { allowed_length: 0, ..Dry::default() }), "dry allowed_length");
    check(dry(Dry { last_n: Some(0), ..Dry::default() }), "dry last_n");
}
