//! The sizes that `lyceum bench train` measures, from a toy to a model that people tune.

use train::config::Learns;
use train::plan::{Choice, Dials};

/// A size with its name and vocabulary.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) vocab: usize,
    pub(crate) dials: Dials,
}

/// All, the smallest first.
pub(crate) fn all() -> Vec<Row> {
    let gpt2 = |layers, width, heads, context, batch| Dials {
        arch: Some("gpt2".into()),
        layers: Some(layers),
        width: Some(width),
        heads: Some(heads),
        context: Some(context),
        batch: Some(batch),
        bias: Some(false),
        tied: Some(false),
        optimizer: Some(Choice::AdamW),
        ..Dials::default()
    };
    let row = |name, about, vocab, dials| Row { name, about, vocab, dials };
    vec![
        row(
            "nanogpt-char",
            "4 × 128, tied, T 64, 12 rows",
            65,
            Dials { tied: Some(true), ..gpt2(4, 128, 4, 64, 12) },
        ),
        row("d128", "4 × 128, T 256, 8 rows", 4096, gpt2(4, 128, 2, 256, 8)),
        row("10.6M", "6 × 384, T 256, 8 rows", 4096, gpt2(6, 384, 6, 256, 8)),
        row("10.6M-T1024", "6 × 384, T 1024, 4 rows", 4096, gpt2(6, 384, 6, 1024, 4)),
        row("10.6M-T4096", "6 × 384, T 4096, 1 row", 4096, gpt2(6, 384, 6, 4096, 1)),
        row(
            "d768",
            "GPT-2 small, T 512, 2 rows",
            50257,
            Dials { tied: Some(true), bias: Some(true), ..gpt2(12, 768, 12, 512, 2) },
        ),
        row(
            "frozen-0.5B",
            "Llama, 24 × 896, only norms learn, T 512, 1 row",
            151_936,
            Dials {
                arch: Some("llama".into()),
                layers: Some(24),
                width: Some(896),
                heads: Some(14),
                kv_heads: Some(2),
                ff_width: Some(4864),
                context: Some(512),
                batch: Some(1),
                learns: Some(Learns::Vectors),
                ..Dials::default()
            },
        ),
    ]
}
