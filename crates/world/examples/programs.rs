//! Prints programs with their tasks, outputs and tests:
//! `cargo run -p world --example programs -- [seed] [count] [first]`.

use world::Programs;

fn main() {
    let mut numbers = std::env::args().skip(1).map(|a| a.parse().expect("arguments are numbers"));
    let (seed, count) = (numbers.next().unwrap_or(1), numbers.next().unwrap_or(5));
    let first = numbers.next().unwrap_or(0);
    let programs = Programs::new(seed);
    for i in first..first + count {
        let program = programs.program(i);
        println!("#### {}\n{}", program.task, program.source);
        println!("## prints\n{}## tests\n{}", program.output, program.tests.join("\n"));
    }
}
