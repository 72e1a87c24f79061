//! Bytes as a file of [`Format::Llama2c`].
#![no_main]

use tokenizer::formats::Format;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::read(Format::Llama2c, bytes));
