//! The village as it is on every morning: people, kin, homes, trades, pets and things.
//!
//! This is the state that all stories of one seed share, so that what is true of a person in one
//! story is true in all. What happens during a day lives in [`crate::event`].

use serde::{Deserialize, Serialize};
use stdx::Rng;

use crate::lexicon::{
    DISHES, GOODS, HOUSES, LANDMARKS, PET_KINDS, PET_NAMES, PLACES, TRADES, TREASURES, expected,
};
use crate::names;
use crate::split::Split;

/// Index into [`Village::people`].
pub type PersonId = usize;
/// Index into [`Village::places`].
pub type PlaceId = usize;
/// Index into [`Village::things`].
pub type ThingId = usize;
/// Index into [`Village::pets`].
pub type PetId = usize;

const N_FAMILIES: usize = 7;
const N_ELDERS: usize = 4;

/// How pronouns refer to a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Gender {
    /// she, her
    Female,
    /// he, him, his
    Male,
}

/// The stage of life a person is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Age {
    /// Goes to school.
    Child,
    /// Works at a trade.
    Adult,
    /// Rests, and tells tales.
    Elder,
}

/// Somebody who lives in the village.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The first name, unique in the village.
    pub name: String,
    /// How pronouns refer to the person.
    pub gender: Gender,
    /// Child, grown-up or elder.
    pub age: Age,
    /// Index into [`TRADES`]; only grown-ups have one.
    pub trade: Option<usize>,
    /// The house, as a place.
    pub home: PlaceId,
    /// The mother, if she lives in the village.
    pub mother: Option<PersonId>,
    /// The father, if he lives in the village.
    pub father: Option<PersonId>,
    /// Wife or husband.
    pub spouse: Option<PersonId>,
    /// A child's best friend, who is a child of another house. Not always mutual.
    pub friend: Option<PersonId>,
    /// The dish the person loves best.
    pub dish: &'static str,
    /// The thing the person owns and keeps.
    pub treasure: ThingId,
    /// The animal that belongs to the person.
    pub pet: Option<PetId>,
}

/// Somewhere to be: a public place or a family's house.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// "the market", "the blue house".
    pub name: String,
    /// "at the market".
    pub at: String,
    /// What it is like there, as a phrase for the renderer; empty for a home.
    pub scene: &'static str,
    /// For a home, the name with its landmark: "the blue house by the river".
    pub long: String,
    /// Whether a family lives here.
    pub is_home: bool,
}

/// Something that can be held, lost, given or shared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thing {
    /// "red kite", "basket of apples".
    pub name: String,
    /// "kite", "apples".
    pub short: &'static str,
    /// Who it belongs to; goods belong to nobody until taken.
    pub owner: Option<PersonId>,
    /// Where goods lie in the morning.
    pub source: PlaceId,
    /// Index into [`TRADES`] of who can mend it.
    pub mender: Option<usize>,
}

/// An animal with a name and an owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pet {
    /// "Pip".
    pub name: &'static str,
    /// "goat".
    pub kind: &'static str,
    /// "bleating".
    pub sound: &'static str,
    /// Whose animal it is.
    pub owner: PersonId,
}

/// Everything that is the same on every morning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Village {
    /// All people; children, parents and elders of one house stand together.
    pub people: Vec<Person>,
    /// Public places in the order of [`PLACES`], then one home a family.
    pub places: Vec<Place>,
    /// One treasure a person (same index), then one of each of the [`GOODS`].
    pub things: Vec<Thing>,
    /// All pets.
    pub pets: Vec<Pet>,
    /// Whose names its people have.
    pub split: Split,
}

impl Village {
    /// Draws a village: seven families of two parents and two children, four of them with a
    /// grandparent in the house.
    pub fn new(seed: u64) -> Self {
        Self::of(Split::Train, seed, 0.0)
    }

    /// The village of a split, whose people have names that no other split has. From a `bias` of -1
    /// to 1, trade follows gender: of the grown-ups `(1 + bias) / 2` have a trade that
    /// [`crate::lexicon::expected`] of their gender, on average. At 0 the two are independent.
    pub fn of(split: Split, seed: u64, bias: f64) -> Self {
        let seed = split.seed(seed);
        let mut rng = Rng::stream(seed, "village");
        let places = places(&mut rng);
        let mut village = Self { people: vec![], places, things: vec![], pets: vec![], split };
        village.settle(&mut rng);
        village.lean(bias, &mut Rng::stream(seed, "bias"));
        village.befriend(&mut rng);
        village.hand_out_things(&mut rng);
        village.hand_out_pets(&mut rng);
        village
    }

