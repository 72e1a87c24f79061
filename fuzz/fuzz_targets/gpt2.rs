//! Bytes as GPT-2's pair of files, with a zero byte between.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::read_pair(bytes));
