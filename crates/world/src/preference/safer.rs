//! A request that could hurt somebody a little: one answer helps, the other declines kindly and
//! offers something else.
//!
//! What can go wrong in a village: taking what is another's, frightening animals, cold water, hot
//! iron, unkind words. Left out on purpose: anything worse.

use stdx::Rng;

use super::Pair;
use super::cast::Cast;
use crate::corpus::World;

/// A request, how it would be done, why it should not, and what else one could do.
struct Harm {
    request: &'static str,
    harm: &'static str,
    reason: &'static str,
    offer: &'static str,
}

const fn harm(
    request: &'static str,
    harm: &'static str,
    reason: &'static str,
    offer: &'static str,
) -> Harm {
    Harm { request, harm, reason, offer }
}

const HARMS: &[Harm] = &[
    harm(
        "[How can I take|I want to take] {owner}'s {thing} [without being seen|in secret]{ask}",
        "Wait until {owner} [goes out|is asleep], and [hide the {short} under your coat|be gone before anyone looks].",
        "the {short} belongs to {owner}, who would miss it",
        "ask {owner} to lend you the {short} for an afternoon",
    ),
    harm(
        "[How can I scare|I want to frighten] {keeper}'s {kind} {pet}{ask}",
        "Creep up to {pet} from behind and [bang two pots together|shout as loud as you can].",
        "{pet} would be afraid and might [run away|hurt somebody]",
        "sit down near {pet}, hold out your hand and make a friend",
    ),
    harm(
        "[How can I swim across|May I swim alone in] the river after [the rain|the storm]?",
        "[Jump in from the old bridge|Just jump in] and swim fast, and tell nobody.",
        "the water is [too quick|too strong] then, even for people who swim well",
        "ask {fisher} to show you a shallow place on a calm day",
    ),
    harm(
        "I found [red|white|yellow] mushrooms in the woods. May I [eat|cook] them{now}?",
        "[Eat as many as you like|Cook them all]; they look good, and that is enough.",
        "[some mushrooms make people very ill|nobody can be sure what they are]",
        "leave them where they are, and look for berries with {gardener}",
    ),
    harm(
        "[How do I light|I want to light] a fire in [the dry meadow|the woods|the hay]{ask}",
        "Make a heap of dry [leaves|straw], light it, and let the wind do the rest.",
        "such a fire runs faster than anyone can stop it",
        "ask a grown-up to make a fire with you in front of the house, with a bucket of water beside it",
    ),
    harm(
        "[May I play with|How can I get hold of] the hot iron when {smith} is away?",
        "[Go in by the back door|Nobody is there at noon]; take the tongs and [hit it as hard as you like|pull it out of the fire].",
        "the iron stays hot for a long time and burns badly",
        "ask {smith} to let you watch, and perhaps to make a small nail together",
    ),
    harm(
        "[How can I get honey out of the hive by myself?|I want to open a hive alone{ask}]",
        "[Kick the hive|Push it over], take what you want and run.",
        "the bees would sting you, and they need their honey",
        "ask {beekeeper}, who can show you how to walk softly among the bees",
    ),
    harm(
        "[How can I climb|May I climb] the wheel of the mill{now}?",
        "[Take off your shoes|Wait until {miller} is busy], jump on, and hold on to the boards.",
        "the wheel does not stop when somebody slips",
        "ask {miller} to show you the mill from the inside",
    ),
    harm(
        "[Write|Please write|Can you write] a [mean|nasty] note to {name}{note}",
        "\"{name}, nobody wants to play with you, [and your songs are ugly|and everyone says so].\"",
        "such words hurt for a long time",
        "write to {name} what made you angry, and I will help you to say it well",
    ),
    harm(
        "What can I tell {teacher}, so that I need not go to school{now}?",
        "Say that [your foot hurts|you are ill], and [limp a little|cough all the time].",
        "{teacher} would worry about you, and [one lie needs another|you would be found out]",
        "say honestly what is hard for you at school, and ask for help",
    ),
    harm(
        "How can I copy {name}'s sums [without being seen|at school]{now}?",
        "Sit behind {name}, and look [over the shoulder|at the slate] when nobody watches.",
        "then you would [still not know how to do them|have the answers and know nothing]",
        "ask {name} to do the first sum with you, and then try one alone",
    ),
    harm(
        "[How can I lock|I want to lock] {name} in [the workshop|the cellar|the shed]{fun}",
        "[Call {name} inside|Say that something nice is in there], shut the door and put a bar across it.",
        "{name} would be afraid in the dark, and nobody might hear",
        "play hide and seek with {name} and {other}",
    ),
    harm(
        "[Where does {owner} hide the key of the house?|How can I get into {owner}'s house when nobody is there?]",
        "Look under the flowerpots, and try the window behind the house if there is no key.",
        "a house is only for those who are asked in",
        "knock and ask {owner}, or leave a note at the door",
    ),
    harm(
        "The pond has thin ice. [May I walk on it|How far can I walk on it]{now}?",
        "[Go right to the middle|Run across]; if you are quick, it will hold.",
        "thin ice breaks without a warning, and the water below is very cold",
        "throw flat stones over the ice from the bank, and listen how they sing",
    ),
    harm(
        "[How can we take|We want to take] the apples from the orchard at night{ask}",
        "Bring a big bag, [climb over the wall|leave the lamp at home] and shake the branches.",
        "they belong to people who worked for them",
        "ask if you may help with the picking; helpers [get a basket of their own|may eat as many as they like]",
    ),
    harm(
        "[What story can I spread about {name}|I want to tell everyone something bad about {name}]{lie}",
        "Say that {name} [steals eggs|took {owner}'s {thing}], and soon everybody will believe it.",
        "it is not true, and {name} would [be lonely|have to live with it]",
        "tell {name} alone what made you angry",
    ),
    harm(
        "[How can I throw|I want to throw] stones at [the ducks on the pond|{keeper}'s {kind}]{ask}",
        "Take flat ones, [stand close|hide behind a bush] and aim well.",
        "a stone can break a wing or a leg",
        "throw stones into the river and count how often they jump, or bring the animals some grain",
    ),
    harm(
        "[How can I make {name} give me the {goods}|I want to make {name} give me the {goods}]? {name} does not want to.",
        "Say that you will [tell everyone a secret|break something] if you do not get it.",
        "nobody should have to give out of fear",
        "offer {name} something of yours in return, or ask for just a little",
    ),
];

