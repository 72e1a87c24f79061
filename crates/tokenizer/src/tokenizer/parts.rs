//! The stages that a tokenizer is made of, and how they become one.

use std::sync::OnceLock;

use super::{Tokenizer, chunks};
use crate::added::{AddedToken, AddedTokens};
use crate::decode::Decoder;
use crate::encoding::{Padding, Truncation};
use crate::model::{Model, Pool};
use crate::normalize::Normalizer;
use crate::postprocess::PostProcessor;
use crate::pretokenize::{Change, PreTokenizer, Step, needs_places};
use crate::{Error, byte_level};

/// All stages, as a file has them.
///
/// A byte-level BPE model does itself what the last step of its pre-tokenizer says (bytes as
/// visible characters), so that must be there.
#[derive(Clone, Debug)]
pub struct Parts {
    /// What changes a text before it is cut.
    pub normalizer: Option<Normalizer>,
    /// What cuts it into words.
    pub pre_tokenizer: Option<PreTokenizer>,
    /// What makes ids of words.
    pub model: Model,
    /// What stands around a text.
    pub post_processor: Option<PostProcessor>,
    /// What makes text of tokens.
    pub decoder: Option<Decoder>,
    /// Tokens outside the model.
    pub added_tokens: Vec<AddedToken>,
    /// How long an encoding may become.
    pub truncation: Option<Truncation>,
    /// What it is filled up with.
    pub padding: Option<Padding>,
}

impl Parts {
    /// A model, and nothing else.
    pub fn of(model: Model) -> Self {
        Self {
            normalizer: None,
            pre_tokenizer: None,
            model,
            post_processor: None,
            decoder: None,
            added_tokens: vec![],
            truncation: None,
            padding: None,
        }
    }
}

impl Tokenizer {
    /// A tokenizer of these stages. Fails where they do not fit together.
    pub fn from_parts(parts: Parts) -> Result<Self, Error> {
        let Parts { normalizer, pre_tokenizer, model, post_processor, decoder, .. } = parts;
        let mut steps = pre_tokenizer.as_ref().map_or(Ok(vec![]), |stage| stage.steps())?;
        if model.is_on_bytes() && !matches!(steps.pop(), Some(Step::Change(Change::Bytes))) {
            let detail =
                "a byte-level model needs a pre_tokenizer that ends in ByteLevel".to_owned();
            return Err(Error::Inconsistent { detail });
        }
        let added = AddedTokens::new(parts.added_tokens, normalizer.as_ref())?;
        let special: Vec<u32> = added.iter().filter(|t| t.special).map(|t| t.id).collect();
        let model = model.with_apart(&special)?;
        let is_bytes = model.is_on_bytes() && matches!(decoder, Some(Decoder::ByteLevel(_)));
        let bytes = |token: &AddedToken| {
            let shown = added.shown(token.id).unwrap_or_default();
            let bytes = byte_level::to_bytes(shown).unwrap_or_else(|| shown.as_bytes().to_vec());
            (token.id, bytes.into_boxed_slice())
        };
        Ok(Self {
            added_bytes: is_bytes.then(|| added.iter().map(bytes).collect()),
            vocab_size: model.len().max(added.end()),
            is_chunked: chunks::allowed(normalizer.as_ref(), &steps),
            needs_places: needs_places(normalizer.as_ref(), &steps),
            truncation: parts.truncation,
            padding: parts.padding,
            token_bytes: OnceLock::new(),
            scratches: Pool::default(),
            normalizer,
            pre_tokenizer,
            model,
            post_processor,
            decoder,
            added,
            steps,
        })
    }

    /// What changes a text before it is cut.
    pub fn normalizer(&self) -> Option<&Normalizer> {
        self.normalizer.as_ref()
    }

    /// What cuts it into words.
    pub fn pre_tokenizer(&self) -> Option<&PreTokenizer> {
        self.pre_tokenizer.as_ref()
    }

    /// What makes ids of words.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// What stands around a text.
    pub fn post_processor(&self) -> Option<&PostProcessor> {
        self.post_processor.as_ref()
    }

    /// What makes text of tokens.
    pub fn decoder_stage(&self) -> Option<&Decoder> {
        self.decoder.as_ref()
    }

    /// Tokens outside the model, in the order of their ids.
    pub fn added_tokens(&self) -> impl Iterator<Item = &AddedToken> {
        self.added.iter()
    }

    /// How long an encoding may become.
    pub fn truncation(&self) -> Option<&Truncation> {
        self.truncation.as_ref()
    }

    /// Truncates from now on, or no longer.
    pub fn set_truncation(&mut self, truncation: Option<Truncation>) {
        self.truncation = truncation;
    }

    /// What an encoding is filled up with.
    pub fn padding(&self) -> Option<&Padding> {
        self.padding.as_ref()
    }

    /// Pads from now on, or no longer.
    pub fn set_padding(&mut self, padding: Option<Padding>) {
        self.padding = padding;
    }
}
