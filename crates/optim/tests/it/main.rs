//! Our steps against other people's.

mod steps;

use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    tool: String,
    cases: Vec<Theirs>,
}

#[derive(Deserialize)]
struct Theirs {
    #[serde(flatten)]
    case: steps::Case,
    tolerance: f32,
    theirs: Vec<f32>,
}

#[test]
fn ten_steps_are_those_of_pytorch_and_bitsandbytes() {
    let golden = include_str!("../../../../testdata/optim/golden.json");
    let golden: Golden = serde_json::from_str(golden).unwrap();
    for Theirs { case, tolerance, theirs } in golden.cases {
        let (name, ours) = (&case.name, steps::steps(&case));
        assert_eq!(ours.len(), theirs.len(), "{name}");
        for (i, (a, b)) in ours.iter().zip(&theirs).enumerate() {
            assert!((a - b).abs() <= tolerance, "{name}, {i}: {a}, of {} {b}", golden.tool);
        }
    }
}
