//! The art: one picture of letters a motif and size, at most ten wide; hills are wider.
//!
//! `.` lets through what is behind. `c` is the object's color, `d` darker, `l` lighter. `f` is
//! snow where snow lies, and else what the letter after says: the roof or the color. `y` is a
//! window, lit at dusk and night. All others are paints of their own; see [`super::palette`].

use super::motif::Motif;
use super::scene::{Object, Size};

/// The rows of an object's art, top first.
pub(super) fn of(object: &Object) -> &'static [&'static str] {
    match (object.motif, object.size) {
        (Motif::Sun, _) => SUN,
        (Motif::Moon, _) => MOON,
        (Motif::Cloud, _) => CLOUD,
        (Motif::Bird, _) => BIRD,
        (Motif::Kite, _) => KITE,
        (Motif::Balloon, _) => BALLOON,
        (Motif::Hill, Size::Big) => HILL,
        (Motif::Hill, _) => LOW_HILL,
        (Motif::House, Size::Big) => HOUSE,
        (Motif::House, _) => LITTLE_HOUSE,
        (Motif::Mill, _) => MILL,
        (Motif::Tree, Size::Big) => TREE,
        (Motif::Tree, _) => SMALL_TREE,
        (Motif::Fir, Size::Big) => FIR,
        (Motif::Fir, _) => SMALL_FIR,
        (Motif::Well, _) => WELL,
        (Motif::Pond, Size::Big) => POND,
        (Motif::Pond, _) => SMALL_POND,
        (Motif::Woman, _) => WOMAN,
        (Motif::Man, _) => MAN,
        (Motif::Child, _) => CHILD,
        (Motif::Cat, _) => CAT,
        (Motif::Dog, _) => DOG,
        (Motif::Sheep, _) => SHEEP,
        (Motif::Hen, _) => HEN,
        (Motif::Cart, _) => CART,
        (Motif::Fence, _) => FENCE,
        (Motif::Flowers, _) => FLOWERS,
        (Motif::Snowman, _) => SNOWMAN,
    }
}

const SUN: &[&str] = &["l..l..l", ".lcccl.", ".cccccl", "lccccc.", ".ccccc.", ".lcccl.", "l..l..l"];

const MOON: &[&str] = &["..cc..", ".cc...", "cc....", "cc....", "ccc..c", ".ccccc", "..ccc."];

const CLOUD: &[&str] = &["...www....", ".wwwwww...", "wwwwwwwww.", "wwwwwwwwww", ".vvvvvvvv."];

const BIRD: &[&str] = &["...dd....", "....dd...", "cc..dccc.", ".ccccckco", "..cccc..."];

const KITE: &[&str] = &[
    "...l....", "..lcd...", ".lccdd..", "..ccd...", "...d....", "...k.c..", "....k...", "...c.k..",
];

const BALLOON: &[&str] =
    &[".wccd.", "wcwcwd", "wcwcwd", "wcwcwd", ".cwcd.", ".k..k.", "..bb..", "..BB.."];

const HILL: &[&str] = &[
    ".........ff.........",
    ".......ffccff.......",
    ".....fccccccccf.....",
    "....cclcccccccdd....",
    "...ccccccclccccdd...",
    "..ccclcccccccccddd..",
    ".ccccccccccclccccdd.",
    "cccclccccccccccccddd",
    "cccccccccclccccccddd",
];

const LOW_HILL: &[&str] =
    &[".....ffff.....", "...fccccccf...", "..cclccccccdd.", ".ccccccclccddd", "cccclcccccccdd"];

const HOUSE: &[&str] = &[
    ".......BB.",
    "....ff.BB.",
    "...fRRfBB.",
    "..fRRRRfB.",
    ".fRRRRRRf.",
    "fRRRRRRRRf",
    ".dddddddd.",
    ".cyyccyyc.",
    ".cyyccyyc.",
    ".cccccccc.",
    ".cccbBccc.",
    ".cccbBccc.",
    ".cccbBccc.",
];

const LITTLE_HOUSE: &[&str] = &[
    "...ff...", "..fRRf..", ".fRRRRf.", "fRRRRRRf", ".dddddd.", ".cyycbc.", ".cyycbc.", ".ccccbc.",
];

