//! How each kind of event can be told, in the notation of [`super::prose`].
//!
//! Long because it is a table: one arm a kind. Choices within a phrase multiply, so a handful of
//! phrases gives hundreds of sentences. The words are kept few and plain on purpose.

use crate::event::Kind;
use crate::simulate::Plot;

/// Who a child is; said right after the morning.
pub const CHILD: &[&str] = &[
    "{a} lived in {a:home} with {a:p} [family|mother and father].",
    "{a} was {a:who} who [loved|liked] {a:dish} more than [anything else|any other food].",
    "[The family|{a:p} family] lived in {a:home}.",
    "For breakfast there was [warm milk|bread and butter|porridge with honey|a boiled egg], and {a} ate [every bit|it all up|slowly by the window].",
    "{a} was [a kind|a cheerful|a lively|a curious] child who [liked to sing|asked many questions|could never sit still for long|always had a smile for everyone].",
];

/// Who a grown-up is.
pub const ADULT: &[&str] = &[
    "{a} was the village {a:trade} and lived in {a:home}.",
    "{a:p} work was to {a:do}[, and {a} was good at it|, day after day|].",
    "{a} was a {a:trade}, and [a good one too|proud of it].",
    "Most days {a} worked hard as the village {a:trade}, but [today was a day of rest|today the work could wait|this day was free].",
];

/// Who an elder is.
pub const ELDER: &[&str] = &[
    "{a} was {a:who} who lived in {a:home}.",
    "{a} was old, but [{a:p} eyes were bright|{a:p} heart was young|{a:s} still walked a little every day].",
    "{a} was {a:who} who knew [a hundred tales|every stone in the village|all the old songs].",
];

/// The first walk of a day.
pub const SET_OUT: &[&str] = &[
    "[That day|After breakfast|Before long|A little later], {a} [went|walked|set off] {p:to}.",
    "{a} [put on {a:p2} shoes|closed the door softly|packed a piece of bread] and went {p:to}.",
    "It was [a good|the right] day for a walk, so {a} [went|strolled] {p:to}.",
    "The path {p:to} was [short|dusty|sunny|lined with flowers], and {a} [walked fast|was soon there|almost ran].",
    "{a} [whistled a tune|waved to the neighbors|hummed a tune] on the way {p:to}.",
];

/// The evening of a hero who is at home already.
pub const EVENING_AT_HOME: &[&str] = &[
    "[When the sun went down|When the stars came out|That evening], {a} sat by the fire [and felt warm and happy|and smiled|and hummed a quiet song].",
    "[Soon|After supper] it was dark outside, and {a} [fell asleep with a smile|went to bed early|slept well that night].",
    "The lamps were lit, and the house was [full of laughter|warm and bright|quiet and safe].",
];

/// Last words.
pub fn closing(plot: Plot) -> &'static [&'static str] {
    match plot {
        Plot::LostThing | Plot::Broken => &[
            "From then on, {h} took [good|better|great] care of {x:mine}.",
            "{h:n} put {x:mine} [in a safe place|next to the bed|where it could not get lost] before going to sleep.",
            "It had been a hard day, but [it ended well|all was well again|it had a happy end].",
        ],
        Plot::LostPet => &[
            "{m} slept [at the foot of the bed|close by|in a warm corner] all night long.",
            "\"Never run away again,\" {h} whispered, and {m} [seemed to understand|looked very sorry|closed both eyes].",
            "Before bed, {m} got [a very big supper|an extra soft blanket|one more long hug].",
        ],
        Plot::Quarrel => &[
            "A toy is [more fun|twice the fun] when two can play.",
            "They were [better friends than ever|the best of friends again].",
            "It is easy to be angry, but it is much nicer to be friends.",
        ],
        Plot::Share | Plot::Gift | Plot::Bake => &[
            "It feels good to [share|give|make others happy].",
            "It was a small thing, but it made [the whole day|the day] bright.",
            "{h} [thought|knew] that giving was [even better than getting|the best part of the day].",
        ],
        Plot::Lesson | Plot::Afraid => &[
            "{h} felt [very proud|a little taller|ready for anything].",
            "[Hard things|New things] get easier [when you try again|with a little help|step by step].",
            "And after that day, {h} was [never so shy again|braver than before|not so quick to give up].",
        ],
        Plot::Load | Plot::FoundPet | Plot::Storm => &[
            "It is good to have [kind neighbors|friends in the village|someone to help you].",
            "{h} was [glad|happy] to live in such a [kind|friendly|good] village.",
            "Kindness costs nothing, and [everyone can give it|it always comes back|it warms like the sun].",
        ],
    }
}

