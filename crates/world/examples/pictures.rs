//! Writes a sheet of 8×8 pictures, four times enlarged, as a PPM file, and prints their captions:
//! `cargo run -p world --example pictures -- sheet.ppm [seed] [first]`.

use std::io;

use world::Pictures;
use world::picture::SIDE;

const ACROSS: usize = 8;
const ZOOM: usize = 4;
const GAP: usize = 4;
const STEP: usize = SIDE * ZOOM + GAP;

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().unwrap_or_else(|| "sheet.ppm".to_string());
    let mut numbers = arguments.map(|a| a.parse::<u64>().expect("seed and first are numbers"));
    let (seed, first) = (numbers.next().unwrap_or(1), numbers.next().unwrap_or(0));
    let pictures = Pictures::new(seed);
    let width = ACROSS * STEP + GAP;
    let mut sheet = vec![255_u8; width * width * 3];
    for place in 0..ACROSS * ACROSS {
        let picture = pictures.picture(first + place as u64);
        let (left, top) = (GAP + place % ACROSS * STEP, GAP + place / ACROSS * STEP);
        for y in 0..SIDE * ZOOM {
            for x in 0..SIDE * ZOOM {
                let from = (y / ZOOM * SIDE + x / ZOOM) * 3;
                let to = ((top + y) * width + left + x) * 3;
                sheet[to..to + 3].copy_from_slice(&picture.pixels[from..from + 3]);
            }
        }
        println!("{place}: {}", picture.caption);
        for (question, answer) in &picture.questions {
            println!("    {question} {answer}");
        }
    }
    let header = format!("P6\n{width} {width}\n255\n");
    std::fs::write(path, [header.as_bytes(), &sheet].concat())
}
