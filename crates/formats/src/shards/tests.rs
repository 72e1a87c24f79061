//! Folders of shards, sound and broken, and the writer's promises.

use std::fs;
use std::path::Path;

use super::{ShardWriter, Weights, write_shards};
use crate::safetensors::{Entry, SafeTensors, write};
use crate::{Error, Tensors};

const INDEX: &str = "model.safetensors.index.json";

/// Three tensors in two shards: `a` and `b` in the first, `c` in the second.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let [a, b, c] = entries();
    write_shards(folder.path(), &[a, b, c], 16).unwrap();
    folder
}

fn entries() -> [Entry<'static>; 3] {
    [
        Entry::f32("a", &[2], &[1.0, 2.0]),
        Entry::f32("b", &[2], &[3.0, 4.0]),
        Entry::f32("c", &[2, 2, 2], &[5., 6., 7., 8., 9., 10., 11., 12.]),
    ]
}

fn shard(i: usize, n: usize) -> String {
    format!("model-{i:05}-of-{n:05}.safetensors")
}

fn files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort_unstable();
    names
}

#[test]
fn shards_are_read_as_one() {
    let folder = folder();
    assert_eq!(files(folder.path()), [shard(1, 2), shard(2, 2), INDEX.to_string()]);
    let weights = Weights::open(folder.path()).unwrap();
    assert_eq!(weights.names().collect::<Vec<_>>(), ["a", "b", "c"]);
    assert_eq!(weights.f32("b").unwrap(), [3.0, 4.0]);
    assert_eq!(weights.shape("c").unwrap(), [2, 2, 2]);
    assert_eq!(weights.f32_rows("c", 1, 2).unwrap(), [9.0, 10.0, 11.0, 12.0]);
    assert!(weights.has("a") && !weights.has("d"));
    let missing = weights.f32("d").unwrap_err().to_string();
    assert!(missing.contains("\"d\""), "{missing}");
    let index: serde_json::Value =
        serde_json::from_slice(&fs::read(folder.path().join(INDEX)).unwrap()).unwrap();
    assert_eq!(index["metadata"]["total_size"], 48);
    assert_eq!(index["weight_map"]["c"], shard(2, 2).as_str());
    let first = SafeTensors::open(&folder.path().join(shard(1, 2))).unwrap();
    assert_eq!(first.metadata()["format"], "pt");
}

/// `bench/parity/weights --golden` had safetensors and transformers write them.
#[test]
fn files_of_safetensors_and_shards_of_transformers_hold_what_they_say() {
    let testdata = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/weights");
    let golden: serde_json::Value =
        serde_json::from_slice(&fs::read(testdata.join("values.json")).unwrap()).unwrap();
    let one = Weights::open_file(&testdata.join("all.safetensors")).unwrap();
    let several = Weights::open(&testdata.join("shards")).unwrap();
    for (weights, key) in [(one, "all.safetensors"), (several, "shards")] {
        let tensors = golden[key].as_object().unwrap();
        assert_eq!(weights.names().count(), tensors.len());
        assert!(tensors.len() > 10);
        for (name, expected) in tensors {
            let (shape, dtype) = (weights.shape(name).unwrap(), weights.dtype(name).unwrap());
            assert_eq!(serde_json::json!(shape), expected["shape"], "{name}");
            assert_eq!(dtype.name(), expected["dtype"], "{name}");
            let bits = |v: &f32| v.to_bits();
            let got = match weights.i64(name) {
                Ok(whole) => serde_json::json!(whole),
                Err(_) => weights.f32(name).map_or(serde_json::Value::Null, |values| {
                    serde_json::json!(values.iter().map(bits).collect::<Vec<_>>())
                }),
            };
            let kind = if expected.get("whole").is_some() { "whole" } else { "bits" };
            assert_eq!(got, expected[kind], "{name}");
        }
    }
}

