//! A log to prose: an opening, the cast, then clause after clause.
//!
//! A sentence is a time, a subject, a verb with its object, a reason, in one of several orders; two
//! things that the same person does one after the other may share a sentence. People are called by
//! their first names once they were introduced by both.

use stdx::Rng;

use super::cast::Cast;
use super::simulate::Moment;
use super::words::{DEEDS, GOODS, NUMBERS, PLACES, REASONS, THINGS, TIMES, WEATHER};

const GO: [&str; 5] = ["visited", "reached", "entered", "explored", "went to"];
const TAKE: [&str; 4] = ["took", "found", "grabbed", "fetched"];
const LEAVE: [&str; 4] = ["left", "dropped", "forgot", "hid"];
const GIVE: [&str; 4] = ["gave", "handed", "lent", "brought"];
const BUY: [&str; 4] = ["bought", "ordered", "chose", "got"];
const THEN: [&str; 7] =
    ["Then", "After that", "A little later", "Next", "Soon", "Meanwhile", "By and by"];

/// Verbs by what they tell of.
pub(crate) struct Verbs {
    pub(crate) go: &'static [&'static str],
    pub(crate) take: &'static [&'static str],
    pub(crate) give: &'static [&'static str],
    pub(crate) buy: &'static [&'static str],
}

/// The verbs of tales, for who tells such things elsewhere.
pub(crate) fn verbs() -> Verbs {
    Verbs { go: &GO, take: &TAKE, give: &GIVE, buy: &BUY }
}

const OPENINGS: [&str; 6] = [
    "It was {w} in {v}.",
    "This happened on {w} in {v}.",
    "In {v} it was {w}.",
    "Everybody in {v} remembers it: it was {w}.",
    "It had been {w} in {v}, and there was a lot to do.",
    "They say that it was {w} in {v}.",
];

const CASTS: [&str; 6] = [
    "{c} had plans.",
    "{c} were up and about.",
    "{c} had a lot to do.",
    "This is what {c} did.",
    "Here is the story of {c}.",
    "{c} could not sit still.",
];

/// A log in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Told {
    /// The story.
    pub(super) text: String,
    /// Bytes of it before anything happens: the day and the cast.
    pub(super) opening: usize,
    /// Each moment as it stands in the story, without who, when and why: "visited the mill".
    pub(super) clauses: Vec<String>,
    /// Sentences in the story.
    pub(super) n_sentences: usize,
}

/// Tells all moments.
pub(super) fn tell(cast: &Cast, moments: &[Moment], rng: &mut Rng) -> Told {
    let clauses = moments.iter().map(|&moment| clause(cast, moment, rng)).collect();
    let text = String::with_capacity(1024);
    let mut telling =
        Telling { cast, rng, told: Told { text, opening: 0, clauses, n_sentences: 0 } };
    telling.open();
    let mut at = 0;
    while at < moments.len() {
        let next = at + 1;
        let same = moments.get(next).is_some_and(|next| {
            next.who() == moments[at].who() && !matches!(next, Moment::Go { when: Some(_), .. })
        });
        let joined = same && telling.rng.one_in(JOINED);
        telling.sentence(moments, at, joined);
        at = next + usize::from(joined);
    }
    telling.told
}

/// One in so many pairs of deeds of one person shares a sentence.
const JOINED: u64 = 40;

/// What was done, without who, when and why.
fn clause(cast: &Cast, moment: Moment, rng: &mut Rng) -> String {
    match moment {
        Moment::Go { place, .. } => format!("{} the {}", rng.choose(&GO), PLACES[place]),
        Moment::Take { thing, .. } => format!("{} the {}", rng.choose(&TAKE), THINGS[thing]),
        Moment::Leave { thing, .. } => {
            format!("{} the {}", rng.choose(&LEAVE), THINGS[thing])
        }
        Moment::Give { thing, to, .. } => {
            let to = cast.people[to].first();
            format!("{} the {} to {to}", rng.choose(&GIVE), THINGS[thing])
        }
        Moment::Buy { number, goods, .. } => {
            format!("{} {} {}", rng.choose(&BUY), NUMBERS[number], GOODS[goods])
        }
        Moment::Do { deed, .. } => DEEDS[deed].to_string(),
    }
}

/// Why somebody went, if that is told.
pub(super) fn reason(moment: Moment) -> Option<&'static str> {
    match moment {
        Moment::Go { why, .. } => why.map(|why| REASONS[why]),
        _ => None,
    }
}

/// When somebody went, if that is told.
pub(super) fn time(moment: Moment) -> Option<&'static str> {
    match moment {
        Moment::Go { when, .. } => when.map(|when| TIMES[when]),
        _ => None,
    }
}

struct Telling<'t> {
    cast: &'t Cast,
    rng: &'t mut Rng,
    told: Told,
}

impl Telling<'_> {
    /// What day it is, and who is there.
    fn open(&mut self) {
        let weather = *self.rng.choose(&WEATHER);
        let opening = self.rng.choose(&OPENINGS);
        let out = &mut self.told.text;
        *out += &opening.replace("{w}", weather).replace("{v}", &self.cast.village);
        let names: Vec<String> = self.cast.people.iter().map(|p| p.full()).collect();
        let pattern = *self.rng.choose(&CASTS);
        out.push(' ');
        *out += &pattern.replace("{c}", &list(&names));
        self.told.opening = self.told.text.len();
        self.told.n_sentences += 2;
    }

    /// The moment `at`, with the next one in the same sentence or not.
    fn sentence(&mut self, moments: &[Moment], at: usize, joined: bool) {
        let moment = moments[at];
        let when = time(moment);
        let in_front = when.is_some() && self.rng.one_in(2);
        self.told.text.push(' ');
        match when {
            Some(when) if in_front => self.begin(when),
            None if self.rng.one_in(6) => {
                let then = *self.rng.choose(&THEN);
                self.begin(then);
            }
            _ => {}
        }
        let Told { text, clauses, n_sentences, .. } = &mut self.told;
        text.extend([self.cast.people[moment.who()].first(), " ", &clauses[at]]);
        for word in [reason(moment), when.filter(|_| !in_front)].into_iter().flatten() {
            text.extend([" ", word]);
        }
        if joined {
            text.extend([" and ", &clauses[at + 1]]);
            let why = reason(moments[at + 1]);
            text.extend(why.into_iter().flat_map(|why| [" ", why]));
        }
        text.push('.');
        *n_sentences += 1;
    }

    /// Words at the begin of a sentence.
    fn begin(&mut self, words: &str) {
        let out = &mut self.told.text;
        let at = out.len();
        out.extend([words, " "]);
        out[at..=at].make_ascii_uppercase();
    }
}

/// "a, b and c".
pub(crate) fn list(words: &[impl AsRef<str>]) -> String {
    let mut out = String::new();
    for (i, word) in words.iter().enumerate() {
        let between = match i {
            0 => "",
            i if i + 1 == words.len() => " and ",
            _ => ", ",
        };
        out.extend([between, word.as_ref()]);
    }
    out
}
