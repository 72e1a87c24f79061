//! No file tells where it was written: absolute folders of one machine mean nothing on another.

use super::Offence;
use crate::scan;
use crate::tree::Tree;

/// Written in two parts, so that this file does not offend.
const PATHS: [&str; 3] = [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/")];

pub(super) fn check(tree: &Tree) -> Vec<Offence> {
    let mut offences = Vec::new();
    for (path, text) in &tree.files {
        for word in PATHS {
            let mut found = text.match_indices(word).map(|(at, _)| at);
            // Behind a word or a point it is part of a relative path or of an address.
            let is_absolute = |at: &usize| {
                !text[..*at].ends_with(|c: char| scan::is_word(c) || ".~}-".contains(c))
            };
            if let Some(at) = found.find(is_absolute) {
                let place = format!("{path}:{}", scan::line_of(text, at));
                offences.push(Offence::at(place, format!("`{word}` is a folder of one machine")));
            }
        }
    }
    offences
}

#[cfg(test)]
mod tests {
    use super::super::tests::places;
    use super::check;

    #[test]
    fn folders_of_one_machine_are_caught() {
        let at_home = concat!("see ", "/ro", "ot/notes\n");
        assert_eq!(places(check, &[("docs/a.md", at_home)]), ["docs/a.md:1"]);
        let relative = concat!("see ../some", "/wo", "rk/notes\n");
        assert!(places(check, &[("docs/a.md", relative)]).is_empty());
    }
}
