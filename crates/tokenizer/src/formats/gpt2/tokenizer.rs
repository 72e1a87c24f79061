//! GPT-2's pair of files to tokenizers and back.

use super::Gpt2;
use crate::bpe::{Bpe, Options};
use crate::formats::{Format, byte_words};
use crate::pretokenize::GPT2_PATTERN;
use crate::pretokenize::fast::R50K_PATTERN;
use crate::vocab::Vocab;
use crate::{AddedToken, Error, Tokenizer, byte_level};

/// The tokenizer of both files.
pub(crate) fn to_tokenizer(file: &Gpt2) -> Result<Tokenizer, Error> {
    let mut is_added = vec![false; file.tokens.len()];
    for id in file.specials() {
        is_added[id as usize] = true;
    }
    let (mut pieces, mut added) = (vec![], vec![]);
    for (id, token) in (0..).zip(&file.tokens) {
        let Some(token) = token else { continue };
        match byte_level::to_bytes(token).filter(|_| !is_added[id as usize]) {
            Some(bytes) => pieces.push((bytes, id)),
            None => added.push(AddedToken::special(token, id)),
        }
    }
    let merges = byte_words::merges(&file.merges);
    let bpe = Bpe::from_bytes(Vocab::new(pieces)?, merges, Options::default())?;
    Tokenizer::from_parts(byte_words::parts(&[GPT2_PATTERN], bpe, added)?)
}

/// Both files of a tokenizer.
pub(crate) fn from_tokenizer(tokenizer: &Tokenizer) -> Result<Gpt2, Error> {
    let refuse = |why: String| Error::CannotWrite { format: Format::Gpt2.name(), why };
    let (bpe, patterns) = byte_words::of(tokenizer).map_err(refuse)?;
    if !matches!(patterns[..], [GPT2_PATTERN | R50K_PATTERN]) {
        return Err(refuse("its words are cut by another pattern than GPT-2's".to_owned()));
    }
    if bpe.options().ignore_merges {
        return Err(refuse("it takes words that are tokens whole".to_owned()));
    }
    let file = Gpt2 { tokens: byte_words::tokens(tokenizer), merges: byte_words::triples(bpe) };
    let found = file.specials();
    let is_lost = |token: &&AddedToken| !found.contains(&token.id);
    match tokenizer.added_tokens().find(is_lost) {
        // It would be read as an ordinary token that no merge makes.
        Some(token) if byte_level::to_bytes(&token.content).is_some() => {
            Err(refuse(format!("nothing would mark {:?} as a special token", token.content)))
        }
        _ => Ok(file),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::small;
    use super::*;

    #[test]
    fn the_files_come_back() {
        let tokenizer = to_tokenizer(&small()).unwrap();
        let [a, o] = [u32::from(b'a'), u32::from(b'o')];
        assert_eq!(tokenizer.encode(" lower a").unwrap()[0], 257);
        assert_eq!(tokenizer.encode("ao").unwrap(), [a, o]);
        assert_eq!(tokenizer.encode_with_special("a<|endoftext|>").unwrap(), [a, 260]);
        assert_eq!(from_tokenizer(&tokenizer).unwrap(), small());
    }
}
