//! A report as one HTML page: inline style, light and dark, phone and desk, no outside anything.

use pulldown_cmark::{Event, Options, Parser, Tag};

use crate::claim;
use crate::escape::html as escaped;
use crate::{Block, PALETTE_CSS, Report, Table};

const STYLE: &str = include_str!("page.css");
/// What a column of figures holds on one line.
const MAX_FIGURE_CHARS: usize = 14;

/// The whole page.
pub(crate) fn html(report: &Report) -> String {
    let title = escaped(&report.title);
    let subtitle = match report.subtitle.as_str() {
        "" => String::new(),
        subtitle => format!("<p class=\"subtitle\">{}</p>\n", escaped(subtitle)),
    };
    let sections = report.sections.iter().map(|section| {
        let blocks: String = section.blocks.iter().map(block).collect();
        format!("<section>\n<h2>{}</h2>\n{blocks}</section>\n", escaped(&section.heading))
    });
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}</title>\n\
         <style>\n{PALETTE_CSS}{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <header>\n<h1>{title}</h1>\n{subtitle}</header>\n{}</main>\n</body>\n</html>\n",
        sections.collect::<String>()
    )
}

fn block(block: &Block) -> String {
    match block {
        Block::Text(text) => markdown(text),
        Block::Table(table) => table.to_html(),
        Block::Chart(chart) => {
            let (wide, narrow) = (chart.to_svg(), chart.to_svg_narrow());
            figure(&wide, &narrow, &chart.to_table(), &chart.caption)
        }
        Block::Bars(bars) => {
            let (wide, narrow) = (bars.to_svg(), bars.to_svg_narrow());
            figure(&wide, &narrow, &bars.to_table(), &bars.caption)
        }
        Block::Sample { title, text } => format!(
            "<figure class=\"sample\"><figcaption>{}</figcaption>\
             <blockquote dir=\"auto\">{}</blockquote></figure>\n",
            escaped(title),
            escaped(text)
        ),
        Block::KeyValues(pairs) => key_values(pairs),
        Block::Claims(claims) => claim::html(claims),
    }
}

/// Short values as large figures side by side, longer ones as lines.
fn key_values(pairs: &[(String, String)]) -> String {
    let short = pairs.iter().all(|(_, value)| value.chars().count() <= MAX_FIGURE_CHARS);
    let class = if short { "figures" } else { "lines" };
    let pair = |(key, value): &(String, String)| {
        format!("<div><dt>{}</dt><dd>{}</dd></div>\n", escaped(key), escaped(value))
    };
    format!("<dl class=\"{class}\">\n{}</dl>\n", pairs.iter().map(pair).collect::<String>())
}

/// Two layouts of one picture, of which the style shows the one that fits, and its numbers.
fn figure(wide: &str, narrow: &str, numbers: &Table, caption: &str) -> String {
    let caption = match caption {
        "" => String::new(),
        caption => format!("<figcaption>{}</figcaption>\n", escaped(caption)),
    };
    format!(
        "<figure class=\"card\">\n<div class=\"wide\">{wide}</div>\n<div class=\"narrow\">{narrow}</div>\n\
         {caption}<details><summary>Numbers</summary>\n{}</details>\n</figure>\n",
        numbers.to_html()
    )
}

/// Markdown without its loopholes: markup is shown as text, a picture becomes its description, and
/// a link keeps its address only where that is a plain web, mail or page-local one.
fn markdown(text: &str) -> String {
    let events = Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH);
    let events = events.filter_map(|event| match event {
        Event::Html(markup) | Event::InlineHtml(markup) => Some(Event::Text(markup)),
        Event::Start(Tag::Image { .. }) | Event::End(pulldown_cmark::TagEnd::Image) => None,
        Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
            let plain = ["https://", "http://", "mailto:", "#"];
            let safe = plain.iter().any(|start| dest_url.starts_with(start));
            let dest_url = if safe { dest_url } else { "#".into() };
            Some(Event::Start(Tag::Link { link_type, dest_url, title, id }))
        }
        other => Some(other),
    });
    let mut out = String::new();
    pulldown_cmark::html::push_html(&mut out, events);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BarChart, Claim, Group, LineChart, Section, Series, Table, Verdict};

    fn page(block: Block) -> String {
        let section = Section { heading: "<h>".into(), blocks: vec![block] };
        let (title, subtitle) = ("<t>".into(), "<s>".into());
        html(&Report { title, subtitle, sections: vec![section] })
    }

    #[test]
    fn nothing_in_a_report_is_obeyed() {
        let evil = "<script>alert(1)</script> <img src=http://a onerror=b>";
        let series = vec![Series { name: evil.into(), ..Series::default() }];
        let chart = LineChart { title: evil.into(), series, ..LineChart::default() };
        let groups = vec![Group { name: evil.into(), values: vec![Some(1.0)] }];
        let bars = BarChart { names: vec![evil.into(); 2], groups, ..BarChart::default() };
        let blocks = [
            Block::Text(evil.into()),
            Block::Text(format!("a\n\n<div>\n{evil}\n</div>\n\n![x](http://a/b.png)")),
            Block::Table(Table { columns: vec![crate::Column::left(evil)], rows: vec![] }),
            Block::Chart(chart),
            Block::Bars(bars),
            Block::Sample { title: evil.into(), text: evil.into() },
            Block::KeyValues(vec![(evil.into(), evil.into())]),
            Block::Claims(vec![Claim {
                statement: evil.into(),
                expected: evil.into(),
                measured: evil.into(),
                verdict: Verdict::Open,
            }]),
        ];
        for block in blocks {
            let page = page(block);
            for start in ["<script", "<img", "<h>", "<t>", "<s>", "src=\""] {
                assert!(!page.contains(start), "{start} in {page}");
            }
        }
    }

    #[test]
    fn long_values_stand_on_lines_of_their_own() {
        let values = |value: &str| page(Block::KeyValues(vec![("k".into(), value.into())]));
        assert!(values("18.4 M").contains("<dl class=\"figures\">"));
        assert!(values("llama, 3 blocks of width 128").contains("<dl class=\"lines\">"));
    }

    #[test]
    fn links_are_plain_or_lead_nowhere() {
        let page = page(Block::Text("[a](javascript:b) [c](https://d.example)".into()));
        assert!(page.contains("<a href=\"#\">a</a> <a href=\"https://d.example\">c</a>"), "{page}");
    }

    #[test]
    fn a_page_needs_nothing_else() {
        let page = page(Block::Chart(LineChart::default()));
        for outside in ["<link", "@import", "url(", "<script"] {
            assert!(!page.contains(outside), "{outside}");
        }
        let addresses = page.matches("http").count();
        assert_eq!(addresses, page.matches("xmlns=\"http://www.w3.org/2000/svg\"").count());
    }
}
