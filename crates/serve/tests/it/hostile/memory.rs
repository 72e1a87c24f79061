//! All of it again and again: memory stays where it is.
//!
//! A process has one memory, and other tests share it: the rounds go on in a process of their own, which is this
//! program again with one test.

use std::process::Command;

use stdx::rng::Rng;

use super::{bodies, framing, hasty, lives, outward, post, send};

const ALONE: &str = "LYCEUM_TEST_ALONE";
const ROUNDS: usize = 5;
/// Bytes of beginnings of texts that are kept: little, so that they are full before the first round ends.
const KEPT: usize = 1 << 20;
/// Kilobytes by which a round may differ from the one before: allocators keep some of what they were given back.
const SLACK: u64 = 16 << 10;

/// What this process has in memory, in kilobytes; none where the system does not tell.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[test]
fn memory_stays_where_it_is() {
    if resident().is_none() {
        return;
    }
    if std::env::var_os(ALONE).is_some() {
        return rounds();
    }
    let own = std::env::current_exe().unwrap();
    let words = ["--exact", "hostile::memory::memory_stays_where_it_is", "--nocapture"];
    let out = Command::new(own).args(words).env(ALONE, "1").output().unwrap();
    let told = String::from_utf8_lossy(&[out.stdout, out.stderr].concat()).into_owned();
    assert!(out.status.success() && told.contains("1 passed"), "{told}");
}

fn rounds() {
    let server = hasty(KEPT);
    let requests = requests();
    let mut seen = Vec::new();
    // The first fills what is kept: pools, buffers, beginnings of texts.
    for _ in 0..=ROUNDS {
        for request in &requests {
            send(server.address, request).judge("again");
        }
        lives(&server);
        seen.extend(resident());
    }
    println!("{} requests a round, {seen:?} KB after each", requests.len());
    assert!(seen[ROUNDS] <= seen[0] + SLACK, "{seen:?} KB");
}

/// About a thousand of all kinds.
fn requests() -> Vec<Vec<u8>> {
    let mut rng = Rng::new(11);
    let mut all = bodies::wrong(&mut rng, 2);
    rng.shuffle(&mut all);
    all.truncate(800);
    let bodies = all.iter().map(|(path, body)| post(path, &[], body));
    let packed = post("/v1/completions", &["content-encoding: gzip"], &outward::bomb());
    let long = post("/v1/completions", &[], format!("\"{}", "a".repeat(17 << 20)).as_bytes());
    let framed = framing::wrong(&mut rng).into_iter().filter(|bytes| bytes.len() < 200_000);
    bodies.chain(framed).chain([packed, long]).collect()
}
