//! The named activations of a forward pass, under TransformerLens's names, to be looked at or
//! replaced while it runs.
//!
//! | name | what |
//! |---|---|
//! | `hook_embed` | embeddings, with learned positions |
//! | `blocks.0.hook_resid_pre` | what enters block 0 |
//! | `blocks.0.attn.hook_z` | mixed values, heads side by side |
//! | `blocks.0.hook_attn_out` | what attention adds |
//! | `blocks.0.hook_resid_mid` | the stream between attention and feed-forward |
//! | `blocks.0.hook_mlp_out` | what the feed-forward block adds |
//! | `blocks.0.hook_resid_post` | what leaves block 0 |
//! | `ln_final.hook_normalized` | what the output matrix sees |
//!
//! Without hooks the additions are fused into the products; the results agree to rounding.
//! Leaves out, so far: scores and patterns inside the attention kernel.

use burn::tensor::Tensor;

/// Somebody who looks at activations, `(B, T, …)`, and gives back what the model goes on with.
pub trait Hooks {
    /// Called at each named point, in the order of computation.
    fn at(&mut self, name: &str, activation: Tensor<3>) -> Tensor<3>;
}

/// Any closure will do.
impl<F: FnMut(&str, Tensor<3>) -> Tensor<3>> Hooks for F {
    fn at(&mut self, name: &str, activation: Tensor<3>) -> Tensor<3> {
        self(name, activation)
    }
}
