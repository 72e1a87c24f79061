//! English clauses as dependency trees.
//!
//! The order of the verb group follows from one list of verb words, the lexical one last: in a
//! question the first of them moves before the subject, "not" follows it, and where there is only
//! a lexical verb, "do" is put before it. Annotation follows Universal Dependencies v2 as the
//! English Web Treebank has it: "when" is an `advmod`, "by" an `obl:agent`, a bare time an
//! `obl:unmarked`.

mod adverbs;
mod nominal;
mod verbs;

use stdx::Rng;

use super::meaning::{
    Action, Clause, Degree, Force, Link, Meaning, Nominal, Place, Predicate, Quality, Time,
};
use super::tree::{Node, Word};
use super::words;
use adverbs::{asked_adverb, frequency, manner, span, subordinator, time_word, verb_particle};
use nominal::Case;
use verbs::Group;

/// Renders meanings; where English has several ways to say one thing, chance or habit chooses.
pub(crate) struct English {
    /// `None` always says things in the plainest way.
    pub(crate) variety: Option<Rng>,
}

const ADVERB: [&str; 3] = ["ADV", "RB", ""];
const PREPOSITION: [&str; 3] = ["ADP", "IN", ""];

impl English {
    /// The tree of a sentence, with its last mark.
    pub(crate) fn sentence(&mut self, meaning: &Meaning) -> Node {
        let mut root = self.clause(&meaning.clause, "root", meaning.force);
        if let Some(link) = &meaning.link {
            self.link(&mut root, link, meaning.force);
        }
        root.close(if meaning.force == Force::Question { "?" } else { "." });
        root
    }

    /// True in one of `n` cases, if variety is wanted.
    fn fancy(&mut self, n: u64) -> bool {
        self.variety.as_mut().is_some_and(|rng| rng.one_in(n))
    }

    fn link(&mut self, root: &mut Node, link: &Link, force: Force) {
        if words::COORDINATORS.split(' ').any(|w| w == link.word) {
            let mut node = self.clause(&link.clause, "conj", Force::Statement);
            node.open(Word::plain(link.word, ["CCONJ", "CC", ""]).node("cc"));
            node.comma_before();
            root.right.push(node);
            return;
        }
        let mut node = self.clause(&link.clause, "advcl", Force::Statement);
        node.open(subordinator(link.word));
        if force == Force::Statement && self.fancy(2) {
            node.close(",");
            root.open(node);
        } else {
            root.right.push(node);
        }
    }

    fn clause(&mut self, clause: &Clause, deprel: &'static str, force: Force) -> Node {
        let first = &clause.predicates[0];
        let Head { mut node, front } = self.predicate(first, deprel);
        let group = Group::of(clause, first, force);
        let verb_words = group.dress(&mut node, self.fancy(2));
        for other in &clause.predicates[1..] {
            let mut conjunct = self.predicate(other, "conj").node;
            group.dress_head(&mut conjunct);
            conjunct.open(Word::plain("and", ["CCONJ", "CC", ""]).node("cc"));
            node.right.push(conjunct);
        }
        let inner = std::mem::take(&mut node.left);
        self.time(clause, force, &mut node);
        node.left.extend(front);
        node.left.extend(clause.ask.map(|word| asked_adverb(word, force)));
        let subject = self.subject(clause, first);
        order(
            &mut node,
            Parts { subject, verb_words, frequency: frequency(first), inverted: group.inverted },
        );
        node.left.extend(inner);
        node
    }

    fn subject(&mut self, clause: &Clause, first: &Predicate) -> Option<Node> {
        let there = || Word::plain("there", ["PRON", "EX", ""]).node("expl");
        match (&clause.subject, first) {
            (_, Predicate::Exists(..)) => Some(there()),
            (Some(nominal), Predicate::Act(action)) if action.passive => {
                Some(self.nominal(nominal, Case::Subject, "nsubj:pass"))
            }
            (Some(nominal), _) => Some(self.nominal(nominal, Case::Subject, "nsubj")),
            (None, Predicate::Act(action)) if is_weather(action.verb.name) => {
                let it = "Case=Nom|Gender=Neut|Number=Sing|Person=3|PronType=Prs";
                Some(Word::plain("it", ["PRON", "PRP", it]).node("expl"))
            }
            _ => None,
        }
    }

    fn predicate(&mut self, predicate: &Predicate, deprel: &'static str) -> Head {
        let node = match predicate {
            Predicate::Act(action) => return self.action(action, deprel),
            Predicate::Quality(quality) => self.quality(quality, deprel),
            Predicate::Kind(nominal) => self.nominal(nominal, Case::Object, deprel),
            Predicate::At(place) => self.place(place, deprel),
            Predicate::Exists(nominal, place) => {
                let mut node = Word::plain("be", ["VERB", "", ""]).node(deprel);
                node.right.push(self.nominal(nominal, Case::Object, "nsubj"));
                node.right.push(self.adjunct_place(place));
                node
            }
        };
        Head { node, front: None }
    }

    /// The verb as an infinitive with its complements; wh-words come back apart.
    fn action(&mut self, action: &Action, deprel: &'static str) -> Head {
        let verb = action.verb;
        let mut node = Word::plain(verb.lemma(), ["VERB", "VB", "VerbForm=Inf"]).node(deprel);
        let mut front = None;
        let late = self.recipient_last(action);
        if let Some(recipient) = action.recipient.as_ref().filter(|_| !late) {
            node.right.push(self.nominal(recipient, Case::Object, "iobj"));
        }
        if let Some(object) = &action.object {
            let object_node = self.object(action, object);
            match object.leads() {
                true if self.may_drop(object) => {}
                true => front = Some(object_node),
                false => node.right.push(object_node),
            }
        }
        if let Some(particle) = verb.particle() {
            // "Pick up the cup", but "pick it up".
            let light = matches!(action.object, Some(Nominal::Pronoun(_)));
            let at = if light { node.right.len() } else { 0 };
            node.right.insert(at, verb_particle(particle));
        }
        if let Some(recipient) = action.recipient.as_ref().filter(|_| late) {
            node.right.push(self.oblique("to", recipient, "obl"));
        }
        self.adjuncts(action, &mut node);
        Head { node, front }
    }

