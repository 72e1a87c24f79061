//! A day as the one who had it wrote it down in the evening.

use serde::{Deserialize, Serialize};
use stdx::Rng;

use crate::corpus::World;
use crate::event::Event;
use crate::render::date::{Date, MANNERS, Season};
use crate::render::facts::{Fact, Relation};
use crate::render::first::{Manner, Page, Stated};
use crate::render::prose::Prose;
use crate::render::story::gist;
use crate::simulate::{Log, Plot};
use crate::village::{Age, PersonId};

/// An entry of a diary, or entries of days that follow one another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diary {
    /// Who wrote it.
    pub writer: PersonId,
    /// The first day.
    pub date: Date,
    /// A line with the date, then paragraphs.
    pub text: String,
    /// What happened, in order.
    pub events: Vec<Event>,
    /// The facts of the village that it states besides.
    pub stated: Vec<Fact>,
}

/// Writes an entry about a day.
pub(crate) fn write(world: &World, log: Log, date: Date, mut rng: Rng) -> Diary {
    let (village, me) = (world.village(), log.hero);
    let age = village.people[me].age;
    let asides = world.knobs().has_asides();
    let mut prose = Prose::written(village, me, None, Rng::new(rng.next_u64()));
    prose.verbatim(&date.written(rng.index(MANNERS)));
    prose.paragraph();
    let mut page = Page { village, facts: world.facts(), prose, stated: Vec::new() };
    let gist = gist(&log);
    if rng.one_in(3) {
        page.prose.say(&gist, salutation(age));
        page.prose.paragraph();
    }
    if asides && rng.chance(0.7) {
        page.prose.say(&gist, weather(date.season()));
    }
    if rng.one_in(3) {
        page.prose.say(&gist, summary(log.plot));
    }
    page.day(&log, Manner { asides, whole_day: true });
    page.prose.paragraph();
    if asides && rng.one_in(2) {
        page.state(&gist, me, OWN_FACTS);
    }
    page.prose.say(&gist, reflection(log.plot));
    if asides && rng.one_in(2) {
        page.prose.say(&gist, good_night(age));
    }
    let Page { prose, stated, .. } = page;
    Diary { writer: me, date, text: prose.finish(), events: log.events, stated }
}

impl Diary {
    /// Goes on with the entry of a later day.
    pub(crate) fn append(&mut self, next: Self) {
        self.text += "\n\n";
        self.text += &next.text;
        let before = self.events.len();
        self.events.extend(next.events.into_iter().map(|event| event.after(before)));
        self.stated.extend(next.stated);
    }
}

fn salutation(age: Age) -> &'static [&'static str] {
    match age {
        Age::Child => &[
            "Dear diary, [you will never guess what happened|I have so much to tell you|are you awake]!",
            "Dear [book|diary], [it is me again|here I am|I nearly forgot you].",
        ],
        Age::Adult => &[
            "Dear diary, [it has been a while|a few lines before I sleep|I must put this down].",
            "[A few words|Only a page] tonight, [before my eyes close|while the tea is hot].",
        ],
        Age::Elder => &[
            "[My old hand is slow|The ink is nearly dry], but [this belongs on paper|I want to keep this day].",
            "Dear diary, [patient friend|who never interrupts me], [listen|here is another day].",
        ],
    }
}

fn weather(season: Season) -> &'static [&'static str] {
    match season {
        Season::Winter => &[
            "[Frost flowers covered the panes|Icicles hung from the gutter|The pump was frozen], and [my breath made little clouds|the snow creaked underfoot].",
            "A [gray|white|bitter] winter's day, [with snow in the air|short as a candle stump].",
            "It was so cold that [the milk had a skin of ice|my eyelashes froze|even the crows kept still].",
        ],
        Season::Spring => &[
            "The [violets|primroses|dandelions] are out, and [the air is soft as wool|there is mud everywhere|everyone sneezes].",
            "A [mild|showery|fresh] spring day, [with a wind that smelled of earth|and the storks are back|full of birdsong].",
            "[Tadpoles|Lambs|Buds] wherever one looks! [Spring cannot be stopped|Winter is truly over].",
        ],
        Season::Summer => &[
            "It was [hot as an oven|sultry|a cloudless summer's day], and [even the flies were lazy|the tar melted on the roofs|one could smell the hay].",
            "[Swifts screamed over the roofs|Crickets chirped all day|The raspberries are ripe]: it is summer, [no doubt about it|and I am brown as a nut].",
            "The days are so long now that [one goes to bed by daylight|the evening never ends].",
        ],
        Season::Autumn => &[
            "[Fog lay in the valley|Leaves came down like letters|The geese flew south], and [it smelled of smoke and apples|the stoves are lit again].",
            "A [golden|misty|blustery] autumn day, [with spiderwebs on every hedge|good for chestnuts].",
            "[Chestnuts|Acorns|Mushrooms] everywhere; [my pockets are full|one need only bend down].",
        ],
    }
}

