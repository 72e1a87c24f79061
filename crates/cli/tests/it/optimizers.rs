//! Optimizers, frozen parameters and averaged weights from outside.

use crate::Lyceum;

const TINY: [&str; 11] = [
    "pretrain",
    "-q",
    "--layers",
    "1",
    "--width",
    "32",
    "--context",
    "64",
    "--batch",
    "4",
    "--vocab",
];

fn tiny(more: &[&str]) -> Vec<String> {
    let all = TINY.iter().chain(&["300"]).chain(more);
    all.map(|word| word.to_string()).collect()
}

fn good(lyceum: &Lyceum, more: &[&str]) -> String {
    let words = tiny(more);
    lyceum.good(&words.iter().map(String::as_str).collect::<Vec<_>>())
}

fn bad(lyceum: &Lyceum, more: &[&str]) -> String {
    let words = tiny(more);
    lyceum.bad(&words.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn averaged_weights_are_a_model_beside_the_run_s_own() {
    let lyceum = Lyceum::new();
    let rule = ["--optimizer", "adafactor", "--schedule", "linear", "--ema", "0.9"];
    let said = good(&lyceum, &[&rule[..], &["--steps", "8", "--name", "mean"]].concat());
    let folder = lyceum.run_folder("mean").join("model-ema");
    assert!(said.contains("averaged weights") && said.contains("model-ema"), "{said}");
    let averaged = std::fs::read(folder.join("model.safetensors")).unwrap();
    assert_ne!(averaged, lyceum.weights("mean"));
    assert!(folder.join("tokenizer.json").is_file());
    lyceum.good(&["generate", "-n", "3", "--model", folder.to_str().unwrap()]);
    let journal = crate::journal(&lyceum.run_folder("mean"));
    let averages = journal.iter().filter(|record| record["kind"] == "average").count();
    let evals = journal.iter().filter(|record| record["kind"] == "eval").count();
    assert!(averages > 0 && averages == evals, "{averages} beside {evals}");
}

#[test]
fn wishes_that_cannot_be_say_what_could() {
    let lyceum = Lyceum::new();
    let check = |more: &[&str], words: &[&str]| {
        let said = bad(&lyceum, &[more, &["--steps", "2"]].concat());
        words.iter().for_each(|word| assert!(said.contains(word), "{word:?} in: {said}"));
    };
    check(&["--freeze", "blocks.7.*"], &["blocks.7.*", "embedding.tokens", "feed_forward.down"]);
    check(&["--freeze", "*"], &["nothing to learn"]);
    check(&["--group", "*norm*"], &["PATTERN:lr=0.1"]);
    check(&["--optimizer", "lion", "--momentum", "0.9"], &["--momentum", "muon, sgd"]);
    check(&["--optimizer", "sgd", "--nesterov", "--momentum", "0"], &["--nesterov"]);
    check(&["--optimizer", "adagrad"], &["adafactor", "adam8bit"]);
    check(&["--layer-decay", "1.5"], &["at most 1"]);
    check(&["--ema", "1"], &["below 1"]);
}
