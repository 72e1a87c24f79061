//! Byte-pair encoding: the symbols of a word become ids by merging neighbours, the earliest
//! learned pair first (Sennrich et al. 2016, arXiv:1508.07909).
//!
//! Symbols are bytes, as in GPT-2, or characters; [`Bpe::from_bytes`] and
//! [`Bpe::from_characters`] take pieces and merges, [`Bpe::from_ranks`] tiktoken's pieces and
//! [`Bpe::from_scores`] SentencePiece's, from which the merges follow.
//!
//! Ids are those of the originals. [`Bpe::encode_plainly`] is the definition; [`Bpe::encode`] gives
//! the same ids fast: from a cache of words, from the vocabulary where a word is one token, else
//! by merging. Reading order: `merge` (the definition and its fast forms), `pairs`, `encode` (a
//! word's way) with `folded`, `characters`, `pieces` with `implied` (SentencePiece, tiktoken),
//! `joints`; `train`.
//!
//! ```
//! use tokenizer::bpe::{Bpe, Options, Scratch, Unknown, merges};
//! use tokenizer::vocab::Vocab;
//!
//! let vocab = Vocab::in_order(["<unk>", "l", "o", "w", "lo", "low"])?;
//! let merges = merges(&vocab, [("l", "o"), ("lo", "w")], "")?;
//! let options = Options { unknown: Unknown::Piece(0), ..Options::default() };
//! let bpe = Bpe::from_characters(vocab, merges, options)?;
//! let mut ids = vec![];
//! bpe.encode("lowé", &mut Scratch::default(), &mut ids)?;
//! assert_eq!(ids, [5, 0]);
//! # Ok::<(), tokenizer::Error>(())
//! ```
//!
//! Left out on purpose: cutting text into words, and what SentencePiece does to a text before.

mod characters;
mod encode;
mod folded;
mod implied;
mod joints;
mod merge;
mod pairs;
mod passes;
mod pieces;
pub mod train;
mod wholes;

use std::borrow::Cow;

use rayon::prelude::*;
use rustc_hash::FxHashSet;

use crate::token::Token;
use crate::vocab::{MAX_VOCAB, Vocab, shown};
use crate::word_cache::new_owner;
use crate::{Error, byte_level};
use characters::Characters;
use folded::Folded;
use joints::Joints;
use merge::{Part, fast};
use pairs::Pairs;
use pieces::Pieces;
use wholes::Wholes;

pub use encode::Scratch;
pub use pieces::Kind;

/// Marks a byte or character that no token stands for. No pair has it.
const NO_ID: u32 = u32::MAX - 1;

/// `left` and `right`, side by side, become `product`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Merge {
    /// The id to the left.
    pub left: u32,
    /// The id to the right.
    pub right: u32,
    /// What they become.
    pub product: u32,
}

/// What becomes of a byte or character that is no piece.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unknown {
    /// An error: nothing is lost unseen.
    #[default]
    Refuse,
    /// Nothing: it is left out, as Hugging Face does where a file names no unknown token.
    Drop,
    /// This id.
    Piece(u32),
}

/// What a model is beside pieces and merges, under the names of a `tokenizer.json`.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// What becomes of what is no piece.
    pub unknown: Unknown,
    /// Unknown characters side by side become one token.
    pub fuse_unk: bool,
    /// Unknown characters become the pieces `<0x00>` to `<0xFF>` of their bytes, if all are there.
    pub byte_fallback: bool,
    /// Stands before every symbol of a word but the first.
    pub continuing_subword_prefix: Option<String>,
    /// Stands behind the last symbol of a word.
    pub end_of_word_suffix: Option<String>,
    /// Words that are pieces are taken whole, before any merge.
    pub ignore_merges: bool,
    /// The share of merges that a file wants passed over. It is kept, not obeyed: chance is the
    /// caller's ([`Bpe::sample`]).
    pub dropout: Option<f64>,
}

impl Options {
    fn prefix(&self) -> &str {
        self.continuing_subword_prefix.as_deref().unwrap_or_default()
    }

    fn suffix(&self) -> &str {
        self.end_of_word_suffix.as_deref().unwrap_or_default()
    }