/// Titles by plot.
pub fn titles(plot: Plot) -> &'static [&'static str] {
    match plot {
        Plot::LostThing => &[
            "{h:n} and the lost {x:s}",
            "the lost {x:s}",
            "where is the {x:n}?",
            "{h:n} loses a {x:s}",
        ],
        Plot::LostPet => {
            &["where is {m}?", "{h:n} looks for {m}", "the day {m} ran away", "{m} is gone"]
        }
        Plot::FoundPet => &["{h:n} and the {k}", "{h:n} finds {m}", "{m} is lost"],
        Plot::Broken => &["the broken {x:s}", "{h:n} and the broken {x:s}", "{h:n} gets help"],
        Plot::Gift => &["a gift from {h:n}", "{h:n} gives a gift", "the {x:n}", "a good surprise"],
        Plot::Storm => &["{h:n} in the rain", "the big rain", "a warm house", "a rainy day"],
        Plot::Share => &["{h:n} shares", "{h:n} and the {x:n}", "enough for two"],
        Plot::Bake => &["{h:n} bakes a cake", "a cake for two", "{h:n} and the {x:n}"],
        Plot::Lesson => &["{h:n} learns something new", "{h:n} tries again", "a lesson for {h:n}"],
        Plot::Load => &["{h:n} helps", "the heavy load", "{h:n} hears a tale"],
        Plot::Quarrel => {
            &["{h:n} and the {x:n}", "a quarrel", "friends again", "two friends and a {x:s}"]
        }
        Plot::Afraid => &["{h:n} is brave", "brave {h:n}", "{h:n} is not afraid"],
    }
}

/// The phrases for a kind of event; none for what happens out of sight.
pub fn of(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Fetch | Kind::Stray => &[],
        Kind::Morning | Kind::Own | Kind::HavePet | Kind::Amuse | Kind::Evening => frame(kind),
        Kind::Go | Kind::GoWith | Kind::Come | Kind::Thank => coming_and_going(kind),
        Kind::Lose | Kind::Notice | Kind::Search | Kind::Ask | Kind::Hint | Kind::Find => {
            lost(kind)
        }
        Kind::NoticePet
        | Kind::SeekPet
        | Kind::AskPet
        | Kind::HintPet
        | Kind::FindPet
        | Kind::HearPet
        | Kind::BringPet => pet(kind),
        Kind::Break | Kind::AskMend | Kind::Mend => broken(kind),
        Kind::Plan | Kind::Take | Kind::Give | Kind::Hungry | Kind::Share => giving(kind),
        Kind::Rain | Kind::Invite | Kind::Warm | Kind::Clear => rain(kind),
        Kind::Wish | Kind::AskFor | Kind::Make | Kind::Serve => baking(kind),
        Kind::AskTeach | Kind::Fail | Kind::Encourage | Kind::Succeed => lesson(kind),
        Kind::Burden | Kind::Carry | Kind::Tale => load(kind),
        Kind::Quarrel | Kind::Alone | Kind::MakeUp | Kind::Turns => quarrel(kind),
        Kind::Afraid | Kind::Comfort | Kind::Brave => fear(kind),
    }
}

