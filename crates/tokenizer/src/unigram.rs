//! Unigram: of all ways to cut a word into pieces, the one whose pieces' log probabilities sum
//! highest (Kudo, "Subword Regularization", 2018, arXiv:1804.10959).
//!
//! Ids are those of Hugging Face `tokenizers` and of SentencePiece, which agree but for near ties;
//! [`Arithmetic`] says whose. Reading order: `scored` (which edges a text has), `viterbi` (the best
//! way, plainly and fast), `lattice` (the n best, and one by chance), `trie`, and `train` with
//! `train/seeds` and `train/prune`.
//!
//! ```
//! use tokenizer::unigram::{Options, Unigram};
//!
//! let pieces = [("<unk>", 0.0), ("a", -2.0), ("b", -3.0), ("ab", -4.0)];
//! let pieces = pieces.map(|(piece, score)| (piece.to_owned(), score)).to_vec();
//! let model = Unigram::new(pieces, Options { unk_id: Some(0), ..Options::default() })?;
//! let mut ids = vec![];
//! model.encode("abbxyz", &mut ids)?;
//! assert_eq!(ids, [3, 2, 0]); // ab b and all that is unknown
//! # Ok::<(), tokenizer::Error>(())
//! ```
//!
//! Left out on purpose: normalization and cutting text into words (other stages; `encode` takes
//! what they give), and the file formats.

mod lattice;
mod scored;
mod train;
pub(crate) mod trie;
mod viterbi;

use stdx::Rng;

use crate::bpe::train::MAX_VOCAB;
use crate::hash::{KeyedMap, KeyedSet};
use crate::word_cache::new_owner;
use crate::{Error, Token, byte_piece};
use lattice::Lattice;
use scored::{Scored, UNKNOWN, UNKNOWN_PENALTY};
use viterbi::Sum;

pub use train::{Step, TrainOptions, train};
pub use viterbi::Scratch;

/// The longest piece in bytes: each place of a text may cost as much as the longest piece is long.
const MAX_PIECE_BYTES: usize = 4096;

/// The most segmentations that are searched for, as in SentencePiece.
const MAX_N_BEST: usize = 1024;

/// The most bytes of text that the best segmentations may have together.
const MAX_N_BEST_BYTES: usize = 1 << 20;

const _: () = assert!(MAX_VOCAB <= trie::MAX_ID as usize);

/// Marks a byte that no piece stands for.
const NO_ID: u32 = u32::MAX;

/// Whose sums decide between near ties.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Arithmetic {
    /// Sums in f64, as Hugging Face `tokenizers` has them.
    #[default]
    HuggingFace,
    /// Scores and sums kept in f32, as SentencePiece has them.
    SentencePiece,
}

/// What text has to do with a piece; the kinds of SentencePiece's files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// Text may spell it.
    #[default]
    Normal,
    /// Text may spell it, and where other scores are log probabilities it is then taken: it counts
    /// a tenth for each byte after the first.
    UserDefined,
    /// Text never spells it: control, unknown, unused and byte pieces in SentencePiece's files. A
    /// `tokenizer.json` has none.
    Apart,
}

/// What a model is beside its pieces.
#[derive(Clone, Debug)]
pub struct Options {
    /// The piece that stands for what is unknown.
    pub unk_id: Option<u32>,
    /// Unknown text becomes the pieces `<0x00>` to `<0xFF>` of its bytes, where all of these are
    /// there.
    pub byte_fallback: bool,
    /// Unknown characters side by side become one token. `tokenizers` and SentencePiece do so.
    pub fuse_unk: bool,
    /// Whose sums.
    pub arithmetic: Arithmetic,
    /// By id; none at all means that all are normal.
    pub kinds: Vec<Kind>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            unk_id: None,
            byte_fallback: false,
            fuse_unk: true,
            arithmetic: Arithmetic::default(),
            kinds: vec![],
        }
    }
}

/// Pieces with their log probabilities.
#[derive(Clone, Debug)]
pub struct Unigram {
    /// By id.
    pieces: Vec<(String, f64)>,
    options: Options,
    scored: Scored,
    /// The ids of pieces that text never spells.
    apart: KeyedMap<String, u32>,
    /// `NO_ID` where there is none.
    byte_ids: Box<[u32; 256]>,
    /// Which caches are of this model.
    owner: u64,
}