    /// Writes what was unknown, if there was something, as the one symbol that it becomes.
    fn write_unknown<P: Part>(&self, waiting: &mut Option<(usize, usize)>, parts: &mut Vec<P>) {
        if let (Some((start, end)), Unknown::Piece(id)) = (waiting.take(), self.unknown) {
            parts.push(P::new(id, start, end));
        }
    }
}

/// A symbol and what it covers.
type Span = Token;

impl Part for Span {
    fn new(id: u32, start: usize, end: usize) -> Self {
        Self { id, start: start as u32, end: end as u32 }
    }

    fn id(&self) -> u32 {
        self.id
    }

    fn join(self, right: Self, id: u32) -> Self {
        Self { id, start: self.start.min(right.start), end: self.end.max(right.end) }
    }
}

/// How a word becomes symbols.
#[derive(Clone, Debug)]
enum Form {
    /// The id of each byte.
    Bytes(Box<[u32; 256]>),
    /// Characters, and where they can be cut apart.
    Characters(Characters, Option<Joints>),
    /// SentencePiece's.
    Pieces(Box<Pieces>),
}

/// A vocabulary and its merges.
#[derive(Clone, Debug)]
pub struct Bpe {
    vocab: Vocab,
    /// By rank.
    merges: Vec<Merge>,
    pairs: Pairs,
    form: Form,
    options: Box<Options>,
    /// Words on bytes that are one token.
    wholes: Box<Wholes>,
    /// Characters that words on bytes begin with as they are.
    folded: Option<Folded>,
    /// Pieces that are never taken whole.
    apart: FxHashSet<u32>,
    /// Whether a word is its tokens' bytes, one after another.
    adds_up: bool,
    /// Which caches are of this model.
    owner: u64,
}

/// The merges that pairs of pieces are, in their order. The piece that two make is their text
/// together, without the `prefix` of the right one.
pub fn merges(
    vocab: &Vocab,
    pairs: impl IntoIterator<Item = (impl AsRef<[u8]>, impl AsRef<[u8]>)>,
    prefix: &str,
) -> Result<Vec<Merge>, Error> {
    let (mut product, mut merges) = (vec![], vec![]);
    for (at, (left, right)) in pairs.into_iter().enumerate() {
        let (left, right) = (left.as_ref(), right.as_ref());
        product.clear();
        product.extend_from_slice(left);
        let Some(rest) = right.get(prefix.len()..) else {
            let piece = format!("{prefix}{}", shown(right));
            return Err(Error::BadMerge { at, piece });
        };
        product.extend_from_slice(rest);
        let find = |piece: &[u8]| {
            vocab.id(piece).ok_or_else(|| Error::BadMerge { at, piece: shown(piece) })
        };
        merges.push(Merge { left: find(left)?, right: find(right)?, product: find(&product)? });
    }
    Ok(merges)
}

impl Bpe {
    /// On bytes: pieces are bytes as they stand in a text. Of a pair that comes twice the later
    /// rank counts, as in Hugging Face `tokenizers`; ids of merges may lie beyond the vocabulary
    /// (an added token may be a product).
    pub fn from_bytes(vocab: Vocab, merges: Vec<Merge>, options: Options) -> Result<Self, Error> {
        check(&vocab, &options)?;
        check_merges(&merges)?;
        let mut byte_ids = Box::new([NO_ID; 256]);
        for (byte, id) in (0_u8..=255).zip(byte_ids.iter_mut()) {
            *id = vocab.id(&[byte]).unwrap_or(NO_ID);
        }
        let pairs = pairs_of(&merges);
        let has_all = options.unknown == Unknown::Refuse || !byte_ids.contains(&NO_ID);
        let adds_up = has_all && merges.iter().all(|merge| adds_up(&vocab, merge));
        let folded = Folded::new(&vocab, &merges, &pairs, &byte_ids);
        let mut bpe = Self::assemble(vocab, merges, pairs, Form::Bytes(byte_ids), options);
        (bpe.adds_up, bpe.folded) = (adds_up, folded);
        bpe.find_wholes();
        Ok(bpe)
    }

    /// On characters. Merges as in [`from_bytes`](Self::from_bytes).
    pub fn from_characters(
        vocab: Vocab,
        merges: Vec<Merge>,
        options: Options,
    ) -> Result<Self, Error> {
        check(&vocab, &options)?;
        check_merges(&merges)?;
        let characters = Characters::new(&vocab, &options);
        let joints = joints(&vocab, &merges, &characters, &options);
        let (pairs, form) = (pairs_of(&merges), Form::Characters(characters, joints));
        Ok(Self::assemble(vocab, merges, pairs, form, options))
    }

