//! What happened to me: how each kind of event can be told in the first person.
//!
//! Long because it is a table: one arm a kind. The notation is that of [`crate::render::prose`]. The
//! writer is "I" and the reader may be `{a}` or `{b}`, so verbs after these are in the past tense,
//! and "was" is `{a:was}`.

use crate::event::Kind;

/// The phrases for a kind of event that is `mine` or somebody else's who deals with me.
pub fn of(kind: Kind, mine: bool) -> &'static [&'static str] {
    match kind {
        Kind::Fetch | Kind::Stray => &[],
        Kind::Morning | Kind::Own | Kind::HavePet | Kind::Amuse | Kind::Evening => frame(kind),
        Kind::Go | Kind::GoWith | Kind::Come => coming_and_going(kind),
        Kind::Thank if mine => THANKED,
        Kind::Thank => WAS_THANKED,
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
        Kind::Give if !mine => WAS_GIVEN,
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
            "I [woke|was up] [before anyone else|with the first light|later than I wanted] and [lay still for a moment, listening to the house|stretched like a cat|put my feet on the cold floor].",
            "The [rooster|church clock|creak of the stairs] woke me, and [I could not fall asleep again|I was out of bed at once|for once I did not mind].",
            "I [opened the shutters|pushed the window open|drew back the curtain] and [let the morning in|breathed the cool air|saw smoke rising from every chimney].",
            "This morning I [burned my tongue on the porridge|could find only one stocking|broke a saucer, which is said to bring luck], but [it did not spoil my mood|things got better after that|I laughed about it soon enough].",
            "[A sunbeam|A woodpecker|The smell of toast] got me out of bed, and [I whistled while I dressed|I put on two different socks|nobody had to call me twice].",
            "[Somebody was singing in the kitchen|The gate was banging|Rain had fallen in the night], and so I [was awake early|rose with a yawn|began the day].",
            "I had slept [badly|like a stone|so deeply that I did not hear the rooster], and at breakfast I [hardly said a word|talked and talked|ate for two].",
            "After [washing my face at the pump|sweeping the doorstep|a slice of bread with butter] I [was ready for anything|felt properly awake|was eager to be outdoors].",
        ],
        Kind::Own => &[
            "I [had|carried] {x:mine} with me, [as I nearly always do|for company|because the day seemed right for it].",
            "Of course I took {x:mine} along; [we are never apart|leaving it behind feels wrong|I am rather fond of it].",
            "You know how [proud I am of|much I love|attached I am to] {x:mine}, and so it [went where I went|had to come along].",
            "Before I left I [fetched|picked up|dusted off] {x:mine}[, my dearest possession|, which I would not trade for a castle|].",
        ],
        Kind::HavePet => &[
            "First I [fed|brushed|looked after] {m}, my {k}, as I do every morning.",
            "{m} [greeted me at the door|was in high spirits|had slept across my feet again]; there is no [better|sweeter|sillier] {k} in the world.",
            "I [scratched {m} behind the ears|shared my crust with {m}|said good morning to {m}], for [a {k} likes that|that is our habit|without it no day begins].",
        ],
        Kind::Amuse => &[
            "I [sat on a stump|lay in the grass|leaned on a fence] and [watched the swallows|let my thoughts wander|counted clouds shaped like animals], and [nothing was missing|an hour went by like a minute|I felt quite content].",
            "I [made a crown of leaves|carved my initials into a stick|skipped from shadow to shadow|lay on my back and named the clouds], and [time stood still|I wanted to be nowhere else|the world was in order].",
            "There I [threw pebbles|whistled with a blade of grass|built a tower of twigs|looked for clovers with four leaves] until [I forgot what time it was|my fingers were green|I was thoroughly happy].",
            "For a while I [did nothing at all, and did it well|followed a beetle on its travels|listened to a thrush that would not stop singing].",
            "It was so [peaceful|still|pleasant] that I [took off my shoes|hummed to myself|nearly dozed off].",
        ],
        _ => &[
            "[In the evening|At dusk|When the lamps were lit] I [came home|was home again] [tired but cheerful|with muddy shoes|as hungry as a bear].",
            "Supper [was waiting|was on the table], and I [told the whole story twice|had two helpings|could hardly keep my eyes open].",
            "[On the way home|Before supper] I [counted the lit windows|met the lamplighter|picked a feather off the path], and [then the door closed behind me|home had never smelled so good|I was glad of the warm kitchen].",
            "By nightfall I [sat on the bench by the stove|had my feet in a basin of warm water|was under my quilt], [sleepy and satisfied|going over it all again|with a mug of something hot].",
            "I walked home [under the first stars|through the dusk|past the lighted windows], [humming|not thinking of anything|in no hurry at all].",
            "Now [the house is asleep|the fire is low|the kettle has gone quiet], and [only my candle is burning|I can hear the wind in the chimney|I ought to be in bed].",
        ],
    }
}

