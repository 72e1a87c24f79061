//! Writes small random models as Hugging Face folders, with the logits that we give for a few ids:
//! what `bench/parity/export` compares with transformers.
//!
//! `cargo run -p model --example export -- FOLDER`

use std::path::Path;
use std::sync::Arc;

use arch::Spec;
use burn::tensor::Device;
use nn::pass::Pass;

const IDS: [u32; 12] = [3, 1, 4, 1, 5, 9, 2, 6, 5, 35, 8, 49];

fn main() {
    let folder = std::env::args().nth(1).expect("a folder to write to");
    let specs = [
        ("llama", Spec { n_kv_heads: 2, tied: false, context: 32, ..Spec::llama(50, 32, 2, 4) }),
        ("llama-tied", Spec { context: 32, ..Spec::llama(50, 24, 1, 2) }),
        ("qwen2", Spec { n_kv_heads: 2, context: 32, ..Spec::qwen2(50, 32, 2, 4) }),
        ("gpt2", Spec { context: 32, ..Spec::gpt2(50, 32, 2, 4) }),
    ];
    for (name, spec) in specs {
        let folder = Path::new(&folder).join(name);
        let model = model::init::random(&spec, 7, &Device::flex()).expect("a possible spec");
        model::folder::save(&model, &folder).expect("a folder that can be written");
        let pass = Pass::plain(1, IDS.len());
        let logits = model.logits(model.forward(Arc::from(IDS), &pass), &pass);
        let logits = ops::storage::with_values(&logits, <[f32]>::to_vec);
        let file = serde_json::json!({"ids": IDS, "logits": logits});
        std::fs::write(folder.join("ours.json"), file.to_string()).expect("a file");
    }
}
