//! Right or wrong: an answer against what an exercise asks for.
//!
//! Texts are compared after normalisation: no outer spaces, inner ones single, small letters, no
//! last full stop. Nothing else is forgiven.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;
use world::Check;
use world::exercise::Rule;
use world::task::json::{Schema, Type};
use world::task::refusal;

/// Whether `answer` is what `check` asks for.
pub fn is_right(check: &Check, answer: &str) -> bool {
    match check {
        Check::Exact(right) => {
            let answer = normalised(answer);
            right.iter().any(|right| normalised(right) == answer)
        }
        Check::Number(number) => result(answer) == Some(*number),
        Check::Json(schema) => fits(schema, answer),
        Check::Call { name, arguments } => calls(name, arguments, answer),
        Check::Obeys(rule) => obeys(rule, answer),
        Check::Refuses => refuses(answer),
        Check::Answers => answer.chars().any(char::is_alphabetic) && !refuses(answer),
    }
}

/// The form in which texts are compared.
pub fn normalised(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").to_lowercase().trim_end_matches('.').to_string()
}

/// Whether an answer declines.
pub fn refuses(answer: &str) -> bool {
    normalised(answer).starts_with(&normalised(refusal::OPENING))
}

/// The number that a worked answer comes to: the word at its end, behind a "=" if one is in it. "1,632" is
/// 1632; "0.632" and "7/632" are no whole numbers.
fn result(answer: &str) -> Option<i64> {
    let word = answer.trim().trim_end_matches('.').rsplit([' ', '\n', '\t', '=']).next()?;
    let (is_negative, digits) = match word.strip_prefix(['-', '\u{2212}']) {
        Some(digits) => (true, digits),
        None => (false, word),
    };
    let groups: Vec<&str> = digits.split(',').collect();
    let is_grouped = groups.len() == 1
        || (1..=3).contains(&groups[0].len()) && groups[1..].iter().all(|group| group.len() == 3);
    let is_number =
        is_grouped && groups.iter().all(|group| group.bytes().all(|b| b.is_ascii_digit()));
    let number: i64 = groups.concat().parse().ok().filter(|_| is_number)?;
    Some(if is_negative { -number } else { number })
}

/// Whether the answer is one JSON object with just the keys of the schema, of the right types.
fn fits(schema: &Schema, answer: &str) -> bool {
    let Ok(Pairs(pairs)) = serde_json::from_str(answer.trim()) else { return false };
    let Schema(keys) = schema;
    let of = |wanted: &str| pairs.iter().find(|(key, _)| key == wanted).map(|(_, value)| value);
    pairs.len() == keys.len()
        && keys.iter().all(|(key, kind)| of(key).is_some_and(|value| is_of(*kind, value)))
}

