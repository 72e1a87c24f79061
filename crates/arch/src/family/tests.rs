//! Every family: config and weights go out and come back unchanged, and what is wrong is told at once.

use std::collections::BTreeMap;

use serde_json::json;

use super::*;
use crate::spec::rope::{Long, Scaling, Yarn};
use crate::spec::{
    Activation, Arrangement, Attending, Biases, Experts, Latent, Layers, Positions, Rope, Scales,
};
use crate::{Tensor, WeightSource};

fn rope(scaling: Scaling) -> Positions {
    Positions::Rope(Rope { scaling, ..Rope::plain(10_000.0) })
}

fn llama(family: &str) -> Spec {
    Spec { family: family.into(), n_kv_heads: 2, tied: false, ..Spec::llama(50, 32, 4, 4) }
}

fn minicpm3(query_rank: Option<usize>) -> Spec {
    let latent = Latent { query_rank, rank: 10, turned: 4, value_dim: 6 };
    let rope = Rope { turned: Some(4), ..Rope::plain(10_000.0) };
    Spec {
        head_dim: 12,
        n_kv_heads: 4,
        positions: Positions::Rope(rope),
        attention: Attending { latent: Some(latent), ..Attending::default() },
        scales: Scales { embedding: 12.0, residual: 0.7, logits: 4.0 },
        ..llama("minicpm3")
    }
}

fn experts(router_bias: bool) -> Option<Experts> {
    Some(Experts { n: 3, active: 2, normalized: true, router_bias, balance: 0.02 })
}

fn llamas() -> Vec<Spec> {
    let llama3 = Scaling::Llama3 { factor: 8.0, low: 1.0, high: 4.0, original: 64 };
    let out = Biases { out: true, feed_forward: true, ..Biases::QKV };
    let dynamic = Scaling::DynamicNtk { factor: 2.0, original: 128 };
    let partial = Rope { turned: Some(4), ..Rope::plain(5e5) };
    vec![
        llama("llama"),
        Spec { tied: true, ..llama("llama") },
        Spec { positions: rope(llama3), biases: out, ..llama("llama") },
        Spec { positions: rope(dynamic), ..llama("llama") },
        Spec { positions: rope(Scaling::Linear { factor: 4.0 }), ..llama("llama") },
        Spec { positions: Positions::Rope(partial), head_dim: 16, ..llama("llama") },
    ]
}

fn after_llama() -> Vec<Spec> {
    let all = Attending { window: Some(7), sliding: Layers::All, ..Attending::default() };
    let some = Attending { sliding: Layers::These(vec![2, 3]), ..all.clone() };
    let long = Long {
        short: vec![1.0, 1.1, 1.2, 1.3],
        long: vec![1.0, 2.0, 3.0, 4.0],
        original: 64,
        magnitude: 1.25,
    };
    let yarn = Yarn {
        factor: 4.0,
        original: 64,
        beta_fast: 32.0,
        beta_slow: 1.0,
        magnitude: 1.138_629_4,
        whole: false,
    };
    let scaled = Attending { scale: Some(0.3), ..Attending::default() };
    let granite = Scales { embedding: 12.0, residual: 0.22, logits: 6.0 };
    let unturned = Attending { unturned: Layers::These(vec![3]), ..Attending::default() };
    let sinks = Attending { sinks: true, sliding: Layers::These(vec![0, 2]), ..all.clone() };
    let oss = Biases { norm: false, ..Biases::ALL };
    let normed = Attending { head_norm: true, ..Attending::default() };
    vec![
        Spec { attention: all.clone(), ..llama("mistral") },
        Spec { attention: all, experts: experts(false), ..llama("mixtral") },
        Spec { biases: Biases::QKV, ..llama("qwen2") },
        Spec { biases: Biases::QKV, attention: some, ..llama("qwen2") },
        Spec { attention: normed, head_dim: 16, ..llama("qwen3") },
        Spec { attention: unturned, ..llama("smollm3") },
        Spec { scales: granite, attention: scaled, ..llama("granite") },
        minicpm3(Some(12)),
        minicpm3(None),
        Spec { positions: rope(Scaling::Long(long)), ..llama("phi3") },
        Spec {
            activation: Activation::SwiGluClamped,
            positions: rope(Scaling::Yarn(yarn)),
            attention: sinks,
            biases: oss,
            experts: experts(true),
            ..llama("gpt_oss")
        },
    ]
}

