//! What is added to the products of a model's matrices, by name: the hook for LoRA and its kin (Hu et al.,
//! "LoRA: Low-Rank Adaptation of Large Language Models", 2021, eq. 3). What an adapter is made of, and where
//! it is read from, is its own affair.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, PoisonError, RwLock};

use arch::{Error, Slot};

/// Adds to products. What it adds to a row must not depend on the other rows, or texts would depend on how
/// many tokens are read together.
pub trait Adapter: Debug + Send + Sync {
    /// Adds to the product of `x (rows, k)` with the matrix of a slot, `out (rows, n)`, before its bias. An
    /// embedding is only asked for where it is the output matrix.
    fn add(&self, slot: Slot, x: &[f32], k: usize, out: &mut [f32]);
}

/// The adapters of a runtime, of which one at most is used.
#[derive(Clone, Debug, Default)]
pub(super) struct Adapters(Arc<RwLock<State>>);

#[derive(Debug, Default)]
struct State {
    known: BTreeMap<String, Arc<dyn Adapter>>,
    used: Option<Arc<dyn Adapter>>,
}

impl Adapters {
    pub(super) fn keep(&self, name: &str, adapter: Arc<dyn Adapter>) {
        let mut state = self.0.write().unwrap_or_else(PoisonError::into_inner);
        state.known.insert(name.to_string(), adapter);
    }

    pub(super) fn use_one(&self, name: Option<&str>) -> Result<(), Error> {
        let mut state = self.0.write().unwrap_or_else(PoisonError::into_inner);
        state.used = match name {
            None => None,
            Some(name) => match state.known.get(name) {
                Some(adapter) => Some(adapter.clone()),
                None => {
                    let known: Vec<&str> = state.known.keys().map(String::as_str).collect();
                    let known = if known.is_empty() { "none".into() } else { known.join(", ") };
                    return Err(Error::Adapter { name: name.to_string(), known });
                }
            },
        };
        Ok(())
    }

    pub(super) fn add(&self, slot: Slot, x: &[f32], k: usize, out: &mut [f32]) {
        let state = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(adapter) = &state.used {
            adapter.add(slot, x, k, out);
        }
    }
}

#[cfg(test)]
mod tests {
    use arch::{Decoder as _, Input, Logits, Part, Spec};

    use super::*;
    use crate::Runtime;
    use crate::runtime::random;

    /// The same number onto every output of one slot, for each row the sum of its input.
    #[derive(Debug)]
    struct Sums(Slot);

    impl Adapter for Sums {
        fn add(&self, slot: Slot, x: &[f32], k: usize, out: &mut [f32]) {
            let n = out.len() / (x.len() / k);
            for (x, out) in x.chunks_exact(k).zip(out.chunks_exact_mut(n)) {
                let sum: f32 = x.iter().sum();
                out.iter_mut().filter(|_| slot == self.0).for_each(|y| *y += sum);
            }
        }
    }

    fn small() -> Spec {
        Spec { n_kv_heads: 2, tied: false, ..Spec::llama(60, 64, 2, 4) }
    }

    fn logits(runtime: &Runtime, ids: &[u32]) -> Vec<f32> {
        runtime.forward(Input::Ids(ids), &mut runtime.new_cache(), Logits::All).unwrap()
    }

    #[test]
    fn one_at_most_is_used_and_each_by_its_name() {
        let spec = small();
        let runtime = random::runtime(&spec, "Q8_0", 3);
        let ids = [1, 5, 9, 2];
        let plain = logits(&runtime, &ids);
        runtime.keep_adapter("head", Arc::new(Sums(Slot::Head)));
        runtime.keep_adapter("down", Arc::new(Sums(Slot::Block(0, Part::FeedForwardOut))));
        assert_eq!(logits(&runtime, &ids), plain, "known is not used");
        runtime.use_adapter(Some("head")).unwrap();
        let head = logits(&runtime, &ids);
        let width = spec.vocab_size;
        for (with, without) in head.chunks_exact(width).zip(plain.chunks_exact(width)) {
            let moved = with[0] - without[0];
            assert!(moved.abs() > 1e-3, "{moved}");
            let same = with.iter().zip(without).all(|(a, b)| (a - b - moved).abs() < 1e-3);
            assert!(same, "every logit moves by the sum of the stream");
        }
        runtime.use_adapter(Some("down")).unwrap();
        assert!(logits(&runtime, &ids) != head);
        let error = runtime.use_adapter(Some("none such")).unwrap_err().to_string();
        assert!(error.contains("none such") && error.contains("down, head"), "{error}");
        runtime.use_adapter(None).unwrap();
        assert_eq!(logits(&runtime, &ids), plain);
    }

    #[test]
    fn they_outlive_new_weights() {
        let spec = small();
        let mut runtime = random::runtime(&spec, "Q8_0", 3);
        runtime.keep_adapter("head", Arc::new(Sums(Slot::Head)));
        runtime.use_adapter(Some("head")).unwrap();
        let before = logits(&runtime, &[1, 2]);
        runtime.sync_weights(&random::source(&spec, "Q8_0", 3)).unwrap();
        assert_eq!(logits(&runtime, &[1, 2]), before);
    }
}
