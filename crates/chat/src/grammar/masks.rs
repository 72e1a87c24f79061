//! A grammar's state along one answer, and what it allows next.

use generate::Constraint;
use llguidance::Matcher;
use llguidance::toktrie::SimpleVob;

use super::vocabulary::First;
use super::{Vocabulary, told};

/// What may come next in an answer, token by token.
#[derive(Clone)]
pub struct GrammarConstraint {
    matcher: Matcher,
    vocabulary: Vocabulary,
    /// What was asked for last; `None` once a token came after it.
    mask: Option<SimpleVob>,
    at_start: bool,
    is_finished: bool,
    failure: Option<String>,
}

impl GrammarConstraint {
    /// At the beginning of an answer. Fails where no answer can be.
    pub(super) fn new(matcher: Matcher, vocabulary: &Vocabulary) -> Result<Self, String> {
        let (vocabulary, mask, failure) = (vocabulary.clone(), None, None);
        let mut new =
            Self { matcher, vocabulary, mask, at_start: true, is_finished: false, failure };
        new.look_ahead();
        match new.failure {
            Some(reason) => Err(reason),
            None => Ok(new),
        }
    }

    /// Whether the answer may end here.
    pub fn may_end(&mut self) -> bool {
        self.look_ahead();
        let end = self.vocabulary.end();
        self.is_finished || self.mask.as_ref().is_some_and(|mask| mask.is_allowed(end))
    }

    /// Asks what may come, unless that is known.
    fn look_ahead(&mut self) {
        if self.is_finished || self.mask.is_some() || self.failure.is_some() {
            return;
        }
        match self.matcher.compute_mask() {
            Ok(mask) => {
                self.is_finished = mask.is_allowed(self.vocabulary.end()) && mask.num_set() == 1;
                self.mask = Some(mask);
            }
            Err(error) => self.fail(&error.to_string()),
        }
    }

    fn fail(&mut self, reason: &str) {
        let reason = told(reason);
        self.failure = Some(match reason.as_str() {
            "NoExtensionBias" => "no token of this vocabulary can come next".to_string(),
            _ => reason,
        });
    }
}

impl Constraint for GrammarConstraint {
    fn mask(&mut self, allowed: &mut [bool]) {
        let may_end = self.may_end();
        let len = allowed.len().min(self.vocabulary.end() as usize);
        let (tokens, others) = allowed.split_at_mut(len);
        others.fill(false);
        match &self.mask {
            Some(mask) if !self.is_finished => {
                narrow(tokens, mask);
                if self.at_start {
                    for &(id, is) in self.vocabulary.opening() {
                        let may = match is {
                            First::As(same) => mask.is_allowed(same),
                            First::Nothing => true,
                            First::Other => false,
                        };
                        set(tokens, id, may);
                    }
                }
            }
            _ => tokens.fill(false),
        }
        self.vocabulary.stop_tokens().iter().for_each(|&id| set(tokens, id, may_end));
    }

    fn commit(&mut self, token: u32) {
        if self.is_finished || self.vocabulary.stop_tokens().contains(&token) {
            self.is_finished = true;
            return;
        }
        let first = if self.at_start { self.vocabulary.first(token) } else { First::As(token) };
        self.at_start = false;
        let token = match first {
            First::As(same) => same,
            First::Nothing => return,
            First::Other => token, // Was not allowed.
        };
        self.mask = None;
        match self.matcher.consume_token(token) {
            Ok(()) => self.is_finished = self.matcher.is_stopped(),
            Err(error) => self.fail(&error.to_string()),
        }
    }

    fn is_finished(&self) -> bool {
        self.is_finished
    }

    fn failure(&self) -> Option<String> {
        self.failure.clone()
    }
}

fn set(allowed: &mut [bool], id: u32, may: bool) {
    if let Some(entry) = allowed.get_mut(id as usize) {
        *entry = may;
    }
}

/// Sets to `false` what the mask forbids.
fn narrow(allowed: &mut [bool], mask: &SimpleVob) {
    for (allowed, &word) in allowed.chunks_mut(32).zip(mask.as_slice()) {
        match word {
            0 => allowed.fill(false),
            u32::MAX => {}
            _ => allowed.iter_mut().enumerate().for_each(|(bit, a)| *a = word >> bit & 1 == 1),
        }
    }
}

impl std::fmt::Debug for GrammarConstraint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GrammarConstraint")
            .field("vocabulary", &self.vocabulary)
            .field("is_finished", &self.is_finished)
            .field("failure", &self.failure)
            .finish_non_exhaustive()
    }
}
