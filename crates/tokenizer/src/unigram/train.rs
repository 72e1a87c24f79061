//! Learning the pieces (Kudo 2018, section 3.2): begin with far too many, then again and again fit
//! their probabilities to the words and drop those that are missed least.
//!
//! ```text
//! E: expected count c of each piece under all segmentations of all words (forward-backward)
//! M: score = ψ(c) - ψ(Σ c), pieces of c < 0.5 go      ψ: digamma, which makes rare pieces rarer
//! ```
//!
//! ψ in the place of log is the Bayesian form of EM (Liang & Klein, "Structured Bayesian
//! Nonparametric Models with Variational Inference", ACL 2007). Rounds end near the wished size
//! (a tenth above); then the best scores stay. As SentencePiece and Hugging Face `tokenizers` do,
//! except that sums are f64 and that seeds are counted with their words' counts.
//!
//! Words are cut into a fixed number of chunks, whose sums are added in order: the same pieces on
//! any number of threads. Memory grows with the distinct words.
//!
//! Rare characters, beyond the share of the text that `character_coverage` says, are no pieces, and
//! words are cut there.
//!
//! Left out on purpose: which characters a piece may mix (where words are cut decides that).

mod prune;
mod seeds;

use rayon::prelude::*;
use rustc_hash::FxHashSet;

use super::lattice::Lattice;
use super::scored::{Scored, UNKNOWN_PENALTY};
use super::{Kind, MAX_PIECE_BYTES, Options, Unigram};
use crate::bpe::train::MAX_VOCAB;
use crate::hash::{KeyedMap, KeyedSet};
use crate::{Error, byte_piece, words};

/// The words are cut into so many parts, whatever the number of threads: the sums of each are
/// added in this order. Each part has a count for each piece.
const N_CHUNKS: usize = 16;

/// Pieces with a smaller expected count go.
const LEAST_EXPECTED: f64 = 0.5;

/// EM and pruning end at this many times the wished number of pieces.
const ENOUGH: f64 = 1.1;

/// Longer words are cut: all segmentations of a word are looked at together.
const MAX_WORD_BYTES: usize = 4096;

/// What to learn.
#[derive(Clone, Debug)]
pub struct TrainOptions {
    /// The number of ids: special tokens, bytes and pieces together.
    pub vocab_size: usize,
    /// How many pieces to begin with.
    pub seed_size: usize,
    /// How often probabilities are fitted between two prunings.
    pub n_sub_iterations: usize,
    /// The share of the pieces that each pruning leaves.
    pub shrinking_factor: f64,
    /// The most characters that a piece may have.
    pub max_piece_length: usize,
    /// The share of the text that the characters make which become pieces, the most frequent first.
    pub character_coverage: f64,
    /// The special tokens; they get the first ids, in this order.
    pub specials: Vec<String>,
    /// The token for what is unknown: one of `specials`, else it is put before them.
    pub unk_token: Option<String>,
    /// Adds a piece for each byte after the special tokens; unknown text becomes these.
    pub byte_fallback: bool,
}

impl Default for TrainOptions {
    fn default() -> Self {
        Self {
            vocab_size: 8000,
            seed_size: 1_000_000,
            n_sub_iterations: 2,
            shrinking_factor: 0.75,
            max_piece_length: 16,
            character_coverage: 0.9995,
            specials: vec![],
            unk_token: Some("<unk>".to_owned()),
            byte_fallback: false,
        }
    }
}

/// How far training has come; told after each fitting.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// Fittings done.
    pub round: usize,
    /// Pieces left.
    pub pieces: usize,
    /// Fitting ends when no more than this are left.
    pub target: usize,
    /// The words' negative log₂ likelihood before this fitting, per byte.
    pub bits_per_byte: f64,
}

