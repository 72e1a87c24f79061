//! WordPiece: a word becomes the longest piece that it begins with, the rest likewise, with `##` in
//! front (Devlin et al. 2018, arXiv:1810.04805; Schuster & Nakajima 2012).
//!
//! Where no piece fits the whole word is unknown, and so is a word of too many characters. Ids are
//! those of Hugging Face `tokenizers`.
//!
//! [`WordPiece::encode_plainly`] is the definition: try the rest of the word, then all but its last
//! character, and so on. [`WordPiece::encode`] walks a trie once for each piece, and keeps recent
//! words. The failure links of "Fast WordPiece Tokenization" (Song et al. 2021, arXiv:2012.15524)
//! would spare the letters that a walk goes too far; words are short, and most are in the cache.
//!
//! ```
//! use tokenizer::vocab::Vocab;
//! use tokenizer::wordpiece::{Options, Scratch, WordPiece};
//!
//! let vocab = Vocab::in_order(["[UNK]", "low", "##er", "##e", "##st"])?;
//! let (model, mut ids) = (WordPiece::new(vocab, Options::default())?, vec![]);
//! model.encode("lowest", &mut Scratch::default(), &mut ids)?;
//! assert_eq!(ids, [1, 3, 4]);
//! # Ok::<(), tokenizer::Error>(())
//! ```
//!
//! Left out on purpose: cutting text into words.

pub mod train;

use rustc_hash::FxHashSet;

use crate::Error;
use crate::token::Token;
use crate::unigram::trie::{Node, Trie};
use crate::vocab::{Vocab, shown};
use crate::word_cache::{Owned, new_owner};

/// The longest piece in bytes: each place of a word may cost as much as the longest piece is long.
const MAX_PIECE_BYTES: usize = 4096;

/// What a model is beside its pieces, under the names of a `tokenizer.json`.
#[derive(Clone, Debug)]
pub struct Options {
    /// What stands for words that cannot be spelled.
    pub unk_token: String,
    /// Stands before every piece but the first of a word.
    pub continuing_subword_prefix: String,
    /// Words of more characters are unknown.
    pub max_input_chars_per_word: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            unk_token: "[UNK]".to_owned(),
            continuing_subword_prefix: "##".to_owned(),
            max_input_chars_per_word: 100,
        }
    }
}

/// Pieces of words.
#[derive(Clone, Debug)]
pub struct WordPiece {
    vocab: Vocab,
    options: Options,
    unk_id: Option<u32>,
    trie: Trie,
    /// Where walks for all but the first piece start; none if no piece has the prefix.
    inside: Option<Node>,
    /// Which caches are of this model.
    owner: u64,
}

/// What encoding needs on the way and may be used again, with one model or another.
#[derive(Clone, Debug, Default)]
pub struct Scratch {
    words: Owned,
}

impl WordPiece {
    /// `vocab` with the prefix in the pieces. Nothing about it is trusted.
    pub fn new(vocab: Vocab, options: Options) -> Result<Self, Error> {
        Self::build(vocab, options, &[])
    }

    /// The same, and text never spells `ids`.
    pub(crate) fn with_apart(self, ids: &[u32]) -> Result<Self, Error> {
        Self::build(self.vocab, self.options, ids)
    }

    fn build(vocab: Vocab, options: Options, apart: &[u32]) -> Result<Self, Error> {
        let apart: FxHashSet<u32> = apart.iter().copied().collect();
        let mut spelled = Vec::with_capacity(vocab.n_pieces());
        for (id, piece) in vocab.iter() {
            let why = match () {
                () if std::str::from_utf8(piece).is_err() => "is not UTF-8",
                () if piece.len() > MAX_PIECE_BYTES => "is longer than 4096 bytes",
                // It is there, and no text spells it.
                () if piece.is_empty() || apart.contains(&id) => continue,
                () => {
                    spelled.push((piece, id));
                    continue;
                }
            };
            return Err(Error::BadPiece { id: id as usize, piece: shown(piece), why });
        }
        spelled.sort_unstable();
        let trie = Trie::new(&spelled);
        let prefix = options.continuing_subword_prefix.bytes();
        let inside = { prefix }.try_fold(trie.root(), |node, byte| Some(trie.step(node, byte)?.0));
        let unk_id = vocab.id(options.unk_token.as_bytes());
        Ok(Self { vocab, options, unk_id, trie, inside, owner: new_owner() })
    }

