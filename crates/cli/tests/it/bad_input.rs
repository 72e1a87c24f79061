//! Bad input of every kind: a clear error that says what to do, nothing lost, never a panic.

use crate::{Lyceum, sentences};

/// The error of training on a corpus of these bytes.
fn trained_on(name: &str, content: &[u8], more: &[&str]) -> String {
    let lyceum = Lyceum::new();
    let corpus = lyceum.file(name, content);
    let options = [&["pretrain", "-q", "--steps", "1", "--corpus", &corpus], more].concat();
    lyceum.bad(&options)
}

fn says(message: &str, words: &[&str]) {
    words.iter().for_each(|word| assert!(message.contains(word), "{word:?} in: {message}"));
}

#[test]
fn an_empty_corpus() {
    says(&trained_on("a.txt", b"", &[]), &["holds no text", "name a file or folder"]);
    says(&trained_on("a.txt", b" \n\t\n", &[]), &["holds no text"]);
    let lyceum = Lyceum::new();
    says(&lyceum.bad(&["pretrain", "--corpus", "nowhere.txt"]), &["cannot find", "nowhere.txt"]);
    std::fs::create_dir(lyceum.folder.path().join("empty")).unwrap();
    says(&lyceum.bad(&["pretrain", "--corpus", "empty"]), &["holds no text"]);
}

#[test]
fn files_that_are_passed_over_are_named_and_a_failed_try_is_not_the_newest_model() {
    let lyceum = Lyceum::new();
    let folder = lyceum.folder.path().join("mixed");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("a.txt"), sentences(300)).unwrap();
    std::fs::write(folder.join("b.zip"), b"PK").unwrap();
    std::fs::write(folder.join("LICENSE"), b"Do.").unwrap();
    let tiny = ["--layers", "1", "--width", "32", "--context", "32", "--steps", "90"];
    let corpus = folder.to_str().unwrap();
    let output = lyceum.call(&[&["pretrain", "--corpus", corpus], &tiny[..]].concat());
    let told = String::from_utf8(output.stderr).unwrap();
    says(&told, &["2 files", "1 .zip", "1 without extension", "plan: llama of 1 blocks"]);
    says(&told, &["learnt by heart"]);
    let empty = lyceum.file("zero.txt", b"");
    lyceum.bad(&["pretrain", "--corpus", &empty, "--steps", "1"]);
    says(&lyceum.good(&["runs"]), &["failed", "finished"]);
    lyceum.good(&["generate", "-n", "3"]);
    lyceum.good(&["generate", "-n", "3", "--model", lyceum.run_folder("mixed").to_str().unwrap()]);
}

#[test]
fn a_corpus_too_short() {
    says(&trained_on("a.txt", b"x", &[]), &["at least 2", "add text"]);
}

#[test]
fn a_binary_file() {
    let bytes: Vec<u8> = (0..9000_u32).map(|i| (i * 7919 % 256) as u8).collect();
    says(&trained_on("a.txt", &bytes, &[]), &["at byte", "--lossy"]);
    says(&trained_on("a.bin", &bytes, &[]), &["not of a kind that is read", ".jsonl"]);
}

#[test]
fn invalid_utf8_is_refused_with_its_place_or_replaced_if_asked() {
    let mut bytes = sentences(400).into_bytes();
    bytes[1000] = 0xff;
    says(&trained_on("a.txt", &bytes, &[]), &["at byte 1000", "--lossy"]);
    let lyceum = Lyceum::new();
    let corpus = lyceum.file("a.txt", &bytes);
    let tiny = ["--layers", "1", "--width", "32", "--context", "32", "--steps", "1"];
    lyceum.good(&[&["pretrain", "-q", "--lossy", "--corpus", &corpus], &tiny[..]].concat());
}

#[test]
fn a_line_of_ten_megabytes_is_just_text() {
    let lyceum = Lyceum::new();
    let line = sentences(2_200_000).replace('\n', " ");
    assert!(line.len() > 10_000_000);
    let corpus = lyceum.file("a.txt", line.as_bytes());
    let tiny = ["--layers", "1", "--width", "32", "--context", "32", "--steps", "1"];
    let evaluate = ["--vocab", "290", "--validation", "0.001"];
    let all = [&["pretrain", "-q", "--corpus", &corpus], &tiny[..], &evaluate[..]].concat();
    lyceum.good(&all);
    let json = format!("{{\"text\": \"{}", &line[..10_000_000]);
    says(&trained_on("a.jsonl", json.as_bytes(), &[]), &["a.jsonl:1:"]);
}

#[test]
fn a_vocabulary_larger_than_the_data_allows() {
    let text = sentences(500);
    says(&trained_on("a.txt", text.as_bytes(), &["--vocab", "5000"]), &["merges", "use --vocab"]);
    says(&trained_on("a.txt", text.as_bytes(), &["--vocab", "20"]), &["too small", "use --vocab"]);
    says(&trained_on("a.txt", text.as_bytes(), &["--vocab", "9B"]), &["too large"]);
}

