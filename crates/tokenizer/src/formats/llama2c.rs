//! llama2.c's `tokenizer.bin`: a SentencePiece vocabulary as karpathy/llama2.c exports it.
//!
//! Layout, little endian: `u32` the length of the longest token, then for each id an `f32` score, a
//! `u32` length and the token's bytes, with plain spaces where SentencePiece has U+2581. How many
//! ids there are is not written: they run to the end of the file. By convention ids 0 to 2 are
//! unknown, `\n<s>\n` and `\n</s>\n`, and ids 3 to 258 the bytes `<0x00>` to `<0xFF>`.

pub(crate) mod tokenizer;

use super::source::{Cursor, MAX_TOKEN_BYTES, Source, shown};
use crate::hash::KeyedMap;
use crate::{Error, byte_piece};

/// The first of 256 ids in a row that stand for bytes.
pub(crate) const FIRST_BYTE: usize = 3;

/// Ids that are neither bytes nor pieces: unknown, begin, end.
pub(crate) const BEGIN: u32 = 1;

/// The fewest ids there can be.
const FEWEST: usize = FIRST_BYTE + 256;

/// The tokens of a file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Llama2c {
    /// By id: the token, and its score. Merges of higher scores come first.
    pub(crate) tokens: Vec<(String, f32)>,
}

/// Reads a file. Nothing about it is trusted.
pub(crate) fn read(source: Source<'_>) -> Result<Llama2c, Error> {
    let mut cursor = Cursor::new(source);
    let longest = cursor.u32("the length of the longest token")?;
    let mut tokens = vec![];
    while !cursor.is_at_end() {
        tokens.push(token(source, &mut cursor, tokens.len())?);
    }
    source.check_count(tokens.len())?;
    check(source, &tokens, longest)?;
    Ok(Llama2c { tokens })
}

fn token(source: Source<'_>, cursor: &mut Cursor<'_>, id: usize) -> Result<(String, f32), Error> {
    let place = format!("token {id} (byte {})", cursor.at());
    let score = cursor.f32("a score")?;
    let len = cursor.u32("a token's length")? as usize;
    if len == 0 || len > MAX_TOKEN_BYTES {
        let cause = format!("a length of {len}, expected 1 to {MAX_TOKEN_BYTES}");
        return Err(source.bad(place, cause));
    }
    let bytes = cursor.take(len, "a token")?;
    if !score.is_finite() {
        return Err(source.bad(place, format!("the score {score} is not a finite number")));
    }
    match std::str::from_utf8(bytes) {
        Ok(token) => Ok((token.to_owned(), score)),
        Err(_) => Err(source.bad(place, format!("the token {} is not UTF-8", shown(bytes)))),
    }
}

fn check(source: Source<'_>, tokens: &[(String, f32)], longest: u32) -> Result<(), Error> {
    if tokens.len() < FEWEST {
        let cause = format!("it has {} tokens, expected at least {FEWEST}", tokens.len());
        return Err(source.bad("the whole file", cause));
    }
    for byte in 0..=u8::MAX {
        let id = FIRST_BYTE + usize::from(byte);
        if tokens[id].0 != byte_piece::of(byte) {
            let found = shown(tokens[id].0.as_bytes());
            let cause = format!("expected {:?}, found {found}", byte_piece::of(byte));
            return Err(source.bad(format!("token {id}"), cause));
        }
    }
    let mut ids = KeyedMap::default();
    for (id, (token, _)) in tokens.iter().enumerate() {
        if token.len() > longest as usize {
            let cause = format!("{} bytes, the longest should have {longest}", token.len());
            return Err(source.bad(format!("token {id}"), cause));
        }
        if let Some(first) = ids.insert(token.as_str(), id) {
            let cause = format!("{} is token {first} too", shown(token.as_bytes()));
            return Err(source.bad(format!("token {id}"), cause));
        }
    }
    Ok(())
}

/// The file, as run.c reads it.
pub(crate) fn write(file: &Llama2c) -> Vec<u8> {
    let longest = file.tokens.iter().map(|(token, _)| token.len()).max().unwrap_or(0);
    let mut bytes = (longest as u32).to_le_bytes().to_vec();
    for (token, score) in &file.tokens {
        bytes.extend(score.to_le_bytes());
        bytes.extend((token.len() as u32).to_le_bytes());
        bytes.extend(token.as_bytes());
    }
    bytes
}

#[cfg(test)]
pub(crate) mod tests {
    //! A small file: whole, and broken in each place.

    use super::*;

    pub(crate) fn small() -> Llama2c {
        let bytes = (0..=u8::MAX).map(|byte| (byte_piece::of(byte), 0.0));
        let control = ["<unk>", "\n<s>\n", "\n</s>\n"].map(|token| (token.to_owned(), 0.0));
        let pieces = [(" a", -0.0), ("ab", -1.0), (" ab", -2.0), (" ", -3.0), ("a", -4.0)];
        let pieces = pieces.into_iter().chain([("b", -5.0), ("é", -6.0)]);
        let pieces = pieces.map(|(piece, score)| (piece.to_owned(), score));
        Llama2c { tokens: control.into_iter().chain(bytes).chain(pieces).collect() }
    }

    fn check_refused(bytes: &[u8], expected: &str) {
        let message = read(Source { name: "tok.bin", bytes }).unwrap_err().to_string();
        assert!(message.starts_with("tok.bin, ") && message.contains(expected), "{message}");
    }

    #[test]
    fn what_was_written_is_read() {
        let bytes = write(&small());
        assert_eq!(read(Source { name: "tok.bin", bytes: &bytes }).unwrap(), small());
        assert_eq!(bytes[..4], 6u32.to_le_bytes()); // "\n</s>\n" and "<0x00>"
    }

    #[test]
    fn what_is_broken_is_named() {
        let whole = write(&small());
        check_refused(&[], "byte 0: the length of the longest token should have 4 bytes, 0");
        check_refused(&whole[..4], "it holds no tokens");
        check_refused(&whole[..whole.len() - 1], "a token should have 2 bytes, 1 are left");
        check_refused(&whole[..99], "are left");
        let mut broken = whole.clone();
        broken[8..12].copy_from_slice(&u32::MAX.to_le_bytes());
        check_refused(&broken, "token 0 (byte 4): a length of 4294967295");
        let mut twice = small();
        twice.tokens.push((" a".to_owned(), 0.0));
        check_refused(&write(&twice), "token 266: \" a\" is token 259 too");
        let mut infinite = small();
        infinite.tokens[260].1 = f32::NAN;
        check_refused(&write(&infinite), "token 260 (byte 3638): the score NaN");
        let mut few = small();
        few.tokens.truncate(258);
        check_refused(&write(&few), "it has 258 tokens, expected at least 259");
        let mut shifted = small();
        shifted.tokens.swap(3, 4);
        check_refused(&write(&shifted), "token 3: expected \"<0x00>\", found \"<0x01>\"");
    }
}
