//! Patterns of ECMA 262, which JSON Schema has, in the words of Rust's regular expressions, which
//! llguidance reads. `\d` and `\w` it knows to be ASCII; told here are `.`, `\s`, `\S` and what
//! brackets within brackets mean. What means one thing there and another here is refused.

use regex_syntax::hir::{Hir, HirKind};
use serde_json::{Map, Value};

use super::writable;

/// Within brackets: white space and line ends of ECMA 262.
const SPACES: &str = concat!(
    r"\t\n\x0B\x0C\r\x20\x{A0}\x{FEFF}\x{1680}\x{2000}-\x{200A}",
    r"\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}",
);
const NO_LINE_END: &str = r"[^\n\r\x{2028}\x{2029}]";

/// Rewrites `pattern` and the names of `patternProperties`.
pub(super) fn make_strict(fields: &mut Map<String, Value>) -> Result<(), String> {
    if let Some(Value::String(pattern)) = fields.get_mut("pattern") {
        *pattern = checked(pattern)?;
    }
    if let Some(Value::Object(schemas)) = fields.get_mut("patternProperties") {
        let renamed: Result<Map<String, Value>, String> = std::mem::take(schemas)
            .into_iter()
            .map(|(pattern, schema)| Ok((checked(&pattern)?, schema)))
            .collect();
        *schemas = renamed?;
    }
    Ok(())
}

fn checked(pattern: &str) -> Result<String, String> {
    let wrong = |reason: String| format!("the pattern {pattern:?}: {reason}");
    let rewritten = rewritten(pattern).map_err(wrong)?;
    let parsed = regex_syntax::parse(&rewritten).map_err(|e| wrong(e.to_string()))?;
    literals(&parsed).map_err(wrong)?;
    Ok(rewritten)
}

fn rewritten(pattern: &str) -> Result<String, String> {
    let (mut out, mut in_brackets) = (String::with_capacity(pattern.len()), false);
    let mut rest = pattern.chars().peekable();
    while let Some(c) = rest.next() {
        match (c, in_brackets) {
            ('\\', _) => escape(rest.next(), &mut out)?,
            ('.', false) => out.push_str(NO_LINE_END),
            ('[', false) => {
                in_brackets = true;
                out.push('[');
                if rest.next_if_eq(&'^').is_some() {
                    out.push('^');
                }
                if rest.peek() == Some(&']') {
                    return Err("empty brackets; name a character".to_string());
                }
            }
            (']', true) => {
                in_brackets = false;
                out.push(']');
            }
            ('-', true) if rest.peek() == Some(&'-') => {
                return Err(r"`--` in brackets; write `\-`".to_string());
            }
            ('[' | '&' | '~', true) => out.extend(['\\', c]),
            _ => out.push(c),
        }
    }
    Ok(out)
}

fn escape(c: Option<char>, out: &mut String) -> Result<(), String> {
    match c {
        Some('s') => out.extend(["[", SPACES, "]"]),
        Some('S') => out.extend(["[^", SPACES, "]"]),
        Some(c @ ('<' | '>')) => out.push(c),
        Some(c @ ('A' | 'z' | 'Z' | 'a' | 'Q' | 'E' | 'G')) => {
            return Err(format!(r"`\{c}` is no escape of ECMA 262"));
        }
        Some(c) => out.extend(['\\', c]),
        None => return Err(r"it ends in `\`".to_string()),
    }
    Ok(())
}

/// Texts in a pattern must be writable; sets of characters lose those that are not by themselves.
fn literals(pattern: &Hir) -> Result<(), String> {
    let mut waiting = vec![pattern];
    while let Some(hir) = waiting.pop() {
        match hir.kind() {
            HirKind::Literal(text) => writable(&String::from_utf8_lossy(&text.0))?,
            HirKind::Repetition(repetition) => waiting.push(&repetition.sub),
            HirKind::Capture(capture) => waiting.push(&capture.sub),
            HirKind::Concat(parts) | HirKind::Alternation(parts) => waiting.extend(parts),
            HirKind::Empty | HirKind::Class(_) | HirKind::Look(_) => {}
        }
    }
    Ok(())
}