fn coming_and_going(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Go => &[
            "[So|Then|Later|Afterward|Before noon] I [went|walked|wandered|strolled|made my way|set out] {p:to}.",
            "I [took the footpath|went the long way round|cut across the field] {p:to}[, swinging my arms|, whistling|, and met nobody|].",
            "[My feet carried me|Something drew me|My errands led me] {p:to}.",
            "I [had it in mind|felt like it|had no better plan], and so I went {p:to}.",
            "[Nothing could keep me indoors|I did not hurry|It was too fine to sit still], and [presently|by and by] I came {p:to}.",
            "I [hopped|trotted|ambled|marched] {p:to} [as if I had wings|with my hands in my pockets|and greeted every gatepost|and hummed the whole way].",
            "{p:to} I went, [one foot before the other|with the wind behind me|as I have gone a hundred times].",
            "[The way|The road|The lane] {p:to} was [dusty|muddy|full of puddles|quiet], and I [did not mind|hurried|took my time].",
        ],
        Kind::GoWith => &[
            "We [set off|hurried off|went] {p:to} [together|at once|side by side].",
            "\"[It goes quicker with two|Two see more than one],\" {b} said, and [off we went|we were gone already], {p:to}.",
            "{b} [came with me|showed me a short cut|would not let me go alone], and [before long|in no time] we were {p:at}.",
            "[Without another word|Straight away|Arm in arm] we [walked|marched|made our way] {p:to}.",
            "{b} walked so fast that I [had to trot|was soon out of breath|could barely keep up], and that is how we came {p:to}.",
        ],
        Kind::Come => &[
            "[Then|By and by|After some minutes] {a} [came along|turned up|appeared at the corner|came strolling up].",
            "I [heard steps|looked up|turned round], and there {a:was} {a:n}.",
            "Who [should come by|should appear|came round the bend] but {a:n}!",
            "[Luckily|As chance would have it|To my surprise] {a} [happened to come the same way|{a:was} out for a walk too|crossed my path].",
            "Somebody [called my name|waved from afar|tapped me on the shoulder]: it was {a:n}.",
        ],
        _ => &[],
    }
}

const THANKED: &[&str] = &[
    "[No words were good enough|My tongue was tied], so I [sang {b:o} a little song|gave {b:o} a long look|turned a cartwheel], and {b} [understood|laughed out loud|clapped].",
    "{b} [would take nothing for it|wanted no thanks], but [I gave them all the same|I thanked {b:o} twice over|a smile costs little].",
    "I thanked {b:o} [warmly|from the bottom of my heart|three times over|as well as I could].",
    "\"Thank you, {b:call},\" I said, and [I meant it|my voice shook a little|I have seldom meant it more].",
    "I did not know [what to say|how to repay such kindness], so I just [squeezed|shook] {b:p2} hand.",
    "I [hugged {b:o}|gave {b:o} my best smile|bowed like a nobleman], and {b} [laughed|waved it away|said that it was nothing].",
    "I [said|told {b:o}] that I would never forget it, and [I never shall|that is the truth|{b} only smiled].",
];

const WAS_THANKED: &[&str] = &[
    "{a} [wanted to give me a penny for it|asked what I would like in return|offered me the shirt off {a:p2} back], but [I shook my head|I wanted nothing|I had my reward already].",
    "{a} [drew me into a dance|whirled me round|kissed me on both cheeks], and [I grew quite giddy|we laughed like children|I turned as red as a beet].",
    "{a} thanked me [so warmly that I blushed|again and again|with tears in {a:p2} eyes|and shook my hand].",
    "\"[You are an angel|You have a good heart|That was kind of you], {h:first},\" {a} said[, and I did not know where to look|, and I have been glad ever since|].",
    "{a} [hugged me|pressed my hand|beamed at me], and [that was thanks enough|I felt warm all over|I would do it again tomorrow].",
    "How {a} thanked me! [I only did what anyone would do|It had been no trouble at all|I grew two inches].",
];

