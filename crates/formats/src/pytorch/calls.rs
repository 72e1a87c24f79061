//! What the allowed names do when a pickle calls them: dictionaries, sizes, places of tensors.
//!
//! Arguments are those of `torch._utils` and of `persistent_id` in `torch.serialization`. Nothing is
//! checked against the file yet: a tensor learns its name, by which errors tell of it, only later.

use super::globals::Global;
use super::pickle::Machine;
use super::value::{Object, Storage, Tensor, Value};

const WRONG_TENSOR: &str = "a tensor's description is wrong";

/// The value of a call.
pub(super) fn call<'a>(
    global: Global,
    arguments: &[Value],
    machine: &mut Machine<'a>,
) -> Result<Value, String> {
    match (global, arguments) {
        (Global::OrderedDict, []) => Ok(machine.keep(Object::Dict(Vec::new()))),
        (Global::OrderedDict, [pairs]) => {
            let dict = dict(*pairs, machine).ok_or("a dictionary is made of what are no pairs")?;
            Ok(machine.keep(dict))
        }
        (Global::Tensor, [storage, offset, shape, strides, rest @ ..]) => {
            let tensor = tensor([*storage, *offset, *shape, *strides], rest.get(2), machine);
            Ok(machine.keep(Object::Tensor(Box::new(tensor.ok_or(WRONG_TENSOR)?))))
        }
        (Global::TypedTensor, [storage, offset, shape, strides, _, _, dtype, rest @ ..]) => {
            let tensor = tensor([*storage, *offset, *shape, *strides], rest.first(), machine);
            let mut tensor = tensor.ok_or(WRONG_TENSOR)?;
            let Value::Global(Global::Dtype(dtype)) = dtype else {
                return Err("a tensor's number type is none".into());
            };
            tensor.dtype = Some(*dtype);
            Ok(machine.keep(Object::Tensor(Box::new(tensor))))
        }
        (Global::Parameter, [tensor, ..]) => match machine.object(*tensor) {
            Some(Object::Tensor(_)) => Ok(*tensor),
            _ => Err("a parameter is made of what is no tensor".into()),
        },
        (Global::Size, [sizes]) => match machine.object(*sizes) {
            Some(Object::Tuple(_)) => Ok(*sizes),
            _ => Err("a size is made of what is no tuple".into()),
        },
        (Global::Device, _) => Ok(Value::Other),
        _ => Err(format!("{global:?} is called with {} arguments", arguments.len())),
    }
}

/// The value of a persistent id: `("storage", type, key, device, numbers[, part])`.
pub(super) fn persistent(id: &[Value], machine: &mut Machine<'_>) -> Result<Value, String> {
    let storage = match id.first().and_then(|kind| machine.text_of(*kind)) {
        Some("storage") => storage(&id[1..], machine),
        // A class with its source, in front of the object: the class is named already.
        Some("module") if id.len() > 1 => return Ok(id[1]),
        _ => None,
    };
    let storage = storage.ok_or("a storage's description is wrong")?;
    Ok(machine.keep(Object::Storage(Box::new(storage))))
}

fn storage<'a>(id: &[Value], machine: &Machine<'a>) -> Option<Storage<'a>> {
    let [Value::Global(global), key, _device, count, rest @ ..] = id else { return None };
    let dtype = match global {
        Global::Storage(dtype) => Some(*dtype),
        Global::Bytes => None,
        _ => return None,
    };
    let part = match rest.first() {
        None | Some(Value::None) => None,
        Some(part) => match machine.tuple_of(*part)? {
            [_, from, count] => Some((size(*from)?, size(*count)?)),
            _ => return None,
        },
    };
    Some(Storage { dtype, key: machine.text_of(*key)?, count: size(*count)?, part })
}

fn tensor<'a>(
    [storage, offset, shape, strides]: [Value; 4],
    metadata: Option<&Value>,
    machine: &Machine<'a>,
) -> Option<Tensor<'a>> {
    let Some(Object::Storage(storage)) = machine.object(storage) else { return None };
    let sizes = |value: Value| -> Option<Vec<usize>> {
        machine.tuple_of(value)?.iter().map(|v| size(*v)).collect()
    };
    let altered = match metadata.and_then(|value| machine.object(*value)) {
        Some(Object::Dict(flags)) => flags.iter().any(|(_, set)| *set == Value::Bool(true)),
        _ => false,
    };
    let (storage, offset) = (**storage, size(offset)?);
    let (shape, strides) = (sizes(shape)?, sizes(strides)?);
    Some(Tensor { storage, dtype: storage.dtype, offset, shape, strides, altered })
}

