//! A day in a letter to somebody else of the village.
//!
//! The reader is kin of the same house, who finds the letter by their cup, or somebody of another
//! house; if they took part in the day, they are "you" in it and are thanked.

use serde::{Deserialize, Serialize};
use stdx::Rng;

use crate::corpus::World;
use crate::event::{Event, Kind};
use crate::render::date::{Date, MANNERS};
use crate::render::facts::{Fact, Relation};
use crate::render::first::{Manner, Page, Stated};
use crate::render::prose::Prose;
use crate::simulate::Log;
use crate::village::{Age, PersonId, Village};

/// A letter and what is true of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// Who wrote it.
    pub writer: PersonId,
    /// To whom.
    pub reader: PersonId,
    /// When.
    pub date: Date,
    /// The date, the salutation, paragraphs, the close and the name, each on a line.
    pub text: String,
    /// What happened, in order.
    pub events: Vec<Event>,
    /// The facts of the village that it states besides.
    pub stated: Vec<Fact>,
}

/// Writes to somebody about a day, or days in a row.
pub(crate) fn write(world: &World, logs: Vec<Log>, date: Date, mut rng: Rng) -> Letter {
    let village = world.village();
    let last = logs.last().expect("a letter is about one day at least");
    let me = last.hero;
    let partner = partner(last);
    let reader = reader(village, me, partner, &mut rng);
    let bond = Bond::of(village, last, reader, partner == Some(reader));
    let asides = world.knobs().has_asides();
    let prose = Prose::written(village, me, Some(reader), Rng::new(rng.next_u64()));
    let mut page = Page { village, facts: world.facts(), prose, stated: Vec::new() };
    let to = Event { other: Some(reader), pet: village.people[reader].pet, ..last.events[0] };
    page.head(&to, date, rng.index(MANNERS));
    page.prose.say(&to, opening(bond, village.people[me].age));
    if asides && bond == Bond::Elsewhere && rng.one_in(2) {
        page.prose.say(&to, health([me, reader].map(|id| village.people[id].age)));
    }
    let mut events = Vec::new();
    for log in logs {
        page.prose.paragraph();
        if !events.is_empty() {
            page.prose.say(&to, LATER);
        }
        page.day(&log, Manner { asides, whole_day: rng.one_in(3) });
        let before = events.len();
        events.extend(log.events.into_iter().map(|event| event.after(before)));
    }
    page.prose.paragraph();
    page.close(&to, bond, asides, &mut rng);
    page.sign(&to, bond, &mut rng);
    let Page { prose, stated, .. } = page;
    Letter { writer: me, reader, date, text: prose.finish(), events, stated }
}

/// What the reader is to the writer, as far as a letter's words go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bond {
    /// Helped that day.
    Helper,
    /// Was there.
    Witness,
    /// Lives in the same house.
    House,
    /// Lives elsewhere.
    Elsewhere,
}

impl Bond {
    fn of(village: &Village, log: &Log, reader: PersonId, took_part: bool) -> Self {
        let thanked =
            |e: &Event| e.kind == Kind::Thank && e.actor == log.hero && e.other == Some(reader);
        if log.events.iter().any(thanked) {
            Self::Helper
        } else if took_part {
            Self::Witness
        } else if village.people[log.hero].home == village.people[reader].home {
            Self::House
        } else {
            Self::Elsewhere
        }
    }
}

/// Who had most to do with the hero that day.
fn partner(log: &Log) -> Option<PersonId> {
    let with = |e: &&Event| e.actor == log.hero && e.other.is_some() && e.kind != Kind::Plan;
    log.events.iter().rfind(with).and_then(|e| e.other)
}

/// Half of the letters are for who took part, a quarter for the house, the others for a friend or
/// somebody else.
fn reader(village: &Village, me: PersonId, partner: Option<PersonId>, rng: &mut Rng) -> PersonId {
    let home = village.people[me].home;
    if let Some(partner) = partner.filter(|_| rng.one_in(2)) {
        return partner;
    }
    let same_house = rng.one_in(2);
    if let Some(friend) = village.people[me].friend.filter(|_| !same_house && rng.one_in(2)) {
        return friend;
    }
    loop {
        let id = rng.index(village.people.len());
        let kin = village.people[id].home == home && village.kin(me, id).is_some();
        if id != me && kin == same_house {
            return id;
        }
    }
}

