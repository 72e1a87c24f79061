//! What becomes of a schema, and what a grammar made of it accepts: texts byte by byte.

use serde_json::{Value, json};

use super::*;
use crate::grammar::tests::{accepts, bytes};
use crate::{Grammar, GrammarConstraint};

fn constraint(schema: &str) -> Result<GrammarConstraint, crate::Error> {
    let schema: Value = serde_json::from_str(schema).unwrap();
    Grammar::json_schema(&schema).constraint(&bytes())
}

fn check(schema: &str, accepted: &[&str], rejected: &[&str]) {
    let constraint = constraint(schema).unwrap();
    for (texts, expected) in [(accepted, true), (rejected, false)] {
        for text in texts {
            assert_eq!(accepts(&constraint, text), expected, "{schema} {text:?}");
        }
    }
}

/// [`check`] of texts that are not in quotes yet.
fn strings(schema: &str, accepted: &[&str], rejected: &[&str]) {
    let quoted = |texts: &[&str]| -> Vec<String> {
        texts.iter().map(|text| json!(text).to_string()).collect()
    };
    let (accepted, rejected) = (quoted(accepted), quoted(rejected));
    let constraint = constraint(schema).unwrap();
    for (texts, expected) in [(accepted, true), (rejected, false)] {
        for text in texts {
            assert_eq!(accepts(&constraint, &text), expected, "{schema} {text}");
        }
    }
}

fn refused(schema: &str, reason: &str) {
    let error = constraint(schema).expect_err(schema);
    assert!(error.is_of_request() && error.to_string().contains(reason), "{schema}: {error}");
}

