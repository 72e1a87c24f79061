//! What a tale is made of beside its people: places, things, goods, times, reasons, deeds.

/// Where one can be: one is at all of them.
pub const PLACES: [&str; 24] = [
    "mill",
    "barn",
    "school",
    "market",
    "harbor",
    "bakery",
    "forge",
    "library",
    "bridge",
    "tower",
    "inn",
    "chapel",
    "stable",
    "well",
    "lake",
    "dairy",
    "workshop",
    "station",
    "quarry",
    "lighthouse",
    "gate",
    "theater",
    "farm",
    "ferry",
];

/// What can be carried about.
pub const THINGS: [&str; 32] = [
    "lamp", "book", "rope", "basket", "coin", "kettle", "hammer", "drum", "letter", "kite",
    "mirror", "candle", "spoon", "ring", "flute", "blanket", "ladder", "bottle", "map", "cup",
    "key", "hat", "clock", "broom", "saw", "needle", "violin", "globe", "lantern", "umbrella",
    "scarf", "bucket",
];

/// What is bought by number.
pub const GOODS: [&str; 16] = [
    "eggs", "pears", "nails", "plums", "fish", "buns", "carrots", "onions", "candies", "lemons",
    "buttons", "beans", "tulips", "cherries", "potatoes", "feathers",
];

/// Times of a day in their order. No two begin with the same word, so that the first word of an answer
/// says which is meant.
pub const TIMES: [&str; 10] = [
    "at dawn",
    "before breakfast",
    "during the morning",
    "around noon",
    "after lunch",
    "in the afternoon",
    "toward sunset",
    "late in the evening",
    "by moonlight",
    "past midnight",
];

/// Why one goes somewhere.
pub const REASONS: [&str; 32] = [
    "to buy flour",
    "to meet a friend",
    "to fetch water",
    "to look for the cat",
    "to sell cheese",
    "to mend a chair",
    "to pick berries",
    "to hear the news",
    "to feed the hens",
    "to borrow a saw",
    "to clean the windows",
    "to rest a while",
    "to watch the boats",
    "to pay a debt",
    "to ask for help",
    "to see the doctor",
    "to paint a fence",
    "to sing a song",
    "to learn to dance",
    "to count the sheep",
    "to gather wood",
    "to catch a train",
    "to say goodbye",
    "to hide from the rain",
    "to write a poem",
    "to study the stars",
    "to repair a clock",
    "to plant a tree",
    "to hang up the washing",
    "to visit a cousin",
    "to look at the paintings",
    "to find a quiet place",
];

/// What one did somewhere.
pub const DEEDS: [&str; 32] = [
    "fed the ducks",
    "sang an old song",
    "swept the steps",
    "told a joke",
    "ate a warm bun",
    "slept for an hour",
    "drew a picture",
    "watered the flowers",
    "played a game of chess",
    "wrote a short note",
    "lost a shoe",
    "fixed a broken wheel",
    "shared a sandwich",
    "danced in a circle",
    "looked at the clouds",
    "counted the windows",
    "peeled the potatoes",
    "chased a goose",
    "brushed the pony",
    "rang the old bell",
    "made a snowman",
    "carved a wooden bird",
    "poured some tea",
    "knitted a sock",
    "planted six beans",
    "read the notices",
    "fell into a puddle",
    "caught a frog",
    "washed the dishes",
    "climbed a wall",
    "laughed out loud",
    "built a small tower",
];

/// Small numbers in words.
pub const NUMBERS: [&str; 13] = [
    "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve",
];

/// What a day is like, before anything happens.
pub const WEATHER: [&str; 16] = [
    "a windy day",
    "a warm day",
    "a gray day",
    "the first day of spring",
    "a busy day",
    "market day",
    "a quiet day",
    "a cold day",
    "the day before the fair",
    "a bright day",
    "a rainy day",
    "a long day",
    "the last day of summer",
    "a foggy day",
    "a holiday",
    "an ordinary day",
];
