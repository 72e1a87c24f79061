//! Bytes as weights of llama2.c.
#![no_main]

use formats::llama2c::Llama2c;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::weights::read(
    Llama2c::from_bytes("fuzz", bytes.to_vec()),
    bytes.len(),
));
