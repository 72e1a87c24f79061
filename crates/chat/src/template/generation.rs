//! `{% generation %}` and `{% endgeneration %}`, with which templates of `transformers` say what
//! training is on, put into the Jinja that the engine reads.
//!
//! Both stand for blocks that are always taken. Their dashes, and what the engine trims beside a
//! block, stay as they are; so does the text.

use super::tags;

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
    (marked != source).then_some(marked)
}

/// The template with other words for the two.
fn rewritten(source: &str, [open, close]: [&str; 2]) -> String {
    tags::rewritten(source, |inside| {
        let mut words = tags::words(inside);
        match (words.next(), words.next()) {
            (Some("generation"), None) => Some(inside.replace("generation", open)),
            (Some("endgeneration"), None) => Some(inside.replace("endgeneration", close)),
            _ => None,
        }
    })
}
