//! A file's metadata as the config that its family would have had.

use serde_json::{Map, Value, json};

use super::ARCHITECTURES;
use crate::{Error, WeightSource};

/// A file's metadata, asked for by the architecture's own keys.
pub(super) struct Keys<'a> {
    pub(super) metadata: &'a Map<String, Value>,
    pub(super) source: &'a dyn WeightSource,
}

impl Keys<'_> {
    fn architecture(&self) -> Result<&str, Error> {
        let key = "general.architecture";
        let name = self.metadata.get(key).and_then(Value::as_str);
        name.ok_or_else(|| wrong(key, "the name of an architecture", self.metadata.get(key)))
    }

    fn own(&self, key: &str) -> Result<String, Error> {
        Ok(format!("{}.{key}", self.architecture()?))
    }

    fn value(&self, key: &str) -> Result<Option<&Value>, Error> {
        Ok(self.metadata.get(&self.own(key)?))
    }

    /// A whole number; of a list one that all its elements are.
    fn size_if(&self, key: &str) -> Result<Option<u64>, Error> {
        let Some(value) = self.value(key)? else { return Ok(None) };
        let number = match value {
            Value::Array(all) if all.windows(2).all(|pair| pair[0] == pair[1]) => {
                all.first().and_then(Value::as_u64)
            }
            value => value.as_u64(),
        };
        let wanted = "a whole number, the same for all blocks";
        number
            .map(Some)
            .ok_or_else(|| wrong(&self.own(key).unwrap_or_default(), wanted, Some(value)))
    }

    fn size(&self, key: &str) -> Result<u64, Error> {
        let own = self.own(key)?;
        self.size_if(key)?.ok_or_else(|| wrong(&own, "a whole number", None))
    }

    fn number_if(&self, key: &str) -> Result<Option<f64>, Error> {
        let Some(value) = self.value(key)? else { return Ok(None) };
        let number = value.as_f64();
        number
            .map(Some)
            .ok_or_else(|| wrong(&self.own(key).unwrap_or_default(), "a number", Some(value)))
    }

    fn has(&self, tensor: &str) -> bool {
        self.source.has(tensor)
    }

    /// The values of a tensor of factors, if there is such.
    pub(super) fn factors(&self, tensor: &str) -> Result<Option<Vec<f32>>, Error> {
        if !self.has(tensor) {
            return Ok(None);
        }
        Ok(Some(self.source.tensor(tensor)?.values))
    }

    /// The config that the family would have had.
    pub(super) fn config(&self) -> Result<Value, Error> {
        let architecture = self.architecture()?;
        let known = ARCHITECTURES.iter().find(|(name, _)| *name == architecture);
        let Some((_, family)) = known else {
            let known: Vec<&str> = ARCHITECTURES.iter().map(|(name, _)| *name).collect();
            return Err(Error::UnknownFamily { got: architecture.into(), known: known.join(", ") });
        };
        let mixture = self.size_if("expert_count")?.unwrap_or(0) > 0;
        let family = if mixture && *family == "llama" { "mixtral" } else { family };
        let mut config = match family {
            "gpt2" => self.gpt2()?,
            "gpt_neox" => self.gpt_neox()?,
            _ => self.like_llama()?,
        };
        config["model_type"] = json!(family);
        self.add_own(family, &mut config)?;
        Ok(config)
    }

    fn vocab_size(&self) -> Result<u64, Error> {
        let shape = self.source.shape("token_embd.weight");
        let rows = shape.and_then(|shape| shape.first().copied());
        let missing = || Error::MissingTensor { name: "token_embd.weight".into() };
        Ok(rows.ok_or_else(missing)? as u64)
    }

    fn like_llama(&self) -> Result<Value, Error> {
        let (width, heads) = (self.size("embedding_length")?, self.size("attention.head_count")?);
        let head_dim = self.size_if("attention.key_length")?.unwrap_or(width / heads.max(1));
        let mut config = json!({
            "vocab_size": self.vocab_size()?,
            "hidden_size": width,
            "num_hidden_layers": self.size("block_count")?,
            "num_attention_heads": heads,
            "num_key_value_heads": self.size_if("attention.head_count_kv")?.unwrap_or(heads),
            "head_dim": head_dim,
            "intermediate_size": self.size("feed_forward_length")?,
            "max_position_embeddings": self.size("context_length")?,
            "rms_norm_eps": self.number_if("attention.layer_norm_rms_epsilon")?,
            "rope_theta": self.number_if("rope.freq_base")?.unwrap_or(10_000.0),
            "tie_word_embeddings": !self.has("output.weight"),
            "attention_bias": self.has("blk.0.attn_q.bias"),
            "mlp_bias": self.has("blk.0.ffn_down.bias"),
        });
        if let Some(turned) = self.size_if("rope.dimension_count")?.filter(|&n| n < head_dim) {
            config["partial_rotary_factor"] = json!(turned as f64 / head_dim as f64);
        }
        if let Some(scaling) = self.scaling()? {
            config["rope_scaling"] = scaling;
        }
        Ok(config)
    }

    fn scaling(&self) -> Result<Option<Value>, Error> {
        let original = self.size_if("rope.scaling.original_context_length")?;
        let long = self.factors("rope_factors_long.weight")?;
        let short = self.factors("rope_factors_short.weight")?;
        if let Some((long, short)) = long.zip(short) {
            return Ok(Some(json!({
                "rope_type": "longrope", "long_factor": long, "short_factor": short,
                "original_max_position_embeddings": original,
                "attention_factor": self.number_if("rope.scaling.attn_factor")?,
            })));
        }
        let kind = self.value("rope.scaling.type")?.and_then(Value::as_str).unwrap_or("none");
        let factor = self.number_if("rope.scaling.factor")?;
        Ok(match (kind, factor) {
            ("none", _) | (_, None) => None,
            ("linear" | "yarn", Some(factor)) => Some(json!({
                "rope_type": kind, "factor": factor,
                "original_max_position_embeddings": original,
            })),
            (other, _) => {
                let key = self.own("rope.scaling.type")?;
                return Err(wrong(&key, "none, linear or yarn", Some(&json!(other))));
            }
        })
    }

    fn gpt2(&self) -> Result<Value, Error> {
        Ok(json!({
            "vocab_size": self.vocab_size()?,
            "n_embd": self.size("embedding_length")?,
            "n_layer": self.size("block_count")?,
            "n_head": self.size("attention.head_count")?,
            "n_positions": self.size("context_length")?,
            "n_inner": self.size("feed_forward_length")?,
            "layer_norm_epsilon": self.number_if("attention.layer_norm_epsilon")?,
            "activation_function": "gelu_new",
            "tie_word_embeddings": !self.has("output.weight"),
        }))
    }

    fn gpt_neox(&self) -> Result<Value, Error> {
        let (width, heads) = (self.size("embedding_length")?, self.size("attention.head_count")?);
        let head_dim = width / heads.max(1);
        let turned = self.size_if("rope.dimension_count")?.unwrap_or(head_dim);
        Ok(json!({
            "vocab_size": self.vocab_size()?,
            "hidden_size": width,
            "num_hidden_layers": self.size("block_count")?,
            "num_attention_heads": heads,
            "intermediate_size": self.size("feed_forward_length")?,
            "max_position_embeddings": self.size("context_length")?,
            "layer_norm_eps": self.number_if("attention.layer_norm_epsilon")?,
            "rotary_pct": turned as f64 / head_dim.max(1) as f64,
            "use_parallel_residual": self.value("use_parallel_residual")?,
            "tie_word_embeddings": !self.has("output.weight"),
        }))
    }

    /// What only this family has.
    fn add_own(&self, family: &str, config: &mut Value) -> Result<(), Error> {
        let number = |key| self.number_if(key);
        match family {
            "mixtral" => {
                config["num_local_experts"] = json!(self.size("expert_count")?);
                config["num_experts_per_tok"] = json!(self.size("expert_used_count")?);
                config["sliding_window"] = json!(self.size_if("attention.sliding_window")?);
            }
            "granite" => {
                config["embedding_multiplier"] = json!(number("embedding_scale")?);
                config["residual_multiplier"] = json!(number("residual_scale")?);
                config["logits_scaling"] = json!(number("logit_scale")?);
                config["attention_multiplier"] = json!(number("attention.scale")?);
            }
            "gemma2" | "gemma3_text" => {
                // The largest of both generations divide by the root of what a head would have had.
                let largest = if family == "gemma2" { 46 } else { 62 };
                let (width, heads) = (&config["hidden_size"], &config["num_attention_heads"]);
                let shared = width.as_u64().unwrap_or(0) / heads.as_u64().unwrap_or(1).max(1);
                let is_largest = config["num_hidden_layers"] == json!(largest);
                let scalar = if is_largest { json!(shared) } else { config["head_dim"].clone() };
                config["query_pre_attn_scalar"] = scalar;
                config["sliding_window"] = json!(self.size_if("attention.sliding_window")?);
                config["attn_logit_softcapping"] = json!(number("attn_logit_softcapping")?);
                config["final_logit_softcapping"] = json!(number("final_logit_softcapping")?);
                config["rope_local_base_freq"] =
                    json!(number("rope.local.freq_base")?.unwrap_or(10_000.0));
            }
            "phi3" => {
                config["sliding_window"] = json!(self.size_if("attention.sliding_window")?);
                config["original_max_position_embeddings"] =
                    json!(self.size_if("rope.scaling.original_context_length")?);
            }
            "minicpm3" => {
                let turned = self.size("rope.dimension_count")?;
                let head_dim = self.size("attention.key_length")?;
                config["q_lora_rank"] = json!(self.size_if("attention.q_lora_rank")?);
                config["kv_lora_rank"] = json!(self.size("attention.kv_lora_rank")?);
                config["qk_rope_head_dim"] = json!(turned);
                config["qk_nope_head_dim"] = json!(head_dim.saturating_sub(turned));
                config["v_head_dim"] = json!(self.size("attention.value_length")?);
                config["head_dim"] = json!(turned);
                if let Some(config) = config.as_object_mut() {
                    config.remove("partial_rotary_factor");
                }
            }
            _ => {}
        }
        // What is null is as good as absent.
        if let Some(config) = config.as_object_mut() {
            let keeps_null = |key: &str| ["sliding_window", "q_lora_rank"].contains(&key);
            config.retain(|key, value| !value.is_null() || keeps_null(key));
        }
        Ok(())
    }
}

fn wrong(key: &str, expected: &str, got: Option<&Value>) -> Error {
    let got =
        got.map_or("nothing".to_string(), |value| value.to_string().chars().take(60).collect());
    Error::Config { key: key.to_string(), expected: expected.to_string(), got }
}
