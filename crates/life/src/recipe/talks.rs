//! Instruction data to be taught with: where it lies, and how much of it.

use std::path::PathBuf;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A weight beyond this is taken for a mistake.
const MOST_WEIGHT: u32 = 1_000_000;

/// A file or folder of conversations, and its share where several are mixed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Talks {
    /// Where.
    pub path: PathBuf,
    /// Its share of the conversations is its weight by the weights of all; 1 if only others have one.
    /// Where nothing has a weight, everything is taken once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<u32>,
}

impl FromStr for Talks {
    type Err = String;

    /// "talks.jsonl", or "talks.jsonl=3" with a weight.
    fn from_str(text: &str) -> Result<Self, String> {
        let split = text.rsplit_once('=');
        let Some((path, weight)) = split.and_then(|(p, w)| Some((p, w.parse::<i64>().ok()?)))
        else {
            return Ok(Self { path: text.into(), weight: None });
        };
        match u32::try_from(weight) {
            Ok(weight @ 1..=MOST_WEIGHT) => Ok(Self { path: path.into(), weight: Some(weight) }),
            _ => Err(format!("the weight of {path} is {weight}; expected from 1 to {MOST_WEIGHT}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weight_stands_behind_the_last_sign() {
        let of = |text: &str| text.parse::<Talks>().map(|t| (t.path, t.weight));
        assert_eq!(of("a.jsonl"), Ok(("a.jsonl".into(), None)));
        assert_eq!(of("a=b.jsonl=3"), Ok(("a=b.jsonl".into(), Some(3))));
        assert_eq!(of("a=b.jsonl"), Ok(("a=b.jsonl".into(), None)), "a name, no weight");
        for wrong in ["a=0", "a=-1", "a=1000001"] {
            assert!(of(wrong).unwrap_err().contains("expected from 1"), "{wrong}");
        }
    }
}
