//! Sentences about the village, each with its true dependency tree.
//!
//! A [`Treebank`] draws what to say (`grammar`) from a fixed stock of words ([`words`]) and says it
//! in English (`english`), building the tree as it goes; so the annotation is exact, unlike that of
//! texts which were read and annotated later. It follows Universal Dependencies v2 (de Marneffe,
//! Manning, Nivre and Zeman, "Universal Dependencies", 2021) in the habits of the English Web
//! Treebank: its features, its tags of the Penn Treebank, its `obl:unmarked` and `obl:agent`, and
//! clitics as words of one surface token ("Mara's", "didn't").
//!
//! Covered: one, two and three participants; places, times and manners; possessors, compounds and
//! relative clauses; coordination of phrases, predicates and clauses; passives, negation, copulas,
//! comparison, existence, weather, questions, orders, and clauses with "because" or "when". All
//! trees are projective. Left out on purpose: quotation, ellipsis, modals beside "will", and
//! questions that strand a preposition, whose arcs may cross.
//!
//! Who is kin to whom, whose a pet is and who has which trade is true of the village of the same
//! seed; what is said to happen is not in any log.
//!
//! ```
//! use world::Treebank;
//! let sentence = Treebank::new(1).sentence(0);
//! assert_eq!(sentence, Treebank::new(1).sentence(0));
//! assert_eq!(sentence.tokens.iter().filter(|t| t.head == 0).count(), 1);
//! assert!(sentence.to_conllu().starts_with("# sent_id = village-1-0\n# text = "));
//! ```

pub(crate) mod english;
mod forms;
pub(crate) mod grammar;
pub mod inflect;
pub mod meaning;
mod tree;
pub mod words;

use std::borrow::Cow;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use stdx::Rng;

use crate::village::Village;
use english::English;
use grammar::Grammar;

/// Endless annotated sentences about one village, each addressable by its number.
#[derive(Debug, Clone)]
pub struct Treebank {
    seed: u64,
    grammar: Grammar,
}

/// A sentence with its tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sentence {
    /// "village-1-0": the seed and the number.
    pub id: String,
    /// The sentence as it is written.
    pub text: String,
    /// Its words in order; the word with number `n` is `tokens[n - 1]`.
    pub tokens: Vec<Token>,
}

/// A syntactic word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// As it is written here.
    pub form: Cow<'static, str>,
    /// As a dictionary has it.
    pub lemma: Cow<'static, str>,
    /// One of the 17 universal parts of speech.
    pub upos: Cow<'static, str>,
    /// The tag of the Penn Treebank.
    pub xpos: Cow<'static, str>,
    /// "Number=Sing|Person=3", in alphabetical order; empty if there are none.
    pub feats: Cow<'static, str>,
    /// The number of the head, counted from 1; 0 for the root.
    pub head: usize,
    /// The relation to the head.
    pub deprel: Cow<'static, str>,
    /// Whether a space follows, were the text to go on.
    pub space_after: bool,
}

impl Treebank {
    /// The sentences about the village of a seed.
    pub fn new(seed: u64) -> Self {
        Self::about(Village::new(seed), seed)
    }

    /// The sentences about a village that there is already.
    pub fn about(village: Village, seed: u64) -> Self {
        Self { seed, grammar: Grammar::new(village) }
    }

    /// The `i`-th sentence; independent of all others.
    pub fn sentence(&self, i: u64) -> Sentence {
        let mut rng = stream(self.seed, i, "treebank");
        let meaning = self.grammar.draw(Rng::new(rng.next_u64()));
        let tokens = English { variety: Some(rng) }.sentence(&meaning).tokens();
        let id = format!("village-{}-{i}", self.seed);
        Sentence { id, text: text(&tokens), tokens }
    }
}

/// The generator of the `i`-th item of its kind.
pub(crate) fn stream(seed: u64, i: u64, purpose: &str) -> Rng {
    let start = Rng::stream(seed, purpose).next_u64();
    Rng::new(start ^ i.wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

/// The words as they are written.
pub(crate) fn text(tokens: &[Token]) -> String {
    let bytes = tokens.iter().map(|token| token.form.len() + 1).sum();
    let mut text = String::with_capacity(bytes);
    for token in tokens {
        text.push_str(&token.form);
        if token.space_after {
            text.push(' ');
        }
    }
    text.truncate(text.trim_end().len());
    text
}

impl Sentence {
    /// The sentence in CoNLL-U: two comments, a line of ten columns a word, an empty line. A word
    /// and its clitic share a line of their own before them, as the format wants it.
    pub fn to_conllu(&self) -> String {
        let mut out = format!("# sent_id = {}\n# text = {}\n", self.id, self.text);
        for (i, token) in self.tokens.iter().enumerate() {
            let clitic = self.tokens.get(i + 1).filter(|t| t.is_clitic());
            if let Some(clitic) = clitic {
                let (form, end) = (&token.form, &clitic.form);
                let misc = space(clitic.space_after);
                let (from, to) = (i + 1, i + 2);
                // Writing to a String cannot fail.
                let _ = writeln!(out, "{from}-{to}\t{form}{end}\t_\t_\t_\t_\t_\t_\t_\t{misc}");
            }
            let inside = clitic.is_some() || token.is_clitic();
            let _ = writeln!(out, "{}", token.line(i + 1, inside));
        }
        out.push('\n');
        out
    }
}

impl Token {
    fn is_clitic(&self) -> bool {
        self.upos == "PART" && self.form.contains('\'')
    }

    /// The ten columns; a word `inside` a larger token leaves the space to that.
    fn line(&self, number: usize, inside: bool) -> String {
        let feats = if self.feats.is_empty() { "_" } else { &*self.feats };
        let misc = if inside { "_" } else { space(self.space_after) };
        let Self { form, lemma, upos, xpos, head, deprel, .. } = self;
        format!("{number}\t{form}\t{lemma}\t{upos}\t{xpos}\t{feats}\t{head}\t{deprel}\t_\t{misc}")
    }
}

fn space(after: bool) -> &'static str {
    if after { "_" } else { "SpaceAfter=No" }
}

#[cfg(test)]
mod tests;
