//! Bytes as a file of [`Format::Gguf`].
#![no_main]

use tokenizer::formats::Format;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::read(Format::Gguf, bytes));
