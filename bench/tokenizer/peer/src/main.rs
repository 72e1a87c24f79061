//! Hugging Face's `tokenizers` crate under the same stopwatch as ours (crates/tokenizer/examples/speed.rs).
//!
//! `encode TOKENIZER.json DOCUMENTS REPEATS [IDS]`: the documents of a file stand apart by zero
//! bytes. One document is encoded by `encode_into`, several as a batch. Prints the seconds of the
//! first time and the least of the repeats; writes all ids as 32-bit numbers to IDS.
//!
//! `train TOKENIZER.json TEXT VOCAB_SIZE`: the seconds of training a byte-level BPE that cuts words
//! as TOKENIZER.json does.

use std::collections::HashSet;
use std::error::Error;
use std::io::Write;
use std::time::Instant;

use tokenizers::pipeline::{
    EncodeOptions, PipelineToken, PipelineTokenizer, PreTokenizer, PreTokenizerScratch,
};
use tokenizers::trainers::BpeTrainer;
use tokenizers::Trainer;

/// As ours has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let measured = match arguments[..] {
        ["encode", tokenizer, documents, repeats] => {
            encode(tokenizer, documents, repeats.parse()?, None)?
        }
        ["encode", tokenizer, documents, repeats, ids] => {
            encode(tokenizer, documents, repeats.parse()?, Some(ids))?
        }
        ["train", tokenizer, text, vocab_size] => train(tokenizer, text, vocab_size.parse()?)?,
        _ => return Err("usage: see the head of src/main.rs".into()),
    };
    Ok(writeln!(std::io::stdout(), "{measured}")?)
}

fn load(path: &str) -> Result<PipelineTokenizer> {
    let json = tokenizers::canonicalize_file(path).map_err(|e| e.to_string())?;
    tokenizers::from_json(&json)
}

fn encode(tokenizer: &str, documents: &str, repeats: usize, out: Option<&str>) -> Result<String> {
    let tokenizer = load(tokenizer)?;
    let options = EncodeOptions {
        encode_special_tokens: true,
        ..EncodeOptions::no_specials()
    };
    let text = std::fs::read_to_string(documents)?;
    let documents: Vec<&str> = text.split('\0').collect();
    let once = || -> Result<(f64, Vec<u32>)> {
        if let [document] = documents[..] {
            let begin = Instant::now();
            let mut ids: Vec<PipelineToken> = Vec::with_capacity(document.len() / 4);
            tokenizer.encode_into(document, &options, &mut ids)?;
            let seconds = begin.elapsed().as_secs_f64();
            return Ok((seconds, PipelineToken::cast_slice(&ids).to_vec()));
        }
        let batch: Vec<String> = documents.iter().map(|&d| d.to_owned()).collect();
        let begin = Instant::now();
        let encoded = tokenizer.encode(batch, &options).wait()?;
        let seconds = begin.elapsed().as_secs_f64();
        let ids = encoded.iter().flat_map(|one| PipelineToken::cast_slice(one.ids()).to_vec());
        Ok((seconds, ids.collect()))
    };
    // What is done once only is not timed: threads are started, tables made.
    let warm_up = vec!["0123456789 ".repeat(1000); 4];
    tokenizer.encode(warm_up, &options).wait()?;
    let (first, ids) = once()?;
    let mut least = f64::INFINITY;
    for _ in 0..repeats {
        least = least.min(once()?.0);
    }
    let least = if repeats > 0 { least } else { 0.0 };
    if let Some(path) = out {
        let bytes: Vec<u8> = ids.iter().flat_map(|id| id.to_le_bytes()).collect();
        std::fs::write(path, bytes)?;
    }
    Ok(format!("{{\"first\": {first}, \"least\": {least}, \"ids\": {}}}", ids.len()))
}

fn train(tokenizer: &str, text: &str, vocab_size: usize) -> Result<String> {
    let tokenizer = load(tokenizer)?;
    let visible = visible_characters();
    let begin = Instant::now();
    let text = lines(text)?;
    let initial: HashSet<char> = visible.iter().copied().collect();
    let builder = BpeTrainer::builder().vocab_size(vocab_size).show_progress(false);
    let mut trainer = builder.initial_alphabet(initial).build();
    trainer.feed(text, |line| {
        let mut spans = vec![];
        let mut scratch = PreTokenizerScratch::default();
        tokenizer.get_pre_tokenizer().pre_tokenize(line, &mut scratch, &mut spans)?;
        let word = |bytes: &[u8]| bytes.iter().map(|&byte| visible[usize::from(byte)]).collect();
        Ok(spans.iter().map(|span| word(&line.as_bytes()[span.range()])).collect())
    })?;
    let (vocab, merges, _) = trainer.train_vocab()?;
    let seconds = begin.elapsed().as_secs_f64();
    Ok(format!(
        "{{\"seconds\": {seconds}, \"vocab\": {}, \"merges\": {}, \"peak_bytes\": {}}}",
        vocab.len(),
        merges.len(),
        peak_bytes()
    ))
}

/// The lines of a file as they are read, each with its end; what is no text ends them.
fn lines(path: &str) -> Result<impl Iterator<Item = String> + Send> {
    let mut file = std::io::BufReader::with_capacity(1 << 20, std::fs::File::open(path)?);
    Ok(std::iter::from_fn(move || {
        let mut line = String::new();
        let read = std::io::BufRead::read_line(&mut file, &mut line).unwrap_or(0);
        (read > 0).then_some(line)
    }))
}

/// How GPT-2 writes each byte: printable ones as they are, the others from U+0100 on.
fn visible_characters() -> [char; 256] {
    let mut hidden = 0x100..;
    std::array::from_fn(|byte| match byte {
        0x21..=0x7E | 0xA1..=0xAC | 0xAE..=0xFF => char::from(byte as u8),
        _ => hidden.next().and_then(char::from_u32).expect("fewer than 256 are hidden"),
    })
}

fn peak_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}
