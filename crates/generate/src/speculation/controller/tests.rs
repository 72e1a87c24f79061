//! The controller in simulated time.

use stdx::Rng;

use super::*;

/// What things cost, in passes of one row, and how often proposals come true.
#[derive(Clone, Copy)]
struct World {
    row: f64,
    proposal: f64,
    is_free: bool,
    /// At a token.
    rate: fn(usize) -> f64,
}

const FREE: World = World { row: 0.05, proposal: 0.0, is_free: true, rate: |_| 0.5 };
const MODEL: World = World { proposal: 0.15, is_free: false, ..FREE };

/// What an answer took, in passes of one row, by the controller or with one length throughout.
fn answer(world: World, controller: &mut Controller, tokens: usize, fixed: Option<usize>) -> f64 {
    let (mut rng, mut made, mut seconds) = (Rng::new(1), 0, 0.0);
    controller.begin();
    while made < tokens {
        let would_be = world.is_free && controller.may_ask();
        let length = fixed.unwrap_or_else(|| controller.length(6, 0)).min(tokens - made - 1);
        let asked = if length > 0 || would_be { length.max(1) } else { 0 };
        controller.proposed(asked, asked as f64 * world.proposal);
        let pass = 1.0 + length as f64 * world.row;
        controller.passed(1 + length, pass);
        seconds += asked as f64 * world.proposal + pass;
        for i in 0..asked {
            let came_true = rng.chance((world.rate)(made + i));
            controller.judged(0, came_true, i < length);
            made += usize::from(came_true && i < length);
            if !came_true {
                break;
            }
        }
        made += 1;
    }
    seconds
}

fn controlled(world: World, tokens: usize) -> f64 {
    answer(world, &mut Controller::new(world.is_free), tokens, None)
}

/// With the best of all lengths.
fn best(world: World, tokens: usize) -> f64 {
    let fixed = |n| answer(world, &mut Controller::new(world.is_free), tokens, Some(n));
    (0..=6).map(fixed).fold(f64::INFINITY, f64::min)
}

#[test]
fn what_never_pays_costs_less_than_three_percent() {
    for tokens in [100, 1_000, 10_000] {
        for world in [FREE, MODEL] {
            for world in [World { rate: |_| 0.0, ..world }, World { row: 1.0, ..world }] {
                let cost = controlled(world, tokens) / tokens as f64;
                assert!(cost < 1.03, "{cost} for {tokens}");
            }
        }
        let slow = World { proposal: 0.9, ..MODEL };
        let cost = controlled(slow, tokens) / tokens as f64;
        assert!(cost < 1.03, "{cost} for {tokens}");
    }
    // A lookup that is not free after all.
    let cost = controlled(World { proposal: 0.1, rate: |_| 0.0, ..FREE }, 1_000) / 1_000.0;
    assert!(cost < 1.03, "{cost}");
}

#[test]
fn what_pays_is_as_fast_as_the_best_length_nearly() {
    for world in [FREE, MODEL, World { row: 0.3, ..FREE }, World { row: 0.02, ..MODEL }] {
        for rate in [|_| 0.3, |_| 0.6, |_| 0.8, |_| 0.95, |_| 1.0] {
            let world = World { rate, ..world };
            let (controlled, best) = (controlled(world, 2_000), best(world, 2_000));
            let rate = (world.rate)(0);
            assert!(controlled < 1.03 * best, "{controlled} beside {best} at {rate}");
        }
    }
}

#[test]
fn it_follows_a_text_that_changes() {
    // A hundred tokens copied, a hundred of its own, and so on.
    let rate = |token: usize| if (token / 100).is_multiple_of(2) { 0.97 } else { 0.03 };
    for world in [FREE, MODEL] {
        let world = World { rate, ..world };
        let (controlled, best) = (controlled(world, 4_000), best(world, 4_000));
        assert!(controlled < 0.94 * best, "{controlled} beside {best}");
    }
}

#[test]
fn lengths_grow_shrink_and_end() {
    let mut controller = Controller::new(false);
    assert!(controller.pays());
    assert_eq!(controller.length(6, 0), 0); // Nothing is measured yet.
    (0..2).for_each(|_| controller.passed(1, 1.0));
    let first = controller.length(6, 0);
    let judge = |controller: &mut Controller, came_true| {
        (0..12).for_each(|_| controller.judged(0, came_true, false));
        controller.length(6, 0)
    };
    let grown = judge(&mut controller, true);
    assert!(0 < first && first < grown && grown == 6, "{first} {grown}");
    assert_eq!(controller.length(3, 0), 3);
    // Another class stays as it was.
    assert_eq!(controller.length(6, 1), first);
    assert_eq!(judge(&mut controller, false), 1); // On credit, since asking is the only way to know.
    controller.passed(2, 1.6);
    assert_eq!(controller.length(6, 0), 0);
    let passes = (1..200).find(|_| {
        controller.passed(1, 1.0);
        controller.length(6, 0) > 0
    });
    // The next try is paid for by a share of the time since, and no sooner.
    let passes = passes.unwrap() as f64;
    assert!((0.6 - GRANT).max(0.0) / SHARE <= passes && passes <= 2.0 * 0.6 / SHARE, "{passes}");
    // Rows that take a pass each are not worth it however true they are.
    (0..20).for_each(|_| controller.judged(0, true, false));
    (2..=7).for_each(|rows| (0..40).for_each(|_| controller.passed(rows, 3.0 * rows as f64)));
    (0..9_000).for_each(|_| controller.passed(1, 1.0));
    assert!(!controller.pays());
}

#[test]
fn one_pass_is_measured_again_now_and_then() {
    let mut controller = Controller::new(false);
    (0..2).for_each(|_| controller.passed(1, 1.0));
    let mut rounds = Vec::new();
    for _ in 0..200 {
        let length = controller.length(3, 0);
        controller.passed(1 + length, 1.0);
        (0..length).for_each(|_| controller.judged(0, true, true));
        rounds.push(length);
    }
    let plain = rounds.iter().filter(|&&length| length == 0).count();
    assert!((2..=4).contains(&plain), "{rounds:?}");
}

#[test]
fn an_outlier_is_not_believed() {
    let mut seconds = Seconds::default();
    (0..10).for_each(|_| seconds.measure(1.0));
    seconds.measure(100.0);
    assert!(seconds.or(0.0) < 1.2);
    (0..40).for_each(|_| seconds.measure(3.0));
    assert!((seconds.or(0.0) - 3.0).abs() < 0.1);
    (0..6).for_each(|_| seconds.measure(1.0));
    assert!((seconds.or(0.0) - 1.0).abs() < 0.1);
}
