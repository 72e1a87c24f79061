//! `lyceum model`: made, looked at, converted, compared; and a published model that tells its story.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::Lyceum;

/// A small model of each of these, in a folder of its own.
fn made(lyceum: &Lyceum, name: &str, more: &[&str]) {
    let shape = ["--layers", "2", "--width", "32", "--heads", "2", "--vocab", "300"];
    lyceum.good(&[&["model", "new", name], &shape[..], more].concat());
}

fn object(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn a_seed_makes_a_model_that_is_looked_at_converted_and_compared() {
    let lyceum = Lyceum::new();
    made(&lyceum, "a", &["--arch", "qwen3", "--kv-heads", "1"]);
    made(&lyceum, "b", &["--arch", "qwen3", "--kv-heads", "1"]);
    assert!(lyceum.good(&["model", "diff", "a", "b"]).contains("tensors are equal"));
    made(&lyceum, "c", &["--arch", "qwen3", "--kv-heads", "1", "--seed", "2"]);
    let errors = lyceum.bad(&["model", "diff", "a", "c"]);
    assert!(errors.contains("the models differ: in 0 settings"), "{errors}");
    let errors = lyceum.bad(&["model", "new", "a"]);
    assert!(errors.contains("already"), "{errors}");

    let info = object(&lyceum.good(&["model", "info", "a", "--json"]));
    let sum: u64 =
        info["layers"].as_array().unwrap().iter().map(|l| l["parameters"].as_u64().unwrap()).sum();
    assert_eq!(info["parameters"], sum);
    assert_eq!((&info["family"], &info["files"]["dtypes"]["F32"]), (&"qwen3".into(), &24.into()));
    assert!(info["training_memory"]["bytes"].as_u64() > info["inference_memory"]["bytes"].as_u64());
    let shown = lyceum.good(&["model", "info", "a/config.json"]);
    for word in
        ["blocks.*.attention.qkv.weight", "RMSNorm", "SwiGLU", "queries and keys", "to train"]
    {
        assert!(shown.contains(word), "{word} in {shown}");
    }

    lyceum.good(&["model", "convert", "a", "half", "--dtype", "bf16", "--shard-size", "20k"]);
    assert!(lyceum.path("half/model.safetensors.index.json").is_file());
    lyceum.good(&["model", "diff", "a", "half", "--tolerance", "0.01"]);
    let found = object(&lyceum.bad_out(&["model", "diff", "a", "half", "--json"]));
    assert_eq!(found["same"], false);
    let errors = lyceum.bad(&["model", "convert", "a", "a.bin"]);
    assert!(errors.contains("head_norm"), "{errors}");
    let errors = lyceum.bad(&["model", "info", "nothing/here"]);
    assert!(errors.contains("nothing/here"), "{errors}");
}

#[test]
fn every_family_is_made_read_and_trained() {
    let lyceum = Lyceum::new();
    let text = "The mill stands by the old road. Ada went home. ".repeat(60);
    let corpus = lyceum.file("corpus.txt", text.as_bytes());
    for family in arch::family::FAMILIES {
        let name = family.name();
        let lone = ["mixtral", "gpt_oss"].contains(&name);
        let shape = ["--layers", "2", "--width", "32", "--heads", "2", "--context", "32"];
        let run = ["--batch", "4", "--steps", "3", "--vocab", "280", "--name", name, "-q"];
        let pretrain = ["pretrain", "--corpus", &corpus, "--arch", name];
        lyceum.good(&[&pretrain, &shape[..], &run].concat());
        let folder = lyceum.run_folder(name).join("model");
        let info = object(&lyceum.good(&["model", "info", &folder.to_string_lossy(), "--json"]));
        assert_eq!(info["family"], name);
        assert!(!lone || info["active_parameters"].as_u64() < info["parameters"].as_u64());
        // And it goes on from there.
        let from = ["finetune", "--from", name, "--corpus", &corpus, "--steps", "2", "-q"];
        lyceum.good(&[&from, &["--batch", "4", "--dropout", "0.1"][..]].concat());
        let tuned = format!("{}-tuned", name.replace('_', "-"));
        lyceum.good(&["generate", "--model", &tuned, "-n", "3", "The"]);
    }
}

#[test]
fn a_run_becomes_a_gguf_file_that_speaks_as_it_does() {
    let lyceum = Lyceum::new();
    let text = "The mill stands by the old road. Ada went home. ".repeat(60);
    let corpus = lyceum.file("corpus.txt", text.as_bytes());
    let shape = ["--layers", "2", "--width", "64", "--context", "64", "--batch", "4"];
    let run = ["--steps", "30", "--vocab", "290", "--name", "tiny", "-q"];
    lyceum.good(&[&["pretrain", "--corpus", &corpus], &shape[..], &run].concat());
    lyceum.good(&["model", "convert", "tiny", "tiny.gguf", "--dtype", "f32"]);
    let say =
        |model: &str| lyceum.good(&["generate", "--model", model, "-t", "0", "-n", "20", "The"]);
    assert_eq!(say("tiny.gguf"), say("tiny"));
    lyceum.good(&["model", "convert", "tiny.gguf", "back"]);
    lyceum.good(&["model", "diff", "tiny", "back"]);
    lyceum.good(&["model", "convert", "tiny", "small.gguf", "--dtype", "q8_0"]);
    let info = object(&lyceum.good(&["model", "info", "small.gguf", "--json"]));
    assert!(info["files"]["dtypes"]["Q8_0"].as_u64() > Some(10), "{info}");
    // Rows of 64 fill no block of 256: the mixture falls back.
    lyceum.good(&["model", "convert", "tiny", "mixed.gguf", "--dtype", "q4_k_m"]);
    let info = object(&lyceum.good(&["model", "info", "mixed.gguf", "--json"]));
    assert!(info["files"]["dtypes"]["Q5_0"].as_u64() > Some(5), "{info}");
    assert!(!say("mixed.gguf").is_empty());
    let errors = lyceum.bad(&["model", "convert", "tiny", "x.gguf", "--dtype", "iq2_s"]);
    assert!(errors.contains("Q4_K_M"), "{errors}");
    let mut cut = std::fs::read(lyceum.path("tiny.gguf")).unwrap();
    cut.truncate(cut.len() / 2);
    lyceum.file("cut.gguf", &cut);
    let errors = lyceum.bad(&["generate", "--model", "cut.gguf", "The"]);
    assert!(errors.contains("cut short"), "{errors}");
}

#[test]
fn a_text_tells_which_columns_count_and_a_file_is_rounded_with_it() {
    let lyceum = Lyceum::new();
    let text = "The mill stands by the old road. Ada went home. ".repeat(60);
    let corpus = lyceum.file("corpus.txt", text.as_bytes());
    let shape = ["--layers", "2", "--width", "64", "--context", "64", "--batch", "4"];
    let run = ["--steps", "30", "--vocab", "290", "--name", "tiny", "-q"];
    lyceum.good(&[&["pretrain", "--corpus", &corpus], &shape[..], &run].concat());
    let make = ["model", "imatrix", "tiny", "--text", &corpus];
    let told = lyceum.good(&[&make[..], &["-o", "i.gguf", "--chunks", "4", "--json"]].concat());
    let told = object(&told);
    assert_eq!((&told["matrices"], &told["chunk_size"]), (&14.into(), &64.into()), "{told}");
    let perplexity = told["perplexity"].as_f64().unwrap();
    assert!((1.0..300.0).contains(&perplexity), "{told}");

    let convert = ["model", "convert", "tiny"];
    let with = ["--dtype", "q4_0", "--imatrix", "i.gguf"];
    lyceum.good(&[&convert[..], &["with.gguf"], &with[..]].concat());
    lyceum.good(&[&convert[..], &["without.gguf", "--dtype", "q4_0"]].concat());
    let bytes = |name: &str| std::fs::read(lyceum.path(name)).unwrap();
    let says = |name: &str, word: &str| {
        bytes(name).windows(word.len()).any(|window| window == word.as_bytes())
    };
    for word in ["quantize.imatrix.entries_count", "quantize.imatrix.file", "corpus.txt"] {
        assert!(says("with.gguf", word) && !says("without.gguf", word), "{word}");
    }
    lyceum.good(&["model", "convert", "with.gguf", "again.gguf", "--dtype", "f32"]);
    lyceum.good(&["model", "convert", "without.gguf", "plain.gguf", "--dtype", "f32"]);
    lyceum.bad(&["model", "diff", "again.gguf", "plain.gguf"]);

    let refused = |words: &[&str], why: &str| {
        let errors = lyceum.bad(words);
        assert!(errors.contains(why), "{errors}");
    };
    refused(&[&make[..], &["-o", "i.gguf"]].concat(), "i.gguf is there already");
    refused(&[&make[..], &["-o", "j.gguf", "--chunk", "65"]].concat(), "context of 64 tokens");
    let few = lyceum.file("few.txt", b"The mill");
    refused(&["model", "imatrix", "tiny", "--text", &few, "-o", "j.gguf"], "give more text");
    refused(&[&convert[..], &["folder"], &with[2..]].concat(), "--imatrix is for a .gguf");
    made(&lyceum, "other", &[]);
    refused(&[&["model", "convert", "other", "x.gguf"], &with[..]].concat(), "tells of 64 columns");
    lyceum.file("no.gguf", b"no matrix");
    let no = [&convert[..], &["x.gguf", "--imatrix", "no.gguf"]].concat();
    refused(&no, "no valid imatrix file");
}

fn published() -> Option<PathBuf> {
    let Some(folder) = std::env::var_os("LYCEUM_TEST_DATA") else {
        eprintln!("skipped: LYCEUM_TEST_DATA does not name the folder of public data");
        return None;
    };
    Some(Path::new(&folder).join("weights-stories260k"))
}

#[test]
fn stories260k_tells_the_published_story_byte_for_byte() {
    let Some(folder) = published() else { return };
    let lyceum = Lyceum::new();
    let [weights, words] = ["stories260K.bin", "tok512.bin"]
        .map(|name| folder.join(name).to_string_lossy().into_owned());
    lyceum.good(&["model", "convert", &weights, "stories", "--tokenizer", &words]);
    let told = lyceum.good(&["generate", "--model", "./stories", "-t", "0", "-n", "257"]);
    let golden = std::fs::read_to_string(folder.join("golden_t0_n257.txt")).unwrap();
    assert_eq!(told.trim_end(), golden.trim_end());
    lyceum.good(&["model", "convert", "stories", "again.bin"]);
    lyceum.good(&["model", "diff", &weights, "again.bin"]);
    let info = object(&lyceum.good(&["model", "info", &weights, "--json"]));
    assert_eq!(info["parameters"], 260_032);
}
