//! Burn's CPU tensors as the slices that kernels take, and back. All that the other files know of
//! how the flex backend lays out memory stands here.

use burn::backend::DispatchTensor;
use burn::tensor::{Bytes, DType, Device, Shape, Tensor};
use burn_backend::TensorMetadata;
use burn_flex::{Flex, FlexTensor, Layout};
use kernels::gemm::{Precision, Values};
use kernels::{Element, bf16, convert, fresh};

/// How an operation stores its result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored {
    /// Single precision.
    F32,
    /// Brain floats: half the memory, eight bits of mantissa.
    Bf16,
}

impl Stored {
    /// The tensor stored so.
    pub fn cast<const D: usize>(self, tensor: Tensor<D>) -> Tensor<D> {
        tensor.cast(match self {
            Self::F32 => DType::F32,
            Self::Bf16 => DType::BF16,
        })
    }
}

/// Whether our own kernels compute on this device. On all others operations are made of Burn's own.
pub fn on_cpu(device: &Device) -> bool {
    // Whether a device records a graph is not part of this comparison.
    *device == Device::flex()
}

/// `a (m, k) · b (k, n)` in Burn's own operations, in f32.
pub(crate) fn product(a: Tensor<2>, b: Tensor<2>, precision: Precision) -> Tensor<2> {
    let stored = match precision {
        Precision::F32 => Stored::F32,
        Precision::Bf16 => Stored::Bf16,
    };
    Stored::F32.cast(stored.cast(a).matmul(stored.cast(b)))
}

/// Rows of the last dimension, `(N, D)`.
pub(crate) fn as_matrix<const D: usize>(x: Tensor<D>) -> Tensor<2> {
    let width = x.dims()[D - 1];
    let rows = x.shape().num_elements() / width;
    x.reshape([rows, width])
}

/// A tensor whose values lie in order from its storage's start.
pub(crate) fn contiguous(tensor: FlexTensor) -> FlexTensor {
    let whole = match tensor.dtype() {
        DType::F32 => tensor.as_slice::<f32>().is_some(),
        DType::BF16 => tensor.as_slice::<bf16>().is_some(),
        other => panic!("ops: expected a tensor of f32 or bf16, got {other:?}"),
    };
    if whole { tensor } else { tensor.to_contiguous() }
}

/// The values of a [`contiguous`] tensor.
pub(crate) fn values(tensor: &FlexTensor) -> Values<'_> {
    match tensor.dtype() {
        DType::BF16 => Values::Bf16(slice(tensor)),
        _ => Values::F32(slice(tensor)),
    }
}

/// The values of a [`contiguous`] tensor of a known type.
pub(crate) fn slice<E: Number>(tensor: &FlexTensor) -> &[E] {
    tensor.as_slice::<E>().expect("the tensor was made contiguous, its type was looked at")
}

/// The values as f32, converted where they are not.
pub(crate) fn in_f32(tensor: FlexTensor) -> FlexTensor {
    let tensor = contiguous(tensor);
    match values(&tensor) {
        Values::F32(_) => tensor,
        Values::Bf16(v) => filled(tensor.shape(), |out| convert::widen(v, out)),
    }
}

/// The values as bf16, rounded where they are not.
pub(crate) fn in_bf16(tensor: FlexTensor) -> FlexTensor {
    let tensor = contiguous(tensor);
    match values(&tensor) {
        Values::Bf16(_) => tensor,
        Values::F32(v) => filled(tensor.shape(), |out| convert::round(v, out)),
    }
}

/// A tensor of these values.
pub(crate) fn make<E: Number>(values: Vec<E>, shape: Shape) -> FlexTensor {
    FlexTensor::new(Bytes::from_elems(values), Layout::contiguous(shape), E::DTYPE)
}

/// A tensor that `fill` writes every value of.
pub(crate) fn filled<E: Number>(shape: Shape, fill: impl FnOnce(&mut [E])) -> FlexTensor {
    let mut values = fresh::for_overwrite::<E>(shape.num_elements());
    fill(&mut values);
    make(values, shape)
}

