//! A word's way to its ids: out of the cache of words, whole out of the vocabulary, or by merging;
//! and the same with the bytes that each token covers, by the letter, and by chance.

use stdx::Rng;

use super::merge::{Part, fast, heap, scan, scan_with_dropout};
use super::pieces::Either;
use super::{Bpe, Form, NO_ID, Span, Unknown};
use crate::Error;
use crate::key::Key;
use crate::pretokenize::fast::Fast;
use crate::token::Token;
use crate::word_cache::Owned;

/// What encoding needs on the way and may be used again, with one model or another.
#[derive(Clone, Debug, Default)]
pub struct Scratch {
    words: Owned,
    spans: Vec<Span>,
    ids: Vec<u32>,
}

impl Bpe {
    /// Appends the ids of `word`.
    #[inline]
    pub fn encode(
        &self,
        word: &str,
        scratch: &mut Scratch,
        ids: &mut Vec<u32>,
    ) -> Result<(), Error> {
        match &self.form {
            Form::Bytes(byte_ids) => self.encode_as_bytes(byte_ids, word, scratch, ids),
            _ => self.encode_text(word, scratch, ids),
        }
    }

    /// Appends the ids of all words that `split` finds in `text`.
    pub(crate) fn encode_words(
        &self,
        split: Fast,
        text: &str,
        scratch: &mut Scratch,
        ids: &mut Vec<u32>,
    ) -> Result<(), Error> {
        match &self.form {
            Form::Bytes(byte_ids) => {
                let whole = |key| self.wholes.short(key);
                let encode = |word: &str, ids: &mut Vec<u32>| {
                    // A short one was asked for just now.
                    let long = (!Key::holds(word.as_bytes())).then_some(word.as_bytes());
                    match long.and_then(|word| self.wholes.get(word)) {
                        Some(id) => ids.push(id),
                        None => self.merge_parts(byte_ids, word, ids)?,
                    }
                    Ok(())
                };
                scratch.words.of(self.owner).encode_text(split, text, ids, whole, encode)
            }
            _ => split.for_each_word(text, |word| self.encode_text(word, scratch, ids)),
        }
    }

    /// [`encode`](Self::encode) of bytes that need not be text, for a model on bytes.
    pub fn encode_bytes(
        &self,
        word: &[u8],
        scratch: &mut Scratch,
        ids: &mut Vec<u32>,
    ) -> Result<(), Error> {
        match (&self.form, std::str::from_utf8(word)) {
            (_, Ok(text)) => self.encode(text, scratch, ids),
            (Form::Bytes(byte_ids), _) => {
                match self.wholes.get(word) {
                    Some(id) => ids.push(id),
                    None => self.merge_bytes(byte_ids, word, ids)?,
                }
                Ok(())
            }
            (_, Err(error)) => Err(unknown_byte(word, error.valid_up_to())),
        }
    }

    #[inline]
    fn encode_as_bytes(
        &self,
        byte_ids: &[u32; 256],
        word: &str,
        scratch: &mut Scratch,
        ids: &mut Vec<u32>,
    ) -> Result<(), Error> {
        let encode = &mut |word: &str, ids: &mut _| self.merge_word(byte_ids, word, ids);
        scratch.words.of(self.owner).encode_word(word, ids, encode)
    }

    /// The ids of a word that is in no cache.
    fn merge_word(
        &self,
        byte_ids: &[u32; 256],
        word: &str,
        ids: &mut Vec<u32>,
    ) -> Result<(), Error> {
        match self.wholes.get(word.as_bytes()) {
            Some(id) => ids.push(id),
            None => self.merge_parts(byte_ids, word, ids)?,
        }
        Ok(())
    }

    /// The ids of a word that is no token.
    fn merge_parts(
        &self,
        byte_ids: &[u32; 256],
        word: &str,
        ids: &mut Vec<u32>,
    ) -> Result<(), Error> {
        let Some(folded) = &self.folded else {
            return self.merge_bytes(byte_ids, word.as_bytes(), ids);
        };
        check_length(word.len())?;
        let start = ids.len();
        folded.parts(byte_ids, word, ids);
        fast(&self.pairs, ids, start);
        Ok(())
    }

    /// The same of bytes that need not be text, and are no piece.
    fn merge_bytes(
        &self,
        byte_ids: &[u32; 256],
        word: &[u8],
        ids: &mut Vec<u32>,
    ) -> Result<(), Error> {
        let start = ids.len();
        self.byte_parts(byte_ids, word, ids)?;
        fast(&self.pairs, ids, start);
        Ok(())
    }

