//! What a text is to the model: the mean of its states behind the last norm, over all positions, added up
//! piece by piece as the text is read (mean pooling; Reimers and Gurevych, "Sentence-BERT", 2019).
//!
//! Left out: other ways to make one vector of many (the last state, the first one, weights), which need a model
//! that learnt them.

/// States of a text, as far as it is read.
#[derive(Clone, Debug)]
pub(super) struct Embedding {
    /// Of the newest pass, `(n, D)`.
    pub(super) states: Vec<f32>,
    /// Of all passes before.
    sum: Vec<f64>,
    positions: usize,
}

impl Embedding {
    pub(super) fn of_width(width: usize) -> Self {
        Self { states: Vec::new(), sum: vec![0.0; width], positions: 0 }
    }

    /// Adds the newest pass to those before, position by position, so that it makes no difference to the sum
    /// how a text was cut.
    pub(super) fn add(&mut self) {
        for state in self.states.chunks_exact(self.sum.len()) {
            self.sum.iter_mut().zip(state).for_each(|(sum, x)| *sum += f64::from(*x));
            self.positions += 1;
        }
        self.states.clear();
    }

    /// The text is to be read again.
    pub(super) fn forget(&mut self) {
        *self = Self::of_width(self.sum.len());
    }

    pub(super) fn mean(self) -> Vec<f32> {
        let n = self.positions.max(1) as f64;
        self.sum.iter().map(|sum| (sum / n) as f32).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_mean_however_the_text_is_cut() {
        let rows: Vec<f32> = (0..21).map(|i| (i * i % 17) as f32 / 7.0).collect();
        let of = |pieces: &[usize]| {
            let (mut embedding, mut rest) = (Embedding::of_width(3), &rows[..]);
            for piece in pieces {
                let (own, others) = rest.split_at(3 * piece);
                embedding.states.extend_from_slice(own);
                embedding.add();
                rest = others;
            }
            embedding.mean()
        };
        let whole = of(&[7]);
        assert_eq!((of(&[1, 4, 2]), of(&[3, 4])), (whole.clone(), whole.clone()));
        let first: f32 = rows.iter().step_by(3).sum::<f32>() / 7.0;
        assert!((whole[0] - first).abs() < 1e-6);
        let mut again = Embedding::of_width(3);
        again.states.extend_from_slice(&rows[..6]);
        again.add();
        again.forget();
        again.states.extend_from_slice(&rows);
        again.add();
        assert_eq!(again.mean(), whole);
    }
}