impl Unigram {
    /// `pieces` by id, with their scores. Nothing about them is trusted.
    pub fn new(pieces: Vec<(String, f64)>, options: Options) -> Result<Self, Error> {
        check(&pieces, &options)?;
        let kind = |id: usize| options.kinds.get(id).copied().unwrap_or_default();
        let mut spelled: Vec<(&[u8], u32)> =
            pieces.iter().zip(0..).map(|((piece, _), id)| (piece.as_bytes(), id)).collect();
        spelled.retain(|&(_, id)| kind(id as usize) != Kind::Apart);
        spelled.sort_unstable();
        let (scores, unknown_score) = scores(&pieces, options.arithmetic, kind);
        let scored = Scored::new(&spelled, scores, unknown_score);
        let byte_ids = byte_ids(&pieces);
        let apart = pieces.iter().zip(0..).filter(|&(_, id)| kind(id as usize) == Kind::Apart);
        let apart = apart.map(|((piece, _), id)| (piece.clone(), id)).collect();
        Ok(Self { scored, apart, byte_ids, options, pieces, owner: new_owner() })
    }

    /// Appends the ids of `text`.
    pub fn encode(&self, text: &str, ids: &mut Vec<u32>) -> Result<(), Error> {
        self.encode_with(&mut Scratch::default(), text, ids)
    }

    /// [`encode`](Self::encode) with memory from the call before: for many short texts.
    pub fn encode_with(
        &self,
        scratch: &mut Scratch,
        text: &str,
        ids: &mut Vec<u32>,
    ) -> Result<(), Error> {
        let mut writer = Writer::new(self, text, |id, _, _| ids.push(id));
        viterbi::fast(&self.scored, self.sum(), text, scratch, |start, end, id| {
            writer.push(start, end, id);
        });
        writer.finish()
    }

    /// Appends the tokens of `text` with the bytes that each covers. Those of unknown text that
    /// became bytes cover all of it, each, as in Hugging Face `tokenizers`.
    pub fn tokens(
        &self,
        text: &str,
        scratch: &mut Scratch,
        out: &mut Vec<Token>,
    ) -> Result<(), Error> {
        let (got, most) = (text.len(), i32::MAX as usize);
        if got > most {
            return Err(Error::TextTooLong { got, most });
        }
        let mut writer = Writer::new(self, text, |id, start, end| {
            out.push(Token { id, start: start as u32, end: end as u32 });
        });
        viterbi::fast(&self.scored, self.sum(), text, scratch, |start, end, id| {
            writer.push(start, end, id);
        });
        writer.finish()
    }

    /// [`encode`](Self::encode) as the definition says it, in time quadratic in the text: what the
    /// fast way is held against.
    pub fn encode_plainly(&self, text: &str, ids: &mut Vec<u32>) -> Result<(), Error> {
        let spelled: KeyedMap<&str, u32> = self
            .pieces
            .iter()
            .zip(0..)
            .filter(|&(_, id)| self.kind(id) != Kind::Apart)
            .map(|((piece, _), id)| (piece.as_str(), id))
            .collect();
        let mut writer = Writer::new(self, text, |id, _, _| ids.push(id));
        viterbi::plain((&self.scored, self.sum()), &spelled, text, |start, end, id| {
            writer.push(start, end, id);
        });
        writer.finish()
    }

    /// The `n` best segmentations of `text` and their scores, the best first. Time and memory grow
    /// with `n` times the text, which may be a megabyte; `n` may be 1024.
    pub fn n_best(&self, text: &str, n: usize) -> Result<Vec<(Vec<u32>, f64)>, Error> {
        if n > MAX_N_BEST {
            let (name, got) = ("the number of best segmentations", n.to_string());
            return Err(Error::BadOption { name, got, expected: "at most 1024" });
        }
        let (got, most) = (text.len(), MAX_N_BEST_BYTES / n.max(1));
        if got > most {
            return Err(Error::TextTooLong { got, most });
        }
        let lattice = Lattice::new(&self.scored, text)?;
        let write = |(path, score): (Vec<lattice::Edge>, f64)| {
            let mut ids = vec![];
            self.write(text, path, &mut ids).map(|()| (ids, score))
        };
        lattice.n_best(n)?.into_iter().map(write).collect()
    }