    /// tiktoken's form: the ids are ranks, words that are pieces are taken whole, and any two
    /// neighbours merge whose bytes together are a piece, the lowest rank first, leftmost among
    /// equals.
    pub fn from_ranks(vocab: Vocab) -> Result<Self, Error> {
        let wanted = vocab.iter().filter(|(_, piece)| piece.len() > 1);
        let wanted = wanted.map(|(id, piece)| implied::Wanted { id, rank: id, piece }).collect();
        let mut byte_ids = [NO_ID; 256];
        for byte in 0..=255_u8 {
            byte_ids[usize::from(byte)] = vocab.id(&[byte]).unwrap_or(NO_ID);
        }
        let units = |piece: &[u8], ids: &mut Vec<u32>| {
            ids.extend(piece.iter().map(|&byte| byte_ids[usize::from(byte)]));
        };
        let (_, mut merges) = implied::merges(wanted, units);
        merges.retain(|(_, merge)| merge.left != NO_ID && merge.right != NO_ID);
        merges.sort_unstable_by_key(|&(rank, _)| rank);
        let merges = merges.into_iter().map(|(_, merge)| merge).collect();
        let options = Options { ignore_merges: true, ..Options::default() };
        Self::from_bytes(vocab, merges, options)
    }

    /// SentencePiece's form: any two neighbours merge whose text together is a piece, the highest
    /// score first, leftmost among equals, whatever the pieces. `scores` and `kinds` are by id; no
    /// kinds at all means that all are normal. Of the options, prefix, suffix and `ignore_merges`
    /// mean nothing here, and unknown characters side by side are always one token.
    pub fn from_scores(
        vocab: Vocab,
        scores: &[f32],
        mut kinds: Vec<Kind>,
        options: Options,
    ) -> Result<Self, Error> {
        check(&vocab, &options)?;
        if kinds.is_empty() {
            kinds = vec![Kind::Normal; vocab.len()];
        }
        let (pieces, pairs, merges) = Pieces::new(&vocab, scores, kinds, &options)?;
        Ok(Self::assemble(vocab, merges, pairs, Form::Pieces(Box::new(pieces)), options))
    }

    fn assemble(
        vocab: Vocab,
        merges: Vec<Merge>,
        pairs: Pairs,
        form: Form,
        options: Options,
    ) -> Self {
        Self {
            vocab,
            merges,
            pairs,
            form,
            options: Box::new(options),
            wholes: Box::default(),
            folded: None,
            apart: FxHashSet::default(),
            adds_up: false,
            owner: new_owner(),
        }
    }

    /// `tokens` by id, empty where there is none; `merges` by rank, ids within `tokens` or beyond.
    pub(crate) fn new(tokens: Vec<Box<[u8]>>, merges: Vec<Merge>) -> Result<Self, Error> {
        let tokens = tokens.iter().zip(0..).filter(|(token, _)| !token.is_empty());
        Self::from_bytes(Vocab::new(tokens)?, merges, Options::default())
    }

    /// The same, and `ids` are never taken for whole words; merging decides about such text.
    pub(crate) fn with_apart(mut self, ids: &[u32]) -> Self {
        self.apart = ids.iter().copied().collect();
        if self.options.ignore_merges {
            for piece in ids.iter().filter_map(|&id| self.vocab.get(id)) {
                self.wholes.forget(piece);
            }
        }
        self.owner = new_owner();
        self
    }

    /// Notes the words that are one token: all pieces where merges do not count, or else those that
    /// merging their own bytes comes down to.
    fn find_wholes(&mut self) {
        let Form::Bytes(byte_ids) = &self.form else { return };
        let is_whole = |&(id, piece): &(u32, &[u8])| {
            let mut ids: Vec<u32> = piece.iter().map(|&b| byte_ids[usize::from(b)]).collect();
            fast(&self.pairs, &mut ids, 0);
            ids == [id]
        };
        let mut pieces: Vec<_> = self.vocab.iter().collect();
        if !self.options.ignore_merges {
            pieces = pieces.into_par_iter().filter(is_whole).collect();
        }
        *self.wholes = Wholes::new(pieces.into_iter().map(|(id, piece)| (piece, id)));
    }

