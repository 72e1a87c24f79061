//! How a conversation is written with a tokenizer that came with a model, and which ids end an answer.
//!
//! The first of these that will do: the model's own template, our own where the tokenizer has our
//! special tokens, else [`PLAIN_TEMPLATE`], for which it needs no more than a token that ends a text.
//! A template will do if it can be told what of its text is learnt, and if an answer ends in a token of
//! its own: without one, no model would know when to stop.

use std::path::Path;

use chat::{
    COMPLETION_TEMPLATE, Conversation, DEFAULT_TEMPLATE, LocalOptions, Message, PLAIN_TEMPLATE,
    Role, Template, TokenizerConfig, guard, special,
};
use tokenizer::Tokenizer;

use crate::load::ids_at;
use crate::{Error, Recipe};

/// The form of a model's conversations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// Template and special tokens.
    pub config: TokenizerConfig,
    /// Ids that end an answer, the end of a text first.
    pub endings: Vec<u32>,
    /// Which template it is, and why no better one.
    pub note: String,
}

/// An answer to look for in the text of a template.
const ANSWER: &str = "Ada is at the mill.";

/// The form that goes with what the recipe teaches.
///
/// # Errors
/// [`Error::Adopt`] if there is none.
pub fn choose(
    recipe: &Recipe,
    folder: &Path,
    tokenizer: &Tokenizer,
    options: &LocalOptions,
) -> Result<Form, Error> {
    let token = |name: &Option<String>, key| match name {
        Some(name) if tokenizer.special(name).is_some() => Ok(Some(name.clone())),
        _ => named_in_configs(folder, tokenizer, key),
    };
    let bos_token = token(&options.config.bos_token, "bos_token_id")?;
    let end_of_text = tokenizer.special(special::END_OF_TEXT).map(|_| special::END_OF_TEXT);
    let eos_token = token(&options.config.eos_token, "eos_token_id")?
        .or_else(|| end_of_text.map(str::to_string));
    let bare = TokenizerConfig { bos_token, eos_token, ..TokenizerConfig::default() };
    let own = options.config.chat_template.as_deref().filter(|own| *own != COMPLETION_TEMPLATE);
    let all = [("its own", own), ("ours", ours(tokenizer)), ("plain words", Some(PLAIN_TEMPLATE))];
    // A model that only reads keeps what it has.
    let considered = if recipe.life { &all[..] } else { &all[..1] };
    let mut passed_over = String::new();
    let given = considered.iter().filter_map(|(name, source)| Some((name, (*source)?)));
    for (name, source) in given {
        let config = TokenizerConfig { chat_template: Some(source.to_string()), ..bare.clone() };
        match last_of_an_answer(&config, source, tokenizer, recipe.is_examined()) {
            Ok(end) => {
                let note = format!("chat template: {name}{passed_over}");
                let endings = endings(tokenizer, options, &bare, Some(end));
                return Ok(Form { config, endings, note });
            }
            Err(why) => passed_over += &format!(" (not {name}: {why})"),
        }
    }
    if recipe.life {
        let reason = "its tokenizer has no token that ends a text, so that no answer would end; name \
                      one of its special tokens as eos_token in tokenizer_config.json";
        return Err(Error::Adopt { folder: folder.to_path_buf(), reason: reason.to_string() });
    }
    let endings = endings(tokenizer, options, &bare, None);
    let chat_template = Some(COMPLETION_TEMPLATE.to_string());
    let config = TokenizerConfig { chat_template, ..bare };
    Ok(Form { config, endings, note: format!("chat template: none{passed_over}") })
}

/// Our own template, where a tokenizer has its tokens.
fn ours(tokenizer: &Tokenizer) -> Option<&'static str> {
    let has_all = special::ALL.iter().all(|name| tokenizer.special(name).is_some());
    has_all.then_some(DEFAULT_TEMPLATE)
}

/// The special token whose id the model's configs have at `key`, the first if there are several.
fn named_in_configs(
    folder: &Path,
    tokenizer: &Tokenizer,
    key: &str,
) -> Result<Option<String>, Error> {
    for file in ["generation_config.json", "config.json"] {
        let ids = ids_at(folder, file, key)?;
        let token = ids.into_iter().find_map(|id| {
            let (name, _) = tokenizer.specials().find(|(_, special)| *special == id)?;
            Some(name.to_string())
        });
        if token.is_some() {
            return Ok(token);
        }
    }
    Ok(None)
}

/// The id that ends an answer, or why the template will not do.
fn last_of_an_answer(
    config: &TokenizerConfig,
    source: &str,
    tokenizer: &Tokenizer,
    is_for_lessons: bool,
) -> Result<u32, String> {
    let template = Template::new(source).map_err(|e| e.to_string())?.beside(config);
    let mut end = None;
    for messages in talks(is_for_lessons) {
        let pieces = template.pieces(&Conversation::whole(&messages)).map_err(|e| e.to_string())?;
        let answers: Vec<&str> =
            pieces.iter().filter(|piece| piece.learn).map(|piece| piece.text.as_str()).collect();
        let n_answers = messages.iter().filter(|m| m.role == Role::Assistant).count();
        if answers.len() != n_answers || !answers.iter().all(|text| text.contains(ANSWER)) {
            return Err("it does not say which of its text is an answer".to_string());
        }
        for answer in answers {
            let ids = guard::encode(tokenizer, answer).map_err(|e| e.to_string())?;
            end = ids.last().copied().filter(|&id| tokenizer.is_special(id));
            if end.is_none() {
                return Err("its answers end in no special token".to_string());
            }
        }
    }
    end.ok_or_else(|| "it writes no answers".to_string())
}

/// Conversations as they will be taught; the village's lessons have rules and tools.
fn talks(is_for_lessons: bool) -> Vec<Vec<Message>> {
    let user = || Message::new(Role::User, "Where is Ada?");
    let answer = || Message::new(Role::Assistant, ANSWER);
    let mut talks = vec![vec![user(), answer()], vec![user(), answer(), user(), answer()]];
    if is_for_lessons {
        talks.push(vec![Message::new(Role::System, "Be brief."), user(), answer()]);
        let tool = Message::new(Role::Tool, "3");
        talks.push(vec![user(), answer(), tool, answer()]);
    }
    talks
}

/// Ids that end an answer: the end of a text, that of a turn, and what the model ended with before.
fn endings(
    tokenizer: &Tokenizer,
    options: &LocalOptions,
    config: &TokenizerConfig,
    turn: Option<u32>,
) -> Vec<u32> {
    let eos = config.eos_token.as_deref().and_then(|name| tokenizer.special(name));
    let mut ids: Vec<u32> = Vec::new();
    for id in eos.into_iter().chain(turn).chain(options.stop_tokens.iter().copied()) {
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    ids
}