    /// Appends the ids of `word`.
    pub fn encode(
        &self,
        word: &str,
        scratch: &mut Scratch,
        ids: &mut Vec<u32>,
    ) -> Result<(), Error> {
        scratch.words.of(self.owner).encode_word(word, ids, &mut |word, ids| {
            let start = ids.len();
            if !self.spell(word, |id, _, _| ids.push(id)) {
                ids.truncate(start);
                ids.push(self.unknown(word)?);
            }
            Ok(())
        })
    }

    /// Appends the tokens of `word` with the bytes that each covers.
    pub fn tokens(&self, word: &str, out: &mut Vec<Token>) -> Result<(), Error> {
        self.check_length(word)?;
        let start = out.len();
        let push = |id, start: usize, end: usize| {
            out.push(Token { id, start: start as u32, end: end as u32 });
        };
        if !self.spell(word, push) {
            out.truncate(start);
            out.push(Token { id: self.unknown(word)?, start: 0, end: word.len() as u32 });
        }
        Ok(())
    }

    /// Calls `each` with id, start and end of each piece; false if there is no way to spell the
    /// word.
    fn spell(&self, word: &str, mut each: impl FnMut(u32, usize, usize)) -> bool {
        if self.is_too_long(word) {
            return false;
        }
        let mut start = 0;
        while start < word.len() {
            let from = if start == 0 { Some(self.trie.root()) } else { self.inside };
            let Some((id, len)) =
                from.and_then(|node| self.trie.longest(node, &word.as_bytes()[start..]))
            else {
                return false;
            };
            each(id, start, start + len);
            start += len;
        }
        true
    }

    fn is_too_long(&self, word: &str) -> bool {
        let most = self.options.max_input_chars_per_word;
        // A character is at least one byte.
        word.len() > most && word.chars().nth(most).is_some()
    }

    fn unknown(&self, word: &str) -> Result<u32, Error> {
        self.unk_id.ok_or_else(|| Error::NoUnknownWord {
            word: shown(word.as_bytes()),
            unk_token: self.options.unk_token.clone(),
        })
    }

    fn check_length(&self, word: &str) -> Result<(), Error> {
        let (got, most) = (word.len(), i32::MAX as usize);
        if got > most { Err(Error::TextTooLong { got, most }) } else { Ok(()) }
    }

    /// [`tokens`](Self::tokens) as the definition says it: what the fast way is held against.
    pub fn encode_plainly(&self, word: &str, out: &mut Vec<Token>) -> Result<(), Error> {
        self.check_length(word)?;
        let whole = |id| Token { id, start: 0, end: word.len() as u32 };
        if word.chars().count() > self.options.max_input_chars_per_word {
            out.push(whole(self.unknown(word)?));
            return Ok(());
        }
        let (mut start, mut found) = (0, vec![]);
        while start < word.len() {
            let prefix = if start == 0 { "" } else { &self.options.continuing_subword_prefix };
            let ends = word.char_indices().map(|(at, c)| at + c.len_utf8());
            let longest = ends.rev().take_while(|&end| end > start).find_map(|end| {
                let piece = [prefix, &word[start..end]].concat();
                self.vocab.id(piece.as_bytes()).map(|id| (id, end))
            });
            let Some((id, end)) = longest else {
                out.push(whole(self.unknown(word)?));
                return Ok(());
            };
            found.push(Token { id, start: start as u32, end: end as u32 });
            start = end;
        }
        out.extend(found);
        Ok(())
    }

    /// The piece of `id`, with the prefix if it has it.
    pub fn piece(&self, id: u32) -> Option<&str> {
        self.vocab.text(id)
    }

    /// The id of `piece`, which has the prefix where it continues a word.
    pub fn id(&self, piece: &str) -> Option<u32> {
        self.vocab.id(piece.as_bytes())
    }

