//! How much the columns of a model's matrices count: the sums of the squares of what they are multiplied with on
//! some text, which a [`Runtime`](crate::Runtime) at work is watched for. An importance matrix
//! ([`formats::imatrix`]) is made of them.
//!
//! Sums are made row by row in f64, so that they do not depend on how a text is cut, but for what attention sees.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use arch::Slot;
use formats::imatrix::Entry;

use crate::Error;
use crate::runtime::Watch;

/// What met each matrix so far.
#[derive(Debug, Default)]
pub struct Importance {
    seen: Mutex<BTreeMap<Slot, Seen>>,
}

#[derive(Debug, Default)]
struct Seen {
    /// Σx², column by column.
    sums: Vec<f64>,
    rows: u64,
}

impl Watch for Importance {
    fn inputs(&self, slot: Slot, x: &[f32], k: usize) {
        // Sums that a panic broke off would be of a runtime that gave no result either.
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let own = seen.entry(slot).or_default();
        own.sums.resize(k, 0.0);
        own.rows += (x.len() / k) as u64;
        for row in x.chunks_exact(k) {
            for (sum, x) in own.sums.iter_mut().zip(row) {
                *sum += f64::from(*x) * f64::from(*x);
            }
        }
    }
}

impl Importance {
    /// What met each matrix, as one entry each.
    ///
    /// # Errors
    /// For a sum that is no number or none that f32 can hold, with the matrix that it is of.
    pub fn entries(&self) -> Result<BTreeMap<Slot, Entry>, Error> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = |(slot, Seen { sums, rows }): (&Slot, &Seen)| {
            let sums = sums.iter().map(|sum| *sum as f32).collect();
            let entry = Entry::new(sums, vec![*rows as f32]).map_err(|why| {
                let reason = format!("what it was multiplied with cannot be summed: {why}");
                arch::Error::Read { name: format!("{slot:?}"), reason }
            });
            Ok((*slot, entry?))
        };
        seen.iter().map(entry).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arch::{Decoder, Input, Logits, Part, SlotSource, Spec, Tensor};

    use super::*;
    use crate::Runtime;

    /// Matrices of small numbers; of a mixture's experts the second is always chosen.
    struct Made;

    impl SlotSource for Made {
        fn tensor(&self, slot: Slot, shape: &[usize]) -> Result<Tensor, arch::Error> {
            let n: usize = shape.iter().product();
            let number = |i: usize| ((i * i * 7919) % 1009) as f32 / 5000.0 - 0.1;
            let values = match slot {
                Slot::Block(_, Part::Router) => {
                    (0..n).map(|i| if i / shape[1] == 1 { 0.0 } else { number(i) }).collect()
                }
                Slot::Block(_, Part::RouterBias) => vec![0.0, 100.0],
                _ if shape.len() == 1 => vec![1.0; n],
                _ => (0..n).map(number).collect(),
            };
            Tensor::new(shape.to_vec(), values)
        }
    }

    fn watched(spec: &Spec, pieces: &[&[u32]]) -> BTreeMap<Slot, Entry> {
        let runtime = Runtime::new(spec, &Made).unwrap();
        let importance = Arc::new(Importance::default());
        assert!(runtime.watch(importance.clone()));
        assert!(!runtime.watch(Arc::new(Importance::default())), "the seat is taken");
        let mut cache = runtime.new_cache();
        for ids in pieces {
            runtime.forward(Input::Ids(ids), &mut cache, Logits::All).unwrap();
        }
        importance.entries().unwrap()
    }

    #[test]
    fn every_matrix_of_a_block_is_heard_of_with_all_rows() {
        let spec = Spec { context: 16, ..Spec::llama(50, 32, 2, 4) };
        let seen = watched(&spec, &[&[1, 2, 3, 4, 5]]);
        let parts = [Part::Qkv, Part::AttentionOut, Part::FeedForwardIn, Part::FeedForwardOut];
        let at = |i| parts.map(|part| Slot::Block(i, part));
        for slot in [at(0), at(1)].concat() {
            assert_eq!(seen[&slot].sums().1, [5.0], "{slot:?}");
        }
        // What an RMS norm with gains of one leaves has a mean square of nearly one in each row.
        let sum: f32 = seen[&Slot::Block(1, Part::Qkv)].means().iter().sum();
        assert!((sum / 32.0 - 1.0).abs() < 1e-2, "{sum}");
        // A text that is read in pieces is the same text.
        let pieces = watched(&spec, &[&[1, 2], &[3], &[4, 5]]);
        for (slot, entry) in &seen {
            let pairs = entry.means().into_iter().zip(pieces[slot].means());
            assert!(
                pairs.into_iter().all(|(a, b)| (a - b).abs() <= 1e-4 * a.max(1e-3)),
                "{slot:?}"
            );
        }
    }

    #[test]
    fn an_expert_is_heard_of_where_it_was_chosen() {
        let mut spec = arch::family::of_size("gpt_oss", 50, 32, 1, 2).unwrap();
        let experts = spec.experts.as_mut().unwrap();
        (experts.n, experts.active) = (2, 1);
        let seen = watched(&spec, &[&[1, 2, 3]]);
        assert_eq!(seen[&Slot::Block(0, Part::ExpertIn(1))].sums().1, [3.0]);
        assert!(!seen.contains_key(&Slot::Block(0, Part::ExpertIn(0))));
        assert_eq!(seen[&Slot::Block(0, Part::Router)].sums().1, [3.0]);
    }

    #[test]
    fn what_is_no_number_is_an_error() {
        let importance = Importance::default();
        importance.inputs(Slot::Head, &[1.0, f32::NAN], 2);
        assert!(importance.entries().unwrap_err().to_string().contains("Head"));
    }
}
