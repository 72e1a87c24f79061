//! `Spec`: the numbers and choices that define a decoder. Two models with equal specs have equal
//! shapes; the weights make the rest.
//!
//! Leaves out what does not change the function computed: dtype, device, dropout.

use serde::{Deserialize, Serialize};

use crate::Error;

/// How hidden states are normalised before each block (pre-norm).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Norm {
    /// `y = (x − mean) / sqrt(var + ε) · g + b` (Ba et al., "Layer Normalization", 2016).
    Layer,
    /// `y = x / sqrt(mean(x²) + ε) · g` (Zhang & Sennrich, "Root Mean Square Layer
    /// Normalization", 2019).
    Rms,
}

/// The feed-forward block's non-linearity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// GELU in its tanh form (Hendrycks & Gimpel, 2016): two matrices.
    GeluTanh,
    /// `silu(gate) · up` (Shazeer, "GLU Variants Improve Transformer", 2020): three matrices.
    SwiGlu,
}

/// How the model knows where a token stands.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Positions {
    /// A learned row for each position, added to the embedding.
    Learned,
    /// Rotary, half-split form (Su et al., "RoFormer", 2021), with this base.
    Rope {
        /// The base θ of the angles `position · θ^(−2i/head_dim)`.
        theta: f32,
    },
}

/// A decoder-only transformer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spec {
    /// The family whose file names and config keys it has: `"llama"`, `"qwen2"` or `"gpt2"`.
    pub family: String,
    /// V: rows of the embedding.
    pub vocab_size: usize,
    /// D: width of the residual stream.
    pub d_model: usize,
    /// Blocks.
    pub n_layers: usize,
    /// Query heads.
    pub n_heads: usize,
    /// Key and value heads (grouped-query attention where fewer than `n_heads`).
    pub n_kv_heads: usize,
    /// Width of a head.
    pub head_dim: usize,
    /// F: inner width of the feed-forward block.
    pub d_ff: usize,
    /// T: positions at most.
    pub context: usize,
    /// Normalisation.
    pub norm: Norm,
    /// ε of the norms.
    pub norm_eps: f32,
    /// Non-linearity.
    pub activation: Activation,
    /// Position encoding.
    pub positions: Positions,
    /// Whether linear layers and layer norms have biases.
    pub bias: bool,
    /// Whether queries, keys and values have biases where other layers have none.
    #[serde(default)]
    pub qkv_bias: bool,
    /// Whether the output matrix is the embedding.
    pub tied: bool,
}

impl Spec {
    /// Llama's form at a size: RMSNorm, RoPE, SwiGLU, no biases, tied embeddings, context 256.
    pub fn llama(vocab_size: usize, d_model: usize, n_layers: usize, n_heads: usize) -> Self {
        Self {
            family: "llama".into(),
            vocab_size,
            d_model,
            n_layers,
            n_heads,
            n_kv_heads: n_heads,
            head_dim: d_model / n_heads,
            // Two thirds of 4·D, so that three matrices hold what two of 4·D do; a multiple of 32.
            d_ff: (8 * d_model / 3).div_ceil(32) * 32,
            context: 256,
            norm: Norm::Rms,
            norm_eps: 1e-5,
            activation: Activation::SwiGlu,
            positions: Positions::Rope { theta: 10_000.0 },
            bias: false,
            qkv_bias: false,
            tied: true,
        }
    }

    /// Qwen 2's form at a size: a Llama whose queries, keys and values have biases.
    pub fn qwen2(vocab_size: usize, d_model: usize, n_layers: usize, n_heads: usize) -> Self {
        let llama = Self::llama(vocab_size, d_model, n_layers, n_heads);
        Self { family: "qwen2".into(), qkv_bias: true, ..llama }
    }

    /// GPT-2's form at a size: LayerNorm, learned positions, GELU, biases, tied, context 256.
    pub fn gpt2(vocab_size: usize, d_model: usize, n_layers: usize, n_heads: usize) -> Self {
        Self {
            family: "gpt2".into(),
            d_ff: 4 * d_model,
            norm: Norm::Layer,
            activation: Activation::GeluTanh,
            positions: Positions::Learned,
            bias: true,
            ..Self::llama(vocab_size, d_model, n_layers, n_heads)
        }
    }

