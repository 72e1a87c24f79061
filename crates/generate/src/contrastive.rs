//! Contrastive search (Su et al., "A Contrastive Framework for Neural Text Generation", 2022): of the
//! `k` likeliest tokens the one with the greatest
//! `(1 − α) · p(v) − α · max cos(h_v, h_j)`, where `h` are the model's states after the last norm, `h_v`
//! the one that reading `v` gives and `h_j` those of the text so far. What would say again what was said
//! is held back, without chance.
//!
//! A token costs `k` passes and one more; an `α` of 0 is greedy. Leaves out going on beyond the context,
//! and penalties, for which this is a replacement.

use arch::{Cache, Decoder, Input, Logits};

use crate::logprobs::{LogSoftmax, likeliest};
use crate::sampler::best;
use crate::{Error, Finish, Flow, Generated, Steer, TokenLogprobs};

/// A decoder that shows what stands behind its logits.
pub trait States: Decoder {
    /// Appends `input` to the sequence in `cache`: the states that logits are read from, after the last
    /// norm, `(n, D)`, and the logits, `(n, V)`.
    ///
    /// # Errors
    /// As [`Decoder::forward`]; after an error the cache is as before.
    fn states(
        &self,
        input: Input<'_>,
        cache: &mut Self::Cache,
    ) -> Result<(Vec<f32>, Vec<f32>), arch::Error>;
}

/// What contrastive search weighs.
#[derive(Clone, Debug)]
pub struct ContrastiveOptions {
    /// What likeness to the text so far weighs against likelihood; from 0 to 1.
    pub alpha: f32,
    /// Tokens that are weighed at each place; at least 1.
    pub top_k: usize,
    /// Tokens at most.
    pub max_tokens: usize,
    /// Tokens that end the answer; they are not part of it.
    pub stop_tokens: Vec<u32>,
    /// Whether to tell how likely each token was, and so many of the likeliest beside it.
    pub logprobs: Option<usize>,
}

impl Default for ContrastiveOptions {
    /// The paper's settings for open-ended text.
    fn default() -> Self {
        Self { alpha: 0.6, top_k: 4, max_tokens: 128, stop_tokens: Vec::new(), logprobs: None }
    }
}

impl ContrastiveOptions {
    /// Checks every setting's range.
    ///
    /// # Errors
    /// [`Error::Setting`] for the first that is outside.
    pub fn check(&self) -> Result<(), Error> {
        let refuse =
            |setting, expected, got: String| Err(Error::Setting { setting, expected, got });
        match self {
            Self { alpha, .. } if !(0.0..=1.0).contains(alpha) => {
                refuse("contrastive alpha", "from 0 to 1", alpha.to_string())
            }
            Self { top_k: 0, .. } => refuse("top_k", "at least 1", "0".to_string()),
            _ => Ok(()),
        }
    }
}

/// Prompt tokens that are read together: their logits are made and not needed.
const PIECE: usize = 64;

/// Continues `prompt`.
///
/// # Errors
/// [`Error::Setting`], [`Error::EmptyPrompt`], [`Error::PromptTooLong`], [`Error::NotANumber`],
/// [`Error::NothingAllowed`], what the decoder says.
pub fn contrastive_search<D: States>(
    decoder: &D,
    prompt: &[u32],
    options: &ContrastiveOptions,
    mut steer: Steer<'_>,
) -> Result<Generated, Error> {
    options.check()?;
    let context = decoder.spec().context;
    if prompt.len() > context {
        return Err(Error::PromptTooLong { tokens: prompt.len(), context });
    }
    let mut text = Text::read(decoder, prompt)?;
    let (mut tokens, mut logprobs) = (Vec::new(), Vec::new());
    let finish = loop {
        if tokens.len() >= options.max_tokens {
            break Finish::Length;
        }
        if text.cache.len() >= context {
            break Finish::ContextFull;
        }
        let logits = std::mem::take(&mut text.logits);
        let token = text.go_on(decoder, &logits, options, &mut steer)?;
        if options.stop_tokens.contains(&token) {
            break Finish::Stop;
        }
        tokens.push(token);
        logprobs.extend(options.logprobs.map(|n| TokenLogprobs::of(&logits, token, n)));
        if (steer.on_token)(token) == Flow::Stop {
            break Finish::Cancelled;
        }
    };
    Ok(Generated { tokens, finish, prompt_tokens: prompt.len(), cached_tokens: 0, logprobs })
}