    /// Appends the symbols of bytes.
    fn byte_parts<P: Part>(
        &self,
        byte_ids: &[u32; 256],
        word: &[u8],
        parts: &mut Vec<P>,
    ) -> Result<(), Error> {
        check_length(word.len())?;
        let mut waiting: Option<(usize, usize)> = None;
        for (at, &byte) in word.iter().enumerate() {
            let id = byte_ids[usize::from(byte)];
            if id != NO_ID {
                if waiting.is_some() {
                    self.options.write_unknown(&mut waiting, parts);
                }
                parts.push(P::new(id, at, at + 1));
                continue;
            }
            if self.options.unknown == Unknown::Refuse {
                return Err(unknown_byte(word, at));
            }
            if !self.options.fuse_unk {
                self.options.write_unknown(&mut waiting, parts);
            }
            waiting = Some((waiting.map_or(at, |(start, _)| start), at + 1));
        }
        self.options.write_unknown(&mut waiting, parts);
        Ok(())
    }

    /// The id of a word that is taken whole.
    fn whole_text(&self, word: &str) -> Option<u32> {
        let takes_whole = self.options.ignore_merges && !matches!(self.form, Form::Pieces(_));
        let id = takes_whole.then(|| self.vocab.id(word.as_bytes())).flatten();
        id.filter(|id| !self.apart.contains(id))
    }

    fn encode_text(
        &self,
        word: &str,
        scratch: &mut Scratch,
        ids: &mut Vec<u32>,
    ) -> Result<(), Error> {
        check_length(word.len())?;
        if let Some(id) = self.whole_text(word) {
            ids.push(id);
            return Ok(());
        }
        let Scratch { words, spans, .. } = scratch;
        let words = words.of(self.owner);
        self.for_each_part(word, &mut |part| match part {
            Either::Token(span) => {
                ids.push(span.id);
                Ok(())
            }
            Either::Run(_, text) => {
                words.encode_word(text, ids, &mut |text, ids| self.merge_part(text, spans, ids))
            }
        })
    }

