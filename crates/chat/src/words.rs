//! What a model's words are: its tokenizer, its template, the tokens that end an answer. Everything
//! between a conversation and ids, and back, that no decoder is needed for.

pub(crate) mod prompt;

use std::sync::OnceLock;

use arch::Spec;
use generate::Known;
use tokenizer::Tokenizer;

use crate::{
    COMPLETION_TEMPLATE, DEFAULT_TEMPLATE, Error, Grammar, GrammarConstraint, LocalOptions,
    Template, Vocabulary, special,
};

/// A tokenizer and a template that belong to one model.
pub(crate) struct Words {
    pub(crate) tokenizer: Tokenizer,
    pub(crate) template: Template,
    pub(crate) options: LocalOptions,
    pub(crate) stop_tokens: Vec<u32>,
    /// Rows of the model's output matrix, some of which may be no tokens.
    rows: usize,
    /// Made when the first grammar asks for it.
    vocabulary: OnceLock<Vocabulary>,
    pub(crate) context: usize,
}

impl Words {
    /// Of a model of this spec.
    ///
    /// # Errors
    /// [`Error::TemplateSource`]; [`Error::Vocabulary`] if the tokenizer is of another model.
    pub(crate) fn new(
        spec: &Spec,
        tokenizer: Tokenizer,
        options: LocalOptions,
    ) -> Result<Self, Error> {
        let (rows, ids) = (spec.vocab_size, tokenizer.vocab_size());
        if ids > rows {
            return Err(Error::Vocabulary { tokenizer: ids, model: rows });
        }
        let source = options.config.chat_template.as_deref();
        let template = Template::new(source.unwrap_or_else(|| form_of(&tokenizer)))?;
        let stop_tokens = stop_tokens(&tokenizer, &options);
        let (vocabulary, context) = (OnceLock::new(), spec.context);
        Ok(Self { tokenizer, template, options, stop_tokens, rows, vocabulary, context })
    }

    /// What holds an answer to a form.
    pub(crate) fn constraint(&self, grammar: &Grammar) -> Result<GrammarConstraint, Error> {
        let vocabulary = match self.vocabulary.get() {
            Some(vocabulary) => vocabulary,
            None => {
                let new = Vocabulary::new(&self.tokenizer, &self.stop_tokens)?;
                self.vocabulary.get_or_init(|| new)
            }
        };
        grammar.constraint(vocabulary)
    }

    /// What forbids rows that are no tokens; a grammar knows only tokens itself.
    pub(crate) fn known(&self) -> Option<Known> {
        Known::of(self.tokenizer.vocab_size(), self.rows)
    }
}

/// The form that this tokenizer was made for.
fn form_of(tokenizer: &Tokenizer) -> &'static str {
    let turns = [special::USER, special::ASSISTANT, special::END];
    if turns.iter().all(|token| tokenizer.special(token).is_some()) {
        DEFAULT_TEMPLATE
    } else {
        COMPLETION_TEMPLATE
    }
}

/// The one that the tokenizer's configuration names comes first, as others ask for the one that ends a text.
fn stop_tokens(tokenizer: &Tokenizer, options: &LocalOptions) -> Vec<u32> {
    let eos = options.config.eos_token.as_deref().and_then(|name| tokenizer.special(name));
    let named = [special::END, special::END_OF_TEXT];
    let named = named.into_iter().filter_map(|name| tokenizer.special(name));
    let mut others: Vec<u32> = named.chain(options.stop_tokens.iter().copied()).collect();
    others.retain(|token| Some(*token) != eos);
    others.sort_unstable();
    others.dedup();
    eos.into_iter().chain(others).collect()
}
