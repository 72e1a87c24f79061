//! Text chunk by chunk, for tokenizers that normalize and then cut at spaces, as those of BERT and
//! T5 do: most chunks of a text are words that were seen, and their ids are in a cache, so that
//! they need not be normalized, cut and looked up again.
//!
//! What a chunk is, [`Chunks`] says. Going through all stages chunk by chunk gives the ids of the
//! whole where each stage looks at no more than what lies between two spaces; [`allowed`] says of
//! which stages that is known. The tests hold it against the way through the whole text.

use super::Tokenizer;
use super::walk::{Ids, Mode, PART, gather};
use crate::Error;
use crate::normalize::{MOST_GROWTH, Normalizer, Pattern, Strip};
use crate::pretokenize::fast::{Chunks, Fast};
use crate::pretokenize::{Change, Cut, PrependScheme, Step};

/// The most that all stages together may make of a text, in bytes a byte: as much as
/// [`MOST_GROWTH`] allows any text, so that neither a text nor a chunk of it is refused for that.
const MOST: f64 = MOST_GROWTH as f64;

/// Whether a text's ids are those of its chunks.
pub(super) fn allowed(normalizer: Option<&Normalizer>, steps: &[Step]) -> bool {
    let asks_for_start = |step: &Step| match step {
        Step::Change(Change::Mark(stage)) => stage.prepend_scheme == PrependScheme::First,
        _ => false,
    };
    let cuts_at_spaces = match steps {
        [Step::Cut(Cut::Whitespace | Cut::WhitespaceSplit | Cut::Bert), ..] => true,
        [Step::Change(Change::Mark(mark)), Step::Cut(Cut::Mark(cut)), ..] => {
            *cut == mark.replacement
        }
        _ => false,
    };
    cuts_at_spaces
        && !steps.iter().any(asks_for_start)
        && normalizer.is_none_or(|stage| are_local(&flat(stage)))
}

/// The stages of a sequence, one after the other.
fn flat(stage: &Normalizer) -> Vec<&Normalizer> {
    match stage {
        Normalizer::Sequence(stages) => stages.iter().flat_map(flat).collect(),
        stage => vec![stage],
    }
}

/// Whether stages do with a chunk what they do with it inside a text.
fn are_local(stages: &[&Normalizer]) -> bool {
    // A map goes by clusters, and only of the text itself is it known which there are at a border.
    let maps_later = stages.iter().skip(1).any(|s| matches!(s, Normalizer::Precompiled(_)));
    let growth: f64 = stages.iter().map(|stage| growth(stage)).product();
    !maps_later && growth <= MOST && stages.iter().all(|stage| is_local(stage) && keeps(stage))
}

fn is_local(stage: &Normalizer) -> bool {
    match stage {
        Normalizer::Form(_)
        | Normalizer::Lowercase
        | Normalizer::StripAccents
        | Normalizer::Bert(_)
        | Normalizer::Nmt
        | Normalizer::Precompiled(_) => true,
        // A chunk begins with a space, and ends with none.
        Normalizer::Strip(Strip { left, right: _ }) => !left,
        // What is replaced must not lie on both sides of a border.
        Normalizer::Replace(replace) => match replace.pattern() {
            Pattern::Text(text) => text.chars().count() == 1,
            Pattern::Regex(source) => source == SPACES,
        },
        Normalizer::Sequence(_)
        | Normalizer::Prepend(_)
        | Normalizer::ByteLevel
        | Normalizer::SentencePiece(_) => false,
    }
}

/// A pattern that borders, which are single spaces, have nothing to do with.
const SPACES: &str = " {2,}";

/// The most bytes that a stage makes of one.
fn growth(stage: &Normalizer) -> f64 {
    match stage {
        Normalizer::Form(_) => 11.0, // U+FDFA in NFKC.
        Normalizer::Lowercase => 1.5,
        Normalizer::Bert(_) => 4.5, // Accents apart (3.0), then small letters.
        Normalizer::StripAccents | Normalizer::Strip(_) | Normalizer::Nmt => 1.0,
        Normalizer::Precompiled(map) => map.longest_replacement() as f64,
        Normalizer::Replace(replace) => {
            let least = match replace.pattern() {
                Pattern::Text(text) => text.len(),
                Pattern::Regex(_) => 2,
            };
            (replace.content().len() as f64 / least.max(1) as f64).max(1.0)
        }
        Normalizer::Sequence(_)
        | Normalizer::Prepend(_)
        | Normalizer::ByteLevel
        | Normalizer::SentencePiece(_) => f64::INFINITY,
    }
}

/// Whether a border stays one: visible ASCII, a single space, visible ASCII.
fn keeps(stage: &Normalizer) -> bool {
    (b'!'..=b'~').all(|byte| {
        let text = [byte, b' ', byte].map(char::from).iter().collect::<String>();
        let kept = stage.normalize(&text);
        kept.is_ok_and(|kept| match *kept.as_bytes() {
            [one, b' ', other] => one.is_ascii_graphic() && other.is_ascii_graphic(),
            _ => false,
        })
    })
}

impl Tokenizer {
    /// Appends the ids of text without added tokens, on all threads if it is long.
    pub(super) fn encode_chunks(&self, text: &str, ids: &mut Vec<u32>) -> Result<(), Error> {
        if text.len() < 2 * PART || rayon::current_num_threads() == 1 {
            return self.encode_chunks_here(text, ids);
        }
        let parts = Chunks::parts(text, PART);
        gather(&parts, |part, ids| self.encode_chunks_here(part, ids), ids)
    }

    fn encode_chunks_here(&self, text: &str, ids: &mut Vec<u32>) -> Result<(), Error> {
        let mode = Mode::ids(self);
        let scratch = &mut *self.scratches.borrow();
        let mut chunks = scratch.chunks.take().unwrap_or_default();
        let done = chunks.encode_text(
            Fast::Chunks(Chunks),
            text,
            ids,
            |_| None,
            |chunk, ids| {
                self.walk(chunk, mode, &mut Ids { model: &self.model, scratch: &mut *scratch, ids })
            },
        );
        scratch.chunks = Some(chunks);
        done
    }
}

#[cfg(test)]
mod tests;