fn size(value: Value) -> Option<usize> {
    match value {
        Value::Int(n) => usize::try_from(n).ok(),
        _ => None,
    }
}

/// A dictionary of a list of pairs, as Python 2 wrote it.
fn dict<'a>(pairs: Value, machine: &Machine<'a>) -> Option<Object<'a>> {
    let pair = |value: &Value| match machine.object(*value)? {
        Object::Tuple(two) | Object::List(two) if two.len() == 2 => Some((two[0], two[1])),
        _ => None,
    };
    let Object::List(list) = machine.object(pairs)? else { return None };
    list.iter().map(pair).collect::<Option<_>>().map(Object::Dict)
}

#[cfg(test)]
mod tests {
    use crate::Dtype;
    use crate::pytorch::pickle::read;
    use crate::pytorch::value::Object;

    /// `torch._utils._rebuild_tensor_v2`, then its arguments and the call.
    fn rebuilt(arguments: &[u8]) -> Vec<u8> {
        [b"ctorch._utils\n_rebuild_tensor_v2\n(", arguments, b"tR."].concat()
    }

    const STORAGE: &[u8] = b"(X\x07\0\0\0storagectorch\nHalfStorage\nU\x011U\x03cpuK\x06tQ";

    #[test]
    fn a_tensor_is_described() {
        let bytes = rebuilt(&[STORAGE, b"K\x01K\x02K\x02\x86K\x02K\x01\x86\x89)"].concat());
        let pickle = read(&bytes).unwrap();
        let Some(Object::Tensor(tensor)) = pickle.object(pickle.root) else { panic!("{pickle:?}") };
        assert_eq!((tensor.storage.key, tensor.storage.count), ("1", 6));
        assert_eq!((tensor.dtype, tensor.offset), (Some(Dtype::F16), 1));
        assert_eq!((&tensor.shape[..], &tensor.strides[..]), (&[2, 2][..], &[2, 1][..]));
        assert!(!tensor.altered);
        let bytes = rebuilt(&[STORAGE, b"K\x01))\x89)}X\x03\0\0\0neg\x88s"].concat());
        let pickle = read(&bytes).unwrap();
        assert!(matches!(pickle.object(pickle.root), Some(Object::Tensor(t)) if t.altered));
    }

    #[test]
    fn a_dictionary_may_be_made_of_pairs() {
        let pickle = read(b"ccollections\nOrderedDict\n]K\x01K\x02\x86a\x85R.").unwrap();
        assert!(
            matches!(pickle.object(pickle.root), Some(Object::Dict(pairs)) if pairs.len() == 1)
        );
    }

    #[test]
    fn wrong_descriptions_are_errors() {
        let check = |bytes: &[u8], word: &str| {
            let error = read(bytes).unwrap_err();
            assert!(error.contains(word), "{error}");
        };
        let tensor = |rest: &[u8]| rebuilt(&[STORAGE, rest].concat());
        check(&tensor(b"J\xff\xff\xff\xff))\x89)"), "tensor's description");
        check(&tensor(b"K\x00K\x01)\x89)"), "tensor's description");
        check(&tensor(b"K\x00N\x85)\x89)"), "tensor's description");
        check(&tensor(b"K\x00"), "called with 2 arguments");
        check(&rebuilt(b"K\x01K\x00))\x89)"), "tensor's description");
        check(b"(X\x07\0\0\0storageNU\x011U\x03cpuK\x06tQ.", "storage's description");
        check(b"(X\x05\0\0\0otherK\x01tQ.", "storage's description");
        check(b"ctorch._utils\n_rebuild_parameter\n(K\x01tR.", "no tensor");
        check(b"ccollections\nOrderedDict\n]K\x01a\x85R.", "no pairs");
        check(b"ctorch\nFloatStorage\n)R.", "called with 0 arguments");
    }
}
