//! Phrases to sentences.
//!
//! A phrase is text with choices, `[at last|in the end]`, which may nest and may be empty, and
//! slots, `{slot}` or `{slot:form}`:
//!
//! - people: `a` the actor, `b` the other, `h` the hero, `o` the owner of the pet. Forms: none = the
//!   subject, as a pronoun when it is clear; `o` object; `p` possessive; `n` always the name; `r`
//!   reflexive; `s` always "she" or "he"; `p2` always "her" or "his"; `call` how one says it to the person's face; `dish`,
//!   `trade`, `does`, `do`, `skill`, `home`, `house` (the short name), `who` ("a girl")
//! - `x` the thing: none = "the red kite", later "the kite"; `a` "a red kite"; `an` that, later "the red kite"; `n` "red kite";
//!   `s` "kite"; `mine` "Mara's red kite"
//! - `m` the pet by name; `k` its kind; `sound` its voice
//! - `p` the place, `q` the place spoken of: none = its name; `at`; `to`; `scene`
//!
//! A text may have a writer, who is "I", and a reader, who is "you". For these the form `was` is "was"
//! or "were", as it is "was" for everybody else; `first` is the first name.
//!
//! A sentence begins with a capital by itself. The engine knows no grammar beyond this: agreement
//! is the phrase writer's care, which is why everything is told in the past tense.

use stdx::Rng;

use crate::event::Event;
use crate::lexicon::TRADES;
use crate::village::{Age, Gender, PersonId, PlaceId, Village};
use crate::wording::choice;

/// How often in a row one sentence after another may begin with a pronoun.
const MAX_PRONOUNS: u8 = 2;

/// A text in the making: what was written, and who was spoken of.
#[derive(Debug)]
pub struct Prose<'v> {
    village: &'v Village,
    hero: PersonId,
    me: Option<PersonId>,
    you: Option<PersonId>,
    rng: Rng,
    out: String,
    capital: bool,
    /// The last person mentioned of each gender: whom "she" and "he" mean.
    last: [Option<PersonId>; 2],
    pronouns: u8,
    known_people: u64,
    known_things: u64,
}

impl<'v> Prose<'v> {
    /// An empty text about `hero`.
    pub fn new(village: &'v Village, hero: PersonId, rng: Rng) -> Self {
        Self {
            village,
            hero,
            me: None,
            you: None,
            rng,
            out: String::with_capacity(1024),
            capital: true,
            last: [None; 2],
            pronouns: 0,
            known_people: 0,
            known_things: 0,
        }
    }

    /// An empty text that `hero` writes, to be read by `you` or nobody.
    pub fn written(village: &'v Village, hero: PersonId, you: Option<PersonId>, rng: Rng) -> Self {
        Self { me: Some(hero), you, ..Self::new(village, hero, rng) }
    }

    /// Whom it is about.
    pub fn hero(&self) -> PersonId {
        self.hero
    }

    /// Something that is no phrase, as it is.
    pub fn verbatim(&mut self, text: &str) {
        self.out.push_str(text);
    }

    /// Says one phrase, drawn from `phrases`, as one or more sentences; nothing if there is none.
    pub fn say(&mut self, event: &Event, phrases: &[&str]) {
        if phrases.is_empty() {
            return;
        }
        let phrase = phrases[self.rng.index(phrases.len())];
        if !self.out.is_empty() && !self.out.ends_with('\n') {
            self.out.push(' ');
        }
        self.capital = true;
        self.expand(event, phrase);
    }

    /// Begins a new paragraph, in which people are named anew.
    pub fn paragraph(&mut self) {
        self.out.push('\n');
        self.last = [None; 2];
    }

    /// True once in `n` times.
    pub fn one_in(&mut self, n: u64) -> bool {
        self.rng.one_in(n)
    }

    /// A number below `n`.
    pub fn index(&mut self, n: usize) -> usize {
        self.rng.index(n)
    }

    /// The finished text.
    pub fn finish(self) -> String {
        self.out
    }