/// Learns `options.vocab_size` pieces from words and how often each stands in the text. A word
/// that comes twice counts twice. `go_on` is asked after each fitting; where it says no, training
/// ends with [`Error::Interrupted`].
pub fn train(
    words: impl IntoIterator<Item = (impl AsRef<str>, u64)>,
    options: &TrainOptions,
    go_on: &mut dyn FnMut(Step) -> bool,
) -> Result<Unigram, Error> {
    check(options)?;
    let mut words = distinct(words);
    if words.is_empty() {
        return Err(Error::EmptyCorpus);
    }
    let first = first_pieces(options)?;
    let mut characters = words::characters(words.iter().map(|(word, count)| (word, *count)));
    let rare = characters.split_off(words::n_covering(&characters, options.character_coverage));
    if !rare.is_empty() || words.iter().any(|(word, _)| word.len() > MAX_WORD_BYTES) {
        words = without(&words, &rare);
    }
    let clash = first.iter().find(|name| is_among(&characters, name));
    if let Some(name) = clash {
        let why = "is also a character of the text";
        return Err(Error::BadSpecial { name: name.clone(), why });
    }
    let least = first.len() + characters.len();
    if options.vocab_size < least {
        return Err(Error::TooFewIds {
            asked: options.vocab_size,
            characters: characters.len(),
            specials: first.len(),
            least,
        });
    }
    let reserved: KeyedSet<&str> = first.iter().map(String::as_str).collect();
    let mut pieces = seeds::seeds(&words, &characters, options)?;
    pieces.retain(|(piece, _)| !reserved.contains(piece.as_str()));
    let pieces = Learner::new(&words, pieces).learn(options, go_on)?;
    let learnt = choose(pieces, &characters, options.vocab_size - first.len());
    assemble(first, learnt, options)
}

fn check(options: &TrainOptions) -> Result<(), Error> {
    let bad = |name, got: String, expected| Err(Error::BadOption { name, got, expected });
    if options.vocab_size > MAX_VOCAB {
        return Err(Error::VocabTooLarge { asked: options.vocab_size, most: MAX_VOCAB });
    }
    if !(0.01..=0.99).contains(&options.shrinking_factor) {
        let got = options.shrinking_factor.to_string();
        return bad("shrinking_factor", got, "a number from 0.01 to 0.99");
    }
    if options.seed_size > MAX_VOCAB / 2 {
        return bad("seed_size", options.seed_size.to_string(), "at most 2097152");
    }
    if !(0.0..=1.0).contains(&options.character_coverage) {
        let got = options.character_coverage.to_string();
        return bad("character_coverage", got, "a number from 0 to 1");
    }
    if !(1..=MAX_PIECE_BYTES / 4).contains(&options.max_piece_length) {
        let got = options.max_piece_length.to_string();
        return bad("max_piece_length", got, "a number from 1 to 1024");
    }
    if !(1..=100).contains(&options.n_sub_iterations) {
        let got = options.n_sub_iterations.to_string();
        return bad("n_sub_iterations", got, "a number from 1 to 100");
    }
    Ok(())
}

/// The distinct words that are there at all and their counts, in the order of their bytes.
fn distinct(words: impl IntoIterator<Item = (impl AsRef<str>, u64)>) -> Vec<(Box<str>, u64)> {
    let mut counts: KeyedMap<Box<str>, u64> = KeyedMap::default();
    for (word, count) in words {
        let word = word.as_ref();
        if word.is_empty() || count == 0 {
            continue;
        }
        match counts.get_mut(word) {
            Some(sum) => *sum = sum.saturating_add(count),
            None => drop(counts.insert(word.into(), count)),
        }
    }
    let mut words: Vec<_> = counts.into_iter().collect();
    words.sort_unstable();
    words
}

/// The pieces that are not learnt: special tokens, then bytes.
fn first_pieces(options: &TrainOptions) -> Result<Vec<String>, Error> {
    let mut first = options.specials.clone();
    if let Some(unk) = options.unk_token.as_ref().filter(|unk| !first.contains(unk)) {
        first.insert(0, unk.clone());
    }
    if options.byte_fallback {
        first.extend(byte_piece::all());
    }
    let mut seen = KeyedSet::default();
    for name in &first {
        let why = match () {
            () if name.is_empty() => "is empty",
            () if !seen.insert(name) => "is named twice",
            () => continue,
        };
        return Err(Error::BadSpecial { name: name.clone(), why });
    }
    Ok(first)
}

