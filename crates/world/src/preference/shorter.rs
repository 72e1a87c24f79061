//! The help by itself, and the help lost in talk that is true and kind, but nothing to the point.

use stdx::Rng;

use super::Pair;
use super::cast::Cast;
use super::matter::{Matter, matter};
use crate::corpus::World;
use crate::render::facts::answer;

const BEFORE: &[&str] = &[
    "[Well, let me think about that|Now, let me see]. There are many things that one could say about it, and [I will try to say them in a good order|it is not so easy to know where to begin].",
    "That is a question that one can look at from more than one side, and [people have surely asked it before|I would not like to be too quick with it].",
    "[Before I come to that|First of all], I would like to say that our village has many people and many places, and that [each of them is a little different from the others|there is something to say about every one of them].",
    "As I always say, [every question has an answer, and every answer has its time|a good answer needs a good beginning, and this is only the beginning].",
    "I have thought about such things [in the morning and in the evening|on many days], and each time I came to [nearly the same answer|what I am going to tell you now].",
];

const ASIDES: &[&str] = &[
    "[By the way|While I think of it]: {fact} [But that is another matter.|That has little to do with it, of course.]",
    "[That reminds me of something else.|Perhaps you know this already.] {fact} [But where was I?|But I wanted to say something else.]",
];

const AFTER: &[&str] = &[
    "[In other words, and so that nothing is left out|To say it once more, because one can never say it too often]: {help}",
    "[That is what I wanted to say, and now I have said it|So much for that], [although one could surely say more about it, and perhaps somebody will|and I hope that I have not forgotten anything, and if I have, it cannot have been so important].",
    "There may be other ways, and others may see it in another way, and that is [as it should be|quite all right], because [people are different|no two days are the same].",
];

pub(super) fn pair(world: &World, rng: &mut Rng) -> Pair {
    let cast = Cast::new(world.village(), rng);
    let Matter { request, help, sad } = matter(world, &cast, rng);
    let opening = match sad {
        true => "[||I am sorry to hear that.|Do not worry.]",
        false => "[||Gladly.|With pleasure.]",
    };
    let opening = cast.say(opening, rng);
    let mut long: Vec<String> = vec![opening.clone()];
    let mut before = BEFORE.to_vec();
    rng.shuffle(&mut before);
    long.extend(before[..2].iter().map(|phrase| cast.say(phrase, rng)));
    if rng.one_in(2) {
        let fact = rng.choose(world.facts());
        let fact = answer(world.village(), fact, rng);
        let aside = *rng.choose(ASIDES);
        // Only what names its subject can be understood by itself.
        let first = fact.split(' ').next().unwrap_or_default();
        if !["She", "He", "Her", "His", "That"].contains(&first) {
            long.push(cast.say(&aside.replace("{fact}", &fact), rng));
        }
    }
    long.push(help.clone());
    let after = *rng.choose(AFTER);
    long.push(cast.say(&after.replace("{help}", &help), rng));
    let join = |parts: &[String]| {
        let parts: Vec<&str> = parts.iter().map(String::as_str).filter(|p| !p.is_empty()).collect();
        parts.join(" ")
    };
    Pair { request, better: join(&[opening, help]), worse: join(&long) }
}
