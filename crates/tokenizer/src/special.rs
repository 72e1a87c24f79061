//! Tokens that stand outside the text: `<|endoftext|>`, the marks of a chat, and whatever else a
//! file adds to the vocabulary by name.
//!
//! They are looked for only when the caller asks (`encode_with_special`): user text that happens
//! to hold `<|endoftext|>` must not end the conversation. Of tokens that start at the same place
//! the longest wins. Left out on purpose: matching that strips neighbouring spaces or looks at
//! word borders.

use std::collections::BTreeMap;

use crate::Error;

/// One token outside the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Added {
    pub(crate) id: u32,
    pub(crate) content: String,
    /// Whether it is a control token, to be kept from readers, or only a word added by name.
    pub(crate) special: bool,
}

/// A stretch of text, or a token that was found in it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece<'t> {
    Text(&'t str),
    Token(u32),
}

/// All tokens outside the text.
#[derive(Clone, Debug)]
pub(crate) struct AddedTokens {
    by_id: BTreeMap<u32, Added>,
    /// For each first byte: the tokens, longest first.
    by_first_byte: Box<[Vec<(String, u32)>; 256]>,
}

impl AddedTokens {
    pub(crate) fn new(tokens: Vec<Added>) -> Result<Self, Error> {
        let bad = |name: &str, why| Err(Error::BadSpecial { name: name.to_owned(), why });
        let mut by_first_byte = Box::new([const { Vec::new() }; 256]);
        let mut by_id = BTreeMap::new();
        for token in tokens {
            let Some(&first) = token.content.as_bytes().first() else {
                return bad("", "is empty");
            };
            let alike: &mut Vec<(String, u32)> = &mut by_first_byte[usize::from(first)];
            if alike.iter().any(|(content, _)| *content == token.content) {
                return bad(&token.content, "is named twice");
            }
            alike.push((token.content.clone(), token.id));
            if by_id.contains_key(&token.id) {
                return bad(&token.content, "has the id of another added token");
            }
            by_id.insert(token.id, token);
        }
        for alike in by_first_byte.iter_mut() {
            alike.sort_by_key(|(content, _)| std::cmp::Reverse(content.len()));
        }
        Ok(Self { by_id, by_first_byte })
    }

    pub(crate) fn get(&self, id: u32) -> Option<&Added> {
        self.by_id.get(&id)
    }

    /// In the order of their ids.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Added> {
        self.by_id.values()
    }

    pub(crate) fn id(&self, content: &str) -> Option<u32> {
        let first = *content.as_bytes().first()?;
        let alike = &self.by_first_byte[usize::from(first)];
        alike.iter().find(|(other, _)| other == content).map(|&(_, id)| id)
    }

    /// Calls `each` with the tokens in `text` and the text between them, in order.
    pub(crate) fn for_each_piece<'t>(
        &self,
        text: &'t str,
        mut each: impl FnMut(Piece<'t>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let (mut done, mut at) = (0, 0);
        while at < text.len() {
            let Some((len, id)) = self.token_at(&text.as_bytes()[at..]) else {
                at += 1;
                continue;
            };
            if done < at {
                each(Piece::Text(&text[done..at]))?;
            }
            each(Piece::Token(id))?;
            at += len;
            done = at;
        }
        if done < at { each(Piece::Text(&text[done..])) } else { Ok(()) }
    }

    /// Length and id of the longest token at the start of `bytes`.
    fn token_at(&self, bytes: &[u8]) -> Option<(usize, u32)> {
        let alike = &self.by_first_byte[usize::from(*bytes.first()?)];
        alike.iter().find(|(t, _)| bytes.starts_with(t.as_bytes())).map(|(t, id)| (t.len(), *id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(contents: &[&str]) -> Result<AddedTokens, Error> {
        let added = |(i, c): (usize, &&str)| Added {
            id: i as u32,
            content: (*c).to_owned(),
            special: true,
        };
        AddedTokens::new(contents.iter().enumerate().map(added).collect())
    }

    fn check(text: &str, expected: &[Piece<'_>]) {
        let mut pieces = vec![];
        let tokens = tokens(&["<|a|>", "<|a|><", "日"]).unwrap();
        tokens
            .for_each_piece(text, |p| {
                pieces.push(p);
                Ok(())
            })
            .unwrap();
        assert_eq!(pieces, expected, "{text:?}");
    }

    #[test]
    fn tokens_are_found_longest_first() {
        use Piece::{Text, Token};
        check("", &[]);
        check("plain <|", &[Text("plain <|")]);
        check("x<|a|>y", &[Text("x"), Token(0), Text("y")]);
        check("<|a|><|a|>", &[Token(1), Text("|a|>")]);
        check("本日本", &[Text("本"), Token(2), Text("本")]);
    }

    #[test]
    fn names_are_distinct_and_not_empty() {
        assert!(tokens(&["a", "a"]).unwrap_err().to_string().contains("named twice"));
        assert!(tokens(&[""]).unwrap_err().to_string().contains("is empty"));
    }
}
