//! The whole way from a corpus to batches, on public data where it is there.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use data::{Documents, Encode, Error, Marks, Part, Pass, Shard, ShardWriter, Shards};
use data::{SourceOptions, Split, SplitOptions};

/// A byte is a token; 256 begins a document.
struct Bytes;

impl Encode for Bytes {
    fn encode(&self, text: &str) -> Result<Vec<u32>, String> {
        Ok(text.bytes().map(u32::from).collect())
    }

    fn vocab_size(&self) -> usize {
        257
    }
}

/// Both shards of a corpus, written to `folder`.
fn shards(corpus: &Path, folder: &Path) -> Result<[Arc<Shard>; 2], Error> {
    let paths = ["train", "validation"].map(|name| folder.join(name));
    let [train, validation] = &paths;
    let create = |path: &Path| ShardWriter::create(path, Bytes.vocab_size(), 0);
    let mut shards = Shards { train: create(train)?, validation: create(validation)? };
    let documents = Documents::open(corpus, &SourceOptions::default())?;
    let marks = Marks { begin: Some(256), end: None };
    for divided in Split::new(documents, SplitOptions::default())? {
        let (part, document): (Part, _) = divided?;
        shards.push(&Bytes, marks, part, &document)?;
    }
    shards.finish()?;
    Ok([Arc::new(Shard::open(train)?), Arc::new(Shard::open(validation)?)])
}

fn targets(shard: &Arc<Shard>) -> usize {
    Pass::new(shard.clone(), 8, 64).expect("it has text").map(|batch| batch.n_targets()).sum()
}

fn public_data(name: &str) -> Option<PathBuf> {
    let Some(folder) = std::env::var_os("LYCEUM_TEST_DATA") else {
        eprintln!("skipped: LYCEUM_TEST_DATA does not name the folder of public data");
        return None;
    };
    Some(PathBuf::from(folder).join(name))
}

#[test]
fn tiny_shakespeare_is_cut_where_nanogpt_cuts_it() {
    let Some(corpus) = public_data("tinyshakespeare/input.txt") else { return };
    let folder = tempfile::tempdir().unwrap();
    let [train, validation] = shards(&corpus, folder.path()).unwrap();
    assert_eq!((train.n_bytes(), validation.n_bytes()), (1_003_854, 111_540));
    assert_eq!((targets(&train), targets(&validation)), (1_003_854, 111_540), "every byte once");
}

#[test]
fn a_folder_becomes_the_same_shards_every_time() {
    let corpus = tempfile::tempdir().unwrap();
    for i in 0..50 {
        let text = format!("Document {i} says {}.", "so ".repeat(i * 7));
        std::fs::write(corpus.path().join(format!("{i:02}.txt")), text).unwrap();
    }
    let read = || {
        let folder = tempfile::tempdir().unwrap();
        let [train, validation] = shards(corpus.path(), folder.path()).unwrap();
        assert_eq!(train.n_documents() + validation.n_documents(), 50);
        assert_eq!(targets(&train) as u64, train.n_bytes());
        assert_eq!(targets(&validation) as u64, validation.n_bytes());
        ["train", "validation"].map(|name| std::fs::read(folder.path().join(name)).unwrap())
    };
    assert_eq!(read(), read());
}
