//! What happens in a tale: a cast goes about, takes, leaves, gives, buys and does things.
//!
//! The log holds everything that the text tells and nothing else, so that each question has one
//! answer, and the answer is known.

use stdx::Rng;

use super::cast::Cast;
use super::words::{DEEDS, GOODS, PLACES, REASONS, THINGS, TIMES};
use super::{Focus, Shape};

/// Index into a tale's cast.
pub type Who = usize;

/// Something that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Somebody came to a place, at a time and for a reason where these are told.
    Go {
        /// Who.
        who: Who,
        /// Index into [`PLACES`].
        place: usize,
        /// Index into [`TIMES`].
        when: Option<usize>,
        /// Index into [`REASONS`].
        why: Option<usize>,
    },
    /// Somebody took a thing that lay where they were.
    Take {
        /// Who.
        who: Who,
        /// Index into [`THINGS`].
        thing: usize,
    },
    /// Somebody left a thing where they were.
    Leave {
        /// Who.
        who: Who,
        /// Index into [`THINGS`].
        thing: usize,
    },
    /// Somebody gave a thing to somebody who was there.
    Give {
        /// Who.
        who: Who,
        /// Index into [`THINGS`].
        thing: usize,
        /// To whom.
        to: Who,
    },
    /// Somebody bought so many of something.
    Buy {
        /// Who.
        who: Who,
        /// From 2 to 12.
        number: usize,
        /// Index into [`GOODS`].
        goods: usize,
    },
    /// Somebody did something that changes nothing.
    Do {
        /// Who.
        who: Who,
        /// Index into [`DEEDS`].
        deed: usize,
    },
}

impl Moment {
    /// Who acts.
    pub fn who(self) -> Who {
        match self {
            Self::Go { who, .. }
            | Self::Take { who, .. }
            | Self::Leave { who, .. }
            | Self::Give { who, .. }
            | Self::Buy { who, .. }
            | Self::Do { who, .. } => who,
        }
    }
}

/// How things stand at the end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Where each person is: the last place they went to.
    pub people: Vec<Option<usize>>,
    /// Each thing that was named, in the order of its last move, with who has it or where it lies.
    pub things: Vec<(usize, Result<Who, usize>)>,
}

impl Standing {
    /// What somebody has, in the order in which they got it.
    pub fn belongings(&self, who: Who) -> Vec<usize> {
        let has = |&&(_, holder): &&(usize, Result<Who, usize>)| holder == Ok(who);
        self.things.iter().filter(has).map(|&(thing, _)| thing).collect()
    }

    fn holder(&self, thing: usize) -> Option<Result<Who, usize>> {
        self.things.iter().find(|(t, _)| *t == thing).map(|&(_, holder)| holder)
    }

    fn put(&mut self, thing: usize, holder: Result<Who, usize>) {
        self.things.retain(|(t, _)| *t != thing);
        self.things.push((thing, holder));
    }
}

/// A tale in the making: what is still unused, and how things stand.
struct Day<'r> {
    rng: &'r mut Rng,
    focus: Focus,
    places: Vec<usize>,
    things: Vec<usize>,
    goods: Vec<usize>,
    reasons: Vec<usize>,
    deeds: Vec<usize>,
    times: Vec<usize>,
    moments: Vec<Moment>,
    standing: Standing,
}

/// Plays a day of `shape.moments` moments.
pub fn simulate(cast: &Cast, shape: Shape, rng: &mut Rng) -> (Vec<Moment>, Standing) {
    let n = cast.people.len();
    let places = draw(rng, PLACES.len(), n.max(4) + 1);
    let things = draw(rng, THINGS.len(), n.max(4));
    let [goods, reasons, deeds, mut times] = [
        draw(rng, GOODS.len(), 6),
        draw(rng, REASONS.len(), 8),
        draw(rng, DEEDS.len(), 8),
        draw(rng, TIMES.len(), 6),
    ];
    times.sort_unstable_by(|a, b| b.cmp(a)); // The earliest is taken first, from the end.
    let standing = Standing { people: vec![None; n], things: Vec::new() };
    let focus = shape.focus;
    let moments = Vec::with_capacity(shape.moments);
    let mut day =
        Day { rng, focus, places, things, goods, reasons, deeds, times, moments, standing };
    let mut order: Vec<Who> = (0..n).collect();
    day.rng.shuffle(&mut order);
    for &who in order.iter().take(shape.moments) {
        day.go(who);
    }
    while day.moments.len() < shape.moments {
        // Often it is still the same person who acts.
        let last = day.moments.last().map(|m| m.who()).filter(|_| day.rng.chance(0.4));
        let who = last.unwrap_or_else(|| day.rng.index(n));
        day.anything(who);
    }
    (day.moments, day.standing)
}

