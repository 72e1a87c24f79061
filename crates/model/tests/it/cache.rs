//! What is done with the fast runtime's memories: shared, shifted, kept by their beginnings, saved.

use arch::{Cache as _, Decoder, Error, Input, Logits, Spec};
use generate::runtime::{Cache, CacheKind, Prefixes};
use generate::{Memory, Runtime};
use model::live::Live;

use crate::{build, close};

/// A context of several pages.
fn spec() -> Spec {
    Spec { n_kv_heads: 2, tied: false, context: 400, ..Spec::llama(50, 32, 2, 4) }
}

fn runtime(spec: &Spec) -> Runtime {
    let model = build(spec);
    Runtime::new(spec, &Live::new(&model)).expect("a runtime")
}

fn ids(n: usize, seed: usize) -> Vec<u32> {
    (0..n).map(|i| ((i * i * 7 + i * 3 + seed) % 50) as u32).collect()
}

fn read(runtime: &Runtime, ids: &[u32]) -> (Memory<Cache>, Vec<f32>) {
    let mut memory = Memory::new(runtime);
    let logits = memory.read(runtime, ids).expect("room");
    (memory, logits)
}

#[test]
fn caches_of_every_kind_give_nearly_the_same_logits() {
    let exact = read(&runtime(&spec()), &ids(150, 0)).1;
    for kind in CacheKind::ALL {
        let runtime = runtime(&spec()).with_cache(kind);
        let got = read(&runtime, &ids(150, 0)).1;
        let worst = got.iter().zip(&exact).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        let bound = match kind {
            CacheKind::F32 => 0.0,
            CacheKind::F16 => 1e-3,
            CacheKind::Bf16 | CacheKind::Q8_0 => 1e-2,
        };
        assert!(worst <= bound, "{kind:?}: {worst}");
        assert!(kind == CacheKind::F32 || worst > 0.0, "{kind:?} has rounded nothing");
    }
}

#[test]
fn a_long_prompt_in_pieces_is_the_prompt() {
    let spec = Spec { context: 1400, ..spec() };
    let runtime = runtime(&spec);
    let ids = ids(1300, 3);
    let (_, whole) = read(&runtime, &ids);
    let mut memory = Memory::new(&runtime);
    for piece in ids[..1299].chunks(700) {
        memory.append(&runtime, piece, Logits::None).unwrap();
    }
    close("in pieces", &memory.append(&runtime, &ids[1299..], Logits::Last).unwrap(), &whole);
    let mut cache = runtime.new_cache();
    let all = runtime.forward(Input::Ids(&ids), &mut cache, Logits::All).unwrap();
    assert_eq!(all.len(), 1300 * 50);
    close("the last of all", &all[1299 * 50..], &whole);
}

#[test]
fn whoever_begins_alike_reads_the_rest_only() {
    let runtime = runtime(&spec());
    let mut prefixes = Prefixes::new(1 << 30);
    let (first, _) = read(&runtime, &ids(200, 0));
    prefixes.keep(&first);
    // The same for 150 ids, then another text.
    let other = [&ids(150, 0)[..], &ids(90, 5)[..]].concat();
    let mut memory = prefixes.longest(&runtime, &other);
    assert_eq!(memory.ids(), &other[..150]);
    let got = memory.read(&runtime, &other).unwrap();
    close("shared", &got, &read(&runtime, &other).1);
    prefixes.keep(&memory);
    // Nothing was written over.
    let mut again = prefixes.longest(&runtime, &ids(200, 0));
    assert_eq!(again.ids().len(), 200);
    close("first", &again.read(&runtime, &ids(200, 0)).unwrap(), &read(&runtime, &ids(200, 0)).1);
    let mut again = prefixes.longest(&runtime, &other);
    assert_eq!(again.ids().len(), 240);
    close("other", &again.read(&runtime, &other).unwrap(), &got);
    assert_eq!(prefixes.longest(&runtime, &[49, 49]).ids().len(), 0);
    assert_eq!((prefixes.counts().asked, prefixes.counts().found), (682, 590));
    // Four pages of the first, and two of the second, which parts from it within the third.
    assert_eq!(prefixes.len_bytes(), 6 * first_page_bytes(&first));
}

/// Bytes of one page.
fn first_page_bytes(memory: &Memory<Cache>) -> usize {
    memory.cache().len_bytes() / memory.ids().len().div_ceil(64)
}

#[test]
fn what_was_longest_not_asked_for_goes_first() {
    let runtime = runtime(&spec());
    let texts: Vec<Vec<u32>> =
        (0..4_u32).map(|i| [&[i][..], &ids(120, i as usize)].concat()).collect();
    let page = first_page_bytes(&read(&runtime, &texts[0]).0);
    let mut prefixes = Prefixes::new(6 * page);
    for text in &texts[..3] {
        prefixes.keep(&read(&runtime, text).0);
    }
    assert_eq!(prefixes.longest(&runtime, &texts[0]).ids().len(), 121);
    prefixes.keep(&read(&runtime, &texts[3]).0);
    assert!(prefixes.len_bytes() <= 6 * page && prefixes.counts().evicted == 2);
    let held: Vec<usize> =
        texts.iter().map(|text| prefixes.longest(&runtime, text).ids().len()).collect();
    assert_eq!(held, [121, 0, 121, 121]);
    let mut none = Prefixes::new(0);
    none.keep(&read(&runtime, &texts[0]).0);
    assert_eq!(none.len_bytes(), 0);
}

