//! Prints documents: `cargo run -p world --example sample -- [seed] [count] [first]`.

use world::{Corpus, Document, Speaker};

fn main() {
    let mut numbers = std::env::args().skip(1).map(|a| a.parse().expect("arguments are numbers"));
    let (seed, count) = (numbers.next().unwrap_or(1), numbers.next().unwrap_or(10));
    let first = numbers.next().unwrap_or(0);
    let corpus = Corpus::new(seed);
    for i in first..first + count {
        match corpus.document(i) {
            Document::Story(story) => println!("# {}\n{}\n", story.title, story.text),
            Document::Dialogue(dialogue) => {
                for turn in dialogue.turns {
                    let who = if turn.speaker == Speaker::User { "User" } else { "Assistant" };
                    println!("{who}: {}", turn.text);
                }
                println!();
            }
        }
    }
}
