//! Prints pairs of answers: `cargo run -p world --example preferences -- [seed] [count] [first]`.

use world::{Preferences, Speaker};

fn main() {
    let mut numbers = std::env::args().skip(1).map(|a| a.parse().expect("arguments are numbers"));
    let (seed, count) = (numbers.next().unwrap_or(1), numbers.next().unwrap_or(10));
    let first = numbers.next().unwrap_or(0);
    let preferences = Preferences::new(seed, 0.0);
    for i in first..first + count {
        let pair = preferences.pair(i);
        for turn in &pair.prompt {
            let who = if turn.speaker == Speaker::User { "User" } else { "Assistant" };
            println!("{who}: {}", turn.text);
        }
        println!("  {:?}: {}\n  not: {}\n", pair.reason, pair.chosen, pair.rejected);
    }
}
