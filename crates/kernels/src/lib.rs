//! The arithmetic of the project: slices in, slices out.
//!
//! Reading order: [`isa`] (which instructions), [`element`] (f32 and bf16), [`parallel`] (fixed
//! chunks over threads), then one operation a file, each with its naive twin beside it and its
//! backward below its forward.
//!
//! Same inputs, same build, same instruction set: same bits, on any number of threads, for all
//! sums are made over chunks of fixed size, in order.
//!
//! Must never know: tensors, models.

pub mod activation;
pub mod adafactor;
pub mod adam8bit;
pub mod adamw;
pub mod attention;
pub mod bandwidth;
pub mod column_sums;
pub mod convert;
pub mod cross_entropy;
pub mod dropout;
pub mod dynamic_map;
pub mod element;
pub mod ema;
pub mod embedding;
pub mod exp;
pub mod fresh;
pub mod gemm;
pub mod half_matrix;
pub mod head_norm;
pub mod isa;
pub mod lanes;
pub mod linear_cross_entropy;
pub mod lion;
pub mod muon;
pub mod newton_schulz;
pub mod norm;
pub mod normal;
mod pages;
pub mod parallel;
pub mod philox;
pub mod quantized;
pub mod reduce;
pub mod rope;
pub mod row_scores;
pub mod sgd;
pub mod softcap;

pub use element::{Element, bf16};
pub use isa::Isa;
