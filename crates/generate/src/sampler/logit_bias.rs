//! Logit bias, as OpenAI's API defines it: a number added to a token's logit before anything else.
//! −∞ forbids the token.

use super::adjust::Adjust;
use super::history::History;
use super::{Sampling, settings};
use crate::Error;

pub(super) struct LogitBias;

/// Beyond this a sum of logit and bias might be no number.
const MOST: f32 = 1e6;

impl Adjust for LogitBias {
    fn check(&self, sampling: &Sampling) -> Result<(), Error> {
        let mut finite = sampling.logit_bias.values().filter(|&&bias| bias != f32::NEG_INFINITY);
        let expected = "from -1000000 to 1000000, or -inf";
        finite.try_for_each(|&bias| settings::within("logit_bias", bias, -MOST, MOST, expected))
    }

    fn is_on(&self, sampling: &Sampling) -> bool {
        !sampling.logit_bias.is_empty()
    }

    fn looks_back(&self) -> bool {
        false
    }

    fn adjust(&self, sampling: &Sampling, _: &History, logits: &mut [f32]) -> Result<(), Error> {
        for (&id, bias) in &sampling.logit_bias {
            let Some(logit) = logits.get_mut(id as usize) else {
                let (setting, expected) = ("logit_bias", "for tokens that the model knows");
                return Err(Error::Setting { setting, expected, got: format!("token {id}") });
            };
            *logit += bias;
        }
        Ok(())
    }
}

/// JSON knows no infinity: `null` stands for −∞.
pub(super) mod json {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(in crate::sampler) fn serialize<S: Serializer>(
        bias: &BTreeMap<u32, f32>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        let finite = bias.iter().map(|(&id, &bias)| (id, bias.is_finite().then_some(bias)));
        finite.collect::<BTreeMap<_, _>>().serialize(to)
    }

    pub(in crate::sampler) fn deserialize<'a, D: Deserializer<'a>>(
        from: D,
    ) -> Result<BTreeMap<u32, f32>, D::Error> {
        let read = BTreeMap::<u32, Option<f32>>::deserialize(from)?;
        Ok(read.into_iter().map(|(id, bias)| (id, bias.unwrap_or(f32::NEG_INFINITY))).collect())
    }
}
