//! Numbers in one of ggml's types, beside what ggml made of them: `quantize TYPE IN OUT THEIRS [IMPORTANCE]`,
//! the last a file of as many f32 as a row has columns. Used by `bench/parity/llama`.

use std::error::Error;

use formats::ggml::Kind;

fn numbers(path: &str) -> Result<Vec<f32>, Box<dyn Error>> {
    let bytes = std::fs::read(path)?;
    Ok(bytes.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect())
}

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [kind, given, out, theirs, rest @ ..] = &words[..] else {
        return Err("usage: quantize TYPE IN OUT THEIRS [IMPORTANCE]".into());
    };
    let kind = Kind::to_write(kind)?;
    let values = numbers(given)?;
    let ours = match rest.first() {
        Some(importance) => kind.bytes_of_rows(&values, &numbers(importance)?)?,
        None => kind.bytes_of(&values)?,
    };
    let theirs = std::fs::read(theirs)?;
    if ours.len() != theirs.len() {
        return Err("not as many bytes".into());
    }
    let blocks = ours.chunks_exact(kind.bytes).zip(theirs.chunks_exact(kind.bytes));
    let same = blocks.clone().filter(|(a, b)| a == b).count() as f64 / blocks.len() as f64;
    let error = |bytes: &[u8]| {
        let back = kind.f32(bytes);
        back.iter().zip(&values).map(|(a, b)| f64::from(a - b).powi(2)).sum::<f64>()
    };
    println!(
        "{}",
        serde_json::json!({"same_blocks": same, "error_ratio": error(&ours) / error(&theirs)})
    );
    Ok(std::fs::write(out, ours)?)
}
