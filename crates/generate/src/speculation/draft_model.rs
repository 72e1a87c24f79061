//! A smaller model as a draft (Leviathan et al., "Fast Inference from Transformers via Speculative
//! Decoding", 2023; Chen et al., "Accelerating Large Language Model Decoding with Speculative Sampling",
//! 2023). It chooses with a clone of the sampler that will judge it, so with the same random numbers: where
//! both models have one distribution, all it proposes comes true.

use arch::{Decoder, Logits};

use super::draft::{Draft, Proposal};
use crate::{Error, Memory, Sampler};

/// A decoder that proposes.
#[derive(Debug)]
pub struct DraftModel<D: Decoder> {
    decoder: D,
    memory: Memory<D::Cache>,
    n_tokens: usize,
}

impl<D: Decoder> DraftModel<D> {
    /// A draft for a model with which it shares the ids below `n_tokens`: all that a text is made of. What
    /// either has beyond only pads its output matrix. That both mean the same by an id is for those to
    /// check who know text.
    ///
    /// # Errors
    /// [`Error::DraftVocabulary`] if the decoder has fewer.
    pub fn new(decoder: D, n_tokens: usize) -> Result<Self, Error> {
        let vocab_size = decoder.spec().vocab_size;
        if vocab_size < n_tokens {
            return Err(Error::DraftVocabulary { vocab_size, n_tokens });
        }
        Ok(Self { memory: Memory::new(&decoder), decoder, n_tokens })
    }

    /// Whether it can read a text.
    fn readable(&self, text: &[u32]) -> bool {
        text.len() <= self.decoder.spec().context
            && text.iter().all(|&id| (id as usize) < self.n_tokens)
    }
}

impl<D: Decoder> Draft for DraftModel<D> {
    fn begin(&mut self, prompt: &[u32]) -> Result<(), Error> {
        if self.readable(prompt) && !prompt.is_empty() {
            self.memory.read(&self.decoder, prompt)?;
        }
        Ok(())
    }

    fn propose(&mut self, text: &[u32], n: usize, sampler: &Sampler) -> Result<Proposal, Error> {
        let mut proposal = Proposal::default();
        if n == 0 || !self.readable(text) {
            return Ok(proposal);
        }
        let mut sampler = sampler.clone();
        let mut logits = self.memory.read(&self.decoder, text)?;
        loop {
            let id = sampler.pick(&logits[..self.n_tokens], None)?;
            proposal.ids.push(id);
            let is_full = self.memory.ids().len() >= self.decoder.spec().context;
            if proposal.ids.len() == n || is_full {
                return Ok(proposal);
            }
            logits = self.memory.append(&self.decoder, &[id], Logits::Last)?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::tests::Toy;
    use crate::{Flow, Options, Sampling, generate};

    #[test]
    fn it_proposes_what_it_would_say_with_the_same_random_numbers() {
        let sampling = Sampling { seed: 4, ..Sampling::default() };
        let options = Options { sampling: sampling.clone(), max_tokens: 6, ..Options::default() };
        let said = generate(&Toy::new(64), &[1, 2], &options, &mut |_| Flow::Continue).unwrap();
        let mut draft = DraftModel::new(Toy::new(64), 5).unwrap();
        let mut sampler = Sampler::new(&sampling).unwrap();
        draft.begin(&[1, 2]).unwrap();
        assert_eq!(draft.propose(&[1, 2], 6, &sampler).unwrap().ids, said.tokens);
        // The same again, after one of them came true and after another came.
        let (first, mut logits) = (said.tokens[0], Toy::new(64));
        let picked = Memory::new(&logits).read(&logits, &[1, 2]).unwrap();
        assert_eq!(sampler.pick(&picked, None).unwrap(), first);
        let text = [1, 2, first];
        assert_eq!(draft.propose(&text, 5, &sampler).unwrap().ids, said.tokens[1..]);
        logits.read = std::cell::Cell::new(0);
        let other = draft.propose(&[1, 2, (first + 1) % 5], 3, &sampler).unwrap();
        let mut fresh = DraftModel::new(logits, 5).unwrap();
        assert_eq!(fresh.propose(&[1, 2, (first + 1) % 5], 3, &sampler).unwrap(), other);
    }

    #[test]
    fn what_it_cannot_read_it_proposes_nothing_for() {
        let sampler = Sampler::new(&Sampling::greedy()).unwrap();
        let mut draft = DraftModel::new(Toy::new(4), 5).unwrap();
        let mut n = |text: &[u32]| draft.propose(text, 3, &sampler).unwrap().ids.len();
        assert_eq!(
            [n(&[1]), n(&[1, 2, 3]), n(&[1, 2, 3, 4]), n(&[1; 5]), n(&[7])],
            [3, 2, 1, 0, 0]
        );
        let error = DraftModel::new(Toy::new(4), 6).err().unwrap();
        assert!(error.to_string().contains("draft"), "{error}");
    }

    #[test]
    fn it_reads_each_id_once() {
        let sampler = Sampler::new(&Sampling::greedy()).unwrap();
        let mut draft = DraftModel::new(Toy::new(64), 5).unwrap();
        draft.begin(&[1, 2, 3]).unwrap();
        let first = draft.propose(&[1, 2, 3], 3, &sampler).unwrap().ids;
        // The prompt, its last id again for its logits, and two of three proposals.
        assert_eq!(draft.decoder.read.get(), 3 + 1 + 2);
        let text = [&[1, 2, 3], &first[..], &[0]].concat();
        draft.propose(&text, 1, &sampler).unwrap();
        assert_eq!(draft.decoder.read.get(), 6 + 2);
    }
}
