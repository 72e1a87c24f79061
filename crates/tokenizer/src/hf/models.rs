//! The "model" of a `tokenizer.json`, in: one shape a kind, and what each becomes.

use std::fmt;

use rustc_hash::FxHashSet;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};

use super::fields::too_large;
use crate::added::AddedToken;
use crate::bpe::{self, Bpe, Merge, Unknown};
use crate::model::Model;
use crate::pretokenize::{Change, PreTokenizer, Step};
use crate::unigram::{self, Unigram};
use crate::vocab::{MAX_VOCAB, Vocab};
use crate::wordlevel::WordLevel;
use crate::wordpiece::{self, WordPiece};
use crate::{Error, byte_level};

/// A model as a file has it.
pub(super) trait ModelFile {
    /// The pieces with their ids, as far as the file has any.
    fn pieces(&self) -> Box<dyn Iterator<Item = (&str, u32)> + '_>;

    /// The model; a byte-level one, if that is what the pre-tokenizer wants.
    fn into_model(
        self,
        pre_tokenizer: Option<&PreTokenizer>,
        added: &[AddedToken],
    ) -> Result<Model, Error>;
}

/// Pieces and ids in the order of the file.
pub(super) struct Pieces(Vec<(String, u32)>);

impl<'de> Deserialize<'de> for Pieces {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OfMap;
        impl<'de> Visitor<'de> for OfMap {
            type Value = Pieces;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map from pieces to ids")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pieces, A::Error> {
                let mut pieces = vec![];
                while let Some(entry) = map.next_entry()? {
                    pieces.push(entry);
                }
                Ok(Pieces(pieces))
            }
        }
        deserializer.deserialize_map(OfMap)
    }
}

impl Pieces {
    fn iter(&self) -> Box<dyn Iterator<Item = (&str, u32)> + '_> {
        Box::new(self.0.iter().map(|(piece, id)| (piece.as_str(), *id)))
    }

    fn into_vocab(self) -> Result<Vocab, Error> {
        Vocab::new(self.0)
    }
}

#[derive(Deserialize)]
pub(super) struct BpeFile {
    vocab: Option<Pieces>,
    merges: Option<Vec<FileMerge>>,
    dropout: Option<f64>,
    unk_token: Option<String>,
    continuing_subword_prefix: Option<String>,
    end_of_word_suffix: Option<String>,
    fuse_unk: Option<bool>,
    byte_fallback: Option<bool>,
    ignore_merges: Option<bool>,
}

/// "left right" in older files, ["left", "right"] since tokenizers 0.20.
#[derive(Deserialize)]
#[serde(untagged)]
enum FileMerge {
    Line(String),
    Pair(String, String),
}

#[derive(Deserialize)]
pub(super) struct WordPieceFile {
    vocab: Option<Pieces>,
    unk_token: Option<String>,
    continuing_subword_prefix: Option<String>,
    max_input_chars_per_word: Option<usize>,
}

