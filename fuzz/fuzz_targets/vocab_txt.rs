//! Bytes as a file of [`Format::VocabTxt`].
#![no_main]

use tokenizer::formats::Format;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::read(Format::VocabTxt, bytes));