const WAS_GIVEN: &[&str] = &[
    "{a} [gave me|handed me|let me have] {x:an} [with a wink|without making a fuss|and wanted nothing for it].",
    "{a} [did not hesitate|smiled] and put {x:an} into my [arms|hands].",
    "And really, {a} [had some left|{a:was} generous]: I [got|was given] {x:an}.",
];

fn lost(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Lose => &[
            "It must have been there that {x} [slipped out of my hands|fell from my side|stayed behind], though I [felt nothing|noticed nothing at the time|was thinking of other things].",
            "I [put {x} down for a moment|laid {x} beside me|set {x} on the ground], and [like a goose|foolishly|dreamer that I am] I [left without it|got up without it|forgot it].",
            "That was my [mistake|bad luck]: {x} [stayed where it lay|dropped without a sound], and I [went on my way|never looked back|was none the wiser].",
        ],
        Kind::Notice => &[
            "[Suddenly|All of a sudden|A little later] my [heart stopped|stomach sank|hands were empty]: {x} was gone!",
            "I [reached for|looked for|wanted to take up] {x}, and it [was not there|had vanished]. [I went hot and cold|I could have cried|What a shock]!",
            "Only then did I [see|notice|realize] that I no longer had {x}.",
        ],
        Kind::Search => &[
            "I [searched|hunted|looked] {p:at}, [on my knees|high and low|in every nook], and [found nothing|all I found was an old button|it was no use].",
            "I turned over [every stone|every board|every leaf] {p:at}. [Nothing|Not a trace]!",
            "I looked [where I had never been|in the silliest places|twice in the same corner], but {x} [was not there|would not be found|stayed lost].",
        ],
        Kind::Ask => &[
            "{b} [saw my long face|asked what the matter was|noticed that something was wrong], and I [poured out my heart|told {b:o} about my {x:s}|explained what I had lost].",
            "I asked {b:o} whether {b:s} had [seen|come across|found] my {x:n}.",
            "\"Have you [seen|noticed] my {x:s} anywhere?\" I asked. [My voice was small|I hardly dared to hope|I must have looked pitiful].",
        ],
        Kind::Hint => &[
            "\"There was {x:a} {q:at},\" {a} said. \"[Could that be yours|Is it the one you are looking for]?\"",
            "And [imagine|what luck|think of it]: {a} had seen it {q:at}!",
            "{a} [frowned|thought hard|rubbed {a:p2} chin] and [remembered|recalled] that something like it [lay|was lying] {q:at}.",
        ],
        _ => &[
            "And there it lay, [half under a leaf|a little damp|as if it had been waiting for me]! I [whooped|jumped up and down|kissed it].",
            "{b} [pointed|gave a shout|tugged at my sleeve], and I saw my {x:s} [in the grass|between two stones|right in front of us].",
            "We [had hardly begun to look|looked for only a minute], and I [tripped over it|had it in my hands|found it]. [What a relief|I could have danced|A stone fell from my heart]!",
        ],
    }
}