    /// "Gave the cup to Ida", not "gave Ida the cup".
    fn recipient_last(&mut self, action: &Action) -> bool {
        let light = |n: &Nominal| matches!(n, Nominal::Pronoun(_));
        let must = action.object.as_ref().is_some_and(|o| o.leads() || light(o));
        let may = action.recipient.as_ref().is_some_and(|r| !light(r));
        self.variety.is_none() || must || may && self.fancy(2)
    }

    fn object(&mut self, action: &Action, object: &Nominal) -> Node {
        match action.verb.preposition() {
            Some(preposition) => self.oblique(preposition, object, "obl"),
            None => self.nominal(object, Case::Object, "obj"),
        }
    }

    fn may_drop(&mut self, object: &Nominal) -> bool {
        matches!(object, Nominal::Relative(..)) && self.fancy(3)
    }

    fn adjuncts(&mut self, action: &Action, node: &mut Node) {
        if let Some(agent) = &action.agent {
            node.right.push(self.oblique("by", agent, "obl:agent"));
        }
        node.right.extend(action.manner.map(|m| manner(m).node("advmod")));
        if let Some(place) = &action.place {
            node.right.push(self.adjunct_place(place));
        }
        if let Some(companion) = &action.companion {
            node.right.push(self.oblique("with", companion, "obl"));
        }
        if let Some(to_do) = &action.to_do {
            let mut inner = self.action(to_do, "xcomp").node;
            inner.open(Word::plain("to", ["PART", "TO", ""]).node("mark"));
            node.right.push(inner);
        }
        if let Some(that) = &action.that {
            let mut inner = self.clause(that, "ccomp", Force::Statement);
            if !self.fancy(3) {
                inner.open(Word::plain("that", ["SCONJ", "IN", ""]).node("mark"));
            }
            node.right.push(inner);
        }
    }

    fn oblique(
        &mut self,
        preposition: &'static str,
        nominal: &Nominal,
        deprel: &'static str,
    ) -> Node {
        let mut node = self.nominal(nominal, Case::Object, deprel);
        node.open(Word::plain(preposition, PREPOSITION).node("case"));
        node
    }

    /// A place that belongs to a verb.
    fn adjunct_place(&mut self, place: &Place) -> Node {
        self.place(place, if matches!(place, Place::Adverb(_)) { "advmod" } else { "obl" })
    }

    fn place(&mut self, place: &Place, deprel: &'static str) -> Node {
        match place {
            Place::Of(preposition, nominal) => self.oblique(preposition, nominal, deprel),
            Place::Adverb(word) => {
                let dem = if word.ends_with("ere") { "PronType=Dem" } else { "" };
                Word::plain(*word, ["ADV", "RB", dem]).node(deprel)
            }
        }
    }

    /// An adjective with "very", "more" or "than" around it.
    fn quality(&mut self, quality: &Quality, deprel: &'static str) -> Node {
        let mut node = nominal::adjective(quality.adjective, quality.degree, deprel);
        if quality.very && quality.degree == Degree::Positive {
            node.open(Word::plain("very", ADVERB).node("advmod"));
        }
        if let Some(than) = &quality.than {
            node.right.push(self.oblique("than", than, "obl"));
        }
        node
    }

    /// Puts the time at the end, or at the front of a statement.
    fn time(&mut self, clause: &Clause, force: Force, node: &mut Node) {
        let Some(time) = &clause.time else { return };
        let mut phrase = match time {
            Time::Word(word) => time_word(word),
            Time::Span(determiner, noun) => span(determiner, *noun),
            Time::Of(preposition, nominal) => self.oblique(preposition, nominal, "obl"),
        };
        let main = matches!(node.deprel, "root" | "conj");
        if main && force == Force::Statement && self.fancy(3) {
            if matches!(time, Time::Of(..)) && self.fancy(2) {
                phrase.close(",");
            }
            node.left.push(phrase);
        } else {
            node.right.push(phrase);
        }
    }
}

/// A predicate's head; what asks or relates stands apart, to be put in front.
struct Head {
    node: Node,
    front: Option<Node>,
}

/// What stands between a clause's front and its head.
struct Parts {
    subject: Option<Node>,
    verb_words: Vec<Node>,
    frequency: Option<Node>,
    inverted: bool,
}

/// "Has Mara always been", "Mara has always been", "Mara always sings".
fn order(node: &mut Node, parts: Parts) {
    let mut verb_words = parts.verb_words.into_iter().peekable();
    let first = verb_words.next();
    let short_not = verb_words.next_if(|n| n.word.form == "n't");
    if parts.inverted && first.is_none() {
        // "Is there a cat?": the verb itself stands first.
        node.right.splice(0..0, parts.subject);
    } else if parts.inverted {
        node.left.extend(first.into_iter().chain(short_not).chain(parts.subject));
    } else {
        node.left.extend(parts.subject.into_iter().chain(first).chain(short_not));
    }
    node.left.extend(verb_words.next_if(|n| n.word.form == "not"));
    node.left.extend(parts.frequency);
    node.left.extend(verb_words);
}

fn is_weather(verb: &str) -> bool {
    words::WEATHER.split(' ').any(|name| name == verb)
}
