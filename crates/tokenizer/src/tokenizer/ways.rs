//! Other ways through a text than the fastest to the best ids: as the definitions say it, by chance, and the
//! best few.

use stdx::Rng;

use super::Tokenizer;
use super::walk::{Mode, Visit};
use crate::Error;
use crate::pretokenize::Word;

/// Ids of a text, each word's found in some way.
struct Found<F> {
    of_word: F,
    ids: Vec<u32>,
}

impl<F: FnMut(&str, &mut Vec<u32>) -> Result<(), Error>> Visit for Found<F> {
    fn word(&mut self, word: Word<'_>) -> Result<(), Error> {
        (self.of_word)(word.text, &mut self.ids)
    }

    fn token(&mut self, id: u32, _: Word<'_>) -> Result<(), Error> {
        self.ids.push(id);
        Ok(())
    }
}

/// Ways to cut the text so far and their scores, the best first.
struct Best<'a> {
    tokenizer: &'a Tokenizer,
    n: usize,
    ways: Vec<(Vec<u32>, f64)>,
}

impl Visit for Best<'_> {
    fn word(&mut self, word: Word<'_>) -> Result<(), Error> {
        let of_word = self.tokenizer.model.n_best(word.text, self.n)?;
        let mut longer = vec![];
        for (i, (ids, score)) in self.ways.iter().enumerate() {
            // Before a pair come all pairs of better ones.
            for (more, other) in of_word.iter().take(self.n / (i + 1)) {
                longer.push(([&ids[..], more].concat(), score + other));
            }
        }
        longer.sort_by(|a, b| b.1.total_cmp(&a.1));
        longer.truncate(self.n);
        self.ways = longer;
        Ok(())
    }

    fn token(&mut self, id: u32, _: Word<'_>) -> Result<(), Error> {
        self.ways.iter_mut().for_each(|(ids, _)| ids.push(id));
        Ok(())
    }
}

impl Tokenizer {
    /// [`encode`](Self::encode), or [`encode_with_special`](Self::encode_with_special), as the
    /// definitions of the models say it, word by word and slowly.
    pub fn encode_plainly(&self, text: &str, special: bool) -> Result<Vec<u32>, Error> {
        self.found(text, special, |word, ids| self.model.encode_plainly(word, ids))
    }

    /// The ids of one way to cut ordinary text by chance. `amount` is BPE-dropout's probability (Provilkov et
    /// al. 2020), or of a unigram model the α of subword regularization (Kudo 2018).
    ///
    /// # Errors
    /// [`Error::BadOption`] for other models, and amounts that are none.
    pub fn sample(&self, text: &str, amount: f64, rng: &mut Rng) -> Result<Vec<u32>, Error> {
        self.found(text, false, |word, ids| self.model.sample(word, amount, rng, ids))
    }

    /// The `n` best ways to cut ordinary text and their scores, the best first.
    ///
    /// # Errors
    /// [`Error::BadOption`] if the model is not a unigram model, or `n` is 0 or above 1024.
    pub fn n_best(&self, text: &str, n: usize) -> Result<Vec<(Vec<u32>, f64)>, Error> {
        if n == 0 {
            let (name, got) = ("the number of best segmentations", n.to_string());
            return Err(Error::BadOption { name, got, expected: "at least 1" });
        }
        let mut best = Best { tokenizer: self, n, ways: vec![(vec![], 0.0)] };
        self.walk(text, Mode::ids(self), &mut best)?;
        Ok(best.ways)
    }

    fn found(
        &self,
        text: &str,
        special: bool,
        of_word: impl FnMut(&str, &mut Vec<u32>) -> Result<(), Error>,
    ) -> Result<Vec<u32>, Error> {
        let mode = if special { Mode::special_ids(self) } else { Mode::ids(self) };
        let mut found = Found { of_word, ids: vec![] };
        self.walk(text, mode, &mut found)?;
        Ok(found.ids)
    }
}
