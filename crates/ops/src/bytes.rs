//! Tensors of bytes: what an optimizer of few bits remembers.
//!
//! On the CPU they are bytes; on devices that have no such numbers whole words, which hold the same.

use burn::tensor::{DType, Device, Int, IntDType, Tensor, TensorData};
use burn_flex::{Flex, FlexTensor};

use crate::storage::on_cpu;

/// A tensor of these bytes.
pub fn from_vec(values: Vec<u8>, device: &Device) -> Tensor<1, Int> {
    let n = values.len();
    let data = TensorData::new(values, [n]);
    if device.supports_dtype(IntDType::U8) {
        return Tensor::from_data(data, (device, DType::U8));
    }
    Tensor::from_data(data, device)
}

/// The bytes of a tensor where they lie, or on other devices a copy of them.
#[derive(Debug)]
pub struct Held(Where);

#[derive(Debug)]
enum Where {
    Here(FlexTensor),
    Elsewhere(Vec<u8>),
}

/// Holds a tensor, to look at its bytes.
pub fn hold(tensor: Tensor<1, Int>) -> Held {
    if on_cpu(&tensor.device()) {
        return Held(Where::Here(whole(tensor)));
    }
    let data = tensor.into_data().convert::<u8>();
    Held(Where::Elsewhere(data.try_to_vec::<u8>().expect("it was converted to bytes")))
}

impl std::ops::Deref for Held {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.0 {
            Where::Here(tensor) => tensor.bytes(),
            Where::Elsewhere(values) => values,
        }
    }
}

/// A tensor of the CPU whose bytes are to be changed where they lie.
#[derive(Debug)]
pub struct Opened(FlexTensor);

/// Opens a tensor, to change its bytes.
pub fn open(tensor: Tensor<1, Int>) -> Opened {
    Opened(whole(tensor))
}

impl Opened {
    /// The bytes; copied first where somebody else holds the tensor too.
    pub fn values(&mut self) -> &mut [u8] {
        self.0.storage_mut()
    }

    /// The tensor again.
    pub fn close(self) -> Tensor<1, Int> {
        Tensor::from_primitive::<Flex>(self.0)
    }
}

/// A tensor of the CPU that is all of its storage.
fn whole(tensor: Tensor<1, Int>) -> FlexTensor {
    let n = tensor.shape().num_elements();
    let primitive = tensor.try_into_primitive::<Flex>().expect("a tensor of the CPU backend");
    assert_eq!(primitive.dtype(), DType::U8, "bytes: a tensor of other numbers");
    if primitive.bytes().len() == n { primitive } else { primitive.to_contiguous() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_stay_bytes_and_are_changed_where_they_lie() {
        let tensor = from_vec(vec![0, 7, 255], &Device::flex());
        let other = tensor.clone();
        let mut opened = open(tensor);
        opened.values()[0] = 128;
        let tensor = opened.close();
        assert_eq!((&hold(tensor)[..], &hold(other)[..]), (&[128, 7, 255][..], &[0, 7, 255][..]));
    }
}
