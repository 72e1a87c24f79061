//! What somebody thinks who writes about a day: by age and by trade.
//!
//! Nothing here happened: these are habits, sayings and general truths.

use crate::lexicon::TRADES;
use crate::village::Age;

/// What one of this age thinks about life.
pub fn any(age: Age) -> &'static [&'static str] {
    match age {
        Age::Child => CHILD,
        Age::Adult => ADULT,
        Age::Elder => ELDER,
    }
}

/// What one of this trade thinks about work; `trade` is an index into [`TRADES`].
pub fn of_trade(trade: usize) -> &'static [&'static str] {
    const ALL: [&[&str]; TRADES.len()] = [
        BAKER, MILLER, SMITH, TEACHER, FISHER, FARMER, GARDENER, WEAVER, CARPENTER, BEEKEEPER,
        SHEPHERD, POTTER, TAILOR, SHOPKEEPER,
    ];
    ALL.get(trade).copied().unwrap_or(ADULT)
}

const CHILD: &[&str] = &[
    "When I am [big|grown up|ten feet tall], I [shall stay up all night|want to sail round the world|will have a [donkey|parrot|tame fox]].",
    "Grown-ups [never have time to look at snails|always say \"later\"|have such long legs].",
    "I wonder [where the moon goes by day|what fish dream about|why geese walk in a row|who taught the first bird to sing].",
    "At school we [are learning the long sums|write on slates|have to sit still for ever so long], and [I would rather be outside|that makes me sleepy|I like the singing best].",
    "I have a [loose tooth|scab on my knee|secret hiding place], and [nobody may touch it|I am very proud of it|it is the best one ever].",
    "My favorite [color changes every week, but today it is [green|crimson|violet]|number is seven, because it [leans over|looks like a scythe]|season is whichever comes next].",
];

const ADULT: &[&str] = &[
    "One [rushes|hurries] through the week and [forgets to look up|hardly hears the birds|never asks the neighbors in].",
    "[Work|A full purse|A tidy house] is a fine thing, but [so is a free hour|a good talk is finer|it does not laugh at one's jokes].",
    "The older I get, the more I [value quiet evenings|like plain food|enjoy a walk without a purpose].",
    "There is [a saying|an old proverb]: [many hands make light work|a borrowed spade comes back rusty|whoever rises early sees the fox].",
    "I [must|really should] [mend that hinge|write more letters|whitewash the kitchen] [one of these days|before winter].",
];

const ELDER: &[&str] = &[
    "At my age [one is glad of small things|every fine day is a present|the stairs get steeper each year].",
    "When I was young, [we danced until the candles went out|there was no bridge yet|winters were longer and so were the stories].",
    "My knees [tell me the weather|complain|creak like the mill], but [my ears are good|my heart is not old|I do not listen to them].",
    "People say that [the old are wise|everything was better once]. [Nonsense|I have my doubts|If they only knew]!",
    "I have seen [seventy springs|three mills burn|many a child grow up], and [still I am curious|there is always something new|I am not tired of it].",
];

const BAKER: &[&str] = &[
    "A baker's day begins [in the dark|while the stars are out], and [by noon I am white to the elbows|the flour gets into every seam].",
    "You cannot [hurry|bully] dough: it [rises when it likes|has a will of its own], [much like people|and that is a lesson in patience].",
    "The smell of [rye|cinnamon|fresh crust] never leaves my [hair|clothes], and [I do not mind|the children follow me for it].",
    "There is no [sweeter|finer] sound than [a loaf that crackles as it cools|a crust breaking].",
];

const MILLER: &[&str] = &[
    "The millstones [hum in my ears|turn even in my dreams], and [without them I sleep badly|silence seems strange to me].",
    "A miller [reads the water like a book|is never quite clean|sneezes more than other people].",
    "[Wheat|Barley|Oats] in, flour out: [that is an honest trade|so the year goes round].",
    "When the stream runs low, [the wheel rests, and so do I|I have time to patch sacks].",
];

const SMITH: &[&str] = &[
    "Iron [is stubborn|forgives nothing], but [heat and patience soften it|a red glow makes it kind].",
    "My [arms|hands] smell of [soot|smoke and oil], and [no soap helps|I have stopped scrubbing].",
    "The [anvil|bellows] [has its own song|keeps the time for me], and [sparks are my fireworks|I hum along].",
    "A good [hinge|hook|horseshoe] outlives [the one who made it|three owners].",
];

const TEACHER: &[&str] = &[
    "My pockets are full of [chalk|confiscated marbles|broken pencils].",
    "Every child [can do something|knows a thing that I do not]; [one only has to find it|that keeps me humble].",
    "[Spelling|Arithmetic|Geography] is [easier than tying thirty shoelaces|mostly a matter of patience].",
    "I correct [essays|copybooks] in my sleep, [in red ink|with a smile].",
];

