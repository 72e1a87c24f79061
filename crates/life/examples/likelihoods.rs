//! How likely given ids are, without a server: `likelihoods MODEL`, for each line `[[context…], [continuation…]]` of
//! standard input a line `[sum of logarithms, whether each id is the likeliest]`. Used by `bench/clients/check`.

use std::error::Error;
use std::io::{BufRead, Write};
use std::path::Path;

use generate::{Runtime, loglikelihood};
use model::Opened;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("usage: likelihoods MODEL")?;
    let opened = Opened::open(Path::new(&folder))?;
    let runtime = Runtime::new(opened.spec(), &opened)?;
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let [context, continuation]: [Vec<u32>; 2] = serde_json::from_str(&line?)?;
        let told = loglikelihood(&runtime, &context, &continuation)?;
        writeln!(out, "{}", serde_json::json!([told.sum, told.greedy]))?;
        out.flush()?;
    }
    Ok(())
}
