//! The word lists that a village is drawn from: trades, places, treasures, goods, pets.
//!
//! Only nouns and their fixed phrases stand here; sentences stand in `render`. People's names are
//! in [`crate::names`].

use crate::village::Gender;

/// A craft that a grown-up in the village works at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trade {
    /// "baker".
    pub name: &'static str,
    /// Index into [`PLACES`] of the place where the work is done.
    pub place: usize,
    /// Third person: "bakes bread".
    pub does: &'static str,
    /// Infinitive without "to": "bake bread".
    pub skill: &'static str,
}

const fn trade(name: &'static str, place: usize, does: &'static str, skill: &'static str) -> Trade {
    Trade { name, place, does, skill }
}

/// One trade for each grown-up: the village has exactly this many parents.
pub const TRADES: [Trade; 14] = [
    trade("baker", 0, "bakes bread and sweet buns", "bake a round loaf"),
    trade("miller", 1, "grinds the wheat into flour", "sew up a sack of flour"),
    trade("smith", 2, "makes nails and horseshoes", "make a small nail"),
    trade("teacher", 3, "teaches the children to read and write", "write a neat letter"),
    trade("fisher", 4, "catches fish in a little boat", "tie a strong knot"),
    trade("farmer", 5, "grows wheat and beans", "milk the brown cow"),
    trade("gardener", 6, "grows roses and herbs", "plant a row of seeds"),
    trade("weaver", 7, "weaves warm cloth", "weave a bright ribbon"),
    trade("carpenter", 8, "builds chairs and tables", "cut a straight board"),
    trade("beekeeper", 9, "looks after the bees", "walk softly among the bees"),
    trade("shepherd", 10, "looks after the sheep", "call the sheep"),
    trade("potter", 11, "makes bowls and cups out of clay", "shape a clay bowl"),
    trade("tailor", 12, "sews coats and dresses", "sew on a button"),
    trade("shopkeeper", 13, "sells candles and string", "tie a tidy parcel"),
];

/// Whom people who think so expect in a trade; half of the trades for each. Nothing in a village
/// follows it unless it is asked for.
pub fn expected(trade: usize) -> Gender {
    const OF_WOMEN: [usize; 7] = [0, 3, 6, 7, 9, 11, 12];
    if OF_WOMEN.contains(&trade) { Gender::Female } else { Gender::Male }
}

/// A place that everybody may go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Site {
    /// "the market".
    pub name: &'static str,
    /// The word for being there: "at", "by", "in", "on".
    pub at: &'static str,
    /// A sentence or two about how it is there.
    pub scene: &'static str,
}

const fn site(name: &'static str, at: &'static str, scene: &'static str) -> Site {
    Site { name, at, scene }
}

/// The first fourteen are workplaces in the order of [`TRADES`].
pub const PLACES: [Site; 21] = [
    site(
        "the bakery",
        "at",
        "[The air smelled of warm bread.|Golden loaves were cooling in a row.]",
    ),
    site("the mill", "at", "[The big wheel went round and round.|White dust danced in the light.]"),
    site("the forge", "at", "[The fire was red and hot.|The hammer rang like a bell.]"),
    site("the school", "at", "[The windows were open.|Someone had drawn a sun on the wall.]"),
    site("the river", "by", "[The water was clear and quick.|Small fish swam among the stones.]"),
    site(
        "the farm",
        "at",
        "[The hens were scratching in the yard.|A brown cow looked over the fence.]",
    ),
    site("the garden", "in", "[The roses were in bloom.|A snail sat on a wet leaf.]"),
    site(
        "the loom house",
        "in",
        "[Blue and yellow thread hung from the wall.|The loom went click and clack.]",
    ),
    site("the workshop", "in", "[Curls of wood lay on the floor.|It smelled of fresh wood.]"),
    site("the meadow", "in", "[The grass was full of daisies.|Bees hummed from flower to flower.]"),
    site(
        "the hill",
        "on",
        "[The whole village lay below, as small as a toy.|The wind was fresh up there.]",
    ),
    site("the pottery", "in", "[Wet bowls stood on a long shelf.|The clay was soft and cool.]"),
    site(
        "the sewing room",
        "in",
        "[Buttons of all colors shone in a jar.|Soft cloth lay in neat piles.]",
    ),
    site(
        "the shop",
        "in",
        "[The shelves were full up to the roof.|A little bell rang over the door.]",
    ),
    site(
        "the market",
        "at",
        "[The stalls were bright with fruit.|People laughed and talked at every stall.]",
    ),
    site(
        "the pond",
        "by",
        "[Two ducks were swimming in the sun.|A green frog jumped into the water.]",
    ),
    site("the woods", "in", "[The trees were tall and quiet.|A bird was singing far above.]"),
    site(
        "the old bridge",
        "by",
        "[The water sang under the stones.|Moss grew on the gray stones.]",
    ),
    site(
        "the orchard",
        "in",
        "[The branches were heavy with fruit.|The grass was soft under the trees.]",
    ),
    site(
        "the well",
        "by",
        "[The bucket hung still on its rope.|The stones were cool in the shade.]",
    ),
    site(
        "the big oak",
        "under",
        "[The leaves whispered in the wind.|A squirrel ran up the trunk.]",
    ),
];

