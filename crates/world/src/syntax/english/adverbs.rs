//! English adverbs, times without a preposition, and the words that open clauses.

use super::nominal;
use crate::syntax::meaning::{Degree, Force, Predicate};
use crate::syntax::tree::{Node, Word};
use crate::syntax::words::Noun;

pub(super) fn frequency(predicate: &Predicate) -> Option<Node> {
    let Predicate::Act(action) = predicate else { return None };
    let feats = match action.frequency? {
        "always" => "PronType=Tot",
        "never" => "PronType=Neg",
        "sometimes" => "PronType=Ind",
        _ => "",
    };
    Some(Word::plain(action.frequency?, ["ADV", "RB", feats]).node("advmod"))
}

pub(super) fn manner(word: &'static str) -> Word {
    let feats = if word == "well" { "Degree=Pos" } else { "" };
    Word::plain(word, ["ADV", "RB", feats])
}

pub(super) fn time_word(word: &'static str) -> Node {
    match word {
        "soon" => Word::plain(word, ["ADV", "RB", "Degree=Pos"]).node("advmod"),
        "now" => Word::plain(word, ["ADV", "RB", "PronType=Dem"]).node("advmod"),
        _ => Word::plain(word, ["NOUN", "NN", "Number=Sing"]).node("obl:unmarked"),
    }
}

/// "every morning", "last night".
pub(super) fn span(determiner: &'static str, noun: Noun) -> Node {
    let mut node = Word::plain(noun.word, ["NOUN", "NN", "Number=Sing"]).node("obl:unmarked");
    node.open(match determiner {
        "last" | "next" => nominal::adjective(determiner, Degree::Positive, "amod"),
        _ => nominal::determiner(determiner, false),
    });
    node
}

pub(super) fn asked_adverb(word: &'static str, force: Force) -> Node {
    let feats = if force == Force::Question { "PronType=Int" } else { "PronType=Rel" };
    Word::plain(word, ["ADV", "WRB", feats]).node("advmod")
}

/// The Web Treebank takes "when" for an adverb, all others for marks.
pub(super) fn subordinator(word: &'static str) -> Node {
    match word {
        "when" => Word::plain(word, ["ADV", "WRB", "PronType=Int"]).node("advmod"),
        _ => Word::plain(word, ["SCONJ", "IN", ""]).node("mark"),
    }
}

/// The Web Treebank has "up" as a particle, "away" and "down" mostly as adverbs.
pub(super) fn verb_particle(word: &'static str) -> Node {
    match word {
        "up" => Word::plain(word, ["ADP", "RP", ""]).node("compound:prt"),
        _ => Word::plain(word, ["ADV", "RB", ""]).node("advmod"),
    }
}
