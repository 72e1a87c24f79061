//! `{% generation %}` and `{% endgeneration %}`, with which templates of `transformers` say what
//! training is on, put into the Jinja that the engine reads.
//!
//! Both stand for blocks that are always taken. Their dashes, and what the engine trims beside a
//! block, stay as they are; so does the text.

/// Opens what is learnt in a marked text: code points that Unicode keeps out of all texts.
pub(super) const OPEN: char = '\u{fdd1}';
/// Closes it.
pub(super) const CLOSE: char = '\u{fdd2}';

/// The template without such blocks.
pub(super) fn unmarked(source: &str) -> String {
    rewritten(source, ["if true", "endif"])
}

/// The template that writes [`OPEN`] and [`CLOSE`] where such blocks begin and end; none if it has
/// no such block.
pub(super) fn marked(source: &str) -> Option<String> {
    // Two blocks around each mark, so that the trimming on both sides is a block's.
    let open = format!("if true %}}{{{{ '{OPEN}' }}}}{{% if true");
    let close = format!("endif %}}{{{{ '{CLOSE}' }}}}{{% endif");
    let marked = rewritten(source, [&open, &close]);
    (marked != rewritten(source, ["generation", "endgeneration"])).then_some(marked)
}

/// The template with other words for the two.
fn rewritten(source: &str, [open, close]: [&str; 2]) -> String {
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(begin) = rest.find("{%") {
        let (before, tag) = rest.split_at(begin);
        out.push_str(before);
        let end = tag.find("%}").unwrap_or(tag.len());
        let inside = &tag[..end];
        match inside.trim_start_matches("{%").trim_matches(|c: char| "-+".contains(c)).trim() {
            "generation" => out.push_str(&inside.replace("generation", open)),
            "endgeneration" => out.push_str(&inside.replace("endgeneration", close)),
            _ => out.push_str(inside),
        }
        rest = &tag[end..];
    }
    out + rest
}
