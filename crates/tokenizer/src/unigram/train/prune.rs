//! Which pieces go: those without which the words would lose least of their likelihood.
//!
//! Exactly that would need all words cut again for each piece. Instead, a piece that goes is
//! replaced, wherever it stands on a word's best way, by the best way to spell it from others:
//!
//! ```text
//! loss = f/W · (log f/Σf - Σ over others o: log (f(o) + f) / (Σf + f · (n - 1)))
//! f: times on best ways   W: number of words   n: number of the others
//! ```
//!
//! A piece that no best way has, or that is spelled better by others, goes in any case.

use rayon::prelude::*;

use super::super::lattice::Lattice;
use super::super::scored::UNKNOWN;
use super::{Learner, scored};

/// How a piece would be spelled without itself.
enum Spelling {
    /// Not from other pieces.
    Unique,
    /// Better than by itself.
    Better,
    /// Worse, by these.
    Worse(Vec<u32>),
}

impl Learner<'_> {
    /// Keeps `wanted` pieces, or as many as cannot go; gives how many.
    pub(super) fn prune(&mut self, wanted: usize) -> usize {
        let (counts, n_words) = self.count_on_best_ways();
        let spellings: Vec<Spelling> =
            (0..self.pieces.len()).into_par_iter().map(|id| self.spelling(id)).collect();
        let total: f64 = counts.iter().sum();
        let (mut kept, mut losses) = (vec![], vec![]);
        for (id, (&count, spelling)) in counts.iter().zip(&spellings).enumerate() {
            match spelling {
                _ if count == 0.0 => {}
                Spelling::Better => {}
                Spelling::Unique => kept.push(id),
                Spelling::Worse(others) => {
                    let log_total = (total + count * (others.len() as f64 - 1.0)).ln();
                    let log_other = |&o: &u32| (counts[o as usize] + count).ln() - log_total;
                    let without: f64 = others.iter().map(log_other).sum();
                    losses.push((count / n_words * ((count / total).ln() - without), id));
                }
            }
        }
        losses.sort_unstable_by(|(a, i), (b, j)| b.total_cmp(a).then(i.cmp(j)));
        losses.truncate(wanted.saturating_sub(kept.len()));
        kept.extend(losses.iter().map(|&(_, id)| id));
        self.keep(&kept);
        self.pieces.len()
    }

    fn keep(&mut self, ids: &[usize]) {
        let mut is_kept = vec![false; self.pieces.len()];
        ids.iter().for_each(|&id| is_kept[id] = true);
        let mut is_kept = is_kept.iter();
        self.pieces.retain(|_| is_kept.next().copied().unwrap_or(false));
        self.scored = scored(&self.pieces);
    }

    /// How often each piece is on a word's best way, and the number of words.
    fn count_on_best_ways(&self) -> (Vec<f64>, f64) {
        self.sum_chunks(|lattice, word, count, sums| {
            lattice.fill(&self.scored, word);
            let (path, _) = lattice.best(|_| false).unwrap_or_default();
            for edge in path.iter().filter(|edge| edge.id != UNKNOWN) {
                sums[edge.id as usize] += count;
            }
            count
        })
    }

    fn spelling(&self, id: usize) -> Spelling {
        let (piece, score) = &self.pieces[id];
        // Pieces are short.
        let Ok(lattice) = Lattice::new(&self.scored, piece) else { return Spelling::Unique };
        match lattice.best(|edge| edge.id == id as u32 || edge.id == UNKNOWN) {
            None => Spelling::Unique,
            Some((_, other)) if other > *score => Spelling::Better,
            Some((path, _)) => Spelling::Worse(path.iter().map(|edge| edge.id).collect()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(words: &[(&str, u64)], pieces: &[(&str, f64)], wanted: usize, expected: &[&str]) {
        let words: Vec<(Box<str>, u64)> = words.iter().map(|&(w, n)| (w.into(), n)).collect();
        let mut pieces: Vec<(String, f64)> =
            pieces.iter().map(|&(piece, score)| (piece.to_owned(), score)).collect();
        pieces.sort_by(|(a, _), (b, _)| a.cmp(b));
        let mut learner = Learner::new(&words, pieces);
        assert_eq!(learner.prune(wanted), expected.len());
        let left: Vec<&str> = learner.pieces.iter().map(|(piece, _)| piece.as_str()).collect();
        assert_eq!(left, expected);
    }

    const PIECES: [(&str, f64); 6] =
        [("a", -2.0), ("b", -2.0), ("c", -2.0), ("d", -2.0), ("ab", -2.5), ("cd", -2.5)];

    #[test]
    fn what_is_missed_most_stays() {
        let singles = [("a", 1), ("b", 1), ("c", 1), ("d", 1)];
        let words = |ab, cd| [singles.as_slice(), &[("ab", ab), ("cd", cd)]].concat();
        check(&words(9, 2), &PIECES, 5, &["a", "ab", "b", "c", "d"]);
        check(&words(2, 9), &PIECES, 5, &["a", "b", "c", "cd", "d"]);
        check(&words(9, 2), &PIECES, 9, &["a", "ab", "b", "c", "cd", "d"]);
    }

    #[test]
    fn what_no_best_way_has_goes_and_what_others_cannot_spell_stays() {
        // The letters a and b are on no best way; without them nothing else spells ab.
        check(&[("ab", 3), ("c", 1), ("d", 1)], &PIECES, 0, &["c", "d"]);
        check(&[("ab", 3)], &[("ab", -2.5)], 0, &["ab"]);
    }

    #[test]
    fn what_others_spell_better_goes() {
        let pieces = [("a", -1.0), ("b", -1.0), ("ab", -2.5), ("abc", -9.0)];
        check(&[("ab", 9), ("abc", 1)], &pieces, 9, &["a", "abc", "b"]);
    }
}
