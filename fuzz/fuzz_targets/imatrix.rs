//! Bytes as an importance matrix, in both forms: what is read has a mean for every column, each a number.
#![no_main]

use formats::imatrix::Imatrix;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(read) = Imatrix::from_bytes("fuzz", bytes.to_vec()) else { return };
    assert!(!read.is_empty());
    for name in read.names() {
        let means = read.get(name).expect("a name that was told").means();
        assert!(!means.is_empty() && means.len() * 4 <= bytes.len());
        assert!(means.iter().all(|x| *x >= 0.0), "{name}");
    }
});
