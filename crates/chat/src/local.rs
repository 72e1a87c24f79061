//! A decoder and a tokenizer as something that answers.
//!
//! One answer at a time: the decoder stands behind a lock, so that any decoder will do, and later
//! askers wait. What the last answer read is remembered, so that the next turn of the same
//! conversation reads only what is new.
//!
//! A conversation longer than the context loses its oldest turns (see `words/prompt.rs`); room for the answer
//! is kept: `max_tokens`, but at most half of the context.

use std::sync::{Mutex, PoisonError};

use arch::Decoder;
use generate::{Constraint, Flow, Generated, Memory, Options, Overflow, Speculation, Steer};
use tokenizer::Tokenizer;

use crate::words::Words;
use crate::{Error, Finish, Reply, ReplyToken, Request, Respond, Said, TokenizerConfig, Voice};

/// How a model is presented.
#[derive(Clone, Debug)]
pub struct LocalOptions {
    /// Its name.
    pub name: String,
    /// Its template and special tokens. Without a template, a tokenizer that knows the special
    /// tokens of our own form gets [`crate::DEFAULT_TEMPLATE`], any other [`crate::COMPLETION_TEMPLATE`].
    pub config: TokenizerConfig,
    /// Tokens of an answer, where the request does not say.
    pub max_tokens: usize,
    /// Tokens that begin a text which is no conversation, where the model was taught so.
    pub begin: Vec<u32>,
    /// Tokens that end an answer, beside the config's end-of-text token and our own form's.
    pub stop_tokens: Vec<u32>,
}

impl Default for LocalOptions {
    fn default() -> Self {
        Self {
            name: "lyceum".to_string(),
            config: TokenizerConfig::default(),
            max_tokens: 512,
            begin: Vec::new(),
            stop_tokens: Vec::new(),
        }
    }
}

/// A model that answers.
pub struct LocalModel<D: Decoder> {
    engine: Mutex<Engine<D>>,
    words: Words,
}

struct Engine<D: Decoder> {
    decoder: D,
    memory: Memory<D::Cache>,
    speculation: Option<Speculation>,
}

impl<D: Decoder> LocalModel<D> {
    /// Puts the parts together.
    ///
    /// # Errors
    /// [`Error::TemplateSource`]; [`Error::Vocabulary`] if the tokenizer is of another model.
    pub fn new(decoder: D, tokenizer: Tokenizer, options: LocalOptions) -> Result<Self, Error> {
        let words = Words::new(decoder.spec(), tokenizer, options)?;
        let memory = Memory::new(&decoder);
        let engine = Mutex::new(Engine { decoder, memory, speculation: None });
        Ok(Self { engine, words })
    }

    /// The same model, which says the same in fewer passes.
    #[must_use]
    pub fn with_speculation(mut self, speculation: Option<Speculation>) -> Self {
        let engine = self.engine.get_mut().unwrap_or_else(PoisonError::into_inner);
        engine.speculation = speculation;
        self
    }
}

impl<D: Decoder + Send> Respond for LocalModel<D>
where
    D::Cache: Send,
{
    fn model_name(&self) -> &str {
        &self.words.options.name
    }

    fn respond(
        &self,
        request: &Request,
        on_text: &mut dyn FnMut(&str) -> Flow,
    ) -> Result<Reply, Error> {
        let words = &self.words;
        let max_tokens = request.max_tokens.unwrap_or(words.options.max_tokens);
        let mut grammar = request.grammar.as_ref().map(|g| words.constraint(g)).transpose()?;
        let prompt = words.prompt(&request.messages, max_tokens)?;
        let options = Options {
            sampling: request.sampling.clone(),
            max_tokens,
            stop_tokens: words.stop_tokens.clone(),
            overflow: Overflow::End,
            logprobs: request.logprobs,
        };
        let mut voice = Voice::new(&words.tokenizer, &request.stop, on_text);
        // A panic in a decoder leaves a memory whose ids may not be what the cache holds.
        let mut engine = self.engine.lock().unwrap_or_else(|poisoned| {
            self.engine.clear_poison();
            let mut engine = PoisonError::into_inner(poisoned);
            engine.memory = Memory::new(&engine.decoder);
            engine.speculation = None;
            engine
        });
        let Engine { decoder, memory, speculation } = &mut *engine;
        let mut known = words.known();
        let known = known.as_mut().map(|known| known as &mut dyn Constraint);
        // A grammar knows only the tokenizer's ids itself.
        let grammar = grammar.as_mut().map(|grammar| grammar as &mut dyn Constraint);
        let on_token = &mut |token| voice.say(token);
        let steer = Steer { on_token, constraint: grammar.or(known) };
        let generated = match speculation {
            Some(ahead) => generate::speculate(decoder, memory, &prompt, &options, steer, ahead)?.0,
            None => generate::generate_with(decoder, memory, &prompt, &options, steer)?,
        };
        drop(engine);
        Ok(self.reply(generated, voice.finish()))
    }
}

impl<D: Decoder> LocalModel<D> {
    fn reply(&self, generated: Generated, said: Said) -> Reply {
        let finish = match generated.finish {
            _ if said.stopped => Finish::Stop,
            generate::Finish::Stop => Finish::Stop,
            generate::Finish::Cancelled => Finish::Cancelled,
            generate::Finish::Length | generate::Finish::ContextFull => Finish::Length,
        };
        let logprobs = generated.logprobs.iter();
        Reply {
            text: said.text,
            finish,
            prompt_tokens: generated.prompt_tokens,
            cached_tokens: generated.cached_tokens,
            completion_tokens: generated.tokens.len(),
            logprobs: logprobs.map(|token| ReplyToken::new(&self.words.tokenizer, token)).collect(),
            ..Reply::default()
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
