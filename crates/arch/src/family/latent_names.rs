//! The names of latent attention's tensors, which are DeepSeek's in every family that has it.

use crate::slot::Part;
use crate::spec::Spec;

/// The published tensors of such a part within a block, with their rows; none for other parts.
pub(super) fn in_block(spec: &Spec, part: Part) -> Vec<(String, usize)> {
    let Some(latent) = spec.attention.latent else { return Vec::new() };
    let queries = latent.query_rank.unwrap_or(spec.d_model);
    let of_head = spec.head_dim - latent.turned + latent.value_dim;
    let (name, rows) = match part {
        Part::QueryDown => ("q_a_proj", queries),
        Part::LatentQueryNormGain => ("q_a_layernorm", queries),
        Part::QueryUp if latent.query_rank.is_none() => ("q_proj", spec.n_heads * spec.head_dim),
        Part::QueryUp => ("q_b_proj", spec.n_heads * spec.head_dim),
        Part::KeyValueDown => ("kv_a_proj_with_mqa", latent.rank + latent.turned),
        Part::LatentNormGain => ("kv_a_layernorm", latent.rank),
        Part::KeyValueUp => ("kv_b_proj", spec.n_heads * of_head),
        _ => return Vec::new(),
    };
    vec![(format!("self_attn.{name}.weight"), rows)]
}