#[test]
fn an_unknown_key_in_a_config() {
    let lyceum = Lyceum::new();
    let config = lyceum.file("recipe.json", br#"{"train": {"learning_rate": 0.1}}"#);
    let message = lyceum.bad(&["pretrain", "--config", &config]);
    says(&message, &["recipe.json", "unknown field", "learning_rate"]);
    let tiny = ["--layers", "1", "--width", "32", "--context", "32", "--steps", "1"];
    lyceum.good(&[&["pretrain", "--name", "speedrun", "-q", "--vocab", "270"], &tiny[..]].concat());
    let path = lyceum.run_folder("speedrun").join("config.json");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replacen('{', "{\"colour\": 1,", 1)).unwrap();
    says(&lyceum.bad(&["resume", "speedrun"]), &["config.json", "colour", "undo the change"]);
}

#[test]
fn options_that_contradict_each_other() {
    let lyceum = Lyceum::new();
    let check = |options: &[&str], words: &[&str]| {
        says(&lyceum.bad(&[&["pretrain"], options].concat()), words);
    };
    check(&["--steps", "5", "--minutes", "1"], &["give one of them"]);
    check(&["--size", "1M", "--width", "64", "--layers", "2"], &["not both"]);
    check(&["--colour", "red"], &["unexpected argument", "--help"]);
    check(&["--arch", "rnn"], &["llama", "gpt2"]);
    check(&["--size", "some"], &["write 300, 10k"]);
    check(&["--lr", "nan"], &["is no number"]);
    check(&["--threads", "0"], &["1 to 256"]);
    check(&["--name", "../out"], &["run name"]);
    check(&["--world", "1", "--corpus", "x"], &["cannot be used with"]);
    says(&lyceum.bad(&["chat"]), &["no runs yet", "lyceum speedrun"]);
    says(&lyceum.bad(&["chat", "--model", "nobody"]), &["expected a run"]);
    says(&lyceum.bad(&["generate", "--model", "./nothing"]), &["there is no config.json"]);
}

/// Writes to `/dev/full` fail as writes to a full disk do.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_loses_nothing() {
    let lyceum = Lyceum::new();
    let tiny = ["--layers", "1", "--width", "32", "--context", "32", "--vocab", "270"];
    let steps = ["--steps", "9", "--checkpoint-every", "3", "--quiet"];
    let all = [&["pretrain", "--name", "full"], &tiny[..], &steps[..]].concat();
    lyceum.good(&all);
    let (folder, weights) = (lyceum.run_folder("full"), lyceum.weights("full"));
    for file in ["report.json", "checkpoints/step-00000009.safetensors"] {
        std::fs::remove_file(folder.join(file)).unwrap();
    }
    let full = folder.join("checkpoints/step-00000009.safetensors.partial");
    std::os::unix::fs::symlink("/dev/full", full).unwrap();
    let message = lyceum.bad(&all);
    says(&message, &["No space left on device", "Make room on the disk and resume"]);
    assert!(folder.join("checkpoints/step-00000006.safetensors").is_file(), "the older is whole");
    lyceum.good(&all);
    assert_eq!(lyceum.weights("full"), weights);
}

#[test]
fn a_checkpoint_cut_short() {
    let lyceum = Lyceum::new();
    let tiny = ["--layers", "1", "--width", "32", "--context", "32", "--vocab", "270"];
    let steps = ["--steps", "9", "--checkpoint-every", "3", "--quiet"];
    lyceum.good(&[&["pretrain", "--name", "speedrun"], &tiny[..], &steps[..]].concat());
    let (folder, weights) = (lyceum.run_folder("speedrun"), lyceum.weights("speedrun"));
    std::fs::remove_file(folder.join("report.json")).unwrap();
    let cut = |step: u32| {
        let path = folder.join(format!("checkpoints/step-{step:08}.safetensors"));
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    };
    cut(9);
    lyceum.good(&["resume", "--quiet"]);
    let notes = crate::journal(&folder);
    let passed_over = notes.iter().filter(|record| record["kind"] == "note");
    let told: String = passed_over.map(|note| note["text"].to_string()).collect();
    says(&told, &["passed over", "step-00000009", "cut short"]);
    assert_eq!(lyceum.weights("speedrun"), weights, "from the one before to the same bits");
    std::fs::remove_file(folder.join("report.json")).unwrap();
    cut(9);
    cut(6);
    let message = lyceum.bad(&["resume", "--quiet"]);
    says(&message, &["no checkpoint", "cut short", "begin anew"]);
    let model = folder.join("model/model.safetensors");
    std::fs::write(&model, &weights[..weights.len() - 3]).unwrap();
    says(&lyceum.bad(&["generate"]), &["model.safetensors", "cut short", "copy or download"]);
}

#[test]
fn a_run_is_written_by_one_process_at_a_time() {
    let lyceum = Lyceum::new();
    let tiny = ["--layers", "1", "--width", "32", "--vocab", "270", "--steps", "100000", "-q"];
    let arguments = [&["pretrain", "--name", "speedrun"], &tiny[..]].concat();
    let mut child = lyceum.command(&arguments).spawn().unwrap();
    let started = std::time::Instant::now();
    while crate::journal(&lyceum.run_folder("speedrun")).is_empty() {
        assert!(started.elapsed().as_secs() < 60, "it never began");
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    says(&lyceum.bad(&arguments), &["is being written by process", "stop it first"]);
    child.kill().unwrap();
    child.wait().unwrap();
}
