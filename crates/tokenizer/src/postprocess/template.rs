//! `TemplateProcessing`: a list says what stands where, for one text and for two.

use std::collections::BTreeMap;

use crate::Error;
use crate::encoding::Encoding;

/// The most pieces of a template, and the most tokens of one special token.
pub(super) const MAX_PIECES: usize = 64;

/// One place of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// A text.
    Sequence {
        /// Whether it is the second of two.
        second: bool,
        /// The type that its tokens get.
        type_id: u32,
    },
    /// A special token, by its name in the template's list.
    SpecialToken {
        /// The name.
        id: String,
        /// The type that it gets.
        type_id: u32,
    },
}

/// One or more tokens under one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpecialToken {
    /// The name.
    pub id: String,
    /// The ids.
    pub ids: Vec<u32>,
    /// The tokens; as many.
    pub tokens: Vec<String>,
}

/// What stands where.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TemplateProcessing {
    single: Vec<Piece>,
    pair: Vec<Piece>,
    special_tokens: BTreeMap<String, SpecialToken>,
}

impl TemplateProcessing {
    /// Templates for one text and for two, and the special tokens that they name. Nothing about
    /// them is trusted.
    pub fn new(
        single: Vec<Piece>,
        pair: Vec<Piece>,
        special_tokens: Vec<SpecialToken>,
    ) -> Result<Self, Error> {
        let inconsistent = |detail| Err(Error::Inconsistent { detail });
        for token in &special_tokens {
            if token.ids.len() != token.tokens.len() {
                let (id, n, m) = (&token.id, token.ids.len(), token.tokens.len());
                return inconsistent(format!("post_processor: {id:?} has {n} ids and {m} tokens"));
            }
        }
        let longest = special_tokens.iter().map(|token| token.ids.len()).max().unwrap_or(0);
        let got = single.len().max(pair.len()).max(longest);
        if got > MAX_PIECES {
            let (got, most) = (got as u64, MAX_PIECES as u64);
            return Err(Error::TooLarge { what: "post_processor (in pieces)", got, most });
        }
        let special_tokens: BTreeMap<_, _> =
            special_tokens.into_iter().map(|token| (token.id.clone(), token)).collect();
        for piece in single.iter().chain(&pair) {
            if let Piece::SpecialToken { id, .. } = piece
                && !special_tokens.contains_key(id)
            {
                let detail = format!("post_processor: a template names {id:?}, no special token");
                return inconsistent(detail);
            }
        }
        if single.iter().any(|piece| matches!(piece, Piece::Sequence { second: true, .. })) {
            let detail = "post_processor: the template for one text has a second one".to_owned();
            return inconsistent(detail);
        }
        Ok(Self { single, pair, special_tokens })
    }

    /// The template for one text.
    pub fn single(&self) -> &[Piece] {
        &self.single
    }

    /// The template for two.
    pub fn pair(&self) -> &[Piece] {
        &self.pair
    }

    /// The special tokens that they name.
    pub fn special_tokens(&self) -> impl Iterator<Item = &SpecialToken> {
        self.special_tokens.values()
    }

    fn template(&self, is_pair: bool) -> &[Piece] {
        if is_pair { &self.pair } else { &self.single }
    }

    pub(super) fn added_tokens(&self, is_pair: bool) -> usize {
        let len = |piece: &Piece| match piece {
            Piece::Sequence { .. } => 0,
            Piece::SpecialToken { id, .. } => self.special_tokens[id].ids.len(),
        };
        self.template(is_pair).iter().map(len).sum()
    }

    pub(super) fn run(
        &self,
        mut texts: Vec<Encoding>,
        add_special_tokens: bool,
    ) -> Result<Vec<Encoding>, Error> {
        if texts.len() > 2 {
            let (name, got) = ("post_processor", format!("a stage that is given {}", texts.len()));
            let expected = "one or two texts: nothing may follow a template in a sequence";
            return Err(Error::BadOption { name, got, expected });
        }
        let mut parts = vec![];
        for piece in self.template(texts.len() == 2) {
            match piece {
                Piece::Sequence { second, type_id } => {
                    let number = usize::from(*second);
                    let Some(text) = texts.get_mut(number) else {
                        let (name, got) = ("post_processor", "a stage without a text".to_owned());
                        let expected = "at least one text: nothing may empty it before a template";
                        return Err(Error::BadOption { name, got, expected });
                    };
                    text.set_type(*type_id);
                    text.set_sequence(number);
                    parts.push(text.clone());
                }
                Piece::SpecialToken { id, type_id } if add_special_tokens => {
                    let token = &self.special_tokens[id];
                    let tokens = token.ids.iter().copied().zip(token.tokens.iter().cloned());
                    parts.push(Encoding::of_special(&tokens.collect::<Vec<_>>(), *type_id));
                }
                Piece::SpecialToken { .. } => {}
            }
        }
        Ok(parts)
    }
}