impl Page<'_> {
    fn head(&mut self, to: &Event, date: Date, manner: usize) {
        self.prose.verbatim(&date.written(manner));
        self.prose.verbatim("\n");
        self.prose.say(to, &["[Dear|Dear|My dear|Dearest] {b:call},"]);
        self.prose.paragraph();
    }

    fn close(&mut self, to: &Event, bond: Bond, asides: bool, rng: &mut Rng) {
        let (me, reader) = (self.prose.hero(), to.other.unwrap_or(to.actor));
        let same_house = self.village.people[me].home == self.village.people[reader].home;
        if bond == Bond::Helper {
            self.prose.say(to, GRATITUDE);
        }
        if asides {
            let questions = if same_house { HOME_QUESTIONS } else { QUESTIONS };
            self.state(to, reader, questions);
        }
        let age = self.village.people[me].age;
        let words = if same_house && rng.one_in(2) { HOME_FAREWELL } else { farewell(age) };
        self.prose.say(to, words);
    }

    fn sign(&mut self, to: &Event, bond: Bond, rng: &mut Rng) {
        let (me, reader) = (self.prose.hero(), to.other.unwrap_or(to.actor));
        self.prose.paragraph();
        // What I am to the reader: a daughter to her mother.
        let kin = self.village.kin(reader, me);
        self.prose.say(to, &["[Your|Your|As ever, your|With warm wishes, your]"]);
        let who = kin.unwrap_or(if self.is_friend(reader) { "friend" } else { "neighbor" });
        let last = match (bond, kin) {
            (Bond::Helper, _) => "grateful",
            (_, Some(_)) => "loving",
            _ => "true",
        };
        let kind = ["faithful", "devoted", "fond", last][rng.index(4)];
        self.prose.verbatim(&format!(" {kind} {who},\n{}", self.village.people[me].name));
        if rng.one_in(4) {
            self.prose.verbatim("\nP.S.");
            self.prose.say(to, POSTSCRIPTS);
        }
    }

    fn is_friend(&self, reader: PersonId) -> bool {
        let me = self.prose.hero();
        let people = &self.village.people;
        people[me].friend == Some(reader) || people[me].home == people[reader].home
    }
}

fn opening(bond: Bond, age: Age) -> &'static [&'static str] {
    match (bond, age) {
        (Bond::Helper, _) => &[
            "I [owe you|have for you] [a letter|more than a handshake], and [here it is|tonight I mean to pay]. You were there today, and [you know why|it did not end with a thank you for me].",
            "you were there today, but [I want to thank you properly|I did not find the right words|some things are better on paper].",
            "[before this day is over|before I sleep], I must [write to you|put down what you did for me], [for it has moved me|so that I never forget it].",
            "I keep [thinking of today|smiling when I think of today], and [so I take up my pen|this is to tell you why].",
        ],
        (Bond::Witness, _) => &[
            "you were there today, [so you know the half of it|but you do not know how it was for me]. [Here is the rest|Let me tell it from my side].",
            "[what a day we had|was that not a day]! [I must write about it|I want to tell it once more, for the joy of it], and who should read it if not you?",
        ],
        (Bond::House, _) => &[
            "when you find this [by your cup|under your pillow|in your shoe], [I shall be asleep|do not laugh|it will be morning].",
            "we live under one roof, and still [I write to you|I like to send you letters], because [one tells more on paper|you were asleep when I came in|you love to get mail].",
            "I [tiptoed past your door|did not want to wake you], so [here is my news in writing|this page has to speak for me].",
        ],
        (_, Age::Child) => &[
            "how are you? I am [fine|very well|well, but tired]. [You will not believe what I did today|Listen to this|I have news]!",
            "I [promised to write|wanted to write before], and [here it is|now I really do]. [Guess what happened|You missed something today]!",
        ],
        _ => &[
            "[I hope this finds you well|it has been too long since we talked|I have been meaning to write to you], and [today gave me a reason|now I have something to tell].",
            "[your name came up at breakfast|I thought of you today], and [I said to myself that a letter was due|so here are a few lines].",
        ],
    }
}

const LATER: &[&str] = &[
    "[And then came the next day|The day after had a story of its own|That was not all].",
    "[On the next day|A day later] [something else happened|there was more].",
];

fn health(ages: [Age; 2]) -> &'static [&'static str] {
    match ages {
        [Age::Child, Age::Child] => CHILD_HEALTH,
        [Age::Child, _] => CHILD_TO_GROWN_UP,
        [_, Age::Child] => GROWN_UP_TO_CHILD,
        _ => HEALTH,
    }
}

const CHILD_TO_GROWN_UP: &[&str] = &[
    "[Mama|Everybody at home] says [hello|that I should greet you], and [I do it gladly|that you should come by].",
    "I have grown [a whole inch|out of my shoes] since [winter|we talked last], [you will see|and nobody knows where it goes].",
];

const GROWN_UP_TO_CHILD: &[&str] = &[
    "[How tall are you by now|Are you kind to your teacher|Do you still climb every tree]? [I think of you often|You need not answer that].",
    "I hope that you [eat your soup|sleep enough|laugh a lot], and [that nobody scolds you|that your knees are whole].",
];

const HEALTH: &[&str] = &[
    "I am [in good health|well, apart from a cough|well and eat too much], and I hope [you are too|the same is true of you].",
    "[How is your back|Are you over your cold|Do you sleep better now]? [I think of it often|Tell me when you can].",
    "[Nothing has changed here|The house is as noisy as ever|We are all well], [which is the best news of all|thank goodness].",
];

