//! The pieces to begin with: all characters, and the substrings that cover most of the text.
//!
//! A suffix array (Manber & Myers 1990) over the distinct words: all suffixes of all words in
//! order, so that a repeated substring is a run of neighbours, and the runs nest. Each run's
//! longest common prefix is a candidate (shorter ones in it are never more frequent), ranked by
//! how often it stands in the text times its characters. Words count as often as they occur.
//!
//! Suffixes are cut where a piece must end, so comparing two costs no more than a piece is long:
//! sorting is O(n log n), and needs 12 bytes a character. Made on all threads, the same on any
//! number: the order is total.

use rayon::prelude::*;

use super::TrainOptions;
use crate::Error;

/// The start of a suffix is 32 bits.
const MAX_BYTES: usize = u32::MAX as usize;

/// What of a word stands from some character on, as far as a piece may go.
#[derive(Clone, Copy)]
struct Suffix {
    start: u32,
    end: u32,
    word: u32,
}

/// Bytes that many suffixes begin with.
struct Run {
    depth: usize,
    /// The first suffix, and the count of all before it.
    first: usize,
    before: u64,
}

/// A substring and its rank.
struct Candidate<'t> {
    weight: u64,
    text: &'t str,
}

/// The seeds with the logs of their shares, in the order of their bytes. `words` are distinct.
pub(super) fn seeds(
    words: &[(Box<str>, u64)],
    characters: &[(char, u64)],
    options: &TrainOptions,
) -> Result<Vec<(String, f64)>, Error> {
    let bytes: usize = words.iter().map(|(word, _)| word.len()).sum();
    if bytes > MAX_BYTES || words.len() > MAX_BYTES {
        return Err(Error::TooManyWords { bytes, most: MAX_BYTES });
    }
    let text: String = words.iter().map(|(word, _)| &**word).collect();
    let suffixes = sorted_suffixes(&text, words, options.max_piece_length);
    let candidates = candidates(&text, &suffixes, words, options.seed_size);
    let mut seeds: Vec<(String, u64)> =
        characters.iter().map(|&(character, count)| (character.to_string(), count)).collect();
    seeds.extend(candidates.into_iter().map(|found| (found.text.to_owned(), found.weight)));
    seeds.sort_unstable();
    let total: f64 = seeds.iter().map(|&(_, weight)| weight as f64).sum();
    let log_share = |(piece, weight): (String, u64)| (piece, (weight as f64 / total).ln());
    Ok(seeds.into_iter().map(log_share).collect())
}

fn sorted_suffixes(text: &str, words: &[(Box<str>, u64)], max_length: usize) -> Vec<Suffix> {
    let (mut suffixes, mut start) = (vec![], 0);
    for ((word, _), idx) in words.iter().zip(0..) {
        let mut ends = word.char_indices().map(|(at, _)| at).skip(max_length);
        for (at, _) in word.char_indices() {
            let end = ends.next().unwrap_or(word.len());
            let (start, end) = ((start + at) as u32, (start + end) as u32);
            suffixes.push(Suffix { start, end, word: idx });
        }
        start += word.len();
    }
    suffixes.par_sort_unstable_by(|a, b| {
        bytes(text, a).cmp(bytes(text, b)).then(a.start.cmp(&b.start))
    });
    suffixes
}

fn bytes<'t>(text: &'t str, suffix: &Suffix) -> &'t [u8] {
    &text.as_bytes()[suffix.start as usize..suffix.end as usize]
}

/// The best `n` substrings of two characters or more that stand in the text at least twice.
fn candidates<'t>(
    text: &'t str,
    suffixes: &[Suffix],
    words: &[(Box<str>, u64)],
    n: usize,
) -> Vec<Candidate<'t>> {
    let mut found = vec![];
    let mut open: Vec<Run> = vec![];
    let mut before = 0_u64;
    for at in 0..=suffixes.len() {
        let shared = shared_with_previous(text, suffixes, at);
        let mut first = (at, before);
        while let Some(run) = open.pop_if(|run| run.depth > shared) {
            first = (run.first, run.before);
            let start = suffixes[run.first].start as usize;
            found.extend(candidate(&text[start..start + run.depth], before - run.before));
        }
        if found.len() > n.saturating_mul(4) {
            keep_best(&mut found, n);
        }
        if open.last().map_or(0, |run| run.depth) < shared {
            open.push(Run { depth: shared, first: first.0, before: first.1 });
        }
        let Some(suffix) = suffixes.get(at) else { break };
        // A suffix that goes on after what it shares is a run of its own: its word may be frequent.
        let depth = (suffix.end - suffix.start) as usize;
        if depth > shared {
            open.push(Run { depth, first: at, before });
        }
        before = before.saturating_add(words[suffix.word as usize].1);
    }
    keep_best(&mut found, n);
    found
}