    fn expand(&mut self, event: &Event, phrase: &str) {
        let mut rest = phrase;
        while let Some(at) = rest.bytes().position(|b| b == b'[' || b == b'{') {
            self.push(&rest[..at]);
            if rest.as_bytes()[at] == b'{' {
                let end =
                    at + rest[at..].find('}').expect("phrases are tested: each slot is closed");
                self.slot(event, &rest[at + 1..end]);
                rest = &rest[end + 1..];
            } else {
                let (chosen, after) = choice(&rest[at + 1..], &mut self.rng);
                self.expand(event, chosen);
                rest = after;
            }
        }
        self.push(rest);
    }

    fn slot(&mut self, event: &Event, slot: &str) {
        let (name, form) = slot.split_once(':').unwrap_or((slot, ""));
        let village = self.village;
        match name {
            "a" => self.person(event.actor, form),
            "b" => self.person(event.other.unwrap_or(event.actor), form),
            "h" => self.person(self.hero, form),
            "o" => self.person(village.pets[event.pet.unwrap_or(0)].owner, form),
            "x" => self.thing(event.thing.unwrap_or(0), form),
            "m" => self.push(village.pets[event.pet.unwrap_or(0)].name),
            "k" => self.push(village.pets[event.pet.unwrap_or(0)].kind),
            "sound" => self.push(village.pets[event.pet.unwrap_or(0)].sound),
            "p" => self.place(event, event.place, form),
            "q" => self.place(event, event.about.unwrap_or(event.place), form),
            _ => debug_assert!(false, "unknown slot {slot}"),
        }
    }

    fn person(&mut self, id: PersonId, form: &str) {
        let village = self.village;
        let person = &village.people[id];
        let trade = person.trade.map(|t| &TRADES[t]);
        let she = person.gender == Gender::Female;
        if let Some(word) = self.first_or_second(id, form) {
            return self.push(word);
        }
        match form {
            "" => self.subject(id),
            "was" => self.push("was"),
            "first" => self.push(&person.name),
            "s" => self.push(if she { "she" } else { "he" }),
            "r" => self.push(if she { "herself" } else { "himself" }),
            "o" if self.is_clear(id) => self.push(if she { "her" } else { "him" }),
            "p" if self.is_clear(id) => self.push(if she { "her" } else { "his" }),
            "p2" => self.push(if she { "her" } else { "his" }),
            "p" => {
                self.name(id);
                self.push("'s");
            }
            "call" => self.call(id),
            "dish" => self.push(person.dish),
            "trade" => self.push(trade.map_or("villager", |t| t.name)),
            "does" => self.push(trade.map_or("rests", |t| t.does)),
            "do" => self.infinitive(trade.map_or("rests", |t| t.does)),
            "skill" => self.push(trade.map_or("rest", |t| t.skill)),
            "home" => self.push(&village.places[person.home].long),
            "house" => self.push(&village.places[person.home].name),
            "who" => self.push(match (person.age, she) {
                (Age::Child, true) => "a girl",
                (Age::Child, false) => "a boy",
                (Age::Adult, true) => "a woman",
                (Age::Adult, false) => "a man",
                (Age::Elder, true) => "an old woman",
                (Age::Elder, false) => "an old man",
            }),
            _ => self.name(id),
        }
    }