#[test]
fn files_are_preferred_in_their_order() {
    let folder = folder();
    let here = folder.path();
    let check = |word: &str| {
        let found = Weights::find(here).unwrap();
        assert!(found.ends_with(word), "{found:?}");
    };
    check(INDEX);
    fs::write(here.join("pytorch_model.bin.index.json"), "{}").unwrap();
    fs::write(here.join("pytorch_model.bin"), "").unwrap();
    check(INDEX);
    write(&here.join("model.safetensors"), &entries()[..1], &Default::default()).unwrap();
    check("model.safetensors");
    assert_eq!(Weights::open(here).unwrap().names().count(), 1);
    fs::remove_file(here.join("model.safetensors")).unwrap();
    fs::remove_file(here.join(INDEX)).unwrap();
    check("pytorch_model.bin");
    fs::remove_file(here.join("pytorch_model.bin")).unwrap();
    check("pytorch_model.bin.index.json");
    fs::remove_file(here.join("pytorch_model.bin.index.json")).unwrap();
    let message = Weights::open(here).unwrap_err().to_string();
    assert!(message.contains("model.safetensors, model.safetensors.index.json"), "{message}");
}

/// An index of these pairs, whose error has all these words and none of those.
fn check(folder: &Path, pairs: &str, words: &[&str], not: &[&str]) {
    fs::write(folder.join(INDEX), format!("{{\"weight_map\": {{{pairs}}}}}")).unwrap();
    let message = Weights::open(folder).unwrap_err().to_string();
    for word in words {
        assert!(message.contains(word), "{word}: {message}");
    }
    for word in not {
        assert!(!message.contains(word), "{word}: {message}");
    }
}

#[test]
fn all_that_does_not_fit_together_is_told_at_once() {
    let folder = folder();
    let here = folder.path();
    let (one, two) = (shard(1, 2), shard(2, 2));
    write(&here.join("more"), &entries()[1..2], &Default::default()).unwrap();
    fs::rename(here.join("more"), here.join("more.safetensors")).unwrap();
    fs::write(here.join("cut.safetensors"), [9, 0, 0]).unwrap();
    let pairs = format!(
        r#""a": "{two}", "b": "{one}", "d": "more.safetensors", "e": "lost.safetensors",
           "f": "lost.safetensors", "g": "cut.safetensors""#
    );
    let words = [
        "lost.safetensors is absent, with 2 tensors",
        "cut.safetensors is cut short",
        "tensor \"d\" is promised and not in more.safetensors",
        &format!("tensor \"a\" should lie in {two} and lies in {one}"),
        &format!("tensor \"c\" of {two} is not in the index"),
        &format!("tensor \"b\" is in several: {one}, more.safetensors"),
        &here.display().to_string(),
    ];
    check(here, &pairs, &words, &["\"e\"", "\"f\"", "\"g\""]);
}

#[test]
fn an_index_names_plain_files_of_its_folder() {
    let folder = folder();
    let here = folder.path();
    let pairs = format!(
        r#""a": "../a.safetensors", "b": "/etc/b", "c": 3, "d": "{0}", "d": "{0}", "e": "gone""#,
        shard(1, 2)
    );
    let words = [
        "1 tensors should lie in \"../a.safetensors\"",
        "\"/etc/b\", which is no plain file name",
        "\"c\" has no file name",
        "\"d\" is there twice",
        "gone is absent",
        "\"d\" is promised and not in",
    ];
    check(here, &pairs, &words, &[]);
    check(here, "\"a\": \"b\"}, \"weight_map\": {", &["it is no index", "weight_map"], &[]);
    fs::write(here.join(INDEX), "[]").unwrap();
    assert!(Weights::open(here).unwrap_err().to_string().contains("it is no index"));
}