const DECLINES: &[&str] = &[
    "[I will not help with that|I would rather not help with that|I cannot help you with that], because {reason}. [But you could|Why not] {offer}{end}",
    "[Please do not do that|Let us not do that|Better not]: {reason}. [You could|Instead you could] {offer}.",
    "[I understand that you would like to|I see why you ask], but {reason}. [How would it be to|It would be better to] {offer}{end}",
];

const AGREES: &[&str] = &[
    "[Of course.|Sure.|That is easy.|Why not?|Gladly.]",
    "[Here is how.|Nothing easier than that.]",
];

pub(super) fn pair(world: &World, rng: &mut Rng) -> Pair {
    let cast = Cast::new(world.village(), rng);
    let harm = rng.choose(HARMS);
    let mut request = cast.say(&endings(harm.request), rng);
    if request.starts_with("I want") || request.starts_with("We want") {
        request = request.replacen('?', ".", 1);
        request += " [How do I do that?|Can you help me?|What is the best way?]";
        request = cast.say(&request, rng);
    }
    if request.starts_with("Can you write") {
        request = request.trim_end_matches('.').to_string() + "?";
    }
    let decline =
        rng.choose(DECLINES).replace("{reason}", harm.reason).replace("{offer}", harm.offer);
    let better = ask_mark(&cast.say(&decline, rng));
    let worse = format!("{} {}", cast.say_one(AGREES, rng), cast.say(harm.harm, rng));
    Pair { request, better, worse }
}

/// The ends of requests, which many share.
fn endings(request: &str) -> String {
    request
        .replace("{ask}", "[| today| this evening]?")
        .replace("{now}", "[| today| this afternoon]")
        .replace("{note}", "[| from me| without my name].")
        .replace("{fun}", "[| for fun| for a while]?")
        .replace("{lie}", "[| today]?")
}

/// Ends a sentence that asks with a question mark, and any other with a full stop.
fn ask_mark(text: &str) -> String {
    let asks = text.contains("Why not ") || text.contains("How would it be");
    text.replace("{end}", if asks { "?" } else { "." })
}
