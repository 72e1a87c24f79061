//! A smaller model that proposes for a larger one: both must mean the same by every id, which only those
//! can check who know text.

use arch::Decoder;
use generate::DraftModel;
use tokenizer::Tokenizer;

use crate::Error;

/// A draft with its tokenizer, for a model with another.
///
/// # Errors
/// [`Error::DraftTokenizer`] unless the tokenizers have the same tokens; [`Error::Generate`] if the draft
/// itself knows fewer.
pub fn draft<D: Decoder>(
    draft: D,
    of_draft: &Tokenizer,
    of_model: &Tokenizer,
) -> Result<DraftModel<D>, Error> {
    let n_tokens = of_model.vocab_size();
    let ids = 0..n_tokens.max(of_draft.vocab_size()) as u32;
    for id in ids {
        let (draft, model) = (of_draft.token(id), of_model.token(id));
        if draft != model {
            let name = |token: Option<std::borrow::Cow<'_, str>>| match token {
                Some(token) => format!("{token:?}"),
                None => "nothing".to_string(),
            };
            return Err(Error::DraftTokenizer { id, draft: name(draft), model: name(model) });
        }
    }
    Ok(DraftModel::new(draft, n_tokens)?)
}
