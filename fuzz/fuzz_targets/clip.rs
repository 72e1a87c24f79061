//! Bytes as a file of [`Format::Clip`].
#![no_main]

use tokenizer::formats::Format;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::read(Format::Clip, bytes));
