//! What our optimizers make of the cases in a file, a line of JSON each: `bench/parity/optim` compares
//! them with PyTorch and bitsandbytes.
//!
//! `cargo run -p optim --example steps -- CASES.json`

// The same cases as the test's.
#[path = "../tests/it/steps.rs"]
mod steps;

fn main() {
    let path = std::env::args().nth(1).expect("a file of cases");
    let text = std::fs::read_to_string(path).expect("a file that can be read");
    let cases: Vec<steps::Case> = serde_json::from_str(&text).expect("cases");
    for case in &cases {
        println!("{}", serde_json::json!({"name": case.name, "ours": steps::steps(case)}));
    }
}
