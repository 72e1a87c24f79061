//! The things that can be in a picture, and the words for them.
//!
//! One motif more is one line in [`Motif`], [`MOTIFS`] and `Motif::traits`, its colors, and its
//! art in `sprite`.

use serde::{Deserialize, Serialize};

use super::scene::{Color, Light, Row, Size};

/// What an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each name says what it is")]
pub enum Motif {
    Sun,
    Moon,
    Cloud,
    Bird,
    Kite,
    Balloon,
    Hill,
    House,
    Mill,
    Tree,
    Fir,
    Well,
    Pond,
    Woman,
    Man,
    Child,
    Cat,
    Dog,
    Sheep,
    Hen,
    Cart,
    Fence,
    Flowers,
    Snowman,
}

/// Every motif once, those of the sky before [`Motif::Hill`], which is the first of the others.
pub const MOTIFS: [Motif; 24] = [
    Motif::Sun,
    Motif::Moon,
    Motif::Cloud,
    Motif::Bird,
    Motif::Kite,
    Motif::Balloon,
    Motif::Hill,
    Motif::House,
    Motif::Mill,
    Motif::Tree,
    Motif::Fir,
    Motif::Well,
    Motif::Pond,
    Motif::Woman,
    Motif::Man,
    Motif::Child,
    Motif::Cat,
    Motif::Dog,
    Motif::Sheep,
    Motif::Hen,
    Motif::Cart,
    Motif::Fence,
    Motif::Flowers,
    Motif::Snowman,
];

/// What is the same for all objects of a motif.
struct Traits {
    /// Singular and plural.
    nouns: [&'static str; 2],
    /// What it does where it is: "stands".
    verb: &'static str,
    /// "small" and "tall", where there are two sizes.
    sizes: Option<[&'static str; 2]>,
    rows: &'static [Row],
}

const SKY: &[Row] = &[Row::Sky];
const BACK: &[Row] = &[Row::Back];
const FRONT: &[Row] = &[Row::Front];
const GROUND: &[Row] = &[Row::Back, Row::Front];

const fn traits(
    nouns: [&'static str; 2],
    verb: &'static str,
    sizes: Option<[&'static str; 2]>,
    rows: &'static [Row],
) -> Traits {
    Traits { nouns, verb, sizes, rows }
}

impl Motif {
    /// "house".
    pub fn noun(self) -> &'static str {
        self.traits().nouns[0]
    }

    /// "houses".
    pub fn plural(self) -> &'static str {
        self.traits().nouns[1]
    }

    /// "stands".
    pub fn verb(self) -> &'static str {
        self.traits().verb
    }

    /// The words for small and big, if the motif comes in two sizes.
    pub fn sizes(self) -> Option<[&'static str; 2]> {
        self.traits().sizes
    }

    /// The word for a size; none for the only one.
    pub fn size_word(self, size: Size) -> Option<&'static str> {
        let [small, big] = self.sizes()?;
        match size {
            Size::Small => Some(small),
            Size::Plain => None,
            Size::Big => Some(big),
        }
    }

