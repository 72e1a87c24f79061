//! Tokens that stand outside the model: `<|endoftext|>`, the marks of a chat, and whatever else a
//! file adds to the vocabulary by name.
//!
//! They are looked for only where the caller asks (`encode_with_special`, `encoding`): user text
//! that happens to hold `<|endoftext|>` must not end the conversation. They are found as Hugging
//! Face finds them, in two walks: those that are not `normalized` in the text as it came, the
//! others, normalized like the text, in what lies between. A walk goes from left to right; of
//! tokens that start at the same place the longest wins (Aho and Corasick 1975), and one that then
//! turns out to be no `single_word` is passed over whole.
//!
//! Where we leave Hugging Face on purpose: the ids are those of the file (there, a token that the
//! model does not know gets the next free id); a token that lies wholly in the white space that
//! the one before took (`rstrip`) is not found again.

use std::collections::BTreeMap;
use std::ops::Range;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, AhoCorasickKind, MatchKind};
use rustc_hash::FxHashMap;

use crate::Error;
use crate::hash::KeyedMap;
use crate::normalize::Normalizer;
use crate::pretokenize::sets::is_word;

/// The most bytes of all added tokens together: the search takes some tens of bytes for each.
const MAX_BYTES: usize = 4 << 20;

/// Up to so many bytes the fastest automaton is made, which takes up to a kilobyte for each.
const FEW_BYTES: usize = 1 << 13;

/// One token outside the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddedToken {
    /// Its id.
    pub id: u32,
    /// Its text.
    pub content: String,
    /// Only where no word character touches it.
    pub single_word: bool,
    /// Takes the white space before it.
    pub lstrip: bool,
    /// Takes the white space after it.
    pub rstrip: bool,
    /// Looked for in the normalized text, and itself normalized.
    pub normalized: bool,
    /// Whether it is a control token, to be kept from readers, or only a word added by name.
    pub special: bool,
}

impl AddedToken {
    /// A control token that is found as it is written.
    pub fn special(content: impl Into<String>, id: u32) -> Self {
        let content = content.into();
        let (single_word, lstrip, rstrip, normalized) = (false, false, false, false);
        Self { id, content, single_word, lstrip, rstrip, normalized, special: true }
    }
}

/// A stretch of text, or a token that was found in it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    Text(Range<usize>),
    /// With the white space that it took.
    Token(u32, Range<usize>),
}

/// All tokens outside the model.
#[derive(Clone, Debug, Default)]
pub(crate) struct AddedTokens {
    by_id: BTreeMap<u32, AddedToken>,
    by_content: KeyedMap<String, u32>,
    /// What decoding shows for tokens that normalization changes.
    shown: FxHashMap<u32, String>,
    as_written: Option<Search>,
    normalized: Option<Search>,
}

/// Finds one group of tokens.
#[derive(Clone, Debug)]
pub(crate) struct Search {
    automaton: AhoCorasick,
    /// By the number of the automaton's pattern.
    tokens: Vec<Flags>,
}

#[derive(Clone, Copy, Debug)]
struct Flags {
    id: u32,
    single_word: bool,
    lstrip: bool,
    rstrip: bool,
}

fn check_size(bytes: usize) -> Result<(), Error> {
    let (got, most) = (bytes as u64, MAX_BYTES as u64);
    match bytes {
        0..=MAX_BYTES => Ok(()),
        _ => Err(Error::TooLarge { what: "all added tokens (in bytes)", got, most }),
    }
}

