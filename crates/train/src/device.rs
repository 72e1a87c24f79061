//! What a run computes on: the CPU with our own kernels, or what Burn reaches in this build.
//!
//! Each other device is a feature of the crate (`wgpu`, `vulkan`, `metal`, `cuda`, `rocm`). Operations
//! have bodies of Burn's own there (`ops`), so that a run is the same but for the last digits.

use burn::tensor::DType;
pub use burn::tensor::Device;

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
/// [`Error::Option`] for what this build does not know.
pub fn named(name: &str) -> Result<Device, Error> {
    match name {
        "cpu" => Ok(Device::flex()),
        #[cfg(feature = "wgpu")]
        "wgpu" => Ok(Device::wgpu(burn::tensor::DeviceKind::DefaultDevice)),
        #[cfg(feature = "vulkan")]
        "vulkan" => Ok(Device::vulkan(burn::tensor::DeviceKind::DefaultDevice)),
        #[cfg(feature = "metal")]
        "metal" => Ok(Device::metal(burn::tensor::DeviceKind::DefaultDevice)),
        #[cfg(feature = "cuda")]
        "cuda" => Ok(Device::cuda(0)),
        #[cfg(feature = "rocm")]
        "rocm" => Ok(Device::rocm(0)),
        other => {
            let expected = format!("{} (others are features of the build)", NAMES.join(", "));
            Err(Error::Option { name: "--device", got: other.to_string(), expected })
        }
    }
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