    /// Appends the ids of one segmentation by chance: each with probability proportional to
    /// exp(`alpha` · score). 0 makes all alike, large values make the best all but certain.
    pub fn sample(
        &self,
        text: &str,
        alpha: f64,
        rng: &mut Rng,
        ids: &mut Vec<u32>,
    ) -> Result<(), Error> {
        if !alpha.is_finite() || alpha < 0.0 {
            let (name, got, expected) = ("alpha", alpha.to_string(), "a number from 0 up");
            return Err(Error::BadOption { name, got, expected });
        }
        self.write(text, Lattice::new(&self.scored, text)?.sample(alpha, rng), ids)
    }

    fn write(&self, text: &str, path: Vec<lattice::Edge>, ids: &mut Vec<u32>) -> Result<(), Error> {
        let mut writer = Writer::new(self, text, |id, _, _| ids.push(id));
        path.iter().for_each(|edge| writer.push(edge.start, edge.end, edge.id));
        writer.finish()
    }

    /// The same, and text never spells `ids`.
    pub(crate) fn with_apart(mut self, ids: &[u32]) -> Result<Self, Error> {
        let mut kinds = std::mem::take(&mut self.options.kinds);
        kinds.resize(self.pieces.len(), Kind::Normal);
        let kept = kinds.clone();
        for &id in ids {
            kinds.get_mut(id as usize).into_iter().for_each(|kind| *kind = Kind::Apart);
        }
        let is_same = kinds == kept;
        self.options.kinds = kinds;
        if is_same { Ok(self) } else { Self::new(self.pieces, self.options) }
    }

    /// Whose cached words are this model's.
    pub(crate) fn owner(&self) -> u64 {
        self.owner
    }

    /// How many ids there are.
    #[expect(clippy::len_without_is_empty, reason = "a model without pieces cannot be made")]
    pub fn len(&self) -> usize {
        self.pieces.len()
    }

    /// All pieces with their scores, by id.
    pub fn pieces(&self) -> &[(String, f64)] {
        &self.pieces
    }

    /// The piece of `id`.
    pub fn piece(&self, id: u32) -> Option<&str> {
        self.pieces.get(id as usize).map(|(piece, _)| piece.as_str())
    }

    /// The id of `piece`, whether text may spell it or not.
    pub fn id(&self, piece: &str) -> Option<u32> {
        self.scored.id(piece).or_else(|| self.apart.get(piece).copied())
    }

    /// What the model is beside its pieces.
    pub fn options(&self) -> &Options {
        &self.options
    }

    fn kind(&self, id: u32) -> Kind {
        self.options.kinds.get(id as usize).copied().unwrap_or_default()
    }

    fn sum(&self) -> Sum {
        match self.options.arithmetic {
            Arithmetic::HuggingFace => Sum::Double,
            Arithmetic::SentencePiece => Sum::Single,
        }
    }
}

/// Refuses what cannot be a model.
fn check(pieces: &[(String, f64)], options: &Options) -> Result<(), Error> {
    if pieces.is_empty() {
        return Err(Error::NoPieces);
    }
    if pieces.len() > MAX_VOCAB {
        return Err(Error::VocabTooLarge { asked: pieces.len(), most: MAX_VOCAB });
    }
    if let Some(unk_id) = options.unk_id.filter(|&id| id as usize >= pieces.len()) {
        return Err(Error::BadUnknownId { unk_id, pieces: pieces.len() });
    }
    if !options.kinds.is_empty() && options.kinds.len() != pieces.len() {
        let (name, got) = ("the number of kinds", options.kinds.len().to_string());
        return Err(Error::BadOption { name, got, expected: "one for each piece, or none" });
    }
    let mut seen = KeyedSet::default();
    for (id, (piece, score)) in pieces.iter().enumerate() {
        let why = match () {
            () if piece.is_empty() => "is empty",
            () if piece.len() > MAX_PIECE_BYTES => "is longer than 4096 bytes",
            () if !seen.insert(piece.as_str()) => "is there twice",
            () if !(*score as f32).is_finite() => "has a score that is not a finite f32",
            () => continue,
        };
        let piece = piece.chars().take(64).collect();
        return Err(Error::BadPiece { id, piece, why });
    }
    Ok(())
}

