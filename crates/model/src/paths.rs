//! A model's parameters by their paths in the module, before there is a model: what optimizers,
//! patterns and plans of memory know them by.

use std::collections::BTreeMap;

use arch::Spec;
use arch::family::{Part, Slot};

/// Every parameter with its shape.
pub fn parameters(spec: &Spec) -> Vec<(String, Vec<usize>)> {
    spec.slots().into_iter().map(|(slot, shape)| (path(slot), shape)).collect()
}

/// The matrices inside the blocks by their path, each with the rows of the matrices that are stacked
/// in it: queries, keys and values; gate and up.
pub fn stacks(spec: &Spec) -> BTreeMap<String, Vec<usize>> {
    let head = spec.head_dim;
    let (q, kv) = (spec.n_heads * head, spec.n_kv_heads * head);
    let up = match spec.activation {
        arch::Activation::SwiGlu => vec![spec.d_ff; 2],
        arch::Activation::GeluTanh => vec![spec.d_ff],
    };
    let of_block = [
        (Part::Qkv, vec![q, kv, kv]),
        (Part::AttentionOut, vec![spec.d_model]),
        (Part::FeedForwardIn, up),
        (Part::FeedForwardOut, vec![spec.d_model]),
    ];
    let all = (0..spec.n_layers)
        .flat_map(|i| of_block.clone().map(|(part, rows)| (path(Slot::Block(i, part)), rows)));
    all.collect()
}

fn path(slot: Slot) -> String {
    match slot {
        Slot::Embedding => "embedding.tokens".to_string(),
        Slot::Positions => "embedding.positions".to_string(),
        Slot::Block(i, part) => format!("blocks.{i}.{}", of_part(part)),
        Slot::FinalNormGain => "final_norm.gain".to_string(),
        Slot::FinalNormBias => "final_norm.bias".to_string(),
        Slot::Head => "head".to_string(),
    }
}

fn of_part(part: Part) -> &'static str {
    match part {
        Part::AttentionNormGain => "attention_norm.gain",
        Part::AttentionNormBias => "attention_norm.bias",
        Part::Qkv => "attention.qkv.weight",
        Part::QkvBias => "attention.qkv.bias",
        Part::AttentionOut => "attention.out.weight",
        Part::AttentionOutBias => "attention.out.bias",
        Part::FeedForwardNormGain => "feed_forward_norm.gain",
        Part::FeedForwardNormBias => "feed_forward_norm.bias",
        Part::FeedForwardIn => "feed_forward.up.weight",
        Part::FeedForwardInBias => "feed_forward.up.bias",
        Part::FeedForwardOut => "feed_forward.down.weight",
        Part::FeedForwardOutBias => "feed_forward.down.bias",
    }
}
