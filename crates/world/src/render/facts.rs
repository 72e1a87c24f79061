//! What is true of the village every day, as triples, and how one asks for it and answers.

use serde::{Deserialize, Serialize};
use stdx::Rng;

use crate::lexicon::{PLACES, TRADES};
use crate::village::{Age, Gender, Village};

/// What a fact says of its subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[expect(missing_docs, reason = "read as: the `relation` of `subject` is `object`")]
pub enum Relation {
    Trade,
    Work,
    Home,
    Mother,
    Father,
    Sister,
    Brother,
    Wife,
    Husband,
    Friend,
    Pet,
    Dish,
    Treasure,
}

/// The `relation` of `subject` is `object`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Fact {
    /// A person's name.
    pub subject: String,
    /// What the fact is about.
    pub relation: Relation,
    /// A name, a place, a trade, or a thing, as it stands in text.
    pub object: String,
}

/// All facts of a village, person by person.
pub fn facts(village: &Village) -> Vec<Fact> {
    let mut facts = Vec::new();
    for (id, person) in village.people.iter().enumerate() {
        let mut add = |relation, object: &str| {
            facts.push(Fact { subject: person.name.clone(), relation, object: object.to_string() });
        };
        if let Some(trade) = person.trade.map(|t| TRADES[t]) {
            add(Relation::Trade, trade.name);
            add(Relation::Work, PLACES[trade.place].name);
        }
        add(Relation::Home, &village.places[person.home].long);
        for (other, them) in village.people.iter().enumerate() {
            let relation = match village.kin(id, other) {
                Some("mother") => Relation::Mother,
                Some("father") => Relation::Father,
                Some("sister") => Relation::Sister,
                Some("brother") => Relation::Brother,
                Some("wife") => Relation::Wife,
                Some("husband") => Relation::Husband,
                _ => continue,
            };
            add(relation, &them.name);
        }
        if let Some(friend) = person.friend {
            add(Relation::Friend, &village.people[friend].name);
        }
        if let Some(pet) = person.pet.map(|p| &village.pets[p]) {
            add(Relation::Pet, &format!("a {} named {}", pet.kind, pet.name));
        }
        add(Relation::Dish, person.dish);
        let treasure = &village.things[person.treasure].name;
        let article = if treasure.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
        add(Relation::Treasure, &format!("{article} {treasure}"));
    }
    facts
}

/// A question that the fact answers. The letters are explained at `fill`.
pub fn question(fact: &Fact, rng: &mut Rng) -> String {
    let questions: &[&str] = match fact.relation {
        Relation::Trade => &[
            "What does S do?",
            "What is S's work?",
            "What is S's trade?",
            "What does S do all day?",
        ],
        Relation::Work => {
            &["Where does S work?", "Where can I find S at work?", "Do you know where S works?"]
        }
        Relation::Home => {
            &["Where does S live?", "Where is S's house?", "Can you tell me where S lives?"]
        }
        Relation::Friend => {
            &["Who is S's best friend?", "Who is S's friend?", "Do you know S's best friend?"]
        }
        Relation::Pet => &[
            "Does S have a pet?",
            "What pet does S have?",
            "Is there an animal that belongs to S?",
        ],
        Relation::Dish => &[
            "What does S like to eat?",
            "What is S's favorite food?",
            "What food does S love most?",
        ],
        Relation::Treasure => {
            &["What does S own?", "What is S's favorite thing?", "What thing does S take care of?"]
        }
        _ => &[
            "Who is S's R?",
            "What is the name of S's R?",
            "Do you know S's R?",
            "Tell me who S's R is.",
        ],
    };
    fill(questions, fact, None, rng)
}

