//! Bytes as a file of [`Format::Tiktoken`].
#![no_main]

use tokenizer::formats::Format;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::read(Format::Tiktoken, bytes));
