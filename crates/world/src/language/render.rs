//! Says a meaning in Melori, in the order that the grammar in [`super`] states.

use super::morphology::{
    ASKS, COMPOUND, Case, INFINITIVE, KNOWN, NOT, ORDER, PASSIVE, RELATIVE, THAT, WHICH, WITH_NOUN,
    WITH_VERB, aspect, degree, name, number, tense, word,
};
use super::{Class, Dictionary};
use crate::syntax::meaning::{
    Action, Agreement, Clause, Determiner, Force, Meaning, Nominal, Phrase, Place, Predicate,
    Pronoun, Quality, THIRD, Time,
};

/// The sentence with its capital and its mark.
pub(super) fn sentence(dictionary: &Dictionary, meaning: &Meaning) -> String {
    let mut melori = Melori { dictionary, words: vec![] };
    melori.clause(&meaning.clause, Ending::of(meaning.force));
    if let Some(link) = &meaning.link {
        melori.comma();
        melori.clause(&link.clause, Ending::Plain);
        melori.put(Class::Conjunction, link.word, &[]);
    }
    let question = meaning.force == Force::Question;
    if question {
        melori.words.push(ASKS.to_string());
    }
    let mut text = melori.words.join(" ");
    text.push(if question { '?' } else { '.' });
    match text.chars().next() {
        Some(first) => text.replacen(first, &first.to_uppercase().to_string(), 1),
        None => text,
    }
}

/// What the verbs of a clause end in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Plain,
    Relative,
    Order,
}

impl Ending {
    fn of(force: Force) -> Self {
        if force == Force::Command { Self::Order } else { Self::Plain }
    }
}

struct Melori<'a> {
    dictionary: &'a Dictionary,
    words: Vec<String>,
}

