//! The configs of published models, as their folders have them, and the parameters that they are known
//! to have.

use serde_json::{Value, json};

use super::*;

fn check(name: &str, parameters: usize, config: &Value) {
    let spec = from_config(config).unwrap_or_else(|e| panic!("{name}: {e}"));
    assert_eq!(spec.n_params(), parameters, "{name}");
    let back = to_config(&spec).unwrap_or_else(|e| panic!("{name}: {e}"));
    assert_eq!(from_config(&back).unwrap(), spec, "{name}");
}

#[test]
fn llamas_count_right() {
    let llama = |more: Value| {
        let mut config = json!({
            "architectures": ["LlamaForCausalLM"], "attention_bias": false, "attention_dropout": 0.0,
            "bos_token_id": 1, "eos_token_id": 2, "hidden_act": "silu", "initializer_range": 0.02,
            "mlp_bias": false, "model_type": "llama", "pretraining_tp": 1, "rms_norm_eps": 1e-5,
            "rope_scaling": null, "torch_dtype": "bfloat16", "use_cache": true,
        });
        more.as_object().unwrap().iter().for_each(|(key, value)| config[key] = value.clone());
        config
    };
    let stretched = |factor: f64| {
        json!({
            "factor": factor, "high_freq_factor": 4.0, "low_freq_factor": 1.0,
            "original_max_position_embeddings": 8192, "rope_type": "llama3",
        })
    };
    let two = json!({
        "hidden_size": 4096, "intermediate_size": 11008, "max_position_embeddings": 4096,
        "num_attention_heads": 32, "num_hidden_layers": 32, "num_key_value_heads": 32,
        "tie_word_embeddings": false, "vocab_size": 32000,
    });
    check("Llama-2-7b", 6_738_415_616, &llama(two));
    let three = json!({
        "hidden_size": 4096, "intermediate_size": 14336, "max_position_embeddings": 131_072,
        "num_attention_heads": 32, "num_hidden_layers": 32, "num_key_value_heads": 8,
        "rope_scaling": stretched(8.0), "rope_theta": 500_000.0, "tie_word_embeddings": false,
        "vocab_size": 128_256,
    });
    check("Llama-3.1-8B", 8_030_261_248, &llama(three));
    let small = json!({
        "head_dim": 64, "hidden_size": 2048, "intermediate_size": 8192,
        "max_position_embeddings": 131_072, "num_attention_heads": 32, "num_hidden_layers": 16,
        "num_key_value_heads": 8, "rope_scaling": stretched(32.0), "rope_theta": 500_000.0,
        "tie_word_embeddings": true, "vocab_size": 128_256,
    });
    check("Llama-3.2-1B", 1_235_814_400, &llama(small));
    let smol = json!({
        "hidden_size": 576, "intermediate_size": 1536, "max_position_embeddings": 8192,
        "num_attention_heads": 9, "num_hidden_layers": 30, "num_key_value_heads": 3,
        "rope_interleaved": false, "rope_theta": 100_000, "tie_word_embeddings": true,
        "vocab_size": 49152,
    });
    check("SmolLM2-135M", 134_515_008, &llama(smol));
}