#[test]
fn a_schema_is_held_to() {
    check(
        r#"{"type": "integer", "minimum": 3, "maximum": 12}"#,
        &["3", "12"],
        &["2", "13", "03", "3.5"],
    );
    check(
        r#"{"enum": ["a\n", 1, null, {"b": []}]}"#,
        &["\"a\\n\"", "1", "null", "{\"b\":[]}"],
        &["2", "\"a\""],
    );
    check(
        r#"{"type": "string", "maxLength": 1}"#,
        &[r#""""#, "\"é\"", "\"🌍\"", r#""\"""#],
        &["\"ab\"", "\"", "\"\n\""],
    );
    check(
        r#"{"type": "array", "items": {"type": "boolean"}, "minItems": 1}"#,
        &["[true]", "[true, false]"],
        &["[]", "[1]"],
    );
    let object = r#"{"type": "object", "properties": {"b": {"type": "integer"}, "a": {"type": "null"}},
        "required": ["b"], "additionalProperties": false}"#;
    check(
        object,
        &[r#"{"b": 1}"#, "{\n  \"b\": 1,\n  \"a\": null\n}"],
        &["{}", r#"{"a": null, "b": 1}"#, r#"{"b": 1, "c": 1}"#],
    );
    check("true", &["1", "[{}]", "\"\""], &["", " 1", "1 ", "{a:1}"]);
    let tree = r##"{"type": "object", "properties": {"in": {"$ref": "#"}}, "additionalProperties": false}"##;
    check(tree, &["{}", r#"{"in":{"in":{}}}"#], &[r#"{"in":1}"#, r#"{"in":{}"#]);
}

#[test]
fn what_cannot_be_enforced_is_refused_with_its_place() {
    refused(
        r#"{"properties": {"a/b": {"not": {}}}}"#,
        "at #/properties/a~1b: `not` cannot be enforced",
    );
    refused(r#"{"items": {"allOf": [true, {"if": true}]}}"#, "at #/items/allOf/1: `if`");
    refused(r#"{"uniqueItems": true}"#, "uniqueItems");
    refused(
        r#"{"$schema": "http://json-schema.org/draft-07/schema#", "dependentRequired": {}}"#,
        "dependentRequired",
    );
    refused(
        r##"{"$ref": "#/odd/place", "odd": {"place": {"contains": 1}}}"##,
        "at #/odd/place: `contains`",
    );
    refused(r#"{"type": "string", "min_length": 2}"#, "`min_length` is no keyword; `minLength` is");
    refused(r#"{"x-guidance": {"lenient": true}, "items": {"format": "no such"}}"#, "no such");
    refused(r#"{"oneOf": [{"type": "integer"}, {"minimum": 3}]}"#, "oneOf");
    refused(r#"{"minProperties": 3, "required": ["a"]}"#, "`minProperties` of 3");
    refused(
        r##"{"properties": {"a": {"$id": "http://b/", "$ref": "#/c"}}, "c": true}"##,
        "at #/properties/a: an `$id`",
    );
    for reference in ["http://elsewhere/", "#name", "#/", "#/a~1b", "#/%24defs"] {
        refused(&json!({"$ref": reference}).to_string(), "must be a path in this document");
    }
    refused(r##"{"$ref": "#/nowhere"}"##, "at #/nowhere: a $ref leads here");
    refused(r#"{"items": 3}"#, "at #/items: expected an object, found 3");
    refused("false", "nsatisfiable");
    refused(r#"{"type": "string", "minLength": 3, "maxLength": 2}"#, "minLength");
}

#[test]
fn nothing_unknown_is_in_the_way() {
    let schema = r#"{"$schema": "http://json-schema.org/draft-04/schema#", "title": "t", "x-not": 1,
        "deprecated": true, "type": "integer", "minimum": 1, "exclusiveMinimum": true,
        "uniqueItems": false, "default": {"not": 1}, "examples": [{"if": 2}]}"#;
    check(schema, &["2"], &["1", "true"]);
    check(
        r#"{"properties": {"not": {"const": 1}, "$id": true}, "required": ["not"]}"#,
        &[r#"{"not":1}"#],
        &[r#"{"not":2}"#],
    );
}

#[test]
fn numbers_beyond_f64_are_not_bent() {
    refused(r#"{"const": 9007199254740993}"#, "beyond ±2^53");
    refused(r#"{"enum": [[{"a": -9007199254740993}]]}"#, "beyond ±2^53");
    refused(r#"{"type": "integer", "minimum": 9007199254740993}"#, "beyond ±2^53");
    let bounded =
        r#"{"type": "integer", "minimum": -9223372036854775808, "maximum": 9223372036854775807}"#;
    check(
        bounded,
        &["0", "9007199254740992", "-9007199254740992"],
        &["9007199254740993", "9223372036854775808"],
    );
    check(r#"{"type": "number", "maximum": 1e300}"#, &["0.5", "-3"], &["1e301"]);
}

#[test]
fn no_name_comes_in_disguise() {
    let schema = r#"{"properties": {"a": {"type": "integer"}}}"#;
    check(
        schema,
        &[r#"{"a":1,"b":"x"}"#],
        &[r#"{"a":"x"}"#, r#"{"\u0061":"x"}"#, r#"{"b":1,"a":"x"}"#],
    );
    refused(r#"{"properties": {"a\u0001": true}}"#, "control character '\\u{1}'");
    refused(r#"{"required": ["\u007f"]}"#, "control character");
    refused(r#"{"const": "a\u0000b"}"#, "control character");
    refused(r#"{"pattern": "^a\\x01b$"}"#, "control character");
    refused(r#"{"pattern": "^a[\\x01]b$"}"#, "control character");
    check(
        r#"{"type": "string", "pattern": "^a[\\x00-\\x1f]b$"}"#,
        &[r#""a\nb""#],
        &[r#""ab""#, r#""a\u0000b""#],
    );
}

#[test]
fn patterns_are_those_of_ecma_262() {
    let pattern = |pattern: &str| json!({"type": "string", "pattern": pattern}).to_string();
    let check = |text: &str, accepted: &[&str], rejected: &[&str]| {
        strings(&pattern(text), accepted, rejected);
    };
    check("^.$", &["a", "é"], &["\n", "\r", "\u{2028}", "ab"]);
    check("^\\s$", &[" ", "\u{feff}", "\u{a0}"], &["\u{85}", "a"]);
    check("^[^\\s]$", &["a", "\u{85}"], &[" ", "\u{feff}"]);
    check("^\\S$", &["a"], &["\u{2003}"]);
    check("^\\d\\w$", &["1a"], &["١a", "1é"]);
    check("b", &["abc"], &["ac"]);
    check("^a|b$", &["ax", "xb"], &["xax"]);
    check("^[[]$", &["["], &["a"]);
    check("^[a&&b]$", &["a", "&"], &["c"]);
    check("^[a[b]$", &["a", "[", "b"], &["ab"]);
    check("^\\<a/b\\/c\\.$", &["<a/b/c."], &["a/b/c."]);
    for wrong in ["[]", "[^]a]", "[+--]", "\\Aa", "a\\", "(", "(?=a)", "\\bfoo"] {
        refused(&pattern(wrong), "");
    }
    let names =
        r#"{"patternProperties": {"^.$": {"type": "integer"}}, "additionalProperties": false}"#;
    super::tests::check(names, &[r#"{"a":1}"#], &[r#"{"a":true}"#, r#"{"\r":1}"#]);
}

#[test]
fn formats_are_strict() {
    let check = |format: &str, accepted: &[&str], rejected: &[&str]| {
        strings(&json!({"type": "string", "format": format}).to_string(), accepted, rejected);
    };
    check(
        "date",
        &["2024-02-29", "2000-02-29", "1963-06-19"],
        &["2023-02-29", "1900-02-29", "2024-04-31", "2024-13-01"],
    );
    check("time", &["08:30:06.28Z", "23:59:59+01:00"], &["23:59:60Z", "24:00:00Z", "08:30:06"]);
    check(
        "date-time",
        &["1985-04-12T23:20:50.52Z"],
        &["2023-02-29T00:00:00Z", "1985-04-12 23:20:50Z"],
    );
    check(
        "hostname",
        &["a", "ab.c-d.example", "x1"],
        &["-a", "a-", "xn--a", "a..b", "a.", &"a".repeat(64)],
    );
    check("ipv4", &["127.0.0.1"], &["256.0.0.1"]);
    check("uuid", &["2eb8aa08-aa98-11ea-b4aa-73b441d16380"], &["2eb8"]);
    let both = r#"{"type": "string", "format": "date", "pattern": "^2"}"#;
    super::tests::check(both, &["\"2024-01-01\""], &["\"1024-01-01\"", "\"2\""]);
}

#[test]
fn sizes_are_bounded() {
    let many = |n: usize, schema: Value| -> Map<String, Value> {
        (0..n).map(|i| (format!("p{i}"), schema.clone())).collect()
    };
    refused(&json!({"$defs": many(10_001, json!(true))}).to_string(), "more than 10000 schemas");
    refused(
        &json!({"properties": many(1001, json!(true))}).to_string(),
        "more than 1000 properties",
    );
    refused(
        &json!({"$defs": many(1001, json!({"pattern": "a"}))}).to_string(),
        "more than 1000 patterns",
    );
    refused(
        &json!({"patternProperties": many(33, json!(true))}).to_string(),
        "more than 32 patternProperties",
    );
}
