//! Rank files to tokenizers and back.

use super::Ranks;
use crate::bpe::Bpe;
use crate::formats::{Format, byte_words};
use crate::pretokenize::fast::{CL100K_PATTERN, R50K_PATTERN};
use crate::pretokenize::{GPT2_PATTERN, GPT4_PATTERN};
use crate::vocab::Vocab;
use crate::{AddedToken, Error, Tokenizer};

/// The tokenizer of these ranks.
pub(crate) fn to_tokenizer(
    ranks: &Ranks,
    pattern: &str,
    specials: &[(&str, u32)],
) -> Result<Tokenizer, Error> {
    let vocab = Vocab::new(ranks.tokens.iter().map(|(token, rank)| (token, *rank)))?;
    let specials = specials.iter().map(|&(name, id)| AddedToken::special(name, id));
    let pattern = fast_equal(pattern, ranks);
    let bpe = Bpe::from_ranks(vocab)?;
    Tokenizer::from_parts(byte_words::parts(&[pattern], bpe, specials.collect())?)
}

/// A pattern that gives the same ids and has a splitter of its own.
///
/// cl100k's makes one word of all white space at the end of a text, the form that Llama 3 writes
/// ends a word behind the last line end. That is the same where no token crosses that border.
fn fast_equal<'p>(pattern: &'p str, ranks: &Ranks) -> &'p str {
    let crosses = |(token, _): &(Box<[u8]>, u32)| {
        let text = String::from_utf8_lossy(token);
        let behind =
            text.trim_end_matches(|c: char| c.is_whitespace() && !matches!(c, '\r' | '\n'));
        behind.len() < text.len() && behind.ends_with(['\r', '\n'])
    };
    match pattern {
        R50K_PATTERN => GPT2_PATTERN,
        CL100K_PATTERN if !ranks.tokens.iter().any(crosses) => GPT4_PATTERN,
        other => other,
    }
}

/// The ranks of a tokenizer. Its pattern and special tokens have no place in the file.
pub(crate) fn from_tokenizer(tokenizer: &Tokenizer) -> Result<Ranks, Error> {
    let refuse = |why: String| Error::CannotWrite { format: Format::Tiktoken.name(), why };
    let (bpe, _) = byte_words::of(tokenizer).map_err(refuse)?;
    let special = |id: u32| tokenizer.added_tokens().any(|token| token.id == id);
    let pieces = bpe.vocab().iter().filter(|&(id, _)| !special(id));
    let tokens: Vec<(Box<[u8]>, u32)> = pieces.map(|(id, piece)| (piece.into(), id)).collect();
    if let Some(byte) = (0..=u8::MAX).find(|&byte| bpe.vocab().id(&[byte]).is_none()) {
        return Err(refuse(format!("it has no token for the byte 0x{byte:02x}")));
    }
    let of_ranks = Bpe::from_ranks(Vocab::new(tokens.iter().map(|(t, id)| (t, *id)))?)?;
    if of_ranks.merges() != bpe.merges() {
        return Err(refuse("its merges do not follow from the order of its tokens".to_owned()));
    }
    let is_made = |n: usize| n == of_ranks.merges().len();
    let longer = tokens.iter().filter(|(token, _)| token.len() > 1).count();
    if !bpe.options().ignore_merges && !is_made(longer) {
        return Err(refuse(
            "it has tokens that no merge makes, which tiktoken would use".to_owned(),
        ));
    }
    Ok(Ranks { tokens })
}

#[cfg(test)]
mod tests {
    use super::super::{encodings::Encoding, tests};
    use super::*;

    #[test]
    fn ranks_come_back_and_order_decides() {
        let encoding = Encoding::named("cl100k_base").unwrap();
        let ranks = tests::small();
        let tokenizer = to_tokenizer(&ranks, encoding.pattern, &[("<|end|>", 301)]).unwrap();
        assert_eq!(tokenizer.encode("lower low").unwrap(), [257, 258, 300]);
        assert_eq!(tokenizer.encode_with_special("lo<|end|>").unwrap(), [256, 301]);
        assert_eq!(tokenizer.decode(&[257, 258, 300, 301]).unwrap(), "lower low<|end|>");
        assert_eq!(from_tokenizer(&tokenizer).unwrap(), ranks);
    }

    #[test]
    fn a_token_across_the_last_line_end_keeps_the_pattern() {
        assert_eq!(fast_equal(CL100K_PATTERN, &tests::small()), GPT4_PATTERN);
        assert_eq!(fast_equal(CL100K_PATTERN, &tests::with_tokens(&["\n \n"])), GPT4_PATTERN);
        assert_eq!(fast_equal(CL100K_PATTERN, &tests::with_tokens(&["\n "])), CL100K_PATTERN);
        assert_eq!(fast_equal("x", &tests::small()), "x");
    }
}