#[derive(Deserialize)]
pub(super) struct WordLevelFile {
    vocab: Option<Pieces>,
    unk_token: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct UnigramFile {
    vocab: Option<Vec<(String, f64)>>,
    unk_id: Option<u32>,
    #[serde(default)]
    byte_fallback: bool,
}

const NO_VOCAB: Error = Error::MissingField { field: "model.vocab" };

/// Ids that so many pieces may have: some holes, but no table that is mostly holes.
pub(crate) fn most_ids(n_pieces: usize) -> usize {
    (2 * n_pieces + 1024).min(MAX_VOCAB)
}

/// Ids may have holes, but a small file must not ask for a large table, and one name or id must
/// not mean two things.
pub(super) fn check_added(model: &impl ModelFile, added: &[AddedToken]) -> Result<(), Error> {
    let (mut n_pieces, mut last) = (added.len(), 0);
    for (_, id) in model.pieces() {
        (n_pieces, last) = (n_pieces + 1, last.max(id));
    }
    let last = added.iter().map(|token| token.id).fold(last, u32::max) as usize;
    let most = most_ids(n_pieces);
    if last >= most {
        return Err(too_large("an id", last, most));
    }
    let by_id: std::collections::HashMap<u32, &str> =
        added.iter().map(|token| (token.id, token.content.as_str())).collect();
    let by_name: std::collections::HashMap<&str, u32> =
        added.iter().map(|token| (token.content.as_str(), token.id)).collect();
    for (piece, id) in model.pieces() {
        if let Some(other) = by_name.get(piece).filter(|&&other| other != id) {
            let detail = format!("{piece:?} is {other} in added_tokens and {id} in model.vocab");
            return Err(Error::Inconsistent { detail });
        }
        if let Some(content) = by_id.get(&id).filter(|&&content| content != piece) {
            let detail = format!("id {id} is both {piece:?} and {content:?}");
            return Err(Error::Inconsistent { detail });
        }
    }
    Ok(())
}

impl ModelFile for BpeFile {
    fn pieces(&self) -> Box<dyn Iterator<Item = (&str, u32)> + '_> {
        Box::new(self.vocab.iter().flat_map(Pieces::iter))
    }

    fn into_model(
        self,
        pre_tokenizer: Option<&PreTokenizer>,
        added: &[AddedToken],
    ) -> Result<Model, Error> {
        let pieces = self.vocab.ok_or(NO_VOCAB)?;
        let merges = self.merges.ok_or(Error::MissingField { field: "model.merges" })?;
        let mut options = bpe::Options {
            unknown: Unknown::Drop,
            fuse_unk: self.fuse_unk.unwrap_or(false),
            byte_fallback: self.byte_fallback.unwrap_or(false),
            continuing_subword_prefix: self.continuing_subword_prefix,
            end_of_word_suffix: self.end_of_word_suffix,
            ignore_merges: self.ignore_merges.unwrap_or(false),
            dropout: self.dropout,
        };
        let prefix = options.continuing_subword_prefix.clone().unwrap_or_default();
        let affixes = [&options.continuing_subword_prefix, &options.end_of_word_suffix];
        let is_plain = !options.byte_fallback
            && affixes.iter().all(|affix| affix.as_deref().unwrap_or_default().is_empty());
        let on_bytes = is_plain && ends_in_bytes(pre_tokenizer)?;
        if let Some(visible) = on_bytes.then(|| visible(&pieces, added)).flatten() {
            // A word that is not wholly in the alphabet is refused, where Hugging Face leaves the
            // rest of it out: what was encoded is then always what was written.
            options.unknown = match &self.unk_token {
                Some(unk) => unknown(unk, &pieces),
                None => Unknown::Refuse,
            };
            let merges = merges_of(&Vocab::new(pieces.0)?, &merges, &prefix)?;
            return Ok(Model::Bpe(Bpe::from_bytes(Vocab::new(visible)?, merges, options)?));
        }
        if let Some(unk) = &self.unk_token {
            options.unknown = unknown(unk, &pieces);
        }
        let vocab = pieces.into_vocab()?;
        let merges = merges_of(&vocab, &merges, &prefix)?;
        Ok(Model::Bpe(Bpe::from_characters(vocab, merges, options)?))
    }
}

/// Where the unknown token is no piece, an unknown character is an error, as with Hugging Face.
fn unknown(token: &str, pieces: &Pieces) -> Unknown {
    let found = pieces.0.iter().find(|(piece, _)| piece == token);
    found.map_or(Unknown::Refuse, |&(_, id)| Unknown::Piece(id))
}

/// Whether the last thing that is done to words is to write their bytes as visible characters.
fn ends_in_bytes(pre_tokenizer: Option<&PreTokenizer>) -> Result<bool, Error> {
    let steps = pre_tokenizer.map_or(Ok(vec![]), PreTokenizer::steps)?;
    Ok(matches!(steps.last(), Some(Step::Change(Change::Bytes))))
}

