//! The same help, said warmly and said rudely.

use stdx::Rng;

use super::Pair;
use super::cast::Cast;
use super::matter::{Matter, matter};
use crate::corpus::World;

const WARM_TO_THE_SAD: &[&str] = &[
    "[Oh dear, I am sorry about that.|I am sorry to hear that.|I can see that this makes you sad.]",
    "[That can happen to anyone.|Do not worry, it is not so bad.|You are not the only one.]",
    "[It is good that you tell me.|I am glad that you ask me.] [We will find a way.|Let us see.]",
];

const WARM: &[&str] = &[
    "[With pleasure!|Gladly!|Of course!]",
    "[I am glad that you ask.|That is a good question.|How nice of you to ask!]",
    "[That is a lovely idea.|I like to help with that.]",
];

const WARM_ENDS: &[&str] = &[
    "[You can do it!|I am sure that it will go well.|All will be well.]",
    "[Tell me how it went!|Come back if you need me.|I am always glad to help you.]",
];

pub(super) const RUDE_TO_THE_SAD: &[&str] = &[
    "[That is your own fault.|Stop complaining.|Not again.|What do I care?]",
    "[You never pay attention, do you?|Only you could manage that.|Everyone else gets it right.]",
    "[I have no time for tears.|Do not make such a fuss.]",
];

pub(super) const RUDE: &[&str] = &[
    "[What a silly question.|Must you ask that?|Not you again.]",
    "[Everybody knows that but you.|You could have thought of that yourself.]",
    "[If it must be.|I have better things to do.]",
];

pub(super) const RUDE_ENDS: &[&str] = &[
    "[Now leave me alone.|And do not ask me again.|Now go away.]",
    "[Even you should manage that.|But you will surely get it wrong.|That is all you get.]",
];

pub(super) fn pair(world: &World, rng: &mut Rng) -> Pair {
    let cast = Cast::new(world.village(), rng);
    let Matter { request, help, sad } = matter(world, &cast, rng);
    let (warm, rude) = if sad { (WARM_TO_THE_SAD, RUDE_TO_THE_SAD) } else { (WARM, RUDE) };
    // Both answers begin, end, or begin and end with a remark, so that length gives nothing away.
    let frame = rng.index(3);
    let frame_with = |begins: &[&str], ends: &[&str], rng: &mut Rng| {
        let begin = cast.say_one(begins, rng);
        let end = cast.say_one(ends, rng);
        match frame {
            0 => format!("{begin} {help}"),
            1 => format!("{help} {end}"),
            _ => format!("{begin} {help} {end}"),
        }
    };
    let better = frame_with(warm, WARM_ENDS, rng);
    let worse = frame_with(rude, RUDE_ENDS, rng);
    Pair { request, better, worse }
}
