//! The loop: read the prompt, choose a token, read it, choose the next.
//!
//! Leaves out batches, which [`crate::batch`] has; [`mod@crate::speculation`] puts more than one token in a pass, [`crate::beam`] and
//! [`crate::contrastive`] are loops of their own.

use std::borrow::Cow;

use arch::Decoder;

use crate::speculation::ahead::Ahead;
use crate::{Constraint, Error, Memory, Sampler, Sampling, TokenLogprobs};

/// What the loop needs besides a decoder and a prompt.
#[derive(Clone, Debug)]
pub struct Options {
    /// How tokens are chosen.
    pub sampling: Sampling,
    /// Tokens at most.
    pub max_tokens: usize,
    /// Tokens that end the answer; they are not part of it.
    pub stop_tokens: Vec<u32>,
    /// What becomes of a text that the context does not hold.
    pub overflow: Overflow,
    /// Whether to tell how likely each token was, and so many of the likeliest beside it.
    pub logprobs: Option<usize>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            sampling: Sampling::default(),
            max_tokens: 128,
            stop_tokens: Vec::new(),
            overflow: Overflow::End,
            logprobs: None,
        }
    }
}

/// What becomes of a text that the context does not hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Overflow {
    /// Such a prompt is an error, and a full context ends the answer.
    #[default]
    End,
    /// Of the prompt the end is read, so much that room is left for `max_tokens` (for half of the context at
    /// most); when the context is full, its newest half is read anew, and the text goes on from there.
    Reread,
    /// As [`Overflow::Reread`], but the first `keep` tokens (half of the context at most) stay, and nothing
    /// is read again: half of what follows them is taken out, and the rest moves up ([`Decoder::shift`]). A
    /// model whose memory cannot be moved reads the same text anew.
    Shift {
        /// Tokens that stay.
        keep: usize,
    },
}

/// What a listener wants next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// More tokens.
    Continue,
    /// No more.
    Stop,
}

/// Why the answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    /// A stop token came.
    Stop,
    /// `max_tokens` are there.
    Length,
    /// The listener said stop.
    Cancelled,
    /// The model has no positions left.
    ContextFull,
}

/// An answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Generated {
    /// Its tokens, without prompt and stop token.
    pub tokens: Vec<u32>,
    /// Why it ended.
    pub finish: Finish,
    /// Tokens of the prompt, after truncation.
    pub prompt_tokens: usize,
    /// Those of them that a memory held already.
    pub cached_tokens: usize,
    /// Of each token, if asked for.
    pub logprobs: Vec<TokenLogprobs>,
}

/// Who takes part while tokens are chosen.
pub struct Steer<'a> {
    /// Hears every token of the answer as it comes.
    pub on_token: &'a mut dyn FnMut(u32) -> Flow,
    /// May forbid tokens.
    pub constraint: Option<&'a mut dyn Constraint>,
}

/// Continues `prompt`.
///
/// # Errors
/// [`Error::Setting`], [`Error::EmptyPrompt`], [`Error::PromptTooLong`], and what the decoder says.
pub fn generate<D: Decoder>(
    decoder: &D,
    prompt: &[u32],
    options: &Options,
    on_token: &mut dyn FnMut(u32) -> Flow,
) -> Result<Generated, Error> {
    let steer = Steer { on_token, constraint: None };
    generate_with(decoder, &mut Memory::new(decoder), prompt, options, steer)
}

/// Continues `prompt` as [`generate`] does, reading only what `memory` does not hold yet. The
/// memory afterwards holds the prompt and the answer, but for its last token.
///
/// # Errors
/// As [`generate`], and [`Error::NothingAllowed`] from a constraint.
pub fn generate_with<D: Decoder>(
    decoder: &D,
    memory: &mut Memory<D::Cache>,
    prompt: &[u32],
    options: &Options,
    steer: Steer<'_>,
) -> Result<Generated, Error> {
    generate_ahead(Ahead::new(decoder, memory, None), prompt, options, steer)
}

