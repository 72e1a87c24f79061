//! What every target does: read the bytes, and use what they gave, if they gave something. Here
//! tokenizers, in [`weights`] weights.

pub mod weights;

use tokenizer::{Error, Tokenizer};
use tokenizer::formats::{Choice, Encoding, Format, Source};

/// What a tokenizer is asked to encode.
const TEXTS: [&str; 4] =
    ["", "a Text, with 123 signs!\n", "\u{2581}é日👍 <|endoftext|></s>", "aaaaaaaaaaaaaaaa"];

/// Reads a file of this format: an error or a tokenizer, never a panic.
pub fn read(format: Format, bytes: &[u8]) {
    let choice = Choice { format: Some(format), encoding: Encoding::named("cl100k_base") };
    let read = Tokenizer::from_source(Source { name: "fuzz", bytes }, choice);
    read.into_iter().for_each(|tokenizer| try_out(&tokenizer));
}

/// Reads GPT-2's pair of files, which lie behind each other with a zero byte between.
pub fn read_pair(bytes: &[u8]) {
    let middle = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
    let merges = bytes.get(middle + 1..).unwrap_or_default();
    let source = |bytes| Source { name: "fuzz", bytes };
    let read = Tokenizer::from_pair(source(&bytes[..middle]), source(merges));
    read.into_iter().for_each(|tokenizer| try_out(&tokenizer));
}

fn try_out(tokenizer: &Tokenizer) {
    for text in TEXTS {
        for ids in
            [tokenizer.encode(text), tokenizer.encode_with_special(text)].into_iter().flatten()
        {
            // A file may ask for decoders that make too much of a token, and is told so.
            let decoded = tokenizer.decode(&ids);
            assert!(matches!(decoded, Ok(_) | Err(Error::OutgrownTokens { .. })), "{decoded:?}");
        }
    }
    let _ = tokenizer.decode(&[0, 1, u32::MAX]);
    let _ = tokenizer.encoding(TEXTS[1], Some(TEXTS[2]), true);
    let _ = tokenizer.encodings(&[(TEXTS[0], None), (TEXTS[2], None)], true);
    let mut decoder = tokenizer.decoder();
    (0..tokenizer.vocab_size().min(300) as u32).for_each(|id| drop(decoder.push(id)));
    decoder.finish();
    (0..tokenizer.vocab_size().min(300) as u32).for_each(|id| {
        let _ = tokenizer.token_bytes(id);
    });
    let again = Tokenizer::from_json(&tokenizer.to_json());
    assert!(again.is_ok(), "what we wrote can be read: {again:?}");
}
