//! What pictures are made of: colours that follow the page, words, rules, a frame.
//!
//! Colours are CSS variables (`--c1` to `--c6`, `--ink`, `--muted`, `--line`), so that one picture
//! suits a light and a dark page. Each has a fallback for pages that do not define it. The hues are
//! apart for colour-blind readers too.

use std::fmt::Write;

use crate::escape;

/// The chart's colours as declarations for a style sheet: light, dark by the reader's preference,
/// and either by a `data-theme` attribute on the root element.
pub const PALETTE_CSS: &str = "\
:root{--ink:#1d2126;--muted:#656d78;--line:#e3e6ea;--c1:#0068b0;--c2:#d1520a;--c3:#00875f;\
--c4:#a94a86;--c5:#8f6a00;--c6:#4f5b6b}
@media(prefers-color-scheme:dark){:root:not([data-theme=light]){--ink:#e5e8ec;--muted:#969fab;\
--line:#30363e;--c1:#5db3f0;--c2:#ff9457;--c3:#37cfa0;--c4:#e79cc8;--c5:#e6c14f;--c6:#b4bfcc}}
:root[data-theme=dark]{--ink:#e5e8ec;--muted:#969fab;--line:#30363e;--c1:#5db3f0;--c2:#ff9457;\
--c3:#37cfa0;--c4:#e79cc8;--c5:#e6c14f;--c6:#b4bfcc}
";

pub(crate) const COLOURS: [&str; 6] = [
    "var(--c1,#0068b0)",
    "var(--c2,#d1520a)",
    "var(--c3,#00875f)",
    "var(--c4,#a94a86)",
    "var(--c5,#8f6a00)",
    "var(--c6,#4f5b6b)",
];
pub(crate) const INK: &str = "var(--ink,#1d2126)";
pub(crate) const MUTED: &str = "var(--muted,#656d78)";
pub(crate) const LINE: &str = "var(--line,#e3e6ea)";

pub(crate) const LINE_HEIGHT: f64 = 20.0;

/// A picture of `width × height` units with a margin around, named for those who cannot see it.
pub(crate) fn picture(
    (width, height, margin): (f64, f64, f64),
    title: &str,
    caption: &str,
    body: &str,
) -> String {
    let start = 0.0 - margin; // Not its negation, which for no margin would be written "-0".
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"chart\" role=\"img\" \
         viewBox=\"{start} {start} {:.0} {:.0}\" width=\"100%\" \
         font-family=\"system-ui,sans-serif\" font-size=\"13\">\
         <title>{}</title><desc>{}</desc>{body}</svg>\n",
        width + 2.0 * margin,
        height + 2.0 * margin,
        escape::html(title),
        escape::html(caption),
    )
}

/// The title in as many lines as it needs; returns where they end.
pub(crate) fn heading(body: &mut String, title: &str, width: f64) -> f64 {
    let mut y = 4.0;
    for line in wrapped(title, width / 8.4) {
        y += LINE_HEIGHT;
        let line = escape::html(&line);
        // Writing to a string cannot fail.
        let _ = writeln!(
            body,
            "<text x=\"0\" y=\"{:.1}\" font-size=\"15\" font-weight=\"600\" fill=\"{INK}\">{line}</text>",
            y - 6.0
        );
    }
    y
}

pub(crate) fn rule(body: &mut String, from: (f64, f64), to: (f64, f64)) {
    let _ = writeln!(
        body,
        "<path d=\"M{:.1} {:.1}L{:.1} {:.1}\" stroke=\"{LINE}\" stroke-width=\"1\"/>",
        from.0, from.1, to.0, to.1
    );
}

pub(crate) fn text(body: &mut String, at: (f64, f64), anchor: &str, colour: &str, words: &str) {
    if words.is_empty() {
        return;
    }
    let words = escape::html(words);
    let _ = writeln!(
        body,
        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\" fill=\"{colour}\">{words}</text>",
        at.0, at.1
    );
}

/// A guess, since only the browser knows its font.
pub(crate) fn text_width(text: &str) -> f64 {
    text.chars().count() as f64 * 7.4
}

/// Words in lines of at most so many characters.
fn wrapped(text: &str, max_chars: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let word = shortened(word, max_chars);
        match lines.last_mut() {
            Some(line)
                if ((line.chars().count() + 1 + word.chars().count()) as f64) < max_chars =>
            {
                *line += " ";
                *line += &word;
            }
            _ => lines.push(word),
        }
    }
    lines
}

pub(crate) fn shortened(text: &str, max_chars: f64) -> String {
    let max_chars = max_chars as usize;
    if text.chars().count() <= max_chars {
        return text.to_string();
    }
    text.chars().take(max_chars.saturating_sub(1)).chain(['…']).collect()
}
