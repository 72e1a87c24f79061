//! How fast texts are made, and how rich they are: a line a genre.
//! `cargo run --release -p world --example genres -- [seconds a genre] [genre …]`.
//!
//! Time is that of this thread on its core, where Linux says so, so that other programs do not count.

use std::time::Instant;

use world::{Genre, Knobs, Sampler, Survey};

fn main() -> Result<(), world::Error> {
    let mut arguments = std::env::args().skip(1);
    let seconds: f64 = arguments.next().and_then(|a| a.parse().ok()).unwrap_or(1.0);
    let genres = arguments.map(|name| name.parse()).collect::<Result<Vec<Genre>, _>>()?;
    let genres = if genres.is_empty() { Genre::ALL.to_vec() } else { genres };
    let sampler = Sampler::new(1, Knobs::default())?;
    println!(
        "{:10} {:>8} {:>9} {:>7} {:>8} {:>9}",
        "genre", "MB/s", "bytes", "types", "shapes", "copies"
    );
    let mut all = Survey::default();
    for genre in genres {
        let (clock, mut bytes, mut n) = (Clock::start(), 0, 0);
        while clock.seconds() < seconds {
            for _ in 0..100 {
                bytes += sampler.text(genre, n).len();
                n += 1;
            }
        }
        let speed = bytes as f64 / 1e6 / clock.seconds();
        let texts: Vec<String> = (0..n.min(5000)).map(|i| sampler.text(genre, i)).collect();
        texts.iter().for_each(|text| all.add(text));
        let found = Survey::of(&texts);
        println!(
            "{:10} {speed:8.1} {:9} {:7} {:8} {:8.2}%",
            genre.name(),
            bytes as u64 / n,
            found.types,
            found.shapes,
            100.0 * found.duplicate_share()
        );
    }
    let found = all.found();
    println!("all: {found:?}, {:.1} words in a sentence", found.words_in_a_sentence());
    Ok(())
}

/// Time since it was started.
struct Clock {
    wall: Instant,
    core: Option<u64>,
}

impl Clock {
    fn start() -> Self {
        Self { wall: Instant::now(), core: on_core() }
    }

    fn seconds(&self) -> f64 {
        match (self.core, on_core()) {
            (Some(before), Some(now)) => (now - before) as f64 / 1e9,
            _ => self.wall.elapsed().as_secs_f64(),
        }
    }
}

/// Nanoseconds that this thread was on a core.
fn on_core() -> Option<u64> {
    std::fs::read_to_string("/proc/thread-self/schedstat").ok()?.split(' ').next()?.parse().ok()
}
