//! Bytes as a file of safetensors.
#![no_main]

use formats::safetensors::SafeTensors;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::weights::read(
    SafeTensors::from_bytes("fuzz", bytes.to_vec()),
    bytes.len(),
));
