//! CLIP's merges to its tokenizer and back (openai/CLIP, `simple_tokenizer.py`).
//!
//! Text is composed (NFC), its white space becomes single spaces, its letters small. A word's last
//! token ends with `</w>`, which decoding turns into a space.
//!
//! Left out on purpose: the mending of broken text (`ftfy`) and of HTML entities, which the original
//! does before.

use super::{Clip, SPECIALS, WORD_END, is_numbered};
use crate::bpe::{Bpe, Options};
use crate::decode::{Decoder, Replace as Shown};
use crate::formats::{Format, byte_words};
use crate::model::Model;
use crate::normalize::{Form, Normalizer, Replace};
use crate::postprocess::{PostProcessor, RobertaProcessing};
use crate::pretokenize::{Behavior, ByteLevel, Pattern, PreTokenizer, Split};
use crate::vocab::Vocab;
use crate::{AddedToken, Error, Parts, Tokenizer};

/// What is a word; everything else, white space that is, goes. So does U+0345, a mark whose capital is
/// a letter: to the original, which asks without regard to case, it is neither a letter nor none.
const WORDS: &str = concat!(
    r"<\|startoftext\|>|<\|endoftext\|>|(?i:'s|'t|'re|'ve|'m|'ll|'d)",
    r"|\p{L}+|\p{N}|[^\s\p{L}\p{N}\x{345}]+",
);

/// The tokenizer of these merges.
pub(crate) fn to_tokenizer(file: &Clip) -> Result<Tokenizer, Error> {
    let options = Options { end_of_word_suffix: Some(WORD_END.to_owned()), ..Options::default() };
    let vocab = Vocab::in_order(&file.tokens)?;
    let bpe = Bpe::from_characters(vocab, byte_words::merges(&file.merges), options)?;
    let first = (file.tokens.len() - SPECIALS.len()) as u32;
    let specials = SPECIALS.iter().zip(first..);
    // The original looks for them in text that was made small.
    let special = |(name, id): (&&str, u32)| AddedToken {
        normalized: true,
        ..AddedToken::special(*name, id)
    };
    Tokenizer::from_parts(Parts {
        normalizer: Some(normalizer()?),
        pre_tokenizer: Some(pre_tokenizer()?),
        post_processor: Some(PostProcessor::RobertaProcessing(RobertaProcessing {
            cls: (SPECIALS[0].to_owned(), first),
            sep: (SPECIALS[1].to_owned(), first + 1),
            trim_offsets: false,
            add_prefix_space: false,
        })),
        decoder: Some(Decoder::Sequence(vec![
            Decoder::ByteLevel(bytes()),
            Decoder::Replace(Shown::new(Pattern::Text(WORD_END.to_owned()), " ".to_owned())?),
        ])),
        added_tokens: specials.map(special).collect(),
        ..Parts::of(Model::Bpe(bpe))
    })
}

fn normalizer() -> Result<Normalizer, Error> {
    let spaces = Replace::new(Pattern::Regex(r"\s+".to_owned()), " ".to_owned())?;
    Ok(Normalizer::Sequence(vec![
        Normalizer::Form(Form::Nfc),
        Normalizer::Replace(spaces),
        Normalizer::Lowercase,
    ]))
}

fn pre_tokenizer() -> Result<PreTokenizer, Error> {
    let words = Split::new(Pattern::Regex(WORDS.to_owned()), Behavior::Removed, true)?;
    let stages = vec![PreTokenizer::Split(words), PreTokenizer::ByteLevel(bytes())];
    Ok(PreTokenizer::Sequence(stages))
}

fn bytes() -> ByteLevel {
    ByteLevel { add_prefix_space: false, trim_offsets: true, use_regex: false }
}

/// The merges of a tokenizer.
pub(crate) fn from_tokenizer(tokenizer: &Tokenizer) -> Result<Clip, Error> {
    let refuse =
        |why: &str| Err(Error::CannotWrite { format: Format::Clip.name(), why: why.into() });
    let Model::Bpe(bpe) = tokenizer.model() else {
        return refuse("its model is not BPE");
    };
    if bpe.options().end_of_word_suffix.as_deref() != Some(WORD_END) {
        return refuse("its words do not end with </w>");
    }
    if tokenizer.pre_tokenizer() != Some(&pre_tokenizer()?)
        || tokenizer.normalizer() != Some(&normalizer()?)
    {
        return refuse("it does not prepare text as CLIP does");
    }
    let tokens: Option<Vec<String>> = byte_words::tokens(tokenizer).into_iter().collect();
    let Some(tokens) = tokens else { return refuse("its ids have holes") };
    let file = Clip { tokens, merges: byte_words::triples(bpe) };
    match is_numbered(&file) {
        true => Ok(file),
        false => refuse("its ids are not those that follow from its merges"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::small;
    use super::*;

    #[test]
    fn the_merges_come_back() {
        let tokenizer = to_tokenizer(&small()).unwrap();
        let ids = tokenizer.encode("  The \n LOW").unwrap();
        assert_eq!(ids, [513, 515]);
        assert_eq!(tokenizer.decode(&ids).unwrap(), "the low ");
        assert_eq!(tokenizer.encode_with_special("low<|EndOfText|>").unwrap(), [515, 517]);
        assert_eq!(tokenizer.encoding("low", None, true).unwrap().ids, [516, 515, 517]);
        assert_eq!(from_tokenizer(&tokenizer).unwrap(), small());
    }
}
