//! Encodes and trains for `bench/parity/models`, which holds ids, spans and merges against those of
//! Hugging Face `tokenizers`.
//!
//! `models encode JOBS.json OUT.json`: `JOBS` is a list of `{model, texts}`, `OUT` for each text a
//! list of `[id, start, end]`, or the error; all ways to encode must agree.
//! `models sample JOBS.json OUT.json`: `{model, text, dropout, n}` to how often each way came up.
//! `models train JOBS.json OUT.json`: `{kind, words, options}` to `{vocab, merges}`.
//! `models learn SIZE OUT.json TEXT...`: a byte-level vocabulary from files, with time and memory.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::Read;
use std::time::Instant;
use std::{env, fs};

use serde_json::{Value, json};
use stdx::Rng;
use tokenizer::bpe::train::{CharacterOptions, train_bytes, train_characters};
use tokenizer::bpe::{self, Bpe, Unknown, merges};
use tokenizer::vocab::Vocab;
use tokenizer::wordlevel::{self, WordLevel};
use tokenizer::wordpiece::{self, WordPiece};
use tokenizer::words::Words;
use tokenizer::{Token, Tokenizer, TrainOptions};

type Failed = Box<dyn Error>;

fn main() -> Result<(), Failed> {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        ["encode", jobs, out] => each(jobs, out, encode),
        ["sample", jobs, out] => each(jobs, out, sample),
        ["train", jobs, out] => each(jobs, out, train),
        ["learn", size, out, texts @ ..] => learn(size.parse()?, out, texts),
        _ => Err("usage: models encode|sample|train JOBS OUT | learn SIZE OUT TEXT...".into()),
    }
}

fn each(jobs: &str, out: &str, job: fn(&Value) -> Result<Value, Failed>) -> Result<(), Failed> {
    let jobs: Vec<Value> = serde_json::from_slice(&fs::read(jobs)?)?;
    let results = jobs.iter().map(job).collect::<Result<Vec<_>, _>>()?;
    Ok(fs::write(out, serde_json::to_vec(&results)?)?)
}

enum Model {
    Bpe(Box<Bpe>, bpe::Scratch),
    WordPiece(Box<WordPiece>, wordpiece::Scratch),
    WordLevel(WordLevel),
}

fn text(json: &Value) -> Option<String> {
    json.as_str().map(str::to_owned)
}

fn boxed(bpe: Bpe) -> Model {
    Model::Bpe(Box::new(bpe), bpe::Scratch::default())
}

/// tiktoken's: pieces in hexadecimal, and their ranks.
fn of_ranks(json: &Value) -> Result<Model, Failed> {
    let ranks = json["ranks"].as_object().ok_or("no ranks")?;
    let mut pieces = vec![];
    for (piece, rank) in ranks {
        let byte = |at: usize| u8::from_str_radix(&piece[2 * at..2 * at + 2], 16);
        let bytes = (0..piece.len() / 2).map(byte).collect::<Result<Vec<u8>, _>>()?;
        pieces.push((bytes, rank.as_u64().ok_or("no rank")? as u32));
    }
    Ok(boxed(Bpe::from_ranks(Vocab::new(pieces)?)?))
}

/// SentencePiece's.
fn of_scores(json: &Value, vocab: Vocab) -> Result<Model, Failed> {
    let kinds: Vec<String> = serde_json::from_value(json["kinds"].clone())?;
    let kind = |kind: &String| match kind.as_str() {
        "normal" => bpe::Kind::Normal,
        "user" => bpe::Kind::UserDefined,
        "unused" => bpe::Kind::Unused,
        _ => bpe::Kind::Apart,
    };
    let scores: Vec<f32> = serde_json::from_value(json["scores"].clone())?;
    let unknown = Unknown::Piece(vocab.id(b"<unk>").ok_or("no unknown token")?);
    let byte_fallback = json["byte_fallback"] == true;
    let options = bpe::Options { unknown, byte_fallback, ..bpe::Options::default() };
    Ok(boxed(Bpe::from_scores(vocab, &scores, kinds.iter().map(kind).collect(), options)?))
}

