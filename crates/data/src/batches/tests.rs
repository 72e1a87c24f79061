//! The stream: equal by seed, resumable at every place, and nothing of the corpus left out.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::{Pass, ShardWriter};

/// A shard of documents of these lengths whose tokens are 1, 2, 3 ...: a token is its place plus 1.
fn shard(lengths: &[usize]) -> Arc<Shard> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shard");
    let total: usize = lengths.iter().sum();
    let mut writer = ShardWriter::create(&path, total + 1, 9).unwrap();
    let mut next = 1;
    for &length in lengths {
        let end = next + length as u32;
        writer.push(&(next..end).collect::<Vec<_>>(), length as u64).unwrap();
        next = end;
    }
    writer.finish().unwrap();
    Arc::new(Shard::open(&path).unwrap())
}

fn options(rows: usize, context: usize, sampling: Sampling) -> BatchOptions {
    BatchOptions { rows, context, sampling, seed: 11 }
}

/// Rows of 8 of one of the three, or windows so short that every corpus has one.
fn any_sampling() -> impl Strategy<Value = (Sampling, usize)> {
    use Sampling::{Documents, Ordered, Windows};
    prop::sample::select(vec![(Documents, 8), (Ordered, 8), (Windows, 1)])
}

/// Both ways to pack.
fn packed_sampling() -> impl Strategy<Value = Sampling> {
    prop::sample::select(vec![Sampling::Documents, Sampling::Ordered])
}

/// How often each token is a target in the first `rows` rows of these batches.
fn targets(batches: impl Iterator<Item = Batch>, rows: usize) -> BTreeMap<u32, usize> {
    let mut counts = BTreeMap::new();
    let rows_of = |batch: Batch| {
        let n = batch.context;
        let pairs: Vec<_> = batch.targets.into_iter().zip(batch.weights).collect();
        pairs.chunks(n).map(<[_]>::to_vec).collect::<Vec<_>>()
    };
    for row in batches.flat_map(rows_of).take(rows) {
        for (target, _) in row.into_iter().filter(|(_, weight)| *weight == 100) {
            *counts.entry(target).or_insert(0) += 1;
        }
    }
    counts
}

/// Every token but the first of each document.
fn all_but_first(lengths: &[usize]) -> BTreeMap<u32, usize> {
    let mut end = 1;
    let rest = |n: &usize| {
        end += n;
        end - n + 1..end
    };
    lengths.iter().flat_map(rest).map(|t| (t as u32, 1)).collect()
}

fn document_of(lengths: &[usize], token: u32) -> usize {
    let mut end = 0;
    lengths
        .iter()
        .position(|n| {
            end += n;
            token as usize <= end
        })
        .unwrap()
}

/// Targets follow their inputs, and all that a position may attend to is the text before it.
fn check_sight(batch: &Batch, lengths: &[usize]) {
    for i in 0..batch.rows * batch.context {
        let column = i % batch.context;
        let start = batch.starts[i] as usize;
        if batch.weights[i] == 0 {
            assert_eq!((batch.inputs[i], batch.targets[i], start), (0, 0, column));
            continue;
        }
        assert_eq!(batch.targets[i], batch.inputs[i] + 1);
        let seen = &batch.inputs[i - (column - start)..=i];
        let document = document_of(lengths, batch.targets[i]);
        assert!(seen.iter().all(|&t| document_of(lengths, t) == document), "{seen:?}");
        assert!(seen.windows(2).all(|w| w[1] == w[0] + 1), "{seen:?}");
    }
}

