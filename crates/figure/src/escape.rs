//! Text as text: what a model says, and what a user names a run, must never become markup.
//!
//! Control characters, which XML forbids and terminals obey, become U+FFFD in every form.

/// For HTML and SVG, in content and in quoted attributes.
pub(crate) fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(harmless(c)),
        }
    }
    out
}

/// For one line of Markdown, a table's cell included.
pub(crate) fn markdown(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    for (i, &c) in chars.iter().enumerate() {
        let inside_word = i > 0
            && chars[i - 1].is_alphanumeric()
            && chars.get(i + 1).is_some_and(|next| next.is_alphanumeric());
        match c {
            '\n' | '\r' | '\t' => out.push(' '),
            '_' if inside_word => out.push('_'),
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '&' => out.extend(['\\', c]),
            _ => out.push(harmless(c)),
        }
    }
    out
}

/// For one line on a terminal.
pub(crate) fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_whitespace() { ' ' } else { harmless(c) }).collect()
}

/// A fenced Markdown block whose fence is longer than any inside.
pub(crate) fn fenced(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat((longest + 1).max(3));
    let body: String = text.chars().map(harmless).collect();
    format!("{fence}text\n{}\n{fence}\n", body.trim_end_matches('\n'))
}

fn harmless(c: char) -> char {
    let forbidden = c.is_control() && c != '\n' && c != '\t';
    if forbidden || matches!(c, '\u{fffe}' | '\u{ffff}') { '\u{fffd}' } else { c }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_becomes_markup() {
        assert_eq!(html("<a href='x'>&\"\0"), "&lt;a href=&#39;x&#39;&gt;&amp;&quot;\u{fffd}");
        assert_eq!(markdown("a|b *c* d_e _f_\n<g>"), r"a\|b \*c\* d_e \_f\_ \<g\>");
        assert_eq!(plain("\u{1b}[31mred\n"), "\u{fffd}[31mred ");
        assert_eq!(fenced("```\nx\n"), "````text\n```\nx\n````\n");
    }
}