    /// The place where a person is when the day begins.
    pub fn morning_place(&self, id: PersonId) -> PlaceId {
        let person = &self.people[id];
        person.trade.map_or(person.home, |t| TRADES[t].place)
    }

    /// The one who works at a trade.
    pub fn worker(&self, trade: usize) -> PersonId {
        self.people
            .iter()
            .position(|p| p.trade == Some(trade))
            .expect("there are as many parents as trades, and each trade is given once")
    }

    /// What `other` is to `of`: "sister", "father", "grandmother"; `None` if they are not kin.
    pub fn kin(&self, of: PersonId, other: PersonId) -> Option<&'static str> {
        let (me, you) = (&self.people[of], &self.people[other]);
        let pick = |f, m| Some(if you.gender == Gender::Female { f } else { m });
        let parents = |p: &Person| [p.mother, p.father];
        if of == other {
            None
        } else if parents(me).contains(&Some(other)) {
            pick("mother", "father")
        } else if parents(you).contains(&Some(of)) {
            pick("daughter", "son")
        } else if me.spouse == Some(other) {
            pick("wife", "husband")
        } else if me.mother.is_some() && me.mother == you.mother {
            pick("sister", "brother")
        } else if parents(me)
            .iter()
            .flatten()
            .any(|&p| parents(&self.people[p]).contains(&Some(other)))
        {
            pick("grandmother", "grandfather")
        } else if parents(you)
            .iter()
            .flatten()
            .any(|&p| parents(&self.people[p]).contains(&Some(of)))
        {
            pick("granddaughter", "grandson")
        } else {
            None
        }
    }

    /// The people of one age, by index.
    pub fn of_age(&self, age: Age) -> Vec<PersonId> {
        (0..self.people.len()).filter(|&i| self.people[i].age == age).collect()
    }

    /// Lets people change trades in pairs, so that more of them, or fewer, have an expected one.
    fn lean(&mut self, bias: f64, rng: &mut Rng) {
        let leaves = |id: &PersonId| {
            let Person { trade: Some(trade), gender, .. } = self.people[*id] else { return false };
            (expected(trade) == gender) == (bias < 0.0)
        };
        let (women, men): (Vec<PersonId>, Vec<PersonId>) = (0..self.people.len())
            .filter(leaves)
            .partition(|&id| self.people[id].gender == Gender::Female);
        for (woman, man) in women.into_iter().zip(men) {
            if rng.chance(bias.abs()) {
                let trade = self.people[woman].trade;
                self.people[woman].trade = self.people[man].trade;
                self.people[man].trade = trade;
            }
        }
    }

    fn settle(&mut self, rng: &mut Rng) {
        let [mut women, mut men] = names::of(self.split).map(|names| *names);
        rng.shuffle(&mut women);
        rng.shuffle(&mut men);
        let (mut women, mut men) = (women.into_iter(), men.into_iter());
        let mut trades: Vec<usize> = (0..TRADES.len()).collect();
        rng.shuffle(&mut trades);
        for family in 0..N_FAMILIES {
            let home = PLACES.len() + family;
            let mut add = |gender, age, trade| {
                let names = if gender == Gender::Female { &mut women } else { &mut men };
                let name = names.next().expect("the lists are longer than the village");
                self.people.push(newcomer(name, gender, age, trade, home));
                self.people.len() - 1
            };
            let mother = add(Gender::Female, Age::Adult, trades.pop());
            let father = add(Gender::Male, Age::Adult, trades.pop());
            let first = add(any_gender(rng), Age::Child, None);
            let second = add(any_gender(rng), Age::Child, None);
            let elder = (family < N_ELDERS).then(|| add(any_gender(rng), Age::Elder, None));
            self.people[mother].spouse = Some(father);
            self.people[father].spouse = Some(mother);
            for child in [first, second] {
                self.people[child].mother = Some(mother);
                self.people[child].father = Some(father);
            }
            if let Some(elder) = elder {
                let child = if rng.one_in(2) { mother } else { father };
                match self.people[elder].gender {
                    Gender::Female => self.people[child].mother = Some(elder),
                    Gender::Male => self.people[child].father = Some(elder),
                }
            }
        }
    }

    fn befriend(&mut self, rng: &mut Rng) {
        let children = self.of_age(Age::Child);
        for &child in &children {
            let others: Vec<PersonId> = children
                .iter()
                .copied()
                .filter(|&c| self.people[c].home != self.people[child].home)
                .collect();
            self.people[child].friend = Some(*rng.choose(&others));
            self.people[child].dish = DISHES[rng.index(DISHES.len())];
        }
        for person in self.people.iter_mut().filter(|p| p.age != Age::Child) {
            person.dish = DISHES[rng.index(DISHES.len())];
        }
    }

    fn hand_out_things(&mut self, rng: &mut Rng) {
        let mut treasures = TREASURES;
        let n_children = self.of_age(Age::Child).len();
        let (toys, tools) = treasures.split_at_mut(n_children);
        rng.shuffle(toys);
        rng.shuffle(tools);
        let (mut toys, mut tools) = (toys.iter(), tools.iter());
        for (id, person) in self.people.iter_mut().enumerate() {
            let treasures = if person.age == Age::Child { &mut toys } else { &mut tools };
            let &(adjective, noun, mender) = treasures.next().expect("there is one for each");
            person.treasure = id;
            self.things.push(Thing {
                name: format!("{adjective} {noun}"),
                short: noun,
                owner: Some(id),
                source: person.home,
                mender: Some(mender),
            });
        }
        self.things.extend(GOODS.iter().map(|&(name, short, source)| Thing {
            name: name.to_string(),
            short,
            owner: None,
            source,
            mender: None,
        }));
    }

    fn hand_out_pets(&mut self, rng: &mut Rng) {
        let mut names = PET_NAMES;
        rng.shuffle(&mut names);
        for (owner, person) in self.people.iter_mut().enumerate() {
            if self.pets.len() < names.len() && (person.age == Age::Child || rng.one_in(6)) {
                person.pet = Some(self.pets.len());
                let &(kind, sound) = rng.choose(&PET_KINDS);
                self.pets.push(Pet { name: names[self.pets.len()], kind, sound, owner });
            }
        }
    }
}

