//! Bytes as a file of `torch.save`, of either form.
#![no_main]

use formats::pytorch::PyTorch;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::weights::read(
    PyTorch::from_bytes("fuzz", bytes.to_vec()),
    bytes.len(),
));
