//! English noun phrases, pronouns and names as trees.

use super::English;
use crate::syntax::forms::{self, Text};
use crate::syntax::meaning::{Degree, Determiner, Force, Nominal, Phrase, Pronoun};
use crate::syntax::tree::{Node, Word};
use crate::syntax::words::Noun;

/// The two cases that English pronouns have beside the possessive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Case {
    Subject,
    Object,
}

impl English {
    pub(super) fn nominal(&mut self, nominal: &Nominal, case: Case, deprel: &'static str) -> Node {
        match nominal {
            Nominal::Name(name) => proper(name).node(deprel),
            Nominal::Titled(name, noun) => {
                let mut node = proper(name).node(deprel);
                let mut title = common(*noun, false).node("appos");
                title.open(determiner("the", false));
                title.comma_before();
                title.close(",");
                node.right.push(title);
                node
            }
            Nominal::Pronoun(pronoun) => personal(*pronoun, case).node(deprel),
            Nominal::Asked(word) => Word::plain(*word, ["PRON", "WP", "PronType=Int"]).node(deprel),
            Nominal::Relative(word, _) => {
                let xpos = if *word == "who" { "WP" } else { "WDT" };
                Word::plain(*word, ["PRON", xpos, "PronType=Rel"]).node(deprel)
            }
            Nominal::Phrase(phrase) => self.phrase(phrase, deprel),
            Nominal::Both(all) => self.both(all, case, deprel),
        }
    }

    /// "Mara, Ben and the dog": all but the first hang from the first.
    fn both(&mut self, all: &[Nominal], case: Case, deprel: &'static str) -> Node {
        let mut nodes = all.iter().map(|n| self.nominal(n, case, "conj")).collect::<Vec<_>>();
        let last = nodes.len() - 1;
        for (i, node) in nodes.iter_mut().enumerate().skip(1) {
            if i == last {
                node.open(Word::plain("and", ["CCONJ", "CC", ""]).node("cc"));
            } else {
                node.comma_before();
            }
        }
        let mut nodes = nodes.into_iter();
        let mut first = nodes
            .next()
            .unwrap_or_else(|| Word::plain("", ["PROPN", "NNP", "Number=Sing"]).node(deprel));
        first.deprel = deprel;
        first.right.extend(nodes);
        first
    }

    fn phrase(&mut self, phrase: &Phrase, deprel: &'static str) -> Node {
        let noun = phrase.noun;
        let mut node = common(noun, phrase.plural).node(deprel);
        match (&phrase.owner, phrase.determiner) {
            (Some(owner), _) => node.left.push(self.owner(owner)),
            (None, Determiner::Definite) => node.left.push(determiner("the", false)),
            (None, Determiner::Indefinite) if phrase.plural || noun.mass => {}
            (None, Determiner::Indefinite) => node.left.push(determiner("a", false)),
            (None, Determiner::Word(word)) => node.left.push(determiner(word, phrase.plural)),
        }
        let tags = ["NUM", "CD", "NumForm=Word|NumType=Card"];
        node.left.extend(phrase.number.map(|n| Word::plain(n, tags).node("nummod")));
        for quality in &phrase.qualities {
            let adjective = self.quality(quality, "amod");
            node.left.push(adjective);
        }
        node.left.extend(phrase.compound.map(|n| common(n, false).node("compound")));
        if let Some(of) = &phrase.of {
            node.right.push(self.oblique("of", of, "nmod"));
        }
        if let Some(place) = &phrase.place {
            node.right.push(self.place(place, "nmod"));
        }
        if let Some(clause) = &phrase.relative {
            node.right.push(self.clause(clause, "acl:relcl", Force::Statement));
        }
        node
    }

    fn owner(&mut self, owner: &Nominal) -> Node {
        let relation = "nmod:poss";
        match owner {
            Nominal::Pronoun(pronoun) => possessive(*pronoun).node(relation),
            Nominal::Asked(_) => {
                Word::plain("whose", ["PRON", "WP$", "Poss=Yes|PronType=Int"]).node(relation)
            }
            Nominal::Relative(..) => {
                Word::plain("whose", ["PRON", "WP$", "Poss=Yes|PronType=Rel"]).node(relation)
            }
            _ => {
                let mut node = self.nominal(owner, Case::Object, relation);
                let plural_s = owner.agreement().plural && node.word.form.ends_with('s');
                let form = if plural_s { "'" } else { "'s" };
                node.right.push(Word::new(form, "'s", ["PART", "POS", ""]).glued().node("case"));
                node
            }
        }
    }
}

