//! llama2.c's vocabulary to a tokenizer and back, with the ids of its `run.c`.
//!
//! There, a character that is no token becomes bytes before anything is merged, so tokens with such
//! a character in them are never made.

use super::{BEGIN, FEWEST, FIRST_BYTE, Llama2c};
use crate::bpe::{Bpe, Kind, Options, Unknown};
use crate::formats::{Format, template};
use crate::model::Model;
use crate::normalize::{Normalizer, Prepend};
use crate::vocab::Vocab;
use crate::{AddedToken, Error, Parts, Tokenizer, byte_piece};

/// What begins every text.
const SPACE: &str = " ";

/// The tokenizer of this vocabulary.
pub(crate) fn to_tokenizer(file: &Llama2c) -> Result<Tokenizer, Error> {
    let vocab = Vocab::in_order(file.tokens.iter().map(|(token, _)| token))?;
    let scores: Vec<f32> = file.tokens.iter().map(|&(_, score)| score).collect();
    let is_token = |c: char| {
        vocab.id(c.encode_utf8(&mut [0; 4]).as_bytes()).is_some_and(|id| id as usize >= FEWEST)
    };
    let kind = |(id, (token, _)): (usize, &(String, f32))| {
        let is_made = id >= FEWEST && token.chars().all(is_token);
        if is_made { Kind::Normal } else { Kind::Apart }
    };
    let kinds = file.tokens.iter().enumerate().map(kind).collect();
    let options = Options { byte_fallback: true, unknown: Unknown::Piece(0), ..Options::default() };
    let bpe = Bpe::from_scores(vocab, &scores, kinds, options)?;
    let special = |id: u32| AddedToken::special(file.tokens[id as usize].0.clone(), id);
    let begin = file.tokens[BEGIN as usize].0.as_str();
    Tokenizer::from_parts(Parts {
        normalizer: Some(Normalizer::Prepend(Prepend { prepend: SPACE.to_owned() })),
        post_processor: template::around(Some((begin, BEGIN)), None)?,
        decoder: Some(template::without_first_space(None)?),
        added_tokens: (0..FIRST_BYTE as u32).map(special).collect(),
        ..Parts::of(Model::Bpe(bpe))
    })
}

/// The vocabulary of a tokenizer.
pub(crate) fn from_tokenizer(tokenizer: &Tokenizer) -> Result<Llama2c, Error> {
    let refuse =
        |why: &str| Err(Error::CannotWrite { format: Format::Llama2c.name(), why: why.into() });
    let Model::Bpe(bpe) = tokenizer.model() else {
        return refuse("its model is not BPE");
    };
    let Some(scores) = bpe.scores() else {
        return refuse("its merges are listed and not ordered by scores");
    };
    let space = match template::leading(tokenizer.normalizer()) {
        Some(space) => space,
        None => return refuse("it prepares text otherwise than with a space in front"),
    };
    let mut tokens = vec![];
    for (id, &score) in (0..).zip(scores) {
        let Some(piece) = bpe.piece(id) else { return refuse("its ids have holes") };
        tokens.push((piece.replace(space, SPACE), score));
    }
    let is_byte = |byte: u8| {
        tokens
            .get(FIRST_BYTE + usize::from(byte))
            .is_some_and(|(token, _)| *token == byte_piece::of(byte))
    };
    if !(0..=u8::MAX).all(is_byte) {
        return refuse("its ids 3 to 258 are not the bytes <0x00> to <0xFF>");
    }
    // As llama2.c's own exporter marks them.
    for (id, name) in [(1, "<s>"), (2, "</s>")] {
        if tokens[id].0 == name {
            tokens[id].0 = format!("\n{name}\n");
        }
    }
    Ok(Llama2c { tokens })
}

#[cfg(test)]
mod tests {
    use super::super::tests::small;
    use super::*;

    #[test]
    fn the_vocabulary_comes_back() {
        let tokenizer = to_tokenizer(&small()).unwrap();
        assert_eq!(tokenizer.encode("abé").unwrap(), [261, 265]);
        assert_eq!(tokenizer.encode("aü").unwrap(), [259, 3 + 0xC3, 3 + 0xBC]);
        assert!(tokenizer.encode("").unwrap().is_empty());
        assert_eq!(tokenizer.encoding("a", None, true).unwrap().ids, [1, 259]);
        assert_eq!(tokenizer.decode(&[261, 265, 3 + 0xC3, 3 + 0xBC]).unwrap(), "abéü");
        assert_eq!(from_tokenizer(&tokenizer).unwrap(), small());
    }
}