fn corpora() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(1_usize..40, 1..25).prop_filter("a pair", |n| n.iter().any(|&n| n > 1))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..Default::default() })]

    #[test]
    fn each_token_but_the_first_of_its_document_is_a_target_once_an_epoch(
        lengths in corpora(), rows in 1_usize..5, context in 1_usize..17, epochs in 1_usize..4,
        sampling in packed_sampling(),
    ) {
        let batches = Batches::new(shard(&lengths), options(rows, context, sampling));
        let mut batches = batches.unwrap();
        let n = batches.rows_per_epoch().unwrap();
        let mut expected = all_but_first(&lengths);
        expected.values_mut().for_each(|count| *count = epochs);
        prop_assert_eq!(targets(&mut batches, n * epochs), expected);
    }

    #[test]
    fn a_pass_has_each_target_once_and_ends(
        lengths in corpora(), rows in 1_usize..5, context in 1_usize..17,
    ) {
        let pass = || Pass::new(shard(&lengths), rows, context).unwrap();
        pass().for_each(|batch| check_sight(&batch, &lengths));
        prop_assert_eq!(targets(pass(), usize::MAX), all_but_first(&lengths));
    }

    #[test]
    fn no_position_sees_another_document(
        lengths in corpora(), rows in 1_usize..5, context in 1_usize..17,
        sampling in packed_sampling(),
    ) {
        let batches = Batches::new(shard(&lengths), options(rows, context, sampling));
        batches.unwrap().take(12).for_each(|batch| check_sight(&batch, &lengths));
    }

    #[test]
    fn a_resumed_stream_is_the_same_stream(
        lengths in corpora(), rows in 1_usize..5, stop in 0_usize..20,
        (sampling, context) in any_sampling(),
    ) {
        let shard = shard(&lengths);
        let options = options(rows, context, sampling);
        let mut whole = Batches::new(shard.clone(), options).unwrap();
        whole.by_ref().take(stop).for_each(drop);
        let stored = serde_json::to_string(whole.cursor()).unwrap();
        let cursor: Cursor = serde_json::from_str(&stored).unwrap();
        let mut resumed = Batches::resume(shard, options, cursor).unwrap();
        for _ in 0..15 {
            prop_assert_eq!(whole.next_batch(), resumed.next_batch());
            prop_assert_eq!(whole.cursor(), resumed.cursor());
        }
    }

    #[test]
    fn the_batch_size_does_not_change_the_rows(
        lengths in corpora(), rows in 1_usize..7, sampling in packed_sampling(),
    ) {
        let shard = shard(&lengths);
        let stream = |rows| {
            let batches = Batches::new(shard.clone(), options(rows, 8, sampling));
            let inputs = batches.unwrap().flat_map(|b| b.inputs);
            inputs.take(8 * 60).collect::<Vec<_>>()
        };
        prop_assert_eq!(stream(rows), stream(1));
    }
}

#[test]
fn windows_are_uniform_and_look_back_to_their_begin() {
    let shard = shard(&[3, 5, 2]);
    let mut batches = Batches::new(shard.clone(), options(100, 7, Sampling::Windows)).unwrap();
    let mut begins = BTreeMap::new();
    for batch in batches.by_ref().take(30) {
        assert!(batch.starts.iter().all(|&s| s == 0) && batch.weights.iter().all(|&w| w == 100));
        for (inputs, targets) in batch.inputs.chunks(7).zip(batch.targets.chunks(7)) {
            assert_eq!(inputs, (inputs[0]..inputs[0] + 7).collect::<Vec<_>>());
            assert_eq!(targets, (inputs[0] + 1..inputs[0] + 8).collect::<Vec<_>>());
            *begins.entry(inputs[0]).or_insert(0) += 1;
        }
    }
    assert_eq!(begins.keys().copied().collect::<Vec<_>>(), [1, 2, 3], "first to last window");
    assert!(begins.values().all(|n| (900..1100).contains(n)), "{begins:?}");
    let one = Batches::new(shard, options(4, 9, Sampling::Windows)).unwrap().next_batch();
    assert!(one.inputs.chunks(9).all(|row| row[0] == 1), "the only window there is");
}

#[test]
fn epochs_and_seeds_differ_in_order() {
    let shard = shard(&[9; 40]);
    let epoch = |batches: &mut Batches| batches.take(40).flat_map(|b| b.inputs).collect::<Vec<_>>();
    let mut batches = Batches::new(shard.clone(), options(1, 8, Sampling::Documents)).unwrap();
    let (first, second) = (epoch(&mut batches), epoch(&mut batches));
    assert_ne!(first, second);
    assert_eq!((batches.cursor().epoch, batches.cursor().position), (1, 40));
    let other = BatchOptions { seed: 12, ..options(1, 8, Sampling::Documents) };
    assert_ne!(first, epoch(&mut Batches::new(shard, other).unwrap()));
}

/// The documents of 2 tokens, in rows of one, that an epoch gives.
fn order_of_documents(batches: &mut Batches, n: usize) -> Vec<usize> {
    batches.take(n).map(|batch| batch.inputs[0] as usize / 2).collect()
}