impl Melori<'_> {
    fn put(&mut self, class: Class, english: &'static str, endings: &[&str]) {
        self.words.push(word(self.dictionary.stem(class, english), endings));
    }

    fn particle(&mut self, particle: &str) {
        self.words.push(particle.to_string());
    }

    fn comma(&mut self) {
        if let Some(last) = self.words.last_mut() {
            last.push(',');
        }
    }

    fn clause(&mut self, clause: &Clause, ending: Ending) {
        match clause.ask {
            Some("where") if ending == Ending::Relative => {
                self.words.push(word(WHICH, &[Case::Place.ending()]));
            }
            Some(asked) => self.put(Class::Adverb, asked, &[]),
            None => {}
        }
        let opens_late = ending == Ending::Relative && clause.ask.is_none();
        if let Some(object) = relative_object(clause).filter(|_| opens_late) {
            self.nominal(object, Case::Object);
        }
        if let Some(time) = &clause.time {
            self.time(time);
        }
        if let Some(subject) = &clause.subject {
            self.nominal(subject, Case::Subject);
        }
        for (i, predicate) in clause.predicates.iter().enumerate() {
            if i > 0 {
                self.particle(WITH_VERB);
            }
            self.predicate(predicate, clause, ending);
        }
    }

    fn time(&mut self, time: &Time) {
        match time {
            Time::Word(english) => self.put(Class::Adverb, english, &[]),
            Time::Span(determiner, noun) => {
                let place = Case::Place.ending();
                self.put(Class::Noun, noun.word, &[place]);
                self.put(Class::Adjective, determiner, &[place]);
            }
            Time::Of(preposition, nominal) => {
                self.nominal(nominal, Case::Place);
                self.put(Class::Postposition, preposition, &[]);
            }
        }
    }

    fn predicate(&mut self, predicate: &Predicate, clause: &Clause, ending: Ending) {
        let many = agreement(predicate, clause).plural;
        let (verb, passive) = match predicate {
            Predicate::Act(action) => {
                self.complements(action);
                (action.verb.name, action.passive)
            }
            Predicate::Quality(quality) => {
                self.quality(quality, many, Case::Subject);
                ("be", false)
            }
            Predicate::Kind(nominal) => {
                self.nominal(nominal, Case::Subject);
                ("be", false)
            }
            Predicate::At(place) => {
                self.place(place, "");
                ("be", false)
            }
            Predicate::Exists(nominal, place) => {
                self.nominal(nominal, Case::Subject);
                self.place(place, "");
                ("exist", false)
            }
        };
        if clause.negated {
            self.particle(NOT);
        }
        let passive = if passive { PASSIVE } else { "" };
        match ending {
            Ending::Order => self.put(Class::Verb, verb, &[passive, ORDER]),
            _ => {
                let end = if ending == Ending::Relative { RELATIVE } else { "" };
                let (aspect, tense) = (aspect(clause.aspect), tense(clause.tense));
                self.put(Class::Verb, verb, &[passive, aspect, tense, number(many), end]);
            }
        }
        if let Predicate::Act(action) = predicate
            && let Some(that) = &action.that
        {
            self.particle(THAT);
            self.clause(that, Ending::Plain);
        }
    }

    /// Everything before the verb but the time and the subject.
    fn complements(&mut self, action: &Action) {
        if let Some(agent) = &action.agent {
            self.nominal(agent, Case::Doer);
        }
        if let Some(recipient) = &action.recipient {
            self.nominal(recipient, Case::Recipient);
        }
        if let Some(object) = action.object.as_ref().filter(|o| !matches!(o, Nominal::Relative(..)))
        {
            self.nominal(object, Case::Object);
        }
        if let Some(place) = &action.place {
            self.place(place, "");
        }
        if let Some(companion) = &action.companion {
            self.nominal(companion, Case::Company);
        }
        if let Some(to_do) = &action.to_do {
            self.complements(to_do);
            self.put(Class::Verb, to_do.verb.name, &[INFINITIVE]);
        }
        for adverb in [action.manner, action.frequency].into_iter().flatten() {
            self.put(Class::Adverb, adverb, &[]);
        }
    }

    /// A place; the postposition takes an ending where the place belongs to a noun.
    fn place(&mut self, place: &Place, ending: &str) {
        match place {
            Place::Of(preposition, nominal) => {
                self.nominal(nominal, Case::Place);
                self.put(Class::Postposition, preposition, &[ending]);
            }
            Place::Adverb(english) => self.put(Class::Adverb, english, &[ending]),
        }
    }

    fn quality(&mut self, quality: &Quality, many: bool, case: Case) {
        if let Some(than) = &quality.than {
            self.nominal(than, Case::Compared);
        }
        let endings = [degree(quality.degree), number(many), case.ending()];
        self.put(Class::Adjective, quality.adjective, &endings);
        if quality.very {
            self.put(Class::Adverb, "very", &[]);
        }
    }

    fn nominal(&mut self, nominal: &Nominal, case: Case) {
        match nominal {
            Nominal::Name(bearer) => self.words.push(name(bearer, case)),
            Nominal::Titled(bearer, noun) => {
                self.words.push(name(bearer, case));
                self.comma();
                self.put(Class::Noun, noun.word, &[KNOWN, case.ending()]);
                self.comma();
            }
            Nominal::Pronoun(pronoun) => {
                let (english, many) = pronoun_stem(*pronoun);
                self.put(Class::Pronoun, english, &[number(many), case.ending()]);
            }
            Nominal::Asked(english) => self.put(Class::Pronoun, english, &[case.ending()]),
            Nominal::Relative(..) => self.words.push(word(WHICH, &[case.ending()])),
            Nominal::Phrase(phrase) => self.phrase(phrase, case),
            Nominal::Both(all) => {
                for (i, one) in all.iter().enumerate() {
                    if i > 0 {
                        self.particle(WITH_NOUN);
                    }
                    self.nominal(one, case);
                }
            }
        }
    }

    fn phrase(&mut self, phrase: &Phrase, case: Case) {
        for owner in [&phrase.owner, &phrase.of].into_iter().flatten() {
            self.nominal(owner, Case::Owner);
        }
        if let Some(place) = &phrase.place {
            self.place(place, Case::Owner.ending());
        }
        if let Some(first) = phrase.compound {
            self.put(Class::Noun, first.word, &[COMPOUND]);
        }
        let many = number(phrase.plural);
        let definite = phrase.owner.is_none() && phrase.determiner == Determiner::Definite;
        let known = if definite { KNOWN } else { "" };
        self.put(Class::Noun, phrase.noun.word, &[many, known, case.ending()]);
        for quality in &phrase.qualities {
            self.quality(quality, phrase.plural, case);
        }
        let determiner = match phrase.determiner {
            Determiner::Word(english) if phrase.owner.is_none() => Some(english),
            _ => None,
        };
        for english in [phrase.number, determiner].into_iter().flatten() {
            self.put(Class::Adjective, english, &[many, case.ending()]);
        }
        if let Some(clause) = &phrase.relative {
            self.clause(clause, Ending::Relative);
        }
    }
}

/// The object of a relative clause, if it is what the clause is about.
fn relative_object(clause: &Clause) -> Option<&Nominal> {
    match clause.predicates.first()? {
        Predicate::Act(action) => {
            action.object.as_ref().filter(|o| matches!(o, Nominal::Relative(..)))
        }
        _ => None,
    }
}

fn agreement(predicate: &Predicate, clause: &Clause) -> Agreement {
    match (predicate, &clause.subject) {
        (Predicate::Exists(nominal, _), _) => nominal.agreement(),
        (_, subject) => subject.as_ref().map_or(THIRD, Nominal::agreement),
    }
}

/// The stem and whether it is many: "they" is many of "it".
fn pronoun_stem(pronoun: Pronoun) -> (&'static str, bool) {
    match pronoun {
        Pronoun::I => ("I", false),
        Pronoun::You => ("you", false),
        Pronoun::He => ("he", false),
        Pronoun::She => ("she", false),
        Pronoun::It => ("it", false),
        Pronoun::We => ("I", true),
        Pronoun::They => ("it", true),
    }
}
