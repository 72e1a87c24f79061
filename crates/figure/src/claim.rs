//! A claim: what was foretold, what was measured, and whether the two agree.

use serde::{Deserialize, Serialize};

use crate::{Column, Table, escape};

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

const HEADS: [&str; 4] = ["claim", "expected", "measured", "verdict"];

/// Claims as a table, whose verdicts are words and not only colours.
pub(crate) fn table(claims: &[Claim]) -> Table {
    Table {
        columns: HEADS.map(Column::left).into(),
        rows: claims.iter().map(|claim| cells(claim).map(str::to_string).into()).collect(),
    }
}

/// The same table for a page: coloured, and with each cell's head at hand for a phone, where a
/// claim's cells stand below one another.
pub(crate) fn html(claims: &[Claim]) -> String {
    let heads = HEADS.map(|head| format!("<th>{head}</th>")).concat();
    let row = |claim: &Claim| {
        let class = match claim.verdict {
            Verdict::Holds => "holds",
            Verdict::Fails => "fails",
            Verdict::Open => "open",
        };
        let cells = cells(claim).into_iter().zip(HEADS);
        let cells = cells
            .map(|(cell, head)| format!("<td data-head=\"{head}\">{}</td>", escape::html(cell)));
        format!("<tr class=\"{class}\">{}</tr>\n", cells.collect::<String>())
    };
    let rows: String = claims.iter().map(row).collect();
    format!(
        "<div class=\"table claims\"><table>\n<thead><tr>{heads}</tr>\n</thead>\n\
         <tbody>\n{rows}</tbody>\n</table></div>\n"
    )
}

fn cells(claim: &Claim) -> [&str; 4] {
    let verdict = match claim.verdict {
        Verdict::Holds => "✓\u{a0}holds",
        Verdict::Fails => "✗\u{a0}fails",
        Verdict::Open => "–\u{a0}open",
    };
    [&claim.statement, &claim.expected, &claim.measured, verdict]
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
        let claims = [Verdict::Holds, Verdict::Fails, Verdict::Open].map(claim);
        let text = table(&claims).to_text();
        assert!(text.contains("loss falls  < 2       1.5       ✓ holds\n"), "{text}");
        assert!(text.contains("✗ fails") && text.contains("– open"), "{text}");
        let html = html(&claims);
        assert!(html.contains("<td data-head=\"expected\">&lt; 2</td>"), "{html}");
        assert!(html.contains("<tr class=\"fails\"><td data-head=\"claim\">loss falls"), "{html}");
    }
}
