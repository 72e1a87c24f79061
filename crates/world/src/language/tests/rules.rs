//! The rules of the module's page, one by one, on sentences put together by hand.

use super::super::{Dictionary, render};
use crate::syntax::english::English;
use crate::syntax::meaning::{
    Action, Aspect, Clause, Degree, Determiner, Force, Link, Meaning, Nominal, Phrase, Place,
    Predicate, Pronoun, Quality, Tense, Time,
};
use crate::syntax::words::{Noun, Verb, nouns};

fn noun(word: &str) -> Noun {
    nouns().into_iter().find(|n| n.word == word).unwrap()
}

fn the(word: &str) -> Phrase {
    Phrase::new(noun(word), false, Determiner::Definite)
}

fn one(phrase: Phrase) -> Nominal {
    Nominal::Phrase(Box::new(phrase))
}

fn mara() -> Nominal {
    Nominal::Name("Mara".into())
}

fn act(name: &'static str) -> Action {
    Action::new(Verb { name })
}

fn says(subject: Nominal, action: Action) -> Clause {
    Clause {
        subject: Some(subject),
        predicates: vec![Predicate::Act(Box::new(action))],
        tense: Tense::Past,
        aspect: Aspect::Simple,
        negated: false,
        time: None,
        ask: None,
    }
}

fn check(clause: Clause, english: &str, other: &str) {
    check_all(Meaning { force: Force::Statement, clause, link: None }, english, other);
}

fn check_all(meaning: Meaning, english: &str, other: &str) {
    let tokens = English { variety: None }.sentence(&meaning).tokens();
    assert_eq!(crate::syntax::text(&tokens), english);
    assert_eq!(render::sentence(&Dictionary::new(), &meaning), other);
}

#[test]
fn nouns_and_what_agrees_with_them() {
    let mut kites = Phrase { plural: true, ..the("kite") };
    kites.qualities.push(Quality {
        adjective: "red",
        degree: Degree::Positive,
        very: false,
        than: None,
    });
    kites.number = Some("two");
    let action = Action { object: Some(one(kites)), ..act("find") };
    check(
        says(mara(), action),
        "Mara found the two red kites.",
        "Mara torsalinaro firiliro lortiliro rontera.",
    );
    let mut pie = the("pie");
    pie.compound = Some(noun("apple"));
    pie.owner = Some(Nominal::Pronoun(Pronoun::We));
    let action = Action { object: Some(one(pie)), ..act("bake") };
    check(
        says(mara(), action),
        "Mara baked our apple pie.",
        "Mara darlulisu paltafe binkaro murera.",
    );
}

#[test]
fn recipients_places_and_times() {
    let action = Action {
        object: Some(one(Phrase::new(noun("bell"), false, Determiner::Indefinite))),
        recipient: Some(one(the("boy"))),
        ..act("give")
    };
    let clause = Clause { time: Some(Time::Word("yesterday")), ..says(mara(), action) };
    check(clause, "Mara gave a bell to the boy yesterday.", "Hono Mara vebanave pambaro tokera.");
    let mut gate = the("gate");
    gate.place = Some(Place::Of("near", one(the("mill"))));
    let action = Action { place: Some(Place::Of("by", one(gate))), ..act("wait") };
    let clause = Clause { negated: true, ..says(mara(), action) };
    check(
        clause,
        "Mara did not wait by the gate near the mill.",
        "Mara soganamo nobusu farlanamo kafu ma girsera.",
    );
}

#[test]
fn verbs_and_their_endings() {
    let girls = || one(Phrase { plural: true, ..the("girl") });
    let clause = Clause { aspect: Aspect::Progressive, ..says(girls(), act("sing")) };
    check(clause, "The girls were singing.", "Sanalina folvenorali.");
    let clause =
        Clause { aspect: Aspect::Perfect, tense: Tense::Present, ..says(mara(), act("sing")) };
    check(clause, "Mara has sung.", "Mara folvevati.");
    let action = Action { passive: true, agent: Some(mara()), ..act("hug") };
    let clause = Clause { tense: Tense::Future, ..says(girls(), action) };
    check(clause, "The girls will be hugged by Mara.", "Sanalina Mara-ki berepusoli.");
    let wish = Action { to_do: Some(Box::new(act("dance"))), ..act("want") };
    check(says(mara(), wish), "Mara wanted to dance.", "Mara segemi guvera.");
    let said = Action { that: Some(Box::new(says(girls(), act("sing")))), ..act("say") };
    check(
        says(mara(), said),
        "Mara said that the girls sang.",
        "Mara ludera te sanalina folverali.",
    );
}

#[test]
fn relative_clauses_open_and_close() {
    let mut dog = the("dog");
    let relative = Nominal::Relative("that", one(dog.clone()).agreement());
    let inner = Action { object: Some(relative), ..act("feed") };
    dog.relative = Some(says(one(the("boy")), inner));
    let action = Action { object: Some(one(dog)), ..act("see") };
    check(
        says(mara(), action),
        "Mara saw the dog that the boy fed.",
        "Mara gopanaro voro vebana foserake gotera.",
    );
}

#[test]
fn questions_orders_and_two_clauses() {
    let question = |clause| Meaning { force: Force::Question, clause, link: None };
    let clause = Clause { ask: Some("where"), ..says(mara(), act("sing")) };
    check_all(question(clause), "Where did Mara sing?", "Gelo Mara folvera ka?");
    let action = Action { object: Some(Nominal::Asked("what")), ..act("lose") };
    check_all(question(says(mara(), action)), "What did Mara lose?", "Mara domuro sondera ka?");
    let order = Clause { subject: None, negated: true, ..says(mara(), act("laugh")) };
    check_all(
        Meaning { force: Force::Command, clause: order, link: None },
        "Do not laugh.",
        "Ma kaneda.",
    );
    let tall =
        Quality { adjective: "tall", degree: Degree::Comparative, very: false, than: Some(mara()) };
    let mut because = says(one(the("boy")), act("be"));
    because.predicates = vec![Predicate::Quality(tall)];
    let link = Some(Link { word: "because", clause: because });
    let meaning = Meaning { force: Force::Statement, clause: says(mara(), act("laugh")), link };
    check_all(
        meaning,
        "Mara laughed because the boy was taller than Mara.",
        "Mara kanera, vebana Mara-de halvipo nustera biru.",
    );
}