fn model(json: &Value) -> Result<Model, Failed> {
    if json["type"] == "ranks" {
        return of_ranks(json);
    }
    let pieces = json["vocab"].as_object().ok_or("a model needs a vocab")?;
    let ids = pieces.iter().filter_map(|(piece, id)| Some((piece, id.as_u64()? as u32)));
    let vocab = Vocab::new(ids)?;
    let prefix = text(&json["continuing_subword_prefix"]);
    let unk = text(&json["unk_token"]);
    Ok(match json["type"].as_str() {
        Some("scores") => of_scores(json, vocab)?,
        Some("BPE") => {
            let options = bpe::Options {
                unknown: match unk.and_then(|unk| vocab.id(unk.as_bytes())) {
                    Some(id) => Unknown::Piece(id),
                    None => Unknown::Drop,
                },
                fuse_unk: json["fuse_unk"] == true,
                byte_fallback: json["byte_fallback"] == true,
                ignore_merges: json["ignore_merges"] == true,
                end_of_word_suffix: text(&json["end_of_word_suffix"]),
                continuing_subword_prefix: prefix.clone(),
                dropout: None,
            };
            let pairs: Vec<(String, String)> = serde_json::from_value(json["merges"].clone())?;
            let merges = merges(&vocab, pairs, prefix.as_deref().unwrap_or_default())?;
            boxed(Bpe::from_characters(vocab, merges, options)?)
        }
        Some("WordPiece") => {
            let options = wordpiece::Options {
                unk_token: unk.ok_or("no unk_token")?,
                continuing_subword_prefix: prefix.unwrap_or_default(),
                max_input_chars_per_word: json["max_input_chars_per_word"].as_u64().unwrap_or(100)
                    as usize,
            };
            let model = WordPiece::new(vocab, options)?;
            Model::WordPiece(Box::new(model), wordpiece::Scratch::default())
        }
        _ => Model::WordLevel(WordLevel::new(vocab, unk.ok_or("no unk_token")?)),
    })
}

/// The tokens, all ways the same.
fn tokens(model: &mut Model, word: &str) -> Result<Vec<Token>, Failed> {
    let (mut tokens, mut plain, mut ids) = (vec![], vec![], vec![]);
    match model {
        Model::Bpe(model, scratch) => {
            model.tokens(word, scratch, &mut tokens)?;
            model.encode_plainly(word, &mut plain)?;
            model.encode(word, scratch, &mut ids)?;
        }
        Model::WordPiece(model, scratch) => {
            model.tokens(word, &mut tokens)?;
            model.encode_plainly(word, &mut plain)?;
            model.encode(word, scratch, &mut ids)?;
        }
        Model::WordLevel(model) => {
            model.tokens(word, &mut tokens)?;
            model.encode(word, &mut ids)?;
            plain.clone_from(&tokens);
        }
    }
    if tokens != plain || !ids.iter().eq(tokens.iter().map(|token| &token.id)) {
        return Err(format!("the ways differ on {word:?}: {tokens:?}, {plain:?}, {ids:?}").into());
    }
    Ok(tokens)
}

fn encode(job: &Value) -> Result<Value, Failed> {
    let mut model = model(&job["model"])?;
    let texts: Vec<String> = serde_json::from_value(job["texts"].clone())?;
    let mut all = vec![];
    for text in &texts {
        all.push(match tokens(&mut model, text) {
            Ok(tokens) => tokens.iter().map(|t| json!([t.id, t.start, t.end])).collect(),
            Err(error) => json!(error.to_string()),
        });
    }
    Ok(all.into())
}

fn sample(job: &Value) -> Result<Value, Failed> {
    let Model::Bpe(model, _) = model(&job["model"])? else { return Err("dropout is BPE's".into()) };
    let (word, n) = (job["text"].as_str().ok_or("no text")?, job["n"].as_u64().ok_or("no n")?);
    let dropout = job["dropout"].as_f64().ok_or("no dropout")?;
    let (mut rng, mut counts) = (Rng::new(1), BTreeMap::<String, u64>::new());
    for _ in 0..n {
        let mut tokens = vec![];
        model.sample(word, dropout, &mut rng, &mut tokens)?;
        let ids: Vec<String> = tokens.iter().map(|token| token.id.to_string()).collect();
        *counts.entry(ids.join(" ")).or_default() += 1;
    }
    Ok(json!(counts))
}

