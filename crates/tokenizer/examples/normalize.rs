//! Normalizes for `bench/parity/normalize`, which holds texts and spans against those of Hugging
//! Face `tokenizers` and of SentencePiece.
//!
//! `normalize run JOB.json OUT.json`: the job is {"normalizer": as in a tokenizer.json, "texts":
//! […]}, the result a list of {"text", "spans"}, with the original bytes behind each character.
//! `normalize speed JOB.json`: how fast each text goes, both ways.
//! `normalize properties`: the characters that Unicode's normalization does anything with, by the
//! tables of this build; those that Hugging Face's older tables lack are `tables::NEWER`.

use std::error::Error;
use std::time::Instant;
use std::{env, fs};

use serde_json::{Value, json};
use tokenizer::normalize::Normalizer;
use unicode_normalization::char as unicode;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        ["run", job, out] => run(job, out),
        ["speed", job] => speed(job),
        ["properties"] => {
            properties();
            Ok(())
        }
        _ => {
            Err("usage: normalize run JOB OUT | normalize speed JOB | normalize properties".into())
        }
    }
}

fn read(job: &str) -> Result<(Normalizer, Vec<String>), Box<dyn Error>> {
    let mut job: Value = serde_json::from_str(&fs::read_to_string(job)?)?;
    let normalizer = Normalizer::from_json(&job["normalizer"])?;
    Ok((normalizer, serde_json::from_value(job["texts"].take())?))
}

fn run(job: &str, out: &str) -> Result<(), Box<dyn Error>> {
    let (normalizer, texts) = read(job)?;
    let mut results = Vec::with_capacity(texts.len());
    for text in &texts {
        let aligned = normalizer.align(text)?;
        if aligned.text() != normalizer.normalize(text)? {
            return Err(format!("the two ways differ on {text:?}").into());
        }
        let starts = aligned.text().char_indices();
        let spans = starts.filter_map(|(at, c)| aligned.original(at..at + c.len_utf8()));
        let spans: Vec<_> = spans.map(|span| [span.start, span.end]).collect();
        results.push(json!({"text": aligned.text(), "spans": spans}));
    }
    Ok(fs::write(out, serde_json::to_string(&results)?)?)
}

fn speed(job: &str) -> Result<(), Box<dyn Error>> {
    let (normalizer, texts) = read(job)?;
    for text in &texts {
        let best = |f: &dyn Fn() -> usize| {
            let times = (0..5).map(|_| {
                let begin = Instant::now();
                std::hint::black_box(f());
                begin.elapsed().as_secs_f64()
            });
            text.len() as f64 / times.fold(f64::INFINITY, f64::min) / 1e6
        };
        let fast = best(&|| normalizer.normalize(text).map_or(0, |text| text.len()));
        let aligned = best(&|| normalizer.align(text).map_or(0, |aligned| aligned.text().len()));
        println!("{}", json!([fast, aligned]));
    }
    Ok(())
}

fn properties() {
    for c in (0..=0x10_FFFF).filter_map(char::from_u32) {
        let mut parts = String::new();
        unicode::decompose_compatible(c, |part| parts.push(part));
        if unicode::canonical_combining_class(c) != 0 || parts != c.to_string() {
            println!("{}", u32::from(c));
        }
    }
}
