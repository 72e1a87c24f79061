//! The block tags of a template's source, put into the Jinja that the engine reads, before it reads
//! them.
//!
//! What is no tag (text, comments, `{{ … }}`, `{% raw %}`) stays as it is. Of a tag, dashes and what the
//! engine trims beside it stay.

/// The source with other words in its block tags: `change` is given what stands between `{%` and `%}`
/// with its dashes, and says what stands there instead, or nothing to leave it.
pub(super) fn rewritten(source: &str, mut change: impl FnMut(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(source.len());
    let (mut rest, mut is_raw) = (source, false);
    while let Some(begin) = rest.find('{') {
        let (before, tag) = rest.split_at(begin);
        out.push_str(before);
        let len = match tag.as_bytes().get(1) {
            Some(b'%') => code_bytes(tag, "%}"),
            Some(b'{') if !is_raw => code_bytes(tag, "}}"),
            Some(b'#') if !is_raw => tag.find("#}").unwrap_or(tag.len()),
            _ => 1,
        };
        let (inside, after) = tag.split_at(len);
        match words(inside).next() {
            Some("raw") if !is_raw => is_raw = true,
            Some("endraw") => is_raw = false,
            _ => {}
        }
        match inside.strip_prefix("{%").filter(|_| !is_raw).and_then(&mut change) {
            Some(changed) => out.extend(["{%", &changed]),
            None => out.push_str(inside),
        }
        rest = after;
    }
    out + rest
}

/// The words of a tag without what opens it, and without its dashes.
pub(super) fn words(inside: &str) -> impl Iterator<Item = &str> {
    let inside = inside.trim_start_matches("{%");
    inside.trim_matches(|c: char| "-+".contains(c)).split_whitespace()
}

/// Bytes of a tag up to what closes it; texts in quotes close nothing.
fn code_bytes(tag: &str, close: &str) -> usize {
    let (mut quote, mut escaped) = (None, false);
    for (at, c) in tag.char_indices().skip(2) {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(_) if c == '\\' => escaped = true,
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if c == '"' || c == '\'' => quote = Some(c),
            None if tag[at..].starts_with(close) => return at,
            None => {}
        }
    }
    tag.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tags_are_changed() {
        let check = |source: &str, expected: &str| {
            let shout = |inside: &str| inside.contains('x').then(|| inside.replace('x', "y"));
            assert_eq!(rewritten(source, shout), expected, "{source}");
        };
        check("x{% x %}x{{ x }}{# {% x %} #}x", "x{% y %}x{{ x }}{# {% x %} #}x");
        check("{%- x -%}{% '%}x' %}x{{ '{% x %}' }}", "{%- y -%}{% '%}y' %}x{{ '{% x %}' }}");
        check("{% raw %}{% x %}{{ {% endraw %}{% x %}", "{% raw %}{% x %}{{ {% endraw %}{% y %}");
        check("{x}{{ '\\'}}' }}{% x %}{% x", "{x}{{ '\\'}}' }}{% y %}{% y");
        check("é{%é%}{", "é{%é%}{");
    }
}
