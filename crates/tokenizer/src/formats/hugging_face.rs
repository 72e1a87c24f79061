//! The same tokenizer in stages that Hugging Face has: what SentencePiece does in one becomes
//! several, and merges that follow from scores are listed.
//!
//! Ids then differ from SentencePiece's where Hugging Face's do: its map goes by grapheme clusters,
//! merges of equal scores have an order there, and near ties of a unigram model are summed in f64.

use crate::bpe::{self, Bpe, Kind};
use crate::model::Model;
use crate::normalize::{Normalizer, Precompiled, Prepend, Replace, SentencePiece, Strip};
use crate::pretokenize::{Metaspace, Pattern, PreTokenizer, PrependScheme};
use crate::unigram::{self, Unigram};
use crate::vocab::Vocab;
use crate::{AddedToken, Error, Parts, Tokenizer};

use super::Format;
use super::sentencepiece::SPACE_MARK;

/// A tokenizer that a `tokenizer.json` has room for; none if `tokenizer` is one.
pub(crate) fn of(tokenizer: &Tokenizer) -> Result<Option<Tokenizer>, Error> {
    let listed = match tokenizer.model() {
        Model::Bpe(bpe) if bpe.scores().is_some() => Some(Model::Bpe(listed(bpe)?)),
        _ => None,
    };
    let pieces = match tokenizer.normalizer() {
        Some(Normalizer::SentencePiece(pieces)) => Some(pieces),
        _ => None,
    };
    if listed.is_none() && pieces.is_none() {
        return Ok(None);
    }
    let mut parts = Parts {
        normalizer: tokenizer.normalizer().cloned(),
        pre_tokenizer: tokenizer.pre_tokenizer().cloned(),
        post_processor: tokenizer.post_processor().cloned(),
        decoder: tokenizer.decoder_stage().cloned(),
        added_tokens: tokenizer.added_tokens().cloned().collect(),
        truncation: tokenizer.truncation().cloned(),
        padding: tokenizer.padding().cloned(),
        ..Parts::of(listed.unwrap_or_else(|| tokenizer.model().clone()))
    };
    if let Some(pieces) = pieces {
        split_up(pieces, &mut parts)?;
    }
    Tokenizer::from_parts(parts).map(Some)
}

fn refuse(why: &str) -> Error {
    Error::CannotWrite { format: Format::HuggingFace.name(), why: why.to_owned() }
}

/// The merges that follow from scores, in their order.
fn listed(bpe: &Bpe) -> Result<Bpe, Error> {
    if bpe.kinds().is_some_and(|kinds| kinds.contains(&Kind::Unused)) {
        return Err(refuse("some of its pieces are merged through and unused"));
    }
    let is_piece = |id: u32| (id as usize) < bpe.len();
    let merges = bpe.merges().iter().filter(|merge| is_piece(merge.left) && is_piece(merge.right));
    let options = bpe::Options { fuse_unk: true, ..bpe.options().clone() };
    let vocab = Vocab::new(bpe.vocab().iter().map(|(id, piece)| (piece, id)))?;
    Bpe::from_characters(vocab, merges.copied().collect(), options)
}

/// SentencePiece's normalizer in stages.
fn split_up(pieces: &SentencePiece, parts: &mut Parts) -> Result<(), Error> {
    if pieces.treat_whitespace_as_suffix || !pieces.escape_whitespaces {
        return Err(refuse("it sets its marks for spaces behind words, or none"));
    }
    let mut stages = vec![];
    if let Some(charsmap) = pieces.charsmap.clone() {
        stages.push(Normalizer::Precompiled(Precompiled { charsmap }));
    }
    if pieces.remove_extra_whitespaces {
        let spaces = Replace::new(Pattern::Regex(" {2,}".to_owned()), " ".to_owned())?;
        stages.push(Normalizer::Strip(Strip { left: true, right: true }));
        stages.push(Normalizer::Replace(spaces));
    }
    let mark = SPACE_MARK.to_string();
    if pieces.add_dummy_prefix {
        stages.push(Normalizer::Prepend(Prepend { prepend: mark.clone() }));
    }
    let spaces = Replace::new(Pattern::Text(" ".to_owned()), mark)?;
    stages.push(Normalizer::Replace(spaces));
    if let Model::Unigram(model) = &mut parts.model {
        // Words are cut where no piece goes on: the same ids, and sooner.
        let split = !model.pieces().iter().any(|(piece, _)| has_mark_inside(piece));
        let (replacement, prepend_scheme) = (SPACE_MARK, PrependScheme::Never);
        let words = Metaspace { replacement, prepend_scheme, split };
        parts.pre_tokenizer = split.then_some(PreTokenizer::Metaspace(words));
        *model = plain(model)?;
    }
    parts.normalizer = Some(Normalizer::Sequence(stages));
    for symbol in pieces.symbols.iter() {
        let found = parts.model.id(symbol).ok_or_else(|| refuse("a symbol is no piece"))?;
        let token = AddedToken { special: false, ..AddedToken::special(symbol, found) };
        parts.added_tokens.push(token);
    }
    Ok(())
}

fn has_mark_inside(piece: &str) -> bool {
    piece.trim_start_matches(SPACE_MARK).contains(SPACE_MARK)
}

/// Without kinds, which a `tokenizer.json` does not have, and with its sums.
fn plain(model: &Unigram) -> Result<Unigram, Error> {
    let options = unigram::Options {
        unk_id: model.options().unk_id,
        byte_fallback: model.options().byte_fallback,
        ..unigram::Options::default()
    };
    Unigram::new(model.pieces().to_vec(), options)
}

#[cfg(test)]
mod tests {
    use super::super::sentencepiece::{proto::ModelKind, tests::small, tokenizer::to_tokenizer};
    use super::super::source::Source;
    use super::*;

    #[test]
    fn ids_stay_the_same() {
        for kind in [ModelKind::Unigram, ModelKind::Bpe] {
            let source = Source { name: "x.model", bytes: &[] };
            let tokenizer = to_tokenizer(source, &small(kind)).unwrap();
            let theirs = of(&tokenizer).unwrap().unwrap();
            let again = Tokenizer::from_json(&theirs.to_json()).unwrap();
            for text in ["ab a", "é ab", "  a  b", "", "baba abab"] {
                let expected = tokenizer.encode(text).unwrap();
                assert_eq!(theirs.encode(text).unwrap(), expected, "{kind:?}: {text:?}");
                assert_eq!(again.encode(text).unwrap(), expected, "{kind:?}: {text:?}");
                assert_eq!(again.decode(&expected).unwrap(), tokenizer.decode(&expected).unwrap());
            }
            assert!(of(&again).unwrap().is_none());
        }
    }
}
