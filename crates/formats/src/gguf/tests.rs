//! A file made by hand, whole and broken in each place.

use super::*;

/// A file of two tensors: F32 of two rows of three, and 32 numbers in Q8_0.
fn file() -> Vec<u8> {
    let text = |s: &str| [&(s.len() as u64).to_le_bytes(), s.as_bytes()].concat();
    let mut bytes = b"GGUF".to_vec();
    bytes.extend(3_u32.to_le_bytes());
    bytes.extend(2_u64.to_le_bytes());
    bytes.extend(4_u64.to_le_bytes());
    bytes.extend(
        [text("general.architecture"), 8_u32.to_le_bytes().to_vec(), text("llama")].concat(),
    );
    bytes.extend([text("llama.block_count"), 4_u32.to_le_bytes().to_vec()].concat());
    bytes.extend(2_u32.to_le_bytes());
    bytes.extend(
        [text("some.list"), 9_u32.to_le_bytes().to_vec(), 5_u32.to_le_bytes().to_vec()].concat(),
    );
    bytes.extend(2_u64.to_le_bytes());
    bytes.extend([7_i32.to_le_bytes(), (-1_i32).to_le_bytes()].concat());
    bytes.extend(
        [text("long.list"), 9_u32.to_le_bytes().to_vec(), 8_u32.to_le_bytes().to_vec()].concat(),
    );
    bytes.extend(5000_u64.to_le_bytes());
    (0..5000).for_each(|_| bytes.extend(text("a")));
    for (name, dimensions, kind, offset) in
        [("a.weight", vec![3_u64, 2], 0_u32, 0_u64), ("b.weight", vec![32], 8, 32)]
    {
        bytes.extend(text(name));
        bytes.extend((dimensions.len() as u32).to_le_bytes());
        dimensions.iter().for_each(|n| bytes.extend(n.to_le_bytes()));
        bytes.extend(kind.to_le_bytes());
        bytes.extend(offset.to_le_bytes());
    }
    bytes.resize(bytes.len().next_multiple_of(32), 0);
    (1..=6).for_each(|i| bytes.extend((i as f32).to_le_bytes()));
    bytes.resize(bytes.len().next_multiple_of(32), 0);
    bytes.extend(half::f16::from_f32(0.5).to_le_bytes());
    bytes.extend((0..32).map(|i| i as u8));
    bytes
}

