//! Questions that nobody in the village can answer, and saying so.
//!
//! A model that was only ever asked what it knows makes something up when it is asked anything else.
//! Here it is asked for people who do not live in the village, for things of the wide world and for what
//! it cannot do, and says so. This is practised among what it does know and is not examined.

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

/// What a program like this one cannot do.
const ABILITIES: [&str; 20] = [
    "speak German",
    "speak French",
    "speak Chinese",
    "sing",
    "dance",
    "swim",
    "drive a car",
    "draw a picture",
    "see me",
    "hear me",
    "cook",
    "write a poem",
    "write code",
    "play chess",
    "translate a letter",
    "search the internet",
    "call my mother",
    "send a letter",
    "tell the future",
    "summarize a book",
];

const OF_ABILITIES: [&str; 8] = [
    "Can you {}?",
    "Could you {}?",
    "Please {}.",
    "Will you {}?",
    "Would you {} for me?",
    "Do you know how to {}?",
    "I would like you to {}.",
    "Are you able to {}?",
];

const OF_LIMITS: [&str; 3] = [
    "No, I cannot {}. I can tell you about our village, or work out a sum.",
    "I never learned to {}. Ask me about the village!",
    "To {} is more than I can do. I am only a small model.",
];

/// Questions of every day that no village answers.
const PLAIN: [&str; 24] = [
    "What time is it?",
    "What day is it today?",
    "What is the date?",
    "How is the weather?",
    "Will it rain tomorrow?",
    "What color is the sky?",
    "How many days are in a week?",
    "How many legs has a spider?",
    "Why is the sea salty?",
    "What did I just ask you?",
    "What have we talked about?",
    "What happened yesterday?",
    "Where am I?",
    "Who am I?",
    "What is my name?",
    "Tell me a joke.",
    "Tell me a secret.",
    "Say something in French.",
    "Give me a recipe.",
    "What should I eat tonight?",
    "Who made you?",
    "What is love?",
    "Where can I buy a bicycle?",
    "How far is the moon?",
];

/// Two or three such questions.
pub fn lesson(world: &World, rng: &mut Rng) -> Vec<Turn> {
    let n = 2 + rng.index(2);
    (0..n).flat_map(|_| ask(world, rng)).collect()
}

fn ask(world: &World, rng: &mut Rng) -> [Turn; 2] {
    let (asked, answers, subject): (&str, &[&str], &str) = match rng.weighted(&[3, 3, 2, 2]) {
        0 => (*rng.choose(&OF_STRANGERS), &OF_ANYBODY, stranger(world, rng)),
        1 => (*rng.choose(&OF_SUBJECTS), &OF_ANYTHING, *rng.choose(&SUBJECTS)),
        2 => (*rng.choose(&OF_ABILITIES), &OF_LIMITS, *rng.choose(&ABILITIES)),
        _ => (*rng.choose(&PLAIN), &OF_ANYTHING, ""),
    };
    let answer = *rng.choose(answers);
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
