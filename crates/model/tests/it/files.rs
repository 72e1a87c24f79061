//! Models from one form of file into another, and two beside each other.

use std::path::Path;

use arch::Spec;
use burn::tensor::Device;
use formats::Dtype;
use model::convert::{Form, save, to_folder, to_llama2c};
use model::diff::{Diff, Found};
use model::{Opened, folder};
use serde_json::{Value, json};

use crate::{IDS, build, specs, whole};

fn on() -> impl FnMut() -> bool {
    || true
}

fn diff(a: &Path, b: &Path) -> Diff {
    let [a, b] = [a, b].map(|folder| Opened::open(folder).expect("a model"));
    Diff::of(&a, &b, &mut on()).expect("two models that can be read")
}

fn config(folder: &Path) -> Value {
    let bytes = std::fs::read(folder.join("config.json")).expect("a config");
    serde_json::from_slice(&bytes).expect("JSON")
}

#[test]
fn shards_and_other_numbers_are_the_same_model_as_far_as_they_go() {
    let home = tempfile::tempdir().unwrap();
    let [a, b, c, d] = ["a", "b", "c", "d"].map(|name| home.path().join(name));
    let spec = &specs()[0];
    folder::save(&build(spec), &a).unwrap();
    let opened = Opened::open(&a).unwrap();
    to_folder(&opened, &b, Form { dtype: None, shard_bytes: 5000 }, &mut on()).unwrap();
    assert!(b.join("model.safetensors.index.json").is_file());
    let same = diff(&a, &b);
    assert!(same.within(0.0) && same.tensors.len() == opened.names().unwrap().len());

    let half = Form { dtype: Some(Dtype::Bf16), ..Form::default() };
    to_folder(&opened, &c, half, &mut on()).unwrap();
    assert_eq!(config(&c)["torch_dtype"], "bfloat16");
    let near = diff(&a, &c);
    assert!(!near.within(0.0) && near.within(0.01) && near.spec.is_empty());
    // What keeps its type keeps its bits.
    to_folder(&Opened::open(&c).unwrap(), &d, Form::default(), &mut on()).unwrap();
    let read = |folder: &Path| std::fs::read(folder.join("model.safetensors")).unwrap();
    assert_eq!(read(&c), read(&d));
    let stopped = to_folder(&opened, &home.path().join("e"), Form::default(), &mut || false);
    assert!(matches!(stopped, Err(folder::Error::Stopped)));
    assert!(!folder::has_weights(&home.path().join("e")));
}

#[test]
fn a_file_that_is_no_model_is_told_so() {
    let home = tempfile::tempdir().unwrap();
    folder::save(&build(&specs()[0]), home.path()).unwrap();
    let error = Opened::open(&home.path().join("model.safetensors")).unwrap_err().to_string();
    assert!(error.contains("name the folder"), "{error}");
}

#[test]
fn what_a_config_says_beside_the_shape_is_kept() {
    let home = tempfile::tempdir().unwrap();
    let [a, b] = ["a", "b"].map(|name| home.path().join(name));
    folder::save(&build(&specs()[0]), &a).unwrap();
    let mut more = config(&a);
    more["bos_token_id"] = json!(7);
    more["torch_dtype"] = json!("float16");
    std::fs::write(a.join("config.json"), more.to_string()).unwrap();
    to_folder(&Opened::open(&a).unwrap(), &b, Form::default(), &mut on()).unwrap();
    let kept = config(&b);
    assert_eq!((&kept["bos_token_id"], &kept["torch_dtype"]), (&json!(7), &json!("float32")));
}

#[test]
fn models_that_differ_are_told_apart() {
    let home = tempfile::tempdir().unwrap();
    let [a, b, c] = ["a", "b", "c"].map(|name| home.path().join(name));
    let spec = &specs()[0];
    save(&build(spec), &a, Form::default()).unwrap();
    let other = Spec { tied: true, d_ff: 32, ..spec.clone() };
    save(&build(&other), &b, Form::default()).unwrap();
    let found = diff(&a, &b);
    let fields: Vec<&str> = found.spec.iter().map(|d| d.field.as_str()).collect();
    assert_eq!(fields, ["d_ff", "tied"]);
    let of = |name: &str| found.tensors.iter().find(|(n, _)| n == name).map(|(_, f)| f).unwrap();
    assert_eq!(*of("lm_head.weight"), Found::First);
    assert!(matches!(of("model.layers.0.mlp.down_proj.weight"), Found::Shapes(..)));
    assert!(of("model.embed_tokens.weight").within(0.0));
    // Of another family the same places are compared: a plain model of our own has Llama's.
    save(&build(&Spec { family: "lyceum".into(), ..spec.clone() }), &c, Form::default()).unwrap();
    let found = diff(&a, &c);
    assert!(found.tensors.iter().all(|(_, found)| found.within(0.0)));
    assert_eq!(found.spec.len(), 1);
}

