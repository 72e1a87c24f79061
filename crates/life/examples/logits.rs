//! The runtime's logits of every position: `logits MODEL IDS WINDOW OUT`, IDS a JSON list, each window from
//! an empty cache, OUT f32. Used by `bench/parity/llama`.

use std::error::Error;
use std::io::Write;
use std::path::Path;

use arch::{Decoder, Input, Logits};
use generate::Runtime;
use model::Opened;

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [model, ids, window, out] = &words[..] else {
        return Err("usage: logits MODEL IDS WINDOW OUT".into());
    };
    let ids: Vec<u32> = serde_json::from_slice(&std::fs::read(ids)?)?;
    let opened = Opened::open(Path::new(model))?;
    let runtime = Runtime::new(opened.spec(), &opened)?;
    let mut out = std::io::BufWriter::new(std::fs::File::create(out)?);
    for ids in ids.chunks(window.parse()?) {
        let logits = runtime.forward(Input::Ids(ids), &mut runtime.new_cache(), Logits::All)?;
        for x in logits {
            out.write_all(&x.to_le_bytes())?;
        }
    }
    Ok(out.flush()?)
}
