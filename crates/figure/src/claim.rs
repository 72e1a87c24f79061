//! A claim: what was foretold, what was measured, and whether the two agree.

use serde::{Deserialize, Serialize};

use crate::{Column, Table};

/// One statement that can turn out false.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Claim {
    /// What is claimed.
    pub statement: String,
    /// What was foretold, with its unit.
    pub expected: String,
    /// What was measured, with its unit.
    pub measured: String,
    /// How it ended.
    pub verdict: Verdict,
}

/// How a claim ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The measurement agrees.
    Holds,
    /// The measurement disagrees.
    Fails,
    /// Nothing was measured, or too little to tell.
    Open,
}

/// Claims as a table, whose verdicts are words and not only colours.
pub(crate) fn table(claims: &[Claim]) -> Table {
    let row = |claim: &Claim| {
        let verdict = match claim.verdict {
            Verdict::Holds => "✓\u{a0}holds",
            Verdict::Fails => "✗\u{a0}fails",
            Verdict::Open => "–\u{a0}open",
        };
        vec![
            claim.statement.clone(),
            claim.expected.clone(),
            claim.measured.clone(),
            verdict.to_string(),
        ]
    };
    Table {
        columns: ["claim", "expected", "measured", "verdict"].map(Column::left).into(),
        rows: claims.iter().map(row).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_says_how_it_ended() {
        let claim = |verdict| Claim {
            statement: "loss falls".into(),
            expected: "< 2".into(),
            measured: "1.5".into(),
            verdict,
        };
        let text = table(&[Verdict::Holds, Verdict::Fails, Verdict::Open].map(claim)).to_text();
        assert!(text.contains("loss falls  < 2       1.5       ✓ holds\n"), "{text}");
        assert!(text.contains("✗ fails") && text.contains("– open"), "{text}");
    }
}