fn pet(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::NoticePet => &[
            "Then I saw that {m} was [gone|missing|nowhere about]. [The gate stood open|The bowl was untouched|I called, and nothing came].",
            "But when I [called|looked round|brought the food], there was no {m}. [I was frightened|My knees went weak|I did not know what to think].",
            "{m} had [run off|slipped away|disappeared], that [rascal|scamp|little wanderer]!",
        ],
        Kind::SeekPet => &[
            "I called {m} [until I was hoarse|at the top of my voice|softly and loudly] {p:at}, [but not a whisker was to be seen|and only an echo came back|in vain].",
            "I looked [behind hedges|under carts|into every ditch] and [asked even the sparrows|whistled our whistle], but {m} [did not come|stayed away].",
            "No {k} [answered|came running|was to be found], however [long|loudly] I called.",
        ],
        Kind::AskPet => &[
            "I asked {b:o} [anxiously|breathlessly] about {m}.",
            "\"My {k} has [run away|gone missing],\" I said. \"[You have not seen {m}, have you|Did it come past here]?\"",
            "I told {b:o} that {m} [had run away|was lost], and [nearly wept|had to swallow hard|tried to be calm].",
        ],
        Kind::HintPet => &[
            "{a} had [seen|heard] a {k} {q:at} [not long before|only that hour]. [I could have hugged the whole world|My heart leapt|There was hope]!",
            "\"[Look|Try] {q:at},\" {a} said. \"[I thought I heard {sound} there|A {k} ran by there just now].\"",
            "And {a} knew something: there had been {sound} {q:at}!",
        ],
        Kind::FindPet => &[
            "There sat {m}, [covered in burrs|wriggling with delight|as innocent as a new day|chewing on something], and I [laughed and scolded at once|buried my face in the warm fur|did not let go again].",
            "I [crept closer|held out my hand|knelt down], and {m} [came to me|let me stroke it|looked at me with big eyes].",
            "I found {m} [in a hollow|beneath a bush|behind a heap of hay], [muddy|trembling|quite unharmed], and [patted it all over|held it close|spoke to it softly].",
        ],
        Kind::HearPet => &[
            "There I heard {sound}, [thin and sad|very close by|somewhere in the bushes], and I [pricked up my ears|followed it]: it was {m}, {o:p} {k}!",
            "[Something rustled|Something moved in the weeds|I heard {sound}], and whom did I see? {m}, {o:p} {k}, all [alone|by itself]!",
        ],
        _ => &[
            "{b} [could not believe {b:p2} eyes|came running|dropped everything] when I [stood at the door|arrived] with {m}.",
            "You should have seen the [joy|welcome|face] when I brought {m} back: {b} [laughed and cried|danced round the yard|would not let go of the {k}].",
            "I [knocked|called over the fence], and {b} [had been worried|had been looking everywhere]. Now {m} was [home|safe] again!",
        ],
    }
}

fn broken(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Break => &[
            "Then it happened: I [stumbled|slipped|was careless|looked the other way], and {x} [broke|gave way|came apart].",
            "[There was a snap|I heard a crack|One clumsy step], and {x} was broken. [I could have kicked myself|I just stood there|My eyes stung].",
            "A gust of wind [caught me|took me by surprise], I fell, and {x} [broke under me|did not survive it|was in two pieces].",
        ],
        Kind::AskMend => &[
            "I [showed|held out|brought] {x} to {b:o} and asked [whether it could be mended|for help|if there was any hope].",
            "{b} [wiped {b:p2} hands|put {b:p2} work aside|listened patiently] while I [told my sad tale|explained|stammered].",
            "\"Can this be saved?\" I asked {b:n}, [ashamed|hoping hard].",
        ],
        _ => &[
            "{a} [turned it this way and that|whistled through {a:p2} teeth|reached for {a:p2} tools], and [within the hour|after some patient work|while I watched] {x} was [whole again|better than before|as good as new].",
            "{a} mended {x} [as if it were child's play|with a steady hand|and would not take a penny]. [What skill|Such clever fingers]!",
            "It [took a while|was fiddly work], but {a} [would not give up|knew just what to do], and now one can [hardly see|not even feel] where {x} was broken.",
        ],
    }
}

fn giving(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Plan => &[
            "I had been thinking of {b:n} [since I woke up|all week|over breakfast], and I [made up my mind|decided] to [bring {b:o} something|give {b:o} a surprise|cheer {b:o} up].",
            "It struck me that [nobody had given {b:n} anything for a long time|{b} deserved a treat|I had never properly been kind to {b:n}].",
            "Today I [wanted|was determined] to make {b:n} smile.",
        ],
        Kind::Take => &[
            "There I [found|picked out|helped myself to] {x:an}, [the finest there was|which seemed perfect|after some thought].",
            "I [looked at everything|took my time] and [settled on|chose] {x:an}.",
            "{x:an} [caught my eye|was just the thing], so I took it.",
        ],
        Kind::Give => &[
            "I [gave {b:o}|held out|put into {b:p2} hands] {x:an}, and [what a smile I got|I wish I could paint {b:p2} face|{b} {b:was} speechless for once].",
            "\"For you,\" I said, and [out came|there it was:] {x:an}. {b:n} [stared at me|turned pink|clapped {b:p2} hands].",
            "{b} [had no idea|suspected nothing] until I [brought out|handed over] {x:an}.",
        ],
        Kind::Hungry => &[
            "{a} [looked pale|sighed] and [admitted|confessed] that {a:s} had [not eaten since daybreak|missed breakfast|forgotten to eat].",
            "I heard a rumble, and it was not thunder: {a} {a:was} hungry!",
            "{a} [sniffed|eyed my bundle|swallowed] and [said how good it smelled|asked what I had there], and I could see that {a:s} {a:was} starving.",
        ],
        _ => &[
            "So we [halved|shared|divided] {x}, [crumb for crumb|as fairly as we could|like good companions], and [talked with full mouths|no feast was ever better|licked our fingers].",
            "I [made two equal parts|let {b:o} choose first|spread out my neckerchief], and we ate {x} [on a low wall|in the sunshine|without any plates].",
            "What is [good food|a feast|hunger] for, if not for [sharing|company]? We ate {x} [to the last bite|and left nothing for the birds|and were sorry when it was gone].",
        ],
    }
}