fn frame(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Morning => &[
            "One [bright|sunny|warm|quiet|windy|cool] morning, {a} woke up early.",
            "One [fine|clear|warm] day, {a} [got up with the sun|jumped out of bed|opened the window and looked out].",
            "It was a [lovely|beautiful|fresh|mild] [spring|summer|autumn] morning, and {a} [was in a good mood|could not wait to go out|was awake before the birds].",
            "The sun [rose over the hill|came up red and gold|was just coming up] when {a} [woke up|opened both eyes|got out of bed].",
            "Early one [Monday|Tuesday|Friday|Saturday|Sunday], {a} [woke to the song of a bird|heard the birds sing|heard the rooster call].",
            "Once, on a [soft gray|golden|sunny] morning, {a} [sat up in bed and smiled|was the first in the house to wake up].",
        ],
        Kind::Own => &[
            "{a} had {x:a} and [took it everywhere|loved it very much|was very proud of it].",
            "Of all {a:p} things, {a} loved {x} [best|most].",
            "{a} [picked up|took] {x:mine}, [for it was a good day to go out|because it was too nice to leave behind|which was never far away].",
            "\"I will take my {x:n} with me today,\" {a} [thought|said|decided].",
        ],
        Kind::HavePet => &[
            "{a} had a {k} named {m}, and the two were [always together|the best of friends].",
            "{a:p} {k} {m} [was small but quick|liked to chase leaves|loved to run about|was always hungry].",
            "Every morning {a} fed a little {k} whose name was {m}.",
        ],
        Kind::Amuse => &[
            "{a} [sat down for a while and watched the clouds|picked up smooth stones|sat in the sun and looked at the sky|counted the birds in the sky].",
            "[For a while|For a long time], {a} [hummed a song and thought of nothing at all|followed a white butterfly|watched a line of ants carry crumbs].",
            "It was [so nice there|so peaceful there] that {a} [stayed a long time|forgot the time|began to sing].",
            "{a} [skipped along|walked slowly] and [looked at everything|sang a silly song|greeted everyone with a wave].",
        ],
        _ => &[
            "[When the sun went down|As the sky turned red|When the stars came out], {a} walked home[, tired and happy|, humming all the way| with a light heart].",
            "[In the evening|That evening] {a} [told everyone at home about it|sat by the fire at home and smiled|was home in time for supper].",
            "Then {a} [went home|ran home|hurried home], where [supper was ready|the lamp was already lit|a warm fire was burning].",
            "That night, at home in bed, {a} [thought of it all and smiled|slept well|fell asleep at once].",
        ],
    }
}

fn coming_and_going(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Go => &[
            "[Then |So |After that, |Soon ||]{a} [went|walked|set off|hurried] {p:to}.",
            "[After a while, |Then |A little later, ]{a} [made {a:p2} way|went down the path|took the road] {p:to}.",
            "{a} [crossed the lane and went|took a short cut|walked on, step by step,] {p:to}.",
            "The path {p:to} was [short|dusty|sunny|lined with flowers], and {a} [walked fast|was soon there|almost ran].",
        ],
        Kind::GoWith => &[
            "[Together they|So they|Side by side, they] [went|walked|hurried] {p:to}.",
            "{b} [led the way|knew a short cut|went first], and [off they went|so they walked] {p:to}.",
            "They [did not lose any time|set out at once] and went {p:to}.",
            "{b} went along, and [soon|before long] they [were|stood] {p:at}.",
        ],
        Kind::Come => &[
            "[Just then|After a while|At that moment|A moment later], {a} came [by|along|around the corner].",
            "[Soon|Then|Before long] there were [footsteps|steps on the path|quick steps], and there was {a}.",
            "\"[Hello|Good day|Hello there]!\" called a [friendly|cheerful|warm] voice. It was {a}.",
            "[By good luck|As luck would have it], {a} [was just passing by|happened to come along].",
        ],
        _ => &[
            "\"Thank you[ so much| very much|], {b:call}!\" {a} [said|cried|said with a big smile].",
            "{a} gave {b:o} a [big|warm] [hug|smile].",
            "\"You are [so kind|a good friend|very kind],\" {a} [said to|told] {b:o}.",
            "{a} [thanked {b:o} again and again|did not know how to thank {b:o} enough|thanked {b:o} with all {a:p2} heart].",
            "\"How can I ever thank you?\" asked {a:n}. \"[It was nothing|I was glad to do it|Your smile is enough],\" {b} [answered|said].",
        ],
    }
}