fn train(job: &Value) -> Result<Value, Failed> {
    let counts: Vec<(String, u64)> = serde_json::from_value(job["words"].clone())?;
    let (words, options) = (Words::from_counts(counts)?, &job["options"]);
    let number = |name: &str| options[name].as_u64().map(|n| n as usize);
    let vocab_size = number("vocab_size").ok_or("no vocab_size")?;
    let specials: Vec<String> =
        serde_json::from_value(options["special_tokens"].clone()).unwrap_or_default();
    let min_frequency = options["min_frequency"].as_u64().unwrap_or(0);
    let characters = CharacterOptions {
        vocab_size,
        specials: specials.clone(),
        min_frequency,
        limit_alphabet: number("limit_alphabet"),
        initial_alphabet: text(&options["initial_alphabet"]).unwrap_or_default().chars().collect(),
        continuing_subword_prefix: text(&options["continuing_subword_prefix"]),
        end_of_word_suffix: text(&options["end_of_word_suffix"]),
        max_token_length: number("max_token_length"),
        unk_token: None,
    };
    let go_on = &mut |_| true;
    let (vocab, bpe) = match job["kind"].as_str() {
        Some("characters") => (None, Some(train_characters(words, &characters, go_on)?)),
        Some("bytes") => {
            let max_token_length = characters.max_token_length;
            let options = TrainOptions {
                vocab_size,
                min_frequency,
                specials,
                max_token_length,
                ..TrainOptions::default()
            };
            (None, Some(train_bytes(words, &options, go_on)?))
        }
        Some("WordPiece") => {
            let model = wordpiece::train::train(words, &characters, Default::default(), go_on)?;
            (Some(model.vocab().clone()), None)
        }
        _ => {
            let options = wordlevel::train::TrainOptions {
                vocab_size,
                specials,
                min_frequency,
                ..Default::default()
            };
            (Some(wordlevel::train::train(&words, &options)?.vocab().clone()), None)
        }
    };
    let Some(bpe) = bpe else {
        let vocab = vocab.ok_or("nothing was learnt")?;
        let pieces: Vec<_> =
            vocab.iter().map(|(_, piece)| String::from_utf8_lossy(piece)).collect();
        return Ok(json!({"vocab": pieces, "merges": []}));
    };
    Ok(written(&bpe))
}

fn written(bpe: &Bpe) -> Value {
    let piece = |id| bpe.piece(id).unwrap_or_default();
    let pieces: Vec<_> = (0..bpe.len() as u32).map(piece).collect();
    let merges: Vec<_> = bpe.merges().iter().map(|m| [piece(m.left), piece(m.right)]).collect();
    json!({"vocab": pieces, "merges": merges})
}

/// Texts of a few megabytes from files of any size, each ending with a line.
fn chunks<'p>(paths: &'p [&'p str]) -> impl Iterator<Item = String> + 'p {
    paths.iter().flat_map(|path| {
        let mut file = fs::File::open(path).ok();
        let mut rest: Vec<u8> = vec![];
        std::iter::from_fn(move || {
            let open = file.as_mut()?;
            let mut chunk = std::mem::take(&mut rest);
            if open.take(1 << 22).read_to_end(&mut chunk).ok()? == 0 {
                file = None;
            } else if let Some(end) = chunk.iter().rposition(|&byte| byte == b'\n') {
                rest = chunk.split_off(end + 1);
            }
            Some(String::from_utf8_lossy(&chunk).into_owned()).filter(|text| !text.is_empty())
        })
    })
}

fn learn(vocab_size: usize, out: &str, paths: &[&str]) -> Result<(), Failed> {
    let options = TrainOptions { vocab_size, ..TrainOptions::default() };
    let begin = Instant::now();
    let tokenizer = Tokenizer::train(chunks(paths), &options)?;
    let seconds = begin.elapsed().as_secs_f64();
    let peak = stdx::memory::peak().unwrap_or(0) as f64 / 1e6;
    println!("ours: {vocab_size} ids in {seconds:.2} s, peak {peak:.0} MB");
    Ok(tokenizer.save(out.as_ref())?)
}
