//! The words of JSON Schema, of all drafts: which are enforced, which are not, and which hold
//! schemas. What stands in neither list is an annotation.

/// Enforced, or needed to enforce others.
const ENFORCED: [&str; 29] = [
    "$defs",
    "$ref",
    "additionalItems",
    "additionalProperties",
    "allOf",
    "anyOf",
    "const",
    "definitions",
    "enum",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "format",
    "items",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "oneOf",
    "pattern",
    "patternProperties",
    "prefixItems",
    "properties",
    "required",
    "type",
];

/// They say what an answer must be, and nothing here can hold it to that.
const NOT_ENFORCED: [&str; 20] = [
    "$dynamicAnchor",
    "$dynamicRef",
    "$recursiveAnchor",
    "$recursiveRef",
    "contains",
    "dependencies",
    "dependentRequired",
    "dependentSchemas",
    "disallow",
    "divisibleBy",
    "else",
    "extends",
    "if",
    "maxContains",
    "minContains",
    "not",
    "propertyNames",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
];

/// Where a keyword's value holds schemas.
pub(super) enum Children {
    /// One under each name.
    Named,
    /// One, or a list of them.
    Listed,
}

pub(super) fn children(keyword: &str) -> Option<Children> {
    match keyword {
        "properties" | "patternProperties" | "$defs" | "definitions" => Some(Children::Named),
        "items"
        | "additionalItems"
        | "additionalProperties"
        | "prefixItems"
        | "allOf"
        | "anyOf"
        | "oneOf" => Some(Children::Listed),
        _ => None,
    }
}

/// Refuses a word that ought to be enforced and would not be.
pub(super) fn check(word: &str) -> Result<(), String> {
    if ENFORCED.contains(&word) {
        return Ok(());
    }
    if NOT_ENFORCED.contains(&word) || word == "uniqueItems" {
        return Err(format!("`{word}` cannot be enforced; leave it out or say it otherwise"));
    }
    let plain = |word: &str| word.replace(['_', '-'], "").to_lowercase();
    let mut known = ENFORCED.iter().chain(&NOT_ENFORCED).chain(&["uniqueItems"]);
    match known.find(|known| plain(known) == plain(word)) {
        Some(known) => Err(format!("`{word}` is no keyword; `{known}` is")),
        None => Ok(()),
    }
}