#[test]
fn metadata_and_tensors_are_read() {
    let file = Gguf::from_bytes("a", file()).unwrap();
    let metadata = file.metadata();
    assert_eq!(metadata["general.architecture"], "llama");
    assert_eq!((&metadata["llama.block_count"], metadata.len()), (&2.into(), 3));
    assert_eq!(metadata["some.list"], serde_json::json!([7, -1]));
    assert_eq!(file.names().collect::<Vec<_>>(), ["a.weight", "b.weight"]);
    assert_eq!(file.shape("a.weight").unwrap(), [2, 3]);
    assert_eq!(file.f32("a.weight").unwrap(), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    assert_eq!(file.f32_place("a.weight", 1).unwrap(), [4.0, 5.0, 6.0]);
    assert!(file.f32_place("a.weight", 2).is_err() && file.f32_place("b.weight", 0).is_err());
    assert_eq!(file.kind("b.weight").unwrap().name, "Q8_0");
    assert_eq!(file.f32("b.weight").unwrap()[3], 1.5);
    assert!(matches!(file.f32("c"), Err(Error::Missing { .. })));
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    let whole = file();
    for length in (0..whole.len()).step_by(7).chain([whole.len() - 1]) {
        assert!(Gguf::from_bytes("cut", whole[..length].to_vec()).is_err(), "{length}");
    }
    let message = Gguf::from_bytes("cut", whole[..whole.len() - 1].to_vec()).unwrap_err();
    assert!(message.to_string().contains("cut short"), "{message}");
}

/// The error of a file with some bytes replaced has this word.
fn refused(find: &[u8], by: &[u8], word: &str) {
    let mut bytes = file();
    let at = bytes.windows(find.len()).position(|window| window == find).expect("what is replaced");
    bytes[at..at + by.len()].copy_from_slice(by);
    let message = Gguf::from_bytes("lie", bytes).unwrap_err().to_string();
    assert!(message.contains(word), "{word} in {message}");
}

#[test]
fn lying_heads_are_refused() {
    refused(b"GGUF\x03", b"GGUX\x03", "does not begin");
    refused(b"GGUF\x03\0\0\0", b"GGUF\0\0\0\x03", "big-endian");
    refused(b"GGUF\x03", b"GGUF\x01", "version 1");
    refused(b"GGUF\x03\0\0\0\x02", b"GGUF\x03\0\0\0\x02\0\0\0\0\0\0\x7f", "too short");
    refused(b"b.weight", b"a.weight", "twice");
    refused(b"general.architecture\x08", b"general.architecture\x63", "no type 99");
    refused(b"some.list\x09\0\0\0\x05", b"some.list\x09\0\0\0\x09", "array of arrays");
    let b = b"b.weight\x01\0\0\0\x20\0\0\0\0\0\0\0\x08\0\0\0\x20";
    let with = |place: usize, byte: u8| {
        let mut changed = b.to_vec();
        changed[place] = byte;
        changed
    };
    refused(b, &with(24, 0), "lies within");
    refused(b, &with(24, 8), "no multiple of 32");
    refused(b, &with(20, 19), "IQ1_S are not supported");
    refused(b, &with(12, 33), "no whole blocks of 32");
    refused(b, &with(12, 0), "make no tensor");
    refused(b, &with(8, 5), "5 dimensions");
    refused(b, &with(19, 0x7f), "cut short");
}

#[test]
fn what_is_written_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.gguf");
    let of = |value| Pair::new("a.key", &value).unwrap();
    let mut pairs = Gguf::from_bytes("a", file()).unwrap().pairs(|key| key != "some.list");
    pairs.push(of(serde_json::json!([0.5, 1.5])));
    assert!(Pair::new("b", &serde_json::json!([1, "a"])).is_err());
    assert!(Pair::new("b", &serde_json::json!(1_u64 << 40)).is_err());
    let planned = |name: &str, shape: &[usize], kind| Planned {
        name: name.to_string(),
        shape: shape.to_vec(),
        kind: Kind::to_write(kind).unwrap(),
    };
    let tensors = [planned("x", &[2, 32], "Q8_0"), planned("y", &[3], "F32")];
    let values = |name: &str| {
        Ok::<_, Error>(match name {
            "x" => (0..64).map(|i| i as f32).collect(),
            _ => vec![1.0, 2.0, 3.0],
        })
    };
    write(&path, &pairs, &tensors, values).unwrap();
    let back = Gguf::open(&path).unwrap();
    assert_eq!(back.pairs(|_| true), pairs);
    assert_eq!(back.metadata()["a.key"], serde_json::json!([0.5, 1.5]));
    assert_eq!(
        (back.f32("y").unwrap(), back.shape("x").unwrap()),
        (vec![1.0, 2.0, 3.0], &[2, 32][..])
    );
    assert!((back.f32("x").unwrap()[63] - 63.0).abs() < 0.3);
    let refused =
        |tensors: &[Planned]| write(&path, &pairs, tensors, values).unwrap_err().to_string();
    assert!(refused(&[planned("z", &[2, 33], "Q8_0")]).contains("blocks of 32"));
    assert!(refused(&[planned("y", &[4], "F32")]).contains("3 values for [4]"));
    assert!(Gguf::open(&path).is_ok(), "the old file stays");
}

#[test]
fn each_matrix_of_a_stack_has_its_own_importance() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.gguf");
    let kind = Kind::to_write("Q4_0").unwrap();
    let tensors = [Planned { name: "x".into(), shape: vec![2, 3, 32], kind }];
    let numbers: Vec<f32> = (0..192).map(|i| ((i * i * 7919) % 1009) as f32 - 500.0).collect();
    let write = |importance: Option<Vec<f32>>| {
        let values = |_: &str| Ok::<_, Error>(numbers.clone());
        write_weighed(&path, &[], &tensors, |_| importance.clone(), values)?;
        Ok::<_, Error>(Gguf::open(&path)?.bytes("x")?.to_vec())
    };
    let counts: Vec<f32> = (0..64).map(|i| (i * 31 % 17) as f32).collect();
    let own =
        |i: usize| kind.bytes_of_rows(&numbers[i * 96..][..96], &counts[i * 32..][..32]).unwrap();
    assert_eq!(write(Some(counts.clone())).unwrap(), [own(0), own(1)].concat());
    assert_eq!(write(None).unwrap(), kind.bytes_of(&numbers).unwrap());
    let message = write(Some(counts[..32].to_vec())).unwrap_err().to_string();
    assert!(message.contains("\"x\"") && message.contains("tells of 32 columns"), "{message}");
}
