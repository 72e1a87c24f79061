//! A model's parameters by their paths in the module, before there is a model: what optimizers,
//! patterns and plans of memory know them by.

use std::collections::BTreeMap;

use arch::{Part, Slot, Spec};

/// Every parameter with its shape. The matrices of a block's experts are one parameter.
pub fn parameters(spec: &Spec) -> Vec<(String, Vec<usize>)> {
    let n = spec.experts.as_ref().map_or(1, |experts| experts.n);
    let mut all = Vec::new();
    for (slot, mut shape) in spec.slots() {
        use Part::{ExpertIn, ExpertInBias, ExpertOut, ExpertOutBias};
        match slot {
            Slot::Block(_, ExpertIn(0) | ExpertInBias(0) | ExpertOut(0) | ExpertOutBias(0)) => {
                shape[0] *= n;
            }
            Slot::Block(_, ExpertIn(_) | ExpertInBias(_) | ExpertOut(_) | ExpertOutBias(_)) => {
                continue;
            }
            _ => {}
        }
        all.push((path(slot), shape));
    }
    all
}

/// The matrices inside the blocks by their path, each with the rows of the matrices that are stacked
/// in it: queries, keys and values; gate and up; the experts. Routers are none of them.
pub fn stacks(spec: &Spec) -> BTreeMap<String, Vec<usize>> {
    let head = spec.head_dim;
    let (q, kv) = (spec.n_heads * head, spec.n_kv_heads * head);
    let gated = if spec.activation.is_gated() { 2 } else { 1 };
    let (up, down, n) = match &spec.experts {
        Some(experts) => (Part::ExpertIn(0), Part::ExpertOut(0), experts.n),
        None => (Part::FeedForwardIn, Part::FeedForwardOut, 1),
    };
    let mut of_block = vec![
        (Part::AttentionOut, vec![spec.d_model]),
        (up, vec![spec.d_ff; n * gated]),
        (down, vec![spec.d_model; n]),
    ];
    match spec.attention.latent {
        None => of_block.push((Part::Qkv, vec![q, kv, kv])),
        Some(latent) => {
            of_block.extend(latent.query_rank.map(|rank| (Part::QueryDown, vec![rank])));
            of_block.push((Part::QueryUp, vec![q]));
            of_block.push((Part::KeyValueDown, vec![latent.rank, latent.turned]));
            let rows = spec.n_heads * (head - latent.turned + latent.value_dim);
            of_block.push((Part::KeyValueUp, vec![rows]));
        }
    }
    let all = (0..spec.n_layers).flat_map(|i| {
        of_block.clone().into_iter().map(move |(part, rows)| (path(Slot::Block(i, part)), rows))
    });
    all.collect()
}

/// The path of a slot's tensor alone: an expert's ends with its number.
pub fn of_slot(slot: Slot) -> String {
    use Part::{ExpertIn, ExpertInBias, ExpertOut, ExpertOutBias};
    match slot {
        Slot::Block(_, ExpertIn(e) | ExpertInBias(e) | ExpertOut(e) | ExpertOutBias(e)) => {
            format!("{}.{e}", path(slot))
        }
        _ => path(slot),
    }
}

fn path(slot: Slot) -> String {
    match slot {
        Slot::Embedding => "embedding.tokens".to_string(),
        Slot::Positions => "embedding.positions".to_string(),
        Slot::ProjectIn => "embedding.project.weight".to_string(),
        Slot::Block(i, part) => format!("blocks.{i}.{}", of_part(part)),
        Slot::FinalNormGain => "final_norm.gain".to_string(),
        Slot::FinalNormBias => "final_norm.bias".to_string(),
        Slot::ProjectOut => "project.weight".to_string(),
        Slot::Head => "head".to_string(),
    }
}

fn of_part(part: Part) -> &'static str {
    match part {
        Part::AttentionNormGain => "attention_norm.gain",
        Part::AttentionNormBias => "attention_norm.bias",
        Part::Qkv => "attention.qkv.weight",
        Part::QkvBias => "attention.qkv.bias",
        Part::QueryDown => "attention.latent.query_down.weight",
        Part::LatentQueryNormGain => "attention.latent.query_norm.gain",
        Part::QueryUp => "attention.latent.query_up.weight",
        Part::KeyValueDown => "attention.latent.down.weight",
        Part::LatentNormGain => "attention.latent.norm.gain",
        Part::KeyValueUp => "attention.latent.up.weight",
        Part::QueryNormGain => "attention.head_gains.query",
        Part::KeyNormGain => "attention.head_gains.key",
        Part::Sinks => "attention.sinks",
        Part::AttentionOut => "attention.out.weight",
        Part::AttentionOutBias => "attention.out.bias",
        Part::AttentionPostNormGain => "attention_post_norm.gain",
        Part::AttentionPostNormBias => "attention_post_norm.bias",
        Part::FeedForwardNormGain => "feed_forward_norm.gain",
        Part::FeedForwardNormBias => "feed_forward_norm.bias",
        Part::FeedForwardIn => "feed_forward.up.weight",
        Part::FeedForwardInBias => "feed_forward.up.bias",
        Part::FeedForwardOut => "feed_forward.down.weight",
        Part::FeedForwardOutBias => "feed_forward.down.bias",
        Part::Router => "experts.router.weight",
        Part::RouterBias => "experts.router.bias",
        Part::ExpertIn(_) => "experts.up.weight",
        Part::ExpertInBias(_) => "experts.up.bias",
        Part::ExpertOut(_) => "experts.down.weight",
        Part::ExpertOutBias(_) => "experts.down.bias",
        Part::FeedForwardPostNormGain => "feed_forward_post_norm.gain",
        Part::FeedForwardPostNormBias => "feed_forward_post_norm.bias",
    }
}
