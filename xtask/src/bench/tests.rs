//! Rows in, page out.

use super::*;

const AHEAD: &str = r#"{"row":"small step","ours":4660.0,"peer":3500.0,"peer_name":"Torch","peer_version":"2","date":"2026-01-02","machine":"a machine","unit":"tokens/s","ratio":1.33,"higher_is_better":true,"gate":1.2,"target":1.3}"#;
const BEHIND: &str = r#"{"row":"start","ours":0.5,"peer":0.25,"peer_name":"Torch","peer_version":"2","date":"2026-01-02","machine":"a machine","unit":"s","ratio":0.5,"higher_is_better":false,"gate":null,"target":2}"#;

fn page(lines: &str) -> String {
    let rows = parse(lines).expect("the rows are well formed");
    let area = Area { name: "train".into(), command: "bench/train/compare".into(), rows };
    page::render(&[area])
}

#[test]
fn the_page_tells_rows_and_misses() {
    let page = page(&format!("{AHEAD}\n\n{BEHIND}\n"));
    for expected in [
        "`bench/train/compare`, on a machine",
        "| small step | 4660 | 3500 | tokens/s, more is better | 1.33 | 1.20 | 1.30 | Torch 2 | 2026-01-02 |",
        "| start | 0.500 | 0.250 | s, less is better | 0.50 | – | 2.00 | Torch 2 |",
        "- start against Torch: ratio 0.50, below its target of 2.00.",
    ] {
        assert!(page.contains(expected), "{expected}\nis not in\n{page}");
    }
    assert!(!page.contains("- small step"));
}

#[test]
fn a_page_without_misses_says_so() {
    assert!(page(AHEAD).contains("None: every gate holds"));
}

#[test]
fn rows_that_contradict_themselves_are_refused() {
    for (from, to) in [
        ("\"ratio\":1.33", "\"ratio\":1.5"),
        ("\"higher_is_better\":true", "\"higher_is_better\":false"),
        ("4660.0", "0.0"),
        ("\"gate\"", "\"gates\""),
    ] {
        assert!(parse(&AHEAD.replace(from, to)).is_err(), "{to} passed");
    }
}

#[test]
fn a_gate_must_hold_and_a_target_may_not() {
    let rows = parse(&AHEAD.replace("1.2,", "1.4,")).expect("well formed");
    assert!(!rows[0].holds_gate());
    let rows = parse(BEHIND).expect("well formed");
    assert!(rows[0].holds_gate() && !rows[0].reaches_target());
}

/// A project with one compare, a shell script that writes `row` where `--json` says.
#[cfg(unix)]
fn project(name: &str, row: &str) -> PathBuf {
    use std::os::unix::fs::PermissionsExt;
    let root = std::env::temp_dir().join(format!("xtask-bench-{}-{name}", std::process::id()));
    let program = root.join("bench/train/compare");
    fs::create_dir_all(root.join("docs")).expect("a temporary folder");
    fs::create_dir_all(root.join("bench/train")).expect("a temporary folder");
    fs::write(&program, format!("#!/bin/sh\necho '{row}' > \"$2\"\n")).expect("a small file");
    let mode = fs::Permissions::from_mode(0o755);
    fs::set_permissions(&program, mode).expect("our own file");
    root
}

#[cfg(unix)]
fn check_run(name: &str, row: &str, input: Input, is_good: bool, writes_page: bool) {
    let root = project(name, row);
    let outcome = run(&root, input);
    let page = fs::read_to_string(root.join("docs/bench.md"));
    fs::remove_dir_all(&root).expect("our own folder");
    assert_eq!(outcome.is_ok(), is_good, "{name}: {outcome:?}");
    assert_eq!(page.is_ok_and(|page| page.contains("## train")), writes_page, "{name}");
}

#[cfg(unix)]
#[test]
fn kept_rows_make_a_page_and_the_newest_counts() {
    let root = project("kept", "");
    let folder = root.join("bench/train/rows");
    fs::create_dir_all(&folder).expect("our own folder");
    fs::write(folder.join("b.jsonl"), format!("{AHEAD}\n{BEHIND}\n")).expect("a small file");
    let newer = AHEAD.replace("4660.0", "4661.0").replace("2026-01-02", "2026-01-10");
    fs::write(folder.join("a.jsonl"), newer).expect("a small file");
    run(&root, Input::Kept).expect("all gates hold");
    let page = fs::read_to_string(root.join("docs/bench.md")).expect("it was written");
    fs::remove_dir_all(&root).expect("our own folder");
    assert!(page.contains("| 4661 |") && !page.contains("| 4660 |") && page.contains("| start |"));
}

#[cfg(unix)]
#[test]
fn without_a_kept_row_the_page_stays_as_it_is() {
    let root = project("nothing-kept", "");
    assert!(run(&root, Input::Kept).is_err());
    assert!(!root.join("docs/bench.md").exists());
    fs::remove_dir_all(&root).expect("our own folder");
}

#[test]
fn a_peer_with_other_ids_is_a_miss() {
    let other = AHEAD.replace("\"gate\"", "\"same_ids\":false,\"gate\"");
    assert!(!parse(&other).expect("well formed")[0].holds_gate());
    assert!(page(&other).contains("small step against Torch: other ids than ours"));
}

#[cfg(unix)]
#[test]
fn compares_are_run_and_the_page_is_written() {
    check_run("full", AHEAD, Input::Full, true, true);
    check_run("quick", AHEAD, Input::Quick, true, false);
    let below_gate = AHEAD.replace("1.2,", "1.4,");
    check_run("gate", &below_gate, Input::Full, false, true);
    check_run("no-row", "", Input::Full, false, false);
}