    /// One more than the largest id.
    #[expect(clippy::len_without_is_empty, reason = "the seam of all models asks for the length")]
    pub fn len(&self) -> usize {
        self.vocab.len()
    }

    /// All pieces.
    pub fn vocab(&self) -> &Vocab {
        &self.vocab
    }

    /// What the model is beside its pieces.
    pub fn options(&self) -> &Options {
        &self.options
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn model(pieces: &[&str], change: impl FnOnce(&mut Options)) -> WordPiece {
        let mut options = Options::default();
        change(&mut options);
        WordPiece::new(Vocab::in_order(pieces).unwrap(), options).unwrap()
    }

    fn encode(model: &WordPiece, word: &str) -> Vec<Token> {
        let (mut tokens, mut plain, mut ids) = (vec![], vec![], vec![]);
        model.tokens(word, &mut tokens).unwrap();
        model.encode_plainly(word, &mut plain).unwrap();
        assert_eq!(tokens, plain, "{word:?}");
        let mut scratch = Scratch::default();
        for _ in 0..2 {
            ids.clear();
            model.encode(word, &mut scratch, &mut ids).unwrap(); // Then from the cache.
            assert!(ids.iter().eq(tokens.iter().map(|token| &token.id)), "{word:?}");
        }
        tokens
    }

    fn check(model: &WordPiece, word: &str, expected: &[(&str, u32, u32)]) {
        let tokens = encode(model, word);
        let shown: Vec<_> =
            tokens.iter().map(|t| (model.piece(t.id).unwrap(), t.start, t.end)).collect();
        assert_eq!(shown, expected, "{word:?}");
    }

    const PIECES: [&str; 9] = ["[UNK]", "un", "##aff", "##able", "##a", "##é", "aff", "##", "#"];

    #[test]
    fn the_longest_piece_first() {
        let model = model(&PIECES, |_| {});
        check(&model, "unaffable", &[("un", 0, 2), ("##aff", 2, 5), ("##able", 5, 9)]);
        check(&model, "unaé", &[("un", 0, 2), ("##a", 2, 3), ("##é", 3, 5)]);
        check(&model, "unaf", &[("[UNK]", 0, 4)]);
        check(&model, "affé", &[("aff", 0, 3), ("##é", 3, 5)]);
        check(&model, "##a", &[("##a", 0, 3)]);
        check(&model, "", &[]);
    }

    #[test]
    fn long_words_are_unknown() {
        let model = model(&PIECES, |o| o.max_input_chars_per_word = 3);
        check(&model, "una", &[("un", 0, 2), ("##a", 2, 3)]);
        check(&model, "ééé", &[("[UNK]", 0, 6)]);
        check(&model, "unaa", &[("[UNK]", 0, 4)]);
    }

    #[test]
    fn without_an_unknown_token_an_unknown_word_is_an_error() {
        let model = model(&["a"], |_| {});
        let error = model.encode("b", &mut Scratch::default(), &mut vec![]).unwrap_err();
        assert!(error.to_string().contains("\"[UNK]\""), "{error}");
    }

    #[test]
    fn two_models_may_share_memory() {
        let (one, other) = (model(&["a", "[UNK]"], |_| {}), model(&["b", "c", "a"], |_| {}));
        let (mut scratch, mut ids) = (Scratch::default(), vec![]);
        for model in [&one, &other, &one] {
            model.encode("a", &mut scratch, &mut ids).unwrap();
        }
        assert_eq!(ids, [0, 2, 0]);
    }

    proptest! {
        #[test]
        fn fast_is_plain(
            pieces in prop::collection::btree_set("(##|%)?[abé#]{0,4}", 0..40),
            prefix in "(##|%|)",
            words in prop::collection::vec("[abé#%]{0,12}", 1..20),
        ) {
            let pieces = ["[UNK]"].into_iter().chain(pieces.iter().map(String::as_str));
            let options = Options { continuing_subword_prefix: prefix, ..Options::default() };
            let model = WordPiece::new(Vocab::in_order(pieces).unwrap(), options).unwrap();
            words.iter().for_each(|word| drop(encode(&model, word)));
        }
    }
}
