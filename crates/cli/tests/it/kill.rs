//! Killed at ten random moments, a run ends as one that was never killed. The embedding has over
//! four million elements, where a sum of unfixed order would show.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::{Lyceum, journal};

const STEPS: u64 = 240;

/// The steps that the journal tells of.
fn steps(run: &Path) -> Vec<u64> {
    let records = journal(run).into_iter().filter(|record| record["kind"] == "step");
    records.filter_map(|record| record["step"].as_u64()).collect()
}

/// How often training began, and how many steps were taken since the last time.
fn trainings(run: &Path) -> (usize, usize) {
    let records = journal(run);
    let began = |r: &&serde_json::Value| r["name"] == "pretrain" && r["status"] == "started";
    let sessions = records.iter().filter(began).count();
    let since = records.iter().rev().take_while(|r| !began(r));
    (sessions, since.filter(|r| r["kind"] == "step").count())
}

/// Words enough for a vocabulary of 16384.
fn many_words() -> String {
    let mut rng = stdx::Rng::new(11);
    let letters = b"abcdefghijklmnopqrstuvwxyz";
    let mut word =
        || -> String { (0..rng.between(4, 9)).map(|_| char::from(*rng.choose(letters))).collect() };
    let words: Vec<String> = (0..6000).map(|_| word()).collect();
    let mut rng = stdx::Rng::new(12);
    let mut text = String::new();
    for i in 0..40_000 {
        text.push_str(&words[rng.index(words.len())]);
        text.push(if i % 12 == 11 { '\n' } else { ' ' });
    }
    text
}

#[test]
fn killed_ten_times_it_ends_with_the_same_bits() {
    let lyceum = Lyceum::new();
    let corpus = lyceum.file("words.txt", many_words().as_bytes());
    let options = |name| {
        let data = ["pretrain", "--quiet", "--corpus", &corpus, "--vocab", "16384", "--name", name];
        let model = ["--layers", "1", "--width", "264", "--heads", "4", "--context", "32"];
        let steps = ["--batch", "2", "--accumulate", "2", "--steps", "240"];
        let keep = ["--checkpoint-every", "4", "--evaluate-every", "50"];
        let all = [&data[..], &model[..], &steps[..], &keep[..]].concat();
        all.into_iter().map(str::to_string).collect::<Vec<String>>()
    };
    let call = |arguments: &[String]| {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        lyceum.command(&arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let whole = call(&options("whole")).wait_with_output().unwrap();
    assert!(whole.status.success(), "{}", String::from_utf8_lossy(&whole.stderr));
    let folder = lyceum.run_folder("killed");
    let mut rng = stdx::Rng::new(13);
    let mut at = Vec::new();
    for _ in 0..10 {
        let sessions = trainings(&folder).0;
        let mut child = call(&options("killed"));
        let started = Instant::now();
        // Where it takes steps; often in the middle of a checkpoint.
        while trainings(&folder).0 == sessions || trainings(&folder).1 == 0 {
            let ended = child.try_wait().unwrap();
            assert!(ended.is_none(), "it ended by itself: {ended:?}, after {at:?}");
            assert!(started.elapsed() < Duration::from_secs(120), "no step was taken");
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_millis(rng.below(400)));
        child.kill().unwrap(); // SIGKILL
        child.wait().unwrap();
        at.push(steps(&folder).last().copied());
    }
    assert!(at.iter().all(|step| step.is_some_and(|step| step < STEPS)), "{at:?}");
    let last = call(&options("killed")).wait_with_output().unwrap();
    assert!(last.status.success(), "{}", String::from_utf8_lossy(&last.stderr));
    assert_eq!(lyceum.weights("killed"), lyceum.weights("whole"));
    assert_eq!(steps(&folder), (1..=STEPS).collect::<Vec<u64>>(), "each step is told once");
    let embedding = 16384 * 264;
    assert!(lyceum.weights("whole").len() > 4 * embedding, "{embedding} is over four million");
}
