//! tiktoken's rank files: one token a line, its bytes in base64, a space, its rank, which is its id
//! and the order in which pairs are merged.
//!
//! The file has neither the pattern that cuts text into words nor the special tokens; those of the
//! published encodings are in [`encodings`] and are chosen by name.
//!
//! Left out on purpose: ranks that do not have all 256 single bytes; tiktoken fails on some texts
//! with such.

pub(crate) mod encodings;
pub(crate) mod tokenizer;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::source::{Source, shown};
use crate::Error;
use crate::hash::KeyedMap;

/// The longest token in bytes: eight times the longest published one.
const MAX_RANKED_BYTES: usize = 1024;

/// The tokens of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ranks {
    /// In the order of the ranks, which may have gaps.
    pub(crate) tokens: Vec<(Box<[u8]>, u32)>,
}

/// Reads a file. Nothing about it is trusted.
pub(crate) fn read(source: Source<'_>) -> Result<Ranks, Error> {
    let mut tokens = vec![];
    let mut lines: KeyedMap<Box<[u8]>, usize> = KeyedMap::default();
    for (number, line) in (1..).zip(source.text()?.lines()) {
        if line.trim().is_empty() {
            continue;
        }
        let (token, rank) =
            parse_line(line).map_err(|cause| source.bad(format!("line {number}"), cause))?;
        if let Some(first) = lines.insert(token.clone(), number) {
            let cause = format!("{} stands in line {first} too", shown(&token));
            return Err(source.bad(format!("line {number}"), cause));
        }
        tokens.push((token, rank));
    }
    source.check_count(tokens.len())?;
    tokens.sort_by_key(|&(_, rank)| rank);
    check(source, &tokens, &lines)?;
    Ok(Ranks { tokens })
}

/// Whether a line could be one of a rank file.
pub(crate) fn is_line(line: &str) -> bool {
    parse_line(line).is_ok()
}

fn parse_line(line: &str) -> Result<(Box<[u8]>, u32), String> {
    let mut parts = line.split_ascii_whitespace();
    let (Some(token), Some(rank), None) = (parts.next(), parts.next(), parts.next()) else {
        return Err("expected a token in base64, a space and its rank".to_owned());
    };
    let longest = MAX_RANKED_BYTES.div_ceil(3) * 4;
    if token.len() > longest {
        return Err(format!("a token of more than {MAX_RANKED_BYTES} bytes"));
    }
    let bytes = STANDARD.decode(token).map_err(|e| format!("the token is not base64 ({e})"))?;
    if bytes.is_empty() {
        return Err("the token is empty".to_owned());
    }
    match rank.parse() {
        Ok(rank) => Ok((bytes.into(), rank)),
        Err(_) => Err(format!("the rank is {}, expected a number", shown(rank.as_bytes()))),
    }
}

/// `tokens` in the order of their ranks.
fn check(
    source: Source<'_>,
    tokens: &[(Box<[u8]>, u32)],
    lines: &KeyedMap<Box<[u8]>, usize>,
) -> Result<(), Error> {
    let line = |token: &[u8]| format!("line {}", lines.get(token).copied().unwrap_or(0));
    for pair in tokens.windows(2) {
        if pair[0].1 == pair[1].1 {
            let (one, two) = (shown(&pair[0].0), shown(&pair[1].0));
            let cause = format!("rank {} is both {one} and {two}", pair[0].1);
            return Err(source.bad(line(&pair[1].0), cause));
        }
    }
    // Gaps are left for special tokens, and a small file must not ask for a large table.
    if let Some((token, rank)) =
        tokens.last().filter(|&&(_, r)| r as usize > 2 * tokens.len() + 1024)
    {
        let cause = format!("rank {rank} in a file of {} tokens", tokens.len());
        return Err(source.bad(line(token), cause));
    }
    let mut single = [false; 256];
    for (token, _) in tokens.iter().filter(|(token, _)| token.len() == 1) {
        single[usize::from(token[0])] = true;
    }
    match single.iter().position(|&found| !found) {
        Some(byte) => {
            let cause = format!("no token is the byte 0x{byte:02x} alone, expected all 256");
            Err(source.bad("the whole file", cause))
        }
        None => Ok(()),
    }
}

/// The file, as tiktoken reads it.
pub(crate) fn write(ranks: &Ranks) -> Vec<u8> {
    let mut text = String::new();
    for (token, rank) in &ranks.tokens {
        STANDARD.encode_string(token, &mut text);
        text.push_str(&format!(" {rank}\n"));
    }
    text.into_bytes()
}

#[cfg(test)]
pub(crate) mod tests {
    //! A small file: whole, and broken in each place.

    use super::*;

    pub(crate) fn with_tokens(tokens: &[&str]) -> Ranks {
        let bytes = (0..=u8::MAX).map(|byte| Box::from([byte]));
        let tokens = tokens.iter().map(|token| token.as_bytes().into());
        Ranks { tokens: bytes.chain(tokens).zip(0..).collect() }
    }

    pub(crate) fn small() -> Ranks {
        let mut ranks = with_tokens(&["lo", "low", "er", " low"]);
        ranks.tokens.last_mut().unwrap().1 = 300;
        ranks
    }

    fn check_refused(text: &str, expected: &str) {
        let source = Source { name: "x.tiktoken", bytes: text.as_bytes() };
        let message = read(source).unwrap_err().to_string();
        assert!(message.starts_with("x.tiktoken, ") && message.contains(expected), "{message}");
    }

    #[test]
    fn what_was_written_is_read() {
        let bytes = write(&small());
        assert!(bytes.starts_with(b"AA== 0\nAQ== 1\n") && bytes.ends_with(b"IGxvdw== 300\n"));
        assert_eq!(read(Source { name: "x.tiktoken", bytes: &bytes }).unwrap(), small());
    }

    #[test]
    fn what_is_broken_is_named() {
        let whole = String::from_utf8(write(&small())).unwrap();
        check_refused("", "it holds no tokens");
        check_refused(&whole[..28], "no token is the byte 0x04 alone");
        check_refused(&format!("{whole}bG93 301"), "line 261: \"low\" stands in line 258 too");
        check_refused(&format!("{whole}bG93bG93 12"), "line 261: rank 12 is both \"\\u{c}\" and");
        check_refused(&format!("{whole}bG93bG93"), "line 261: expected a token in base64");
        check_refused(&format!("{whole}b*93bG93 301"), "line 261: the token is not base64");
        check_refused(&format!("{whole}bG93bG93 -1"), "line 261: the rank is \"-1\"");
        check_refused(&format!("{whole}bG93bG93 4000000000"), "line 261: rank 4000000000 in a");
        check_refused(&format!("{whole}{} 301", "A".repeat(2000)), "more than 1024 bytes");
        check_refused(&whole.replace("IA== 32\n", ""), "no token is the byte 0x20 alone");
    }
}