const CHILD_HEALTH: &[&str] = &[
    "[Is your tooth still loose|Can you whistle by now|Have you still got that scab]? [I hope so|Tell me when you can].",
    "I have [grown a whole inch|had the hiccups since noon|lost my left mitten again], [nobody knows how|imagine that].",
];

const GRATITUDE: &[&str] = &[
    "So [thank you|let me thank you] [once more|with all my heart], dear {b:call}. [Without you I would have been lost|You have a gift for being there].",
    "I shall not forget [what you did|your kindness], and [if ever you need me, call|one day I will return it].",
    "[Few people|Not many] would have [stopped|helped as you did]. [Thank you|Bless you]!",
];

const QUESTIONS: &[Stated] = &[
    (
        Some(Relation::Dish),
        "[Come to us on Sunday|Do visit us soon|Come for supper one day]! There will be {b:dish}, [for I know how you love that|which I know you love].",
    ),
    (
        Some(Relation::Dish),
        "[Is {b:dish} still what you like best|Do you still dream of {b:dish}]? [Then come and eat with us|I could bring you some].",
    ),
    (
        Some(Relation::Pet),
        "And how is [your|that dear] {k}? Give {m} a [pat|scratch behind the ears|good supper] [from me|in my name].",
    ),
    (
        Some(Relation::Trade),
        "Is there [much|enough] to do for a {b:trade} [at this time of year|these days]? [Do not work too hard|I can well imagine].",
    ),
    (
        Some(Relation::Home),
        "[Is everything in order|Does the roof hold|Are there mice again] at {b:home}?",
    ),
    (
        None,
        "[Write soon|Do write back], or [better still, drop in|I shall come and fetch the answer].",
    ),
    (
        None,
        "What have you been [doing|up to]? [I want to hear everything|Tell me, and leave nothing out].",
    ),
    (
        None,
        "[Shall we|When shall we] go [for a walk|fishing|skipping stones] together[ again|, you and I]?",
    ),
    (
        None,
        "[Have you heard|Did they tell you] that [the clock is slow again|there is to be dancing|somebody painted a mustache on the scarecrow]? [I had to laugh|What do you say to that]!",
    ),
];

const HOME_QUESTIONS: &[Stated] = &[
    (
        Some(Relation::Dish),
        "[Shall I get us|Would you like] {b:dish} [tomorrow|on Sunday], [since you love it so|because it is your favorite]?",
    ),
    (
        Some(Relation::Pet),
        "[Please do not forget|I will help you] to [feed|brush] {m}[, that good {k}|].",
    ),
    (
        Some(Relation::Trade),
        "I know that a {b:trade} has [much|plenty] to do, but [rest a little|let me help you one day].",
    ),
    (
        None,
        "[Wake me|Call me] [early|when the porridge is ready], and [I shall tell you the rest|we can talk about it].",
    ),
    (
        None,
        "What was your day like? [Tell me at breakfast|Leave me a note too|Put your answer under my plate].",
    ),
    (
        None,
        "[Shall we|When shall we] [play cards|sit on the bench|sing] again, [you and I|just the two of us]?",
    ),
];

const HOME_FAREWELL: &[&str] = &[
    "[Sleep well|Dream sweetly], and [good night|until breakfast].",
    "[That is all|No more for now]; [I can hear you snoring|the stairs are calling].",
];

fn farewell(age: Age) -> &'static [&'static str] {
    match age {
        Age::Child => &[
            "[My candle has almost burned down|There is no room left on the page], so [goodbye for now|I send you a hug|be well]!",
            "[Write back|Answer me] [soon|at once|before I burst], [or I shall ask every day|please, please].",
            "[Now I must stop|I have to stop], because [the page is full|my hand hurts|it is bedtime].",
            "[A thousand hugs|A big hug], and [do not forget me|see you soon].",
        ],
        Age::Adult => &[
            "[I must see to the stove|The bread is calling me|My eyes will not stay open], so [farewell|be well|enough for today].",
            "May [your roof be dry and your kettle full|the week be kind to you|good news find your door].",
            "[Take good care of yourself|Stay well|Keep warm], and [give my love to everybody|laugh when you can].",
            "[That is all for now|So much for today]; [the rest when we meet|the lamp is going out].",
        ],
        Age::Elder => &[
            "May [the wind be gentle with you|your days be many and light|you sleep better than I do].",
            "[I have rambled enough|An old tongue never stops], [and paper is dear|so I put down the pen].",
            "[My eyes are tired|The pen is heavy now], so [I close|let this be all].",
            "[Keep your feet dry|Laugh a little every day], and [think of me kindly|forgive my shaky hand].",
        ],
    }
}

const POSTSCRIPTS: &[&str] = &[
    "[Forgive|Excuse] the [blot|scrawl]; [the pen is older than I am|somebody bumped the table].",
    "[Burn this|Do not show this to anyone], or [I shall blush|they will tease me].",
    "[I nearly forgot|One more thing]: [your umbrella is not here after all|the plums are nearly ripe|it is your turn to choose the song].",
    "[Guess who is snoring|The moon looks like a slice of melon] [as I write|right now].",
];
