//! Both forms, whole and broken in each place.

use super::*;

fn made() -> Imatrix {
    let mut made = Imatrix {
        datasets: vec!["a.txt".into()],
        chunks: 3,
        chunk_size: 512,
        ..Imatrix::default()
    };
    made.insert("blk.0.ffn_up.weight", Entry::new(vec![2.0, 4.0, 0.0], vec![2.0]).unwrap());
    let stack = Entry::new(vec![1.0, 3.0, 0.0, 0.0], vec![4.0, 0.0]).unwrap();
    made.insert("blk.0.ffn_up_exps.weight", stack);
    made
}

#[test]
fn what_is_saved_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.gguf");
    made().save(&path).unwrap();
    let back = Imatrix::open(&path).unwrap();
    assert_eq!(back, made());
    assert_eq!(back.get("blk.0.ffn_up.weight").unwrap().means(), [1.0, 2.0, 0.0]);
    // The second matrix of the stack met nothing.
    let stack = back.get("blk.0.ffn_up_exps.weight").unwrap();
    assert_eq!(stack.means(), [0.25, 0.75, 1.0, 1.0]);
    let file = Gguf::open(&path).unwrap();
    assert_eq!(file.metadata()["general.type"], "imatrix");
    assert_eq!(file.metadata()["imatrix.chunk_size"], 512);
    assert_eq!(file.shape("blk.0.ffn_up_exps.weight.in_sum2").unwrap(), [2, 2]);
    assert_eq!(file.shape("blk.0.ffn_up_exps.weight.counts").unwrap(), [2, 1]);
}

/// A GGUF file of these tensors.
fn file(tensors: &[(&str, &[usize], &str, &[f32])]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.gguf");
    let planned: Vec<Planned> = tensors
        .iter()
        .map(|(name, shape, kind, _)| Planned {
            name: (*name).to_string(),
            shape: shape.to_vec(),
            kind: Kind::to_write(kind).unwrap(),
        })
        .collect();
    let values = |name: &str| {
        let found = tensors.iter().find(|(own, ..)| *own == name).unwrap();
        Ok::<_, Error>(found.3.to_vec())
    };
    write(&path, &[], &planned, values).unwrap();
    std::fs::read(path).unwrap()
}

fn refused(bytes: Vec<u8>, why: &str) {
    let message = Imatrix::from_bytes("a", bytes).unwrap_err().to_string();
    assert!(message.contains(why), "{message}");
}

#[test]
fn a_file_that_is_none_is_refused_with_the_reason() {
    refused(file(&[("a.weight", &[2], "F32", &[1.0, 2.0])]), "no tensor NAME.in_sum2");
    let sums = ("a.in_sum2", &[1, 2][..], "F32", &[1.0, 2.0][..]);
    refused(file(&[sums]), "there is no a.counts");
    let counts = |n: &'static [f32]| ("a.counts", &[1, 1][..], "F32", n);
    assert!(Imatrix::from_bytes("a", file(&[sums, counts(&[2.0])])).is_ok());
    refused(file(&[sums, counts(&[-1.0])]), "-1 is no sum of squares");
    refused(file(&[("a.in_sum2", &[2], "BF16", &[1.0; 2]), counts(&[1.0])]), "BF16, not F32");
    let two = ("a.counts", &[2, 1][..], "F32", &[1.0, 1.0][..]);
    refused(file(&[sums, two]), "do not go with 2 counts");
    assert!(Entry::new(vec![f32::NAN], vec![1.0]).unwrap_err().contains("NaN"));
    assert!(Entry::new(vec![1.0; 3], vec![1.0; 2]).unwrap_err().contains("no matrices"));
    assert!(Entry::new(vec![], vec![]).is_err());
}

/// The older form of one matrix, with what was added to it later.
fn older() -> Vec<u8> {
    let text = |s: &str| [&(s.len() as i32).to_le_bytes(), s.as_bytes()].concat();
    let mut bytes = 1_i32.to_le_bytes().to_vec();
    bytes.extend(text("blk.0.ffn_up.weight"));
    bytes.extend([4_i32, 2].iter().flat_map(|n| n.to_le_bytes()));
    bytes.extend([2.0_f32, 8.0].iter().flat_map(|x| x.to_le_bytes()));
    bytes.extend(7_i32.to_le_bytes());
    bytes.extend(text("b.txt"));
    bytes
}

#[test]
fn the_older_form_is_read() {
    let read = Imatrix::from_bytes("a", older()).unwrap();
    assert_eq!(read.get("blk.0.ffn_up.weight").unwrap().means(), [0.5, 2.0]);
    assert_eq!((read.chunks, &read.datasets[..]), (7, &["b.txt".to_string()][..]));
    let plain = Imatrix::from_bytes("a", older()[..43].to_vec()).unwrap();
    assert_eq!((plain.len(), plain.chunks, plain.datasets.len()), (1, 0, 0));
    let with = |at: usize, value: i32| {
        let mut bytes = older();
        bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
        bytes
    };
    let uncounted = Imatrix::from_bytes("a", with(27, 0)).unwrap();
    assert_eq!(uncounted.get("blk.0.ffn_up.weight").unwrap().means(), [2.0, 8.0]);
    refused(with(0, 0), "no entries");
    refused(with(0, i32::MAX), "2147483647 is no number of entries");
    refused(with(0, 2), "bytes");
    refused(with(4, -1), "-1 is no number of bytes of a name");
    refused(with(31, i32::MAX), "is no number of columns");
    refused(with(35, f32::NAN.to_bits().cast_signed()), "NaN is no sum of squares");
    refused(older()[..38].to_vec(), "is no number of columns");
    refused(b"no".to_vec(), "it ends early");
    let twice = [&2_i32.to_le_bytes(), &older()[4..43], &older()[4..43]].concat();
    refused(twice, "is there twice");
}
