//! One layer a file, on Burn modules: parameters and how they meet the fused operations.
//!
//! Reading order: [`pass`] (what every layer of one forward pass shares), [`linear`], [`norm`],
//! [`embedding`], [`attention`], [`latent`], [`feed_forward`], [`experts`]. Layers are built
//! from tensors that somebody else made or read; `(out, in)` is the order of every matrix.
//!
//! ```
//! use burn::tensor::{Device, Tensor};
//! use nn::{linear::Linear, pass::Pass};
//! let device = Device::flex();
//! let layer = Linear::new(Tensor::from_data([[1.0, 2.0]], &device), None);
//! let x = Tensor::<3>::from_data([[[3.0, 4.0]]], &device);
//! let y = layer.forward(x, None, &Pass::plain(1, 1), ops::Stored::F32);
//! assert_eq!(y.into_data().to_vec::<f32>().unwrap(), [11.0]);
//! ```
//!
//! Must never know: the names of weights in files, training.
#![forbid(unsafe_code)]

pub mod attention;
pub mod embedding;
pub mod experts;
pub mod feed_forward;
pub mod latent;
pub mod linear;
pub mod norm;
pub mod pass;
