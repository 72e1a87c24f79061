//! An importance matrix and a model: of which tensors of a file it tells, and one made of what a runtime saw.

use std::collections::{BTreeMap, BTreeSet};

use arch::family::Names as _;
use arch::gguf::{Tensors, sayable};
use arch::{Slot, Spec};
use formats::gguf::Pair;
use formats::imatrix::{Entry, Imatrix};
use serde_json::json;

use crate::folder::Error;

/// The importance matrix of a model whose matrices met that, under the names of a GGUF file: where several of its
/// tensors are one matrix here, each has what that met; where an expert is one of a stack, it has its place
/// there, with no rows if it met nothing. Embeddings and the output matrix, which are rounded finely anyway, are
/// left out, as llama.cpp does.
///
/// # Errors
/// [`Error::Importance`] for experts of a stack whose columns differ.
pub fn imatrix(spec: &Spec, seen: &BTreeMap<Slot, Entry>) -> Result<Imatrix, Error> {
    let spec = sayable(spec);
    let mut stacks: BTreeMap<String, Vec<Option<&Entry>>> = BTreeMap::new();
    for (slot, own) in seen.iter().filter(|(slot, _)| matches!(slot, Slot::Block(..))) {
        for piece in Tensors.pieces(&spec, *slot) {
            let (index, n) = piece.layout.place().unwrap_or((0, 1));
            stacks.entry(piece.name).or_insert_with(|| vec![None; n])[index] = Some(own);
        }
    }
    let mut made = Imatrix::default();
    for (name, stack) in stacks {
        let width = stack.iter().flatten().map(|entry| entry.sums().0.len()).max().unwrap_or(0);
        let (mut sums, mut counts) = (Vec::new(), Vec::new());
        let nothing = vec![0.0; width];
        for place in stack {
            let (own, rows) = place.map_or((&nothing[..], &[0.0][..]), Entry::sums);
            sums.extend_from_slice(own);
            counts.extend_from_slice(rows);
        }
        let entry = Entry::new(sums, counts);
        made.insert(&name, entry.map_err(|why| Error::Importance(format!("{name}: {why}")))?);
    }
    Ok(made)
}

/// The matrices of a model's blocks that are rounded, as a GGUF file has them, of which an importance matrix
/// says nothing.
///
/// # Errors
/// [`Error::Importance`] if it says nothing of any.
pub fn untold(spec: &Spec, imatrix: &Imatrix) -> Result<Vec<String>, Error> {
    let spec = sayable(spec);
    let matrices = spec.slots().into_iter().filter(|(slot, shape)| {
        shape.len() > 1 && matches!(slot, Slot::Block(..)) && !super::is_exact(*slot, shape)
    });
    let names = matrices.flat_map(|(slot, _)| Tensors.pieces(&spec, slot));
    let mut names: Vec<String> = names.map(|piece| piece.name).collect();
    // Experts of a stack have its name, and do not stand beside each other.
    let mut met = BTreeSet::new();
    names.retain(|name| met.insert(name.clone()));
    let all = names.len();
    names.retain(|name| imatrix.get(name).is_none());
    if all > 0 && names.len() == all {
        let example = imatrix.names().next().unwrap_or("nothing");
        return Err(Error::Importance(format!(
            "it says nothing of this model, whose first matrix is {:?}, but of {example:?}: \
             is it another model's?",
            names[0]
        )));
    }
    Ok(names)
}

/// What a file says of the importance matrix that it was rounded with, under llama.cpp's keys; `file` is what
/// that was called.
///
/// # Errors
/// [`Error::Gguf`] for a number that fits no file.
pub fn told_of(file: &str, imatrix: &Imatrix) -> Result<Vec<Pair>, Error> {
    let mut told = vec![("file", json!(file)), ("entries_count", json!(imatrix.len()))];
    told.extend(imatrix.datasets.first().map(|name| ("dataset", json!(name))));
    told.extend((imatrix.chunks > 0).then(|| ("chunks_count", json!(imatrix.chunks))));
    let pair = |(key, value)| Pair::new(format!("quantize.imatrix.{key}"), &value);
    told.into_iter().map(pair).collect::<Result<_, _>>().map_err(Error::Gguf)
}

#[cfg(test)]
mod tests {
    use super::*;
    use arch::Part;

    fn seen(k: usize, rows: u64) -> Entry {
        Entry::new((0..k).map(|i| i as f32).collect(), vec![rows as f32]).unwrap()
    }

    #[test]
    fn parts_of_a_matrix_share_what_it_met_and_experts_have_their_places() {
        let mut spec = arch::family::of_size("mixtral", 64, 64, 1, 2).unwrap();
        if let Some(experts) = &mut spec.experts {
            experts.n = 3;
        }
        let at = |part| Slot::Block(0, part);
        let met = BTreeMap::from([
            (at(Part::Qkv), seen(64, 5)),
            (at(Part::ExpertIn(1)), seen(64, 2)),
            (at(Part::Router), seen(64, 5)),
            (Slot::Head, seen(64, 5)),
        ]);
        let made = imatrix(&spec, &met).unwrap();
        let names: Vec<&str> = made.names().collect();
        assert_eq!(
            names,
            [
                "blk.0.attn_k.weight",
                "blk.0.attn_q.weight",
                "blk.0.attn_v.weight",
                "blk.0.ffn_gate_exps.weight",
                "blk.0.ffn_gate_inp.weight",
                "blk.0.ffn_up_exps.weight",
            ]
        );
        let (sums, counts) = made.get("blk.0.ffn_up_exps.weight").unwrap().sums();
        assert_eq!((sums.len(), sums[64 + 3], sums[2 * 64 + 3]), (3 * 64, 3.0, 0.0));
        assert_eq!(counts, [0.0, 2.0, 0.0]);
        let rest = untold(&spec, &made).unwrap();
        assert_eq!(rest, ["blk.0.attn_output.weight", "blk.0.ffn_down_exps.weight"]);
        let mut other = Imatrix::default();
        other.insert("blk.0.attn_qkv.weight", Entry::new(vec![1.0], vec![1.0]).unwrap());
        let message = untold(&spec, &other).unwrap_err().to_string();
        assert!(message.contains("another model's"), "{message}");
        let odd = [(at(Part::ExpertIn(0)), seen(64, 2)), (at(Part::ExpertIn(1)), seen(63, 2))];
        assert!(imatrix(&spec, &BTreeMap::from(odd)).is_err());
    }
}
