//! The hot operations of training as a Burn backend extension: what [`kernels`] computes, with
//! gradients.
//!
//! One operation a file; its backward stands below its forward, and a test holds both against
//! plain Burn operations. Reading order: [`storage`] (Burn's tensors as slices), [`linear`],
//! [`norm`], [`mod@head_norm`], [`activation`], [`mod@dropout`], [`rope`], [`attention`], [`embedding`],
//! [`mod@grouped_linear`] and [`expert_rows`] (mixtures of experts), [`mod@rows`], [`linear_cross_entropy`],
//! [`linear_scores`], [`recompute`], [`bytes`] (tensors of them), [`offload`] (what gives way when memory
//! is short); [`profile`] (where the time goes).
//!
//! Activations are `f32` or `bf16` ([`Stored`]); products round their operands as
//! [`Precision`] says and sum in f32; weights, their gradients and the residual stream are f32.
//!
//! ```
//! use burn::tensor::{Device, Tensor};
//! use ops::{Precision, linear::{Linear, linear}};
//! let device = Device::flex();
//! let x = Tensor::<2>::from_data([[1.0, 2.0]], &device);
//! let weight = Tensor::<2>::from_data([[3.0, 4.0], [5.0, 6.0], [0.0, 1.0]], &device); // (out, in)
//! let y = linear(x, weight, Linear::new(Precision::F32));
//! assert_eq!(y.into_data().to_vec::<f32>().unwrap(), [11.0, 17.0, 2.0]);
//! ```
//!
//! Each operation has a body of Burn's own operations too (`plain`): what devices other than the CPU
//! run, with Burn's gradients.
//!
//! Must never know: layers.

pub mod activation;
pub mod attention;
pub mod bytes;
pub mod dropout;
pub mod embedding;
pub mod expert_rows;
pub mod grouped_linear;
mod head;
pub mod head_norm;
pub mod linear;
pub mod linear_cross_entropy;
pub mod linear_scores;
pub mod norm;
pub mod offload;
pub mod profile;
pub mod recompute;
pub mod rope;
pub mod rows;
pub mod storage;

pub use kernels::gemm::{Precision, packed_bytes};
pub use storage::Stored;