/// The question in more wordings than dialogues use: what lessons ask.
pub fn lesson_question(fact: &Fact, rng: &mut Rng) -> String {
    let more: &[&str] = match fact.relation {
        // One trade, one person: the question may come from the other side.
        Relation::Trade => &[
            "What is S's job?",
            "Which trade does S have?",
            "What is the trade of S?",
            "What does S do for a living?",
            "By what work does S earn a living?",
            "What work does S live by?",
            "Who is the O?",
            "Who is the village O?",
            "Who works as the O?",
        ],
        Relation::Work => &[
            "What is S's place of work?",
            "At which place does S work?",
            "Where is S at work?",
            "What is the workplace of S?",
            "To which place does S go in the morning?",
            "Tell me at which place S is at work.",
        ],
        Relation::Home => &[
            "What is S's home?",
            "In which house is S at home?",
            "Where is S at home?",
            "Where is the house of S?",
            "Tell me which house is S's home.",
        ],
        Relation::Friend => &[
            "Whose best friend is S?",
            "Tell me the name of S's friend.",
            "Who is S's closest friend?",
            "Who is the friend of S?",
        ],
        Relation::Pet => &[
            "What is S's pet?",
            "Which animal does S have?",
            "Which animal belongs to S?",
            "What pet has S?",
            "What is the pet of S?",
            "Tell me what animal S has.",
        ],
        Relation::Dish => &[
            "What is the favorite food of S?",
            "Which food is S's favorite?",
            "What food does S like best?",
            "What is the dish that S likes best?",
            "Which dish does S love most?",
            "Tell me which food S likes best.",
            "Tell me what S eats with joy.",
        ],
        Relation::Treasure => &[
            "What belongs to S?",
            "Which thing is dear to S?",
            "Which thing does S have?",
            "What is the thing that S owns?",
            "Tell me which thing is dear to S.",
        ],
        _ => &["Who is the R of S?", "Do you know who the R of S is?", "What is S's R called?"],
    };
    if rng.one_in(2) { fill(more, fact, None, rng) } else { question(fact, rng) }
}

/// The question in one of the wordings that neither [`question`] nor [`lesson_question`] uses: what the exam
/// asks.
pub fn exam_question(fact: &Fact, rng: &mut Rng) -> String {
    let questions: &[&str] = match fact.relation {
        Relation::Trade => {
            &["What is S by trade?", "Can you tell me S's trade?", "By what trade does S live?"]
        }
        Relation::Work => &[
            "Where does S go to work?",
            "What is the place where S works?",
            "Tell me where S works.",
        ],
        Relation::Home => {
            &["Where is the home of S?", "In what house does S live?", "Tell me where S lives."]
        }
        Relation::Friend => &[
            "What is the name of S's best friend?",
            "Who is the best friend of S?",
            "Tell me who S's best friend is.",
        ],
        Relation::Pet => {
            &["Which pet belongs to S?", "Which animal is S's pet?", "Tell me which pet S has."]
        }
        Relation::Dish => &[
            "Which food does S love?",
            "What is the food that S loves?",
            "Tell me what S loves to eat.",
        ],
        Relation::Treasure => &[
            "Which thing does S own?",
            "Which thing is S's own?",
            "Tell me which thing belongs to S.",
        ],
        _ => &["Can you tell me who S's R is?", "Please name S's R.", "Tell me the name of S's R."],
    };
    fill(questions, fact, None, rng)
}

/// The fact in one sentence of one wording, the subject first.
pub fn statement(fact: &Fact) -> String {
    let pattern = match fact.relation {
        Relation::Trade => "S is the O.",
        Relation::Work => "S works A O.",
        Relation::Home => "S lives in O.",
        Relation::Friend => "S's best friend is O.",
        Relation::Pet | Relation::Treasure => "S has O.",
        Relation::Dish => "S loves O.",
        _ => "S's R is O.",
    };
    fill_in(pattern, fact, None)
}