/// The words cut at the characters of `rare`, which go, and where they are too long.
fn without(words: &[(Box<str>, u64)], rare: &[(char, u64)]) -> Vec<(Box<str>, u64)> {
    let rare: FxHashSet<char> = rare.iter().map(|&(character, _)| character).collect();
    let parts = words.iter().flat_map(|(word, count)| {
        let parts = word.split(|character| rare.contains(&character));
        parts.flat_map(short_parts).map(|part| (part, *count))
    });
    distinct(parts)
}

/// A word of any length in parts of at most `MAX_WORD_BYTES`.
fn short_parts(word: &str) -> impl Iterator<Item = &str> {
    let mut rest = word;
    std::iter::from_fn(move || {
        let (part, after) = rest.split_at(rest.floor_char_boundary(MAX_WORD_BYTES));
        rest = after;
        (!part.is_empty()).then_some(part)
    })
}

fn is_among(characters: &[(char, u64)], name: &str) -> bool {
    let mut name = name.chars();
    let (first, second) = (name.next(), name.next());
    second.is_none() && characters.iter().any(|&(character, _)| Some(character) == first)
}

/// The pieces as far as they are fitted, in the order of their bytes.
struct Learner<'w> {
    words: &'w [(Box<str>, u64)],
    pieces: Vec<(String, f64)>,
    scored: Scored,
}

impl<'w> Learner<'w> {
    fn new(words: &'w [(Box<str>, u64)], pieces: Vec<(String, f64)>) -> Self {
        let scored = scored(&pieces);
        Self { words, pieces, scored }
    }

    fn learn(
        mut self,
        options: &TrainOptions,
        go_on: &mut dyn FnMut(Step) -> bool,
    ) -> Result<Vec<(String, f64)>, Error> {
        let target = (options.vocab_size as f64 * ENOUGH) as usize;
        let mut round = 0;
        loop {
            for _ in 0..options.n_sub_iterations {
                let bits_per_byte = self.fit();
                round += 1;
                let step = Step { round, pieces: self.pieces.len(), target, bits_per_byte };
                if !go_on(step) {
                    return Err(Error::Interrupted { rounds: round });
                }
            }
            let before = self.pieces.len();
            let wanted = target.max((before as f64 * options.shrinking_factor) as usize);
            if before <= target || self.prune(wanted) == before {
                return Ok(self.pieces);
            }
        }
    }

    /// One step of EM; the bits per byte before it.
    fn fit(&mut self) -> f64 {
        let (expected, log_likelihood) = self.expect();
        let kept = |&&count: &&f64| count >= LEAST_EXPECTED;
        let log_total = digamma(expected.iter().filter(kept).sum());
        let mut counts = expected.iter();
        self.pieces.retain_mut(|(_, score)| {
            let count = counts.next().copied().unwrap_or(0.0);
            *score = digamma(count) - log_total;
            count >= LEAST_EXPECTED
        });
        self.scored = scored(&self.pieces);
        let bytes: f64 = self.words.iter().map(|(word, n)| word.len() as f64 * *n as f64).sum();
        -log_likelihood / std::f64::consts::LN_2 / bytes
    }

    /// The expected count of each piece, and the log likelihood of all words.
    fn expect(&self) -> (Vec<f64>, f64) {
        self.sum_chunks(|lattice, word, count, sums| {
            lattice.fill(&self.scored, word);
            count * lattice.expect(|id, share| sums[id as usize] += count * share)
        })
    }

