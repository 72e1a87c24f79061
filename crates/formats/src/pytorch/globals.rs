//! The functions and classes that a pickle may name: this list and no other.
//!
//! Naming is all that a pickle can do here. What a name stands for is done by a few lines of our own in
//! [`calls`](super::calls), which make dictionaries, sizes and places of tensors, and nothing else.

use crate::Dtype;

/// What a pickle may name.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Global {
    /// An empty dictionary, or one of pairs.
    OrderedDict,
    /// A tensor: storage, offset, size, strides.
    Tensor,
    /// The same, with a number type behind it.
    TypedTensor,
    /// A tensor that learns.
    Parameter,
    /// A tuple.
    Size,
    /// The name of a device, which means nothing here.
    Device,
    /// Numbers of one type.
    Storage(Dtype),
    /// Bytes, whose type the tensor says.
    Bytes,
    /// A number type.
    Dtype(Dtype),
}

/// Storages of PyTorch by their classes in `torch`.
const STORAGES: [(&str, Dtype); 11] = [
    ("DoubleStorage", Dtype::F64),
    ("FloatStorage", Dtype::F32),
    ("HalfStorage", Dtype::F16),
    ("BFloat16Storage", Dtype::Bf16),
    ("LongStorage", Dtype::I64),
    ("IntStorage", Dtype::I32),
    ("ShortStorage", Dtype::I16),
    ("CharStorage", Dtype::I8),
    ("ByteStorage", Dtype::U8),
    ("BoolStorage", Dtype::Bool),
    ("ComplexFloatStorage", Dtype::C64),
];

/// Number types of PyTorch by their names in `torch`.
const DTYPES: [(&str, Dtype); 17] = [
    ("float64", Dtype::F64),
    ("float32", Dtype::F32),
    ("float16", Dtype::F16),
    ("bfloat16", Dtype::Bf16),
    ("float8_e4m3fn", Dtype::F8E4M3),
    ("float8_e5m2", Dtype::F8E5M2),
    ("float8_e8m0fnu", Dtype::F8E8M0),
    ("int64", Dtype::I64),
    ("int32", Dtype::I32),
    ("int16", Dtype::I16),
    ("int8", Dtype::I8),
    ("uint64", Dtype::U64),
    ("uint32", Dtype::U32),
    ("uint16", Dtype::U16),
    ("uint8", Dtype::U8),
    ("bool", Dtype::Bool),
    ("complex64", Dtype::C64),
];

/// What a name stands for, if it is allowed.
pub(super) fn find(module: &str, name: &str) -> Option<Global> {
    let of = |table: &[(&str, Dtype)]| table.iter().find(|(n, _)| *n == name).map(|(_, d)| *d);
    match (module, name) {
        ("collections", "OrderedDict") => Some(Global::OrderedDict),
        ("torch._utils", "_rebuild_tensor" | "_rebuild_tensor_v2") => Some(Global::Tensor),
        ("torch._utils", "_rebuild_tensor_v3") => Some(Global::TypedTensor),
        ("torch._utils", "_rebuild_parameter" | "_rebuild_parameter_with_state") => {
            Some(Global::Parameter)
        }
        ("torch.storage", "UntypedStorage") => Some(Global::Bytes),
        ("torch", "Size") => Some(Global::Size),
        ("torch", "device") => Some(Global::Device),
        ("torch", _) => {
            of(&STORAGES).map(Global::Storage).or_else(|| of(&DTYPES).map(Global::Dtype))
        }
        _ => None,
    }
}

/// How a name that is not allowed is told. `os` hides behind the system's own module.
pub(super) fn told(module: &str, name: &str) -> String {
    match module {
        "posix" | "nt" => format!("{module}.{name} (os.{name})"),
        _ => format!("{module}.{name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_closed() {
        assert_eq!(find("torch", "HalfStorage"), Some(Global::Storage(Dtype::F16)));
        assert_eq!(find("torch", "uint16"), Some(Global::Dtype(Dtype::U16)));
        for (module, name) in [
            ("os", "system"),
            ("builtins", "eval"),
            ("torch", "load"),
            ("torch.storage", "_load_from_bytes"),
            ("torch.storage", "FloatStorage"),
            ("collections", "Counter"),
            ("torch", "QInt8Storage"),
            ("", "OrderedDict"),
        ] {
            assert_eq!(find(module, name), None, "{module}.{name}");
        }
        assert_eq!(told("posix", "system"), "posix.system (os.system)");
        assert_eq!(told("os", "system"), "os.system");
    }
}
