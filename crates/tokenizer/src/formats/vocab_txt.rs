//! WordPiece's `vocab.txt`, as google-research/bert writes it: one token a line, its number the
//! line's from 0 on; a token inside a word begins with `##`, special ones stand in brackets.
//!
//! What the file does not say is whether text is put in lower case first: vocabularies without a
//! capital letter in any ordinary token are taken for such.

pub(crate) mod tokenizer;

use super::source::{MAX_TOKEN_BYTES, Source, shown};
use crate::Error;
use crate::hash::KeyedMap;

/// The token for a word that has no pieces.
pub(crate) const UNKNOWN: &str = "[UNK]";

/// The tokens of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct VocabTxt {
    /// By id.
    pub(crate) tokens: Vec<String>,
}

impl VocabTxt {
    pub(crate) fn id(&self, token: &str) -> Option<u32> {
        self.tokens.iter().position(|other| other == token).map(|id| id as u32)
    }

    /// Whether no ordinary token has a capital letter.
    pub(crate) fn is_lower_case(&self) -> bool {
        let ordinary = self.tokens.iter().filter(|token| !is_special(token));
        // Some signs count as capital letters and have no small one.
        ordinary.flat_map(|token| token.chars()).all(|c| c.to_lowercase().eq([c]))
    }
}

/// Whether a token stands outside the text by the convention of its name.
pub(crate) fn is_special(token: &str) -> bool {
    token.len() > 2 && token.starts_with('[') && token.ends_with(']') && !token.contains(' ')
}

/// Reads a file. Nothing about it is trusted.
pub(crate) fn read(source: Source<'_>) -> Result<VocabTxt, Error> {
    let text = source.text()?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines = text.trim_end_matches(['\n', '\r']).split('\n');
    let mut tokens: Vec<String> = vec![];
    let mut ids: KeyedMap<&str, usize> = KeyedMap::default();
    for (id, line) in lines.enumerate() {
        let token = line.strip_suffix('\r').unwrap_or(line);
        let refuse = |cause| Err(source.bad(format!("line {}", id + 1), cause));
        if token.is_empty() {
            return refuse("the line is empty, expected one token".to_owned());
        }
        if token.len() > MAX_TOKEN_BYTES {
            return refuse(format!("a token of {} bytes, at most {MAX_TOKEN_BYTES}", token.len()));
        }
        if let Some(first) = ids.insert(token, id) {
            let first = first + 1;
            return refuse(format!("{} stands in line {first} too", shown(token.as_bytes())));
        }
        tokens.push(token.to_owned());
    }
    source.check_count(tokens.len())?;
    let file = VocabTxt { tokens };
    if file.id(UNKNOWN).is_none() {
        return Err(source.bad("the whole file", format!("it has no line {UNKNOWN}")));
    }
    Ok(file)
}

/// The file.
pub(crate) fn write(file: &VocabTxt) -> Vec<u8> {
    file.tokens.iter().flat_map(|token| [token.as_bytes(), b"\n"].concat()).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    //! A small file: whole, and broken in each place.

    use super::*;

    pub(crate) fn small() -> VocabTxt {
        let tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "un", "##aff", "##able", "é"];
        VocabTxt { tokens: tokens.map(str::to_owned).to_vec() }
    }

    fn check_refused(bytes: &[u8], expected: &str) {
        let message = read(Source { name: "vocab.txt", bytes }).unwrap_err().to_string();
        assert!(message.starts_with("vocab.txt, ") && message.contains(expected), "{message}");
    }

    #[test]
    fn what_was_written_is_read() {
        let bytes = write(&small());
        assert_eq!(read(Source { name: "vocab.txt", bytes: &bytes }).unwrap(), small());
        let lines = String::from_utf8(bytes).unwrap().replace('\n', "\r\n");
        let crlf = Source { name: "vocab.txt", bytes: lines.trim_end().as_bytes() };
        assert_eq!(read(crlf).unwrap(), small());
    }

    #[test]
    fn lower_case_is_guessed() {
        assert!(small().is_lower_case());
        let mut cased = small();
        cased.tokens.push("##É".to_owned());
        assert!(!cased.is_lower_case());
    }

    #[test]
    fn what_is_broken_is_named() {
        check_refused(b"", "line 1: the line is empty");
        check_refused(b"[UNK]\na\n\nb\n", "line 3: the line is empty");
        check_refused(b"[UNK]\na\nb\na\n", "line 4: \"a\" stands in line 2 too");
        check_refused(b"[UNK]\n\xff\n", "line 2 (byte 6): a byte that is not UTF-8");
        check_refused(b"a\nb\n", "it has no line [UNK]");
        check_refused(&b"a".repeat(5000), "line 1: a token of 5000 bytes");
    }
}