/// `n` different indices below `below`.
fn draw(rng: &mut Rng, below: usize, n: usize) -> Vec<usize> {
    let mut all: Vec<usize> = (0..below).collect();
    let n = n.min(below);
    for i in 0..n {
        let j = i + rng.index(below - i);
        all.swap(i, j);
    }
    all.truncate(n);
    all
}

impl Day<'_> {
    /// One more moment of this person; none if what was drawn cannot happen.
    fn anything(&mut self, who: Who) {
        // go, take, leave, give, buy, do
        let weights: [u32; 6] = match self.focus {
            Focus::Whereabouts => [22, 36, 12, 10, 6, 14],
            Focus::Hands => [10, 50, 10, 16, 4, 10],
            Focus::Journeys => [50, 18, 4, 4, 8, 16],
            Focus::Numbers => [10, 16, 4, 6, 50, 14],
        };
        match self.rng.weighted(&weights) {
            0 => self.go(who),
            1 => self.take(who),
            2 => self.leave(who),
            3 => self.give(who),
            4 => self.buy(who),
            _ => {
                if let Some(deed) = self.deeds.pop() {
                    self.moments.push(Moment::Do { who, deed });
                }
            }
        }
    }

    fn go(&mut self, who: Who) {
        let here = self.standing.people[who];
        let place = *self.rng.choose(&self.places);
        if Some(place) == here {
            return;
        }
        let told = if self.focus == Focus::Journeys { [45, 45, 10] } else { [20, 30, 50] };
        let (when, why) = match self.rng.weighted(&told) {
            0 => (self.times.pop(), None),
            1 => (None, self.reasons.pop()),
            _ => (None, None),
        };
        self.standing.people[who] = Some(place);
        self.moments.push(Moment::Go { who, place, when, why });
    }

    fn take(&mut self, who: Who) {
        let Some(here) = self.standing.people[who] else { return };
        let lies_here =
            |thing: &&usize| self.standing.holder(**thing).is_none_or(|holder| holder == Err(here));
        let free: Vec<usize> = self.things.iter().filter(lies_here).copied().collect();
        if free.is_empty() {
            return;
        }
        let thing = *self.rng.choose(&free);
        self.standing.put(thing, Ok(who));
        self.moments.push(Moment::Take { who, thing });
    }

    fn leave(&mut self, who: Who) {
        let (mine, here) = (self.standing.belongings(who), self.standing.people[who]);
        if let (Some(here), false) = (here, mine.is_empty()) {
            let thing = *self.rng.choose(&mine);
            self.standing.put(thing, Err(here));
            self.moments.push(Moment::Leave { who, thing });
        }
    }

    fn give(&mut self, who: Who) {
        let (mine, here) = (self.standing.belongings(who), self.standing.people[who]);
        let near = |&other: &Who| other != who && self.standing.people[other] == here;
        let near: Vec<Who> = (0..self.standing.people.len()).filter(near).collect();
        if mine.is_empty() || near.is_empty() {
            return;
        }
        let (thing, to) = (*self.rng.choose(&mine), *self.rng.choose(&near));
        self.standing.put(thing, Ok(to));
        self.moments.push(Moment::Give { who, thing, to });
    }

    fn buy(&mut self, who: Who) {
        if let Some(goods) = self.goods.pop() {
            let number = 2 + self.rng.index(11);
            self.moments.push(Moment::Buy { who, number, goods });
        }
    }
}
