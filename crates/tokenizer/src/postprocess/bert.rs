//! What BERT and RoBERTa put around texts (Devlin et al. 2019; Liu et al. 2019).

use super::trim;
use crate::encoding::Encoding;

/// A token and its id, as files write them.
type Special = (String, u32);

/// `[CLS]` A `[SEP]`, and for two texts B `[SEP]` behind; B is of type 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BertProcessing {
    /// What ends a text.
    pub sep: Special,
    /// What begins all.
    pub cls: Special,
}

/// `<s>` A `</s>`, and for two texts `</s>` B `</s>` behind; all is of type 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RobertaProcessing {
    /// What ends a text.
    pub sep: Special,
    /// What begins all.
    pub cls: Special,
    /// Offsets without spaces.
    pub trim_offsets: bool,
    /// Whether a space was put in front.
    pub add_prefix_space: bool,
}

impl BertProcessing {
    pub(super) fn run(&self, texts: Vec<Encoding>, add_special_tokens: bool) -> Vec<Encoding> {
        if !add_special_tokens {
            return texts;
        }
        let (cls, sep) = (special(&self.cls, 0), special(&self.sep, 0));
        let (nothing, sep_1) = (Encoding::default(), special(&self.sep, 1));
        let mut number = 0..;
        let finish = |text| match number.next() {
            Some(0) => around(text, 0, (&cls, &sep)),
            _ => around(text, 1, (&nothing, &sep_1)),
        };
        texts.into_iter().map(finish).collect()
    }
}

impl RobertaProcessing {
    pub(super) fn run(&self, mut texts: Vec<Encoding>, add_special_tokens: bool) -> Vec<Encoding> {
        for text in &mut texts {
            if self.trim_offsets {
                trim::run(text, self.add_prefix_space);
            }
            text.set_type(0);
        }
        if !add_special_tokens {
            return texts;
        }
        let (cls, sep) = (special(&self.cls, 0), special(&self.sep, 0));
        let mut number = 0..;
        let finish = |mut text: Encoding| {
            text.overflowing.iter_mut().for_each(|part| part.set_type(0));
            match number.next() {
                Some(0) => around(text, 0, (&cls, &sep)),
                _ => around(text, 1, (&sep, &sep)),
            }
        };
        texts.into_iter().map(finish).collect()
    }
}

fn special((token, id): &Special, type_id: u32) -> Encoding {
    Encoding::of_special(&[(*id, token.clone())], type_id)
}

/// Text number `number`, and each part that overflowed of it, between two others.
fn around(mut text: Encoding, number: usize, (before, after): (&Encoding, &Encoding)) -> Encoding {
    let parts = std::mem::take(&mut text.overflowing);
    let (start, end) = (before.len(), before.len() + text.len());
    // As with Hugging Face, all tokens of the text are ordinary now, whatever they were before.
    text.special_tokens_mask.fill(0);
    text.attention_mask.fill(1);
    text.sequences.clear();
    let mut whole = before.clone();
    whole.append_tokens(&text);
    whole.append_tokens(after);
    whole.sequences.insert(number, start..end);
    whole.overflowing =
        parts.into_iter().map(|part| around(part, number, (before, after))).collect();
    whole
}
