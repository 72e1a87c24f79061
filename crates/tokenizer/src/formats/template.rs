//! Stages that tokenizers of SentencePiece's descent share: begin and end tokens around a text, a
//! mark for a space in front, and text without that space.

use super::sentencepiece::SPACE_MARK;
use crate::Error;
use crate::decode::{Decoder, Replace, Strip};
use crate::normalize::{self, Normalizer, Prepend};
use crate::postprocess::{Piece, PostProcessor, SpecialToken, TemplateProcessing};
use crate::pretokenize::Pattern;

/// Puts `begin` before every text and `end` behind; nothing if there is neither.
pub(crate) fn around(
    begin: Option<(&str, u32)>,
    end: Option<(&str, u32)>,
) -> Result<Option<PostProcessor>, Error> {
    if begin.is_none() && end.is_none() {
        return Ok(None);
    }
    let place = |token: Option<(&str, u32)>, type_id| {
        token.map(|(name, _)| Piece::SpecialToken { id: name.to_owned(), type_id })
    };
    let text = |second| {
        let type_id = u32::from(second);
        let sequence = Piece::Sequence { second, type_id };
        [place(begin, type_id), Some(sequence), place(end, type_id)].into_iter().flatten()
    };
    let single = text(false).collect();
    let pair = text(false).chain(text(true)).collect();
    let mut tokens: Vec<SpecialToken> = vec![];
    for (name, id) in begin.into_iter().chain(end) {
        if tokens.iter().all(|token| token.id != name) {
            let name = name.to_owned();
            tokens.push(SpecialToken { id: name.clone(), ids: vec![id], tokens: vec![name] });
        }
    }
    let template = TemplateProcessing::new(single, pair, tokens)?;
    Ok(Some(PostProcessor::TemplateProcessing(template)))
}

/// A mark in front of every text, and one for every space in it.
pub(crate) fn marks(in_front: bool) -> Result<Normalizer, Error> {
    let mark = SPACE_MARK.to_string();
    let spaces = normalize::Replace::new(Pattern::Text(" ".to_owned()), mark.clone())?;
    let prepend = in_front.then_some(Normalizer::Prepend(Prepend { prepend: mark }));
    let stages = prepend.into_iter().chain([Normalizer::Replace(spaces)]);
    Ok(Normalizer::Sequence(stages.collect()))
}

/// What a normalizer of this kind puts in front of every text, if it does nothing else than that
/// and marks.
pub(crate) fn leading(normalizer: Option<&Normalizer>) -> Option<&'static str> {
    match normalizer? {
        Normalizer::Prepend(Prepend { prepend }) if prepend == " " => Some(" "),
        Normalizer::SentencePiece(pieces) => {
            let is_plain = pieces.charsmap.is_none()
                && pieces.add_dummy_prefix
                && pieces.escape_whitespaces
                && !pieces.remove_extra_whitespaces
                && !pieces.treat_whitespace_as_suffix
                && pieces.symbols.is_empty();
            is_plain.then_some("\u{2581}")
        }
        other => (*other == marks(true).ok()?).then_some("\u{2581}"),
    }
}

/// Marks become spaces, bytes characters, and the space in front goes; `unknown` shows a piece as
/// another text.
pub(crate) fn without_first_space(unknown: Option<(&str, &str)>) -> Result<Decoder, Error> {
    decoder(unknown, true)
}

/// The same, and the space in front may stay.
pub(crate) fn decoder(unknown: Option<(&str, &str)>, strips: bool) -> Result<Decoder, Error> {
    let mut stages = showing(unknown)?;
    stages.push(replace(&SPACE_MARK.to_string(), " ")?);
    stages.extend([Decoder::ByteFallback, Decoder::Fuse]);
    if strips {
        stages.push(Decoder::Strip(Strip { content: ' ', start: 1, stop: 0 }));
    }
    Ok(Decoder::Sequence(stages))
}

/// The same for pieces without bytes: only a mark goes in front, not the space that an unknown piece
/// is shown with.
pub(crate) fn decoder_without_bytes(
    unknown: Option<(&str, &str)>,
    strips: bool,
) -> Result<Decoder, Error> {
    let mut stages = showing(unknown)?;
    stages.push(Decoder::Fuse);
    if strips {
        stages.push(Decoder::Strip(Strip { content: SPACE_MARK, start: 1, stop: 0 }));
    }
    stages.push(replace(&SPACE_MARK.to_string(), " ")?);
    Ok(Decoder::Sequence(stages))
}

/// The stage that shows a piece as another text, if one is given.
fn showing(unknown: Option<(&str, &str)>) -> Result<Vec<Decoder>, Error> {
    unknown.map(|(piece, shown)| replace(piece, shown)).into_iter().collect()
}

fn replace(from: &str, to: &str) -> Result<Decoder, Error> {
    Ok(Decoder::Replace(Replace::new(Pattern::Text(from.to_owned()), to.to_owned())?))
}