/// How many bytes, whole characters, suffix `at` begins with as the one before it does.
fn shared_with_previous(text: &str, suffixes: &[Suffix], at: usize) -> usize {
    let (Some(suffix), Some(previous)) = (suffixes.get(at), at.checked_sub(1)) else { return 0 };
    let pairs = bytes(text, &suffixes[previous]).iter().zip(bytes(text, suffix));
    let same = pairs.take_while(|(a, b)| a == b).count();
    let start = suffix.start as usize;
    text.floor_char_boundary(start + same) - start
}

fn candidate(text: &str, count: u64) -> Option<Candidate<'_>> {
    let length = text.chars().count() as u64;
    let weight = count.saturating_mul(length);
    (count > 1 && length > 1).then_some(Candidate { weight, text })
}

fn keep_best(found: &mut Vec<Candidate<'_>>, n: usize) {
    if found.len() > n {
        found.sort_unstable_by(|a, b| b.weight.cmp(&a.weight).then(a.text.cmp(b.text)));
        found.truncate(n);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn found(words: &[(Box<str>, u64)], max_length: usize) -> BTreeMap<String, u64> {
        let text: String = words.iter().map(|(word, _)| &**word).collect();
        let suffixes = sorted_suffixes(&text, words, max_length);
        let candidates = candidates(&text, &suffixes, words, 1000);
        candidates.iter().map(|found| (found.text.to_owned(), found.weight)).collect()
    }

    /// Counts every substring, and keeps those that no longer one replaces.
    fn counted(words: &[(Box<str>, u64)], max_length: usize) -> BTreeMap<String, u64> {
        let mut counts: BTreeMap<Vec<char>, u64> = BTreeMap::new();
        for (word, count) in words {
            let letters: Vec<char> = word.chars().collect();
            for start in 0..letters.len() {
                for end in start + 1..=letters.len().min(start + max_length) {
                    *counts.entry(letters[start..end].to_vec()).or_default() += count;
                }
            }
        }
        let is_longest = |piece: &[char], count: u64| {
            let goes_on =
                |(longer, n): (&Vec<char>, &u64)| longer.starts_with(piece) && *n == count;
            let longer = counts.iter().filter(|(longer, _)| longer.len() == piece.len() + 1);
            !longer.into_iter().any(goes_on)
        };
        let kept = counts.iter().filter(|&(p, &n)| n > 1 && p.len() > 1 && is_longest(p, n));
        kept.map(|(p, n)| (p.iter().collect(), n * p.len() as u64)).collect()
    }

    fn check(words: &[(&str, u64)], expected: &[(&str, u64)]) {
        let words: Vec<(Box<str>, u64)> = words.iter().map(|&(w, n)| (w.into(), n)).collect();
        let expected = expected.iter().map(|&(p, n)| (p.to_owned(), n)).collect();
        assert_eq!(found(&words, 16), expected);
    }

    #[test]
    fn repeated_substrings_are_found_with_the_counts_of_their_words() {
        check(
            &[("low", 5), ("lower", 2)],
            &[("low", 21), ("lower", 10), ("ow", 14), ("ower", 8), ("wer", 6), ("er", 4)],
        );
        check(&[("a", 9), ("ab", 1)], &[]);
        check(&[("日本", 1), ("日本語", 1)], &[("日本", 4)]);
        check(&[("é", 1), ("è", 1)], &[]); // One byte is shared, no character.
    }

    #[test]
    fn the_best_are_kept() {
        let words: Vec<(Box<str>, u64)> =
            vec![("ab".into(), 3), ("cd".into(), 5), ("ef".into(), 4)];
        let options = TrainOptions { seed_size: 2, ..TrainOptions::default() };
        let seeds = seeds(&words, &[('a', 3)], &options).unwrap();
        let pieces: Vec<&str> = seeds.iter().map(|(piece, _)| piece.as_str()).collect();
        assert_eq!(pieces, ["a", "cd", "ef"]);
        let shares: f64 = seeds.iter().map(|(_, score)| score.exp()).sum();
        assert!((shares - 1.0).abs() < 1e-12, "{shares}");
    }

    proptest! {
        #[test]
        fn the_runs_are_the_substrings(
            words in prop::collection::btree_map("[abé]{1,9}", 1u64..4, 1..12),
            max_length in 1usize..6,
        ) {
            let words: Vec<(Box<str>, u64)> =
                words.into_iter().map(|(word, count)| (word.into(), count)).collect();
            prop_assert_eq!(found(&words, max_length), counted(&words, max_length));
        }
    }
}