const MILL: &[&str] = &[
    "....WB....",
    "....WB....",
    "...RWBR...",
    "..RRWBRWWW",
    "BBBBkkBBBB",
    "WWWckkd...",
    "..ccBWd...",
    "..ccBWdd..",
    "..ccBWdd..",
    ".ccccccdd.",
    ".cyycccbd.",
    ".cyycccbd.",
    ".ccccccbd.",
];

const TREE: &[&str] = &[
    "...fff...",
    "..fccccf.",
    ".fclccccf",
    ".cclcccdc",
    "cccccclcd",
    "clccccccd",
    "cccclccdd",
    ".cccccdd.",
    "..ccddd..",
    "....bB...",
    "....bB...",
    "....bB...",
    "...bbBB..",
];

const SMALL_TREE: &[&str] = &[".fff.", "flccf", "clccd", "ccccd", ".cdd.", "..b..", "..b.."];

const FIR: &[&str] = &[
    "....f....",
    "....c....",
    "...ccd...",
    "..fccdf..",
    "...ccd...",
    "..cccdd..",
    ".fccccdf.",
    "...ccd...",
    "..ccccd..",
    ".cccccdd.",
    "fccccccdf",
    "....b....",
    "....b....",
];

const SMALL_FIR: &[&str] = &["..f..", "..c..", ".fcd.", "..c..", ".ccd.", "fccdf", "..b.."];

const WELL: &[&str] = &[
    "...f...", "..fRf..", ".fRRRf.", "fRRRRRf", ".B.k.B.", ".B.k.B.", ".B.b.B.", "lcclccl",
    "cclccdd", "lccdccd",
];

const POND: &[&str] =
    &["..cccccc..", ".clllcccc.", "cccccclllc", "ccllcccccc", ".cccccllc.", "..cccccc.."];

const SMALL_POND: &[&str] = &[".ccccc.", "cllcccc", "ccccllc", ".ccccc."];

const WOMAN: &[&str] = &[
    ".hhhh.", "hhhhhh", "hhsksk", "hhssss", ".hsss.", "..cc..", ".cccd.", "sccccs", ".cccd.",
    "cccccd", "..k.k.",
];

const MAN: &[&str] = &[
    ".BBBB.", "BBBBBB", ".sksk.", ".ssss.", "..ss..", ".cccd.", "cccccd", "cccccd", "scccds",
    ".GGGG.", ".k..k.",
];

const CHILD: &[&str] = &[".hhh.", "hhhhh", "hsksk", ".sss.", "scccs", ".ccc.", ".G.G.", ".k.k."];

const CAT: &[&str] = &[
    ".....c...c",
    "c....cc.cc",
    "c....ccccc",
    "cc...ckckc",
    ".ccccccrcc",
    ".cccccccc.",
    "..ccccccc.",
    "..cdc.cdc.",
];

const DOG: &[&str] = &[
    "......ddd.",
    "c.....dckc",
    "cc....dcck",
    ".ccccccrr.",
    "..ccccccc.",
    "..cccccc..",
    "..cd..cd..",
    "..c...c...",
];

const SHEEP: &[&str] = &[
    "..wwwww...",
    ".wwwwwwGG.",
    "wwwvwwGGGG",
    "wvwwwwGkG.",
    "wwwwvwwGG.",
    ".wwwwwww..",
    "..G.G.G...",
];

const HEN: &[&str] = &["....rr.", "c...ck.", "cc..cco", ".cccccr", ".cdddc.", "..ccc..", "..o.o.."];

const CART: &[&str] = &[
    "..YYYYYY..",
    ".YYYYYYYY.",
    "cccccccccc",
    "cdccdccdcc",
    "cccccccccc",
    "BkkkBBkkkB",
    ".kWk..kWk.",
    ".kkk..kkk.",
];

const FENCE: &[&str] =
    &["c..c..c..c", "cccccccccc", "c..c..c..c", "dddddddddd", "c..c..c..c", "d..d..d..d"];

const FLOWERS: &[&str] = &[
    ".c.....c..",
    "cYc.c.cYc.",
    ".c.cYc.c..",
    ".n..c..n.c",
    ".nn.n.nncY",
    "..n.nn.n.c",
    "..n.n..n.n",
];

const SNOWMAN: &[&str] = &[
    "..kkk..", ".kkkkk.", "..www..", ".wkwkw.", ".wwoow.", ".ccccc.", ".wwwcw.", "wwkwwwv",
    "wwwwwvv", "wwkwwvv", ".vvvvv.",
];