/// The loop itself, over logits that may have been made ahead.
pub(crate) fn generate_ahead<D: Decoder>(
    mut ahead: Ahead<'_, D>,
    prompt: &[u32],
    options: &Options,
    mut steer: Steer<'_>,
) -> Result<Generated, Error> {
    let mut sampler = Sampler::new(&options.sampling)?;
    let context = ahead.decoder().spec().context;
    let prompt = &*fitting(prompt, context, options)?;
    // The last id is always read.
    let cached_tokens = ahead.shared(prompt).min(prompt.len().saturating_sub(1));
    sampler.begin(prompt);
    let mut logits = ahead.begin(prompt)?;
    let (mut tokens, mut logprobs) = (Vec::new(), Vec::new());
    let finish = loop {
        if tokens.len() >= options.max_tokens {
            break Finish::Length;
        }
        let constraint = steer.constraint.as_deref_mut();
        let Some(token) = choose(&mut sampler, &logits, constraint)? else { break Finish::Stop };
        if options.stop_tokens.contains(&token) {
            break Finish::Stop;
        }
        tokens.push(token);
        logprobs.extend(options.logprobs.map(|n| TokenLogprobs::of(&logits, token, n)));
        if (steer.on_token)(token) == Flow::Stop {
            break Finish::Cancelled;
        }
        if steer.constraint.as_ref().is_some_and(|constraint| constraint.is_finished()) {
            break Finish::Stop;
        }
        if tokens.len() >= options.max_tokens {
            break Finish::Length; // Its logits are not needed.
        }
        let left = options.max_tokens - tokens.len();
        logits = match options.overflow {
            _ if ahead.text().len() < context => ahead.append(token, &sampler, options, left)?,
            Overflow::Reread if context > 1 => {
                let newest = ahead.text()[context - context / 2 + 1..].iter().copied();
                let newest: Vec<u32> = newest.chain([token]).collect();
                ahead.read(&newest)?
            }
            Overflow::Shift { keep } if context > 1 => {
                let keep = keep.min(context / 2);
                ahead.shift(keep, (context - keep).div_ceil(2))?;
                ahead.append(token, &sampler, options, left)?
            }
            _ => break Finish::ContextFull,
        };
    };
    ahead.finish();
    Ok(Generated { tokens, finish, prompt_tokens: prompt.len(), cached_tokens, logprobs })
}

/// The next token; none where the constraint says that the answer is whole.
pub(crate) fn choose(
    sampler: &mut Sampler,
    logits: &[f32],
    constraint: Option<&mut (dyn Constraint + '_)>,
) -> Result<Option<u32>, Error> {
    let Some(constraint) = constraint else {
        return sampler.pick(logits, None).map(Some);
    };
    let mut allowed = vec![true; logits.len()];
    constraint.mask(&mut allowed);
    if constraint.is_finished() {
        return Ok(None);
    }
    if let Some(reason) = constraint.failure() {
        return Err(Error::Constraint { reason });
    }
    let token = sampler.pick(logits, Some(&allowed))?;
    constraint.commit(token);
    Ok(Some(token))
}

/// The prompt as far as it fits.
fn fitting<'a>(
    prompt: &'a [u32],
    context: usize,
    options: &Options,
) -> Result<Cow<'a, [u32]>, Error> {
    if prompt.len() <= context {
        return Ok(prompt.into());
    }
    let keep = match options.overflow {
        Overflow::End => return Err(Error::PromptTooLong { tokens: prompt.len(), context }),
        Overflow::Reread => 0,
        Overflow::Shift { keep } => keep.min(context / 2),
    };
    let room = options.max_tokens.min((context - keep) / 2);
    let end = &prompt[prompt.len() - (context - keep - room)..];
    Ok([&prompt[..keep], end].concat().into())
}

#[cfg(test)]
pub(crate) mod tests;