#[test]
fn ordered_stretches_come_in_order_and_are_shuffled_within() {
    let n = 2 * STRETCH + 100;
    let shard = shard(&vec![2; n]);
    let mut batches = Batches::new(shard.clone(), options(1, 1, Sampling::Ordered)).unwrap();
    assert_eq!(batches.rows_per_epoch(), Some(n));
    let epochs = [0, 1].map(|_| order_of_documents(&mut batches, n));
    for order in &epochs {
        for (stretch, documents) in order.chunks(STRETCH).enumerate() {
            assert!(documents.iter().all(|document| document / STRETCH == stretch), "{stretch}");
            assert!(!documents.is_sorted(), "a stretch is shuffled");
        }
    }
    assert_ne!(epochs[0], epochs[1], "and anew each epoch");
    assert_eq!((batches.cursor().epoch, batches.cursor().position), (1, n as u64));
    let other = BatchOptions { seed: 12, ..options(1, 1, Sampling::Ordered) };
    let mut other = Batches::new(shard, other).unwrap();
    assert_ne!(epochs[0], order_of_documents(&mut other, n), "another seed");
}

#[test]
fn an_ordered_stream_resumes_in_any_stretch() {
    let n = STRETCH + 40;
    let shard = shard(&vec![2; n]);
    let options = options(3, 1, Sampling::Ordered);
    let mut whole = Batches::new(shard.clone(), options).unwrap();
    for _ in 0..2 * n / 3 {
        let mut resumed = Batches::resume(shard.clone(), options, whole.cursor().clone()).unwrap();
        assert_eq!(resumed.next_batch(), whole.next_batch());
        assert_eq!(resumed.cursor(), whole.cursor());
    }
    assert_eq!(whole.cursor().epoch, 1);
}

#[test]
fn a_small_corpus_in_order_is_one_stretch() {
    let shard = shard(&[3, 9, 4, 20, 2]);
    let rows = |sampling| {
        let batches = Batches::new(shard.clone(), options(1, 8, sampling)).unwrap();
        batches.take(30).collect::<Vec<_>>()
    };
    assert_eq!(rows(Sampling::Ordered), rows(Sampling::Documents));
}

#[test]
fn a_sampling_has_its_name() {
    let check = |sampling: Sampling, name: &str| {
        assert_eq!(serde_json::to_string(&sampling).unwrap(), name);
        assert_eq!(serde_json::from_str::<Sampling>(name).unwrap(), sampling);
    };
    check(Sampling::Documents, "\"documents\"");
    check(Sampling::Windows, "\"windows\"");
    check(Sampling::Ordered, "\"ordered\"");
}

#[test]
fn a_cursor_of_another_stream_is_refused() {
    let (one, other) = (shard(&[9, 9]), shard(&[9, 8]));
    let options = options(1, 8, Sampling::Documents);
    let cursor = Batches::new(one.clone(), options).unwrap().cursor().clone();
    let refused = |shard: &Arc<Shard>, options, cursor: &Cursor| {
        let resumed = Batches::resume(shard.clone(), options, cursor.clone());
        matches!(resumed, Err(Error::Cursor { .. }))
    };
    assert!(!refused(&one, options, &cursor));
    assert!(!refused(&one, BatchOptions { rows: 2, ..options }, &cursor));
    assert!(refused(&other, options, &cursor));
    assert!(refused(&one, BatchOptions { seed: 3, ..options }, &cursor));
    assert!(refused(&one, BatchOptions { context: 4, ..options }, &cursor));
    assert!(refused(&one, BatchOptions { sampling: Sampling::Windows, ..options }, &cursor));
    assert!(refused(&one, BatchOptions { sampling: Sampling::Ordered, ..options }, &cursor));
    assert!(refused(&one, options, &Cursor { position: 3, ..cursor.clone() }));
}

#[test]
fn what_gives_no_batch_is_refused() {
    let check = |lengths: &[usize], options: BatchOptions, word: &str| {
        let message = Batches::new(shard(lengths), options).err().unwrap().to_string();
        assert!(message.contains(word), "{message}");
    };
    check(&[4, 4], options(1, 8, Sampling::Windows), "8 tokens, a context of 8 needs 9");
    check(&[1, 1, 1], options(1, 8, Sampling::Documents), "needs 2");
    check(&[], options(1, 8, Sampling::Documents), "0 tokens");
    check(&[4], options(0, 8, Sampling::Documents), "0 rows of 8");
    check(&[4], options(1, 0, Sampling::Windows), "1 rows of 0");
    check(&[4], options(usize::MAX, 2, Sampling::Windows), "at most");
}
