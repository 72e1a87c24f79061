//! The same stories in other people's words: names, places, things and verbs that no other lesson has.
//!
//! Tales draw on a few dozen names and things, each of which a model comes to know by heart; asked about
//! a story of somebody's own, with a John and a kitchen in it, it then answers with the names it knows.
//! What has to be learnt is to copy whatever stands there, so some lessons are told again with words
//! from lists that are several times as long. The exam is never told again.

use std::collections::HashMap;

use stdx::Rng;

use crate::conversation::Turn;
use crate::tale::names::{MEN, WOMEN};
use crate::tale::words::{PLACES, THINGS};

/// First names of girls and women.
const OWN_WOMEN: [&str; 72] = [
    "Abigail",
    "Alexandra",
    "Alison",
    "Amanda",
    "Amina",
    "Amy",
    "Angela",
    "Anna",
    "Anne",
    "Becky",
    "Beth",
    "Betty",
    "Brenda",
    "Carol",
    "Caroline",
    "Catherine",
    "Charlotte",
    "Chloe",
    "Christine",
    "Cindy",
    "Claire",
    "Debbie",
    "Donna",
    "Dorothy",
    "Elizabeth",
    "Emily",
    "Erica",
    "Fatima",
    "Gloria",
    "Grace",
    "Heather",
    "Helen",
    "Holly",
    "Jane",
    "Janet",
    "Jessica",
    "Joan",
    "Joanna",
    "Judy",
    "Karen",
    "Kathy",
    "Katie",
    "Kelly",
    "Leila",
    "Liz",
    "Lily",
    "Louise",
    "Lucia",
    "Margaret",
    "Maria",
    "Marie",
    "Mary",
    "Megan",
    "Melissa",
    "Mia",
    "Michelle",
    "Nancy",
    "Natalie",
    "Olivia",
    "Pamela",
    "Patricia",
    "Priya",
    "Rachel",
    "Rebecca",
    "Sandra",
    "Sarah",
    "Sophie",
    "Susan",
    "Teresa",
    "Tina",
    "Wendy",
    "Yuki",
];

/// First names of boys and men.
const OWN_MEN: [&str; 72] = [
    "Aaron", "Ahmed", "Alan", "Alex", "Andrew", "Anthony", "Antonio", "Arthur", "Bill", "Bob",
    "Brian", "Carlos", "Charlie", "Chris", "Colin", "Craig", "Daniel", "Dennis", "Derek", "Diego",
    "Edward", "Eric", "Evan", "Francis", "Fred", "Gary", "George", "Gordon", "Greg", "Harold",
    "Harry", "Ian", "Ibrahim", "James", "Jason", "Jeff", "Jim", "Joe", "John", "Jonathan",
    "Joseph", "Julius", "Keith", "Kevin", "Larry", "Luke", "Marcus", "Mark", "Matthew", "Michael",
    "Neil", "Nicholas", "Nick", "Omar", "Oscar", "Patrick", "Pedro", "Phil", "Ralph", "Raj",
    "Richard", "Robert", "Roger", "Ron", "Ryan", "Steve", "Ted", "Thomas", "Toby", "Tom", "Tony",
    "William",
];

/// Where one can be.
const OWN_PLACES: [&str; 64] = [
    "airport",
    "attic",
    "balcony",
    "bank",
    "bathroom",
    "beach",
    "bedroom",
    "cafe",
    "castle",
    "cave",
    "cellar",
    "church",
    "cinema",
    "city",
    "classroom",
    "corner",
    "corridor",
    "desert",
    "factory",
    "field",
    "forest",
    "garage",
    "garden",
    "gym",
    "hall",
    "hallway",
    "hill",
    "hospital",
    "hotel",
    "house",
    "hut",
    "island",
    "kitchen",
    "laboratory",
    "living room",
    "meadow",
    "mountain",
    "museum",
    "office",
    "palace",
    "park",
    "path",
    "playground",
    "pool",
    "pond",
    "port",
    "prison",
    "restaurant",
    "river",
    "roof",
    "sea",
    "shed",
    "shop",
    "shore",
    "square",
    "stage",
    "street",
    "studio",
    "supermarket",
    "tent",
    "terrace",
    "town",
    "village",
    "zoo",
];