fn rain(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Rain => &[
            "Then the sky [turned black|opened|went dark as a cellar], and the rain [came down in sheets|beat on my head|soaked me in a minute].",
            "I felt [one drop, then ten|the first drops on my nose], and [before I could run|a moment later] I was [drenched|wet through|dripping like a drainpipe].",
            "[Thunder growled|Lightning flashed], and such a [shower|downpour|storm] began that I [could not see my own feet|crouched under a bush|had water in my shoes].",
        ],
        Kind::Invite => &[
            "{a} [took pity on me|did not ask twice|seized my arm] and [brought|led|took] me to {a:house}.",
            "\"Come in out of the wet!\" {a} cried, and we [ran|splashed] to {a:house}.",
            "{a} [threw a sack over my shoulders|shared {a:p2} hood with me], and together we [dashed|hurried] to {a:house}.",
        ],
        Kind::Warm => &[
            "There I [steamed by the fire|was rubbed dry with a towel|got dry stockings], and {a} gave me [broth|cocoa|hot cider|tea with honey] [until my toes thawed|and would not let me help|and the best chair].",
            "{a} [hung my jacket by the stove|put another log on|ladled out hot soup], and we [talked about everything|played a game of draughts|listened to the rain on the roof].",
        ],
        _ => &[
            "After an hour [the clouds broke|the rain grew tired|it cleared up], and [a rainbow stood over the roofs|every leaf glittered|the puddles were full of sky].",
            "When the rain [stopped|was over], the [air smelled of earth|gutters were still gurgling|blackbirds took up their song].",
        ],
    }
}

fn baking(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Wish => &[
            "I had [set my heart on|a craving for|promised myself] a cake, but [the cupboard held no {x:s}|there was not a bit of {x:s} in the house|without {x:s} it could not be done].",
            "I wanted to bake. [Everything was ready|I had the bowl in my hands|My apron was tied already] when I [looked for the {x:s} and found none|remembered the {x:s}, which had run out].",
        ],
        Kind::AskFor => &[
            "I asked {b:o} [for some {x:s}|politely for {x:s}|whether {b:s} could spare some {x:s}].",
            "There I [met|found] {b:n}, and [explained what I needed|told {b:o} about my cake|asked for {x:s}].",
        ],
        Kind::Make => &[
            "I [stirred until my arm ached|sang while I kneaded|got flour on my nose], and [at last|an hour later] the cake came out of the oven, [brown and fragrant|a little crooked|risen like a hat].",
            "What a cake it became! [High as a hat|Golden at the edges|It smelled of holidays]: I [was proud|could not stop looking at it|almost ate it hot].",
        ],
        _ => &[
            "{b} [had the first slice|ate three slices|wanted the recipe], and [not a crumb was left|nothing makes me happier than a clean plate|we put the kettle on twice].",
            "I cut {b:o} a [generous|thick|huge] slice, and {b} [closed {b:p2} eyes with pleasure|praised it to the skies|asked for another].",
        ],
    }
}

