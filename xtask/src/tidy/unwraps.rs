//! `.unwrap()` stands only in tests: elsewhere an error is returned, or `expect` says why it
//! cannot be.

use super::Offence;
use crate::tree::Tree;

pub(super) fn check(tree: &Tree) -> Vec<Offence> {
    let sources = tree.sources.iter().filter(|source| !source.is_test);
    let counts = sources.map(|source| (source, source.product.matches(".unwrap()").count()));
    counts
        .filter(|&(_, count)| count > 0)
        .map(|(source, count)| {
            let message =
                format!("{count} × .unwrap(): return the error, or say .expect(\"why not\")");
            Offence::at(&source.path, message).measured(count)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tree::planted;

    #[test]
    fn unwraps_of_the_product_are_counted() {
        let code = "/// x.unwrap()\nfn f() { a.unwrap(); b.unwrap(); c.unwrap_or(0); }\n\
                    #[cfg(test)]\nmod tests { fn g() { d.unwrap(); } }\n";
        let found = check(&planted(&[("crates/cli/src/a.rs", code)]));
        assert_eq!(found.iter().map(|o| o.measure).collect::<Vec<_>>(), [Some(2)]);
    }
}
