//! Gemma 2 (Gemma Team, "Gemma 2: Improving Open Language Models at a Practical Size", 2024): sandwich
//! norms whose gains are stored less 1, GeGLU, embeddings times `sqrt(D)`, soft caps on scores and
//! logits, and a window that slides in every second block.

use serde_json::{Value, json};

use super::Family;
use super::keys::{Keys, short};
use super::rope_keys::Defaults;
use super::{llama, qwen2};
use crate::Error;
use crate::piece::Piece;
use crate::slot::Slot;
use crate::spec::{Activation, Arrangement, Attending, Biases, Layers, Scales, Spec};

/// The family.
pub struct Gemma2;

impl Family for Gemma2 {
    fn name(&self) -> &'static str {
        "gemma2"
    }

    fn spec(&self, config: Keys<'_>) -> Result<Spec, Error> {
        let spec = spec(self.name(), config)?;
        let sliding = match config.has("layer_types") {
            true => qwen2::sliding(config, spec.n_layers)?,
            false => Layers::of(spec.n_layers, |i| i.is_multiple_of(2)),
        };
        let default = |key, value| match config.0.get(key) {
            Some(Value::Null) => Ok(None),
            _ => config.number_or(key, value).map(|cap| Some(cap as f32)),
        };
        let softcap = default("attn_logit_softcapping", 50.0)?;
        let window = Some(config.size_or("sliding_window", 4096)?);
        Ok(Spec {
            attention: Attending { softcap, window, sliding, ..spec.attention },
            logit_softcap: default("final_logit_softcapping", 30.0)?,
            ..spec
        })
    }

    fn config(&self, spec: &Spec) -> Value {
        config("Gemma2ForCausalLM", spec)
    }

    fn form(&self, base: Spec) -> Spec {
        let sliding = Layers::of(base.n_layers, |i| i.is_multiple_of(2));
        let base = form(base);
        let (softcap, window) = (Some(50.0), Some(4096));
        let attention = Attending { softcap, window, sliding, ..base.attention };
        Spec { attention, logit_softcap: Some(30.0), ..base }
    }

    fn pieces(&self, spec: &Spec, slot: Slot) -> Vec<Piece> {
        llama::pieces(spec, slot)
    }

    fn other_names(&self, name: &str) -> Vec<String> {
        llama::bare(name)
    }
}

/// What Gemma 2 and 3 have in common.
pub(super) fn spec(family: &str, config: Keys<'_>) -> Result<Spec, Error> {
    let why = "a decoder looks back only";
    config.only("use_bidirectional_attention", &json!(false), why)?;
    let spec = llama::spec(family, config, Defaults::default())?;
    let bias = config.flag_or("attention_bias", false)?;
    let scalar = config.number_or("query_pre_attn_scalar", 256.0)?;
    let scales = Scales { embedding: (spec.d_model as f64).sqrt() as f32, ..Scales::default() };
    Ok(Spec {
        gain_above_one: true,
        arrangement: Arrangement::Sandwich,
        activation: config.activation("hidden_activation", "gelu_pytorch_tanh", true)?,
        biases: Biases { qkv: bias, out: bias, ..Biases::NONE },
        attention: Attending { scale: Some(scalar.powf(-0.5) as f32), ..Attending::default() },
        scales,
        tied: config.flag_or("tie_word_embeddings", true)?,
        ..spec
    })
}

/// What both forms have in common.
pub(super) fn form(base: Spec) -> Spec {
    let scales = Scales { embedding: (base.d_model as f64).sqrt() as f32, ..Scales::default() };
    let scale = Some((base.head_dim as f64).powf(-0.5) as f32);
    Spec {
        gain_above_one: true,
        arrangement: Arrangement::Sandwich,
        activation: Activation::GeGluTanh,
        attention: Attending { scale, ..base.attention },
        scales,
        tied: true,
        ..base
    }
}

/// A config with all that both have.
pub(super) fn config(architecture: &str, spec: &Spec) -> Value {
    let mut config = llama::config(architecture, spec, Defaults::default());
    config["hidden_activation"] = config["hidden_act"].take();
    config.as_object_mut().map(|keys| keys.remove("hidden_act"));
    let cap = |cap: Option<f32>| cap.map(short);
    config["attn_logit_softcapping"] = json!(cap(spec.attention.softcap));
    config["final_logit_softcapping"] = json!(cap(spec.logit_softcap));
    config["sliding_window"] = json!(spec.attention.window);
    config["layer_types"] = qwen2::layer_types(spec);
    config["attention_bias"] = json!(spec.biases.qkv);
    config["query_pre_attn_scalar"] = scalar(spec.score_scale());
    config
}

/// What the scale is the inverse root of: a whole number if one gives the same scale.
fn scalar(scale: f32) -> Value {
    let exact = f64::from(scale).powi(-2);
    let whole = exact.round();
    let same = whole.powf(-0.5) as f32 == scale;
    if same { json!(whole as u64) } else { json!(exact) }
}
