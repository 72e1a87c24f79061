//! Trains and encodes for `bench/parity/tokenizer`, which holds the ids against those of Hugging
//! Face `tokenizers`.
//!
//! `parity train OUT.json VOCAB TEXT...` and `parity encode TOKENIZER.json TEXT...`; the second
//! writes `TEXT.ids` beside each text (one id a line) and prints how fast it was.

use std::error::Error;
use std::path::Path;
use std::time::Instant;
use std::{env, fs};

use tokenizer::{Tokenizer, TrainOptions};

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        ["train", out, vocab, texts @ ..] => train(Path::new(out), vocab.parse()?, texts),
        ["encode", tokenizer, texts @ ..] => encode(&Tokenizer::load(Path::new(tokenizer))?, texts),
        _ => Err("usage: parity train OUT VOCAB TEXT... | parity encode TOKENIZER TEXT...".into()),
    }
}

fn train(out: &Path, vocab_size: usize, texts: &[&str]) -> Result<(), Box<dyn Error>> {
    let texts = texts.iter().map(fs::read_to_string).collect::<Result<Vec<_>, _>>()?;
    let options = TrainOptions { vocab_size, ..TrainOptions::default() };
    let begin = Instant::now();
    let tokenizer = Tokenizer::train(&texts, &options)?;
    let bytes: usize = texts.iter().map(String::len).sum();
    println!("trained {vocab_size} ids on {bytes} bytes in {:.2} s", begin.elapsed().as_secs_f64());
    Ok(tokenizer.save(out)?)
}

fn encode(tokenizer: &Tokenizer, texts: &[&str]) -> Result<(), Box<dyn Error>> {
    let (mut bytes, mut seconds) = (0, 0.0);
    for path in texts {
        let text = fs::read_to_string(path)?;
        let begin = Instant::now();
        let ids = tokenizer.encode(&text)?;
        seconds += begin.elapsed().as_secs_f64();
        bytes += text.len();
        let lines: String = ids.iter().map(|id| format!("{id}\n")).collect();
        fs::write(format!("{path}.ids"), lines)?;
    }
    println!("encoded {bytes} bytes at {:.1} MB/s on one thread", bytes as f64 / seconds / 1e6);
    Ok(())
}