/// What was read.
struct Text<C> {
    cache: C,
    /// States of length 1, one of each position: `(n, D)`.
    directions: Vec<f32>,
    /// After the last position: `(V)`.
    logits: Vec<f32>,
}

impl<C: Cache> Text<C> {
    fn read<D: States<Cache = C>>(decoder: &D, prompt: &[u32]) -> Result<Self, Error> {
        let (mut cache, width) = (decoder.new_cache(), decoder.spec().d_model);
        let (mut directions, mut logits) = (Vec::new(), Vec::new());
        for piece in prompt.chunks(PIECE) {
            let (states, all) = read(decoder, piece, &mut cache)?;
            directions.extend(states.chunks_exact(width).flat_map(direction));
            logits = all[all.len() - decoder.spec().vocab_size..].to_vec();
        }
        match prompt {
            [] => Err(Error::EmptyPrompt),
            _ => Ok(Self { cache, directions, logits }),
        }
    }

    /// Chooses a token after `logits` and reads it.
    fn go_on<D: States<Cache = C>>(
        &mut self,
        decoder: &D,
        logits: &[f32],
        options: &ContrastiveOptions,
        steer: &mut Steer<'_>,
    ) -> Result<u32, Error> {
        let mut allowed = vec![true; logits.len()];
        if let Some(constraint) = steer.constraint.as_deref_mut() {
            constraint.mask(&mut allowed);
        }
        best(logits, Some(&allowed))?; // Every one is a number, and one is allowed.
        let (held, softmax) = (self.cache.len(), LogSoftmax::of(logits));
        let mut chosen: Option<(f64, u32, Vec<f32>)> = None;
        let mut last = None;
        for token in likeliest(logits, options.top_k, Some(&allowed)) {
            self.cache.truncate(held);
            let (state, next) = read(decoder, &[token], &mut self.cache)?;
            last = Some(token);
            let state: Vec<f32> = direction(&state).collect();
            let p = softmax.at(logits[token as usize]).exp();
            let alpha = f64::from(options.alpha);
            let score = (1.0 - alpha) * p - alpha * f64::from(self.likeness(&state));
            if chosen.as_ref().is_none_or(|(best, ..)| score > *best) {
                self.logits = next;
                chosen = Some((score, token, state));
            }
        }
        let vocab_size = logits.len();
        let (_, token, state) = chosen.ok_or(Error::NothingAllowed { vocab_size })?;
        self.directions.extend(state);
        if last != Some(token) {
            self.cache.truncate(held);
            decoder.forward(Input::Ids(&[token]), &mut self.cache, Logits::None)?;
        }
        if let Some(constraint) = steer.constraint.as_deref_mut() {
            constraint.commit(token);
        }
        Ok(token)
    }

    /// The greatest cosine between a direction and those of the text.
    fn likeness(&self, direction: &[f32]) -> f32 {
        let cosine =
            |other: &[f32]| -> f32 { other.iter().zip(direction).map(|(a, b)| a * b).sum() };
        let all = self.directions.chunks_exact(direction.len());
        all.map(cosine).fold(f32::NEG_INFINITY, f32::max)
    }
}

/// [`States::states`], of as many numbers as they should be.
fn read<D: States>(
    decoder: &D,
    ids: &[u32],
    cache: &mut D::Cache,
) -> Result<(Vec<f32>, Vec<f32>), Error> {
    let (states, logits) = decoder.states(Input::Ids(ids), cache)?;
    let spec = decoder.spec();
    for (numbers, width) in [(&states, spec.d_model), (&logits, spec.vocab_size)] {
        if numbers.len() != ids.len() * width {
            return Err(Error::Logits { expected: ids.len() * width, got: numbers.len() });
        }
    }
    Ok((states, logits))
}

/// A state at length 1; one of length 0 is like nothing.
fn direction(state: &[f32]) -> impl Iterator<Item = f32> + '_ {
    let length = state.iter().map(|x| x * x).sum::<f32>().sqrt();
    let scale = if length > 0.0 { 1.0 / length } else { 0.0 };
    state.iter().map(move |x| x * scale)
}

#[cfg(test)]
mod tests;
