//! `{% for … in none %}` is an error in Jinja2, as any loop over what Python cannot go through. The
//! engine takes it for an empty list, and would render what the template's author never saw; so what a
//! loop goes over is passed through a filter that refuses it.

use minijinja::{Error, ErrorKind, Value};

use super::tags;

/// The filter's name, which no template's author would think of.
pub(super) const FILTER: &str = "__loop_over__";

/// The value, unless Python has no loop over it.
pub(super) fn looped_over(value: Value) -> Result<Value, Error> {
    match value.is_none() {
        true => Err(Error::new(ErrorKind::InvalidOperation, "a loop over none")),
        false => Ok(value),
    }
}

/// The template with the filter in its loops.
pub(super) fn checked(source: &str) -> String {
    tags::rewritten(source, |inside| {
        let mut words = tags::words(inside);
        (words.next() == Some("for")).then_some(())?;
        let parts = split(inside);
        let (target, rest) = parts.split_first()?;
        let (over, rest) = rest.split_first()?;
        let over = over.strip_prefix("in")?;
        // What trims the text beside the tag is no part of the expression.
        let (over, dash) = match over.trim_end().strip_suffix(['-', '+']) {
            Some(inner) if rest.is_empty() => (inner, &over.trim_end()[inner.len()..]),
            _ => (over, ""),
        };
        Some(format!("{target}in ({over}) | {FILTER} {}{dash}", rest.concat()))
    })
}

/// A loop's tag cut before `in`, `if` and `recursive`, where they stand in no brackets and no quotes.
fn split(inside: &str) -> Vec<&str> {
    let (mut parts, mut from, mut depth) = (Vec::new(), 0, 0_i32);
    let (mut quote, mut escaped, mut before) = (None, false, ' ');
    for (at, c) in inside.char_indices() {
        let word = |word: &str| {
            let rest = inside[at..].strip_prefix(word);
            rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
        };
        match (quote, c) {
            (Some(_), _) if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(open), c) if open == c => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth -= 1,
            (None, 'i' | 'r') if depth == 0 && !(before.is_alphanumeric() || before == '_') => {
                // The first is the loop's own; behind it, another is a question in a condition.
                let is_cut = match parts.len() {
                    0 => word("in"),
                    _ => word("if") || word("recursive"),
                };
                if is_cut {
                    parts.push(&inside[from..at]);
                    from = at;
                }
            }
            _ => {}
        }
        before = c;
    }
    parts.push(&inside[from..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_loop_goes_over_is_checked() {
        let check = |source: &str, expected: &str| {
            assert_eq!(checked(source), expected.replace('§', "| __loop_over__"), "{source}");
        };
        check("{% for a in b %}x", "{% for a in ( b ) § %}x");
        check(
            "{%- for a, b in c.items() if a in d -%}",
            "{%- for a, b in ( c.items() ) § if a in d -%}",
        );
        check("{%-for a in [1 if x else 2, 'if']-%}", "{%-for a in ( [1 if x else 2, 'if']) § -%}");
        check("{% for inner in a recursive +%}", "{% for inner in ( a ) § recursive +%}");
        check("{% for a in b['in'] %}", "{% for a in ( b['in'] ) § %}");
        check("{% for a in 1, 2 %}", "{% for a in ( 1, 2 ) § %}");
        check("{% if a in b %}{% endfor %}{% for %}", "{% if a in b %}{% endfor %}{% for %}");
    }
}