#[test]
fn the_kin_of_llama_counts_right() {
    let mistral = json!({
        "architectures": ["MistralForCausalLM"], "hidden_act": "silu", "hidden_size": 4096,
        "intermediate_size": 14336, "max_position_embeddings": 32768, "model_type": "mistral",
        "num_attention_heads": 32, "num_hidden_layers": 32, "num_key_value_heads": 8,
        "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "sliding_window": 4096,
        "tie_word_embeddings": false, "vocab_size": 32000,
    });
    check("Mistral-7B-v0.1", 7_241_732_096, &mistral);
    let mut mixtral = mistral;
    mixtral["model_type"] = json!("mixtral");
    mixtral["num_local_experts"] = json!(8);
    mixtral["num_experts_per_tok"] = json!(2);
    mixtral["output_router_logits"] = json!(false);
    mixtral["router_aux_loss_coef"] = json!(0.02);
    mixtral["rope_theta"] = json!(1e6);
    mixtral["sliding_window"] = json!(null);
    check("Mixtral-8x7B-v0.1", 46_702_792_704, &mixtral);
    let qwen2 = json!({
        "attention_dropout": 0.0, "hidden_act": "silu", "hidden_size": 896, "intermediate_size": 4864,
        "max_position_embeddings": 32768, "max_window_layers": 24, "model_type": "qwen2",
        "num_attention_heads": 14, "num_hidden_layers": 24, "num_key_value_heads": 2,
        "rms_norm_eps": 1e-6, "rope_theta": 1e6, "sliding_window": 32768,
        "tie_word_embeddings": true, "use_mrope": false, "use_sliding_window": false,
        "vocab_size": 151_936,
    });
    check("Qwen2.5-0.5B", 494_032_768, &qwen2);
    let qwen3 = json!({
        "attention_bias": false, "head_dim": 128, "hidden_act": "silu", "hidden_size": 1024,
        "intermediate_size": 3072, "max_position_embeddings": 40960, "max_window_layers": 28,
        "model_type": "qwen3", "num_attention_heads": 16, "num_hidden_layers": 28,
        "num_key_value_heads": 8, "rms_norm_eps": 1e-6, "rope_scaling": null, "rope_theta": 1e6,
        "sliding_window": null, "tie_word_embeddings": true, "use_sliding_window": false,
        "vocab_size": 151_936,
    });
    check("Qwen3-0.6B", 596_049_920, &qwen3);
    let turned: Vec<u8> = (1..=36).map(|i| u8::from(i % 4 != 0)).collect();
    let smollm3 = json!({
        "attention_bias": false, "hidden_act": "silu", "hidden_size": 2048,
        "intermediate_size": 11008, "max_position_embeddings": 65536, "mlp_bias": false,
        "model_type": "smollm3", "no_rope_layer_interval": 4, "no_rope_layers": turned,
        "num_attention_heads": 16, "num_hidden_layers": 36, "num_key_value_heads": 4,
        "rms_norm_eps": 1e-6, "rope_scaling": null, "rope_theta": 5e6, "sliding_window": null,
        "use_sliding_window": false, "vocab_size": 128_256,
    });
    check("SmolLM3-3B", 3_075_098_624, &smollm3);
    let phi3 = json!({
        "attention_bias": false, "embd_pdrop": 0.0, "hidden_act": "silu", "hidden_size": 3072,
        "intermediate_size": 8192, "max_position_embeddings": 4096, "model_type": "phi3",
        "num_attention_heads": 32, "num_hidden_layers": 32, "num_key_value_heads": 32,
        "original_max_position_embeddings": 4096, "resid_pdrop": 0.0, "rms_norm_eps": 1e-5,
        "rope_scaling": null, "rope_theta": 10000.0, "sliding_window": 2047,
        "tie_word_embeddings": false, "vocab_size": 32064,
    });
    check("Phi-3-mini-4k-instruct", 3_821_079_552, &phi3);
}

