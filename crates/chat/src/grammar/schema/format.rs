//! Formats that llguidance knows too loosely, as patterns: dates that are none (30 February), leap
//! seconds at any time of day, and names of hosts that are too long or encode nothing (RFC 3339,
//! RFC 5890). Here a leap second is none, and a host's name has up to five labels of up to 49
//! characters, without `--` in their third place. All other formats are llguidance's, and what it
//! does not know it refuses.

use serde_json::{Map, Value, json};

const DATE: &str = concat!(
    r"(?:[0-9]{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])",
    r"|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)",
    r"|02-(?:0[1-9]|1[0-9]|2[0-8]))",
    r"|(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29)",
);

const TIME: &str = concat!(
    r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?",
    r"(?:[zZ]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])",
);

const LABEL: &str = concat!(
    "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]{0,2}[a-zA-Z0-9]",
    "|[a-zA-Z0-9][a-zA-Z0-9-](?:[a-zA-Z0-9][a-zA-Z0-9-]|-[a-zA-Z0-9])[a-zA-Z0-9-]{0,44}[a-zA-Z0-9])",
);

/// Puts a pattern in the place of such a format.
pub(super) fn make_strict(fields: &mut Map<String, Value>) {
    let pattern = match fields.get("format").and_then(Value::as_str) {
        Some("date") => DATE.to_string(),
        Some("time") => TIME.to_string(),
        Some("date-time") => format!("{DATE}[tT]{TIME}"),
        Some("hostname") => format!(r"{LABEL}(?:\.{LABEL}){{0,4}}"),
        _ => return,
    };
    fields.shift_remove("format");
    let pattern = json!(format!("^(?:{pattern})$"));
    if !fields.contains_key("pattern") {
        fields.insert("pattern".to_string(), pattern);
    } else if let Some(all) = fields.entry("allOf").or_insert(json!([])).as_array_mut() {
        all.push(json!({"pattern": pattern}));
    }
}
