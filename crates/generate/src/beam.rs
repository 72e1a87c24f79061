//! Beam search: the likeliest continuations as a whole, found by going on with the best few at once.
//!
//! The score of a continuation of `n` tokens is `Σ log p / n^length_penalty` (Wu et al., "Google's
//! Neural Machine Translation System", 2016, in the simpler form that `transformers` has); a stop token
//! counts. A step takes of all continuations of all beams the `max(2, 1 + stop tokens) · beams` best;
//! what ends among the first `beams` is kept, the best others go on. So it agrees with `transformers`,
//! whose ends are [`EarlyStopping`]'s.
//!
//! Leaves out sampling, penalties and constraints: a beam is the likeliest text, not a drawn one. Sums are
//! made with the system's logarithms: beams that differ by a rounding error may change places elsewhere.

use arch::{Decoder, Logits};

use crate::logprobs::{LogSoftmax, likeliest};
use crate::sampler::best;
use crate::{Constraint, Error, Finish, Flow, Known, Memory};

/// What beam search looks for.
#[derive(Clone, Debug)]
pub struct BeamOptions {
    /// Continuations that are gone on with at once; at least 1.
    pub beams: usize,
    /// Continuations wanted; at most as many as beams.
    pub n_best: usize,
    /// The exponent of the length: above 0 favours long texts, below 0 short ones; from −10 to 10.
    pub length_penalty: f32,
    /// When enough is found.
    pub early_stopping: EarlyStopping,
    /// Tokens at most.
    pub max_tokens: usize,
    /// Tokens that end a continuation; they are not part of it.
    pub stop_tokens: Vec<u32>,
    /// Which ids are tokens, if not all.
    pub known: Option<Known>,
}

impl Default for BeamOptions {
    fn default() -> Self {
        Self {
            beams: 4,
            n_best: 1,
            length_penalty: 1.0,
            early_stopping: EarlyStopping::Unlikely,
            max_tokens: 128,
            stop_tokens: Vec::new(),
            known: None,
        }
    }
}

/// When to look no further, once as many continuations as beams have ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EarlyStopping {
    /// At once (`True`).
    Full,
    /// When the best beam, at its present length, is worse than all that have ended (`False`).
    Unlikely,
    /// When no beam can become better than them (`"never"`).
    Impossible,
}

/// A continuation.
#[derive(Clone, Debug, PartialEq)]
pub struct Beam {
    /// Its tokens, without prompt and stop token.
    pub tokens: Vec<u32>,
    /// Sum of the natural logarithms of their probabilities, and of the stop token's.
    pub logprob: f64,
    /// That sum over the length's power.
    pub score: f64,
    /// Why it ended.
    pub finish: Finish,
}

/// The best continuations of `prompt`, the best first. `keep_going` is asked once a step; if it says
/// stop, those on their way are taken as they are.
///
/// # Errors
/// [`Error::Setting`], [`Error::EmptyPrompt`], [`Error::PromptTooLong`], [`Error::NotANumber`], what the
/// decoder says.
pub fn beam_search<D: Decoder>(
    decoder: &D,
    prompt: &[u32],
    options: &BeamOptions,
    keep_going: &mut dyn FnMut() -> Flow,
) -> Result<Vec<Beam>, Error> {
    options.check()?;
    let context = decoder.spec().context;
    if prompt.len() > context {
        return Err(Error::PromptTooLong { tokens: prompt.len(), context });
    }
    let mut memory = Memory::new(decoder);
    let logits = memory.read(decoder, prompt)?;
    let begun = Live { memory, logits, sum: 0.0 };
    let mut search = Search::new(options, prompt.len(), context, begun);
    for length in 1..=search.most {
        let (ended, goes_on) = search.split(length)?;
        search.keep(ended, length);
        if goes_on.is_empty() || !search.may_improve(goes_on[0].sum, length) {
            return Ok(search.finish());
        }
        search.live = advance(decoder, std::mem::take(&mut search.live), &goes_on)?;
        if keep_going() == Flow::Stop {
            search.take_all(length, Finish::Cancelled);
            return Ok(search.finish());
        }
    }
    search.take_all(0, Finish::Length); // Nothing was asked for.
    Ok(search.finish())
}

/// A beam on its way: what it read and the logits after that.
struct Live<C> {
    memory: Memory<C>,
    logits: Vec<f32>,
    sum: f64,
}

/// A beam and a token more.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    beam: usize,
    token: u32,
    sum: f64,
}

struct Search<'a, C> {
    options: &'a BeamOptions,
    /// Tokens of the prompt.
    prompt: usize,
    /// Tokens of a continuation at most, and what ends it there.
    most: usize,
    end: Finish,
    /// The best first.
    live: Vec<Live<C>>,
    /// The best first, at most as many as beams.
    ended: Vec<Beam>,
    allowed: Option<Vec<bool>>,
}

impl<'a, C: arch::Cache> Search<'a, C> {
    fn new(options: &'a BeamOptions, prompt: usize, context: usize, begun: Live<C>) -> Self {
        // The last token is not read.
        let room = context - prompt + 1;
        let (most, end) = match options.max_tokens <= room {
            true => (options.max_tokens, Finish::Length),
            false => (room, Finish::ContextFull),
        };
        let allowed = options.known.map(|mut known| {
            let mut allowed = vec![true; begun.logits.len()];
            known.mask(&mut allowed);
            allowed
        });
        Self { options, prompt, most, end, live: vec![begun], ended: Vec::new(), allowed }
    }

