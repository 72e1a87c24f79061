//! `vocab.txt` to BERT's tokenizer and back.

use super::{UNKNOWN, VocabTxt};
use crate::decode::{Decoder, WordPiece as Pieces};
use crate::formats::{Format, byte_words};
use crate::model::Model;
use crate::normalize::{Bert, Normalizer};
use crate::postprocess::{BertProcessing, PostProcessor};
use crate::pretokenize::PreTokenizer;
use crate::vocab::Vocab;
use crate::wordpiece::{Options, WordPiece};
use crate::{AddedToken, Error, Parts, Tokenizer};

/// What begins a piece inside a word.
const INSIDE: &str = "##";

/// BERT's special tokens.
const SPECIALS: [&str; 5] = ["[PAD]", UNKNOWN, "[CLS]", "[SEP]", "[MASK]"];

/// BERT's tokenizer of this vocabulary; text is put in lower case if the vocabulary is.
pub(crate) fn to_tokenizer(file: &VocabTxt) -> Result<Tokenizer, Error> {
    parts(file, Options::default(), file.is_lower_case()).and_then(Tokenizer::from_parts)
}

/// The stages of BERT.
pub(crate) fn parts(file: &VocabTxt, options: Options, lowercase: bool) -> Result<Parts, Error> {
    let special = |name: &str| Some((name.to_owned(), file.id(name)?));
    let specials = SPECIALS.iter().filter_map(|name| special(name));
    let processing = special("[CLS]").zip(special("[SEP]"));
    let processing = processing.map(|(cls, sep)| BertProcessing { sep, cls });
    let model = WordPiece::new(Vocab::in_order(&file.tokens)?, options)?;
    Ok(Parts {
        normalizer: Some(Normalizer::Bert(Bert { lowercase, ..Bert::default() })),
        pre_tokenizer: Some(PreTokenizer::BertPreTokenizer),
        post_processor: processing.map(PostProcessor::BertProcessing),
        decoder: Some(Decoder::WordPiece(Pieces { prefix: INSIDE.to_owned(), cleanup: true })),
        added_tokens: specials.map(|(name, id)| AddedToken::special(name, id)).collect(),
        ..Parts::of(Model::WordPiece(model))
    })
}

/// The vocabulary of a tokenizer of BERT's kind; else what is different about it.
pub(crate) fn of(tokenizer: &Tokenizer) -> Result<(&WordPiece, VocabTxt), String> {
    let Model::WordPiece(model) = tokenizer.model() else {
        return Err(format!("its model is {}, not WordPiece", tokenizer.model().kind()));
    };
    let is_bert = |bert: &Bert| {
        let strips = bert.strip_accents.is_none_or(|strips| strips == bert.lowercase);
        bert.clean_text && bert.handle_chinese_chars && strips
    };
    match () {
        () if model.options().continuing_subword_prefix != INSIDE => {
            return Err(format!("its pieces inside words do not begin with {INSIDE}"));
        }
        () if !bert(tokenizer).is_some_and(is_bert) => {
            return Err("it does not normalize text as BERT does".to_owned());
        }
        () if tokenizer.pre_tokenizer() != Some(&PreTokenizer::BertPreTokenizer) => {
            return Err("it does not cut words as BERT does".to_owned());
        }
        () => {}
    }
    let tokens: Option<Vec<String>> = byte_words::tokens(tokenizer).into_iter().collect();
    let tokens = tokens.ok_or("its ids have holes")?;
    Ok((model, VocabTxt { tokens }))
}

/// How text is prepared, if it is as BERT does.
pub(crate) fn bert(tokenizer: &Tokenizer) -> Option<&Bert> {
    match tokenizer.normalizer()? {
        Normalizer::Bert(bert) => Some(bert),
        _ => None,
    }
}

/// The vocabulary of a tokenizer.
pub(crate) fn from_tokenizer(tokenizer: &Tokenizer) -> Result<VocabTxt, Error> {
    let refuse = |why: String| Error::CannotWrite { format: Format::VocabTxt.name(), why };
    let (model, file) = of(tokenizer).map_err(refuse)?;
    if model.options().unk_token != UNKNOWN {
        return Err(refuse(format!("its unknown token is not {UNKNOWN}")));
    }
    if bert(tokenizer).is_some_and(|bert| bert.lowercase != file.is_lower_case()) {
        let why = "whether it lowers text is told by whether its vocabulary has capitals, and here it is not";
        return Err(refuse(why.to_owned()));
    }
    match file.tokens.iter().find(|token| token.is_empty() || token.contains(['\n', '\r'])) {
        Some(token) => Err(refuse(format!("the token {token:?} is not a line"))),
        None => Ok(file),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::small;
    use super::*;

    #[test]
    fn the_vocabulary_comes_back() {
        let tokenizer = to_tokenizer(&small()).unwrap();
        assert_eq!(tokenizer.encode("Unaffable x").unwrap(), [5, 6, 7, 1]);
        let encoding = tokenizer.encoding("un", None, true).unwrap();
        assert_eq!(encoding.ids, [2, 5, 3]);
        assert_eq!(tokenizer.decode(&[5, 6, 7]).unwrap(), "unaffable");
        assert_eq!(from_tokenizer(&tokenizer).unwrap(), small());
    }
}
