//! Choosing the words: the most frequent, as Hugging Face's `WordLevelTrainer` does.

use std::cmp::Reverse;

use super::WordLevel;
use crate::Error;
use crate::vocab::{MAX_VOCAB, Vocab};
use crate::words::Words;

/// What to choose.
#[derive(Clone, Debug)]
pub struct TrainOptions {
    /// The most ids: special tokens and words together.
    pub vocab_size: usize,
    /// The special tokens; they get the first ids, in this order.
    pub specials: Vec<String>,
    /// What stands for other words.
    pub unk_token: String,
    /// Words rarer than this are left out.
    pub min_frequency: u64,
}

impl Default for TrainOptions {
    fn default() -> Self {
        Self {
            vocab_size: 30_000,
            specials: vec!["<unk>".to_owned()],
            unk_token: "<unk>".to_owned(),
            min_frequency: 0,
        }
    }
}

/// The most frequent words, of equally frequent ones the first by their bytes; fewer than wanted
/// where there are no more.
pub fn train(words: &Words, options: &TrainOptions) -> Result<WordLevel, Error> {
    if options.vocab_size > MAX_VOCAB {
        return Err(Error::VocabTooLarge { asked: options.vocab_size, most: MAX_VOCAB });
    }
    if words.is_empty() {
        return Err(Error::EmptyCorpus);
    }
    let mut frequent: Vec<(&str, u64)> =
        words.iter().filter(|&(_, count)| count >= options.min_frequency).collect();
    frequent.sort_unstable_by_key(|&(word, count)| (Reverse(count), word));
    let specials = options.specials.iter().map(String::as_str);
    let mut vocab = Vocab::default();
    for piece in specials.chain(frequent.into_iter().map(|(word, _)| word)) {
        if vocab.len() == options.vocab_size {
            break;
        }
        vocab.insert(piece.as_bytes(), vocab.len() as u32)?;
    }
    Ok(WordLevel::new(vocab, options.unk_token.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_frequent_words_first() {
        let counts = [("the", 25), ("b", 9), ("a", 9), ("<unk>", 30), ("rare", 1)];
        let words = Words::from_counts(counts).unwrap();
        let learn = |vocab_size, min_frequency| {
            let options = TrainOptions { vocab_size, min_frequency, ..TrainOptions::default() };
            let model = train(&words, &options).unwrap();
            (0..model.len() as u32)
                .map(|id| model.piece(id).unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(learn(4, 0), ["<unk>", "the", "a", "b"]);
        assert_eq!(learn(99, 2), ["<unk>", "the", "a", "b"]);
        let failed = train(&Words::default(), &TrainOptions::default());
        assert!(matches!(failed, Err(Error::EmptyCorpus)));
    }
}