    /// Adds what `each` puts into the sums (one a piece) and gives, over all words.
    fn sum_chunks(
        &self,
        each: impl Fn(&mut Lattice, &str, f64, &mut [f64]) -> f64 + Sync,
    ) -> (Vec<f64>, f64) {
        let sum_chunk = |chunk: usize| {
            let (mut sums, mut total) = (vec![0.0; self.pieces.len()], 0.0);
            let mut lattice = Lattice::default();
            // Every sixteenth word: neighbours in the order of their bytes are alike in length.
            for (word, count) in self.words.iter().skip(chunk).step_by(N_CHUNKS) {
                total += each(&mut lattice, word, *count as f64, &mut sums);
            }
            (sums, total)
        };
        let chunks: Vec<_> = (0..N_CHUNKS).into_par_iter().map(sum_chunk).collect();
        let (mut sums, mut total) = (vec![0.0; self.pieces.len()], 0.0);
        for (chunk_sums, chunk_total) in chunks {
            sums.iter_mut().zip(chunk_sums).for_each(|(sum, part)| *sum += part);
            total += chunk_total;
        }
        (sums, total)
    }
}

/// `pieces` are sorted by their bytes.
fn scored(pieces: &[(String, f64)]) -> Scored {
    let sorted: Vec<(&[u8], u32)> =
        pieces.iter().zip(0..).map(|((piece, _), id)| (piece.as_bytes(), id)).collect();
    let scores: Vec<f64> = pieces.iter().map(|&(_, score)| score).collect();
    let unknown_score = lowest(pieces) - UNKNOWN_PENALTY;
    Scored::new(&sorted, scores, unknown_score)
}

fn lowest(pieces: &[(String, f64)]) -> f64 {
    pieces.iter().map(|&(_, score)| score).fold(0.0, f64::min)
}

/// ψ(x) = d/dx log Γ(x): up by ψ(x) = ψ(x + 1) - 1/x to where the asymptotic series is exact.
fn digamma(mut x: f64) -> f64 {
    let mut below = 0.0;
    while x < 10.0 {
        below += 1.0 / x;
        x += 1.0;
    }
    let square = 1.0 / (x * x);
    let series =
        square * (1.0 / 12.0 - square * (1.0 / 120.0 - square * (1.0 / 252.0 - square / 240.0)));
    x.ln() - 0.5 / x - series - below
}

/// All characters and the best other pieces, `n` together if there are as many; best first.
fn choose(pieces: Vec<(String, f64)>, characters: &[(char, u64)], n: usize) -> Vec<(String, f64)> {
    let lowest = lowest(&pieces);
    let scores: KeyedMap<&str, f64> =
        pieces.iter().map(|(p, score)| (p.as_str(), *score)).collect();
    let mut chosen = vec![];
    let mut n_missing = 0;
    for &(character, _) in characters {
        let piece = character.to_string();
        let score = scores.get(piece.as_str()).copied().unwrap_or_else(|| {
            n_missing += 1; // The rarer the lower, and no two alike.
            lowest - 1e-4 * f64::from(n_missing)
        });
        chosen.push((piece, score));
    }
    let mut others = pieces;
    others.retain(|(piece, _)| piece.chars().nth(1).is_some());
    best_first(&mut others);
    others.truncate(n - chosen.len());
    chosen.extend(others);
    best_first(&mut chosen);
    chosen
}

fn best_first(pieces: &mut [(String, f64)]) {
    pieces.sort_unstable_by(|(a, x), (b, y)| y.total_cmp(x).then_with(|| a.cmp(b)));
}

fn assemble(
    first: Vec<String>,
    learnt: Vec<(String, f64)>,
    options: &TrainOptions,
) -> Result<Unigram, Error> {
    let most = first.len() + learnt.len();
    if most < options.vocab_size {
        return Err(Error::TooFewPieces { asked: options.vocab_size, most });
    }
    let unk_id = first.iter().position(|name| Some(name) == options.unk_token.as_ref());
    let kinds = [vec![Kind::Apart; first.len()], vec![Kind::Normal; learnt.len()]].concat();
    let pieces = first.into_iter().map(|name| (name, 0.0)).chain(learnt).collect();
    let (unk_id, byte_fallback) = (unk_id.map(|id| id as u32), options.byte_fallback);
    Unigram::new(pieces, Options { unk_id, byte_fallback, kinds, ..Options::default() })
}

#[cfg(test)]
mod tests;
