//! The page's signs: lines on a grid of 24, drawn in the colour of the text beside them.

use maud::{Markup, html};

/// The lines of each sign, as an SVG path.
const SIGNS: [(&str, &str); 17] = [
    ("menu", "M4 7h16M4 12h16M4 17h10"),
    ("plus", "M12 5v14M5 12h14"),
    ("search", "M11 5a6 6 0 1 0 0 12 6 6 0 0 0 0-12zM20 20l-4.7-4.7"),
    ("bars", "M5 20v-9M12 20V4M19 20v-5"),
    (
        "sliders",
        "M4 8h9M19 8h1M4 16h1M11 16h9M13 8a3 3 0 1 0 6 0 3 3 0 0 0-6 0zM5 16a3 3 0 1 0 6 0 3 3 0 0 0-6 0z",
    ),
    ("keyboard", "M3 7h18v11H3zM7 11h.01M11 11h.01M15 11h.01M18 11h.01M8 15h8"),
    ("up", "M12 19V5M6 11l6-6 6 6"),
    ("stop", "M8 8h8v8H8z"),
    ("copy", "M9 9h10v11H9zM15 9V4H5v11h4"),
    ("again", "M19 12a7 7 0 1 1-2-4.9M19 4v4h-4"),
    ("edit", "M5 19l1-4L16 5l3 3L9 18zM14 7l3 3"),
    ("before", "M14 6l-6 6 6 6"),
    ("after", "M10 6l6 6-6 6"),
    ("more", "M6 12h.01M12 12h.01M18 12h.01"),
    ("close", "M6 6l12 12M18 6L6 18"),
    ("link", "M9 15l6-6M10 6h8v8"),
    ("down", "M12 5v14M6 13l6 6 6-6"),
];

/// The sign called `name`; it says nothing to whoever hears the page.
pub(super) fn icon(name: &str) -> Markup {
    let path = SIGNS.iter().find(|(sign, _)| *sign == name).map_or("", |(_, path)| path);
    html! {
        svg class={ "icon icon-" (name) } viewBox="0 0 24 24" width="20" height="20" aria-hidden="true" {
            path d=(path) {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sign_that_is_asked_for_is_drawn() {
        let page = crate::page("m", &["x".to_string()]).into_string();
        assert!(page.matches("<svg").count() > 10);
        assert!(!page.contains(r#"d="""#), "a sign without lines");
        assert!(icon("no such").into_string().contains(r#"d="""#));
    }
}
