//! The verb group of a clause: "will have been mended", "did not sing", "is".

use crate::syntax::forms::{self, Text};
use crate::syntax::meaning::{Agreement, Aspect, Clause, Force, Nominal, Predicate, THIRD, Tense};
use crate::syntax::tree::{Node, Word};

/// The form that a verb takes in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Finite(Tense, Agreement),
    Imperative,
    Infinitive,
    Progressive,
    Participle,
    Passive,
}

/// The words of a verb group and the form of its head.
pub(super) struct Group {
    /// Lemma, relation and form of each word before the head.
    helpers: Vec<(&'static str, &'static str, Form)>,
    /// The form of the head, if that is a verb.
    head: Option<Form>,
    negated: bool,
    /// Whether the first word stands before the subject.
    pub(super) inverted: bool,
}

impl Group {
    /// The group of a clause whose first predicate is `first`.
    pub(super) fn of(clause: &Clause, first: &Predicate, force: Force) -> Self {
        let (lexical, verbal, passive) = match first {
            Predicate::Act(action) => (true, true, action.passive),
            Predicate::Exists(..) => (false, true, false),
            _ => (false, false, false),
        };
        let leads = leads(clause, first);
        let inverted = force == Force::Question && !leads;
        let mut helpers = chain(clause, passive);
        if !verbal {
            helpers.push(("be", "cop"));
        }
        let supported = lexical && (clause.negated || inverted);
        if helpers.is_empty() && supported {
            helpers.push(("do", "aux"));
        }
        let mut form = match force {
            Force::Command => Form::Imperative,
            _ => Form::Finite(clause.tense, agreement(clause, first)),
        };
        let mut formed = Vec::new();
        for (lemma, relation) in helpers {
            formed.push((lemma, relation, form));
            form = match (lemma, relation) {
                ("have", _) => Form::Participle,
                ("be", "aux") => Form::Progressive,
                ("be", _) => Form::Passive,
                _ if force == Force::Command => Form::Imperative,
                _ => Form::Infinitive,
            };
        }
        Self { helpers: formed, head: verbal.then_some(form), negated: clause.negated, inverted }
    }

    /// Inflects the head; gives the words before it, "not" behind the first of them.
    pub(super) fn dress(&self, node: &mut Node, contract: bool) -> Vec<Node> {
        self.dress_head(node);
        let mut nodes: Vec<Node> = self
            .helpers
            .iter()
            .map(|&(lemma, relation, form)| inflected(lemma.into(), "AUX", form).node(relation))
            .collect();
        if self.negated && !nodes.is_empty() {
            let glued = contract && nodes[0].word.form != "am";
            let not = ["PART", "RB", "Polarity=Neg"];
            let word =
                if glued { Word::new("n't", "not", not).glued() } else { Word::plain("not", not) };
            if glued && nodes[0].word.form == "will" {
                nodes[0].word.form = "wo".into();
            }
            nodes.insert(1, word.node("advmod"));
        }
        nodes
    }

    /// Inflects a head, of this clause or joined to it.
    pub(super) fn dress_head(&self, node: &mut Node) {
        if let Some(form) = self.head {
            node.word = inflected(node.word.lemma.clone(), "VERB", form);
        }
    }
}

/// Whether the subject is what is asked for.
fn leads(clause: &Clause, first: &Predicate) -> bool {
    !matches!(first, Predicate::Exists(..)) && clause.subject.as_ref().is_some_and(Nominal::leads)
}

fn chain(clause: &Clause, passive: bool) -> Vec<(&'static str, &'static str)> {
    let will = (clause.tense == Tense::Future).then_some(("will", "aux"));
    let aspect = match clause.aspect {
        Aspect::Simple => None,
        Aspect::Progressive => Some(("be", "aux")),
        Aspect::Perfect => Some(("have", "aux")),
    };
    let passive = passive.then_some(("be", "aux:pass"));
    [will, aspect, passive].into_iter().flatten().collect()
}

fn agreement(clause: &Clause, first: &Predicate) -> Agreement {
    match (first, &clause.subject) {
        (Predicate::Exists(nominal, _), _) => nominal.agreement(),
        (_, Some(subject)) => subject.agreement(),
        _ => THIRD,
    }
}

fn inflected(lemma: Text, upos: &'static str, form: Form) -> Word {
    if lemma == "will" {
        return Word::plain(lemma, [upos, "MD", "VerbForm=Fin"]);
    }
    let (form, xpos, feats) = match form {
        Form::Finite(tense, agreement) => return finite(lemma, upos, tense, agreement),
        Form::Imperative => (lemma.clone(), "VB", "Mood=Imp|VerbForm=Fin"),
        Form::Infinitive => (lemma.clone(), "VB", "VerbForm=Inf"),
        Form::Progressive => (forms::progressive(&lemma), "VBG", "Tense=Pres|VerbForm=Part"),
        Form::Participle => (forms::participle(&lemma), "VBN", "Tense=Past|VerbForm=Part"),
        Form::Passive => (forms::participle(&lemma), "VBN", "Tense=Past|VerbForm=Part|Voice=Pass"),
    };
    Word::new(form, lemma, [upos, xpos, feats])
}

fn finite(lemma: Text, upos: &'static str, tense: Tense, agreement: Agreement) -> Word {
    let Agreement { person, plural } = agreement;
    let third = person == 3 && !plural;
    let form = match (&*lemma, tense, person, plural) {
        ("be", Tense::Past, 1 | 3, false) => "was".into(),
        ("be", Tense::Past, ..) => "were".into(),
        ("be", _, 1, false) => "am".into(),
        ("be", _, 3, false) => "is".into(),
        ("be", ..) => "are".into(),
        (_, Tense::Past, ..) => forms::past(&lemma),
        _ if third => forms::third_person(&lemma),
        _ => lemma.clone(),
    };
    let xpos = match tense {
        Tense::Past => "VBD",
        _ if third => "VBZ",
        _ => "VBP",
    };
    Word::new(form, lemma, [upos, xpos, features(tense == Tense::Past, agreement)])
}

/// The features of a finite verb.
fn features(past: bool, Agreement { person, plural }: Agreement) -> &'static str {
    match (past, plural, person) {
        (false, false, 1) => "Mood=Ind|Number=Sing|Person=1|Tense=Pres|VerbForm=Fin",
        (false, false, 2) => "Mood=Ind|Number=Sing|Person=2|Tense=Pres|VerbForm=Fin",
        (false, false, _) => "Mood=Ind|Number=Sing|Person=3|Tense=Pres|VerbForm=Fin",
        (false, true, 1) => "Mood=Ind|Number=Plur|Person=1|Tense=Pres|VerbForm=Fin",
        (false, true, 2) => "Mood=Ind|Number=Plur|Person=2|Tense=Pres|VerbForm=Fin",
        (false, true, _) => "Mood=Ind|Number=Plur|Person=3|Tense=Pres|VerbForm=Fin",
        (true, false, 1) => "Mood=Ind|Number=Sing|Person=1|Tense=Past|VerbForm=Fin",
        (true, false, 2) => "Mood=Ind|Number=Sing|Person=2|Tense=Past|VerbForm=Fin",
        (true, false, _) => "Mood=Ind|Number=Sing|Person=3|Tense=Past|VerbForm=Fin",
        (true, true, 1) => "Mood=Ind|Number=Plur|Person=1|Tense=Past|VerbForm=Fin",
        (true, true, 2) => "Mood=Ind|Number=Plur|Person=2|Tense=Past|VerbForm=Fin",
        (true, true, _) => "Mood=Ind|Number=Plur|Person=3|Tense=Past|VerbForm=Fin",
    }
}