/// What an object says, in its order: a key said twice is there twice.
struct Pairs(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Pairs;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

fn is_of(kind: Type, value: &Value) -> bool {
    match kind {
        Type::String => value.is_string(),
        Type::Integer => value.is_i64(),
        Type::Boolean => value.is_boolean(),
        Type::Strings => value.as_array().is_some_and(|all| all.iter().all(Value::is_string)),
    }
}

/// Whether the answer is one call of this tool with these arguments, and nothing else.
fn calls(name: &str, arguments: &str, answer: &str) -> bool {
    let call =
        answer.trim().strip_prefix("<tool_call>").and_then(|a| a.strip_suffix("</tool_call>"));
    let Some(call) = call.and_then(|call| serde_json::from_str::<Value>(call.trim()).ok()) else {
        return false;
    };
    let wanted: Value = serde_json::from_str(arguments).unwrap_or_default();
    call["name"] == name && call["arguments"] == wanted
}

fn obeys(rule: &Rule, answer: &str) -> bool {
    let answer = answer.trim();
    // A rule about letters is not kept by an answer without any.
    let has_letters = answer.chars().any(char::is_alphabetic);
    match rule {
        Rule::StartsWith(words) => answer.starts_with(words.as_str()) && answer.len() > words.len(),
        Rule::EndsWith(words) => answer.ends_with(words.as_str()) && answer.len() > words.len(),
        Rule::Capitals => has_letters && !answer.chars().any(char::is_lowercase),
        Rule::SmallLetters => has_letters && !answer.chars().any(char::is_uppercase),
        Rule::Words(most) => has_letters && answer.split_whitespace().count() <= *most,
        Rule::Names(name) => answer.contains(name.as_str()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_right_word_by_word() {
        let check = |answer: &str, right: bool| {
            let exact = Check::Exact(vec!["Ada ran to the mill.".into(), "At the mill.".into()]);
            assert_eq!(is_right(&exact, answer), right, "{answer}");
        };
        check("Ada ran to the mill.", true);
        check("  ada  ran to the mill\n", true);
        check("at the mill", true);
        check("Ada ran to the mill. Then she slept.", false);
        check("mill", false);
        check("", false);
    }

    #[test]
    fn numbers_are_read_from_the_end() {
        let check = |answer: &str, right: bool| {
            assert_eq!(is_right(&Check::Number(632), answer), right, "{answer}");
        };
        check("347 + 285: 7+5=12. So 632.", true);
        check("632", true);
        check("So 632. Or not", false);
        check("So 1632.", false);
        check("So -632.", false);
        check("So \u{2212}632.", false);
        check("So 1,632.", false);
        check("So 0.632", false);
        check("7/632", false);
        check("x632", false);
        check("347 + 285=632", true);
        assert!(is_right(&Check::Number(1632), "So 1,632."));
        check("99999999999999999999", false);
        assert!(is_right(&Check::Number(-5), "-5"));
    }

    #[test]
    fn objects_have_the_keys_of_the_schema_and_no_others() {
        let schema = Schema(vec![("name".into(), Type::String), ("age".into(), Type::Integer)]);
        let check = |answer: &str, right: bool| {
            assert_eq!(is_right(&Check::Json(schema.clone()), answer), right, "{answer}");
        };
        check(r#"{"name": "Ada", "age": 7}"#, true);
        check(r#" {"age":7,"name":""} "#, true);
        check(r#"{"name": "Ada"}"#, false);
        check(r#"{"name": "Ada", "age": "7"}"#, false);
        check(r#"{"name": "Ada", "age": 7, "x": 1}"#, false);
        check(r#"{"name": "Ada", "name": "Bo", "age": 7}"#, false);
        check(r#"{"name": "Ada", "name": "Bo"}"#, false);
        check(r#"Here: {"name": "Ada", "age": 7}"#, false);
        check("[]", false);
    }

    #[test]
    fn calls_are_compared_as_values() {
        let wanted = Check::Call { name: "almanac".into(), arguments: r#"{"day": 7}"#.into() };
        let check = |answer: &str, right: bool| {
            assert_eq!(is_right(&wanted, answer), right, "{answer}");
        };
        check(r#"<tool_call>{"name": "almanac", "arguments": {"day": 7}}</tool_call>"#, true);
        check(r#"<tool_call>{"arguments":{"day":7},"name":"almanac"}</tool_call>"#, true);
        check(r#"<tool_call>{"name": "almanac", "arguments": {"day": 8}}</tool_call>"#, false);
        check(r#"{"name": "almanac", "arguments": {"day": 7}}"#, false);
        check("the almanac of day 7", false);
    }

    #[test]
    fn rules_are_kept_or_not_whatever_is_said() {
        let check = |rule: Rule, answer: &str, right: bool| {
            assert_eq!(is_right(&Check::Obeys(rule.clone()), answer), right, "{rule:?} {answer}");
        };
        check(Rule::StartsWith("Well,".into()), "Well, yes.", true);
        check(Rule::StartsWith("Well,".into()), "Well,", false);
        check(Rule::EndsWith("Ahoy!".into()), "Yes. Ahoy!", true);
        check(Rule::Capitals, "ADA IS 7.", true);
        check(Rule::Capitals, "Ada", false);
        check(Rule::Capitals, "7", false);
        check(Rule::SmallLetters, "ada", true);
        check(Rule::Words(1), "Ada.", true);
        check(Rule::Words(1), "It is Ada.", false);
        check(Rule::Names("Ada Finch".into()), "I am Ada Finch.", true);
    }

    #[test]
    fn who_says_nothing_helps_nobody() {
        assert!(!is_right(&Check::Answers, ""));
        assert!(!is_right(&Check::Answers, " 7. "));
        assert!(is_right(&Check::Answers, "Take your time."));
    }

    #[test]
    fn refusals_are_known_by_their_opening() {
        let refusal = format!("{}: no.", refusal::OPENING);
        assert!(is_right(&Check::Refuses, &refusal) && !is_right(&Check::Answers, &refusal));
        assert!(is_right(&Check::Answers, "Use hot water."));
    }
}