fn lost(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Lose => &[
            "But when {a} [got up to go|turned around|bent down to look at a beetle], {x} [fell to the ground|slipped away|was left behind], and {a} did not [see it|notice].",
            "{a} put {x} down [on a stone|on a low wall|for a moment] and [forgot all about it|did not think of it again].",
            "Nobody saw how {x} [slipped away|fell to the ground|was left behind].",
        ],
        Kind::Notice => &[
            "[Suddenly|All at once] {a} [saw|noticed] that {x} was gone.",
            "\"Oh no!\" cried {a:n}. \"Where is my {x:s}?\"",
            "\"My {x:s}!\" {a} [cried|said]. \"I had it this morning, and now it is gone!\"",
            "{a} looked down and [stopped|stood still]. {x} was not there anymore!",
        ],
        Kind::Search => &[
            "{a} [looked|searched] [high and low|everywhere|in every corner], but [it was not there|could not find it|found nothing].",
            "{a} looked [behind every door|under every bench|left and right] and even [in an empty barrel|under an old sack|inside a flower pot]. [There was nothing|It was no use].",
            "{a} searched and searched {p:at}, and [felt sadder and sadder|a tear ran down {a:p2} cheek|sat down with a sigh].",
        ],
        Kind::Ask => &[
            "\"Have you seen my {x:n}?\" {a} asked.",
            "{b} [asked|wanted to know] what was wrong. \"I have lost my {x:n},\" {a} [said|answered sadly].",
            "\"Why do you look so [sad|worried]?\" asked {b:n}. \"My {x:s} is gone,\" said {a:n}, \"and I cannot find it.\"",
            "{a} told {b:o} about {x}[ and asked for help|].",
        ],
        Kind::Hint => &[
            "\"[I think|Wait, I think|Yes,] I saw it {q:at},\" said {a:n}. \"[Let us go and look|Come with me]!\"",
            "{a} thought for a moment. \"There was {x:a} {q:at} [this morning|a while ago],\" {a:s} said.",
            "\"Do not [cry|worry],\" said {a:n}. \"[I saw|I know I saw] it {q:at}.\"",
        ],
        _ => &[
            "And [there it was|there it lay]! {a} [picked it up|held it tight|hugged it] and [laughed|danced for joy|smiled from ear to ear].",
            "[There, on the ground|Behind a stone|Under some leaves], {a} [saw something|found {a:p2} {x:s}]. \"[Here it is|I have it|Look, there it is]!\" {a:s} [cried|called].",
            "\"Look!\" [cried|called] {b:n}, and [pointed at the ground|clapped with joy]. There lay {x}, [safe and sound|as good as before], and {a} picked it up.",
        ],
    }
}

fn pet(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::NoticePet => &[
            "But [that morning|today|this time], {m} was [nowhere to be seen|gone|not there].",
            "{a} [called and called|looked into the yard|held up some food], but {m} did not come.",
            "The gate was [open|not shut], and {m} was gone! \"Oh no,\" {a} [said|cried].",
        ],
        Kind::SeekPet => &[
            "\"{m}! {m}!\" {a} [called|shouted], but [there was no answer|only the wind answered].",
            "{a} looked [left and right|up and down the path|all around] and [listened|called] again and again, but there was no {k}.",
            "{a} asked [the birds|the wind|a cat on a wall], but [of course they said nothing|nobody could tell|got no answer].",
        ],
        Kind::AskPet => &[
            "\"Have you seen my {k}?\" {a} asked.",
            "\"I am looking for {m},\" {a} [said|told {b:o}]. \"[Please help me|I am so worried].\"",
            "{a} told {b:o} [everything|what was wrong]: {m} had run away.",
        ],
        Kind::HintPet => &[
            "\"A [little|young|hungry] {k} was {q:at} just now,\" said {a:n}. \"[Come, quick|Let us go and see]!\"",
            "{a} [nodded|smiled]. \"[I saw|I just saw|I think I saw] {m} {q:at},\" {a:s} said.",
            "\"I heard {sound} {q:at},\" {a} said. \"[It may be|That must be] {m}!\"",
        ],
        Kind::FindPet => &[
            "[There|In a quiet corner|Under a broken cart] sat {m}, [wet and tired|safe and sound|with leaves all over]. {a} [was so glad|laughed with relief].",
            "{a} knelt down, and {m} came [running|slowly closer]. \"[There you are|Good {k}|All is well now],\" {a} [said softly|whispered].",
            "{m} [had followed a butterfly|had been hiding from the wind|had only been looking for food], and now {a} [picked up|held|hugged] the {k} [gently|with both arms].",
        ],
        Kind::HearPet => &[
            "[Then|Suddenly|All at once] {a} heard a [small|strange|sad] sound. It was [{o:p} {k} {m}|{m}, {o:p} {k}], all alone!",
            "Somewhere [near|close by] there was {sound}. {a} [looked around|followed the sound] and saw {o:p} {k} {m}.",
        ],
        _ => &[
            "{b:n} [stood at the door|ran out of the house] and [cried|shouted] with joy. \"[My {k}! You found {m}|You found my {k}|{m}, you are back]!\"",
            "\"Is this your {k}?\" {a} asked. \"[Yes, that is|Oh, it is] {m}!\" {b} [said|cried]. \"[I looked everywhere|I was so worried].\"",
            "{a} knocked at the door. When {b} saw {m}, {b:s} [laughed and cried|jumped for joy|could hardly believe it].",
        ],
    }
}

