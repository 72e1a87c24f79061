//! The finished model speaks: what a person reads first in the report.
//!
//! Stories (or texts in the manner of the corpus) from nothing, and for the village two questions.

use chat::{Flow, LocalModel, Message, Request, Respond, Role, Sampling};
use generate::Options;
use model::Decoding;
use serde::{Deserialize, Serialize};
use tokenizer::Tokenizer;

use crate::{Error, Loaded, Source};

/// A prompt and what followed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// What the model was given; empty for nothing.
    pub prompt: String,
    /// What it said.
    pub text: String,
}

/// Likelier tokens a little more often than the model has them: its texts are for reading.
const TEMPERATURE: f32 = 0.7;
/// Free texts in a report.
const N_TEXTS: u64 = 3;

/// Samples of a loaded run; the same for the same weights.
///
/// # Errors
/// [`Error::Chat`].
pub fn samples(loaded: Loaded, source: &Source) -> Result<Vec<Sample>, Error> {
    let mut samples = Vec::new();
    let Loaded { decoding, tokenizer, options, .. } = loaded;
    for seed in 1..=N_TEXTS {
        samples.push(Sample { prompt: String::new(), text: text(&decoding, &tokenizer, seed)? });
    }
    if matches!(source, Source::World { .. }) {
        let model = LocalModel::new(decoding, tokenizer, options)?;
        for question in ["Tell me a story.", "Who bakes the bread in the village?"] {
            let reply = ask(&model, question)?;
            samples.push(Sample { prompt: question.to_string(), text: reply });
        }
    }
    Ok(samples)
}

/// A text from nothing: after the mark that begins documents, or after a line break.
fn text(decoding: &Decoding, tokenizer: &Tokenizer, seed: u64) -> Result<String, Error> {
    let mark = tokenizer.special(chat::special::END_OF_TEXT);
    let prompt = match mark {
        Some(mark) => vec![mark],
        None => tokenizer.encode("\n")?,
    };
    let context = arch::Decoder::spec(decoding).context;
    let options = Options {
        sampling: Sampling { temperature: TEMPERATURE, seed, ..Sampling::default() },
        max_tokens: context - prompt.len().min(context - 1),
        stop_tokens: mark.into_iter().collect(),
        truncate: false,
    };
    let generated = generate::generate(decoding, &prompt, &options, &mut |_| Flow::Continue)
        .map_err(chat::Error::from)?;
    Ok(tokenizer.decode(&generated.tokens)?.trim().to_string())
}

fn ask(model: &dyn Respond, question: &str) -> Result<String, Error> {
    let request = Request {
        messages: vec![Message::new(Role::User, question)],
        sampling: Sampling { temperature: TEMPERATURE, seed: 1, ..Sampling::default() },
        ..Request::default()
    };
    Ok(model.respond(&request, &mut |_| Flow::Continue)?.text)
}