    /// The piece of `id` as a file writes it: bytes in visible characters.
    pub fn piece(&self, id: u32) -> Option<Cow<'_, str>> {
        match self.form {
            Form::Bytes(_) => self.vocab.get(id).map(|piece| byte_level::to_visible(piece).into()),
            _ => self.vocab.text(id).map(Cow::Borrowed),
        }
    }

    /// The id of the piece that a file writes so.
    pub fn id(&self, piece: &str) -> Option<u32> {
        match self.form {
            Form::Bytes(_) => self.vocab.id(&byte_level::to_bytes(piece)?),
            _ => self.vocab.id(piece.as_bytes()),
        }
    }

    /// The piece of `id`, as bytes of a text where the model is on bytes.
    pub fn bytes(&self, id: u32) -> Option<&[u8]> {
        self.vocab.get(id).filter(|piece| !piece.is_empty())
    }

    /// Whether the model is on bytes: [`piece`](Self::piece) then writes visible characters.
    pub fn is_on_bytes(&self) -> bool {
        matches!(self.form, Form::Bytes(_))
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

    /// The merges in the order of their ranks. Where they follow from scores, ids from
    /// [`len`](Self::len) on are characters that are no pieces, and equal scores are not told.
    pub fn merges(&self) -> &[Merge] {
        &self.merges
    }

    /// The scores by id, where merges follow from them.
    pub fn scores(&self) -> Option<&[f32]> {
        match &self.form {
            Form::Pieces(pieces) => Some(&pieces.scores),
            Form::Bytes(_) | Form::Characters(..) => None,
        }
    }

    /// What text has to do with each piece, where merges follow from scores.
    pub fn kinds(&self) -> Option<&[Kind]> {
        match &self.form {
            Form::Pieces(pieces) => Some(&pieces.kinds),
            Form::Bytes(_) | Form::Characters(..) => None,
        }
    }

    /// What the model is beside pieces and merges.
    pub fn options(&self) -> &Options {
        &self.options
    }
}

/// Whether the product of a merge is its two parts.
fn adds_up(vocab: &Vocab, merge: &Merge) -> bool {
    let [left, right, product] =
        [merge.left, merge.right, merge.product].map(|id| vocab.get(id).map(<[u8]>::len));
    match (left, right, product) {
        (Some(left), Some(right), Some(product)) => left + right == product,
        _ => false,
    }
}

fn pairs_of(merges: &[Merge]) -> Pairs {
    let mut pairs = Pairs::default();
    for (merge, rank) in merges.iter().zip(0..) {
        pairs.insert((merge.left, merge.right), rank, merge.product);
    }
    pairs
}

/// Where texts can be cut: what the ends of merged pieces say, if these are nothing but their text.
fn joints(
    vocab: &Vocab,
    merges: &[Merge],
    characters: &Characters,
    options: &Options,
) -> Option<Joints> {
    let is_other = |id: u32| options.unknown == Unknown::Piece(id) || characters.is_byte(id);
    let mut ends = Vec::with_capacity(merges.len());
    for merge in merges {
        if is_other(merge.left) || is_other(merge.right) {
            return None;
        }
        let (left, right) = (vocab.text(merge.left)?, vocab.text(merge.right)?);
        let rest = vocab.text(merge.product)?.strip_prefix(left)?;
        if rest != right {
            return None;
        }
        ends.push((left.chars().next_back()?, right.chars().next()?));
    }
    characters.are_plain().then(|| Joints::new(ends))
}

fn check(vocab: &Vocab, options: &Options) -> Result<(), Error> {
    match options.unknown {
        Unknown::Piece(id) if vocab.get(id).is_none() => {
            Err(Error::BadUnknownId { unk_id: id, pieces: vocab.len() })
        }
        _ => Ok(()),
    }
}

fn check_merges(merges: &[Merge]) -> Result<(), Error> {
    let ids = merges.iter().flat_map(|merge| [merge.left, merge.right, merge.product]);
    match ids.max().map_or(0, |id| id as usize) {
        largest if largest >= MAX_VOCAB => {
            Err(Error::VocabTooLarge { asked: largest + 1, most: MAX_VOCAB })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