    /// The best candidates of a step: those that end, and those to go on with, the best first.
    fn split(&self, length: usize) -> Result<(Vec<Candidate>, Vec<Candidate>), Error> {
        let BeamOptions { beams, stop_tokens, .. } = self.options;
        let stops = |candidate: &Candidate| stop_tokens.contains(&candidate.token);
        let is_last = length == self.most;
        let (mut ended, mut goes_on) = (Vec::new(), Vec::new());
        for (rank, candidate) in self.candidates()?.into_iter().enumerate() {
            if is_last || stops(&candidate) {
                ended.extend((rank < *beams).then_some(candidate));
            } else if goes_on.len() < *beams {
                goes_on.push(candidate);
            }
        }
        Ok((ended, goes_on))
    }

    fn candidates(&self) -> Result<Vec<Candidate>, Error> {
        let n = self.options.beams * 2.max(1 + self.options.stop_tokens.len());
        let mut all = Vec::new();
        for (beam, Live { logits, sum, .. }) in self.live.iter().enumerate() {
            let allowed = self.allowed.as_deref();
            best(logits, allowed)?; // Every one is a number, and one is allowed.
            let softmax = LogSoftmax::of(logits);
            all.extend(likeliest(logits, n, allowed).into_iter().filter_map(|token| {
                let sum = sum + softmax.at(logits[token as usize]);
                sum.is_finite().then_some(Candidate { beam, token, sum })
            }));
        }
        let order = |a: &Candidate, b: &Candidate| {
            b.sum.total_cmp(&a.sum).then_with(|| (a.beam, a.token).cmp(&(b.beam, b.token)))
        };
        all.sort_unstable_by(order);
        all.truncate(n);
        Ok(all)
    }

    fn score(&self, sum: f64, length: usize) -> f64 {
        sum / (length as f64).powf(f64::from(self.options.length_penalty))
    }

    /// Keeps candidates that end, of so many tokens, as far as they are among the best.
    fn keep(&mut self, ended: Vec<Candidate>, length: usize) {
        for Candidate { beam, token, sum } in ended {
            let mut tokens = self.live[beam].memory.ids()[self.prompt..].to_vec();
            let is_stop = self.options.stop_tokens.contains(&token);
            tokens.extend((!is_stop).then_some(token));
            let finish = if is_stop { Finish::Stop } else { self.end };
            let score = self.score(sum, length);
            self.ended.push(Beam { tokens, logprob: sum, score, finish });
        }
        self.rank();
    }

    /// Takes the beams on their way, of so many tokens, for ended.
    fn take_all(&mut self, length: usize, finish: Finish) {
        for Live { memory, sum, .. } in std::mem::take(&mut self.live) {
            let tokens = memory.ids()[self.prompt..].to_vec();
            let score = self.score(sum, length.max(1));
            self.ended.push(Beam { tokens, logprob: sum, score, finish });
        }
        self.rank();
    }

    fn rank(&mut self) {
        self.ended.sort_by(|a, b| b.score.total_cmp(&a.score));
        self.ended.truncate(self.options.beams);
    }

    /// Whether to go on, if the best beam on its way has this sum at this length.
    fn may_improve(&self, sum: f64, length: usize) -> bool {
        let Some(worst) = self.ended.get(self.options.beams - 1) else { return true };
        let at = match self.options.early_stopping {
            EarlyStopping::Full => return false,
            EarlyStopping::Impossible if self.options.length_penalty > 0.0 => self.most,
            EarlyStopping::Unlikely | EarlyStopping::Impossible => length,
        };
        self.score(sum, at) > worst.score
    }

    fn finish(mut self) -> Vec<Beam> {
        self.ended.truncate(self.options.n_best);
        self.ended
    }
}

/// Reads the token of each candidate. The last that goes on with a beam takes its cache, others a copy.
fn advance<D: Decoder>(
    decoder: &D,
    live: Vec<Live<D::Cache>>,
    goes_on: &[Candidate],
) -> Result<Vec<Live<D::Cache>>, Error> {
    let mut memories: Vec<_> = live.into_iter().map(|live| Some(live.memory)).collect();
    let mut next = Vec::with_capacity(goes_on.len());
    for (i, &Candidate { beam, token, sum }) in goes_on.iter().enumerate() {
        let is_wanted_again = goes_on[i + 1..].iter().any(|other| other.beam == beam);
        let memory = match is_wanted_again {
            true => memories[beam].as_ref().map(Memory::fork),
            false => memories[beam].take(),
        };
        let Some(mut memory) = memory else { continue };
        let logits = memory.append(decoder, &[token], Logits::Last)?;
        next.push(Live { memory, logits, sum });
    }
    Ok(next)
}

impl BeamOptions {
    /// Checks every setting's range.
    ///
    /// # Errors
    /// [`Error::Setting`] for the first that is outside.
    pub fn check(&self) -> Result<(), Error> {
        let refuse =
            |setting, expected, got: String| Err(Error::Setting { setting, expected, got });
        if !(1..=1024).contains(&self.beams) {
            return refuse("beams", "from 1 to 1024", self.beams.to_string());
        }
        if !(1..=self.beams).contains(&self.n_best) {
            return refuse("n_best", "at least 1 and at most the beams", self.n_best.to_string());
        }
        if !(-10.0..=10.0).contains(&self.length_penalty) {
            return refuse("length_penalty", "from -10 to 10", self.length_penalty.to_string());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