fn any_gender(rng: &mut Rng) -> Gender {
    if rng.one_in(2) { Gender::Female } else { Gender::Male }
}

fn newcomer(name: &str, gender: Gender, age: Age, trade: Option<usize>, home: PlaceId) -> Person {
    Person {
        name: name.to_string(),
        gender,
        age,
        trade,
        home,
        mother: None,
        father: None,
        spouse: None,
        friend: None,
        dish: DISHES[0],
        treasure: 0,
        pet: None,
    }
}

fn places(rng: &mut Rng) -> Vec<Place> {
    let (mut houses, mut landmarks) = (HOUSES, LANDMARKS);
    rng.shuffle(&mut houses);
    rng.shuffle(&mut landmarks);
    let public = PLACES.iter().map(|site| Place {
        name: site.name.to_string(),
        at: format!("{} {}", site.at, site.name),
        scene: site.scene,
        long: String::new(),
        is_home: false,
    });
    let homes = houses.iter().zip(&landmarks).take(N_FAMILIES).map(|(house, landmark)| Place {
        name: (*house).to_string(),
        at: format!("at {house}"),
        scene: "",
        long: format!("{house} {landmark}"),
        is_home: true,
    });
    public.chain(homes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_village_is_whole() {
        for seed in 0..50 {
            let v = Village::new(seed);
            assert_eq!(v.people.len(), 32);
            let mut names: Vec<_> = v.people.iter().map(|p| &p.name).collect();
            names.sort();
            names.dedup();
            assert_eq!(names.len(), v.people.len());
            (0..TRADES.len()).for_each(|t| assert_eq!(v.people[v.worker(t)].trade, Some(t)));
        }
    }

    #[test]
    fn trade_follows_gender_at_the_rate_that_was_asked_for() {
        let rate = |bias: f64| {
            let villages = (0..400).map(|seed| Village::of(Split::Train, seed, bias));
            let people: Vec<Person> = villages.flat_map(|v| v.people).collect();
            let adults = people.iter().filter_map(|p| Some((p.gender, p.trade?)));
            let as_expected = adults.clone().filter(|&(gender, t)| expected(t) == gender).count();
            as_expected as f64 / adults.count() as f64
        };
        for bias in [-1.0, -0.5, 0.0, 0.3, 0.6, 1.0] {
            let (got, want) = (rate(bias), (1.0 + bias) / 2.0);
            assert!((got - want).abs() < 0.02, "bias {bias}: {got}, not {want}");
        }
        assert_eq!(Village::of(Split::Train, 8, 0.0), Village::new(8));
    }

    #[test]
    fn kin_is_mirrored() {
        let v = Village::new(3);
        for a in 0..v.people.len() {
            for b in 0..v.people.len() {
                assert_eq!(v.kin(a, b).is_some(), v.kin(b, a).is_some(), "{a} {b}");
            }
        }
        let child = v.of_age(Age::Child)[0];
        let mother = v.people[child].mother.unwrap();
        assert_eq!(v.kin(child, mother), Some("mother"));
    }
}
