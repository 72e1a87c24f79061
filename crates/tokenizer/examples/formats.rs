//! Files of any format, for `bench/parity/formats`: their ids, and the same in another format.
//!
//! usage: formats encode FILE TEXTS.json IDS.json [ENCODING]
//!        formats convert FILE TO FORMAT [ENCODING]

use std::error::Error;
use std::path::Path;

use tokenizer::Tokenizer;
use tokenizer::formats::{Choice, Encoding, Format};

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        ["encode", file, texts, ids, ref encoding @ ..] => {
            encode(&open(file, encoding)?, texts, ids)
        }
        ["convert", file, to, format, ref encoding @ ..] => {
            let format = Format::named(format).ok_or("no such format")?;
            Ok(open(file, encoding)?.save_as(Path::new(to), format)?)
        }
        _ => Err("usage: formats encode FILE TEXTS IDS [ENCODING] | convert FILE TO FORMAT".into()),
    }
}

fn open(file: &str, encoding: &[&str]) -> Result<Tokenizer, Box<dyn Error>> {
    let encoding = encoding.first().and_then(|name| Encoding::named(name));
    Ok(Tokenizer::open_as(Path::new(file), Choice { encoding, ..Choice::default() })?)
}

/// Of each text: ids as text, ids with added tokens, and what the first decode to.
fn encode(tokenizer: &Tokenizer, texts: &str, ids: &str) -> Result<(), Box<dyn Error>> {
    let texts: Vec<String> = serde_json::from_str(&std::fs::read_to_string(texts)?)?;
    let mut all = vec![];
    for text in &texts {
        let plain = tokenizer.encode(text)?;
        let special = tokenizer.encode_with_special(text)?;
        let shown = tokenizer.decode_without_special(&plain)?;
        all.push(serde_json::json!([plain, special, shown]));
    }
    Ok(std::fs::write(ids, serde_json::to_string(&all)?)?)
}