/// The bytes of all pieces; `None` if some piece is not written in visible characters, which an
/// added token may be.
fn visible(pieces: &Pieces, added: &[AddedToken]) -> Option<Vec<(Vec<u8>, u32)>> {
    let added: FxHashSet<u32> = added.iter().map(|token| token.id).collect();
    let mut all = Vec::with_capacity(pieces.0.len());
    for (piece, id) in &pieces.0 {
        match byte_level::to_bytes(piece) {
            Some(bytes) => all.push((bytes, *id)),
            None if added.contains(id) => {}
            None => return None,
        }
    }
    Some(all)
}

fn merges_of(vocab: &Vocab, merges: &[FileMerge], prefix: &str) -> Result<Vec<Merge>, Error> {
    let pair = |merge: &FileMerge| match merge {
        FileMerge::Pair(left, right) => Ok((left.clone(), right.clone())),
        FileMerge::Line(line) => match line.split_once(' ') {
            Some((left, right)) if !right.contains(' ') => Ok((left.to_owned(), right.to_owned())),
            _ => Err(Error::Inconsistent {
                detail: format!("merge {line:?} is not two tokens with a space between them"),
            }),
        },
    };
    let is_merge = |merge: &&FileMerge| match merge {
        FileMerge::Line(line) => !line.starts_with("#version"),
        FileMerge::Pair(..) => true,
    };
    let pairs = merges.iter().filter(is_merge).map(pair).collect::<Result<Vec<_>, _>>()?;
    bpe::merges(vocab, pairs, prefix)
}

impl ModelFile for WordPieceFile {
    fn pieces(&self) -> Box<dyn Iterator<Item = (&str, u32)> + '_> {
        Box::new(self.vocab.iter().flat_map(Pieces::iter))
    }

    fn into_model(self, _: Option<&PreTokenizer>, _: &[AddedToken]) -> Result<Model, Error> {
        let missing = |field| Error::MissingField { field };
        let options = wordpiece::Options {
            unk_token: self.unk_token.ok_or(missing("model.unk_token"))?,
            continuing_subword_prefix: self
                .continuing_subword_prefix
                .ok_or(missing("model.continuing_subword_prefix"))?,
            max_input_chars_per_word: self
                .max_input_chars_per_word
                .ok_or(missing("model.max_input_chars_per_word"))?,
        };
        let vocab = self.vocab.ok_or(NO_VOCAB)?.into_vocab()?;
        Ok(Model::WordPiece(WordPiece::new(vocab, options)?))
    }
}

impl ModelFile for WordLevelFile {
    fn pieces(&self) -> Box<dyn Iterator<Item = (&str, u32)> + '_> {
        Box::new(self.vocab.iter().flat_map(Pieces::iter))
    }

    fn into_model(self, _: Option<&PreTokenizer>, _: &[AddedToken]) -> Result<Model, Error> {
        let unk = self.unk_token.ok_or(Error::MissingField { field: "model.unk_token" })?;
        Ok(Model::WordLevel(WordLevel::new(self.vocab.ok_or(NO_VOCAB)?.into_vocab()?, unk)))
    }
}

impl ModelFile for UnigramFile {
    fn pieces(&self) -> Box<dyn Iterator<Item = (&str, u32)> + '_> {
        let pieces = self.vocab.iter().flatten().map(|(piece, _)| piece.as_str());
        Box::new(pieces.zip(0..))
    }

    fn into_model(self, _: Option<&PreTokenizer>, _: &[AddedToken]) -> Result<Model, Error> {
        let options = unigram::Options {
            unk_id: self.unk_id,
            byte_fallback: self.byte_fallback,
            ..unigram::Options::default()
        };
        Ok(Model::Unigram(Unigram::new(self.vocab.ok_or(NO_VOCAB)?, options)?))
    }
}
