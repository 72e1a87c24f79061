//! Penalties for tokens that were said before, over the newest `penalty_last_n` ids.
//!
//! Repetition (Keskar et al., "CTRL: A Conditional Transformer Language Model for Controllable
//! Generation", 2019) divides the logit of what stands in prompt or answer, once however often it
//! stands there; a negative logit is multiplied, as in `transformers`, since dividing would make it
//! likelier. Frequency and presence are OpenAI's: `l − count · frequency − [count > 0] · presence`,
//! where only what was sampled counts, as its formula says; `llama.cpp` counts the prompt as well.

use super::Sampling;
use super::adjust::Adjust;
use super::history::History;
use super::settings::{check_count, within};
use crate::Error;

pub(super) struct Penalties;

impl Adjust for Penalties {
    fn check(&self, sampling: &Sampling) -> Result<(), Error> {
        let Sampling { repetition_penalty, presence_penalty, frequency_penalty, .. } = *sampling;
        within("repetition_penalty", repetition_penalty, 0.01, 100.0, "from 0.01 to 100")?;
        within("presence_penalty", presence_penalty, -100.0, 100.0, "from -100 to 100")?;
        within("frequency_penalty", frequency_penalty, -100.0, 100.0, "from -100 to 100")?;
        check_count("penalty_last_n", sampling.penalty_last_n)
    }

    fn is_on(&self, sampling: &Sampling) -> bool {
        sampling.repetition_penalty != 1.0
            || sampling.presence_penalty != 0.0
            || sampling.frequency_penalty != 0.0
    }

    fn looks_back(&self) -> bool {
        true
    }

    fn adjust(
        &self,
        sampling: &Sampling,
        history: &History,
        logits: &mut [f32],
    ) -> Result<(), Error> {
        let Sampling { repetition_penalty, presence_penalty, frequency_penalty, .. } = *sampling;
        for (id, count) in history.counts() {
            // A prompt may hold ids of which there is no logit, such as a picture's place.
            let Some(logit) = logits.get_mut(id as usize) else { continue };
            *logit = match *logit <= 0.0 {
                true => *logit * repetition_penalty,
                false => *logit / repetition_penalty,
            };
            if count.answer > 0 {
                *logit -= count.answer as f32 * frequency_penalty + presence_penalty;
            }
        }
        Ok(())
    }
}
