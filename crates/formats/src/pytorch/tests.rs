//! Whole files: those that PyTorch wrote, and those that lie.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::zip::tests::archive;
use super::{Error, PyTorch};
use crate::{Dtype, Tensors};

fn testdata() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/weights")
}

/// What PyTorch says of the golden files, by file and tensor; `bench/parity/weights --golden` makes them.
fn golden() -> Value {
    let text = std::fs::read_to_string(testdata().join("values.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn files_of_pytorch_hold_what_pytorch_says() {
    let golden = golden();
    for (file, tensors) in golden["files"].as_object().unwrap() {
        let opened = PyTorch::open(&testdata().join(file)).unwrap();
        let tensors = tensors.as_object().unwrap();
        assert!(opened.names().eq(tensors.keys().map(String::as_str)), "{file}");
        for (name, expected) in tensors {
            let shape: Vec<usize> = serde_json::from_value(expected["shape"].clone()).unwrap();
            assert_eq!(opened.shape(name).unwrap(), shape, "{file}: {name}");
            assert_eq!(opened.dtype(name).unwrap().name(), expected["dtype"], "{file}: {name}");
            if let Ok(whole) = opened.i64(name) {
                assert_eq!(serde_json::json!(whole), expected["whole"], "{file}: {name}");
            } else if opened.dtype(name).unwrap() == Dtype::C64 {
                assert!(opened.f32(name).is_err());
            } else {
                let bits: Vec<u32> =
                    opened.f32(name).unwrap().iter().map(|v| v.to_bits()).collect();
                assert_eq!(serde_json::json!(bits), expected["bits"], "{file}: {name}");
            }
        }
    }
}

#[test]
fn golden_files_are_of_both_forms_and_all_types() {
    let golden = golden();
    let tensors = |file: &str| golden["files"][file].as_object().unwrap().len();
    assert!(tensors("zip.pt") >= 20 && tensors("legacy.pt") >= 20);
    let dtypes: std::collections::BTreeSet<&str> = golden["files"]["zip.pt"]
        .as_object()
        .unwrap()
        .values()
        .filter_map(|t| t["dtype"].as_str())
        .collect();
    assert_eq!(dtypes.len(), 17, "{dtypes:?}");
}

#[test]
fn code_is_refused_by_name() {
    for file in ["code.pt", "code-legacy.pt", "module.pt"] {
        let error = PyTorch::open(&testdata().join(file)).unwrap_err();
        assert!(matches!(error, Error::Code { .. }), "{file}: {error}");
        let message = error.to_string();
        let name = if file == "module.pt" { "torch.nn.modules.linear.Linear" } else { "os.system" };
        assert!(message.contains(name) && message.contains("was not run"), "{message}");
        assert!(message.contains(file), "{message}");
    }
    let bare = PyTorch::from_bytes("bare", b"cos\nsystem\n(S'true'\ntR.".to_vec());
    assert!(matches!(bare, Err(Error::Code { names, .. }) if names == ["os.system"]));
}

#[test]
fn files_of_pytorch_cut_anywhere_or_with_a_byte_changed_give_no_panic() {
    for file in ["zip.pt", "legacy.pt"] {
        let whole = std::fs::read(testdata().join(file)).unwrap();
        for len in (0..whole.len()).step_by(7) {
            assert!(PyTorch::from_bytes("cut", whole[..len].to_vec()).is_err(), "{file}: {len}");
        }
        for at in (0..whole.len()).step_by(3) {
            let mut changed = whole.clone();
            changed[at] ^= 0xff;
            let Ok(opened) = PyTorch::from_bytes("changed", changed) else { continue };
            for name in opened.names() {
                let _ = (opened.f32(name), opened.i64(name));
            }
        }
    }
}

/// A pickle of `{"w": tensor}` whose storage has the key 0, a type, and so many numbers.
fn pickled(kind: &str, count: u8) -> Vec<u8> {
    let head = b"\x80\x02}X\x01\0\0\0wctorch._utils\n_rebuild_tensor_v2\n((X\x07\0\0\0storage";
    let storage = [b"ctorch\n", kind.as_bytes(), b"\nX\x01\0\0\x000X\x03\0\0\0cpuK"].concat();
    [&head[..], &storage, &[count], b"tQK\x00K\x02\x85K\x01\x85\x89)tRs."].concat()
}

#[test]
fn a_small_archive_is_read() {
    let numbers = [1.0_f32.to_le_bytes(), 2.0_f32.to_le_bytes()].concat();
    let pickle = pickled("FloatStorage", 2);
    let file =
        archive(&[("m/data.pkl", &pickle), ("m/byteorder", b"little"), ("m/data/0", &numbers)]);
    let opened = PyTorch::from_bytes("m", file).unwrap();
    assert_eq!(opened.f32("w").unwrap(), [1.0, 2.0]);
    assert_eq!(opened.f32_rows("w", 1, 2).unwrap(), [2.0]);
}

#[test]
fn archives_that_are_none_of_torch_are_refused() {
    let check = |files: &[(&str, &[u8])], words: &[&str]| {
        let message = PyTorch::from_bytes("m.pt", archive(files)).unwrap_err().to_string();
        for word in words {
            assert!(message.contains(word), "{message}");
        }
    };
    let pickle = &pickled("FloatStorage", 2)[..];
    check(&[("m/data.txt", pickle)], &["m.pt", "one entry */data.pkl", "found 0"]);
    check(&[("m/data.pkl", pickle), ("n/data.pkl", pickle)], &["found 2"]);
    check(&[("m/data.pkl", pickle), ("m/byteorder", b"big")], &["big-endian"]);
    check(&[("m/data.pkl", pickle)], &["tensor \"w\"", "storage \"0\" is not in the file"]);
    check(&[("m/data.pkl", pickle), ("m/data/0", b"1234567")], &["2 numbers and holds 7 bytes"]);
    check(&[("m/data.pkl", b"K\x01.")], &["expected a dictionary"]);
    check(&[("m/data.pkl", b"\x80\x02")], &["wrong at byte 2", "ends early"]);
    check(&[("m/data.pkl", &pickled("QInt8Storage", 2))], &["torch.QInt8Storage"]);
}

#[test]
fn what_is_neither_form_says_so() {
    for bytes in [&b""[..], b"<!DOCTYPE html>", b"K\x01.", b"\x80\x02M\xe9\x03."] {
        let message = PyTorch::from_bytes("m", bytes.to_vec()).unwrap_err().to_string();
        assert!(message.contains("neither an archive nor"), "{message}");
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pytorch_model.bin");
    std::fs::write(&path, "version https://git-lfs.github.com/spec/v1\noid sha256:0\n").unwrap();
    assert!(PyTorch::open(&path).unwrap_err().to_string().contains("git lfs pull"));
}