/// Rows and width of a tensor seen as a matrix whose columns are its last dimension.
pub(crate) fn matrix(tensor: &FlexTensor) -> (usize, usize) {
    let shape = tensor.shape();
    let width = shape.as_slice().last().copied().unwrap_or(1);
    (shape.num_elements() / width.max(1), width)
}

/// The shape with its last dimension replaced.
pub(crate) fn with_width(mut shape: Shape, width: usize) -> Shape {
    let last = shape.num_dims() - 1;
    shape[last] = width;
    shape
}

/// An input that may be absent, as the extension macro can pass it: a tensor and whether it counts.
/// The stand-in for an absent one is a single zero that wants no gradient.
pub(crate) fn or_stand_in<const D: usize>(
    tensor: Option<Tensor<D>>,
    device: &Device,
) -> (DispatchTensor, bool) {
    let present = tensor.is_some();
    let stand_in = || Tensor::<1>::zeros([1], device).into_dispatch();
    (tensor.map_or_else(stand_in, Tensor::into_dispatch), present)
}

/// The numbers that a Burn CPU tensor and our kernels both know.
pub(crate) trait Number: Element + burn::tensor::Element + bytemuck::Pod {
    /// Burn's name for it.
    const DTYPE: DType;
}

impl Number for f32 {
    const DTYPE: DType = DType::F32;
}

impl Number for bf16 {
    const DTYPE: DType = DType::BF16;
}

/// The storage of a tensor, to be changed in place: `change` gets the values, whether or not
/// somebody else holds the tensor too (then it is copied first).
pub fn update_in_place<const D: usize>(
    tensor: Tensor<D>,
    change: impl FnOnce(&mut [f32]),
) -> Tensor<D> {
    let mut opened = open(tensor);
    change(opened.values());
    opened.close()
}

/// A tensor of the CPU whose values are to be changed where they lie.
#[derive(Debug)]
pub struct Opened(FlexTensor);

/// Opens a tensor without a graph, to change its values.
pub fn open<const D: usize>(tensor: Tensor<D>) -> Opened {
    let primitive = tensor.try_into_primitive::<Flex>().expect("a tensor of the CPU backend");
    let primitive = contiguous(primitive);
    let whole = primitive.layout().start_offset() == 0
        && primitive.bytes().len() == primitive.shape().num_elements() * size_of::<f32>();
    Opened(if whole { primitive } else { primitive.to_contiguous() })
}

impl Opened {
    /// The values; copied first where somebody else holds the tensor too.
    pub fn values(&mut self) -> &mut [f32] {
        self.0.storage_mut()
    }

    /// The tensor again.
    pub fn close<const D: usize>(self) -> Tensor<D> {
        Tensor::from_primitive::<Flex>(self.0)
    }
}

/// The values of a tensor where they lie, or on other devices a copy of them.
#[derive(Debug)]
pub struct Held(Where);

#[derive(Debug)]
enum Where {
    Here(FlexTensor),
    Elsewhere(Vec<f32>),
}

/// Holds a tensor without a graph, to look at its values.
pub fn hold<const D: usize>(tensor: Tensor<D>) -> Held {
    if !on_cpu(&tensor.device()) {
        let values = Stored::F32.cast(tensor).into_data().try_to_vec::<f32>();
        return Held(Where::Elsewhere(values.expect("it was cast to f32")));
    }
    let primitive = tensor.try_into_primitive::<Flex>().expect("a tensor of the CPU backend");
    Held(Where::Here(in_f32(primitive)))
}

impl std::ops::Deref for Held {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        match &self.0 {
            Where::Here(tensor) => slice(tensor),
            Where::Elsewhere(values) => values,
        }
    }
}

/// Calls `look` with the values of a tensor, without a copy where they lie in order on the CPU.
pub fn with_values<const D: usize, R>(tensor: &Tensor<D>, look: impl FnOnce(&[f32]) -> R) -> R {
    look(&hold(tensor.clone()))
}
