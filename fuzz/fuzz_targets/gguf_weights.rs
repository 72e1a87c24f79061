//! Bytes as a GGUF file: its head, and of every tensor its numbers.
#![no_main]

use formats::gguf::Gguf;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(file) = Gguf::from_bytes("fuzz", bytes.to_vec()) else { return };
    for name in file.names().take(64) {
        let count: usize = file.shape(name).expect("a name that was told").iter().product();
        assert!(count <= bytes.len() * 8, "{count} numbers of {} bytes", bytes.len());
        assert_eq!(file.f32(name).expect("a tensor that was checked").len(), count);
        let _ = (file.f32_place(name, 0), file.f32_place(name, usize::MAX));
    }
});
