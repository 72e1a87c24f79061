//! How likely given ids are: `Σ log p(continuation_i | context, continuation_<i)`. Evaluation by
//! multiple choice and perplexity stand on it.

use arch::{Decoder, Logits};

use crate::logprobs::LogSoftmax;
use crate::{Error, Memory};

/// How likely a continuation is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Loglikelihood {
    /// Sum of the natural logarithms.
    pub sum: f64,
    /// Tokens summed over.
    pub tokens: usize,
    /// Whether each of them is what greedy decoding would have chosen.
    pub greedy: bool,
}

/// The log-likelihood of `continuation` after `context`.
///
/// # Errors
/// [`Error::EmptyPrompt`] for an empty context, else what the decoder says (both must fit the
/// model's context, but for the last token).
pub fn loglikelihood<D: Decoder>(
    decoder: &D,
    context: &[u32],
    continuation: &[u32],
) -> Result<Loglikelihood, Error> {
    let mut memory = Memory::new(decoder);
    let first = memory.read(decoder, context)?;
    after(decoder, &mut memory, &first, continuation)
}

/// The log-likelihoods of several continuations of one context, which is read once.
///
/// # Errors
/// As [`loglikelihood`].
pub fn loglikelihoods<D: Decoder>(
    decoder: &D,
    context: &[u32],
    continuations: &[&[u32]],
) -> Result<Vec<Loglikelihood>, Error> {
    let mut memory = Memory::new(decoder);
    let first = memory.read(decoder, context)?;
    continuations.iter().map(|c| after(decoder, &mut memory.fork(), &first, c)).collect()
}

/// `first` are the logits before the continuation's first token.
fn after<D: Decoder>(
    decoder: &D,
    memory: &mut Memory<D::Cache>,
    first: &[f32],
    continuation: &[u32],
) -> Result<Loglikelihood, Error> {
    let vocab_size = decoder.spec().vocab_size;
    if let Some(&id) = continuation.iter().find(|&&id| id as usize >= vocab_size) {
        return Err(arch::Error::TokenOutOfRange { id, vocab_size }.into());
    }
    let rest = match continuation {
        [] | [_] => Vec::new(),
        [read @ .., _] => memory.append(decoder, read, Logits::All)?,
    };
    let rows = std::iter::once(first).chain(rest.chunks_exact(vocab_size));
    let mut result = Loglikelihood { sum: 0.0, tokens: continuation.len(), greedy: true };
    for (row, &token) in rows.zip(continuation) {
        let token = token as usize;
        result.sum += LogSoftmax::of(row).at(row[token]);
        result.greedy &=
            row.iter().enumerate().all(|(i, &l)| l < row[token] || (l == row[token] && i >= token));
    }
    Ok(result)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::tests::Toy;

    #[test]
    fn the_sum_is_that_of_the_table() {
        let toy = Toy::new(64);
        // Probabilities after one id do not depend on more than the last two: the toy's are known.
        let context = [1, 2];
        let continuation = [3, 0, 2];
        let by_hand = toy.log_p(1, 2, 3) + toy.log_p(2, 3, 0) + toy.log_p(3, 0, 2);
        let got = loglikelihood(&toy, &context, &continuation).unwrap();
        assert!((got.sum - by_hand).abs() < 1e-6, "{got:?} {by_hand}");
        assert_eq!(got.tokens, 3);
    }

    #[test]
    fn probabilities_of_all_continuations_sum_to_one() {
        let toy = Toy::new(64);
        let all: Vec<[u32; 2]> = (0..5).flat_map(|a| (0..5).map(move |b| [a, b])).collect();
        let slices: Vec<&[u32]> = all.iter().map(|c| c.as_slice()).collect();
        let each = loglikelihoods(&toy, &[4, 1], &slices).unwrap();
        let total: f64 = each.iter().map(|l| l.sum.exp()).sum();
        assert!((total - 1.0).abs() < 1e-6, "{total}");
        assert_eq!(each.iter().filter(|l| l.greedy).count(), 1);
        for (together, continuation) in each.iter().zip(&slices) {
            assert_eq!(*together, loglikelihood(&toy, &[4, 1], continuation).unwrap());
        }
    }

    #[test]
    fn no_context_and_unknown_ids_are_errors_and_nothing_is_certain() {
        let toy = Toy::new(8);
        assert!(matches!(loglikelihood(&toy, &[], &[1]), Err(Error::EmptyPrompt)));
        assert!(loglikelihood(&toy, &[1], &[99]).is_err());
        assert!(loglikelihood(&toy, &[1; 8], &[1, 1]).is_err());
        assert_eq!(loglikelihood(&toy, &[1], &[]).unwrap().sum, 0.0);
    }
}