#[test]
fn gemmas_count_right() {
    let two = json!({
        "attention_bias": false, "attn_logit_softcapping": 50.0, "cache_implementation": "hybrid",
        "final_logit_softcapping": 30.0, "head_dim": 256, "hidden_act": "gelu_pytorch_tanh",
        "hidden_activation": "gelu_pytorch_tanh", "hidden_size": 2304, "intermediate_size": 9216,
        "max_position_embeddings": 8192, "model_type": "gemma2", "num_attention_heads": 8,
        "num_hidden_layers": 26, "num_key_value_heads": 4, "query_pre_attn_scalar": 256,
        "rms_norm_eps": 1e-6, "rope_theta": 10000.0, "sliding_window": 4096, "vocab_size": 256_000,
    });
    check("gemma-2-2b", 2_614_341_888, &two);
    let three = |width: usize, inner: usize, layers: usize| {
        json!({
            "attention_bias": false, "attn_logit_softcapping": null,
            "final_logit_softcapping": null, "head_dim": 256,
            "hidden_activation": "gelu_pytorch_tanh", "hidden_size": width,
            "intermediate_size": inner, "max_position_embeddings": 32768,
            "model_type": "gemma3_text", "num_attention_heads": 4, "num_hidden_layers": layers,
            "num_key_value_heads": 1, "query_pre_attn_scalar": 256, "rms_norm_eps": 1e-6,
            "rope_local_base_freq": 10000, "rope_scaling": null, "rope_theta": 1_000_000,
            "sliding_window": 512, "sliding_window_pattern": 6, "vocab_size": 262_144,
        })
    };
    check("gemma-3-1b-pt", 999_885_952, &three(1152, 6912, 26));
    check("gemma-3-270m", 268_098_176, &three(640, 2048, 18));
}

#[test]
fn the_kin_of_gpt_counts_right() {
    let gpt2 = json!({
        "activation_function": "gelu_new", "attn_pdrop": 0.1, "embd_pdrop": 0.1,
        "layer_norm_epsilon": 1e-5, "model_type": "gpt2", "n_ctx": 1024, "n_embd": 768,
        "n_head": 12, "n_layer": 12, "n_positions": 1024, "resid_pdrop": 0.1, "vocab_size": 50257,
    });
    check("gpt2", 124_439_808, &gpt2);
    let pythia = json!({
        "hidden_act": "gelu", "hidden_size": 512, "intermediate_size": 2048,
        "layer_norm_eps": 1e-5, "max_position_embeddings": 2048, "model_type": "gpt_neox",
        "num_attention_heads": 8, "num_hidden_layers": 6, "rotary_emb_base": 10000,
        "rotary_pct": 0.25, "tie_word_embeddings": false, "use_parallel_residual": true,
        "vocab_size": 50304,
    });
    check("pythia-70m", 70_426_624, &pythia);
    let opt = |width: usize, inner: usize, layers: usize, heads: usize, narrow: usize| {
        json!({
            "activation_function": "relu", "do_layer_norm_before": narrow == width,
            "dropout": 0.1, "ffn_dim": inner, "hidden_size": width,
            "max_position_embeddings": 2048, "model_type": "opt", "num_attention_heads": heads,
            "num_hidden_layers": layers, "pad_token_id": 1, "vocab_size": 50272,
            "word_embed_proj_dim": narrow,
        })
    };
    check("opt-125m", 125_239_296, &opt(768, 3072, 12, 12, 768));
    check("opt-350m", 331_196_416, &opt(1024, 4096, 24, 16, 512));
    let kinds = ["sliding_attention", "full_attention"].into_iter().cycle().take(24);
    let oss = json!({
        "attention_bias": true, "attention_dropout": 0.0, "experts_per_token": 4, "head_dim": 64,
        "hidden_act": "silu", "hidden_size": 2880, "initial_context_length": 4096,
        "intermediate_size": 2880, "layer_types": kinds.collect::<Vec<_>>(),
        "max_position_embeddings": 131_072, "model_type": "gpt_oss", "num_attention_heads": 64,
        "num_experts_per_tok": 4, "num_hidden_layers": 24, "num_key_value_heads": 8,
        "num_local_experts": 32, "output_router_logits": false,
        "quantization_config": {"quant_method": "mxfp4"}, "rms_norm_eps": 1e-5,
        "rope_scaling": {
            "beta_fast": 32.0, "beta_slow": 1.0, "factor": 32.0,
            "original_max_position_embeddings": 4096, "rope_type": "yarn", "truncate": false,
        },
        "rope_theta": 150_000, "router_aux_loss_coef": 0.9, "sliding_window": 128,
        "swiglu_limit": 7.0, "tie_word_embeddings": false, "vocab_size": 201_088,
    });
    check("gpt-oss-20b", 20_914_757_184, &oss);
}