/// Places where a walk, a game or a small loss may happen: not a workplace.
pub const OPEN_PLACES: [usize; 10] = [4, 6, 9, 10, 14, 15, 16, 18, 19, 20];

/// A thing somebody owns and keeps: (adjective, noun, index into [`TRADES`] of who can mend it).
/// The first fourteen are toys, one for each child.
pub const TREASURES: [(&str, &str, usize); 32] = [
    ("red", "kite", 7),
    ("wooden", "boat", 8),
    ("small", "drum", 8),
    ("silver", "bell", 2),
    ("rag", "doll", 12),
    ("straw", "hat", 7),
    ("old", "flute", 8),
    ("green", "wagon", 8),
    ("tin", "whistle", 2),
    ("little", "spade", 2),
    ("shiny", "bucket", 2),
    ("toy", "horse", 8),
    ("pretty", "ribbon", 7),
    ("paper", "fan", 12),
    ("brass", "lantern", 2),
    ("yellow", "cup", 11),
    ("long", "scarf", 7),
    ("black", "umbrella", 12),
    ("round", "basket", 7),
    ("soft", "blanket", 12),
    ("white", "jug", 11),
    ("blue", "cap", 12),
    ("painted", "box", 8),
    ("orange", "bowl", 11),
    ("woolen", "coat", 12),
    ("gold", "ring", 2),
    ("walking", "stick", 8),
    ("copper", "kettle", 2),
    ("leather", "bag", 12),
    ("striped", "shawl", 7),
    ("clay", "vase", 11),
    ("brown", "pot", 11),
];

/// Something to eat or to give, of which one lies ready each day:
/// (container phrase, what is in it, index into [`PLACES`] of where it comes from).
pub const GOODS: [(&str, &str, usize); 16] = [
    ("loaf of bread", "bread", 0),
    ("bag of flour", "flour", 1),
    ("basket of apples", "apples", 18),
    ("basket of plums", "plums", 18),
    ("jar of honey", "honey", 9),
    ("bottle of milk", "milk", 5),
    ("basket of eggs", "eggs", 5),
    ("bunch of roses", "roses", 6),
    ("bunch of daisies", "daisies", 9),
    ("bag of nuts", "nuts", 16),
    ("bowl of berries", "berries", 16),
    ("box of pears", "pears", 14),
    ("round cheese", "cheese", 14),
    ("plate of buns", "buns", 0),
    ("bag of beans", "beans", 5),
    ("pot of jam", "jam", 14),
];

/// What a pet can be, each with a sound it makes.
pub const PET_KINDS: [(&str, &str); 8] = [
    ("dog", "barking"),
    ("cat", "meowing"),
    ("goat", "bleating"),
    ("duck", "quacking"),
    ("lamb", "bleating"),
    ("pony", "neighing"),
    ("puppy", "barking"),
    ("kitten", "meowing"),
];

/// Names for pets; longer than any village needs.
pub const PET_NAMES: [&str; 20] = [
    "Pip", "Button", "Clover", "Biscuit", "Pepper", "Nutmeg", "Patch", "Fern", "Bramble", "Sunny",
    "Thistle", "Acorn", "Snowy", "Ginger", "Mossy", "Bean", "Cricket", "Tansy", "Hazel", "Dot",
];

/// Dishes people love best.
pub const DISHES: [&str; 14] = [
    "apple pie",
    "honey cake",
    "bean soup",
    "warm bread",
    "plum jam",
    "fried fish",
    "pancakes",
    "nut cake",
    "cheese",
    "fresh berries",
    "sweet buns",
    "roast potatoes",
    "pumpkin soup",
    "pears",
];

/// How a house looks; with a landmark it names a home.
pub const HOUSES: [&str; 10] = [
    "the blue house",
    "the red house",
    "the white house",
    "the green house",
    "the yellow house",
    "the stone house",
    "the tall house",
    "the little house",
    "the old house",
    "the brick house",
];

/// Landmarks a house stands by.
pub const LANDMARKS: [&str; 10] = [
    "by the river",
    "near the mill",
    "behind the school",
    "beside the well",
    "near the bridge",
    "at the foot of the hill",
    "next to the market",
    "by the pond",
    "near the orchard",
    "at the end of the lane",
];