#[test]
fn a_shift_of_one_layer_is_what_reading_anew_gives() {
    // In one layer keys and values depend on their own id alone: nothing has seen what is gone.
    for spec in [
        Spec { n_layers: 1, ..spec() },
        Spec { n_layers: 1, positions: arch::Positions::Alibi, ..spec() },
    ] {
        let runtime = runtime(&spec);
        let all = ids(330, 1);
        for (keep, dropped) in [(0, 100), (4, 200), (70, 1), (3, 0), (30, 299)] {
            let (mut memory, _) = read(&runtime, &all[..329]);
            memory.shift(&runtime, keep, dropped).unwrap();
            let left = [&all[..keep], &all[keep + dropped..]].concat();
            assert_eq!(memory.ids(), &left[..left.len() - 1]);
            let got = memory.append(&runtime, &left[left.len() - 1..], Logits::Last).unwrap();
            let (_, anew) = read(&runtime, &left);
            close(&format!("{keep} {dropped}"), &got, &anew);
        }
        let (mut memory, _) = read(&runtime, &all[..20]);
        assert!(memory.shift(&runtime, 10, 11).is_err());
        assert_eq!(memory.ids().len(), 20);
    }
}

#[test]
fn what_cannot_be_shifted_says_so() {
    let spec = Spec { positions: arch::Positions::Learned, ..spec() };
    let runtime = runtime(&spec);
    let (mut memory, _) = read(&runtime, &ids(30, 0));
    let error = memory.shift(&runtime, 0, 10).unwrap_err().to_string();
    assert!(error.contains("positions to the stream"), "{error}");
    let decoding = model::Decoding::new(build(&spec));
    let mut cache = decoding.new_cache();
    assert!(matches!(decoding.shift(&mut cache, 0, 0), Err(Error::Unsupported(_))));
}

#[test]
fn a_memory_is_saved_and_gone_on_from() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("memory");
    for kind in CacheKind::ALL {
        let runtime = runtime(&spec()).with_cache(kind);
        let (mut memory, _) = read(&runtime, &ids(150, 2));
        runtime.save(&memory, &path).unwrap();
        let mut back = runtime.restore(&path).unwrap();
        assert_eq!(back.ids(), memory.ids());
        let next =
            |memory: &mut Memory<Cache>| memory.append(&runtime, &[7, 8], Logits::All).unwrap();
        assert_eq!(next(&mut back), next(&mut memory));
    }
}

#[test]
fn a_saved_memory_is_not_believed() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("memory");
    let own = runtime(&spec());
    let (memory, _) = read(&own, &ids(70, 2));
    own.save(&memory, &path).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let says = |runtime: &Runtime, bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        runtime.restore(&path).unwrap_err().to_string()
    };
    assert!(
        says(&runtime(&spec()).with_cache(CacheKind::F16), &bytes).contains("ask for that kind")
    );
    let other = Spec { n_layers: 1, ..spec() };
    assert!(says(&runtime(&other), &bytes).contains("another model"));
    for cut in [0, 7, 20, 40, 300, bytes.len() - 9, bytes.len() - 1] {
        assert!(says(&own, &bytes[..cut]).contains("cut short"), "{cut}");
    }
    for at in (0..bytes.len()).step_by(97) {
        let mut changed = bytes.clone();
        changed[at] ^= 0x11;
        says(&own, &changed);
    }
    assert!(says(&own, &[&bytes[..], &[0]].concat()).contains("damaged"));
    assert!(says(&own, &vec![0; 1 << 24]).contains("larger"));
    std::fs::remove_file(&path).unwrap();
    assert!(own.restore(&path).unwrap_err().to_string().contains("cannot be read"));
}

#[test]
fn a_window_frees_pages_and_the_text_is_the_same() {
    let mut spec = Spec { context: 1024, ..spec() };
    spec.attention.window = Some(80);
    spec.attention.sliding = arch::Layers::All;
    let runtime = runtime(&spec);
    let all = ids(700, 4);
    let (_, whole) = read(&runtime, &all);
    let mut memory = Memory::new(&runtime);
    for piece in all[..699].chunks(13) {
        memory.append(&runtime, piece, Logits::None).unwrap();
    }
    let page = runtime.cache_bytes_per_position() * 64;
    assert!(memory.cache().len_bytes() <= 5 * page, "{}", memory.cache().len_bytes());
    close("windowed", &memory.append(&runtime, &all[699..], Logits::Last).unwrap(), &whole);
    // Ten back: still there. To the beginning: all is read anew.
    memory.truncate(690);
    close("back", &memory.read(&runtime, &all).unwrap(), &whole);
    let early = memory.read(&runtime, &all[..100]).unwrap();
    close("anew", &early, &read(&runtime, &all[..100]).1);
    assert_eq!(memory.cache().len(), 100);
}