    /// Checks that the numbers can make a model.
    ///
    /// # Errors
    /// [`Error::Shape`] with the contradiction and a way out.
    pub fn check(&self) -> Result<(), Error> {
        let fail = |why: String| Err(Error::Shape(why));
        let numbers = [
            ("vocab_size", self.vocab_size),
            ("d_model", self.d_model),
            ("n_layers", self.n_layers),
            ("n_heads", self.n_heads),
            ("n_kv_heads", self.n_kv_heads),
            ("head_dim", self.head_dim),
            ("d_ff", self.d_ff),
            ("context", self.context),
        ];
        for (name, value) in numbers {
            if value == 0 || value > 1 << 28 {
                return fail(format!("{name} is {value}; it must be from 1 to 2^28"));
            }
        }
        if !self.n_heads.is_multiple_of(self.n_kv_heads) {
            return fail(format!(
                "n_heads {} is no multiple of n_kv_heads {}",
                self.n_heads, self.n_kv_heads
            ));
        }
        if matches!(self.positions, Positions::Rope { .. }) && !self.head_dim.is_multiple_of(2) {
            return fail(format!("RoPE needs an even head_dim, not {}", self.head_dim));
        }
        if !(self.norm_eps > 0.0 && self.norm_eps < 1.0) {
            return fail(format!("norm_eps {} is not between 0 and 1", self.norm_eps));
        }
        Ok(())
    }

    /// Width of the query, key and value projections together.
    pub fn qkv_width(&self) -> usize {
        (self.n_heads + 2 * self.n_kv_heads) * self.head_dim
    }

    /// Width of the feed-forward block's first projection: gate and up together for SwiGLU.
    pub fn ff_in_width(&self) -> usize {
        match self.activation {
            Activation::SwiGlu => 2 * self.d_ff,
            Activation::GeluTanh => self.d_ff,
        }
    }

    /// Parameters of one block's matrices (biases and norms apart).
    pub fn n_block_matrix_params(&self) -> usize {
        let heads = self.n_heads * self.head_dim;
        self.d_model * (self.qkv_width() + heads + self.ff_in_width() + self.d_ff)
    }

    /// All parameters; a tied output matrix counts once.
    pub fn n_params(&self) -> usize {
        let norm = match self.norm {
            Norm::Layer if self.bias => 2 * self.d_model,
            _ => self.d_model,
        };
        let mut biases = 0;
        if self.bias || self.qkv_bias {
            biases += self.qkv_width();
        }
        if self.bias {
            biases += self.d_model + self.ff_in_width() + self.d_model;
        }
        let block = self.n_block_matrix_params() + 2 * norm + biases;
        let tables = self.vocab_size * self.d_model * if self.tied { 1 } else { 2 };
        let positions = match self.positions {
            Positions::Learned => self.context * self.d_model,
            Positions::Rope { .. } => 0,
        };
        tables + positions + self.n_layers * block + norm
    }

    /// Floating-point operations of training on one token at context `t`: 6 for each matrix
    /// parameter (Kaplan et al., 2020) and `6·L·heads·head_dim·t` for causal attention, whose
    /// mask halves the usual 12.
    pub fn train_flops_per_token(&self, t: usize) -> f64 {
        let matrices =
            self.n_layers * self.n_block_matrix_params() + self.vocab_size * self.d_model;
        let attention = self.n_layers * self.n_heads * self.head_dim * t;
        6.0 * matrices as f64 + 6.0 * attention as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gpt2_small_has_its_published_number_of_parameters() {
        let spec = Spec { context: 1024, ..Spec::gpt2(50257, 768, 12, 12) };
        assert_eq!(spec.n_params(), 124_439_808);
    }

    #[test]
    fn impossible_shapes_are_named() {
        let check = |spec: Spec, word: &str| {
            let error = spec.check().unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        };
        let good = Spec::llama(100, 64, 2, 4);
        assert!(good.check().is_ok());
        check(Spec { vocab_size: 0, ..good.clone() }, "vocab_size");
        check(Spec { n_kv_heads: 3, ..good.clone() }, "n_kv_heads");
        check(Spec { head_dim: 15, ..good.clone() }, "even head_dim");
        check(Spec { norm_eps: 0.0, ..good }, "norm_eps");
    }
}