/// Every family that GGUF has an architecture for, at a size whose rows are whole blocks.
#[test]
fn gguf_files_go_out_and_come_back() {
    let home = tempfile::tempdir().unwrap();
    let f32 = model::gguf::Mixture::named("F32").unwrap();
    for name in [
        "llama",
        "mixtral",
        "qwen2",
        "qwen3",
        "gemma2",
        "gemma3_text",
        "phi3",
        "gpt2",
        "gpt_neox",
        "granite",
        "smollm3",
        "minicpm3",
    ] {
        let mut spec = arch::family::of_size(name, 64, 64, 2, 2).unwrap();
        spec.context = 64;
        spec.attention.window = spec.attention.window.map(|_| 16);
        if let Some(experts) = &mut spec.experts {
            experts.balance = 0.0;
        }
        if name == "minicpm3" {
            // llama.cpp knows those of the published model alone.
            let (embedding, residual) = (12.0, (1.4 / 2.0_f64.sqrt()) as f32);
            spec.scales = arch::Scales { embedding, residual, logits: 64.0 / 256.0 };
        }
        let (folder, file) = (home.path().join(name), home.path().join(format!("{name}.gguf")));
        let model = build(&spec);
        folder::save(&model, &folder).unwrap();
        let opened = Opened::open(&folder).unwrap();
        let saved = model::gguf::save(&opened, &file, f32, Vec::new(), &mut on());
        saved.unwrap_or_else(|e| panic!("{name}: {e}"));
        let loaded = folder::load(&file, &Device::flex()).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(loaded.spec(), &spec, "{name}");
        crate::close(name, &whole(&loaded, &IDS), &whole(&model, &IDS));
        let q8 = model::gguf::Mixture::named("Q8_0").unwrap();
        let rounded = home.path().join(format!("{name}-q8.gguf"));
        model::gguf::save(&opened, &rounded, q8, Vec::new(), &mut on()).unwrap();
        let found = diff(&folder, &rounded);
        assert!(!found.within(0.0) && found.within(0.01), "{name}");
    }
    let windows = Spec {
        family: "mistral".into(),
        ..arch::family::of_size("mistral", 64, 64, 1, 2).unwrap()
    };
    let folder = home.path().join("mistral");
    folder::save(&build(&windows), &folder).unwrap();
    let opened = Opened::open(&folder).unwrap();
    let refused =
        model::gguf::save(&opened, &home.path().join("m.gguf"), f32, Vec::new(), &mut on());
    assert!(refused.unwrap_err().to_string().contains("window"));
}

#[test]
fn llama2c_files_go_out_and_come_back() {
    let home = tempfile::tempdir().unwrap();
    for (i, tied) in [true, false].into_iter().enumerate() {
        let spec = Spec { tied, n_kv_heads: 2, context: 32, ..Spec::llama(50, 32, 2, 4) };
        let [a, b] = ["a", "b.bin"].map(|name| home.path().join(format!("{i}{name}")));
        let model = build(&spec);
        folder::save(&model, &a).unwrap();
        to_llama2c(&Opened::open(&a).unwrap(), &b).unwrap();
        let loaded = folder::load(&b, &Device::flex()).unwrap();
        assert_eq!(loaded.spec(), &spec);
        assert_eq!(whole(&loaded, &IDS), whole(&model, &IDS));
        assert!(diff(&a, &b).within(0.0));
    }
    let gpt2 = home.path().join("gpt2");
    folder::save(&build(&specs()[2]), &gpt2).unwrap();
    let error = to_llama2c(&Opened::open(&gpt2).unwrap(), &home.path().join("c.bin")).unwrap_err();
    let message = error.to_string();
    assert!(message.contains("biases") && message.contains("positions"), "{message}");
}
