//! Of which tensors of a file each slot is made.

use crate::family::Names;
use crate::piece::{Layout, Piece};
use crate::slot::{Part, Slot};
use crate::spec::Spec;

/// The names of a file's tensors.
pub struct Tensors;

impl Names for Tensors {
    fn pieces(&self, spec: &Spec, slot: Slot) -> Vec<Piece> {
        pieces(spec, slot)
    }

    fn is_idle(&self, name: &str) -> bool {
        is_idle(name)
    }
}

/// The tensors of a file that make a slot, top to bottom.
fn pieces(spec: &Spec, slot: Slot) -> Vec<Piece> {
    let one = |name: &str, rows| vec![Piece::rows(name, rows)];
    match slot {
        Slot::Embedding => one("token_embd.weight", spec.vocab_size),
        Slot::Positions => one("position_embd.weight", spec.position_offset + spec.context),
        Slot::FinalNormGain => one("output_norm.weight", spec.d_model),
        Slot::FinalNormBias => one("output_norm.bias", spec.d_model),
        Slot::Head => one("output.weight", spec.vocab_size),
        // No architecture that is read has them.
        Slot::ProjectIn | Slot::ProjectOut => Vec::new(),
        Slot::Block(i, part) => {
            let named =
                |(name, rows, layout)| Piece { name: format!("blk.{i}.{name}"), rows, layout };
            in_block(spec, part).into_iter().map(named).collect()
        }
    }
}

type Named = (&'static str, usize, Layout);

fn in_block(spec: &Spec, part: Part) -> Vec<Named> {
    let d = spec.d_model;
    let one = |name, rows| vec![(name, rows, Layout::Rows)];
    match part {
        Part::AttentionNormGain => one("attn_norm.weight", d),
        Part::AttentionNormBias => one("attn_norm.bias", d),
        Part::Qkv => {
            qkv(spec, ["attn_qkv.weight", "attn_q.weight", "attn_k.weight", "attn_v.weight"])
        }
        Part::QkvBias => qkv(spec, ["attn_qkv.bias", "attn_q.bias", "attn_k.bias", "attn_v.bias"]),
        Part::QueryNormGain => one("attn_q_norm.weight", spec.head_dim),
        Part::KeyNormGain => one("attn_k_norm.weight", spec.head_dim),
        Part::Sinks => one("attn_sinks.weight", spec.n_heads),
        Part::AttentionOut => one("attn_output.weight", d),
        Part::AttentionOutBias => one("attn_output.bias", d),
        Part::AttentionPostNormGain => one("post_attention_norm.weight", d),
        Part::AttentionPostNormBias => one("post_attention_norm.bias", d),
        Part::FeedForwardNormGain => one("ffn_norm.weight", d),
        Part::FeedForwardNormBias => one("ffn_norm.bias", d),
        Part::FeedForwardIn => up(spec, ["ffn_gate.weight", "ffn_up.weight"]),
        Part::FeedForwardInBias => up(spec, ["ffn_gate.bias", "ffn_up.bias"]),
        Part::FeedForwardOut => one("ffn_down.weight", d),
        Part::FeedForwardOutBias => one("ffn_down.bias", d),
        Part::FeedForwardPostNormGain => one("post_ffw_norm.weight", d),
        Part::FeedForwardPostNormBias => one("post_ffw_norm.bias", d),
        Part::Router => one("ffn_gate_inp.weight", experts(spec)),
        Part::RouterBias => one("ffn_gate_inp.bias", experts(spec)),
        Part::ExpertIn(e) => {
            piled(spec, e, &["ffn_gate_exps.weight", "ffn_up_exps.weight"], spec.d_ff)
        }
        Part::ExpertInBias(e) => {
            piled(spec, e, &["ffn_gate_exps.bias", "ffn_up_exps.bias"], spec.d_ff)
        }
        Part::ExpertOut(e) => piled(spec, e, &["ffn_down_exps.weight"], d),
        Part::ExpertOutBias(e) => piled(spec, e, &["ffn_down_exps.bias"], d),
        Part::QueryDown
        | Part::LatentQueryNormGain
        | Part::QueryUp
        | Part::KeyValueDown
        | Part::LatentNormGain
        | Part::KeyValueUp => latent(spec, part),
    }
}

fn experts(spec: &Spec) -> usize {
    spec.experts.as_ref().map_or(0, |experts| experts.n)
}

/// Families whose query, key and value rows are one tensor.
fn is_fused(spec: &Spec) -> bool {
    ["gpt2", "gpt_neox", "phi3"].contains(&spec.family.as_str())
}

fn qkv(spec: &Spec, [all, q, k, v]: [&'static str; 4]) -> Vec<Named> {
    if is_fused(spec) {
        return vec![(all, spec.qkv_width(), Layout::Rows)];
    }
    let turns_neighbours =
        ["llama", "mistral", "mixtral", "granite", "smollm3"].contains(&spec.family.as_str());
    let layout = |heads| match turns_neighbours {
        true => Layout::Neighbours { heads },
        false => Layout::Rows,
    };
    let (q_rows, kv_rows) = (spec.n_heads * spec.head_dim, spec.n_kv_heads * spec.head_dim);
    vec![
        (q, q_rows, layout(spec.n_heads)),
        (k, kv_rows, layout(spec.n_kv_heads)),
        (v, kv_rows, Layout::Rows),
    ]
}

fn up(spec: &Spec, [gate, up]: [&'static str; 2]) -> Vec<Named> {
    match spec.activation.is_gated() {
        // Phi 3 has gate and up in one.
        true if spec.family == "phi3" => vec![(up, 2 * spec.d_ff, Layout::Rows)],
        true => vec![(gate, spec.d_ff, Layout::Rows), (up, spec.d_ff, Layout::Rows)],
        false => vec![(up, spec.d_ff, Layout::Rows)],
    }
}

fn piled(spec: &Spec, index: usize, names: &[&'static str], rows: usize) -> Vec<Named> {
    let layout = Layout::Piled { index, n: experts(spec) };
    names.iter().map(|name| (*name, rows, layout)).collect()
}

fn latent(spec: &Spec, part: Part) -> Vec<Named> {
    let Some(latent) = spec.attention.latent else { return Vec::new() };
    let queries = latent.query_rank.unwrap_or(spec.d_model);
    let (heads, turned) = (spec.n_heads, latent.turned);
    let of_head = spec.head_dim - turned + latent.value_dim;
    vec![match part {
        Part::QueryDown => ("attn_q_a.weight", queries, Layout::Rows),
        Part::LatentQueryNormGain => ("attn_q_a_norm.weight", queries, Layout::Rows),
        Part::QueryUp => {
            let name =
                if latent.query_rank.is_some() { "attn_q_b.weight" } else { "attn_q.weight" };
            (name, heads * spec.head_dim, Layout::TurnedLast { heads, turned })
        }
        Part::KeyValueDown => ("attn_kv_a_mqa.weight", latent.rank + turned, Layout::Rows),
        Part::LatentNormGain => ("attn_kv_a_norm.weight", latent.rank, Layout::Rows),
        Part::KeyValueUp => ("attn_kv_b.weight", heads * of_head, Layout::Rows),
        _ => return Vec::new(),
    }]
}

/// Whether a tensor may stand in a file without being in a slot: lists of factors, which [`super::spec`] reads.
fn is_idle(name: &str) -> bool {
    ["rope_freqs.weight", "rope_factors_long.weight", "rope_factors_short.weight"].contains(&name)
        || name.ends_with(".rope_freqs.weight")
}
