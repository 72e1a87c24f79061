//! The JSON Schema Test Suite: a schema is refused, or no invalid instance can be written.

use std::path::{Path, PathBuf};

use chat::{Grammar, GrammarConstraint, Vocabulary};
use generate::Constraint;
use serde_json::Value;
use tokenizer::{Tokenizer, TrainOptions};

/// Annotations in the newest draft, as here; draft 7 left the choice.
const ANNOTATIONS: &str = "content.json";

fn accepts(constraint: &GrammarConstraint, text: &str) -> bool {
    let mut constraint = constraint.clone();
    for byte in text.bytes() {
        let mut allowed = [true; 257];
        constraint.mask(&mut allowed);
        if !allowed[usize::from(byte)] {
            return false;
        }
        constraint.commit(u32::from(byte));
    }
    constraint.may_end()
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => files(&path, found),
            false => found.push(path),
        }
    }
}

#[derive(Debug, Default)]
struct Counts {
    enforced: usize,
    refused: usize,
    right: usize,
    /// Valid, but not to be had: written in an order or a form that grammars leave out.
    stricter: usize,
}

impl Counts {
    fn group(&mut self, group: &Value, vocabulary: &Vocabulary) {
        let Ok(constraint) = Grammar::json_schema(&group["schema"]).constraint(vocabulary) else {
            self.refused += 1;
            return;
        };
        self.enforced += 1;
        for test in group["tests"].as_array().unwrap() {
            match (accepts(&constraint, &test["data"].to_string()), test["valid"] == true) {
                (true, false) => panic!("{} takes {}", group["schema"], test["data"]),
                (false, true) => self.stricter += 1,
                _ => self.right += 1,
            }
        }
    }
}

#[test]
fn nothing_invalid_can_be_written() {
    let Some(data) = std::env::var_os("LYCEUM_TEST_DATA").map(PathBuf::from) else {
        println!("skipped: LYCEUM_TEST_DATA does not name the folder of public data");
        return;
    };
    let options = TrainOptions { vocab_size: 257, ..TrainOptions::default() };
    let tokenizer = Tokenizer::train(["x"], &options).unwrap();
    let vocabulary = Vocabulary::new(&tokenizer, &[256]).unwrap();
    let (mut counts, mut found) = (Counts::default(), Vec::new());
    files(&data.join("json-schema-test-suite/tests"), &mut found);
    for file in found.iter().filter(|path| !path.ends_with(ANNOTATIONS)) {
        let groups: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        groups.as_array().unwrap().iter().for_each(|group| counts.group(group, &vocabulary));
    }
    println!("{counts:?}");
    assert!(counts.enforced > 350 && counts.right > 1900, "{counts:?}");
    assert!(counts.stricter < 130, "{counts:?}");
}
