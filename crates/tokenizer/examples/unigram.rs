//! Encodes and trains for `bench/parity/unigram`, which holds ids against those of Hugging Face
//! `tokenizers` and SentencePiece, and trained pieces against theirs.
//!
//! `unigram encode JOBS.json OUT.json`: `JOBS` is a list of `{model, texts}`, `OUT` the ids.
//! `unigram speed JOBS.json`: how fast that is on one thread.
//! `unigram train WORDS.json SIZE OUT.json`: `WORDS` is a list of `[word, count]`, `OUT` a model.

use std::error::Error;
use std::time::Instant;
use std::{env, fs};

use serde_json::{Value, json};
use tokenizer::unigram::{Arithmetic, Kind, Options, Scratch, TrainOptions, Unigram, train};

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        ["encode", jobs, out] => encode(jobs, out),
        ["speed", jobs] => speed(jobs),
        ["train", words, size, out] => learn(words, size.parse()?, out),
        _ => Err("usage: unigram encode JOBS OUT | speed JOBS | train WORDS SIZE OUT".into()),
    }
}

fn read(path: &str) -> Result<Vec<Value>, Box<dyn Error>> {
    Ok(serde_json::from_slice(&fs::read(path)?)?)
}

fn encode(jobs: &str, out: &str) -> Result<(), Box<dyn Error>> {
    let mut all = vec![];
    for job in read(jobs)? {
        let (model, mut scratch, mut of_texts) =
            (model(&job["model"])?, Scratch::default(), vec![]);
        for text in texts(&job)? {
            let mut ids = vec![];
            model.encode_with(&mut scratch, text, &mut ids)?;
            of_texts.push(ids);
        }
        all.push(of_texts);
    }
    Ok(fs::write(out, serde_json::to_vec(&all)?)?)
}

fn speed(jobs: &str) -> Result<(), Box<dyn Error>> {
    for job in read(jobs)? {
        let (model, texts) = (model(&job["model"])?, texts(&job)?);
        let (mut scratch, mut ids, mut best) = (Scratch::default(), vec![], f64::INFINITY);
        for _ in 0..5 {
            ids.clear();
            let begin = Instant::now();
            for text in &texts {
                model.encode_with(&mut scratch, text, &mut ids)?;
            }
            best = best.min(begin.elapsed().as_secs_f64());
        }
        let bytes: usize = texts.iter().map(|text| text.len()).sum();
        let (name, speed) = (job["name"].as_str().unwrap_or("?"), bytes as f64 / best / 1e6);
        println!("{name}: {speed:.1} MB/s, {} ids of {bytes} bytes", ids.len());
    }
    Ok(())
}

fn learn(words: &str, vocab_size: usize, out: &str) -> Result<(), Box<dyn Error>> {
    let words = read(words)?;
    let pair = |pair: &Value| Some((pair[0].as_str()?.to_owned(), pair[1].as_u64()?));
    let words: Vec<(String, u64)> = words.iter().filter_map(pair).collect();
    let options = TrainOptions { vocab_size, ..TrainOptions::default() };
    let begin = Instant::now();
    let mut last = None;
    let model = train(words, &options, &mut |step| {
        last = Some(step);
        true
    })?;
    println!("ours: {vocab_size} ids in {:.2} s, {last:?}", begin.elapsed().as_secs_f64());
    let model = json!({"pieces": model.pieces(), "unk_id": model.options().unk_id});
    Ok(fs::write(out, serde_json::to_vec(&model)?)?)
}

fn model(json: &Value) -> Result<Unigram, Box<dyn Error>> {
    let kind = |kind: &Value| match kind.as_str() {
        Some("user") => Kind::UserDefined,
        Some("apart") => Kind::Apart,
        _ => Kind::Normal,
    };
    let options = Options {
        unk_id: json["unk_id"].as_u64().map(|id| id as u32),
        byte_fallback: json["byte_fallback"] == true,
        arithmetic: match json["arithmetic"].as_str() {
            Some("SentencePiece") => Arithmetic::SentencePiece,
            _ => Arithmetic::HuggingFace,
        },
        kinds: json["kinds"].as_array().map_or(vec![], |kinds| kinds.iter().map(kind).collect()),
        ..Options::default()
    };
    Ok(Unigram::new(serde_json::from_value(json["pieces"].clone())?, options)?)
}

fn texts(job: &Value) -> Result<Vec<&str>, Box<dyn Error>> {
    let texts = job["texts"].as_array().ok_or("a job needs texts")?;
    Ok(texts.iter().filter_map(Value::as_str).collect())
}
