//! Models of random weights in any type, for tests.

use std::collections::BTreeMap;

use arch::{Error, Slot, SlotSource, Spec, Stored, Tensor};
use formats::ggml::Kind;
use stdx::Rng;

use super::Runtime;

/// Numbers of every slot, and the blocks of matrices whose rows fill some.
struct Random {
    tensors: BTreeMap<Slot, Tensor>,
    blocks: BTreeMap<Slot, Vec<Vec<u8>>>,
    kind: &'static str,
}

/// A model of a spec whose matrices are stored in one of ggml's types.
pub(crate) fn runtime(spec: &Spec, kind: &str, seed: u64) -> Runtime {
    Runtime::new(spec, &source(spec, kind, seed)).expect("a possible spec")
}

/// Its tensors.
pub(crate) fn source(spec: &Spec, kind: &str, seed: u64) -> impl SlotSource + use<> {
    let kind = *Kind::ALL.iter().find(|known| known.name == kind).expect("a type of ggml's");
    let mut rng = Rng::new(seed);
    let mut source = Random { tensors: BTreeMap::new(), blocks: BTreeMap::new(), kind: kind.name };
    for (slot, shape) in spec.slots() {
        let size: usize = shape.iter().product();
        // Sharp enough for distributions to differ.
        let scale = if shape.len() == 2 { 2.0 / (shape[1] as f64).sqrt() } else { 0.3 };
        let values: Vec<f32> = (0..size).map(|_| (rng.normal() * scale) as f32).collect();
        if let [_, k] = shape[..]
            && kind.len_bytes(k).is_some()
        {
            let rows = values.chunks_exact(k).map(|row| kind.bytes_of(row).expect("it is written"));
            source.blocks.insert(slot, rows.collect());
        }
        source.tensors.insert(slot, Tensor::new(shape, values).expect("as many as the shape says"));
    }
    source
}

impl SlotSource for Random {
    fn tensor(&self, slot: Slot, _: &[usize]) -> Result<Tensor, Error> {
        Ok(self.tensors[&slot].clone())
    }

    fn rows(&self, slot: Slot, shape: &[usize]) -> Result<Vec<Stored<'_>>, Error> {
        Ok(vec![match self.blocks.get(&slot) {
            Some(rows) => {
                let rows = rows.iter().map(Vec::as_slice).collect();
                Stored::Rows { kind: self.kind, rows }
            }
            None => Stored::Values(self.tensor(slot, shape)?),
        }])
    }
}