fn gemmas() -> Vec<Spec> {
    let attention = Attending {
        scale: Some(24.0_f32.powf(-0.5)),
        softcap: Some(50.0),
        window: Some(7),
        sliding: Layers::These(vec![0, 2]),
        ..Attending::default()
    };
    let gemma = Spec {
        gain_above_one: true,
        arrangement: Arrangement::Sandwich,
        activation: Activation::GeGluTanh,
        attention: attention.clone(),
        scales: Scales { embedding: 32.0_f32.sqrt(), ..Scales::default() },
        logit_softcap: Some(30.0),
        tied: true,
        ..llama("gemma2")
    };
    let attention = Attending {
        softcap: None,
        head_norm: true,
        sliding_rope: Some(Rope::plain(500.0)),
        ..attention
    };
    let scaling = rope(Scaling::Linear { factor: 8.0 });
    let third = Spec { attention, positions: scaling, logit_softcap: None, ..gemma.clone() };
    vec![gemma, Spec { family: "gemma3_text".into(), ..third }]
}

fn others() -> Vec<Spec> {
    let quarter = Positions::Rope(Rope { turned: Some(2), ..Rope::plain(10_000.0) });
    let neox = Spec {
        family: "gpt_neox".into(),
        arrangement: Arrangement::Parallel,
        activation: Activation::Gelu,
        positions: quarter,
        tied: false,
        ..Spec::gpt2(50, 32, 2, 4)
    };
    let opt = Spec {
        family: "opt".into(),
        activation: Activation::Relu,
        position_offset: 2,
        ..Spec::gpt2(50, 32, 2, 4)
    };
    let post = Spec {
        arrangement: Arrangement::PostNorm,
        embedding_width: Some(16),
        biases: Biases { norm: true, ..Biases::NONE },
        ..opt.clone()
    };
    let own = Spec {
        family: "lyceum".into(),
        positions: Positions::Alibi,
        attention: Attending { sinks: true, head_norm: true, ..Attending::default() },
        experts: experts(true),
        arrangement: Arrangement::Sandwich,
        ..Spec::gpt2(50, 32, 2, 4)
    };
    vec![
        Spec::gpt2(50, 32, 2, 4),
        Spec { biases: Biases::NONE, tied: false, ..Spec::gpt2(50, 32, 1, 4) },
        Spec { arrangement: Arrangement::PreNorm, ..neox.clone() },
        neox,
        opt,
        post,
        own,
    ]
}

fn specs() -> Vec<Spec> {
    let forms = FAMILIES.iter().map(|family| of_size(family.name(), 50, 32, 4, 4).unwrap());
    [llamas(), after_llama(), gemmas(), others(), forms.collect()].concat()
}

#[test]
fn a_config_goes_out_and_comes_back() {
    for spec in specs() {
        spec.check().unwrap();
        let config = to_config(&spec).unwrap_or_else(|e| panic!("{}: {e}", spec.family));
        assert_eq!(from_config(&config).unwrap(), spec);
    }
}

/// Weights that count up through the whole model, as they are published.
fn published(spec: &Spec) -> (Vec<(Slot, Tensor)>, BTreeMap<String, Tensor>) {
    let mut next = 0;
    let mut counted = |shape: Vec<usize>| {
        let n: usize = shape.iter().product();
        let values = (next..next + n).map(|v| v as f32).collect();
        next += n;
        Tensor::new(shape, values).unwrap()
    };
    let made: Vec<_> = spec.slots().into_iter().map(|(s, shape)| (s, counted(shape))).collect();
    let files = publish(spec, made.clone()).unwrap();
    let n = files.len();
    let files: BTreeMap<String, Tensor> = files.into_iter().collect();
    assert_eq!(files.len(), n, "{}: names that stand twice", spec.family);
    (made, files)
}

#[test]
fn weights_go_out_and_come_back_and_count_right() {
    for spec in specs() {
        let (made, files) = published(&spec);
        assert_eq!(files.values().map(|t| t.values.len()).sum::<usize>(), spec.n_params());
        check_weights(&spec, &files).unwrap();
        for (slot, tensor) in made {
            assert_eq!(read_slot(&spec, slot, &tensor.shape, &files).unwrap(), tensor, "{slot:?}");
        }
    }
}