fn broken(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Break => &[
            "[Then|But then|Suddenly] {a} [tripped|slipped|stumbled over a root] and fell, and {x} broke.",
            "[Crack!|Oh no!] {x} [hit a stone|fell down hard|got caught on a branch], and now it was broken.",
            "But [a strong wind came|a wild goose ran by], {a} let go of {x}, and it broke. {a:s} [wanted to cry|was very sad|felt awful].",
        ],
        Kind::AskMend => &[
            "{b:n} [looked up from {b:p2} work|put down {b:p2} tools]. \"My {x:s} is broken,\" said {a:n}. \"Can you [help me|mend it], please?\"",
            "\"Please, can you mend my {x:n}?\" {a} asked {b:n}.",
            "{a} [held out|showed] {x} and [said nothing, but {b} understood|asked {b} for help|told {b} what had happened].",
        ],
        _ => &[
            "{a} [looked at it closely|turned it over twice|scratched {a:p2} head] and went to work. [Soon|Before long], {x} was [as good as new|whole again].",
            "\"[That is easy|I can do that|We will see],\" said {a:n}, and [in no time|after a little while] {x} was mended.",
            "It took [some time|all afternoon|a steady hand], but {a} [did not give up|worked with care], and [at last|in the end] {x} was [mended|whole again].",
        ],
    }
}

fn giving(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Plan => &[
            "{a} thought of {b:n}, who [had been so tired lately|had been sad lately|had worked hard all week]. \"I will [bring|find] a gift,\" {a:s} [said|decided].",
            "{a} wanted to [make {b:n} happy that day|bring {b:n} something good|give {b:n} a reason to smile].",
            "{a} wanted to [surprise {b:n} with something nice|do something kind for {b:n}].",
        ],
        Kind::Take => &[
            "There {a} [found|got|chose] {x:a}.",
            "{a} [looked around|took a good look] and [chose|took] {x:a}, [the best one of all|which was just right].",
            "\"This is just [right|what I need],\" {a} said, and took {x:a}.",
        ],
        Kind::Give => &[
            "\"This is for you,\" {a} said, and [gave {b:o}|handed {b:o}] {x:an}.",
            "{a} [held out|brought out] {x:an} and [smiled|laughed|bowed a little]. {b:n} took it [with both hands|with a happy face].",
            "[With a smile|Very gladly|Without a word], {a} gave {b:o} {x:an}.",
        ],
        Kind::Hungry => &[
            "{a} [looked tired|sat down with a sigh]. \"I have [had nothing to eat all day|been up since dawn],\" {a:s} said. \"I am so hungry.\"",
            "\"That [smells|looks] so good,\" {a} said, for {a:s} had [eaten nothing since morning|left home without breakfast].",
            "{a:p} stomach [growled|made a funny noise], and they both laughed.",
        ],
        _ => &[
            "\"[There is enough for two|Sit down with me|I have plenty],\" said {a:n}, and they shared {x} [under a tree|in the shade|side by side].",
            "{a} [sat down too|made room on the bench], and together they ate {x} [down to the last crumb|until nothing was left|and talked of this and that].",
            "So {a} shared {x} with {b:o}, half for each. [Nothing had ever tasted better|It tasted twice as good].",
        ],
    }
}

