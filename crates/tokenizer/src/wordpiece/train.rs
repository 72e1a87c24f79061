//! Learning the pieces: those that byte-pair encoding on characters makes with the prefix `##`, as
//! Hugging Face's `WordPieceTrainer` does.
//!
//! Left out on purpose: the likelihood by which the original chose pieces (Schuster & Nakajima
//! 2012); its code was never published.

use super::{Options, WordPiece};
use crate::Error;
use crate::bpe::train::{CharacterOptions, characters};
use crate::words::{Progress, Words};

/// Learns `options.vocab_size` pieces from words. The prefix of `options` counts, of `model` the
/// rest; now and then `go_on` is asked, and where it says no, training ends with
/// [`Error::Interrupted`].
pub fn train(
    words: Words,
    options: &CharacterOptions,
    model: Options,
    go_on: &mut dyn FnMut(Progress) -> bool,
) -> Result<WordPiece, Error> {
    let (vocab, _) = characters::learn(words, options, go_on)?;
    let continuing_subword_prefix = options.continuing_subword_prefix.clone().unwrap_or_default();
    WordPiece::new(vocab, Options { continuing_subword_prefix, ..model })
}

/// What `BertWordPieceTrainer` begins with: the prefix `##`, and the special tokens of BERT.
pub fn options_of_bert(vocab_size: usize) -> CharacterOptions {
    CharacterOptions {
        vocab_size,
        specials: ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"].map(String::from).to_vec(),
        min_frequency: 2,
        limit_alphabet: Some(1000),
        continuing_subword_prefix: Some("##".to_owned()),
        ..CharacterOptions::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wordpiece::Scratch;

    fn words() -> Words {
        Words::from_counts([("low", 5), ("lower", 2), ("lowest", 3), ("news", 1)]).unwrap()
    }

    #[test]
    fn frequent_pairs_become_pieces() {
        let specials = vec!["[UNK]".to_owned()];
        let options = CharacterOptions { specials, min_frequency: 0, ..options_of_bert(24) };
        let model = train(words(), &options, Options::default(), &mut |_| true).unwrap();
        let pieces: Vec<&str> = (0..24).map(|id| model.piece(id).unwrap()).collect();
        let expected = "[UNK] e l n o r s t w ##e ##o ##r ##s ##t ##w lo low lowe ##st lowest lower \
                        ne ##ws news";
        assert_eq!(pieces.join(" "), expected);
        let mut ids = vec![];
        model.encode("lows", &mut Scratch::default(), &mut ids).unwrap();
        let shown: Vec<&str> = ids.iter().map(|&id| model.piece(id).unwrap()).collect();
        assert_eq!(shown, ["low", "##s"]);
    }

    #[test]
    fn training_stops_when_there_is_nothing_to_learn() {
        let failed = |size| {
            train(words(), &options_of_bert(size), Options::default(), &mut |_| true).unwrap_err()
        };
        assert!(matches!(failed(3), Error::TooFewIds { asked: 3, .. }));
        assert!(matches!(failed(3000), Error::TooFewPieces { asked: 3000, .. }));
        let none = Words::default();
        let failed = train(none, &options_of_bert(30), Options::default(), &mut |_| true);
        assert!(matches!(failed, Err(Error::EmptyCorpus)));
    }
}