/// A true answer to [`question`].
pub fn answer(village: &Village, fact: &Fact, rng: &mut Rng) -> String {
    let answers: &[&str] = match fact.relation {
        Relation::Trade => {
            &["S is the O.", "S is the village O.", "S works as the O.", "S is the O. N D."]
        }
        Relation::Work => &["S works A O.", "You can find S A O.", "P place of work is O."],
        Relation::Home => {
            &["S lives in O.", "N lives in O.", "The home of S is O.", "P home is O."]
        }
        Relation::Friend => &["S's best friend is O.", "P best friend is O.", "That is O."],
        Relation::Pet => &["S has O.", "S takes care of O.", "N has O."],
        Relation::Dish => {
            &["S loves O.", "N loves O more than any other food.", "P favorite food is O."]
        }
        Relation::Treasure => {
            &["S has O.", "N has O and takes good care of it.", "P favorite thing is O."]
        }
        _ => &["S's R is O.", "P R is O.", "O is S's R.", "That is O."],
    };
    let gender = village.people.iter().find(|p| p.name == fact.subject).map(|p| p.gender);
    fill(answers, fact, gender, rng)
}

/// Who somebody is, in one or two sentences, with the facts these sentences state.
pub fn portrait(village: &Village, all: &[Fact], name: &str, rng: &mut Rng) -> (String, Vec<Fact>) {
    let person =
        village.people.iter().find(|p| p.name == name).expect("portraits are of villagers");
    let she = person.gender == Gender::Female;
    let of = |relation| all.iter().find(|f| f.subject == name && f.relation == relation);
    let who = match (person.age, she) {
        (Age::Child, true) => "a girl",
        (Age::Child, false) => "a boy",
        (_, true) => "an old woman",
        (_, false) => "an old man",
    };
    let mut text = match of(Relation::Trade) {
        Some(trade) => format!("{name} is the village {}.", trade.object),
        None => format!("{name} is {who} in our village."),
    };
    let wanted =
        [Relation::Home, Relation::Dish, Relation::Pet, Relation::Friend, Relation::Mother];
    let more: Vec<&Fact> = wanted.into_iter().filter_map(of).collect();
    let more = *rng.choose(&more);
    let mut said: Vec<Fact> = of(Relation::Trade).into_iter().cloned().collect();
    said.push(more.clone());
    let (he, his) = if she { ("She", "Her") } else { ("He", "His") };
    text.push(' ');
    text += &match more.relation {
        Relation::Home => format!("{he} lives in {}.", more.object),
        Relation::Dish => format!("{he} loves {}.", more.object),
        Relation::Pet => format!("{he} has {}.", more.object),
        Relation::Friend => format!("{his} best friend is {}.", more.object),
        _ => format!("{his} mother is {}.", more.object),
    };
    (text, said)
}

/// One of `patterns`, its letters filled in: `S` subject, `O` object, `R` the kinship, `N` "She" or
/// "He", `P` "Her" or "His", `A` the word before a place, `D` what the trade does.
fn fill(patterns: &[&str], fact: &Fact, gender: Option<Gender>, rng: &mut Rng) -> String {
    fill_in(rng.choose::<&str>(patterns), fact, gender)
}

fn fill_in(pattern: &str, fact: &Fact, gender: Option<Gender>) -> String {
    let she = gender == Some(Gender::Female);
    let mut out = String::new();
    for (i, word) in pattern.split(' ').enumerate() {
        let space = if i == 0 { "" } else { " " };
        let (head, tail) = word.split_at(word.find(['\'', '.', '?', ',']).unwrap_or(word.len()));
        let head = match head {
            "S" => fact.subject.as_str(),
            "O" => fact.object.as_str(),
            "A" => PLACES.iter().find(|p| p.name == fact.object).map_or("at", |p| p.at),
            "D" => TRADES.iter().find(|t| t.name == fact.object).map_or("rests", |t| t.does),
            "R" => kin_word(fact.relation),
            "N" => {
                if she {
                    "She"
                } else {
                    "He"
                }
            }
            "P" => {
                if she {
                    "Her"
                } else {
                    "His"
                }
            }
            other => other,
        };
        out.extend([space, head, tail]);
    }
    out
}

/// "mother"; "friend" for all that is no kin.
pub(crate) fn kin_word(relation: Relation) -> &'static str {
    match relation {
        Relation::Mother => "mother",
        Relation::Father => "father",
        Relation::Sister => "sister",
        Relation::Brother => "brother",
        Relation::Wife => "wife",
        Relation::Husband => "husband",
        _ => "friend",
    }
}
