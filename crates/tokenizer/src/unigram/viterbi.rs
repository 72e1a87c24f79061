//! The best segmentation (Viterbi 1967), twice: as the definition says it, and fast.
//!
//! ```text
//! best(0) = 0        best(end) = max over pieces text[start..end] of best(start) + score(piece)
//! ```
//!
//! Of several equal ways to one place the first found stays: the one whose last piece is longest.
//! Hugging Face `tokenizers` adds in f64, SentencePiece (0.2.3) in f32. Near ties depend on it, so
//! [`Sum`] does as either does. Where sums are so large that f32 has few digits left (scores like
//! -10000), SentencePiece was seen to cut some texts otherwise; why is not known.
//!
//! The fast way looks at each place once, in one walk through the trie. A place that no piece
//! crosses ends a stretch: every segmentation passes there, so what was found is written and
//! forgotten. Where pieces start with the space they never cross words, so a stretch is a word and
//! stays in the nearest cache; at worst it is the whole text, 16 bytes for each of its own.

use super::scored::{Scored, UNKNOWN};
use crate::hash::KeyedMap;

/// How scores are added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sum {
    /// As f64.
    Double,
    /// As f32.
    Single,
}

impl Sum {
    #[inline]
    fn add(self, before: f64, score: f64) -> f64 {
        match self {
            Self::Double => before + score,
            // Both are f32, so that rounding the exact sum once is adding in f32.
            Self::Single => f64::from((before + score) as f32),
        }
    }
}

/// The best way to a place of the text: its last piece.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ending {
    score: f64,
    id: u32,
    /// In bytes; 0 where no way was found yet.
    len: u32,
}

const UNREACHED: Ending = Ending { score: 0.0, id: 0, len: 0 };

/// What encoding needs on the way and may be used again: with it, no call allocates.
#[derive(Clone, Debug, Default)]
pub struct Scratch {
    /// From the start of the stretch.
    endings: Vec<Ending>,
    /// Ends and ids of the stretch's best pieces, the last first.
    path: Vec<(usize, u32)>,
}

/// The definition: all pieces between all borders of characters. Calls `each` with start, end and
/// id of the best pieces in order. `ids` are the pieces that text may spell.
pub(super) fn plain(
    (scored, sum): (&Scored, Sum),
    ids: &KeyedMap<&str, u32>,
    text: &str,
    mut each: impl FnMut(usize, usize, u32),
) {
    let mut borders: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    borders.push(text.len());
    let mut best: Vec<Option<(f64, usize, u32)>> = vec![None; borders.len()];
    for start in 0..borders.len() {
        let before = best[start].map_or(0.0, |(score, ..)| score);
        for end in start + 1..borders.len() {
            let (id, score) = match ids.get(&text[borders[start]..borders[end]]) {
                Some(&id) => (id, scored.scores()[id as usize]),
                None if end == start + 1 => (UNKNOWN, scored.unknown_score()),
                None => continue,
            };
            let candidate = sum.add(before, score);
            if best[end].is_none_or(|(score, ..)| candidate > score) {
                best[end] = Some((candidate, start, id));
            }
        }
    }
    let (mut path, mut end) = (vec![], borders.len() - 1);
    while let Some((_, start, id)) = best[end] {
        path.push((borders[start], borders[end], id));
        end = start;
    }
    path.into_iter().rev().for_each(|(start, end, id)| each(start, end, id));
}

/// The same, in time linear in the text. Calls `each` with start, end and id of the best pieces.
pub(super) fn fast(
    scored: &Scored,
    sum: Sum,
    text: &str,
    scratch: &mut Scratch,
    each: impl FnMut(usize, usize, u32),
) {
    match sum {
        Sum::Double => fast_as::<false>(scored, text, scratch, each),
        Sum::Single => fast_as::<true>(scored, text, scratch, each),
    }
}

fn fast_as<const SINGLE: bool>(
    scored: &Scored,
    text: &str,
    scratch: &mut Scratch,
    mut each: impl FnMut(usize, usize, u32),
) {
    let sum = if SINGLE { Sum::Single } else { Sum::Double };
    let (text, Scratch { endings, path }) = (text.as_bytes(), scratch);
    endings.clear();
    endings.push(UNREACHED);
    let (mut first, mut start) = (0, 0);
    while start < text.len() {
        if start > first && endings.len() == start - first + 1 {
            let before = Ending { len: 0, ..endings[start - first] };
            write_stretch(endings, path, first, &mut each);
            endings.clear();
            endings.push(before);
            first = start;
        }
        let before = endings[start - first].score;
        start = scored.for_each_edge(text, start, |end, id, score| {
            if endings.len() <= end - first {
                endings.resize(end - first + 1, UNREACHED);
            }
            let ending = &mut endings[end - first];
            let candidate = sum.add(before, score);
            if ending.len == 0 || candidate > ending.score {
                *ending = Ending { score: candidate, id, len: (end - start) as u32 };
            }
        });
    }
    write_stretch(endings, path, first, &mut each);
}

/// Goes back over the stretch that starts at `first` and calls `each` in order.
fn write_stretch(
    endings: &[Ending],
    path: &mut Vec<(usize, u32)>,
    first: usize,
    each: &mut impl FnMut(usize, usize, u32),
) {
    path.clear();
    let mut at = endings.len() - 1;
    while at > 0 {
        path.push((first + at, endings[at].id));
        at -= endings[at].len as usize;
    }
    let mut start = first;
    for &(end, id) in path.iter().rev() {
        each(start, end, id);
        start = end;
    }
}