    /// The colors that the motif comes in, at least one; where there is one only, nobody says it.
    pub fn colors(self) -> &'static [Color] {
        use Color::*;
        match self {
            Motif::Sun => &[Yellow],
            Motif::Moon | Motif::Cloud | Motif::Sheep => &[White],
            Motif::Bird => &[Red, Blue, Black],
            Motif::Kite => &[Red, Orange, Yellow, Green, Purple, Pink],
            Motif::Balloon => &[Red, Orange, Yellow, Green, Purple],
            Motif::Hill | Motif::Fir => &[Green],
            Motif::House => &[Red, Orange, Yellow, Green, Blue, Purple, Pink, White, Gray, Brown],
            Motif::Mill => &[White, Red, Brown],
            Motif::Tree => &[Green, Orange, Pink, Yellow],
            Motif::Well => &[Gray],
            Motif::Pond => &[Blue],
            Motif::Woman | Motif::Flowers => &[Red, Orange, Yellow, Blue, Purple, Pink, White],
            Motif::Man => &[Red, Orange, Yellow, Blue, Purple, White, Gray],
            Motif::Child => &[Red, Orange, Yellow, Blue, Purple, Pink],
            Motif::Cat => &[Black, White, Gray, Orange, Brown],
            Motif::Dog => &[Black, White, Gray, Brown],
            Motif::Hen => &[White, Brown, Black],
            Motif::Cart => &[Red, Yellow, Green, Blue, Brown, Purple],
            Motif::Fence => &[White, Brown, Blue],
            Motif::Snowman => &[Red, Green, Blue, Purple],
        }
    }

    /// The rows that it may be in, at least one.
    pub fn rows(self) -> &'static [Row] {
        self.traits().rows
    }

    /// What carries the color, if it is not the whole: "in a red dress".
    pub fn wears(self) -> Option<(&'static str, &'static str)> {
        match self {
            Motif::Woman => Some(("in", "dress")),
            Motif::Man => Some(("in", "coat")),
            Motif::Child => Some(("in", "shirt")),
            Motif::Snowman => Some(("with", "scarf")),
            _ => None,
        }
    }

    /// Whether the noun is plural by itself: "the flowers are red".
    pub fn is_plural(self) -> bool {
        self == Motif::Flowers
    }

    /// Whether there is never more than one.
    pub fn is_lone(self) -> bool {
        matches!(self, Motif::Sun | Motif::Moon | Motif::Hill | Motif::Pond | Motif::Flowers)
    }

    /// Whether the world has but one, which is called "the".
    pub fn is_definite(self) -> bool {
        matches!(self, Motif::Sun | Motif::Moon)
    }

    /// Whether the motif is met in this light and season.
    pub fn belongs(self, light: Light, snow: bool) -> bool {
        match self {
            Motif::Sun | Motif::Bird | Motif::Kite | Motif::Cloud => light != Light::Night,
            Motif::Moon => light == Light::Night,
            Motif::Flowers => !snow,
            Motif::Snowman => snow,
            _ => true,
        }
    }

    fn traits(self) -> &'static Traits {
        const TALL: Option<[&str; 2]> = Some(["small", "tall"]);
        match self {
            Motif::Sun => const { &traits(["sun", "suns"], "shines", None, SKY) },
            Motif::Moon => const { &traits(["moon", "moons"], "shines", None, SKY) },
            Motif::Cloud => const { &traits(["cloud", "clouds"], "floats", None, SKY) },
            Motif::Bird => const { &traits(["bird", "birds"], "flies", None, SKY) },
            Motif::Kite => const { &traits(["kite", "kites"], "flies", None, SKY) },
            Motif::Balloon => const { &traits(["balloon", "balloons"], "floats", None, SKY) },
            Motif::Hill => {
                const { &traits(["hill", "hills"], "rises", Some(["low", "high"]), BACK) }
            }
            Motif::House => {
                const { &traits(["house", "houses"], "stands", Some(["little", "big"]), BACK) }
            }
            Motif::Mill => const { &traits(["mill", "mills"], "stands", None, BACK) },
            Motif::Tree => const { &traits(["tree", "trees"], "grows", TALL, GROUND) },
            Motif::Fir => const { &traits(["fir", "firs"], "grows", TALL, GROUND) },
            Motif::Well => const { &traits(["well", "wells"], "stands", None, GROUND) },
            Motif::Pond => {
                const { &traits(["pond", "ponds"], "lies", Some(["small", "wide"]), FRONT) }
            }
            Motif::Woman => const { &traits(["woman", "women"], "stands", None, GROUND) },
            Motif::Man => const { &traits(["man", "men"], "stands", None, GROUND) },
            Motif::Child => const { &traits(["child", "children"], "plays", None, GROUND) },
            Motif::Cat => const { &traits(["cat", "cats"], "sits", None, FRONT) },
            Motif::Dog => const { &traits(["dog", "dogs"], "runs", None, FRONT) },
            Motif::Sheep => const { &traits(["sheep", "sheep"], "grazes", None, FRONT) },
            Motif::Hen => const { &traits(["hen", "hens"], "walks", None, FRONT) },
            Motif::Cart => const { &traits(["cart", "carts"], "stands", None, FRONT) },
            Motif::Fence => const { &traits(["fence", "fences"], "stands", None, FRONT) },
            Motif::Flowers => const { &traits(["flowers", "flowers"], "grow", None, FRONT) },
            Motif::Snowman => const { &traits(["snowman", "snowmen"], "stands", None, FRONT) },
        }
    }
}
