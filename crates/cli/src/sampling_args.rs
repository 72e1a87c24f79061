//! How tokens are chosen, as options of the command line, shared by `generate` and `chat`.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, bail, ensure};
use generate::{Dry, Sampling};
use tokenizer::Tokenizer;

/// Strings across which DRY sees no repetition, unless others are given; `llama.cpp`'s.
const BREAKERS: [&str; 4] = ["\n", ":", "\"", "*"];

/// Options that say something about chance or the text so far, which a search has no use for.
pub(crate) const OF_SAMPLING: [&str; 14] = [
    "temperature",
    "top_p",
    "min_p",
    "typical_p",
    "repetition_penalty",
    "presence_penalty",
    "frequency_penalty",
    "penalty_last_n",
    "dry_multiplier",
    "dry_base",
    "dry_allowed_length",
    "dry_last_n",
    "dry_breaker",
    "logit_bias",
];

/// How tokens are chosen.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct SamplingArgs {
    /// 0 takes the likeliest token each time, 1 the model's own distribution [default: 0.6 for text, 0.3
    /// for answers]
    #[arg(long, short, value_name = "T", help_heading = "Choice of tokens")]
    temperature: Option<f32>,
    /// Only this many of the likeliest tokens
    #[arg(long, value_name = "K", help_heading = "Choice of tokens")]
    pub(crate) top_k: Option<usize>,
    /// Only the likeliest tokens that together hold this share
    #[arg(long, value_name = "P", help_heading = "Choice of tokens")]
    top_p: Option<f32>,
    /// Only tokens at least this share as likely as the likeliest
    #[arg(long, value_name = "P", help_heading = "Choice of tokens")]
    min_p: Option<f32>,
    /// Only tokens about as surprising as is to be expected, which together hold this share
    #[arg(long, value_name = "P", help_heading = "Choice of tokens")]
    typical_p: Option<f32>,
    /// Equal seeds give equal texts
    #[arg(long, value_name = "N", default_value_t = 0, help_heading = "Choice of tokens")]
    seed: u64,
    /// Divide the logits of tokens that stand in the text, such as by 1.1
    #[arg(long, value_name = "X", help_heading = "Repetition")]
    repetition_penalty: Option<f32>,
    /// Take this off the logits of tokens that stand in the answer, such as 0.5
    #[arg(long, value_name = "X", allow_negative_numbers = true, help_heading = "Repetition")]
    presence_penalty: Option<f32>,
    /// Take this off the logits for each time that a token stands in the answer, such as 0.3
    #[arg(long, value_name = "X", allow_negative_numbers = true, help_heading = "Repetition")]
    frequency_penalty: Option<f32>,
    /// These three look at so many of the newest tokens [default: all]
    #[arg(long, value_name = "N", help_heading = "Repetition")]
    penalty_last_n: Option<usize>,
    /// Hold back what goes on with a sequence that stands in the text already (DRY), such as by 0.8
    #[arg(long, value_name = "X", help_heading = "Repetition")]
    dry_multiplier: Option<f32>,
    /// So many times as much for every token that the sequence is longer [default: 1.75]
    #[arg(long, value_name = "X", requires = "dry_multiplier", help_heading = "Repetition")]
    dry_base: Option<f32>,
    /// The shortest sequence that costs anything, in tokens [default: 2]
    #[arg(long, value_name = "N", requires = "dry_multiplier", help_heading = "Repetition")]
    dry_allowed_length: Option<usize>,
    /// Look at so many of the newest tokens [default: all]
    #[arg(long, value_name = "N", requires = "dry_multiplier", help_heading = "Repetition")]
    dry_last_n: Option<usize>,
    /// No sequence goes across tokens with this in them [default: line breaks, : " and *]
    #[arg(long, value_name = "TEXT", requires = "dry_multiplier", help_heading = "Repetition")]
    dry_breaker: Vec<String>,
    /// Add BIAS to the logit of a token, named by its id or its text; -inf forbids it
    #[arg(
        long,
        value_name = "TOKEN=BIAS",
        allow_hyphen_values = true,
        help_heading = "Choice of tokens"
    )]
    logit_bias: Vec<String>,
}

