//! Configs as they were written before rules stood in one list: AdamW's numbers at `optimizer`, and
//! `muon` or `sgd` beside them where they were chosen. Runs that began then go on.

use serde_json::{Map, Value, json};

/// Makes a config of an earlier form one of today's; leaves any other as it is.
pub fn renew(config: &mut Value) {
    let Some(config) = config.as_object_mut() else { return };
    let is_old = config.get("optimizer").is_some_and(|optimizer| optimizer.get("beta1").is_some());
    let Some(Value::Object(mut optimizer)) = config.get("optimizer").filter(|_| is_old).cloned()
    else {
        return;
    };
    let names = ["beta1", "beta2", "eps"];
    let moved = names.map(|name| (name.to_string(), optimizer.remove(name).unwrap_or_default()));
    let adamw = Value::Object(Map::from_iter(moved));
    let rule = match (config.remove("muon"), config.remove("sgd")) {
        (Some(Value::Object(mut muon)), _) => {
            muon.insert("rest".to_string(), adamw);
            json!({"muon": muon})
        }
        (_, Some(sgd)) => json!({"sgd": sgd}),
        _ => json!({"adamw": adamw}),
    };
    optimizer.insert("rule".to_string(), rule);
    config.insert("optimizer".to_string(), Value::Object(optimizer));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Config;
    use crate::plan::{Choice, Dials, plan};

    #[test]
    fn configs_of_before_are_read_as_what_they_were() {
        for (choice, beside) in [
            (Choice::AdamW, json!({})),
            (Choice::Muon, json!({"muon": {"momentum": 0.95}})),
            (Choice::Sgd, json!({"sgd": {"momentum": 0.9}})),
        ] {
            let dials = Dials {
                tokens: Some(1 << 20),
                optimizer: Some(choice),
                weight_decay: Some(0.1),
                ..Dials::default()
            };
            let now = plan(&dials, 300, None, &mut |_| unreachable!()).unwrap();
            let mut before = serde_json::to_value(&now).unwrap();
            before["optimizer"] = json!({
                "beta1": 0.9, "beta2": 0.95, "eps": 1e-8, "weight_decay": 0.1, "clip": 1.0
            });
            for (key, value) in beside.as_object().unwrap() {
                before[key] = value.clone();
            }
            assert!(serde_json::from_value::<Config>(before.clone()).is_err());
            renew(&mut before);
            assert_eq!(serde_json::from_value::<Config>(before).unwrap(), now);
            let mut same = serde_json::to_value(&now).unwrap();
            renew(&mut same);
            assert_eq!(same, serde_json::to_value(&now).unwrap());
        }
    }
}