    /// What the writer and the reader are called.
    fn first_or_second(&self, id: PersonId, form: &str) -> Option<&'static str> {
        let mine = self.me == Some(id);
        if !mine && self.you != Some(id) {
            return None;
        }
        let [first, second] = match form {
            "" | "s" | "n" => ["I", "you"],
            "o" => ["me", "you"],
            "p" | "p2" => ["my", "your"],
            "r" => ["myself", "yourself"],
            "was" => ["was", "were"],
            _ => return None,
        };
        Some(if mine { first } else { second })
    }

    /// "bakes bread" to "bake bread".
    fn infinitive(&mut self, does: &'static str) {
        let (verb, rest) = does.split_once(' ').unwrap_or((does, ""));
        let ending = if verb.ends_with("ches") { "es" } else { "s" };
        self.push(verb.strip_suffix(ending).unwrap_or(verb));
        self.push(" ");
        self.push(rest);
    }

    fn is_clear(&self, id: PersonId) -> bool {
        self.last[self.village.people[id].gender as usize] == Some(id)
    }

    fn subject(&mut self, id: PersonId) {
        if self.is_clear(id) && self.pronouns < MAX_PRONOUNS {
            self.pronouns += u8::from(self.capital);
            let she = self.village.people[id].gender == Gender::Female;
            self.push(if she { "she" } else { "he" });
        } else {
            self.pronouns = 0;
            self.name(id);
        }
    }

    /// The name; at the first mention with what the person is to the hero, or does.
    fn name(&mut self, id: PersonId) {
        let village = self.village;
        let person = &village.people[id];
        let new = self.known_people & (1 << id) == 0;
        self.known_people |= 1 << id;
        if self.me.is_some() && self.is_parent(id) {
            self.call(id);
            self.last[person.gender as usize] = Some(id);
            return;
        }
        if new && id != self.hero {
            if let Some(kin) = village.kin(self.hero, id) {
                self.person(self.hero, "p");
                self.push(" ");
                self.push(kin);
                self.push(" ");
            } else if village.people[self.hero].friend == Some(id) {
                self.person(self.hero, "p");
                self.push(" friend ");
            } else if person.age == Age::Elder {
                self.push("old ");
            }
        }
        self.push(&person.name);
        if let (true, Some(trade), None) =
            (new && id != self.hero, person.trade, village.kin(self.hero, id))
        {
            self.push(" the ");
            self.push(TRADES[trade].name);
        }
        self.last[person.gender as usize] = Some(id);
    }

    /// Whether this is somebody whom a child calls by what they are.
    fn is_parent(&self, id: PersonId) -> bool {
        self.village.people[self.hero].age == Age::Child
            && self.village.people[id].age != Age::Child
            && self.village.kin(self.hero, id).is_some()
    }

    /// How the hero or anyone speaks to the person: kin by what they are, others by name.
    fn call(&mut self, id: PersonId) {
        let kin = self.village.kin(self.hero, id);
        let word = match kin {
            Some("mother") => "Mama",
            Some("father") => "Papa",
            Some("grandmother") => "Grandma",
            Some("grandfather") => "Grandpa",
            _ => &self.village.people[id].name,
        };
        self.push(word);
    }

    fn thing(&mut self, id: usize, form: &str) {
        let village = self.village;
        let thing = &village.things[id];
        let new = self.known_things & (1 << id) == 0;
        if form != "s" {
            self.known_things |= 1 << id;
        }
        match form {
            "an" if !new => {
                self.push("the ");
                self.push(&thing.name);
            }
            "a" | "an" => {
                self.push(if thing.name.starts_with(['a', 'e', 'i', 'o', 'u']) {
                    "an "
                } else {
                    "a "
                });
                self.push(&thing.name);
            }
            "mine" => {
                self.possessive(thing.owner.unwrap_or(self.hero));
                self.push(&thing.name);
            }
            "n" => self.push(&thing.name),
            "s" => self.push(thing.short),
            _ => {
                self.push("the ");
                self.push(if new { &thing.name } else { thing.short });
            }
        }
    }

    fn possessive(&mut self, id: PersonId) {
        self.person(id, "p");
        self.push(" ");
    }

    fn place(&mut self, event: &Event, id: PlaceId, form: &str) {
        let village = self.village;
        let place = &village.places[id];
        let own = village.people[event.actor].home == id;
        match (form, own) {
            ("at", true) => self.push("at home"),
            ("to", true) => self.push("home"),
            ("at", false) => self.push(&place.at),
            ("to", false) => {
                self.push("to ");
                self.push(&place.name);
            }
            ("scene", _) => self.expand(event, place.scene),
            _ => self.push(&place.name),
        }
    }

    fn push(&mut self, text: &str) {
        let Some(first) = text.chars().next() else { return };
        if self.capital {
            // An opening quotation mark passes the capital on to the word it opens.
            if first == '"' && text.len() == 1 {
                self.out.push(first);
                return;
            }
            self.out.push(first.to_ascii_uppercase());
            self.out.push_str(&text[first.len_utf8()..]);
        } else {
            self.out.push_str(text);
        }
        self.capital = [". ", "! ", "? "].iter().any(|end| self.out.ends_with(end));
    }
}
