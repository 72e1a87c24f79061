//! Both versions, the way back, and files that lie.

use super::*;

const SIZES: Sizes = Sizes {
    dim: 8,
    hidden_dim: 6,
    n_layers: 2,
    n_heads: 2,
    n_kv_heads: 1,
    vocab_size: 5,
    seq_len: 3,
    tied: true,
};

/// A file of the version whose number `i` behind the header is `i`.
fn counted(sizes: &Sizes, version: Version) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut numbers: Vec<i32> = sizes.named().iter().map(|&(_, n)| n as i32).collect();
    if version == Version::One {
        numbers.splice(0..0, [MAGIC.cast_signed(), 1]);
    } else if !sizes.tied {
        numbers[5] *= -1;
    }
    numbers.iter().for_each(|n| bytes.extend(n.to_le_bytes()));
    if version == Version::One {
        bytes.push(u8::from(sizes.tied));
        bytes.resize(LONG_HEADER, 0);
    }
    let kinds = sizes.kinds(version);
    let n: usize = kinds.iter().map(|k| k.bytes().unwrap() / 4 * k.names().len()).sum();
    (0..n).for_each(|i| bytes.extend((i as f32).to_le_bytes()));
    bytes
}

#[test]
fn tensors_lie_kind_by_kind() {
    let file = Llama2c::from_bytes("a", counted(&SIZES, Version::Zero)).unwrap();
    assert_eq!(file.sizes(), SIZES);
    let first = |name: &str| file.f32(name).unwrap()[0];
    // 5·8 numbers of the embedding, two gains of 8, then queries of 8·8 and keys of 4·8.
    assert_eq!(first("tok_embeddings.weight"), 0.0);
    assert_eq!(first("layers.1.attention_norm.weight"), 48.0);
    assert_eq!(first("layers.0.attention.wq.weight"), 56.0);
    assert_eq!(first("layers.1.attention.wk.weight"), 56.0 + 128.0 + 32.0);
    assert_eq!(file.shape("layers.1.attention.wk.weight").unwrap(), [4, 8]);
    assert_eq!(file.shape("layers.0.feed_forward.w2.weight").unwrap(), [8, 6]);
    assert_eq!(file.names().count(), 2 + 9 * 2);
    // The last gain stands before two tables of 3·2.
    let all = counted(&SIZES, Version::Zero).len() / 4 - 7;
    assert_eq!(first("norm.weight"), (all - 12 - 8) as f32);

    let untied = Sizes { tied: false, ..SIZES };
    let file = Llama2c::from_bytes("a", counted(&untied, Version::Zero)).unwrap();
    assert_eq!(file.sizes(), untied);
    assert_eq!(file.f32("output.weight").unwrap()[0], all as f32);

    let file = Llama2c::from_bytes("a", counted(&untied, Version::One)).unwrap();
    assert_eq!(file.sizes(), untied);
    assert_eq!(file.f32("norm.weight").unwrap()[0], 32.0);
    assert_eq!(file.f32("tok_embeddings.weight").unwrap()[0], 40.0);
}

#[test]
fn what_is_written_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.bin");
    let untied = Sizes { tied: false, ..SIZES };
    let file = Llama2c::from_bytes("a", counted(&untied, Version::One)).unwrap();
    write(&path, &untied, |name| file.f32(name)).unwrap();
    assert!(Llama2c::is_one(&path));
    let back = Llama2c::open(&path).unwrap();
    assert_eq!(back.sizes(), untied);
    assert!(back.names().eq(file.names()));
    assert!(file.names().all(|name| file.f32(name).unwrap() == back.f32(name).unwrap()));
    // Cosines of three positions and two frequencies, 1 and 1/100, stand before their sines.
    let bytes = std::fs::read(&path).unwrap();
    let tables = bytes.len() - 4 * (untied.vocab_size * untied.dim + 12);
    let cosines: Vec<f32> = words::<4>(&bytes[tables..]).take(6).map(f32::from_le_bytes).collect();
    let expected = [1.0, 1.0, 1.0_f64.cos(), 0.01_f64.cos(), 2.0_f64.cos(), 0.02_f64.cos()];
    assert_eq!(cosines, expected.map(|x| x as f32));

    let failed = write(&path, &SIZES, |_| Ok::<_, Error>(vec![0.0]));
    let message = failed.unwrap_err().to_string();
    assert!(message.contains("tok_embeddings"), "{message}");
    assert_eq!(std::fs::read(&path).unwrap(), bytes);
}

#[test]
fn lying_files_are_refused() {
    let whole = counted(&SIZES, Version::Zero);
    let refused = |bytes: Vec<u8>, word: &str| {
        let message = Llama2c::from_bytes("lie", bytes).unwrap_err().to_string();
        assert!(message.contains(word), "{message}");
    };
    for length in 0..whole.len() {
        assert!(Llama2c::from_bytes("cut", whole[..length].to_vec()).is_err(), "{length}");
    }
    refused(whole[..whole.len() - 1].to_vec(), "cut short");
    refused([whole.clone(), vec![0; 4]].concat(), "4 bytes follow");
    let with = |place: usize, number: i32| {
        let mut bytes = whole.clone();
        bytes[4 * place..4 * place + 4].copy_from_slice(&number.to_le_bytes());
        bytes
    };
    refused(with(0, 0), "dim is 0");
    refused(with(0, 10), "heads of an even width");
    refused(with(2, -3), "n_layers is 0");
    // Names for so many layers would fill the memory.
    refused(with(2, 1 << 28), "cut short");
    refused(with(4, 3), "cannot share 3");
    refused(with(1, i32::MAX), "hidden_dim is 2147483647");
    let mut two = counted(&SIZES, Version::One);
    two[4] = 2;
    refused(two, "version 2");
}