/// What can be carried about.
const OWN_THINGS: [&str; 80] = [
    "apple",
    "axe",
    "backpack",
    "bag",
    "ball",
    "balloon",
    "banana",
    "bell",
    "belt",
    "bone",
    "bowl",
    "box",
    "bread",
    "brush",
    "cake",
    "camera",
    "can",
    "cap",
    "card",
    "chair",
    "cheese",
    "coat",
    "comb",
    "computer",
    "crown",
    "cushion",
    "diamond",
    "dish",
    "doll",
    "egg",
    "flag",
    "flower",
    "football",
    "fork",
    "glass",
    "glove",
    "gold",
    "guitar",
    "ice cream",
    "jacket",
    "jar",
    "jug",
    "knife",
    "laptop",
    "lemon",
    "magazine",
    "milk",
    "money",
    "mug",
    "necklace",
    "newspaper",
    "orange",
    "paper",
    "pen",
    "pencil",
    "phone",
    "photo",
    "pillow",
    "pipe",
    "pizza",
    "plate",
    "pot",
    "radio",
    "rock",
    "sandwich",
    "shell",
    "shoe",
    "shovel",
    "sock",
    "stick",
    "stone",
    "suitcase",
    "sword",
    "teddy bear",
    "ticket",
    "towel",
    "toy",
    "trumpet",
    "wallet",
    "watch",
];

/// Verbs of tales, and others for them: each is said in place of the one throughout a lesson.
const OWN_VERBS: [(&str, &[&str]); 9] = [
    ("visited", &["moved to", "walked to", "went back to", "came to"]),
    ("reached", &["arrived at", "ran to", "got to"]),
    ("entered", &["went into", "stepped into", "walked into"]),
    ("explored", &["travelled to", "journeyed to", "hurried to"]),
    ("took", &["picked up", "got hold of", "lifted"]),
    ("grabbed", &["picked up", "snatched", "collected"]),
    ("left", &["put down", "set down", "laid down"]),
    ("dropped", &["put down", "discarded", "threw away"]),
    ("handed", &["passed", "threw", "tossed"]),
];

/// Tells one lesson in `one_in` again in other words, the same for the same throughout.
pub(crate) fn retell(turns: &mut [Turn], one_in: u64, rng: &mut Rng) {
    if !rng.one_in(one_in) {
        return;
    }
    let words = draw(rng);
    for turn in turns {
        turn.text = told(&turn.text, &words);
    }
}

/// For each word of tales another one, or none where it stays: a lesson has old words and new ones.
fn draw(rng: &mut Rng) -> HashMap<&'static str, &'static str> {
    let mut words = HashMap::new();
    let lists: [(&[&'static str], &[&'static str]); 4] =
        [(&WOMEN, &OWN_WOMEN), (&MEN, &OWN_MEN), (&PLACES, &OWN_PLACES), (&THINGS, &OWN_THINGS)];
    for (old, new) in lists {
        let mut new = new.to_vec();
        rng.shuffle(&mut new);
        let pairs = old.iter().copied().zip(new);
        words.extend(pairs.filter(|_| !rng.one_in(8)));
    }
    for (old, new) in OWN_VERBS {
        if rng.one_in(2) {
            words.insert(old, *rng.choose(new));
        }
    }
    words
}

fn told(text: &str, words: &HashMap<&'static str, &'static str>) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 4);
    for piece in text.split_inclusive(|c: char| !c.is_alphabetic()) {
        let end = piece.find(|c: char| !c.is_alphabetic()).unwrap_or(piece.len());
        let (word, rest) = piece.split_at(end);
        out.push_str(words.get(word).copied().unwrap_or(word));
        out.push_str(rest);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names;
    use crate::split::Split;

    #[test]
    fn no_word_is_on_two_lists() {
        let villagers = [Split::Train, Split::Validation, Split::Test]
            .into_iter()
            .flat_map(|split| names::of(split).into_iter().flatten().copied());
        let tales = [&WOMEN[..], &MEN, &PLACES, &THINGS].concat();
        let own = [&OWN_WOMEN[..], &OWN_MEN, &OWN_PLACES, &OWN_THINGS].concat();
        let mut all: Vec<&str> = villagers.chain(tales).chain(own).collect();
        all.sort_unstable();
        let twice: Vec<&[&str]> = all.windows(2).filter(|pair| pair[0] == pair[1]).collect();
        assert!(twice.is_empty(), "{twice:?}");
    }

    #[test]
    fn words_change_whole_and_alike() {
        let words = HashMap::from([("Kai", "John"), ("mill", "kitchen"), ("took", "picked up")]);
        assert_eq!(
            told("Kai took the mill's lamp. Kaiser, the miller: \"Kai\"\nmill", &words),
            "John picked up the kitchen's lamp. Kaiser, the miller: \"John\"\nkitchen"
        );
    }

    #[test]
    fn some_lessons_are_told_again_and_stay_consistent() {
        let mut rng = Rng::new(1);
        let mut n_retold = 0;
        for _ in 0..300 {
            let text = "Ada took the lamp. Bruno reached the mill.";
            let mut turns = [Turn::user(text), Turn::assistant(text)];
            retell(&mut turns, 3, &mut rng);
            assert_eq!(turns[0].text, turns[1].text);
            n_retold += usize::from(turns[0].text != text);
        }
        assert!((70..140).contains(&n_retold), "{n_retold}");
    }
}
