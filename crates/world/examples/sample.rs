//! Prints texts of a genre: `cargo run -p world --example sample -- [genre] [seed] [count] [first]`.

use world::{Genre, Knobs, Sampler};

fn main() -> Result<(), world::Error> {
    let mut arguments = std::env::args().skip(1);
    let genre: Genre = arguments.next().unwrap_or_else(|| "story".to_string()).parse()?;
    let mut numbers = arguments.map(|a| a.parse().expect("seed, count and first are numbers"));
    let (seed, count) = (numbers.next().unwrap_or(1), numbers.next().unwrap_or(10));
    let first = numbers.next().unwrap_or(0);
    let sampler = Sampler::new(seed, Knobs::default())?;
    for i in first..first + count {
        println!("{}\n", sampler.text(genre, i));
    }
    Ok(())
}
