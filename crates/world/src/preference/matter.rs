//! Requests with honest help: what people ask, and what is worth saying.
//!
//! Help is the same in both answers of a pair; how it is said is what differs. It states nothing
//! that is not so in the village.

use stdx::Rng;

use super::cast::Cast;
use crate::corpus::World;
use crate::render::facts::{answer, question};

/// A request and the help for it.
#[derive(Debug, Clone)]
pub(super) struct Matter {
    pub(super) request: String,
    pub(super) help: String,
    /// Whether the one who asks is sad or worried.
    pub(super) sad: bool,
}

/// Request, help, and whether the request is a sad one.
const MATTERS: &[(&str, &str, bool)] = &[
    (
        "[I lost my {short}.|I cannot find my {short}.|My {short} is gone.] [What should I do?|Can you help me?|Where should I look?]",
        "[Go back to|Look first at] the place where you had the {short} last, and [ask everyone whom you met there|look behind everything that is large enough to hide it].",
        true,
    ),
    (
        "I tried to make [an apple pie|a honey cake|bean soup|pancakes|a nut cake|sweet buns|pumpkin soup], but [something went wrong|nobody wanted to eat it all]. [What can I do better?|What did I do wrong?]",
        "[Use less heat and take more time|Measure everything before you begin], and ask {baker} [to watch you once|for advice].",
        true,
    ),
    (
        "I had a quarrel with {name}. [What should I do?|What can I say?|How can we be friends again?]",
        "Go to {name}, say that you are sorry, and [ask if you can begin again|suggest that you take turns].",
        true,
    ),
    (
        "I am afraid of [the dark|the storm|the woods at night|the big dog {at}]. [What can I do?|Can you help me?]",
        "Take a deep breath, [hold somebody's hand|count to ten], and go [one step at a time|a little closer each day].",
        true,
    ),
    (
        "I [want to learn to|tried to] {skill}, but [I cannot do it|it is too hard for me]. [What should I do?|How can I learn it?]",
        "Ask {skilled} to show you, {skill_at}, and [try it slowly|practice a little every day].",
        true,
    ),
    (
        "I broke {owner}'s {thing}. [What should I do now?|How can I make it good?]",
        "Tell {owner} what happened, and take the {short} to {mender}, who can mend it {mend_at}.",
        true,
    ),
    (
        "[{keeper}'s {kind} {pet} ran away.|We cannot find {keeper}'s {kind} {pet}.] [What should we do?|How can we find {pet}?]",
        "Walk slowly, call {pet} softly, and [take along something that a {kind} likes to eat|look {at} first].",
        true,
    ),
    (
        "I got all my sums wrong today. [What should I do?|How can I get better?]",
        "Do the first one again [with|together with] {teacher}, and [then the others will be easier|only then go on to the next].",
        true,
    ),
    (
        "{name} [laughed at my {short}|did not say hello to me today]. [What should I do?|Should I be angry?]",
        "Ask {name} [in a quiet moment what it was about|what the matter was], and say that it made you sad.",
        true,
    ),
    (
        "I [feel so tired|have so much to do] today. [What should I do first?|Where should I begin?]",
        "Do the one thing that cannot wait, [ask {other} to help you with the rest|leave the rest for tomorrow], and go to bed early.",
        true,
    ),
    (
        "[What can I give {name} for a present?|I want to make {name} happy. What should I bring?|{name} has a birthday. What shall I bring?]",
        "{name} loves {dish}, so bring some and [tie a ribbon around it|write a little card].",
        false,
    ),
    (
        "[Who can mend my {short}?|Where can I have my {short} mended?]",
        "[Take it to {mender}, who works {mend_at}.|{mender} can mend it, {mend_at}.]",
        false,
    ),
    (
        "[I am new in the village. Where can I meet people?|I know nobody here yet. Where should I go?]",
        "Go to the market in the morning, and say hello to {baker} at the bakery [and to {shopkeeper} in the shop|on the way].",
        false,
    ),
    (
        "[What can we play when it rains?|It rains. What can we do inside?]",
        "[Tell each other tales by the fire|Build a house out of blankets], or [bake something|draw the people of the village].",
        false,
    ),
    (
        "[How do I plant beans?|How can I grow beans?]",
        "Put each bean [a thumb deep|two fingers deep] into the soil, give it water, and ask {gardener} for [a few sticks|a good spot].",
        false,
    ),
    (
        "How can I [make friends with|get to know] {keeper}'s {kind} {pet}?",
        "Sit down, hold out your hand, and [wait until {pet} comes to you|let {pet} smell it first].",
        false,
    ),
    (
        "[Can you write|Write|Please write] a short note to thank {name} for the {goods}.",
        "\"Dear {name}, thank you for the {goods}. [I was very glad.|It was just what I needed.] Yours, {other}.\"",
        false,
    ),
    (
        "[Can you write|Write|Please write] a short note to invite {name} [{to}|to supper].",
        "\"Dear {name}, will you come [with me {to}|to my house] [tomorrow|on Sunday]? Yours, {other}.\"",
        false,
    ),
    (
        "[Can you write|Write|Please write] a short note to tell {owner} that I found the {thing}.",
        "\"Dear {owner}, your {short} is found. [It is safe with me.|Come and get it when you like.] Yours, {other}.\"",
        false,
    ),
];

/// A matter of any kind; one in five is a question about a fact.
pub(super) fn matter(world: &World, cast: &Cast, rng: &mut Rng) -> Matter {
    if rng.one_in(5) {
        let fact = rng.choose(world.facts());
        let request = question(fact, rng);
        return Matter { request, help: answer(world.village(), fact, rng), sad: false };
    }
    let &(request, help, sad) = rng.choose(MATTERS);
    let mut request = cast.say(request, rng);
    if request.starts_with("Can you write") {
        request = request.trim_end_matches('.').to_string() + "?";
    }
    Matter { request, help: cast.say(help, rng), sad }
}