fn rain(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Rain => &[
            "[Then|Suddenly|But soon] dark clouds [came over the hill|filled the sky], and it began to rain. {a} [got wet to the skin|had no coat on].",
            "[Plip, plop|Drip, drop]! The first drops fell, and then it [poured|rained harder and harder]. {a} [ran under a tree|stood there, cold and wet].",
            "A [loud|deep] clap of thunder shook the air. The rain came down, and {a} [had nowhere to go|began to shiver].",
        ],
        Kind::Invite => &[
            "\"[You are all wet|You must be cold]!\" {a} said. \"Come [with me|to my house].\" [So they|Hand in hand they|Together they] ran to {a:house}.",
            "{a} [took {b:o} by the hand|held a sack over both their heads], and they [ran|hurried] through the rain to {a:house}.",
        ],
        Kind::Warm => &[
            "{a} [made|lit] a fire and gave {b:o} [a bowl of hot soup|a cup of sweet tea|warm milk with honey].",
            "There, by the fire, {b:n} [was soon warm and dry|dried {b:p2} wet shoes], and {a} [told funny stories|brought hot soup|cooked something good].",
            "They [sat|warmed their hands] by the fire and [told stories|ate hot soup|sang old songs] while the rain drummed on the roof.",
        ],
        _ => &[
            "[At last|By and by|After an hour], the rain stopped, and [the sun came out|there was a rainbow over the hill|the birds sang again].",
            "When the rain was over, [everything shone|the whole village smelled fresh and clean|a rainbow stood in the sky].",
        ],
    }
}

fn baking(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Wish => &[
            "{a} wanted to bake a cake, but [{a:s} could not find any {x:s}|{a:s} needed {x:s} for it|first {a:s} had to find some {x:s}].",
            "\"Today I will bake a cake,\" {a} said. [Only one thing was missing: {x:s}|But for that {a:s} needed {x:s}].",
            "What a good day to bake a cake! {a} looked [on every shelf|in every jar], but could not find any {x:s}.",
        ],
        Kind::AskFor => &[
            "\"[Good morning|Hello], {b:call}! I need {x:s} for a cake,\" {a} said.",
            "There {a} met {b}. \"May I have some {x:s}, please?\" {a:s} asked.",
            "{b:n} was there. {a} [asked politely|asked] for some {x:s}.",
        ],
        Kind::Make => &[
            "{a} [mixed|stirred] everything in a big bowl and baked a [golden|round|sweet] cake.",
            "[Stir, stir, stir|Mix and stir], and [into the oven|off to the oven] it went! [Soon|Before long] {a} had a [fine|big|lovely] cake.",
            "{a} used {x}, [rolled up {a:p2} sleeves|put on an apron] and worked, and soon the whole house smelled of cake.",
        ],
        _ => &[
            "{a} cut the cake, and {b} [took the first piece|got the biggest piece]. \"[Delicious|How good this is|I have never had better cake],\" {b:s} said.",
            "\"You [came|are here] just in time,\" {a} said, and gave {b:o} a [big|warm] piece of cake.",
            "They [ate|had] cake together until [they could eat no more|only crumbs were left].",
        ],
    }
}

fn lesson(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::AskTeach => &[
            "{b:n} was busy there. \"Can you teach me to {b:skill}?\" {a} asked. \"[Gladly|Of course|Why not]!\" said {b:n}.",
            "{a} [watched {b:n} at work|stood and watched {b:n}] for a while. \"I want to learn how to {b:skill},\" {a:s} said.",
            "\"Would you like to {b:skill}?\" asked {b:n}. {a:n} [nodded quickly|said yes at once].",
        ],
        Kind::Fail => &[
            "[At first|The first time], {a} [did it all wrong|was too quick|was too slow], and [it did not work|nothing came of it]. \"[I cannot do it|It is too hard],\" {a:s} [said|sighed].",
            "It was harder than it looked. {a} tried [twice|three times|again and again], and each time [it went wrong|something went wrong].",
        ],
        Kind::Encourage => &[
            "\"[Nobody can do it the first time|I needed many tries too|Take your time],\" said {a:n}. \"[Watch my hands|Try again, slowly|Once more].\"",
            "{a} [only smiled|was patient] and showed {b:o} [how to do it|every step] again.",
            "\"[Slowly, slowly|Do not hurry],\" {a} said [kindly|softly]. \"[You are learning|You can do it].\"",
        ],
        _ => &[
            "{a} [took a deep breath|bit {a:p2} lip] and tried [again|once more]. [This time|And look:] it worked! Now {a} could {b:skill}.",
            "And then, [all at once|little by little], it [worked|went well]. \"I can {b:skill}!\" {a} [cried|shouted]. \"[Look at that|I did it]!\"",
        ],
    }
}

