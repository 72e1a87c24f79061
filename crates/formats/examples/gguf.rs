//! Writes every tensor of a GGUF file as f32 into a folder, and prints its metadata: our side of
//! `bench/parity/gguf`.
//!
//! `cargo run -p formats --example gguf -- FILE FOLDER`

use std::path::PathBuf;

use formats::gguf::Gguf;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1).map(PathBuf::from);
    let (file, folder) = arguments.next().zip(arguments.next()).ok_or("a file and a folder")?;
    let gguf = Gguf::open(&file)?;
    std::fs::create_dir_all(&folder)?;
    for name in gguf.names() {
        let bytes: Vec<u8> = gguf.f32(name)?.iter().flat_map(|x| x.to_le_bytes()).collect();
        std::fs::write(folder.join(name), bytes)?;
    }
    println!("{}", serde_json::json!({ "metadata": gguf.metadata() }));
    Ok(())
}
