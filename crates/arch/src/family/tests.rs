//! Every family: config and weights go out and come back unchanged.

use std::collections::BTreeMap;

use super::*;

fn specs() -> Vec<Spec> {
    vec![
        Spec { n_kv_heads: 2, tied: false, ..Spec::llama(50, 32, 2, 4) },
        Spec::llama(50, 32, 1, 2),
        Spec { n_kv_heads: 2, ..Spec::qwen2(50, 32, 2, 4) },
        Spec::gpt2(50, 32, 2, 4),
        Spec { bias: false, tied: false, ..Spec::gpt2(50, 32, 1, 4) },
    ]
}

#[test]
fn a_config_goes_out_and_comes_back() {
    for spec in specs() {
        assert_eq!(from_config(&to_config(&spec)).unwrap(), spec);
    }
}

#[test]
fn weights_go_out_and_come_back_and_count_right() {
    for spec in specs() {
        let family = named(&spec.family).unwrap();
        let mut files = BTreeMap::new();
        let mut made = Vec::new();
        for (slot, shape) in spec.slots() {
            let n: usize = shape.iter().product();
            let start = made.len() * 1000;
            let tensor =
                Tensor::new(shape, (start..start + n).map(|v| v as f32).collect()).unwrap();
            files.extend(family.write(&spec, slot, tensor.clone()));
            made.push((slot, tensor));
        }
        assert_eq!(made.iter().map(|(_, t)| t.values.len()).sum::<usize>(), spec.n_params());
        for (slot, tensor) in made {
            assert_eq!(read_slot(&spec, slot, &tensor.shape, &files).unwrap(), tensor, "{slot:?}");
        }
    }
}

#[test]
fn wrong_configs_are_named() {
    let check = |change: fn(&mut Value), word: &str| {
        let mut config = to_config(&specs()[0]);
        change(&mut config);
        let error = from_config(&config).unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
    };
    check(|c| c["model_type"] = json!("elman"), "known are: llama, qwen2, gpt2");
    check(|c| c["hidden_size"] = json!("wide"), "hidden_size");
    check(|c| c["num_hidden_layers"] = Value::Null, "nothing");
    check(|c| c["rope_scaling"] = json!({"type": "yarn"}), "rope_scaling");
    check(|c| c["attention_bias"] = json!(true), "attention_bias");
    check(|c| c["num_key_value_heads"] = json!(3), "n_kv_heads");
}

#[test]
fn a_missing_tensor_is_named() {
    let spec = Spec::llama(50, 32, 1, 2);
    let error = read_slot(&spec, Slot::FinalNormGain, &[32], &BTreeMap::new()).unwrap_err();
    assert!(error.to_string().contains("model.norm.weight"), "{error}");
}
