//! Where two specs differ, field by field, as their JSON has them.

use serde_json::{Value, json};

use super::Spec;

/// A field that two specs have otherwise.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// Its path, such as `attention.window`.
    pub field: String,
    /// What the first has there; null where it has nothing.
    pub first: Value,
    /// What the second has there.
    pub second: Value,
}

/// Every field in which two specs differ, in the order of their names.
pub fn differences(first: &Spec, second: &Spec) -> Vec<Difference> {
    let mut found = Vec::new();
    compare("", &json!(first), &json!(second), &mut found);
    found
}

fn compare(path: &str, first: &Value, second: &Value, found: &mut Vec<Difference>) {
    if first == second {
        return;
    }
    let (Value::Object(left), Value::Object(right)) = (first, second) else {
        let (first, second) = (first.clone(), second.clone());
        found.push(Difference { field: path.to_string(), first, second });
        return;
    };
    let mut keys: Vec<&String> = left.keys().chain(right.keys()).collect();
    keys.sort();
    keys.dedup();
    for key in keys {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        compare(&path, &first[key], &second[key], found);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Attending, Layers};

    #[test]
    fn each_field_is_named_by_its_path() {
        let a = Spec::llama(100, 64, 2, 4);
        let attention = Attending { window: Some(8), sliding: Layers::All, ..Attending::default() };
        let b = Spec { d_ff: 7, attention, ..a.clone() };
        let fields: Vec<String> = differences(&a, &b).into_iter().map(|d| d.field).collect();
        assert_eq!(fields, ["attention.sliding", "attention.window", "d_ff"]);
        assert!(differences(&a, &a).is_empty());
        let d = differences(&a, &b).swap_remove(1);
        assert_eq!((d.first, d.second), (Value::Null, json!(8)));
    }
}