fn load(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Burden => &[
            "{a} was carrying {x:a}, and it was [heavy|much too heavy|so heavy that every step was slow].",
            "\"Oh, my back,\" {a} [said|sighed], and put down {x:a}. \"[The way home is long|My legs are tired].\"",
            "{a} had {x:a} and [had to stop at every corner|was out of breath].",
        ],
        Kind::Carry => &[
            "\"Let me [carry that|help you],\" said {a:n}, and [took one side|lifted it up]. They [walked slowly|went step by step] to {b:house}.",
            "{a} [did not think twice|wanted to help]. Together they carried {x} all the way to {b:house}.",
            "\"Give it to me,\" {a} said, and carried {x} [on one shoulder|with both arms] to {b:house}, while {b} [walked beside {a:o}|told jokes].",
        ],
        _ => &[
            "Then {a} told {b:o} a tale about [a fox who was too clever|a moon that fell into a pond|a bear who could dance|a king without a crown|a fish with golden fins].",
            "They sat [by the fire|in front of the house], and {a} told [a tale of long ago|of days when the mill was new|of a giant who was afraid of mice].",
        ],
    }
}

fn quarrel(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Quarrel => &[
            "{b} wanted {x} too. \"[It is mine|Let go|I had it first]!\" {a} [cried|shouted]. \"[You never share|That is not fair],\" said {b:n}.",
            "\"May I have a turn with {x}?\" {b} asked. \"No!\" said {a:n}, and [soon they were both angry|they began to quarrel].",
        ],
        Kind::Alone => &[
            "So {a} played alone, but [it was no fun|that was not much fun|it was too quiet].",
            "{b} sat down [far away|with a frown], and {a} looked at {x}. It was not [so much fun|as nice as before] anymore.",
        ],
        Kind::MakeUp => &[
            "\"I am sorry,\" {a} said [at last|softly|after a while]. \"[I am sorry too|Me too],\" said {b:n}, and they [shook hands|hugged|both smiled].",
            "[Then|After a while] {a} went over to {b:o}. \"I do not want to be angry,\" {a:s} said. \"[Shall we|Will you] play together?\"",
        ],
        _ => &[
            "They took turns with {x}, first {b:n}, then {a:n}, and [laughed until it got dark|the time flew by|it was the best game of all].",
            "[Now|After that] they [shared {x}|played with {x} together] and [made up a new game|had twice as much fun].",
        ],
    }
}

fn fear(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Afraid => &[
            "[But it was dark there|But the wind made strange sounds|But a black crow cried], and {a} was afraid. {a:p} [knees shook|heart beat fast].",
            "{a} [stopped|stood still]. Was that [a ghost|a wolf|a monster]? {a:s} did not [dare to move|dare to take another step].",
        ],
        Kind::Comfort => &[
            "\"[It is only the wind|It is only an owl|It is just a shadow],\" said {a:n}, and [took {b:p2} hand|put an arm around {b:o}]. \"[I am here|We will go together].\"",
            "{a} [knelt down|smiled]. \"I was afraid here too when I was small,\" {a:s} said. \"[Take a deep breath|Hold my hand|Count to three].\"",
        ],
        _ => &[
            "{a} [counted to three|took a deep breath] and [went on, step by step|took one step, and then another]. [It was not so bad after all|Nothing bad happened].",
            "[Hand in hand|Slowly], they went on together, and [with each step|little by little] {a} was less afraid. \"I did it!\" {a:s} [said|shouted].",
        ],
    }
}
