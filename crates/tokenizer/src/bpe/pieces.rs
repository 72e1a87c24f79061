//! SentencePiece's BPE: pieces with scores, and no list of merges.
//!
//! Two neighbours merge where their text together is a piece, the highest score first, the
//! leftmost among equals, whatever the pieces (`bpe_model.cc`, 0.2). So characters that are no
//! pieces merge too, and take part in pairs under ids of their own, above those of the pieces.
//! Words that a user defined are found first, the longest at each place, and never merge. Pieces
//! marked unused merge, and at the end fall into the two that made them, these again. What is no
//! piece then, or an unused character, becomes its bytes, or together with its like the unknown
//! token.

use rustc_hash::FxHashMap;

use super::characters::CharIds;
use super::implied::{self, Wanted};
use super::joints::Joints;
use super::merge::Part;
use super::pairs::Pairs;
use super::{Merge, NO_ID, Options, Span, Unknown};
use crate::unigram::trie::Trie;
use crate::vocab::{Vocab, shown};
use crate::{Error, byte_piece};

/// What text has to do with a piece; the kinds of SentencePiece's files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// Text may spell it.
    #[default]
    Normal,
    /// Wherever it stands in a text, it is a token.
    UserDefined,
    /// It merges, but is no token: it falls back into what it was made of.
    Unused,
    /// Text never spells it: control, unknown and byte pieces.
    Apart,
}

/// How words become symbols, and symbols tokens.
#[derive(Clone, Debug)]
pub(super) struct Pieces {
    /// By id, as the file has them.
    pub(super) scores: Vec<f32>,
    pub(super) kinds: Vec<Kind>,
    characters: CharIds,
    user_defined: Option<Trie>,
    /// Of unused pieces: left, right, and the bytes of the left.
    halves: FxHashMap<u32, (u32, u32, u32)>,
    byte_ids: Option<Box<[u32; 256]>>,
    joints: Joints,
}

impl Pieces {
    /// With the pairs of all pieces and the merges that a file could list.
    pub(super) fn new(
        vocab: &Vocab,
        scores: &[f32],
        kinds: Vec<Kind>,
        options: &Options,
    ) -> Result<(Self, Pairs, Vec<Merge>), Error> {
        check(vocab, scores, &kinds)?;
        let merging = |id: u32| matches!(kinds[id as usize], Kind::Normal | Kind::Unused);
        let texts = || (0..vocab.len() as u32).filter_map(|id| Some((id, vocab.text(id)?)));
        let ranks = ranks(scores);
        let wanted = |(id, piece): (u32, &'_ str)| {
            let is_wanted = merging(id) && piece.chars().nth(1).is_some();
            is_wanted.then_some((id, ranks[id as usize]))
        };
        let wanted: Vec<Wanted<'_>> = texts()
            .filter_map(|at| {
                wanted(at).map(|(id, rank)| Wanted { id, rank, piece: at.1.as_bytes() })
            })
            .collect();
        let characters = characters(vocab, &wanted, merging);
        let joints = wanted.iter().filter_map(|w| std::str::from_utf8(w.piece).ok());
        let joints = Joints::new(joints.flat_map(|p| p.chars().zip(p.chars().skip(1))));
        let units = |piece: &[u8], ids: &mut Vec<u32>| {
            let text = std::str::from_utf8(piece).unwrap_or_default();
            ids.extend(text.chars().map(|character| characters.get(character)));
        };
        let (pairs, mut merges) = implied::merges(wanted, units);
        merges.sort_unstable_by_key(|&(rank, merge)| (rank, merge.product));
        let merges: Vec<Merge> = merges.into_iter().map(|(_, merge)| merge).collect();
        let halves = halves(vocab, &kinds, &merges);
        let mut defined: Vec<(&[u8], u32)> = texts()
            .filter(|&(id, _)| kinds[id as usize] == Kind::UserDefined)
            .map(|(id, piece)| (piece.as_bytes(), id))
            .collect();
        defined.sort_unstable();
        let user_defined = (!defined.is_empty()).then(|| Trie::new(&defined));
        let byte_ids = options.byte_fallback.then(|| byte_piece::ids(vocab, NO_ID));
        let scores = scores.to_vec();
        let pieces = Self { scores, kinds, characters, user_defined, halves, byte_ids, joints };
        Ok((pieces, pairs, merges))
    }

    /// Calls `run` with what lies between user-defined words, and `token` with these.
    pub(super) fn for_each_run<E>(
        &self,
        word: &str,
        token: &mut dyn FnMut(Either<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let Some(trie) = &self.user_defined else { return token(Either::Run(0, word)) };
        let (mut done, mut at) = (0, 0);
        while at < word.len() {
            let Some((id, len)) = trie.longest(trie.root(), &word.as_bytes()[at..]) else {
                at += word[at..].chars().next().map_or(1, char::len_utf8);
                continue;
            };
            if done < at {
                token(Either::Run(done, &word[done..at]))?;
            }
            token(Either::Token(Span { id, start: at as u32, end: (at + len) as u32 }))?;
            at += len;
            done = at;
        }
        if done < at { token(Either::Run(done, &word[done..])) } else { Ok(()) }
    }

    /// The parts of a run that are merged each for itself.
    pub(super) fn cut<'t>(&'t self, run: &'t str) -> impl Iterator<Item = (usize, &'t str)> {
        self.joints.cut(run, move |character| self.is_token(self.characters.get(character)))
    }

    fn is_token(&self, id: u32) -> bool {
        self.kinds.get(id as usize) == Some(&Kind::Normal)
    }

