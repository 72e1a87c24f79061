//! Rows together against rows alone, bit for bit.

use arch::{Cache as _, Decoder, Input, Logits, Positions, Rope, family};

use super::*;
use crate::runtime::random::runtime;
use crate::runtime::{Cache, Runtime};

fn ids(from: usize, n: usize) -> Vec<u32> {
    (from..from + n).map(|i| (i as u32 * 37 + 5) % 50).collect()
}

fn filled(runtime: &Runtime, prompt: usize) -> Cache {
    let mut cache = runtime.new_cache();
    runtime.forward(Input::Ids(&ids(0, prompt)), &mut cache, Logits::None).unwrap();
    cache
}

/// Bits of the logits of so many ids behind a prompt, asked for so many at once.
fn bits(runtime: &Runtime, prompt: &Cache, n: usize, at_once: usize) -> Vec<u32> {
    let (mut cache, ids) = (prompt.fork(), ids(prompt.len(), n));
    let each = ids.chunks(at_once).flat_map(|ids| {
        let logits = runtime.forward(Input::Ids(ids), &mut cache, Logits::All);
        logits.unwrap()
    });
    each.map(f32::to_bits).collect()
}

/// Sets up to [`Decoder::rows_alike`] rows beside each alone; gives how many that was.
fn check(spec: &Spec, kind: &str, prompt: usize) -> usize {
    let runtime = runtime(spec, kind, 3);
    let (most, held) = (runtime.rows_alike(prompt), filled(&runtime, prompt));
    let alone = bits(&runtime, &held, most, 1);
    for n in 1..=most {
        let together = bits(&runtime, &held, n, n);
        let alone = &alone[..n * spec.vocab_size];
        assert_eq!(together, alone, "{}, {kind}: {n} rows behind {prompt}", spec.family);
    }
    most
}

#[test]
fn rows_of_every_type_are_alike() {
    let spec = Spec { n_kv_heads: 2, tied: false, ..Spec::llama(50, 256, 2, 4) };
    let spec = Spec { d_ff: 512, context: 1100, ..spec };
    for (kind, most) in [
        ("F32", 4),
        ("F16", 4),
        ("BF16", 4),
        ("Q4_0", 8),
        ("Q5_1", 8),
        ("Q8_0", 8),
        ("Q4_K", 8),
        ("Q5_K", 8),
        ("Q6_K", 8),
    ] {
        for prompt in [1, 1050] {
            assert_eq!(check(&spec, kind, prompt), most, "{kind}");
        }
    }
}

#[test]
fn rows_of_every_family_are_alike() {
    for family in family::FAMILIES {
        let Ok(spec) = family::of_size(family.name(), 50, 64, 2, 4) else { continue };
        for kind in ["F32", "Q8_0"] {
            assert!(check(&Spec { context: 64, ..spec.clone() }, kind, 20) >= 4, "{}", spec.family);
        }
    }
}

#[test]
fn angles_that_change_with_the_length_are_not_looked_at_together() {
    let scaling = Scaling::DynamicNtk { factor: 2.0, original: 20 };
    let rope = Rope { scaling, ..Rope::plain(10_000.0) };
    let spec = Spec { positions: Positions::Rope(rope), ..Spec::llama(50, 64, 2, 4) };
    for (prompt, most) in [(5, 8), (18, 2), (19, 1), (20, 1), (25, 1)] {
        assert_eq!(check(&Spec { tied: true, ..spec.clone() }, "Q8_0", prompt), most);
    }
    // What is asked about together beyond that is not alike: the test can fail.
    let runtime = runtime(&spec, "Q8_0", 3);
    let held = filled(&runtime, 18);
    assert_ne!(bits(&runtime, &held, 4, 4), bits(&runtime, &held, 4, 1));
}
