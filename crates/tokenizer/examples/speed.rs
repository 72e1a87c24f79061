//! Our tokenizer under a stopwatch, for `bench/tokenizer/compare`; its peers take the same arguments.
//!
//! `encode TOKENIZER.json DOCUMENTS REPEATS [IDS]`: the documents of a file stand apart by zero
//! bytes. One document is encoded by `encode`, several as a batch. Prints the seconds of the first
//! time and the least of the repeats; writes all ids as 32-bit numbers to IDS.
//!
//! `train - TEXT VOCAB_SIZE`: the seconds of training a byte-level BPE, from reading the file on.

use std::error::Error;
use std::time::Instant;

use tokenizer::{Tokenizer, TrainOptions};

/// As in the program `lyceum`; its peer has it too.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["encode", tokenizer, documents, repeats] => {
            encode(tokenizer, documents, repeats.parse()?, None)
        }
        ["encode", tokenizer, documents, repeats, ids] => {
            encode(tokenizer, documents, repeats.parse()?, Some(ids))
        }
        ["train", _, text, vocab_size] => train(text, vocab_size.parse()?),
        _ => Err("usage: see the head of examples/speed.rs".into()),
    }
}

fn encode(tokenizer: &str, documents: &str, repeats: usize, out: Option<&str>) -> Result<()> {
    let tokenizer = Tokenizer::load(tokenizer.as_ref())?;
    let text = std::fs::read_to_string(documents)?;
    let documents: Vec<&str> = text.split('\0').collect();
    let once = || -> Result<(f64, Vec<u32>)> {
        let begin = Instant::now();
        if let [document] = documents[..] {
            let ids = tokenizer.encode(document)?;
            return Ok((begin.elapsed().as_secs_f64(), ids));
        }
        let ids = tokenizer.encode_batch(&documents)?;
        Ok((begin.elapsed().as_secs_f64(), ids.concat()))
    };
    // What is done once only is not timed: threads are started, tables made.
    let warm_up = "0123456789 ".repeat(1000);
    tokenizer.encode_batch(&[warm_up.as_str(); 4])?;
    let (first, ids) = once()?;
    let mut least = f64::INFINITY;
    for _ in 0..repeats {
        least = least.min(once()?.0);
    }
    let least = if repeats > 0 { least } else { 0.0 };
    println!("{{\"first\": {first}, \"least\": {least}, \"ids\": {}}}", ids.len());
    if let Some(path) = out {
        let bytes: Vec<u8> = ids.iter().flat_map(|id| id.to_le_bytes()).collect();
        std::fs::write(path, bytes)?;
    }
    Ok(())
}

fn train(text: &str, vocab_size: usize) -> Result<()> {
    let begin = Instant::now();
    let text = lines(text)?;
    let options = TrainOptions { vocab_size, specials: vec![], ..TrainOptions::default() };
    let tokenizer = Tokenizer::train(text, &options)?;
    let seconds = begin.elapsed().as_secs_f64();
    println!(
        "{{\"seconds\": {seconds}, \"vocab\": {}, \"peak_bytes\": {}}}",
        tokenizer.vocab_size(),
        peak_bytes()
    );
    Ok(())
}

/// The lines of a file as they are read, each with its end; what is no text ends them. Its peer reads the same way,
/// so that neither holds the text.
fn lines(path: &str) -> Result<impl Iterator<Item = String>> {
    let mut file = std::io::BufReader::with_capacity(1 << 20, std::fs::File::open(path)?);
    Ok(std::iter::from_fn(move || {
        let mut line = String::new();
        let read = std::io::BufRead::read_line(&mut file, &mut line).unwrap_or(0);
        (read > 0).then_some(line)
    }))
}

fn peak_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}
