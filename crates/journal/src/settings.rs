//! The settings of a run: every value in its `config.json` under a path such as `recipe.train.lr`.
//!
//! What the names mean is for others to know. A value that is `null` was left open, and counts as
//! absent.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::outcome::json;
use crate::{Result, Run};

/// A longer config is not read.
const MAX_BYTES: u64 = 1 << 20;

/// A fraction that is longer is shown with fewer digits.
const MAX_NUMBER_CHARS: usize = 10;

/// Paths and values, in the order of the paths.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Settings(pub BTreeMap<String, Value>);

/// A setting that is not the same in all runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    /// Its path.
    pub setting: String,
    /// Its value in each run, where it has one.
    pub values: Vec<Option<Value>>,
}

impl Run {
    /// The settings of the run; none before it has begun.
    pub fn settings(&self) -> Result<Settings> {
        let path = self.config_path();
        if !path.exists() {
            return Ok(Settings::default());
        }
        let mut settings = BTreeMap::new();
        flatten(String::new(), json(&path, MAX_BYTES)?, &mut settings);
        Ok(Settings(settings))
    }
}

impl Settings {
    /// The number at `path`.
    pub fn number(&self, path: &str) -> Option<f64> {
        self.0.get(path)?.as_f64()
    }

    /// The value at `path`, in words.
    pub fn words(&self, path: &str) -> Option<String> {
        Some(words(self.0.get(path)?))
    }

    /// All settings below `path`, their own part of the path and their value in words.
    pub fn below(&self, path: &str) -> Vec<(String, String)> {
        let inside = format!("{path}.");
        let all = self.0.iter();
        all.filter_map(|(key, value)| Some((key.strip_prefix(&inside)?.to_string(), words(value))))
            .collect()
    }
}

impl Difference {
    /// Its values in words, with a dash where there is none.
    pub fn words(&self) -> Vec<String> {
        let word = |value: &Option<Value>| value.as_ref().map_or("–".to_string(), words);
        self.values.iter().map(word).collect()
    }
}

/// Settings that are not the same in all.
pub fn differences(all: &[Settings]) -> Vec<Difference> {
    let names: std::collections::BTreeSet<&String> = all.iter().flat_map(|s| s.0.keys()).collect();
    let difference = |name: &String| {
        let values: Vec<_> = all.iter().map(|settings| settings.0.get(name).cloned()).collect();
        let differ = values.iter().any(|value| *value != values[0]);
        differ.then(|| Difference { setting: name.clone(), values })
    };
    names.into_iter().filter_map(difference).collect()
}

fn flatten(path: String, value: Value, out: &mut BTreeMap<String, Value>) {
    match value {
        Value::Null => {}
        Value::Object(object) => object.into_iter().for_each(|(key, value)| {
            let path = if path.is_empty() { key } else { format!("{path}.{key}") };
            flatten(path, value, out);
        }),
        value => drop(out.insert(path, value)),
    }
}

/// Text without its quotes, a long fraction with five digits that matter.
fn words(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_string);
    match value.as_f64() {
        Some(number) if value.is_f64() && text.len() > MAX_NUMBER_CHARS => {
            format!("{number:.4e}").parse::<f64>().map_or(text, |short| short.to_string())
        }
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn settings(value: Value) -> Settings {
        let mut out = BTreeMap::new();
        flatten(String::new(), value, &mut out);
        Settings(out)
    }

    #[test]
    fn settings_have_paths() {
        let folder = tempfile::tempdir().unwrap();
        let run = crate::Store::open(folder.path()).unwrap().create_run("a").unwrap();
        assert_eq!(run.settings().unwrap(), Settings::default());
        let config = r#"{"recipe": {"vocab": null, "corpus": {"world": {"seed": 1}}}, "b": "x"}"#;
        std::fs::write(run.config_path(), config).unwrap();
        let settings = run.settings().unwrap();
        assert_eq!(settings.number("recipe.corpus.world.seed"), Some(1.0));
        assert_eq!(settings.words("b").unwrap(), "x");
        let below = [("world.seed".to_string(), "1".to_string())];
        assert_eq!(settings.below("recipe.corpus"), below);
        assert_eq!(settings.below("recipe.corpus.world.s"), []);
        assert_eq!(settings.0.len(), 2);
    }

    #[test]
    fn long_fractions_are_shown_short() {
        let check = |value: Value, expected: &str| assert_eq!(words(&value), expected);
        check(json!(0.0028284271247461905), "0.0028284");
        check(json!(0.00028284271247461907), "0.00028284");
        check(json!(4.0), "4.0");
        check(json!(123456789012u64), "123456789012");
        check(json!("0.0028284271247461905"), "0.0028284271247461905");
    }

    #[test]
    fn only_differences_are_told() {
        let a = settings(json!({"same": 1, "lr": 0.1, "only": "a"}));
        let b = settings(json!({"same": 1, "lr": 0.2, "only": null}));
        let told = differences(&[a.clone(), b.clone(), a.clone()]);
        let told: Vec<_> = told.iter().map(|d| (d.setting.as_str(), d.words())).collect();
        let words = |words: [&str; 3]| words.map(str::to_string).to_vec();
        assert_eq!(told, [("lr", words(["0.1", "0.2", "0.1"])), ("only", words(["a", "–", "a"]))]);
        assert_eq!(differences(&[a.clone(), a]), []);
        assert_eq!(differences(&[]), []);
    }
}