fn proper(name: &Text) -> Word {
    Word::plain(name.clone(), ["PROPN", "NNP", "Number=Sing"])
}

fn common(noun: Noun, plural: bool) -> Word {
    if plural {
        Word::new(forms::plural(noun.word), noun.word, ["NOUN", "NNS", "Number=Plur"])
    } else {
        Word::plain(noun.word, ["NOUN", "NN", "Number=Sing"])
    }
}

/// Articles and other determiners, by their singular.
pub(super) fn determiner(word: &'static str, plural: bool) -> Node {
    let (form, feats) = match (word, plural) {
        ("the", _) => ("the", "Definite=Def|PronType=Art"),
        ("a", _) => ("a", "Definite=Ind|PronType=Art"),
        ("this", true) => ("these", "Number=Plur|PronType=Dem"),
        ("that", true) => ("those", "Number=Plur|PronType=Dem"),
        ("this" | "that", false) => (word, "Number=Sing|PronType=Dem"),
        ("every", _) => (word, "PronType=Tot"),
        ("no", _) => (word, "PronType=Neg"),
        _ => (word, "PronType=Ind"),
    };
    Word::new(form, word, ["DET", "DT", feats]).node("det")
}

/// An adjective in its degree, with "more" or "most" where it has no ending.
pub(super) fn adjective(word: &'static str, degree: Degree, deprel: &'static str) -> Node {
    let (form, tags, helper) = match degree {
        Degree::Positive => {
            return Word::plain(word, ["ADJ", "JJ", "Degree=Pos"]).node(deprel);
        }
        Degree::Comparative => (
            forms::comparative(word),
            ["ADJ", "JJR", "Degree=Cmp"],
            Word::plain("more", ["ADV", "RBR", "Degree=Cmp"]),
        ),
        Degree::Superlative => (
            forms::superlative(word),
            ["ADJ", "JJS", "Degree=Sup"],
            Word::plain("most", ["ADV", "RBS", "Degree=Sup"]),
        ),
    };
    if let Some(form) = form {
        return Word::new(form, word, tags).node(deprel);
    }
    let mut node = Word::plain(word, ["ADJ", "JJ", "Degree=Pos"]).node(deprel);
    node.open(helper.node("advmod"));
    node
}

fn personal(pronoun: Pronoun, case: Case) -> Word {
    let (nominative, accusative) = match pronoun {
        Pronoun::I => ("I", "me"),
        Pronoun::You => ("you", "you"),
        Pronoun::He => ("he", "him"),
        Pronoun::She => ("she", "her"),
        Pronoun::It => ("it", "it"),
        Pronoun::We => ("we", "us"),
        Pronoun::They => ("they", "them"),
    };
    let [as_subject, as_object, _] = features(pronoun);
    let (form, feats) = match case {
        Case::Subject => (nominative, as_subject),
        Case::Object => (accusative, as_object),
    };
    Word::new(form, nominative, ["PRON", "PRP", feats])
}

fn possessive(pronoun: Pronoun) -> Word {
    let form = match pronoun {
        Pronoun::I => "my",
        Pronoun::You => "your",
        Pronoun::He => "his",
        Pronoun::She => "her",
        Pronoun::It => "its",
        Pronoun::We => "our",
        Pronoun::They => "their",
    };
    let [.., feats] = features(pronoun);
    Word::plain(form, ["PRON", "PRP$", feats])
}

/// The features of a pronoun with this gender, number and person: as a subject, as an object, and
/// as an owner.
macro_rules! features {
    ($own:literal) => {
        [
            concat!("Case=Nom|", $own, "|PronType=Prs"),
            concat!("Case=Acc|", $own, "|PronType=Prs"),
            concat!("Case=Gen|", $own, "|Poss=Yes|PronType=Prs"),
        ]
    };
}

/// Gender, number and person in each case; the Web Treebank leaves the number of "you" open.
fn features(pronoun: Pronoun) -> [&'static str; 3] {
    match pronoun {
        Pronoun::I => features!("Number=Sing|Person=1"),
        Pronoun::You => features!("Person=2"),
        Pronoun::He => features!("Gender=Masc|Number=Sing|Person=3"),
        Pronoun::She => features!("Gender=Fem|Number=Sing|Person=3"),
        Pronoun::It => features!("Gender=Neut|Number=Sing|Person=3"),
        Pronoun::We => features!("Number=Plur|Person=1"),
        Pronoun::They => features!("Number=Plur|Person=3"),
    }
}