    /// Calls `each` with the parts of a text that are merged each for itself.
    fn for_each_part(
        &self,
        word: &str,
        each: &mut dyn FnMut(Either<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        match &self.form {
            Form::Pieces(pieces) => pieces.for_each_run(word, &mut |either| match either {
                Either::Run(start, run) => {
                    pieces.cut(run).try_for_each(|(at, part)| each(Either::Run(start + at, part)))
                }
                token @ Either::Token(_) => each(token),
            }),
            Form::Characters(characters, Some(joints)) => joints
                .cut(word, |character| characters.knows(character))
                .try_for_each(|(start, part)| each(Either::Run(start, part))),
            _ if word.is_empty() => Ok(()),
            _ => each(Either::Run(0, word)),
        }
    }

    /// The ids of a part that is in no cache.
    fn merge_part(
        &self,
        text: &str,
        spans: &mut Vec<Span>,
        ids: &mut Vec<u32>,
    ) -> Result<(), Error> {
        let start = ids.len();
        match &self.form {
            Form::Pieces(pieces) => {
                spans.clear();
                pieces.parts(text, spans);
                fast(&self.pairs, spans, 0);
                pieces.write(text, spans, &self.options, &mut |span| ids.push(span.id))?;
            }
            Form::Characters(characters, _) => {
                characters.parts(text, &self.options, ids)?;
                fast(&self.pairs, ids, start);
            }
            Form::Bytes(byte_ids) => self.merge_word(byte_ids, text, ids)?,
        }
        Ok(())
    }

    /// Appends the tokens of `word` with the bytes that each covers. These are true where Hugging
    /// Face's, which add lengths up, are not: behind characters that were left out, and where
    /// bytes overtake an unknown token.
    pub fn tokens(
        &self,
        word: &str,
        scratch: &mut Scratch,
        out: &mut Vec<Token>,
    ) -> Result<(), Error> {
        check_length(word.len())?;
        let whole = match &self.form {
            Form::Bytes(byte_ids) if self.adds_up => {
                return self.byte_tokens(byte_ids, word, scratch, out);
            }
            Form::Bytes(_) => self.wholes.get(word.as_bytes()),
            _ => self.whole_text(word),
        };
        if let Some(id) = whole {
            out.push(Span::new(id, 0, word.len()));
            return Ok(());
        }
        let merge = |spans: &mut Vec<Span>| fast(&self.pairs, spans, 0);
        self.for_each_part(word, &mut |part| match part {
            Either::Token(span) => {
                out.push(span);
                Ok(())
            }
            Either::Run(start, text) => {
                let start = start as u32;
                self.write_run(text, &mut scratch.spans, merge, &mut |span| {
                    out.push(Span { start: start + span.start, end: start + span.end, ..span });
                })
            }
        })
    }

    /// The tokens of a word that is their bytes: ids as fast as they come, then their lengths.
    fn byte_tokens(
        &self,
        byte_ids: &[u32; 256],
        word: &str,
        scratch: &mut Scratch,
        out: &mut Vec<Token>,
    ) -> Result<(), Error> {
        let mut ids = std::mem::take(&mut scratch.ids);
        ids.clear();
        let encoded = self.encode_as_bytes(byte_ids, word, scratch, &mut ids);
        let mut start = 0;
        for &id in ids.iter().filter(|_| encoded.is_ok()) {
            let end = start + self.vocab.get(id).map_or(0, <[u8]>::len);
            out.push(Span::new(id, start, end));
            start = end;
        }
        scratch.ids = ids;
        encoded
    }

    /// Calls `each` with the tokens of a run that `merge` merges.
    fn write_run(
        &self,
        text: &str,
        spans: &mut Vec<Span>,
        merge: impl FnOnce(&mut Vec<Span>),
        each: &mut impl FnMut(Span),
    ) -> Result<(), Error> {
        spans.clear();
        match &self.form {
            Form::Pieces(pieces) => {
                pieces.parts(text, spans);
                merge(spans);
                return pieces.write(text, spans, &self.options, each);
            }
            Form::Characters(characters, _) => characters.parts(text, &self.options, spans)?,
            Form::Bytes(byte_ids) => self.byte_parts(byte_ids, text.as_bytes(), spans)?,
        }
        merge(spans);
        spans.iter().for_each(|&span| each(span));
        Ok(())
    }

    /// [`tokens`](Self::tokens) as the definition says it, one merge at a time, in time quadratic
    /// in the word: what the fast ways are held against.
    pub fn encode_plainly(&self, word: &str, out: &mut Vec<Token>) -> Result<(), Error> {
        self.by_the_letter(word, out, |spans| scan(&self.pairs, spans, 0))
    }

    /// Appends the ids of one way to cut `word` by chance: at each step each possible merge is
    /// passed over with probability `dropout` (BPE-dropout, Provilkov et al. 2020).
    pub fn sample(
        &self,
        word: &str,
        dropout: f64,
        rng: &mut Rng,
        out: &mut Vec<Token>,
    ) -> Result<(), Error> {
        let mut drops = chance(dropout, rng)?;
        self.by_the_letter(word, out, |spans| heap(&self.pairs, spans, 0, &mut drops))
    }

    /// [`sample`](Self::sample) as the definition says it.
    pub fn sample_plainly(
        &self,
        word: &str,
        dropout: f64,
        rng: &mut Rng,
        out: &mut Vec<Token>,
    ) -> Result<(), Error> {
        let mut drops = chance(dropout, rng)?;
        let merge = |spans: &mut _| scan_with_dropout(&self.pairs, spans, 0, &mut drops);
        self.by_the_letter(word, out, merge)
    }

    /// The tokens of a word that was not cut and is in no cache.
    fn by_the_letter(
        &self,
        word: &str,
        out: &mut Vec<Token>,
        mut merge: impl FnMut(&mut Vec<Span>),
    ) -> Result<(), Error> {
        check_length(word.len())?;
        let is_text = !matches!(self.form, Form::Pieces(_));
        if is_text
            && self.options.ignore_merges
            && let Some(id) = self.vocab.id(word.as_bytes())
            && !self.apart.contains(&id)
        {
            out.push(Span::new(id, 0, word.len()));
            return Ok(());
        }
        let mut spans = vec![];
        let mut run = |start: usize, text: &str, out: &mut Vec<Token>| {
            let start = start as u32;
            self.write_run(text, &mut spans, &mut merge, &mut |span| {
                out.push(Span { start: start + span.start, end: start + span.end, ..span });
            })
        };
        match &self.form {
            Form::Pieces(pieces) => pieces.for_each_run(word, &mut |either| match either {
                Either::Run(start, text) => run(start, text, out),
                Either::Token(span) => {
                    out.push(span);
                    Ok(())
                }
            }),
            _ => run(0, word, out),
        }
    }
}

fn chance(dropout: f64, rng: &mut Rng) -> Result<impl FnMut() -> bool, Error> {
    if !(0.0..=1.0).contains(&dropout) {
        let (name, got, expected) = ("dropout", dropout.to_string(), "a number from 0 to 1");
        return Err(Error::BadOption { name, got, expected });
    }
    Ok(move || rng.chance(dropout))
}

/// Places in a word are 32 bits.
fn check_length(got: usize) -> Result<(), Error> {
    let most = i32::MAX as usize;
    if got > most { Err(Error::TextTooLong { got, most }) } else { Ok(()) }
}

fn unknown_byte(word: &[u8], at: usize) -> Error {
    let text = String::from_utf8_lossy(word);
    let place = text.floor_char_boundary(at.min(text.len().saturating_sub(1)));
    let character = match std::str::from_utf8(word) {
        Ok(_) => text[place..].chars().next(),
        Err(_) => None,
    };
    let character = character.unwrap_or(char::REPLACEMENT_CHARACTER);
    Error::UnknownCharacter { character, byte: word[at] }
}
