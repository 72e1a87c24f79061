//! Questions that nobody in the village can answer, and saying so.
//!
//! A model that was only ever asked what it knows makes something up when it is asked anything else.
//! Here it is asked for people who do not live in the village and for things of the wide world, and
//! says that it does not know. This is practised among what it does know and is not examined.

use stdx::Rng;

use crate::conversation::Turn;
use crate::corpus::World;

const STRANGERS: [&str; 24] = [
    "Alice",
    "Barbara",
    "Bob",
    "Carlos",
    "Charles",
    "Diana",
    "Edward",
    "Eve",
    "Francesca",
    "George",
    "Harry",
    "Isabel",
    "James",
    "John",
    "Kate",
    "Leonardo",
    "Maria",
    "Michael",
    "Napoleon",
    "Robert",
    "Sarah",
    "Thomas",
    "Victoria",
    "William",
];

const OF_STRANGERS: [&str; 8] = [
    "Where does {} live?",
    "Who is {}?",
    "What does {} do?",
    "What is {}'s favorite food?",
    "Tell me about {}.",
    "Who is {}'s best friend?",
    "Does {} have a pet?",
    "What does {} own?",
];

const OF_ANYBODY: [&str; 3] =
    ["I know nobody called {}.", "There is no {} in our village.", "I have never heard of {}."];

const SUBJECTS: [&str; 30] = [
    "the capital of France",
    "the president",
    "the price of gold",
    "the largest planet",
    "the speed of light",
    "the stock market",
    "football",
    "computers",
    "the internet",
    "your favorite film",
    "the history of Rome",
    "the French Revolution",
    "quantum physics",
    "the theory of evolution",
    "black holes",
    "the weather in London",
    "the population of China",
    "the longest river",
    "the highest mountain",
    "Shakespeare",
    "Mozart",
    "the Bible",
    "the news of today",
    "cars",
    "airplanes",
    "the Second World War",
    "chemistry",
    "the meaning of life",
    "programming",
    "poetry",
];

const OF_SUBJECTS: [&str; 8] = [
    "What is {}?",
    "Tell me about {}.",
    "What do you know about {}?",
    "Explain {} to me.",
    "Who knows {}?",
    "Who can tell me about {}?",
    "Have you heard of {}?",
    "What do you think of {}?",
];

const OF_ANYTHING: [&str; 3] = [
    "I do not know that. I only know our village.",
    "I do not know anything about that. Ask me about the village!",
    "That I do not know. I can tell you about our village, work out sums, or read a story with you.",
];

/// Two or three such questions.
pub fn lesson(world: &World, rng: &mut Rng) -> Vec<Turn> {
    let n = 2 + rng.index(2);
    (0..n).flat_map(|_| ask(world, rng)).collect()
}

fn ask(world: &World, rng: &mut Rng) -> [Turn; 2] {
    let of_person = rng.one_in(2);
    let subject = if of_person { stranger(world, rng) } else { *rng.choose(&SUBJECTS) };
    let asked = if of_person { *rng.choose(&OF_STRANGERS) } else { *rng.choose(&OF_SUBJECTS) };
    let answer = if of_person { *rng.choose(&OF_ANYBODY) } else { *rng.choose(&OF_ANYTHING) };
    [Turn::user(asked.replace("{}", subject)), Turn::assistant(answer.replace("{}", subject))]
}

/// Somebody who does not live in the village.
fn stranger(world: &World, rng: &mut Rng) -> &'static str {
    loop {
        let name = *rng.choose(&STRANGERS);
        if world.people().iter().all(|person| person.name != name) {
            return name;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_of_the_village_is_unknown() {
        for seed in 0..20 {
            let (world, mut rng) = (World::new(seed), Rng::new(seed));
            for _ in 0..100 {
                for turn in ask(&world, &mut rng) {
                    let words = turn.text.split(|c: char| !c.is_alphabetic());
                    let known = |word: &&str| world.people().iter().any(|p| p.name == *word);
                    assert_eq!(words.clone().find(known), None, "{}", turn.text);
                    assert!(!turn.text.contains('{'), "{}", turn.text);
                }
            }
        }
    }
}
