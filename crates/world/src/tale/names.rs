//! Who and where a tale may be about: none of these names is met in the lasting village.

/// First names of girls and women.
pub const WOMEN: [&str; 16] = [
    "Ada", "Bertha", "Cora", "Ella", "Fiona", "Hazel", "Irene", "Jenny", "Kim", "Lisa", "Maya",
    "Nina", "Pia", "Sally", "Tara", "Viola",
];

/// First names of boys and men.
pub const MEN: [&str; 16] = [
    "Adam", "Arno", "Bruno", "Dan", "Elias", "Frank", "Hans", "Jack", "Kai", "Lewis", "Mike",
    "Olaf", "Philip", "Roman", "Sven", "Urban",
];

/// Family names.
pub const FAMILIES: [&str; 100] = [
    "Abbott", "Acker", "Alden", "Archer", "Ashby", "Barlow", "Beck", "Bell", "Birch", "Blom",
    "Brandt", "Briggs", "Brook", "Carver", "Castle", "Chase", "Clay", "Cole", "Cooper", "Crane",
    "Dahl", "Dale", "Darby", "Drake", "Dunn", "Eklund", "Ellis", "Falk", "Farrow", "Fenn", "Finch",
    "Fisk", "Flint", "Forde", "Frost", "Gale", "Garner", "Glover", "Graves", "Grove", "Hale",
    "Hardy", "Hart", "Haven", "Hedge", "Heller", "Hobbs", "Holm", "Holt", "Hume", "Ivers",
    "Janssen", "Keller", "Kerr", "Knox", "Lamb", "Lang", "Larch", "Lindt", "Locke", "Lund",
    "Marsh", "Mercer", "Moss", "Nash", "Neff", "Noble", "Norris", "Oakes", "Olsen", "Page", "Parr",
    "Peck", "Perry", "Pike", "Quill", "Reed", "Ridge", "Rolfe", "Rowe", "Sands", "Sears", "Shaw",
    "Skye", "Sloane", "Snow", "Stark", "Stone", "Swan", "Tallow", "Thorne", "Vance", "Voss",
    "Wade", "Warden", "Webb", "Wells", "Winter", "Wolfe", "Yates",
];

/// First halves of village names.
pub const VILLAGE_HEADS: [&str; 40] = [
    "Alder", "Amber", "Ash", "Barley", "Berry", "Bram", "Bright", "Broad", "Cherry", "Clover",
    "Cold", "Corn", "Deer", "Elder", "Elm", "Fair", "Fern", "Fox", "Goose", "Green", "Hawk",
    "Heather", "High", "Holly", "Ivy", "Lark", "Linden", "Long", "Maple", "Meadow", "Mill", "Oak",
    "Otter", "Raven", "Rose", "Sheep", "Silver", "Summer", "Thistle", "Willow",
];

/// Last halves of village names.
pub const VILLAGE_TAILS: [&str; 20] = [
    "bank", "bridge", "brook", "bury", "by", "combe", "dale", "den", "field", "ford", "gate",
    "ham", "hurst", "ley", "mere", "moor", "stead", "ton", "well", "wick",
];
