//! What is written is read back; what is damaged, cut short or foreign is refused.

use std::path::PathBuf;

use super::*;

fn written(vocab_size: usize, documents: &[&[u32]]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sub/a.tokens");
    let mut writer = ShardWriter::create(&path, vocab_size, 77).unwrap();
    documents.iter().for_each(|d| writer.push(d, 10).unwrap());
    writer.finish().unwrap();
    (folder, path)
}

#[test]
fn what_was_written_is_read() {
    for vocab_size in [65_536, 65_537, 1 << 20] {
        let last = vocab_size as u32 - 1;
        let (_folder, path) = written(vocab_size, &[&[1, 2, last], &[], &[4], &[5, 6]]);
        let shard = Shard::open(&path).unwrap();
        assert_eq!((shard.n_tokens(), shard.n_documents(), shard.n_bytes()), (6, 3, 30));
        assert_eq!((shard.vocab_size(), shard.tokenizer_hash()), (vocab_size, 77));
        assert_eq!(shard.tokens(0..6).collect::<Vec<_>>(), [1, 2, last, 4, 5, 6]);
        assert_eq!([0, 1, 2].map(|i| shard.document(i)), [0..3, 3..4, 4..6]);
        let mut some = [0; 3];
        shard.copy_into(2, &mut some);
        assert_eq!(some, [last, 4, 5]);
        let width = if vocab_size > 65_536 { 4 } else { 2 };
        assert_eq!(std::fs::metadata(&path).unwrap().len(), 80 + 6 * width + 3 * 8);
        let around = std::fs::read_dir(path.parent().unwrap()).unwrap().count();
        assert_eq!(around, 1, "nothing is left beside it");
    }
    let (_folder, path) = written(5, &[]);
    assert_eq!(Shard::open(&path).unwrap().n_tokens(), 0);
}

#[test]
fn a_shard_cut_anywhere_is_refused() {
    let (_folder, path) = written(300, &[&[1, 2, 3], &[4, 5]]);
    let whole = std::fs::read(&path).unwrap();
    for length in 0..whole.len() {
        std::fs::write(&path, &whole[..length]).unwrap();
        let error = Shard::open(&path).unwrap_err();
        match length {
            0 => assert!(matches!(error, Error::Foreign { .. }), "{error}"),
            _ => assert!(error.to_string().contains(&format!("got {length}")), "{error}"),
        }
    }
}

#[test]
fn any_changed_byte_is_found() {
    let (_folder, path) = written(300, &[&[1, 2, 3], &[4, 5]]);
    let whole = std::fs::read(&path).unwrap();
    for at in 0..whole.len() {
        for bit in [1, 0x80] {
            let mut damaged = whole.clone();
            damaged[at] ^= bit;
            std::fs::write(&path, &damaged).unwrap();
            assert!(Shard::open(&path).is_err(), "byte {at}");
        }
    }
    std::fs::write(&path, [whole, vec![0]].concat()).unwrap();
    assert!(matches!(Shard::open(&path), Err(Error::Damaged { .. })), "bytes at the end");
}

#[test]
fn other_files_and_versions_are_named_as_such() {
    let (_folder, path) = written(300, &[&[1, 2, 3]]);
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, b"Once upon a time").unwrap();
    assert!(matches!(Shard::open(&path), Err(Error::Foreign { .. })));
    let mut later = whole.clone();
    later[8] = 2;
    std::fs::write(&path, &later).unwrap();
    assert!(matches!(Shard::open(&path), Err(Error::Version { got: 2, expected: 1, .. })));
    std::fs::write(&path, &whole).unwrap();
    let shard = Shard::open(&path).unwrap();
    shard.expect_tokenizer(&path, 77).unwrap();
    assert!(matches!(shard.expect_tokenizer(&path, 78), Err(Error::Tokenizer { .. })));
}

#[test]
fn weights_lie_beside_their_tokens() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weighted");
    let mut writer = ShardWriter::create(&path, 300, 0).unwrap();
    writer.push(&[1, 2], 2).unwrap();
    writer.push_weighted(&[3, 4, 5], &[0, 100, 30], 3).unwrap();
    writer.push(&[6], 1).unwrap();
    for wrong in [&[0, 0][..], &[0, 0, 101]] {
        let error = writer.push_weighted(&[1, 2, 3], wrong, 1).unwrap_err().to_string();
        assert!(error.contains("from 0 to 100"), "{error}");
    }
    writer.finish().unwrap();
    let shard = Shard::open(&path).unwrap();
    let weights = |start: usize, n: usize| {
        let mut weights = vec![7; n];
        shard.copy_weights_into(start, &mut weights);
        weights
    };
    assert_eq!(weights(0, 6), [100, 100, 0, 100, 30, 100]);
    assert_eq!(weights(3, 2), [100, 30]);
    let whole = std::fs::read(&path).unwrap();
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 1;
        std::fs::write(&path, &damaged).unwrap();
        assert!(Shard::open(&path).is_err(), "byte {at}");
        std::fs::write(&path, &whole[..at]).unwrap();
        assert!(Shard::open(&path).is_err(), "cut at {at}");
    }
    let (_folder, plain) = written(300, &[&[1, 2, 3]]);
    let mut weights = [7; 3];
    Shard::open(&plain).unwrap().copy_weights_into(0, &mut weights);
    assert_eq!(weights, [100; 3], "without weights all count whole");
}

/// A header that is whole and lies: its sums are right, what it says is not.
#[test]
fn lying_headers_are_refused() {
    let check = |change: &dyn Fn(&mut Header), tail: usize, word: &str| {
        let mut header = Header { width: 2, vocab_size: 300, ..Header::default() };
        header.content = Sum::default().finish();
        change(&mut header);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lie");
        std::fs::write(&path, [header.to_bytes().to_vec(), vec![0; tail]].concat()).unwrap();
        let message = Shard::open(&path).unwrap_err().to_string();
        assert!(message.contains(word), "{message}");
    };
    check(&|h| h.n_tokens = usize::MAX, 0, "huge");
    check(&|h| h.n_documents = usize::MAX / 16, 0, "cut short");
    check(&|h| h.n_tokens = 1 << 40, 0, "cut short");
    check(&|h| h.width = 4, 0, "wide");
    check(&|h| h.width = 0, 0, "wide");
    check(&|h| (h.n_tokens, h.vocab_size) = (1, 0), 2, "token 0 in a vocabulary of 0");
    let sum_of_zeros = |n: usize| {
        let mut sum = Sum::default();
        (0..n).for_each(|_| sum.add(0));
        sum.finish()
    };
    check(&|h| (h.n_tokens, h.content) = (1, sum_of_zeros(1)), 2, "tokens at 1");
    check(&|h| (h.n_documents, h.content) = (1, sum_of_zeros(1)), 8, "ends at 0");
}

#[test]
fn a_writer_that_does_not_finish_leaves_the_old_shard() {
    let (_folder, path) = written(10, &[&[1, 2, 3]]);
    let old = std::fs::read(&path).unwrap();
    let mut writer = ShardWriter::create(&path, 10, 77).unwrap();
    writer.push(&[4], 1).unwrap();
    assert!(matches!(writer.push(&[4, 10], 1), Err(Error::Token { got: 10, vocab_size: 10 })));
    drop(writer);
    assert_eq!(std::fs::read(&path).unwrap(), old);
    assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    assert!(matches!(ShardWriter::create(&path, 0, 0), Err(Error::Option { .. })));
}
