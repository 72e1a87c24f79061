//! Learning the merges: count the words, then again and again merge the most frequent pair.
//!
//! [`train_bytes`] learns on bytes, [`train_characters`] on characters, with all that Hugging Face's
//! trainer offers; their merges are those of `tokenizers` 0.23 on the same words, among equally
//! frequent pairs too ([`Ties`]). Words and options alone decide the result. Text is not kept:
//! memory grows with the distinct words.
//!
//! Two different pairs can spell the same token ("a"+"bc", "ab"+"c"); the second merge then leads
//! to the id that exists.
//!
//! Reading order: `learner` (the merges), `corpus` (words as symbols), `queue` (which pair is
//! next), `characters`.

pub(crate) mod characters;
mod corpus;
mod learner;
mod queue;

use super::{Bpe, Merge};
use crate::pretokenize::Split as Pretokenizer;
pub(crate) use crate::vocab::MAX_VOCAB;
use crate::vocab::Vocab;
use crate::words::{Progress, Words};
use crate::{Error, byte_level};
use corpus::Corpus;
use learner::{Learner, Wanted};
use queue::{LargerBytes, SmallerIds};

pub use characters::{CharacterOptions, train_characters};

/// Which bytes are tokens from the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Alphabet {
    /// All 256: every text can be encoded.
    #[default]
    AllBytes,
    /// Those of the training text, in order; any other byte is an error on encoding.
    Seen,
}

/// Which of several equally frequent pairs is merged first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ties {
    /// The pair that was learnt first, bytes in the order of the characters that GPT-2 writes them
    /// as: what Hugging Face's trainer does.
    #[default]
    Earlier,
    /// The pair whose tokens are greater as bytes.
    LargerBytes,
}

/// What to learn.
#[derive(Clone, Debug)]
pub struct TrainOptions {
    /// The number of ids: alphabet, merges and special tokens together.
    pub vocab_size: usize,
    /// The special tokens; they get the last ids, in this order.
    pub specials: Vec<String>,
    /// The tokens to start from.
    pub alphabet: Alphabet,
    /// Pairs rarer than this are not merged. 0 and 1 mean the same.
    pub min_frequency: u64,
    /// Every digit is a token of its own, never three at once: sums are then learnt by digits.
    pub single_digits: bool,
    /// Which of several equally frequent pairs is merged first.
    pub ties: Ties,
    /// Merged tokens have fewer bytes than this, those of two apart: Hugging Face's count.
    pub max_token_length: Option<usize>,
}

impl Default for TrainOptions {
    fn default() -> Self {
        Self {
            vocab_size: 4096,
            specials: vec!["<|endoftext|>".to_owned()],
            alphabet: Alphabet::AllBytes,
            min_frequency: 0,
            single_digits: false,
            ties: Ties::Earlier,
            max_token_length: None,
        }
    }
}

type Pair = (u32, u32);

/// Learns from `texts` as many merges as `options` leaves room for.
pub(crate) fn train(
    texts: impl IntoIterator<Item = impl AsRef<str> + Sync>,
    pretokenizer: &Pretokenizer,
    options: &TrainOptions,
) -> Result<Bpe, Error> {
    let split = |text: &str, each: &mut dyn FnMut(&str)| {
        pretokenizer.for_each_word(text, |word| {
            each(word);
            Ok(())
        })
    };
    check_size(options.vocab_size)?;
    let go_on: &mut dyn FnMut(Progress) -> bool = &mut |_| true;
    train_bytes(Words::count(texts, &split, go_on)?, options, go_on)
}

/// Learns from words, on bytes, as many merges as `options` leaves room for. Now and then `go_on`
/// is asked; where it says no, training ends with [`Error::Interrupted`].
pub fn train_bytes(
    words: Words,
    options: &TrainOptions,
    go_on: &mut dyn FnMut(Progress) -> bool,
) -> Result<Bpe, Error> {
    check_size(options.vocab_size)?;
    if words.is_empty() {
        return Err(Error::EmptyCorpus);
    }
    let alphabet = alphabet(&words, options.alphabet);
    let least = alphabet.len() + options.specials.len();
    let Some(wanted) = options.vocab_size.checked_sub(least) else {
        return Err(Error::VocabTooSmall {
            asked: options.vocab_size,
            alphabet: alphabet.len(),
            specials: options.specials.len(),
            least,
        });
    };
    let (vocab, merges) = learn(words, &alphabet, alphabet.len() + wanted, options, go_on)?;
    let possible = vocab.len() - alphabet.len();
    if possible < wanted {
        let (asked, most) = (options.vocab_size, least + possible);
        return Err(Error::TooFewMerges { asked, wanted, possible, most });
    }
    let mut pieces: Vec<Box<[u8]>> = vocab.iter().map(|(_, piece)| piece.into()).collect();
    // While learning, bytes are in another order than by their value.
    let id = |id: u32| match alphabet.get(id as usize) {
        Some(byte) => alphabet.iter().filter(|other| *other < byte).count() as u32,
        None => id,
    };
    let merged = |m: &Merge| Merge { left: id(m.left), right: id(m.right), product: id(m.product) };
    let merges = merges.iter().map(merged).collect();
    pieces[..alphabet.len()].sort_unstable();
    Bpe::new(pieces, merges)
}

pub(crate) fn check_size(asked: usize) -> Result<(), Error> {
    match asked {
        0..=MAX_VOCAB => Ok(()),
        _ => Err(Error::VocabTooLarge { asked, most: MAX_VOCAB }),
    }
}

/// The bytes to start from, in the order of the characters that stand for them.
fn alphabet(words: &Words, alphabet: Alphabet) -> Vec<u8> {
    let mut wanted = [alphabet == Alphabet::AllBytes; 256];
    for byte in words.iter().flat_map(|(word, _)| word.bytes()) {
        wanted[usize::from(byte)] = true;
    }
    let mut bytes: Vec<u8> = (0..=255).filter(|&byte| wanted[usize::from(byte)]).collect();
    bytes.sort_unstable_by_key(|&byte| byte_level::to_char(byte));
    bytes
}

fn learn(
    words: Words,
    alphabet: &[u8],
    n_pieces: usize,
    options: &TrainOptions,
    go_on: &mut dyn FnMut(Progress) -> bool,
) -> Result<(Vocab, Vec<Merge>), Error> {
    let vocab = Vocab::in_order(alphabet.iter().map(std::slice::from_ref))?;
    let mut byte_ids = [0; 256];
    for (&byte, id) in alphabet.iter().zip(0..) {
        byte_ids[usize::from(byte)] = id;
    }
    let mut corpus = Corpus::default();
    for (word, count) in words.iter() {
        corpus.push(word.bytes().map(|byte| byte_ids[usize::from(byte)]), count)?;
    }
    drop(words);
    let wanted = Wanted {
        n_pieces,
        min_count: options.min_frequency,
        too_long: options.max_token_length.unwrap_or(usize::MAX),
        prefix: String::new(),
    };
    match options.ties {
        Ties::Earlier => Learner::<SmallerIds>::new(corpus, vocab)?.learn(&wanted, go_on),
        Ties::LargerBytes => Learner::<LargerBytes>::new(corpus, vocab)?.learn(&wanted, go_on),
    }
}

#[cfg(test)]
mod tests;
