//! Runs whole tokenizers for `bench/parity/pipeline`, which holds them against Hugging Face
//! `tokenizers`.
//!
//! `pipeline JOB.json OUT.json AGAIN.json`: the job is {"file", "inputs": [[text, pair or null]],
//! "ids": [[…]], "add_special_tokens"}. `OUT` is {"encodings", "plain", "decoded", "shown"}, or
//! {"error"} where the file is refused: all that is known of each input, its ids without what the
//! post-processor does, the text of each list of ids, and that text without special tokens.
//! `AGAIN` is the file as it is written again. Decoding a stream must be decoding the whole, or the
//! run fails.

use std::error::Error;
use std::path::Path;
use std::{env, fs};

use serde_json::{Value, json};
use tokenizer::{Encoding, Tokenizer};

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = env::args().skip(1).collect();
    let [job, out, again] = args.as_slice() else {
        return Err("usage: pipeline JOB OUT AGAIN".into());
    };
    let job: Value = serde_json::from_str(&fs::read_to_string(job)?)?;
    let file = job["file"].as_str().ok_or("the job needs a file")?;
    let result = match Tokenizer::load(Path::new(file)) {
        Ok(tokenizer) => {
            fs::write(again, tokenizer.to_json())?;
            run(&tokenizer, &job)?
        }
        Err(error) => json!({"error": error.to_string()}),
    };
    Ok(fs::write(out, serde_json::to_string(&result)?)?)
}

fn run(tokenizer: &Tokenizer, job: &Value) -> Result<Value, Box<dyn Error>> {
    let add_special_tokens = job["add_special_tokens"] == true;
    let (mut encodings, mut plain) = (vec![], vec![]);
    for input in job["inputs"].as_array().into_iter().flatten() {
        let text = input[0].as_str().ok_or("an input needs a text")?;
        encodings.push(match tokenizer.encoding(text, input[1].as_str(), add_special_tokens) {
            Ok(encoding) => all_of(&encoding),
            Err(error) => json!({"error": error.to_string()}),
        });
        plain.push(tokenizer.encode_with_special(text).unwrap_or_default());
    }
    let (mut decoded, mut shown) = (vec![], vec![]);
    for ids in job["ids"].as_array().into_iter().flatten() {
        let ids: Vec<u32> = serde_json::from_value(ids.clone())?;
        let text = tokenizer.decode(&ids)?;
        let mut stream = tokenizer.decoder();
        let parts = ids.iter().map(|&id| stream.push(id)).collect::<Result<String, _>>()?;
        if parts + &stream.finish() != text {
            return Err(format!("the stream of {ids:?} is not {text:?}").into());
        }
        decoded.push(text);
        shown.push(tokenizer.decode_without_special(&ids)?);
    }
    Ok(json!({"encodings": encodings, "plain": plain, "decoded": decoded, "shown": shown}))
}

fn all_of(encoding: &Encoding) -> Value {
    json!({
        "ids": encoding.ids,
        "type_ids": encoding.type_ids,
        "tokens": encoding.tokens,
        "word_ids": encoding.word_ids,
        "offsets": encoding.char_offsets,
        "bytes": encoding.offsets,
        "special_tokens_mask": encoding.special_tokens_mask,
        "attention_mask": encoding.attention_mask,
        "sequence_ids": encoding.sequence_ids(),
        "overflowing": encoding.overflowing.iter().map(all_of).collect::<Vec<_>>(),
    })
}