impl SamplingArgs {
    /// All that can be said without knowing the tokens. `temperature`: of one who says nothing of it.
    pub(crate) fn sampling(&self, temperature: f32) -> Result<Sampling> {
        let Self { top_k, top_p, min_p, typical_p, penalty_last_n, seed, .. } = *self;
        let base = Dry::default();
        let dry = self.dry_multiplier.map(|multiplier| Dry {
            multiplier,
            base: self.dry_base.unwrap_or(base.base),
            allowed_length: self.dry_allowed_length.unwrap_or(base.allowed_length),
            last_n: self.dry_last_n,
            ..base
        });
        let sampling = Sampling {
            temperature: self.temperature.unwrap_or(temperature),
            top_k,
            top_p,
            min_p,
            typical_p,
            repetition_penalty: self.repetition_penalty.unwrap_or(1.0),
            presence_penalty: self.presence_penalty.unwrap_or(0.0),
            frequency_penalty: self.frequency_penalty.unwrap_or(0.0),
            penalty_last_n,
            dry,
            logit_bias: BTreeMap::new(),
            seed,
        };
        sampling.check()?;
        Ok(sampling)
    }

    /// Adds what is said of tokens by their texts.
    pub(crate) fn with_words(
        &self,
        mut sampling: Sampling,
        tokenizer: &Tokenizer,
    ) -> Result<Sampling> {
        for said in &self.logit_bias {
            let (id, bias) = bias(said, tokenizer)?;
            sampling.logit_bias.insert(id, bias);
        }
        if let Some(dry) = &mut sampling.dry {
            let own: Vec<&str> = self.dry_breaker.iter().map(String::as_str).collect();
            dry.breakers = holding(if own.is_empty() { &BREAKERS } else { &own }, tokenizer);
        }
        sampling.check()?;
        Ok(sampling)
    }
}

/// The ids whose texts hold one of the strings.
fn holding(strings: &[&str], tokenizer: &Tokenizer) -> BTreeSet<u32> {
    let holds = |id: &u32| {
        let text = tokenizer.decode(&[*id]).unwrap_or_default();
        strings.iter().any(|string| text.contains(string))
    };
    (0..tokenizer.vocab_size() as u32).filter(holds).collect()
}

/// `5=-2`, ` word=1.5` or `<|end|>=-inf`.
fn bias(said: &str, tokenizer: &Tokenizer) -> Result<(u32, f32)> {
    let Some((token, bias)) = said.rsplit_once('=') else {
        bail!("--logit-bias {said}: expected TOKEN=BIAS, such as 198=-inf or \" the\"=2");
    };
    let Ok(bias) = bias.parse() else {
        bail!("--logit-bias {said}: {bias:?} is no number; give one, or -inf");
    };
    if let Ok(id) = token.parse() {
        ensure!(
            (id as usize) < tokenizer.vocab_size(),
            "--logit-bias {said}: there is no token {id}; the last is {}",
            tokenizer.vocab_size() - 1
        );
        return Ok((id, bias));
    }
    if let Some(id) = tokenizer.special(token) {
        return Ok((id, bias));
    }
    match tokenizer.encode(token)?[..] {
        [id] => Ok((id, bias)),
        ref ids => {
            bail!(
                "--logit-bias {said}: {token:?} is not one token, but {ids:?}; name one by its id"
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokenizer() -> Tokenizer {
        let text = "the cat sat on the mat. the cat: \"the mat\"\n".repeat(50);
        let options = tokenizer::TrainOptions { vocab_size: 270, ..Default::default() };
        Tokenizer::train([text.as_str()], &options).unwrap()
    }

    #[test]
    fn a_token_is_named_by_id_or_text() {
        let tokenizer = tokenizer();
        let the = tokenizer.encode(" the").unwrap();
        assert_eq!(the.len(), 1);
        assert_eq!(bias(" the=-inf", &tokenizer).unwrap(), (the[0], f32::NEG_INFINITY));
        assert_eq!(bias("12=-2.5", &tokenizer).unwrap(), (12, -2.5));
        for (said, words) in [
            ("12", "TOKEN=BIAS"),
            ("12=much", "no number"),
            ("99999=1", "no token 99999"),
            ("the dog=1", "not one token"),
        ] {
            let error = bias(said, &tokenizer).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    }

    #[test]
    fn breakers_are_all_tokens_with_one_in_them() {
        let tokenizer = tokenizer();
        let found = holding(&BREAKERS, &tokenizer);
        for text in ["\n", ":", "\"", "*"] {
            assert!(found.contains(&tokenizer.encode(text).unwrap()[0]), "{text:?}");
        }
        assert!(!found.contains(&tokenizer.encode(" the").unwrap()[0]));
    }
}
