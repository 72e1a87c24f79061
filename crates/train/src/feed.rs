//! A batch of data as the model takes it.
//!
//! A token's position is counted from the first token that it may see, so that a document is the
//! same to the model wherever it lies in its row.

use std::sync::Arc;

use nn::pass::{Pass, Recompute};
use ops::linear_cross_entropy::Regularization;

use crate::config::Precision;

/// The model's form of `batch`. Rows of one piece each need no bounds on who sees whom.
pub fn feed(batch: &data::Batch, precision: Precision) -> model::Batch {
    let (rows, context) = (batch.rows, batch.context);
    let whole = batch.starts.iter().all(|&start| start == 0);
    let columns = (0..rows).flat_map(|_| 0..context as u32);
    let positions = columns.zip(&batch.starts).map(|(column, start)| column - start).collect();
    let starts = (!whole).then(|| Arc::from(batch.starts.as_slice()));
    model::Batch {
        inputs: Arc::from(batch.inputs.as_slice()),
        targets: Arc::from(batch.targets.as_slice()),
        weights: batch.weights.iter().map(|&w| f32::from(w) / f32::from(data::WHOLE)).collect(),
        pass: Pass {
            batch: rows,
            context,
            precision: precision.into(),
            positions,
            starts,
            recompute: Recompute::Nothing,
            offload: None,
            tokens: tokens(batch),
            dropout: None,
            routing: None,
        },
        regularization: Regularization::default(),
    }
}

/// Which positions are no padding; `None` where none is. Padding sees itself alone and is seen by nothing.
fn tokens(batch: &data::Batch) -> Option<Arc<[bool]>> {
    let context = batch.context;
    let is_padding = |i: usize| {
        let (column, start) = (i % context, batch.starts[i] as usize);
        let alone = column + 1 == context || batch.starts[i + 1] as usize != start;
        start == column && alone && batch.weights[i] == 0
    };
    let n = batch.rows * context;
    (0..n).any(is_padding).then(|| (0..n).map(|i| !is_padding(i)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_begin_anew_with_each_document_and_padding_does_not_count() {
        let batch = data::Batch {
            rows: 1,
            context: 6,
            inputs: vec![7, 8, 9, 7, 8, 0],
            targets: vec![8, 9, 1, 8, 2, 0],
            weights: vec![100, 100, 50, 100, 100, 0],
            starts: vec![0, 0, 0, 3, 3, 5],
        };
        let fed = feed(&batch, Precision::F32);
        assert_eq!(fed.pass.positions[..], [0, 1, 2, 0, 1, 0]);
        assert_eq!(fed.weights[..], [1.0, 1.0, 0.5, 1.0, 1.0, 0.0]);
        assert_eq!(fed.pass.starts.as_deref(), Some(&batch.starts[..]));
        let counts = fed.pass.tokens.expect("the last position is padding");
        assert_eq!(counts[..], [true, true, true, true, true, false]);
        let whole = data::Batch { starts: vec![0; 6], ..batch };
        assert!(feed(&whole, Precision::F32).pass.starts.is_none());
    }
}