#[test]
fn wrong_configs_are_named() {
    let check = |change: fn(&mut Value), word: &str| {
        let mut config = to_config(&llama("llama")).unwrap();
        change(&mut config);
        let error = from_config(&config).unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
    };
    check(|c| c["model_type"] = json!("elman"), "known are: llama, mistral");
    check(|c| c["hidden_size"] = json!("wide"), "hidden_size");
    check(|c| c["num_hidden_layers"] = Value::Null, "nothing");
    check(|c| c["rope_scaling"] = json!({"type": "mrope"}), "longrope");
    check(|c| c["rope_scaling"] = json!({"type": "linear"}), "factor");
    check(|c| c["attention_bias"] = json!(3), "attention_bias");
    check(|c| c["num_key_value_heads"] = json!(3), "n_kv_heads");
    check(|c| c["hidden_act"] = json!("relu2"), "one of silu");
}

#[test]
fn what_a_family_cannot_say_is_refused_by_name() {
    let spec = Spec { logit_softcap: Some(30.0), ..llama("llama") };
    let error = to_config(&spec).unwrap_err().to_string();
    assert!(error.contains("llama has no words for logit_softcap: 30.0"), "{error}");
    let spec = Spec { family: "lyceum".into(), ..spec };
    assert_eq!(from_config(&to_config(&spec).unwrap()).unwrap(), spec);
}

#[test]
fn all_that_is_wrong_with_a_file_is_told_at_once() {
    let spec = llama("llama");
    let (_, mut files) = published(&spec);
    files.remove("model.norm.weight");
    files.remove("model.layers.1.mlp.up_proj.weight");
    let wide = Tensor::new(vec![1, 3], vec![0.0; 3]).unwrap();
    files.insert("model.layers.0.self_attn.k_proj.weight".into(), wide.clone());
    files.insert("model.layers.4.input_layernorm.weight".into(), wide.clone());
    files.insert("model.layers.0.self_attn.rotary_emb.inv_freq".into(), wide);
    let error = check_weights(&spec, &files).unwrap_err().to_string();
    let lines = [
        "missing (2):",
        "model.norm.weight",
        "model.layers.1.mlp.up_proj.weight",
        "of another shape (1):",
        "k_proj.weight: expected [16, 32], found [1, 3]",
        "without a place in the model (1):",
        "model.layers.4.input_layernorm.weight",
    ];
    for line in lines {
        assert!(error.contains(line), "{error}");
    }
    assert!(!error.contains("inv_freq"), "{error}");
}

#[test]
fn a_tied_model_may_bring_its_embedding_twice_but_no_other_matrix() {
    let spec = Spec { tied: true, ..llama("llama") };
    let (_, mut files) = published(&spec);
    let mut head = files["model.embed_tokens.weight"].clone();
    files.insert("lm_head.weight".into(), head.clone());
    check_weights(&spec, &files).unwrap();
    head.values[7] += 1.0;
    files.insert("lm_head.weight".into(), head);
    let error = check_weights(&spec, &files).unwrap_err().to_string();
    assert!(error.contains("tie_word_embeddings") && error.contains("lm_head.weight"), "{error}");
}

#[test]
fn files_may_name_tensors_as_the_bare_model_does() {
    for (spec, prefix) in [(Spec::gpt2(50, 32, 2, 4), "transformer."), (llama("qwen2"), "model.")] {
        let spec = Spec { tied: true, ..spec };
        let spec = match spec.family.as_str() {
            "qwen2" => Spec { biases: Biases::QKV, ..spec },
            _ => spec,
        };
        let (made, files) = published(&spec);
        let bare = |name: String| name.strip_prefix(prefix).unwrap_or(&name).to_string();
        let files: BTreeMap<String, Tensor> =
            files.into_iter().map(|(name, tensor)| (bare(name), tensor)).collect();
        check_weights(&spec, &files).unwrap();
        let (slot, tensor) = &made[3];
        assert_eq!(read_slot(&spec, *slot, &tensor.shape, &files).unwrap(), *tensor);
    }
}

#[test]
fn a_missing_tensor_is_named() {
    let nothing: BTreeMap<String, Tensor> = BTreeMap::new();
    assert!(!nothing.has("model.norm.weight"));
    let error = read_slot(&llama("llama"), Slot::FinalNormGain, &[32], &nothing).unwrap_err();
    assert!(error.to_string().contains("model.norm.weight"), "{error}");
}
