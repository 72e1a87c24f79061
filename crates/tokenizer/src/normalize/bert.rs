//! What BERT does before it cuts words (Devlin et al. 2019; Hugging Face's `BertNormalizer`):
//! clean, set spaces around ideographs, take accents away, lower the case, in this order.
//!
//! The categories are those of Hugging Face's tables, which are from Unicode 8: a newer format
//! character stays, a newer mark is no accent.

use super::aligned::Work;
use super::draft::Draft;
use super::{Form, accents, lowercase, tables};
use crate::Error;

/// The switches of BERT's normalizer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bert {
    /// Leave out control characters, U+FFFD and U+0000, and make every white space a space.
    pub clean_text: bool,
    /// Spaces around every Chinese character.
    pub handle_chinese_chars: bool,
    /// Take accents away; what `lowercase` says if it is `None`.
    pub strip_accents: Option<bool>,
    /// Lower the case.
    pub lowercase: bool,
}

impl Default for Bert {
    fn default() -> Self {
        Self { clean_text: true, handle_chinese_chars: true, strip_accents: None, lowercase: true }
    }
}

impl Bert {
    pub(super) fn run(self, work: &mut Work<'_>) -> Result<(), Error> {
        if self.clean_text {
            work.apply(clean)?;
        }
        if self.handle_chinese_chars {
            work.apply(space_ideographs)?;
        }
        if self.strip_accents.unwrap_or(self.lowercase) {
            work.apply(|draft| Form::Nfd.run(draft))?;
            work.apply(|draft| accents::drop_all(draft, tables::NONSPACING))?;
        }
        if self.lowercase {
            work.apply(lowercase::run)?;
        }
        Ok(())
    }
}

fn clean(draft: &mut Draft<'_>) {
    draft.each(
        |byte| matches!(byte, b' '..=b'~'),
        |draft, c| match c {
            '\t' | '\n' | '\r' => draft.put(" ", 1),
            _ if tables::contains(tables::OTHER, c) => draft.skip(c.len_utf8()),
            _ if c.is_whitespace() => draft.put(" ", c.len_utf8()),
            _ => draft.keep(c.len_utf8()),
        },
    );
}

fn space_ideographs(draft: &mut Draft<'_>) {
    let mut spaced = String::new();
    draft.each(
        |_| true,
        |draft, c| {
            if !is_ideograph(c) {
                return draft.keep(c.len_utf8());
            }
            spaced.clear();
            spaced.extend([' ', c, ' ']);
            draft.put(&spaced, c.len_utf8());
        },
    );
}

/// The blocks of Chinese characters. The fifth begins at U+2B920 with Hugging Face, where BERT's
/// own list has U+2B820.
fn is_ideograph(c: char) -> bool {
    matches!(
        u32::from(c),
        0x4E00..=0x9FFF
            | 0x3400..=0x4DBF
            | 0x20000..=0x2A6DF
            | 0x2A700..=0x2B73F
            | 0x2B740..=0x2B81F
            | 0x2B920..=0x2CEAF
            | 0xF900..=0xFAFF
            | 0x2F800..=0x2FA1F
    )
}