impl AddedTokens {
    /// Nothing about the tokens is trusted.
    pub(crate) fn new(
        tokens: Vec<AddedToken>,
        normalizer: Option<&Normalizer>,
    ) -> Result<Self, Error> {
        check_size(tokens.iter().map(|token| token.content.len()).sum())?;
        let (mut added, mut bytes) = (Self::default(), 0);
        let (mut as_written, mut normalized) = (Vec::new(), Vec::new());
        for token in tokens {
            let group = if token.normalized { &mut normalized } else { &mut as_written };
            let wanted = match normalizer.filter(|_| token.normalized) {
                Some(normalizer) => normalizer.normalize(&token.content)?.into_owned(),
                None => token.content.clone(),
            };
            bytes += wanted.len();
            check_size(bytes)?;
            if wanted != token.content {
                added.shown.insert(token.id, wanted.clone());
            }
            group.push((wanted, Flags::of(&token)));
            added.insert(token)?;
        }
        added.as_written = Search::new(as_written)?;
        added.normalized = Search::new(normalized)?;
        Ok(added)
    }

    fn insert(&mut self, token: AddedToken) -> Result<(), Error> {
        let bad = |name: &str, why| Err(Error::BadSpecial { name: name.to_owned(), why });
        if token.content.is_empty() {
            return bad("", "is empty");
        }
        if self.by_content.insert(token.content.clone(), token.id).is_some() {
            return bad(&token.content, "is named twice");
        }
        if self.by_id.contains_key(&token.id) {
            return bad(&token.content, "has the id of another added token");
        }
        self.by_id.insert(token.id, token);
        Ok(())
    }

    pub(crate) fn get(&self, id: u32) -> Option<&AddedToken> {
        self.by_id.get(&id)
    }

    /// What decoding shows for `id`: its text, normalized if the token is.
    pub(crate) fn shown(&self, id: u32) -> Option<&str> {
        let token = self.by_id.get(&id)?;
        Some(self.shown.get(&id).unwrap_or(&token.content))
    }

    /// In the order of their ids.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &AddedToken> {
        self.by_id.values()
    }

    pub(crate) fn id(&self, content: &str) -> Option<u32> {
        self.by_content.get(content).copied()
    }

    /// One more than the largest id.
    pub(crate) fn end(&self) -> usize {
        self.by_id.last_key_value().map_or(0, |(&id, _)| id as usize + 1)
    }

    /// The search for tokens in text as it came.
    pub(crate) fn as_written(&self) -> Option<&Search> {
        self.as_written.as_ref()
    }

    /// The search for tokens in normalized text.
    pub(crate) fn normalized(&self) -> Option<&Search> {
        self.normalized.as_ref()
    }
}

impl Flags {
    fn of(token: &AddedToken) -> Self {
        let AddedToken { id, single_word, lstrip, rstrip, .. } = *token;
        Self { id, single_word, lstrip, rstrip }
    }
}

impl Search {
    fn new(tokens: Vec<(String, Flags)>) -> Result<Option<Self>, Error> {
        let bad = |name: &str, why| Err(Error::BadSpecial { name: name.to_owned(), why });
        let mut seen = KeyedMap::default();
        for (wanted, flags) in &tokens {
            if wanted.is_empty() {
                return bad(wanted, "is empty once it is normalized");
            }
            if seen.insert(wanted.as_str(), flags.id).is_some() {
                return bad(wanted, "is what two tokens are once they are normalized");
            }
        }
        if tokens.is_empty() {
            return Ok(None);
        }
        let bytes: usize = tokens.iter().map(|(wanted, _)| wanted.len()).sum();
        let kind = (bytes > FEW_BYTES).then_some(AhoCorasickKind::ContiguousNFA);
        let automaton = AhoCorasickBuilder::new()
            .match_kind(MatchKind::LeftmostLongest)
            .kind(kind)
            .build(tokens.iter().map(|(wanted, _)| wanted))
            .map_err(|e| Error::Inconsistent { detail: format!("the added tokens: {e}") })?;
        Ok(Some(Self { automaton, tokens: tokens.into_iter().map(|(_, flags)| flags).collect() }))
    }

