//! Learning on characters: what Hugging Face's `BpeTrainer` does, and with the prefix `##` its
//! `WordPieceTrainer`.
//!
//! Ids are given in this order: special tokens, the alphabet by code point, characters with prefix
//! or suffix by their bytes (where Hugging Face has the order of a hash map, another on each run),
//! then what is merged. Characters outside of a limited alphabet are taken out of the words, so
//! that their neighbours stand side by side.

use rustc_hash::FxHashMap;

use super::corpus::Corpus;
use super::learner::{Learner, Wanted};
use super::queue::SmallerIds;
use super::{Bpe, Merge, check_size};
use crate::Error;
use crate::bpe::{Options, Unknown};
use crate::vocab::Vocab;
use crate::words::{self, Progress, Words};

/// What to learn, under the names of Hugging Face's trainer.
#[derive(Clone, Debug)]
pub struct CharacterOptions {
    /// The number of ids: special tokens, alphabet and merges together.
    pub vocab_size: usize,
    /// The special tokens; they get the first ids, in this order.
    pub specials: Vec<String>,
    /// What stands for unknown characters: one of `specials`. Without it they are an error.
    pub unk_token: Option<String>,
    /// Pairs rarer than this are not merged. 0 and 1 mean the same.
    pub min_frequency: u64,
    /// The most characters to keep: the most frequent, of equally frequent ones the first.
    pub limit_alphabet: Option<usize>,
    /// Characters that are kept whether the text has them or not.
    pub initial_alphabet: Vec<char>,
    /// Stands before every symbol of a word but the first.
    pub continuing_subword_prefix: Option<String>,
    /// Stands behind the last symbol of a word.
    pub end_of_word_suffix: Option<String>,
    /// Merged tokens have fewer characters than this, those of two apart; Hugging Face's count.
    pub max_token_length: Option<usize>,
}

impl Default for CharacterOptions {
    fn default() -> Self {
        Self {
            vocab_size: 30_000,
            specials: vec![],
            unk_token: None,
            min_frequency: 0,
            limit_alphabet: None,
            initial_alphabet: vec![],
            continuing_subword_prefix: None,
            end_of_word_suffix: None,
            max_token_length: None,
        }
    }
}

/// Learns from words, on characters, as many merges as `options` leaves room for. Now and then
/// `go_on` is asked; where it says no, training ends with [`Error::Interrupted`].
pub fn train_characters(
    words: Words,
    options: &CharacterOptions,
    go_on: &mut dyn FnMut(Progress) -> bool,
) -> Result<Bpe, Error> {
    let (vocab, merges) = learn(words, options, go_on)?;
    let unknown = match &options.unk_token {
        Some(unk) => Unknown::Piece(vocab.id(unk.as_bytes()).ok_or_else(|| Error::BadSpecial {
            name: unk.clone(),
            why: "is to stand for unknown characters, but is not among the special tokens",
        })?),
        None => Unknown::Refuse,
    };
    let model = Options {
        unknown,
        continuing_subword_prefix: options.continuing_subword_prefix.clone(),
        end_of_word_suffix: options.end_of_word_suffix.clone(),
        ..Options::default()
    };
    Bpe::from_characters(vocab, merges, model)
}

/// The pieces and the merges.
pub(crate) fn learn(
    words: Words,
    options: &CharacterOptions,
    go_on: &mut dyn FnMut(Progress) -> bool,
) -> Result<(Vocab, Vec<Merge>), Error> {
    check_size(options.vocab_size)?;
    if words.is_empty() {
        return Err(Error::EmptyCorpus);
    }
    let mut pieces = Pieces::new(&words, options)?;
    pieces.add_decorated(&words)?;
    let least = pieces.vocab.len();
    if options.vocab_size < least {
        let specials = options.specials.len();
        let (asked, characters) = (options.vocab_size, least - specials);
        return Err(Error::TooFewIds { asked, characters, specials, least });
    }
    let mut corpus = Corpus::default();
    for (word, count) in words.iter() {
        corpus.push(pieces.symbols(word).filter_map(|symbol| pieces.id(symbol)), count)?;
    }
    drop(words);
    let wanted = Wanted {
        n_pieces: options.vocab_size,
        min_count: options.min_frequency,
        too_long: options.max_token_length.unwrap_or(usize::MAX),
        prefix: pieces.prefix.to_owned(),
    };
    let learner = Learner::<SmallerIds>::new(corpus, pieces.vocab)?;
    let (vocab, merges) = learner.learn(&wanted, go_on)?;
    if vocab.len() < options.vocab_size {
        return Err(Error::TooFewPieces { asked: options.vocab_size, most: vocab.len() });
    }
    Ok((vocab, merges))
}

