//! How likely given ids are, without a server: `likelihoods MODEL`, for each line `[[context…], [continuation…]]` of
//! standard input a line `[sum of logarithms, whether each id is the likeliest]`; for `[[context…], n]` the ids of the n
//! likeliest tokens, each behind those before. Used by `bench/clients/check`.

use std::error::Error;
use std::io::{BufRead, Write};
use std::path::Path;

use generate::{Memory, Runtime, loglikelihood};
use model::Opened;
use serde_json::{Value, json};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("usage: likelihoods MODEL")?;
    let opened = Opened::open(Path::new(&folder))?;
    let runtime = Runtime::new(opened.spec(), &opened)?;
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let (context, wanted): (Vec<u32>, Value) = serde_json::from_str(&line?)?;
        let told = match wanted.as_u64() {
            Some(n) => json!(greedy(&runtime, &context, n)?),
            None => {
                let continuation: Vec<u32> = serde_json::from_value(wanted)?;
                let told = loglikelihood(&runtime, &context, &continuation)?;
                json!([told.sum, told.greedy])
            }
        };
        writeln!(out, "{told}")?;
        out.flush()?;
    }
    Ok(())
}

/// Plain on purpose: no sampler, no batch, nothing kept.
fn greedy(runtime: &Runtime, context: &[u32], n: u64) -> Result<Vec<u32>, generate::Error> {
    let mut memory = Memory::new(runtime);
    let (mut ids, mut logits) = (Vec::new(), memory.read(runtime, context)?);
    for _ in 0..n {
        let best = |best: usize, i: usize| if logits[i] > logits[best] { i } else { best };
        let id = (0..logits.len()).fold(0, best) as u32;
        ids.push(id);
        logits = memory.append(runtime, &[id], arch::Logits::Last)?;
    }
    Ok(ids)
}