fn lesson(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::AskTeach => &[
            "{b} {b:was} at work, and I asked {b:o} to teach me how to {b:skill}.",
            "I have long wanted to {b:skill}, so I [plucked up my courage|took a deep breath] and asked {b:n} [to show me|for a lesson].",
            "I watched {b:n} [with my mouth open|for a long time] and [finally|at last] asked if I might learn to {b:skill}.",
        ],
        Kind::Fail => &[
            "My first try was [a disaster|a sorry sight|not worth mentioning], and the second [no better|even worse].",
            "[How clumsy I was|What a mess I made|I had ten thumbs]! I [nearly gave up|wanted to sink into the ground|felt my ears burn].",
            "It looked so easy, but [my hands would not obey|everything went crooked|I got it wrong each time].",
        ],
        Kind::Encourage => &[
            "{a} [never lost patience|did not laugh at me|guided my hands] and said, \"[Gently|Once more|Everyone begins like that].\"",
            "\"[Mistakes are good teachers|Slow is fast enough|Nobody is born a master],\" {a} said, and [showed me again|moved aside for me|I took heart].",
        ],
        _ => &[
            "And then I could do it! I can {b:skill} now, [I, of all people|all by myself|and nobody can take that from me].",
            "The [fourth|fifth|tenth] time it [worked|came right], and I could {b:skill}. [I wanted to tell the whole village|I felt ten feet tall|You cannot think how proud I was].",
        ],
    }
}

fn load(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Burden => &[
            "{a} {a:was} [dragging|carrying|struggling with] {x:a} and had to [stop at every fence|catch {a:p2} breath|put it down every ten steps].",
            "{a} had {x:a}, [much too heavy|no load for old arms|heavy as stone], and [groaned|rubbed {a:p2} back|leaned against a post].",
        ],
        Kind::Carry => &[
            "I [took it from {b:o}|swung it onto my shoulder|would not hear a no] and carried it all the way to {b:house}.",
            "\"Let me,\" I said, and so I [lugged|carried] {x} to {b:house} while {b} [told me the news|walked beside me|opened the gates].",
        ],
        _ => &[
            "In return I got a tale, about [a miller who sold the wind|a hen that laid a blue egg|a shepherd who counted the stars|a bell that rang by itself].",
            "Then {a} told me [how the bridge was built|what the village was like in the old days|about a winter when the snow reached the roofs], and I [listened with both ears|forgot my sore arms|could have listened till midnight].",
        ],
    }
}

fn quarrel(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Quarrel => &[
            "{b} wanted {x}, and I [would not let go|wanted it too|said no], and [a moment later|before I knew it] we were [shouting|quarreling|both red in the face].",
            "We had a [silly|terrible|loud] quarrel about {x}. I said things that [were not nice|I am sorry for|I would rather not write down].",
        ],
        Kind::Alone => &[
            "So I had {x} to myself, and it was [dull|no fun at all|lonelier than I had thought].",
            "I played by myself [with my back turned|in a huff], but [it was not the same|all the fun had gone out of it|I kept looking over].",
        ],
        Kind::MakeUp => &[
            "In the end I [went over|swallowed my pride] and said that I was sorry, and {b} [said the same|held out a hand|grinned].",
            "\"[Peace|Friends again]?\" I asked, and [that was that|we both had to laugh|it was over as fast as it had begun].",
        ],
        _ => &[
            "After that we took turns with {x}, [fair and square|ten minutes each], and [had a splendid time|invented the best game|stayed until dark].",
            "We shared {x} and [laughed ourselves silly|made up three new games|forgot that we had ever been cross].",
        ],
    }
}

fn fear(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Afraid => &[
            "It was [gloomy|dim|eerie] there. [Something creaked|A branch cracked|An owl hooted], and I [froze|could not take another step|felt my hair stand on end].",
            "I am not ashamed to write that I was afraid: [my teeth chattered|my legs were like pudding|I saw monsters in every shadow].",
        ],
        Kind::Comfort => &[
            "{a} [put an arm round me|took my hand|crouched beside me] and told me that [the dark is only the light asleep|even brave people are afraid|there was nothing there but trees].",
            "\"[I am with you|Breathe slowly|We shall count to ten],\" {a} said, and [my heart grew quiet|it helped|I believed it].",
        ],
        _ => &[
            "So I [went on|took a step, and one more|held my head high], and [the monsters were only bushes|nothing happened at all|soon I was even singing].",
            "And I did it! [I walked right through|Step by step I got there|I did not look back once], and I am [a bit|a good deal] braver than yesterday.",
        ],
    }
}
