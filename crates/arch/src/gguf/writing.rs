//! A spec as the metadata of a file.

use serde_json::{Value, json};

use super::ARCHITECTURES;
use crate::Error;
use crate::spec::rope::Scaling;
use crate::spec::{Arrangement, Attending, Norm, Positions, Spec};

/// The metadata of a spec, by key, in the order of a file.
///
/// # Errors
/// [`Error::UnknownFamily`] for one that llama.cpp has no architecture for.
pub fn metadata(spec: &Spec) -> Result<Vec<(String, Value)>, Error> {
    let architecture = match spec.family.as_str() {
        "mistral" | "mixtral" => Some("llama"),
        family => ARCHITECTURES.iter().find(|(_, own)| *own == family).map(|(name, _)| *name),
    };
    let architecture = architecture.ok_or_else(|| Error::UnknownFamily {
        got: spec.family.clone(),
        known: ARCHITECTURES.map(|(_, family)| family).join(", "),
    })?;
    let mut all = vec![("general.architecture".to_string(), json!(architecture))];
    let mut put = |key: &str, value: Value| all.push((format!("{architecture}.{key}"), value));
    put("context_length", json!(spec.context));
    put("embedding_length", json!(spec.d_model));
    put("block_count", json!(spec.n_layers));
    put("feed_forward_length", json!(spec.d_ff));
    put("vocab_size", json!(spec.vocab_size));
    put("attention.head_count", json!(spec.n_heads));
    put("attention.head_count_kv", json!(spec.n_kv_heads));
    put("attention.key_length", json!(spec.head_dim));
    put("attention.value_length", json!(spec.value_dim()));
    let eps = match spec.norm {
        Norm::Rms => "attention.layer_norm_rms_epsilon",
        Norm::Layer => "attention.layer_norm_epsilon",
    };
    put(eps, json!(spec.norm_eps));
    if let Positions::Rope(rope) = &spec.positions {
        put("rope.freq_base", json!(rope.theta));
        put("rope.dimension_count", json!(rope.n_turned(spec.head_dim)));
        put_scaling(&rope.scaling, &mut put);
    }
    put_own(spec, &mut put);
    Ok(all)
}

fn put_scaling(scaling: &Scaling, put: &mut dyn FnMut(&str, Value)) {
    match scaling {
        Scaling::Linear { factor } => {
            put("rope.scaling.type", json!("linear"));
            put("rope.scaling.factor", json!(factor));
        }
        Scaling::Yarn(yarn) => {
            put("rope.scaling.type", json!("yarn"));
            put("rope.scaling.factor", json!(yarn.factor));
            put("rope.scaling.original_context_length", json!(yarn.original));
        }
        Scaling::Long(long) => {
            put("rope.scaling.original_context_length", json!(long.original));
            put("rope.scaling.attn_factor", json!(long.magnitude));
        }
        _ => {}
    }
}

fn put_own(spec: &Spec, put: &mut dyn FnMut(&str, Value)) {
    let Attending { window, softcap, scale, latent, .. } = &spec.attention;
    let mut put_some = |key: &str, value: Value| {
        if !value.is_null() {
            put(key, value);
        }
    };
    put_some("attention.sliding_window", json!(window));
    put_some("attn_logit_softcapping", json!(softcap));
    put_some("final_logit_softcapping", json!(spec.logit_softcap));
    put_some("rope.local.freq_base", json!(spec.attention.sliding_rope.as_ref().map(|r| r.theta)));
    if let Some(experts) = &spec.experts {
        put_some("expert_count", json!(experts.n));
        put_some("expert_used_count", json!(experts.active));
    }
    match spec.family.as_str() {
        "granite" => {
            put_some("embedding_scale", json!(spec.scales.embedding));
            put_some("residual_scale", json!(spec.scales.residual));
            put_some("logit_scale", json!(spec.scales.logits));
            put_some("attention.scale", json!(scale));
        }
        "gpt_neox" => {
            let parallel = spec.arrangement == Arrangement::Parallel;
            put_some("use_parallel_residual", json!(parallel));
        }
        _ => {}
    }
    if let Some(latent) = latent {
        put_some("attention.q_lora_rank", json!(latent.query_rank));
        put_some("attention.kv_lora_rank", json!(latent.rank));
    }
}

/// The lists of factors that stand in a file as tensors, by name.
pub fn factors(spec: &Spec) -> Vec<(&'static str, Vec<f32>)> {
    let Positions::Rope(rope) = &spec.positions else { return Vec::new() };
    match &rope.scaling {
        Scaling::Long(long) if long.short == long.long && long.magnitude == 1.0 => {
            vec![("rope_freqs.weight", long.long.clone())]
        }
        Scaling::Long(long) => vec![
            ("rope_factors_long.weight", long.long.clone()),
            ("rope_factors_short.weight", long.short.clone()),
        ],
        _ => Vec::new(),
    }
}
