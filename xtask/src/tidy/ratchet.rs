//! The list of tolerated offenders, which may only become shorter.
//!
//! A line each: the check, the place, the measure. An offence passes when its line stands there with
//! at least its measure. A line whose offender is gone or has become better is a breach itself, so
//! that nothing mended can slip back.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};

use super::{Offence, RATCHET};

const HEAD: &str = "# Offenders that tidy tolerates: check, place, measure. The list may only become shorter.\n\
                    # After mending one: cargo xtask tidy --bless\n";

type List = BTreeMap<(String, String), usize>;

/// The offences that the list does not cover, and the lines that cover nothing any more.
pub(super) fn compare(
    list: &str,
    found: &[(&'static str, Offence)],
) -> Result<Vec<(String, Offence)>> {
    let mut left = parse(list)?;
    let mut breaches = Vec::new();
    for (check, offence) in found {
        let allowed = left.remove(&(check.to_string(), offence.place.clone()));
        let message = match (allowed, offence.measure) {
            (Some(allowed), Some(now)) if now == allowed => continue,
            (Some(allowed), Some(now)) if now < allowed => {
                format!(
                    "better than {RATCHET} says ({now}, was {allowed}): run cargo xtask tidy --bless"
                )
            }
            (Some(allowed), Some(_)) => format!("{} (it was {allowed})", offence.message),
            _ => offence.message.clone(),
        };
        breaches.push((check.to_string(), Offence { message, ..offence.clone() }));
    }
    for (check, place) in left.into_keys() {
        let message = format!("mended: delete its line in {RATCHET} (cargo xtask tidy --bless)");
        breaches.push((check, Offence::at(place, message)));
    }
    Ok(breaches)
}

/// The list without what is mended. Nothing joins it, unless there is none yet.
pub(super) fn shrink(list: Option<&str>, found: &[(&'static str, Offence)]) -> Result<String> {
    let old = list.map(parse).transpose()?;
    let mut text = HEAD.to_owned();
    let now: List = found
        .iter()
        .filter_map(|(check, o)| Some(((check.to_string(), o.place.clone()), o.measure?)))
        .collect();
    for ((check, place), measure) in now {
        let allowed = match &old {
            None => measure,
            Some(old) => match old.get(&(check.clone(), place.clone())) {
                Some(&allowed) => measure.min(allowed),
                None => continue,
            },
        };
        text.push_str(&format!("{check} {place} {allowed}\n"));
    }
    Ok(text)
}

fn parse(list: &str) -> Result<List> {
    let mut entries = List::new();
    for line in list.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let [check, place, measure] = line.split(' ').collect::<Vec<_>>()[..] else {
            bail!("{RATCHET}: expected `check place measure`, got `{line}`");
        };
        let measure =
            measure.parse().with_context(|| format!("{RATCHET}: no number in `{line}`"))?;
        entries.insert((check.to_owned(), place.to_owned()), measure);
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unwraps(measure: usize) -> Vec<(&'static str, Offence)> {
        vec![("unwrap", Offence::at("a.rs", "too many").measured(measure))]
    }

    fn check(list: &str, found: &[(&'static str, Offence)], expected: &[&str]) {
        let breaches = compare(list, found).expect("the list is well formed");
        let got: Vec<String> = breaches.iter().map(|(_, offence)| offence.to_string()).collect();
        assert_eq!(got.len(), expected.len(), "{got:?}");
        for (got, expected) in got.iter().zip(expected) {
            assert!(got.contains(expected), "{got} lacks {expected}");
        }
    }

    #[test]
    fn only_what_is_listed_passes_and_only_as_it_was() {
        check("unwrap a.rs 3\n", &unwraps(3), &[]);
        check("", &unwraps(3), &["too many"]);
        check("unwrap b.rs 3\n", &unwraps(3), &["too many", "b.rs: mended"]);
        check("unwrap a.rs 2\n", &unwraps(3), &["it was 2"]);
        check("unwrap a.rs 4\n", &unwraps(3), &["better"]);
        check("unwrap a.rs 3\n", &[], &["mended"]);
        check("header a.rs 3\n", &[("header", Offence::at("a.rs", "none"))], &["none"]);
    }

    #[test]
    fn blessing_never_adds() {
        let shrunk = |list, found: &[_]| shrink(list, found).expect("the list is well formed");
        assert_eq!(shrunk(None, &unwraps(3)), format!("{HEAD}unwrap a.rs 3\n"));
        assert_eq!(shrunk(Some(""), &unwraps(3)), HEAD);
        assert_eq!(shrunk(Some("unwrap a.rs 5\n"), &unwraps(3)), format!("{HEAD}unwrap a.rs 3\n"));
        assert_eq!(shrunk(Some("unwrap a.rs 2\n"), &unwraps(3)), format!("{HEAD}unwrap a.rs 2\n"));
        assert_eq!(shrunk(Some("unwrap a.rs 5\n"), &[]), HEAD);
    }

    #[test]
    fn a_broken_list_is_refused() {
        assert!(parse("unwrap a.rs").is_err());
        assert!(parse("unwrap a.rs many").is_err());
    }
}
