//! Byte-level tokenizers as these formats have them: patterns that cut one after the other, then
//! bytes; nothing changes the text before.

use crate::bpe::{Bpe, Merge};
use crate::decode::Decoder;
use crate::model::Model;
use crate::pretokenize::{Behavior, ByteLevel, GPT2_PATTERN, Pattern, PreTokenizer, Split};
use crate::{AddedToken, Error, Parts, Tokenizer};

/// Bytes, with GPT-2's words or without.
fn byte_level(use_regex: bool) -> ByteLevel {
    ByteLevel { add_prefix_space: false, trim_offsets: true, use_regex }
}

/// The tokenizer of these patterns, this model and these tokens.
pub(crate) fn parts(
    patterns: &[&str],
    bpe: Bpe,
    added_tokens: Vec<AddedToken>,
) -> Result<Parts, Error> {
    let mut stages = vec![];
    let (last, before) = match patterns.split_last() {
        // What `ByteLevel` brings itself.
        Some((&GPT2_PATTERN, before)) => (byte_level(true), before),
        _ => (byte_level(false), patterns),
    };
    for pattern in before {
        let pattern = Pattern::Regex((*pattern).to_owned());
        stages.push(PreTokenizer::Split(Split::new(pattern, Behavior::Isolated, false)?));
    }
    let last = PreTokenizer::ByteLevel(last);
    let pre_tokenizer = match stages.is_empty() {
        true => last,
        false => {
            stages.push(last);
            PreTokenizer::Sequence(stages)
        }
    };
    Ok(Parts {
        pre_tokenizer: Some(pre_tokenizer),
        decoder: Some(Decoder::ByteLevel(byte_level(true))),
        added_tokens,
        ..Parts::of(Model::Bpe(bpe))
    })
}

/// Model and patterns of a tokenizer of this kind; else what is different about it.
pub(crate) fn of(tokenizer: &Tokenizer) -> Result<(&Bpe, Vec<&str>), String> {
    let Model::Bpe(bpe) = tokenizer.model() else {
        return Err(format!("its model is {}, not BPE", tokenizer.model().kind()));
    };
    let options = bpe.options();
    match () {
        () if !bpe.is_on_bytes() => Err("its BPE is not on bytes".to_owned()),
        () if tokenizer.normalizer().is_some() => Err("it normalizes text".to_owned()),
        () if options.dropout.is_some_and(|dropout| dropout > 0.0) => {
            Err("it leaves merges out by chance".to_owned())
        }
        () => Ok((bpe, patterns(tokenizer)?)),
    }
}

fn patterns(tokenizer: &Tokenizer) -> Result<Vec<&str>, String> {
    let other = || Err("its words are cut by more than patterns".to_owned());
    let stages = match tokenizer.pre_tokenizer() {
        Some(PreTokenizer::Sequence(stages)) => stages.as_slice(),
        Some(stage) => std::slice::from_ref(stage),
        None => &[],
    };
    let Some((PreTokenizer::ByteLevel(last), before)) = stages.split_last() else {
        return other();
    };
    let mut patterns = vec![];
    for stage in before {
        match stage {
            PreTokenizer::Split(split) if split.behavior() == Behavior::Isolated => {
                match split.pattern() {
                    Pattern::Regex(pattern) if !split.inverts() => patterns.push(pattern.as_str()),
                    _ => return other(),
                }
            }
            PreTokenizer::Digits { individual_digits: true } => patterns.push(r"\p{N}"),
            _ => return other(),
        }
    }
    patterns.extend(last.use_regex.then_some(GPT2_PATTERN));
    match last.add_prefix_space {
        true => Err("it puts a space in front of texts".to_owned()),
        false => Ok(patterns),
    }
}

/// The model's merges as these formats' data have them.
pub(crate) fn triples(bpe: &Bpe) -> Vec<(u32, u32, u32)> {
    bpe.merges().iter().map(|merge| (merge.left, merge.right, merge.product)).collect()
}

/// The other way.
pub(crate) fn merges(triples: &[(u32, u32, u32)]) -> Vec<Merge> {
    let merge = |&(left, right, product): &(u32, u32, u32)| Merge { left, right, product };
    triples.iter().map(merge).collect()
}

/// All tokens by id as a file writes them, `None` where there is none.
pub(crate) fn tokens(tokenizer: &Tokenizer) -> Vec<Option<String>> {
    let ids = 0..tokenizer.vocab_size() as u32;
    let mut tokens: Vec<Option<String>> =
        ids.map(|id| tokenizer.model().piece(id).map(|piece| piece.into_owned())).collect();
    for token in tokenizer.added_tokens() {
        tokens[token.id as usize] = Some(token.content.clone());
    }
    tokens
}