fn summary(plot: Plot) -> &'static [&'static str] {
    match plot {
        Plot::LostThing | Plot::LostPet | Plot::Broken => &[
            "[What a day|Today gave me a fright], but [all is well|it ended happily|let me begin at the beginning].",
            "Today I [lost my head|learned to be careful|was lucky in the end].",
        ],
        Plot::Storm | Plot::Afraid => &[
            "I [am still a bit shaken|have had an adventure], and [it belongs in here|I want to write it all down].",
        ],
        Plot::Quarrel => &[
            "[I was not at my best today|There was trouble today], and it was [my fault too|about nothing].",
        ],
        _ => &[
            "[Today was a good day|I am in a good mood tonight], and [I shall tell why|here is the reason].",
            "[Nothing great|No miracle] happened today, [only something kind|but I want to remember it].",
        ],
    }
}

fn reflection(plot: Plot) -> &'static [&'static str] {
    match plot {
        Plot::LostThing | Plot::Broken => &[
            "From now on I [will be more careful|shall look after my things], I [promise|swear it on this page].",
            "[Treasures|Possessions] are only things, [they say|but some of them know us well].",
            "How [quickly|easily] one loses something, and how [good|many] people are who help!",
        ],
        Plot::LostPet | Plot::FoundPet => &[
            "An animal [trusts us|cannot say where it is going], so [we must keep our eyes open|one has to be kind to it].",
            "I think {m} is [asleep by now|dreaming of the adventure|sorry, in its own way].",
            "{m} [has no idea|will never know] how [worried people were|many steps it cost].",
        ],
        Plot::Quarrel => &[
            "[A quarrel is like a shower|Being angry is tiring]: [afterward the air is clear|peace is so much easier].",
            "I shall [say sorry sooner|count to ten] the next time.",
        ],
        Plot::Share | Plot::Gift | Plot::Bake => &[
            "It is [odd|strange and lovely] that one [gives something away and feels richer|is happiest with empty hands].",
            "[Giving|Sharing] is [a kind of arithmetic|a sum] that [nobody teaches|comes out better each time].",
            "I [want|mean] to do such things more often.",
        ],
        Plot::Lesson | Plot::Afraid => &[
            "Tomorrow I [will try something else that scares me|shall be a little braver still].",
            "[What one cannot do|Fear], I think, is [only a door that sticks|smaller than it looks].",
            "I am [proud|pleased with myself], and [why should I not say so|nobody reads this but me].",
        ],
        Plot::Load | Plot::Storm => &[
            "[A village|A neighborhood] is [like a net|a roof that many hold up]: [it catches whoever falls|nobody gets wet for long].",
            "I am [glad|thankful] that I live [here|among such people].",
            "One day I shall [help somebody in just that way|pass that kindness on].",
        ],
    }
}

fn good_night(age: Age) -> &'static [&'static str] {
    match age {
        Age::Child => &[
            "Now I [have to blow out the candle|must sleep], [or there will be trouble|because tomorrow is a long day]. Good night!",
            "[My pencil is getting short|My eyes are closing], so [good night|sleep well, diary|that is all].",
        ],
        Age::Adult => &[
            "[The clock strikes ten|It is late], and [tomorrow's work will not wait|my candle is low].",
            "So much for today. [Good night|Now to bed].",
        ],
        Age::Elder => &[
            "[Sleep comes early|The stove is cold now], and [so to bed|I am content].",
            "[Enough for tonight|My glasses are slipping]; [one must leave something for tomorrow|I thank the day for what it was].",
        ],
    }
}

const OWN_FACTS: &[Stated] = &[
    (
        Some(Relation::Dish),
        "For [supper|Sunday] I wish for {h:dish}, [as always|which I love best of all|and nobody is surprised].",
    ),
    (
        Some(Relation::Dish),
        "If I were [king|rich|the cook], there would be {h:dish} every day[, my favorite|].",
    ),
    (
        Some(Relation::Home),
        "It is good to live in {h:home}[, where I know every floorboard|, whatever the weather|].",
    ),
    (Some(Relation::Home), "From my window in {h:home} I can [see a single light|hear an owl]."),
    (
        None,
        "[Somewhere|Far away] a dog is barking, and [the moon is up|the stairs creak by themselves].",
    ),
    (
        None,
        "[My hands smell of soap|I have ink on my thumb|There is a moth on the lamp] [as I write this|just now].",
    ),
];