    /// Appends the symbols that `text` begins with.
    pub(super) fn parts(&self, text: &str, parts: &mut Vec<Span>) {
        parts.extend(text.char_indices().map(|(start, character)| {
            Span::new(self.characters.get(character), start, start + character.len_utf8())
        }));
    }

    /// Calls `each` with the tokens that merged symbols are.
    pub(super) fn write(
        &self,
        text: &str,
        parts: &[Span],
        options: &Options,
        each: &mut impl FnMut(Span),
    ) -> Result<(), Error> {
        let (mut waiting, mut todo): (Option<Span>, Vec<Span>) = (None, vec![]);
        for &part in parts {
            todo.push(part);
            while let Some(part) = todo.pop() {
                if let Some(&(left, right, len)) = self.halves.get(&part.id) {
                    let middle = part.start + len;
                    todo.push(Span { id: right, start: middle, ..part });
                    todo.push(Span { id: left, end: middle, ..part });
                } else if self.is_token(part.id) {
                    write_unknown(&mut waiting, options, each);
                    each(part);
                } else if !self.write_bytes(text, part, each) {
                    let start = waiting.map_or(part.start, |before| before.start);
                    waiting = Some(Span { start, ..part });
                    if options.unknown == Unknown::Refuse {
                        let character = text[part.start as usize..].chars().next();
                        let character = character.unwrap_or(char::REPLACEMENT_CHARACTER);
                        return Err(Error::NoUnknownToken { character });
                    }
                }
            }
        }
        write_unknown(&mut waiting, options, each);
        Ok(())
    }

    fn write_bytes(&self, text: &str, part: Span, each: &mut impl FnMut(Span)) -> bool {
        let Some(ids) = &self.byte_ids else { return false };
        let bytes = &text.as_bytes()[part.start as usize..part.end as usize];
        let has_all = bytes.iter().all(|&byte| ids[usize::from(byte)] != NO_ID);
        for (&byte, start) in bytes.iter().zip(part.start..).filter(|_| has_all) {
            each(Span { id: ids[usize::from(byte)], start, end: start + 1 });
        }
        has_all
    }
}

fn write_unknown(waiting: &mut Option<Span>, options: &Options, each: &mut impl FnMut(Span)) {
    if let (Some(span), Unknown::Piece(id)) = (waiting.take(), options.unknown) {
        each(Span { id, ..span });
    }
}

/// What a word falls into where users defined words.
pub(super) enum Either<'t> {
    /// Its start, and what has to be merged.
    Run(usize, &'t str),
    Token(Span),
}

fn check(vocab: &Vocab, scores: &[f32], kinds: &[Kind]) -> Result<(), Error> {
    for (name, got) in
        [("the number of scores", scores.len()), ("the number of kinds", kinds.len())]
    {
        if got != vocab.len() {
            let expected = "one for each id";
            return Err(Error::BadOption { name, got: got.to_string(), expected });
        }
    }
    for (id, piece) in vocab.iter() {
        let text = std::str::from_utf8(piece);
        let why = match () {
            () if text.is_err() => "is not UTF-8",
            () if piece.len() > MAX_PIECE_BYTES => "is longer than 4096 bytes",
            () if scores[id as usize].is_nan() => "has a score that is not a number",
            () if piece.is_empty() && kinds[id as usize] != Kind::Apart => "is empty",
            () => continue,
        };
        return Err(Error::BadPiece { id: id as usize, piece: shown(piece), why });
    }
    Ok(())
}

/// The longest piece: what is done once for each grows with it.
const MAX_PIECE_BYTES: usize = 4096;

/// By id: how many different scores are higher.
fn ranks(scores: &[f32]) -> Vec<u32> {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_unstable_by(|&a, &b| scores[b].total_cmp(&scores[a]));
    let (mut ranks, mut rank) = (vec![0; scores.len()], 0);
    for pair in order.windows(2) {
        rank += u32::from(scores[pair[0]] != scores[pair[1]]);
        ranks[pair[1]] = rank;
    }
    ranks
}

/// The ids of all characters that are a piece or stand in one; the latter from `vocab.len()` on.
fn characters(vocab: &Vocab, wanted: &[Wanted<'_>], merging: impl Fn(u32) -> bool) -> CharIds {
    let mut ids = CharIds::new([]);
    for id in (0..vocab.len() as u32).filter(|&id| merging(id)) {
        let mut characters = vocab.text(id).unwrap_or_default().chars();
        if let (Some(only), None) = (characters.next(), characters.next()) {
            ids.insert(only, id);
        }
    }
    let mut next = vocab.len() as u32;
    for piece in wanted.iter().filter_map(|wanted| std::str::from_utf8(wanted.piece).ok()) {
        for character in piece.chars() {
            if ids.get(character) == NO_ID {
                ids.insert(character, next);
                next += 1;
            }
        }
    }
    ids
}

/// What unused pieces fall into.
fn halves(vocab: &Vocab, kinds: &[Kind], merges: &[Merge]) -> FxHashMap<u32, (u32, u32, u32)> {
    let of_unused = merges.iter().filter(|merge| kinds[merge.product as usize] == Kind::Unused);
    let halved = of_unused.filter_map(|merge| {
        let whole = vocab.get(merge.product)?.len();
        // The left is the whole without the right; one of them may be a character without a piece.
        let left = match (vocab.get(merge.left), vocab.get(merge.right)) {
            (Some(left), _) => left.len(),
            (None, Some(right)) => whole - right.len(),
            (None, None) => vocab.text(merge.product)?.chars().next()?.len_utf8(),
        };
        Some((merge.product, (merge.left, merge.right, left as u32)))
    });
    halved.collect()
}
