//! GPT-2's pair of files: `vocab.json` (or `encoder.json`), a JSON object of tokens and ids, and
//! `merges.txt` (or `vocab.bpe`), one merge a line, the first learned first, two tokens with a
//! space between. Bytes are written as visible characters (see `byte_level`). A first line that
//! begins with `#version` is no merge.
//!
//! Which tokens stand outside the text is not written; they are those that no merge makes, that
//! are more than one byte, and whose names are in angle or square brackets.

pub(crate) mod tokenizer;

use std::borrow::Cow;

use serde::de::{Deserializer, MapAccess, Visitor};

use super::source::{MAX_TOKEN_BYTES, Source, shown};
use crate::Error;
use crate::hash::{KeyedMap, KeyedSet};

/// The first line of files by their original writer.
const VERSION: &str = "#version: 0.2";

/// The content of both files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Gpt2 {
    /// By id, in visible characters; `None` where the ids have a hole.
    pub(crate) tokens: Vec<Option<String>>,
    /// By rank: left, right, product.
    pub(crate) merges: Vec<(u32, u32, u32)>,
}

/// Reads both files. Nothing about them is trusted.
pub(crate) fn read(vocab: Source<'_>, merges: Source<'_>) -> Result<Gpt2, Error> {
    let ids = read_vocab(vocab)?;
    let merges = read_merges(merges, &ids)?;
    let last = ids.values().copied().max().unwrap_or(0) as usize;
    let mut tokens: Vec<Option<String>> = vec![None; last + 1];
    for (token, id) in ids {
        let place = &mut tokens[id as usize];
        if let Some(other) = place {
            let (one, two) = (shown(other.as_bytes()), shown(token.as_bytes()));
            return Err(vocab.bad(format!("id {id}"), format!("it is both {one} and {two}")));
        }
        *place = Some(token);
    }
    Ok(Gpt2 { tokens, merges })
}

fn read_vocab(source: Source<'_>) -> Result<KeyedMap<String, u32>, Error> {
    let text = source.text()?;
    let mut reader = serde_json::Deserializer::from_str(text);
    let entries = reader.deserialize_map(Entries).and_then(|entries| {
        reader.end()?;
        Ok(entries)
    });
    let entries = entries.map_err(|e| {
        let place = format!("line {} column {}", e.line(), e.column());
        source.bad(place, format!("{e}; expected a JSON object of tokens and ids"))
    })?;
    source.check_count(entries.len())?;
    // Ids may have holes, but a small file must not ask for a large table.
    let most = 2 * entries.len() + 1024;
    let mut ids = KeyedMap::default();
    for (token, id) in entries {
        let refuse = |cause| Err(source.bad(format!("token {}", shown(token.as_bytes())), cause));
        if token.is_empty() || token.len() > MAX_TOKEN_BYTES {
            return refuse(format!("{} bytes, expected 1 to {MAX_TOKEN_BYTES}", token.len()));
        }
        if id as usize > most {
            return refuse(format!("the id {id} in a file of few tokens, at most {most}"));
        }
        if ids.contains_key(&token) {
            return refuse("it is there twice".to_owned());
        }
        ids.insert(token, id);
    }
    Ok(ids)
}

/// All entries, those with the same key too.
struct Entries;

impl<'de> Visitor<'de> for Entries {
    type Value = Vec<(String, u32)>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("tokens and ids")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let mut entries = vec![];
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(entries)
    }
}

fn read_merges(
    source: Source<'_>,
    ids: &KeyedMap<String, u32>,
) -> Result<Vec<(u32, u32, u32)>, Error> {
    let mut merges = vec![];
    let mut seen = KeyedMap::default();
    for (number, line) in (1..).zip(source.text()?.lines()) {
        if line.is_empty() || (number == 1 && line.starts_with("#version")) {
            continue;
        }
        let merge =
            merge(line, ids).map_err(|cause| source.bad(format!("line {number}"), cause))?;
        if let Some(first) = seen.insert((merge.0, merge.1), number) {
            let cause = format!("the merge {} stands in line {first} too", shown(line.as_bytes()));
            return Err(source.bad(format!("line {number}"), cause));
        }
        merges.push(merge);
    }
    Ok(merges)
}

/// The ids of both sides and of what they make.
pub(crate) fn merge(line: &str, ids: &KeyedMap<String, u32>) -> Result<(u32, u32, u32), String> {
    // A token may begin with a space that was not written as a visible character.
    let space = line.char_indices().skip(1).find(|&(_, c)| c == ' ');
    let Some((left, right)) = space.map(|(at, _)| (&line[..at], &line[at + 1..])) else {
        return Err(format!("{} is not two tokens with a space between", shown(line.as_bytes())));
    };
    let id = |token: Cow<'_, str>| match ids.get(&*token) {
        Some(&id) => Ok(id),
        None => Err(format!(
            "the merge {} needs the token {}, which the vocabulary lacks",
            shown(line.as_bytes()),
            shown(token.as_bytes())
        )),
    };
    Ok((id(left.into())?, id(right.into())?, id([left, right].concat().into())?))
}

