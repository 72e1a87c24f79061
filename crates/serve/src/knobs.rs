//! What all requests for text may say of how it is chosen, in OpenAI's names; beside them those that
//! llama.cpp's and vLLM's servers have too.

use std::collections::BTreeMap;

use chat::Sampling;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Refusal;
use crate::body::Body;

/// OpenAI's limit is 4; more do no harm here.
const MAX_STOP_STRINGS: usize = 16;
/// Bytes of a stop string.
const MAX_STOP_BYTES: usize = 1024;
/// OpenAI's limit is 1024 as well.
const MAX_BIASES: usize = 1024;

/// How tokens are chosen, and when an answer ends.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
pub struct Knobs {
    /// 0 takes the likeliest token; 1, the model's own distribution, if absent.
    #[schema(minimum = 0, maximum = 2)]
    pub temperature: Option<f32>,
    /// Only the likeliest tokens that together hold this share of the probability.
    #[schema(exclusive_minimum = 0, maximum = 1)]
    pub top_p: Option<f32>,
    /// Only so many of the likeliest; 0 or less: all.
    pub top_k: Option<i64>,
    /// Only tokens at least this share as likely as the likeliest.
    #[schema(minimum = 0, maximum = 1)]
    pub min_p: Option<f32>,
    /// Only tokens about as surprising as the next one is on average, which together hold this share.
    #[schema(exclusive_minimum = 0, maximum = 1)]
    pub typical_p: Option<f32>,
    /// Taken off the logit of every token that stands in the answer.
    #[schema(minimum = -2, maximum = 2)]
    pub presence_penalty: Option<f32>,
    /// Taken off the logit of a token for every time that it stands in the answer.
    #[schema(minimum = -2, maximum = 2)]
    pub frequency_penalty: Option<f32>,
    /// Divides the logits of what stands in the text; 1 changes nothing.
    #[schema(exclusive_minimum = 0, maximum = 100)]
    pub repetition_penalty: Option<f32>,
    /// The same by llama.cpp's name.
    #[schema(exclusive_minimum = 0, maximum = 100)]
    pub repeat_penalty: Option<f32>,
    /// Added to logits, by token: from -100, which forbids it, to 100.
    pub logit_bias: Option<BTreeMap<String, f32>>,
    /// Strings that end the answer; at most 16.
    pub stop: Option<Stop>,
    /// Equal seeds give equal answers; a new one each time, if absent.
    pub seed: Option<i64>,
    /// Answers to each prompt.
    #[schema(minimum = 1, maximum = 128)]
    pub n: Option<usize>,
    /// Whether the model's own end does not end the answer.
    pub ignore_eos: Option<bool>,
    /// Lower goes first; 0 is usual.
    pub priority: Option<i32>,
}

/// One string or several.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum Stop {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

impl Knobs {
    /// Reads and checks them. `fresh_seed` is taken where the request names none.
    ///
    /// # Errors
    /// A [`Refusal`] that names the field.
    pub fn read(body: &Body, fresh_seed: u64) -> Result<(Self, Sampling), Refusal> {
        let knobs: Self = body.read()?;
        within("temperature", knobs.temperature, 0.0, 2.0)?;
        within("presence_penalty", knobs.presence_penalty, -2.0, 2.0)?;
        within("frequency_penalty", knobs.frequency_penalty, -2.0, 2.0)?;
        if !(1..=128).contains(&knobs.choices()) {
            let message = format!("n must be from 1 to 128, got {}", knobs.choices());
            return Err(Refusal::field("n", message));
        }
        let sampling = Sampling {
            temperature: knobs.temperature.unwrap_or(1.0),
            top_k: knobs.top_k.and_then(|k| usize::try_from(k).ok()).filter(|&k| k > 0),
            top_p: knobs.top_p,
            min_p: knobs.min_p.filter(|&p| p != 0.0),
            typical_p: knobs.typical_p,
            presence_penalty: knobs.presence_penalty.unwrap_or(0.0),
            frequency_penalty: knobs.frequency_penalty.unwrap_or(0.0),
            repetition_penalty: knobs.repetition_penalty.or(knobs.repeat_penalty).unwrap_or(1.0),
            logit_bias: biases(knobs.logit_bias.as_ref())?,
            seed: knobs.seed.map_or(fresh_seed, i64::cast_unsigned),
            ..Sampling::default()
        };
        sampling.check().map_err(|error| {
            let message = error.to_string();
            Refusal::field(message.split(' ').next().unwrap_or_default().to_string(), message)
        })?;
        Ok((knobs, sampling))
    }

    /// Answers to each prompt.
    pub fn choices(&self) -> usize {
        self.n.unwrap_or(1)
    }

    /// The strings that end an answer.
    ///
    /// # Errors
    /// A [`Refusal`] if there are too many, or one is too long.
    pub fn stops(&self) -> Result<Vec<String>, Refusal> {
        let strings = match &self.stop {
            None => Vec::new(),
            Some(Stop::One(string)) => vec![string.clone()],
            Some(Stop::Many(strings)) => strings.clone(),
        };
        stops("stop", strings)
    }
}

/// Strings that end an answer, by the name of their field: neither too many nor too long.
pub(crate) fn stops(param: &str, strings: Vec<String>) -> Result<Vec<String>, Refusal> {
    let wrong = |message: String| Err(Refusal::field(param, message));
    if strings.len() > MAX_STOP_STRINGS {
        let got = strings.len();
        return wrong(format!("{param} takes at most {MAX_STOP_STRINGS}, got {got}"));
    }
    match strings.iter().map(String::len).find(|&bytes| bytes > MAX_STOP_BYTES) {
        Some(got) => wrong(format!("a stop string has at most {MAX_STOP_BYTES} bytes, got {got}")),
        None => Ok(strings),
    }
}

fn within(param: &'static str, value: Option<f32>, low: f32, high: f32) -> Result<(), Refusal> {
    match value {
        Some(value) if !(low..=high).contains(&value) => {
            let message = format!("{param} must be from {low} to {high}, got {value}");
            Err(Refusal::field(param, message))
        }
        _ => Ok(()),
    }
}

fn biases(given: Option<&BTreeMap<String, f32>>) -> Result<BTreeMap<u32, f32>, Refusal> {
    let wrong = |message: String| Refusal::field("logit_bias", message);
    let given = given.into_iter().flatten();
    let biases = given.map(|(token, &bias)| {
        let id = token.parse().map_err(|_| wrong(format!("{token:?} is no token's number")))?;
        match bias {
            -100.0 => Ok((id, f32::NEG_INFINITY)),
            bias if (-100.0..=100.0).contains(&bias) => Ok((id, bias)),
            bias => Err(wrong(format!("a bias is from -100 to 100, got {bias}"))),
        }
    });
    let biases: BTreeMap<u32, f32> = biases.collect::<Result<_, Refusal>>()?;
    match biases.len() {
        0..=MAX_BIASES => Ok(biases),
        got => Err(wrong(format!("there are at most {MAX_BIASES} biases, got {got}"))),
    }
}
