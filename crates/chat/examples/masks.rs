//! How long masks take: `cargo run --release -p chat --example masks [TOKENIZER…]`. Without a
//! tokenizer, made-up ones of 32 and 150 thousand tokens. A model that says anything writes
//! answers of several forms; told are the times to take in the vocabulary, to compile a grammar,
//! and of one mask with its commit: mean, median, 99 of 100, worst, in microseconds.

use std::time::Instant;

use chat::tools::dialect::HERMES;
use chat::{Grammar, Thought, Tool, Tools, Vocabulary};
use generate::Constraint;
use serde_json::{Map, Value, json};
use tokenizer::Tokenizer;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let paths: Vec<String> = std::env::args().skip(1).collect();
    let mut tokenizers = Vec::new();
    for path in &paths {
        tokenizers.push((path.clone(), Tokenizer::open(path.as_ref())?));
    }
    if paths.is_empty() {
        for n in [32_000, 150_000] {
            tokenizers.push((format!("{n} made up"), made_up(n)?));
        }
    }
    for (name, tokenizer) in tokenizers {
        let start = Instant::now();
        let vocabulary = Vocabulary::new(&tokenizer, &[0])?;
        println!("{name}: {} tokens, taken in in {:?}", tokenizer.vocab_size(), start.elapsed());
        for (form, grammar) in forms() {
            measure(form, &grammar, &vocabulary, tokenizer.vocab_size())?;
        }
    }
    Ok(())
}

fn forms() -> Vec<(&'static str, Grammar)> {
    let person = json!({"type": "object", "required": ["name", "tags"], "properties": {
        "name": {"type": "string"}, "age": {"type": "integer", "minimum": 0, "maximum": 120},
        "email": {"type": "string", "format": "email"}, "kind": {"enum": ["cat", "dog", "person"]},
        "tags": {"type": "array", "items": {"type": "string", "maxLength": 20}}}});
    vec![
        ("any JSON object", Grammar::json_object()),
        ("schema", Grammar::json_schema(&person)),
        ("regex", Grammar::regex(r"(\w+ ){3,20}\d{4}-\d{2}")),
        ("free text", Grammar::regex("(?s).*")),
        ("words or calls", calls(&person, "auto")),
        ("calls", calls(&person, "required")),
        ("choices", Grammar::choices((0..1000).map(|i| format!("choice {}", i * 7919)))),
        ("Lark", Grammar::lark("start: (\"(\" start \")\" | /[a-z]+/ | \" \" start)+")),
    ]
}

/// Answers of a model that has a tool.
fn calls(parameters: &Value, choice: &str) -> Grammar {
    let tool = Tool::new("register", "Registers.", parameters.clone()).expect("a tool");
    let tools = Tools::from_json(Some(&json!([tool.definition()])), Some(&json!(choice)), None);
    let tools = tools.expect("tools").expect("one");
    Grammar::calls(&tools, &HERMES, Thought::May)
}

fn measure(
    form: &str,
    grammar: &Grammar,
    vocabulary: &Vocabulary,
    n_tokens: usize,
) -> Result<(), chat::Error> {
    let start = Instant::now();
    let mut constraint = grammar.constraint(vocabulary)?;
    let compiled = start.elapsed();
    let mut times = Vec::new();
    let mut rng = stdx::Rng::stream(1, form);
    while times.len() < 2000 {
        let mut fresh = constraint.clone();
        for _ in 0..200 {
            let mut allowed = vec![true; n_tokens];
            let start = Instant::now();
            fresh.mask(&mut allowed);
            let mask = start.elapsed();
            let ids: Vec<usize> = (0..n_tokens).filter(|&id| allowed[id]).collect();
            if ids.is_empty() || fresh.is_finished() {
                break;
            }
            let id = ids[rng.index(ids.len())];
            let start = Instant::now();
            fresh.commit(id as u32);
            times.push((mask + start.elapsed()).as_secs_f64() * 1e6);
        }
        if times.is_empty() {
            constraint.mask(&mut vec![true; n_tokens]);
            break;
        }
    }
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    let mean = times.iter().sum::<f64>() / times.len() as f64;
    let (median, most, worst) = (at(0.5), at(0.99), at(1.0));
    println!(
        "  {form}: compiled in {compiled:?}; mean {mean:.0}, median {median:.0}, 99 % {most:.0}, worst {worst:.0} µs"
    );
    Ok(())
}

/// Byte-level BPE that never merges: bytes, signs, numbers and words of syllables.
fn made_up(n: usize) -> Result<Tokenizer, tokenizer::Error> {
    let base = tokenizer::TrainOptions { vocab_size: 257, ..Default::default() };
    let base = Tokenizer::train(["x"], &base)?;
    let mut file: Value = serde_json::from_str(&base.to_json()).unwrap_or_default();
    let mut vocab = Map::new();
    for id in 0..256 {
        vocab.insert(base.token(id).unwrap_or_default().into_owned(), json!(id));
    }
    let mut rng = stdx::Rng::stream(n as u64, "tokens");
    let parts = [
        "ba", "ing", "Tr", "o", "est", "ñ", "1", "20", "_", "{\"", "\":", ", ", "e", "日", "\n",
        "ver",
    ];
    while vocab.len() < n {
        let n_parts = 1 + rng.index(5);
        let word: String = (0..n_parts).map(|_| parts[rng.index(parts.len())]).collect();
        let word = if rng.index(2) == 0 { format!(" {word}") } else { word };
        let visible =
            base.encode(&word)?.iter().filter_map(|&id| base.token(id)).collect::<String>();
        let id = vocab.len();
        vocab.entry(visible).or_insert(json!(id));
    }
    file["model"]["vocab"] = Value::Object(vocab);
    file["added_tokens"] = json!([]);
    Tokenizer::from_json(&file.to_string())
}
