//! What a run computes on: the CPU with our own kernels, or what Burn reaches in this build.
//!
//! Each other device is a feature of the crate (`wgpu`, `vulkan`, `metal`, `cuda`, `rocm`). Operations
//! have bodies of Burn's own there (`ops`), so that a run is the same but for the last digits.

pub use burn::tensor::Device;
use burn::tensor::{DType, Tensor};

use crate::Error;
use crate::config::Precision;

/// Names that this build knows; the CPU is the first.
pub const NAMES: &[&str] = &[
    "cpu",
    #[cfg(feature = "wgpu")]
    "wgpu",
    #[cfg(feature = "vulkan")]
    "vulkan",
    #[cfg(feature = "metal")]
    "metal",
    #[cfg(feature = "cuda")]
    "cuda",
    #[cfg(feature = "rocm")]
    "rocm",
];

/// The first device of a kind.
///
/// # Errors
/// [`Error::Option`] for what this build does not know, and for a device that does not answer.
pub fn named(name: &str) -> Result<Device, Error> {
    let device = match name {
        "cpu" => Device::flex(),
        #[cfg(feature = "wgpu")]
        "wgpu" => Device::wgpu(burn::tensor::DeviceKind::DefaultDevice),
        #[cfg(feature = "vulkan")]
        "vulkan" => Device::vulkan(burn::tensor::DeviceKind::DefaultDevice),
        #[cfg(feature = "metal")]
        "metal" => Device::metal(burn::tensor::DeviceKind::DefaultDevice),
        #[cfg(feature = "cuda")]
        "cuda" => Device::cuda(0),
        #[cfg(feature = "rocm")]
        "rocm" => Device::rocm(0),
        other => {
            let expected = format!("{} (others are features of the build)", NAMES.join(", "));
            return Err(Error::Option { name: "--device", got: other.to_string(), expected });
        }
    };
    if ops::storage::on_cpu(&device) || answers(&device) {
        return Ok(device);
    }
    Err(Error::Option {
        name: "--device",
        got: format!("{name}, and no driver of such a device answers on this machine"),
        expected: "cpu, or a device whose driver is installed".to_string(),
    })
}

/// Whether a tensor can be made there. Libraries of devices panic where there is none; they say why
/// to standard error.
fn answers(device: &Device) -> bool {
    let device = device.clone();
    let ask = move || Tensor::<1>::ones([1], &device).try_into_data().is_ok();
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(ask)).unwrap_or(false)
}

/// The precision that a device can compute in: what is wanted, or f32 where it has no bf16 numbers (NVIDIA's
/// by way of Vulkan, for one).
pub fn precision(device: &Device, wanted: Precision) -> Precision {
    match wanted {
        Precision::Bf16 if !device.supports_dtype(DType::BF16) => Precision::F32,
        wanted => wanted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cpu_has_both_precisions() {
        for wanted in [Precision::F32, Precision::Bf16] {
            assert_eq!(precision(&Device::flex(), wanted), wanted);
        }
    }

    #[test]
    fn every_name_is_known_and_others_are_told_what_is() {
        assert!(named("cpu").unwrap() == Device::flex());
        let message = named("abacus").unwrap_err().to_string();
        assert!(message.contains("abacus") && message.contains("cpu"), "{message}");
    }
}
