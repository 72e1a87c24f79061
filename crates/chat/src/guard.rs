//! Nobody can write a special token: where a message spells one, it is encoded as plain text, when
//! a model is asked and when it is taught.
//!
//! The text is cut within it by a mark that no text contains, which templates carry along, and the
//! pieces are encoded one by one.

use tokenizer::Tokenizer;

use crate::{Error, Message};

/// A code point that Unicode keeps out of all texts.
const SEAM: char = '\u{fdd0}';
/// No special token is longer, in characters.
const LONGEST_SPECIAL: usize = 64;

/// The message with a seam in each special token that it spells.
///
/// # Errors
/// [`Error::Part`], [`Error::Tokenizer`].
pub fn guard(tokenizer: &Tokenizer, message: &Message) -> Result<Message, Error> {
    let text = message.text()?.replace(SEAM, "");
    let ids = tokenizer.encode_with_special(&text)?;
    if !ids.iter().any(|&id| tokenizer.is_special(id)) {
        return Ok(Message::new(message.role, text));
    }
    let mut guarded = String::with_capacity(text.len() + 8);
    for (at, c) in text.char_indices() {
        guarded.push(c);
        if spells_special(tokenizer, &text[at..]) {
            guarded.push(SEAM);
        }
    }
    Ok(Message::new(message.role, guarded))
}

/// The ids of what a template made of guarded messages: its own special tokens are such, and the
/// seams are gone.
///
/// # Errors
/// [`Error::Tokenizer`].
pub fn encode(tokenizer: &Tokenizer, text: &str) -> Result<Vec<u32>, Error> {
    let mut ids = Vec::new();
    for piece in text.split(SEAM).filter(|piece| !piece.is_empty()) {
        ids.extend(tokenizer.encode_with_special(piece)?);
    }
    Ok(ids)
}

/// Whether `text` begins with a special token.
fn spells_special(tokenizer: &Tokenizer, text: &str) -> bool {
    let ends = text.char_indices().map(|(at, c)| at + c.len_utf8()).take(LONGEST_SPECIAL);
    ends.into_iter().any(|end| tokenizer.special(&text[..end]).is_some())
}