impl Gpt2 {
    /// Ids of tokens that stand outside the text.
    pub(crate) fn specials(&self) -> Vec<u32> {
        let made: KeyedSet<u32> = self.merges.iter().map(|merge| merge.2).collect();
        let in_brackets = |token: &str| {
            token.len() > 2
                && [('<', '>'), ('[', ']')]
                    .iter()
                    .any(|&(a, b)| token.starts_with(a) && token.ends_with(b))
        };
        let is_special = |&(id, token): &(u32, &Option<String>)| {
            !made.contains(&id) && token.as_deref().is_some_and(in_brackets)
        };
        (0..).zip(&self.tokens).filter(is_special).map(|(id, _)| id).collect()
    }
}

/// `vocab.json`.
pub(crate) fn write_vocab(file: &Gpt2) -> Vec<u8> {
    let ids: Vec<(u32, &String)> =
        (0..).zip(&file.tokens).filter_map(|(id, token)| Some((id, token.as_ref()?))).collect();
    let in_order = InOrder(&ids);
    serde_json::to_vec(&in_order).expect("strings and numbers always serialize")
}

/// Tokens and ids in the order of the ids.
struct InOrder<'a>(&'a [(u32, &'a String)]);

impl serde::Serialize for InOrder<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(id, token)| (token, id)))
    }
}

/// `merges.txt`. Every id in a merge must be a token's.
pub(crate) fn write_merges(file: &Gpt2) -> Vec<u8> {
    let token = |id: u32| file.tokens.get(id as usize).and_then(Option::as_deref).unwrap_or("");
    let lines = file.merges.iter().map(|&(left, right, _)| [token(left), token(right)].join(" "));
    let mut text = [VERSION.to_owned()].into_iter().chain(lines).collect::<Vec<_>>().join("\n");
    text.push('\n');
    text.into_bytes()
}

#[cfg(test)]
pub(crate) mod tests {
    //! Small files: whole, and broken in each place.

    use super::*;
    use crate::byte_level;

    pub(crate) fn small() -> Gpt2 {
        let bytes = (0..=u8::MAX).map(|byte| Some(byte_level::to_visible(&[byte])));
        let made = ["Ġl", "Ġlo", "er"].map(|token| Some(token.to_owned()));
        let end = [None, Some("<|endoftext|>".to_owned())];
        let byte = u32::from;
        let merges = vec![
            (byte(b' '), byte(b'l'), 256),
            (256, byte(b'o'), 257),
            (byte(b'e'), byte(b'r'), 258),
        ];
        Gpt2 { tokens: bytes.chain(made).chain(end).collect(), merges }
    }

    fn read_pair(vocab: &[u8], merges: &[u8]) -> Result<Gpt2, Error> {
        let vocab = Source { name: "vocab.json", bytes: vocab };
        read(vocab, Source { name: "merges.txt", bytes: merges })
    }

    fn check_refused(vocab: &str, merges: &str, expected: &str) {
        let message = read_pair(vocab.as_bytes(), merges.as_bytes()).unwrap_err().to_string();
        assert!(message.starts_with(expected), "{message}");
    }

    #[test]
    fn what_was_written_is_read() {
        let (vocab, merges) = (write_vocab(&small()), write_merges(&small()));
        assert_eq!(String::from_utf8_lossy(&merges), "#version: 0.2\nĠ l\nĠl o\ne r\n");
        assert_eq!(read_pair(&vocab, &merges).unwrap(), small());
        let without_version = &merges[VERSION.len() + 1..merges.len() - 1];
        assert_eq!(read_pair(&vocab, without_version).unwrap(), small());
    }

    #[test]
    fn tokens_outside_the_text_are_found() {
        assert_eq!(small().specials(), [260]);
    }

    #[test]
    fn what_is_broken_is_named() {
        let vocab = String::from_utf8(write_vocab(&small())).unwrap();
        let whole = vocab.as_str();
        check_refused("", "", "vocab.json, line 1 column 0: EOF");
        check_refused("{", "", "vocab.json, line 1 column 1: EOF");
        check_refused("{}", "", "vocab.json, the whole file: it holds no tokens");
        check_refused("[]", "", "vocab.json, line 1 column 0: invalid type");
        check_refused("{\"a\": -1}", "", "vocab.json, line 1 column 8: invalid value");
        check_refused("{\"a\": 1, \"a\": 2}", "", "vocab.json, token \"a\": it is there twice");
        check_refused("{\"a\": 1, \"b\": 1}", "", "vocab.json, id 1: it is both");
        check_refused("{\"a\": 4000000000}", "", "vocab.json, token \"a\": the id 4000000000");
        check_refused("{\"\": 0}", "", "vocab.json, token \"\": 0 bytes");
        check_refused(
            whole,
            "a b\n",
            "merges.txt, line 1: the merge \"a b\" needs the token \"ab\"",
        );
        check_refused(whole, "e r\nx\n", "merges.txt, line 2: \"x\" is not two tokens");
        check_refused(
            whole,
            "e r\ne r\n",
            "merges.txt, line 2: the merge \"e r\" stands in line 1",
        );
        check_refused(
            whole,
            "日 r\n",
            "merges.txt, line 1: the merge \"日 r\" needs the token \"日\"",
        );
        let broken = read_pair(whole.as_bytes(), b"e r\n\xff").unwrap_err().to_string();
        assert!(broken.starts_with("merges.txt, line 2 (byte 4): a byte that is not UTF-8"));
    }
}
