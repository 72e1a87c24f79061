//! gpt-oss (OpenAI, "gpt-oss-120b & gpt-oss-20b Model Card", 2025): Llama's form with biases, a mixture of
//! experts with a clamped SwiGLU, attention sinks, a window that slides in every second block, and YaRN.
//!
//! The layout of unquantized files. The published weights hold their experts in MXFP4, which whoever reads
//! the file unpacks.

use serde_json::{Value, json};

use super::Family;
use super::keys::Keys;
use super::rope_keys::Defaults;
use super::{llama, mixtral, qwen2};
use crate::Error;
use crate::piece::{Layout, Piece};
use crate::slot::{Part, Slot};
use crate::spec::{Activation, Attending, Biases, Experts, Layers, Spec};

/// The family.
pub struct GptOss;

fn defaults() -> Defaults {
    Defaults { theta: 150_000.0, ..Defaults::default() }
}

impl Family for GptOss {
    fn name(&self) -> &'static str {
        "gpt_oss"
    }

    fn spec(&self, config: Keys<'_>) -> Result<Spec, Error> {
        config.only("swiglu_alpha", &json!(1.702), "others are not computed here")?;
        config.only("swiglu_limit", &json!(7.0), "others are not computed here")?;
        let packed = config.below("quantization_config");
        packed.only("quant_method", &json!("mxfp4"), "other packed weights are not read")?;
        let mut whole = config.0.clone();
        if whole["rope_scaling"].is_null() && whole["rope_parameters"].is_null() {
            whole["rope_scaling"] = published_yarn();
        }
        let config = Keys(&whole);
        let spec = llama::spec(self.name(), config, defaults())?;
        let sliding = match config.has("layer_types") {
            true => qwen2::sliding(config, spec.n_layers)?,
            false => Layers::of(spec.n_layers, |i| i.is_multiple_of(2)),
        };
        let window = Some(config.size_or("sliding_window", 128)?);
        let experts = Experts {
            n: config.size("num_local_experts")?,
            active: config.size_or("num_experts_per_tok", 4)?,
            normalized: true,
            router_bias: true,
            balance: mixtral::balance(config)?,
        };
        let bias = config.flag_or("attention_bias", true)?;
        Ok(Spec {
            activation: Activation::SwiGluClamped,
            attention: Attending { sinks: true, window, sliding, ..Attending::default() },
            biases: Biases { qkv: bias, out: bias, feed_forward: true, norm: false },
            experts: Some(experts),
            ..spec
        })
    }

    fn config(&self, spec: &Spec) -> Value {
        let mut config = llama::config("GptOssForCausalLM", spec, defaults());
        config["sliding_window"] = json!(spec.attention.window);
        // Without a word on it, YaRN with the published numbers is meant.
        if config["rope_scaling"].is_null() {
            config["rope_scaling"] = json!({"rope_type": "default"});
        }
        config["layer_types"] = qwen2::layer_types(spec);
        config["attention_bias"] = json!(spec.biases.qkv);
        if let Some(experts) = &spec.experts {
            config["num_local_experts"] = json!(experts.n);
            mixtral::write_experts(&mut config, experts);
        }
        config
    }

    fn form(&self, base: Spec) -> Spec {
        let sliding = Layers::of(base.n_layers, |i| i.is_multiple_of(2));
        let (sinks, window) = (true, Some(128));
        let (n, active, normalized, router_bias, balance) = (8, 2, true, true, 0.02);
        Spec {
            activation: Activation::SwiGluClamped,
            attention: Attending { sinks, window, sliding, ..base.attention },
            biases: Biases { norm: false, ..Biases::ALL },
            experts: Some(Experts { n, active, normalized, router_bias, balance }),
            ..base
        }
    }

    fn pieces(&self, spec: &Spec, slot: Slot) -> Vec<Piece> {
        let Slot::Block(i, part) = slot else { return llama::pieces(spec, slot) };
        let n = llama::experts(spec);
        let name = |name: &str| format!("model.layers.{i}.mlp.{name}");
        let stacked = |what: &str, index, rows, mixed| {
            let layout = Layout::Stacked { index, n, mixed };
            vec![Piece { name: name(&format!("experts.{what}")), rows, layout }]
        };
        let (up, down) = (spec.ff_in_width(), spec.d_model);
        match part {
            Part::Router => vec![Piece::rows(name("router.weight"), n)],
            Part::RouterBias => vec![Piece::rows(name("router.bias"), n)],
            Part::ExpertIn(e) => stacked("gate_up_proj", e, up, true),
            Part::ExpertInBias(e) => stacked("gate_up_proj_bias", e, up, true),
            Part::ExpertOut(e) => stacked("down_proj", e, down, false),
            Part::ExpertOutBias(e) => stacked("down_proj_bias", e, down, false),
            _ => llama::pieces(spec, slot),
        }
    }

    fn other_names(&self, name: &str) -> Vec<String> {
        llama::bare(name)
    }
}

fn published_yarn() -> Value {
    json!({
        "rope_type": "yarn",
        "factor": 32.0,
        "beta_fast": 32.0,
        "beta_slow": 1.0,
        "truncate": false,
        "original_max_position_embeddings": 4096,
    })
}