/// A character and whether it stands first and last in its word.
type Symbol = (char, bool, bool);

/// What is there before the first merge.
struct Pieces<'o> {
    vocab: Vocab,
    /// By character alone, and of those that the words have, with what stands around them.
    ids: FxHashMap<Symbol, u32>,
    prefix: &'o str,
    suffix: &'o str,
}

impl<'o> Pieces<'o> {
    /// Special tokens and the alphabet.
    fn new(words: &Words, options: &'o CharacterOptions) -> Result<Self, Error> {
        let mut vocab = Vocab::default();
        let alphabet = alphabet(words, options).into_iter().map(String::from);
        for (piece, is_special) in (options.specials.iter().map(|s| (s.clone(), true)))
            .chain(alphabet.map(|piece| (piece, false)))
        {
            let is_there = vocab.insert(piece.as_bytes(), vocab.len() as u32)?.is_some();
            if is_special && (is_there || piece.is_empty()) {
                let why = if is_there { "is named twice" } else { "is empty" };
                return Err(Error::BadSpecial { name: piece, why });
            }
        }
        let prefix = options.continuing_subword_prefix.as_deref().unwrap_or_default();
        let suffix = options.end_of_word_suffix.as_deref().unwrap_or_default();
        Ok(Self { vocab, ids: FxHashMap::default(), prefix, suffix })
    }

    /// The characters of the words with what stands around them.
    fn add_decorated(&mut self, words: &Words) -> Result<(), Error> {
        let mut found = FxHashMap::default();
        for symbol in words.iter().flat_map(|(word, _)| symbols(word)) {
            let alone = symbol.0.encode_utf8(&mut [0; 4]).as_bytes().to_vec();
            if self.vocab.id(&alone).is_some() {
                found.entry(symbol).or_insert_with(|| self.piece(symbol));
            }
        }
        let mut found: Vec<(String, Symbol)> =
            found.into_iter().map(|(symbol, piece)| (piece, symbol)).collect();
        found.sort_unstable();
        for (piece, symbol) in found {
            let next = self.vocab.len() as u32;
            let id = self.vocab.insert(piece.as_bytes(), next)?.unwrap_or(next);
            self.ids.insert(symbol, id);
        }
        Ok(())
    }

    fn piece(&self, (character, is_first, is_last): Symbol) -> String {
        let prefix = if is_first { "" } else { self.prefix };
        let suffix = if is_last { self.suffix } else { "" };
        format!("{prefix}{character}{suffix}")
    }

    fn symbols<'w>(&self, word: &'w str) -> impl Iterator<Item = Symbol> + use<'w> {
        symbols(word)
    }

    fn id(&self, symbol: Symbol) -> Option<u32> {
        self.ids.get(&symbol).copied()
    }
}

fn symbols(word: &str) -> impl Iterator<Item = Symbol> {
    word.char_indices().map(|(at, c)| (c, at == 0, at + c.len_utf8() == word.len()))
}

/// The characters to start from, by code point.
fn alphabet(words: &Words, options: &CharacterOptions) -> Vec<char> {
    let mut kept = words::characters(words.iter());
    let initial = &options.initial_alphabet;
    kept.retain(|(character, _)| !initial.contains(character));
    let mut first: Vec<(char, u64)> = initial.iter().map(|&c| (c, u64::MAX)).collect();
    first.sort_unstable();
    first.dedup();
    first.append(&mut kept);
    let mut kept = first;
    kept.truncate(options.limit_alphabet.unwrap_or(usize::MAX));
    let mut kept: Vec<char> = kept.into_iter().map(|(character, _)| character).collect();
    kept.sort_unstable();
    kept
}