    /// Calls `each` with the tokens in `text` and the text between them, in order.
    pub(crate) fn run(
        &self,
        text: &str,
        mut each: impl FnMut(Piece) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut done = 0;
        for found in self.automaton.find_iter(text) {
            let flags = self.tokens[found.pattern().as_usize()];
            let (mut start, mut end) = (found.start(), found.end());
            if end <= done || flags.single_word && touches_word(text, start, end) {
                continue;
            }
            if flags.lstrip {
                start = done + text[done..start.max(done)].trim_end().len();
            }
            if flags.rstrip {
                end = text.len() - text[end..].trim_start().len();
            }
            if done < start {
                each(Piece::Text(done..start))?;
            }
            each(Piece::Token(flags.id, start..end))?;
            done = end;
        }
        if done < text.len() { each(Piece::Text(done..text.len())) } else { Ok(()) }
    }
}

/// Whether a word character stands right before or after `text[start..end]`.
fn touches_word(text: &str, start: usize, end: usize) -> bool {
    text[..start].chars().next_back().is_some_and(is_word)
        || text[end..].chars().next().is_some_and(is_word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(contents: &[&str]) -> Result<AddedTokens, Error> {
        let added = contents.iter().zip(0..).map(|(content, id)| AddedToken::special(*content, id));
        AddedTokens::new(added.collect(), None)
    }

    fn check_with(tokens: &AddedTokens, text: &str, expected: &[(Option<u32>, &str)]) {
        let mut pieces = vec![];
        let search = tokens.as_written().unwrap();
        search
            .run(text, |piece| {
                pieces.push(match piece {
                    Piece::Text(range) => (None, &text[range]),
                    Piece::Token(id, range) => (Some(id), &text[range]),
                });
                Ok(())
            })
            .unwrap();
        assert_eq!(pieces, expected, "{text:?}");
    }

    #[test]
    fn tokens_are_found_longest_first() {
        let tokens = tokens(&["<|a|>", "<|a|><", "日"]).unwrap();
        let check = |text, expected: &[_]| check_with(&tokens, text, expected);
        check("", &[]);
        check("plain <|", &[(None, "plain <|")]);
        check("x<|a|>y", &[(None, "x"), (Some(0), "<|a|>"), (None, "y")]);
        check("<|a|><|a|>", &[(Some(1), "<|a|><"), (None, "|a|>")]);
        check("本日本", &[(None, "本"), (Some(2), "日"), (None, "本")]);
    }

    #[test]
    fn white_space_and_words_around_a_token() {
        let with = |change: fn(&mut AddedToken)| {
            let mut token = AddedToken::special("<m>", 0);
            change(&mut token);
            AddedTokens::new(vec![token], None).unwrap()
        };
        let left = with(|token| token.lstrip = true);
        check_with(&left, "a \t<m> <m>", &[(None, "a"), (Some(0), " \t<m>"), (Some(0), " <m>")]);
        let right = with(|token| token.rstrip = true);
        check_with(&right, "<m> \n a", &[(Some(0), "<m> \n "), (None, "a")]);
        let word = with(|token| token.single_word = true);
        check_with(&word, "a<m> <m>é <m>", &[(None, "a<m> <m>é "), (Some(0), "<m>")]);
    }

    #[test]
    fn names_are_distinct_and_not_empty() {
        assert!(tokens(&["a", "a"]).unwrap_err().to_string().contains("named twice"));
        assert!(tokens(&[""]).unwrap_err().to_string().contains("is empty"));
    }

    #[test]
    fn tokens_that_normalize_alike_are_refused() {
        let token =
            |content: &str, id| AddedToken { normalized: true, ..AddedToken::special(content, id) };
        let lower = |tokens| AddedTokens::new(tokens, Some(&Normalizer::Lowercase));
        let error = lower(vec![token("A", 0), token("a", 1)]).unwrap_err().to_string();
        assert!(error.contains("once they are normalized"), "{error}");
        assert_eq!(lower(vec![token("AB", 0)]).unwrap().shown(0), Some("ab"));
    }
}
