//! A JSON object with each of its keys, in the order of the text.
//!
//! A map keeps one of two equal keys and says nothing; where keys are tensors, a name that is there
//! twice is a fault to be told. How deep values may nest is capped by `serde_json`.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

/// The keys and values of an object.
pub(crate) struct Pairs(pub(crate) Vec<(String, Value)>);

impl Pairs {
    /// Keys that are there more than once, each named once.
    pub(crate) fn twice(&self) -> Vec<&str> {
        let mut keys: Vec<&str> = self.0.iter().map(|(key, _)| key.as_str()).collect();
        keys.sort_unstable();
        let mut twice: Vec<&str> = keys.windows(2).filter(|w| w[0] == w[1]).map(|w| w[0]).collect();
        twice.dedup();
        twice
    }
}

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        json.deserialize_map(Object)
    }
}

struct Object;

impl<'de> Visitor<'de> for Object {
    type Value = Pairs;

    fn expecting(&self, text: &mut fmt::Formatter<'_>) -> fmt::Result {
        text.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Pairs, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = object.next_entry()? {
            pairs.push(pair);
        }
        Ok(Pairs(pairs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_keys_are_kept_and_told() {
        let pairs: Pairs = serde_json::from_str(r#"{"b": 1, "a": [2], "b": 3, "b": 4}"#).unwrap();
        assert_eq!(pairs.0.len(), 4);
        assert_eq!((pairs.0[0].0.as_str(), &pairs.0[2].1), ("b", &Value::from(3)));
        assert_eq!(pairs.twice(), ["b"]);
        let error = serde_json::from_str::<Pairs>("[1]").err().unwrap().to_string();
        assert!(error.contains("a JSON object"), "{error}");
    }
}