/// The scores by id, as they are added, and the score of an unknown character.
fn scores(
    pieces: &[(String, f64)],
    arithmetic: Arithmetic,
    kind: impl Fn(usize) -> Kind,
) -> (Vec<f64>, f64) {
    let round = |score: f64| match arithmetic {
        Arithmetic::HuggingFace => score,
        Arithmetic::SentencePiece => f64::from(score as f32),
    };
    let counts = |id: usize| match arithmetic {
        Arithmetic::HuggingFace => kind(id) != Kind::UserDefined,
        Arithmetic::SentencePiece => kind(id) == Kind::Normal,
    };
    let normal = pieces.iter().enumerate().filter(|&(id, _)| counts(id));
    let lowest = normal.map(|(_, &(_, score))| round(score)).reduce(f64::min);
    // Without normal pieces SentencePiece's minimum stays where it began, and all is unknown.
    let unknown_score = match (lowest, arithmetic) {
        (Some(lowest), _) => round(lowest - UNKNOWN_PENALTY),
        (None, Arithmetic::SentencePiece) => f64::from(f32::MAX),
        (None, Arithmetic::HuggingFace) => -UNKNOWN_PENALTY,
    };
    let score = |(id, (piece, score)): (usize, &(String, f64))| match kind(id) {
        // What SentencePiece 0.2.3 was found to count, whatever score the file has.
        Kind::UserDefined => f64::from(0.1_f32 * (piece.len() - 1) as f32),
        Kind::Normal | Kind::Apart => round(*score),
    };
    (pieces.iter().enumerate().map(score).collect(), unknown_score)
}

/// The ids of the pieces `<0x00>` to `<0xFF>`.
fn byte_ids(pieces: &[(String, f64)]) -> Box<[u32; 256]> {
    let mut ids = Box::new([NO_ID; 256]);
    for ((piece, _), id) in pieces.iter().zip(0..) {
        if let Some(byte) = byte_piece::byte(piece) {
            ids[usize::from(byte)] = id;
        }
    }
    ids
}

/// Pieces in order become ids; what is unknown is joined and becomes bytes or the unknown token.
/// `each` is called with id, start and end.
struct Writer<'a, E> {
    model: &'a Unigram,
    text: &'a str,
    /// Start and end of what is unknown and was not written yet.
    unknown: Option<(usize, usize)>,
    failed: Option<Error>,
    each: E,
}

impl<'a, E: FnMut(u32, usize, usize)> Writer<'a, E> {
    fn new(model: &'a Unigram, text: &'a str, each: E) -> Self {
        Self { model, text, unknown: None, failed: None, each }
    }

    #[inline]
    fn push(&mut self, start: usize, end: usize, id: u32) {
        // Text that spells the unknown token's own piece is unknown too.
        if id != UNKNOWN && Some(id) != self.model.options.unk_id {
            self.write_unknown();
            return (self.each)(id, start, end);
        }
        if !self.model.options.fuse_unk {
            self.write_unknown();
        }
        self.unknown = Some((self.unknown.map_or(start, |(start, _)| start), end));
    }

    #[inline]
    fn write_unknown(&mut self) {
        if let Some((start, end)) = self.unknown.take() {
            self.write_run(start, end);
        }
    }

    fn write_run(&mut self, start: usize, end: usize) {
        let (model, run) = (self.model, &self.text[start..end]);
        // Where scores are positive, joined unknown characters can be a piece after all.
        let whole = match model.options.arithmetic {
            Arithmetic::HuggingFace => model.scored.id(run),
            Arithmetic::SentencePiece => None,
        };
        let byte_id = |byte: u8| model.byte_ids[usize::from(byte)];
        let has_bytes = || run.bytes().all(|byte| byte_id(byte) != NO_ID);
        match (whole, model.options.unk_id) {
            (Some(id), _) => (self.each)(id, start, end),
            _ if model.options.byte_fallback && has_bytes() => {
                run.bytes().for_each(|byte| (self.each)(byte_id(byte), start, end));
            }
            (None, Some(id)) => (self.each)(id, start, end),
            (None, None) => {
                let character = run.chars().next().unwrap_or(char::REPLACEMENT_CHARACTER);
                self.failed.get_or_insert(Error::NoUnknownToken { character });
            }
        }
    }

    fn finish(mut self) -> Result<(), Error> {
        self.write_unknown();
        self.failed.map_or(Ok(()), Err)
    }
}

#[cfg(test)]
mod tests;