const FISHER: &[&str] = &[
    "The river [gives and takes|is never the same twice], and [whoever waits is fed|I am only its guest].",
    "My nets [need mending|smell of reeds], my boat [leaks a little|wants tar], and [still I would not swap|I am content].",
    "[Trout|Perch|Eels] bite [at dawn|before a storm], and [they do not care for chatter|that is why I am so quiet].",
    "A fisher learns [to sit still|to read ripples] before anything else.",
];

const FARMER: &[&str] = &[
    "The [cows|pigs|geese] know no [Sunday|holiday], and [neither do I|that is fair enough].",
    "A farmer [looks at the sky before breakfast|trusts the soil more than the calendar].",
    "The [plough|harrow|scythe] has given me [blisters|strong shoulders], and [bread besides|an appetite].",
    "[Turnips|Beans|Oats] grow whether one [worries|sings] or not, but [I sing|I worry all the same].",
];

const GARDENER: &[&str] = &[
    "Weeds [never sleep|have better manners than slugs], and [my back knows it|I admire them a little].",
    "A garden is [never finished|a slow kind of painting], and [that is the joy of it|I am its oldest weed].",
    "[Thyme|Sage|Lavender] under my [nails|window] is [all the perfume I need|as good as a holiday].",
    "One [prunes|digs|waters] and [waits|hopes], and then [it is suddenly June|everything blossoms at once].",
];

const WEAVER: &[&str] = &[
    "Thread by thread [a blanket grows|the week goes by], and [one must not pull too hard|a knot can be undone with patience].",
    "I see [patterns|stripes] everywhere: in [plowed fields|the shadow of a fence].",
    "The [shuttle|loom] [chatters like a magpie|keeps me company], [left and right, left and right|all day long].",
    "[Madder|Indigo|Walnut] dye does not [wash off|leave my fingertips], so [my hands are never plain|everyone knows my trade].",
];

const CARPENTER: &[&str] = &[
    "Measure twice, [cut once|and keep your fingers]: [that holds for more than wood|so my master taught me].",
    "Each [plank|beam] has a [grain|temper], and [one had better go along with it|arguing is useless].",
    "I find [sawdust in my bread|shavings in my cuffs|splinters in my socks].",
    "[Oak|Pine|Ash] [smells of Sunday|is honest], and a [good chair|tight joint] [needs no praise|is a small miracle].",
];

const BEEKEEPER: &[&str] = &[
    "Bees dislike [haste|loud voices|wool], and [I have grown slow and gentle|who can blame them].",
    "A hive is [wiser than a council|busier than a market], and [nobody gives orders|I never tire of watching].",
    "[Clover|Linden|Heather] honey [tastes of July|is summer in a jar].",
    "I have been stung [more often than I can count|on the nose only once], and [the bees were right|one gets used to it].",
];

const SHEPHERD: &[&str] = &[
    "Sheep [are not stupid|all have their own faces], whatever people say; [they know whom to trust|one must only look closely].",
    "Up there I [talk to the clouds|carve spoons], and [my dog listens politely|the day is wide].",
    "A shepherd [counts without thinking|sleeps with one eye open|knows every star by name].",
    "[Shearing|Lambing] leaves me [no time to comb my hair|sore all over], but [I like the bustle|it passes].",
];

const POTTER: &[&str] = &[
    "Clay [remembers every thumb|forgives nearly everything until it is fired].",
    "My wheel [spins|hums], my [apron|doorknob] is gray, and [the world comes to rest in the middle|I think of nothing].",
    "Opening the [kiln|oven] is [like a birthday|the best and worst minute of the week].",
    "A [mug|pitcher] with a crooked [handle|lip] [makes me smile|is my favorite kind].",
];

const TAILOR: &[&str] = &[
    "I look at [hems|collars] before I look at faces, [I fear|which is a bad habit].",
    "A stitch in time [saves nine|saves the trousers], and [my thimble agrees|who knows it better than I].",
    "There are pins [in my cuffs|between my lips|in the rug], and [I find them with bare feet|one had better not hug me].",
    "[Linen|Velvet|Flannel] [tells you who is vain|is a comfort], and [so does a button|scissors never lie].",
];

const SHOPKEEPER: &[&str] = &[
    "Behind a counter one [hears everything|learns to keep secrets], and [I sell those to nobody|the scales stay honest].",
    "People come for [matches|vinegar|needles] and stay [for a chat|half an hour].",
    "I could [tie parcels|count coins|find the pepper] with my eyes shut.",
    "My [shelves|ledgers] are in order, [which cannot be said of my kitchen|more or less].",
];
