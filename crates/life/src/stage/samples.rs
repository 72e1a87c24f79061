//! The finished model speaks: what a person reads first in the report.
//!
//! Texts in the manner of the corpus from nothing; of the village a story on demand and some questions,
//! whose true answers are known and shown beside the model's, and no other text where it was taught to
//! answer.

use arch::Decoder as _;
use chat::{Flow, LocalModel, LocalOptions, Message, Request, Respond, Role, Sampling};
use generate::{Constraint, Known, Memory, Options, Runtime, Steer};
use serde::{Deserialize, Serialize};
use tokenizer::Tokenizer;
use world::World;
use world::render::facts::{answer, question};

use crate::load::{endings, opening};
use crate::{Error, Loaded, Recipe, Session};

/// A prompt and what followed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// What the model was given; empty for nothing.
    pub prompt: String,
    /// What it said.
    pub text: String,
    /// The true answer, where there is one.
    pub truth: Option<String>,
}

/// Likelier tokens a little more often than the model has them: its texts are for reading.
const TEMPERATURE: f32 = 0.7;
/// Tokens of a free text at most.
const LONGEST_TEXT: usize = 320;
/// Free texts in a report.
const N_TEXTS: u64 = 3;

/// Questions about the village in a report.
const N_QUESTIONS: usize = 3;

/// Samples of a loaded run, of the village too if it knows one; the same for the same weights.
///
/// # Errors
/// [`Error::Chat`].
pub fn samples(loaded: Loaded, recipe: &Recipe, session: &Session) -> Result<Vec<Sample>, Error> {
    let mut samples = Vec::new();
    let Loaded { decoding, tokenizer, options, .. } = loaded;
    let n_texts = if recipe.life && recipe.known_village().is_some() { 0 } else { N_TEXTS };
    for seed in 1..=n_texts {
        session.go_on("samples")?;
        let text = text(&decoding, &tokenizer, &options, seed)?;
        samples.push(Sample { prompt: String::new(), text, truth: None });
    }
    if let Some(seed) = recipe.known_village() {
        let model = LocalModel::new(decoding, tokenizer, options)?;
        let story = ("Tell me a story.".to_string(), None);
        for (prompt, truth) in [story].into_iter().chain(questions(seed)) {
            session.go_on("samples")?;
            match ask(&model, &prompt) {
                Ok(text) => samples.push(Sample { prompt, text, truth }),
                // A context so short that the question does not fit: it is left out.
                Err(chat::Error::TooLong { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
    Ok(samples)
}

/// Questions about facts that lie far apart, with their true answers.
fn questions(seed: u64) -> Vec<(String, Option<String>)> {
    let world = World::new(seed);
    let mut rng = stdx::Rng::stream(seed, "samples");
    let stride = (world.facts().len() / N_QUESTIONS).max(1);
    let facts = world.facts().iter().step_by(stride).take(N_QUESTIONS);
    let mut exchange = |fact| {
        let asked = question(fact, &mut rng);
        (asked, Some(answer(world.village(), fact, &mut rng)))
    };
    facts.map(&mut exchange).collect()
}

/// What a model that knows this village can be asked, to begin with.
pub fn examples(village: Option<u64>) -> Vec<String> {
    let Some(seed) = village else { return Vec::new() };
    let questions = questions(seed).into_iter().map(|(question, _)| question);
    ["Tell me a story.".to_string()].into_iter().chain(questions).take(3).collect()
}

/// A text from nothing.
fn text(
    decoding: &Runtime,
    tokenizer: &Tokenizer,
    options: &LocalOptions,
    seed: u64,
) -> Result<String, Error> {
    let prompt = opening(tokenizer, options);
    let wanted = Options {
        sampling: Sampling { temperature: TEMPERATURE, seed, ..Sampling::default() },
        max_tokens: LONGEST_TEXT,
        stop_tokens: endings(tokenizer, options),
        overflow: generate::Overflow::Reread,
        ..Options::default()
    };
    let mut known = Known::of(tokenizer.vocab_size(), decoding.spec().vocab_size);
    let steer = Steer {
        on_token: &mut |_| Flow::Continue,
        constraint: known.as_mut().map(|known| known as &mut dyn Constraint),
    };
    let mut memory = Memory::new(decoding);
    let generated = generate::generate_with(decoding, &mut memory, &prompt, &wanted, steer)
        .map_err(chat::Error::from)?;
    Ok(tokenizer.decode(&generated.tokens)?.trim().to_string())
}

fn ask(model: &dyn Respond, question: &str) -> Result<String, chat::Error> {
    let request = Request {
        messages: vec![Message::new(Role::User, question)],
        sampling: Sampling { temperature: TEMPERATURE, seed: 1, ..Sampling::default() },
        ..Request::default()
    };
    Ok(model.respond(&request, &mut |_| Flow::Continue)?.text)
}
