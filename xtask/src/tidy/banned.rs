//! Words that no source may contain: silenced lints, skipped tests, unfinished code.
//!
//! Printing is banned from the libraries too: it belongs to the binary, to the examples, and to
//! `stdx`'s progress, which is there to do it. Left out on purpose: what clippy already denies
//! (an `#[expect]` without its reason).

use super::Offence;
use crate::scan;
use crate::tree::{Source, Tree};

/// What is banned everywhere, and what to do instead.
const EVERYWHERE: [(&str, &str); 7] = [
    ("#[allow(", "say #[expect(…, reason = \"…\")]: it complains when it is no longer needed"),
    ("#![allow(", "say #![expect(…, reason = \"…\")]: it complains when it is no longer needed"),
    ("#[ignore", "run the test, or delete it; slow ones ask for RUN_SLOW_TESTS"),
    ("#[should_panic", "errors are values: check the value"),
    ("todo!(", "finish it, or leave it away"),
    ("unimplemented!(", "finish it, or leave it away"),
    ("dbg!(", "delete it"),
];

const PRINTING: [&str; 4] = ["println!(", "print!(", "eprintln!(", "eprint!("];
const PRINTERS: [&str; 3] = ["crates/cli/", "crates/stdx/src/progress", "xtask/"];

pub(super) fn check(tree: &Tree) -> Vec<Offence> {
    let mut offences = Vec::new();
    for source in &tree.sources {
        for (word, instead) in EVERYWHERE {
            offences.extend(find(source, &source.code, word, instead));
        }
        let may_print = source.is_test
            || source.path.contains("/examples/")
            || PRINTERS.iter().any(|place| source.path.starts_with(place));
        for word in PRINTING.iter().filter(|_| !may_print) {
            let instead = "return the text: printing belongs to cli";
            offences.extend(find(source, &source.product, word, instead));
        }
    }
    offences
}

/// The first place of `word` in `code`, where it is not the tail of a longer word.
fn find(source: &Source, code: &str, word: &str, instead: &str) -> Option<Offence> {
    let found = code.match_indices(word).map(|(at, _)| at);
    let at = { found }.find(|&at| !code[..at].ends_with(scan::is_word))?;
    let place = match code == source.code {
        true => format!("{}:{}", source.path, scan::line_of(code, at)),
        false => source.path.clone(), // cutting the tests moved the lines
    };
    Some(Offence::at(place, format!("`{word}` is banned: {instead}")))
}

#[cfg(test)]
mod tests {
    use super::super::tests::places;
    use super::check;

    #[test]
    fn banned_words_are_caught() {
        for code in ["#[allow(dead_code)]", "#![allow(x)]", "fn f() { todo!() }", "#[ignore]"] {
            let found = places(check, &[("crates/cli/src/a.rs", &format!("//! A.\n{code}\n"))]);
            assert_eq!(found, ["crates/cli/src/a.rs:2"], "{code}");
        }
        let innocent = "// todo!(\nfn f() { g(\"dbg!(\"); not_todo!(); }\n";
        assert!(places(check, &[("crates/cli/src/a.rs", innocent)]).is_empty());
    }

    #[test]
    fn only_the_edges_print() {
        let code = "fn f() { println!(); }\n#[cfg(test)]\nmod tests { fn g() { eprintln!(); } }\n";
        let files = [
            ("crates/cli/src/a.rs", code),
            ("crates/stdx/src/a.rs", code),
            ("crates/stdx/examples/a.rs", code),
            ("crates/stdx/src/progress.rs", code),
        ];
        assert_eq!(places(check, &files), ["crates/stdx/src/a.rs"]);
    }
}