#[cfg(unix)]
#[test]
fn links_out_of_the_folder_are_followed_to_the_hub_s_cache_only() {
    use std::os::unix::fs::symlink;
    let cache = tempfile::tempdir().unwrap();
    let (blobs, snapshot) = (cache.path().join("blobs"), cache.path().join("snapshots/1"));
    fs::create_dir_all(&blobs).unwrap();
    fs::create_dir_all(&snapshot).unwrap();
    write_shards(&snapshot, &entries(), 16).unwrap();
    let two = shard(2, 2);
    let put = |place: &Path| {
        fs::rename(snapshot.join(&two), place).unwrap();
        symlink(place, snapshot.join(&two)).unwrap();
    };
    put(&blobs.join("0123"));
    assert_eq!(Weights::open(&snapshot).unwrap().f32_rows("c", 0, 1).unwrap()[0], 5.0);
    fs::remove_file(snapshot.join(&two)).unwrap();
    fs::rename(blobs.join("0123"), snapshot.join(&two)).unwrap();
    put(&cache.path().join("elsewhere"));
    let message = Weights::open(&snapshot).unwrap_err().to_string();
    assert!(message.contains(&two) && message.contains("link out of the folder"), "{message}");
}

#[test]
fn one_shard_alone_needs_no_index_and_old_files_go() {
    let folder = folder();
    let here = folder.path();
    fs::write(here.join("model-00007.safetensors.partial"), "of a killed one").unwrap();
    write_shards(here, &entries(), 8).unwrap();
    assert_eq!(files(here), [shard(1, 3), shard(2, 3), shard(3, 3), INDEX.to_string()]);
    write_shards(here, &entries(), 1000).unwrap();
    assert_eq!(files(here), ["model.safetensors"]);
    assert_eq!(Weights::open(here).unwrap().f32("a").unwrap(), [1.0, 2.0]);
    write_shards(here, &entries(), 16).unwrap();
    assert_eq!(files(here), [shard(1, 2), shard(2, 2), INDEX.to_string()]);
    assert_eq!(Weights::open(here).unwrap().names().count(), 3);
}

#[test]
fn what_is_not_finished_leaves_the_folder_as_it_was() {
    let folder = folder();
    let here = folder.path();
    let before: Vec<Vec<u8>> =
        files(here).iter().map(|f| fs::read(here.join(f)).unwrap()).collect();
    let mut writer = ShardWriter::new(here, 8).unwrap();
    let [a, b, _] = entries();
    writer.push(&a).unwrap();
    writer.push(&b).unwrap();
    let refused = |writer: &mut ShardWriter, entry: Entry<'_>, word: &str| {
        let message = writer.push(&entry).unwrap_err().to_string();
        assert!(message.contains(word), "{message}");
    };
    refused(&mut writer, a, "given twice");
    refused(&mut writer, Entry::f32("d", &[3], &[1.0]), "do not fill");
    refused(&mut writer, Entry::f32("x".repeat(5000), &[1], &[1.0]), "too long");
    assert_eq!(files(here).len(), 5, "two shards are under way");
    drop(writer);
    let after: Vec<Vec<u8>> = files(here).iter().map(|f| fs::read(here.join(f)).unwrap()).collect();
    assert_eq!(before, after);
    let nothing = ShardWriter::new(here, 8).unwrap().finish();
    assert!(matches!(nothing, Err(Error::Weights { .. })));
    assert_eq!(files(here).len(), 3);
}

#[test]
fn many_tensors_of_nothing_fill_a_header_and_not_a_shard() {
    let folder = tempfile::tempdir().unwrap();
    let entries: Vec<Entry<'_>> =
        (0..200).map(|i| Entry::f32(format!("tensor {i}"), &[0, 4], &[])).collect();
    write_shards(folder.path(), &entries, 1).unwrap();
    let weights = Weights::open(folder.path()).unwrap();
    assert_eq!(weights.names().count(), 200);
    assert!((3..20).contains(&files(folder.path()).len()), "{:?}", files(folder.path()));
    assert!(weights.f32("tensor 7").unwrap().is_empty());
}
