//! The choices that a [`Spec`](super::Spec) is made of, apart from its sizes: each an enum or a few
//! numbers whose default is what a Llama does.

use serde::{Deserialize, Serialize};

use super::layers::Layers;
use super::rope::Rope;

/// How hidden states are normalised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Norm {
    /// `y = (x − mean) / sqrt(var + ε) · g + b` (Ba et al., "Layer Normalization", 2016).
    Layer,
    /// `y = x / sqrt(mean(x²) + ε) · g` (Zhang & Sennrich, "Root Mean Square Layer
    /// Normalization", 2019).
    Rms,
}

/// Where a block normalises, and how its two halves meet. `A` is attention, `F` feed-forward.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Arrangement {
    /// `x ← x + A(n(x))`, `x ← x + F(n(x))`, and a norm before the output matrix (Radford et al., 2019).
    #[default]
    PreNorm,
    /// `x ← n(x + A(x))`, `x ← n(x + F(x))`, and none at the end (Vaswani et al., 2017).
    PostNorm,
    /// `x ← x + n(A(n(x)))`, `x ← x + n(F(n(x)))`, and a norm at the end (Gemma 2, 2024).
    Sandwich,
    /// `x ← x + A(n(x)) + F(n'(x))`, each half with a norm of its own, and one at the end (GPT-NeoX,
    /// 2022; with one norm for both: Wang & Komatsuzaki, "GPT-J-6B", 2021).
    Parallel,
}

/// The feed-forward block's non-linearity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// `max(h, 0)`.
    Relu,
    /// `max(h, 0)²` (So et al., "Primer", 2021).
    ReluSquared,
    /// `h · Φ(h)` (Hendrycks & Gimpel, "Gaussian Error Linear Units", 2016).
    Gelu,
    /// The same with Φ through tanh.
    GeluTanh,
    /// `h · σ(1.702·h)`, as in CLIP.
    QuickGelu,
    /// `h · σ(h)` (Elfwing et al., 2017).
    Silu,
    /// `silu(gate) · up` (Shazeer, "GLU Variants Improve Transformer", 2020): three matrices.
    SwiGlu,
    /// `gelu(gate) · up`.
    GeGlu,
    /// `gelu(gate) · up`, Φ through tanh.
    GeGluTanh,
    /// `relu(gate) · up`.
    ReGlu,
    /// `gate · σ(1.702·gate) · (up + 1)` with gate at most 7 and up within ±7 (gpt-oss, 2025).
    SwiGluClamped,
}

impl Norm {
    /// As people write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Layer => "LayerNorm",
            Self::Rms => "RMSNorm",
        }
    }
}

impl Arrangement {
    /// As people write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::PreNorm => "before each half",
            Self::PostNorm => "after each half",
            Self::Sandwich => "before and after each half",
            Self::Parallel => "before both halves, which are parallel",
        }
    }
}

impl Activation {
    /// As people write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Relu => "ReLU",
            Self::ReluSquared => "ReLU²",
            Self::Gelu => "GELU",
            Self::GeluTanh => "GELU (tanh)",
            Self::QuickGelu => "quick GELU",
            Self::Silu => "SiLU",
            Self::SwiGlu => "SwiGLU",
            Self::GeGlu => "GeGLU",
            Self::GeGluTanh => "GeGLU (tanh)",
            Self::ReGlu => "ReGLU",
            Self::SwiGluClamped => "SwiGLU, clamped",
        }
    }

    /// Whether it multiplies a gate with what comes up beside it.
    pub fn is_gated(self) -> bool {
        use Activation::{GeGlu, GeGluTanh, ReGlu, SwiGlu, SwiGluClamped};
        matches!(self, SwiGlu | GeGlu | GeGluTanh | ReGlu | SwiGluClamped)
    }
}

/// How the model knows where a token stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Positions {
    /// A learned row for each position, added to the embedding.
    Learned,
    /// Fixed waves, added to the embedding: sines in the first half, cosines in the second, of
    /// `p · 10000^(−i/(D/2 − 1))` (Vaswani et al., 2017, as in the tensor2tensor library).
    Sinusoidal,
    /// Queries and keys are turned.
    Rope(Rope),
    /// Scores fall with the distance (Press et al., "Train Short, Test Long", 2022).
    Alibi,
    /// Not at all (Kazemnejad et al., "The Impact of Positional Encoding on Length Generalization", 2023).
    None,
}

/// Which layers have biases.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Biases {
    /// Queries, keys and values.
    pub qkv: bool,
    /// What attention gives back.
    pub out: bool,
    /// Both feed-forward projections.
    pub feed_forward: bool,
    /// LayerNorms.
    pub norm: bool,
}

impl Biases {
    /// All layers.
    pub const ALL: Self = Self { qkv: true, out: true, feed_forward: true, norm: true };
    /// No layer.
    pub const NONE: Self = Self { qkv: false, out: false, feed_forward: false, norm: false };
    /// Queries, keys and values alone.
    pub const QKV: Self = Self { qkv: true, ..Self::NONE };
}

/// What attention does beside its sizes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Attending {
    /// What scores are multiplied by; `None`: `1/sqrt(head_dim)`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scale: Option<f32>,
    /// Scores become `c · tanh(s/c)` (Gemma 2, 2024).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub softcap: Option<f32>,
    /// Whether each query and key head is normalised, with one gain for all query heads and one for all
    /// key heads (Henry et al., "Query-Key Normalization for Transformers", 2020; Qwen 3).
    #[serde(skip_serializing_if = "is_false")]
    pub head_norm: bool,
    /// Whether each head has a learned score for nothing at all (gpt-oss, 2025).
    #[serde(skip_serializing_if = "is_false")]
    pub sinks: bool,
    /// Positions that a sliding block sees, its own included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<usize>,
    /// The blocks whose window slides (Child et al., 2019; Beltagy et al., "Longformer", 2020).
    #[serde(skip_serializing_if = "Layers::is_none")]
    pub sliding: Layers,
    /// How heads of sliding blocks are turned, if not as those of the others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sliding_rope: Option<Rope>,
    /// The blocks whose heads are not turned.
    #[serde(skip_serializing_if = "Layers::is_none")]
    pub unturned: Layers,
    /// Keys and values made of one narrow vector, in the place of projections of their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latent: Option<Latent>,
}

/// Multi-head latent attention (DeepSeek-AI, "DeepSeek-V2", 2024, equations 9 to 19). A query and a key
/// head are `turned` dimensions that know their place and others that do not; the keys' turned ones
/// are the same in all heads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Latent {
    /// Rq: width of the vector that queries are made of; `None`: they are made of the stream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query_rank: Option<usize>,
    /// Rkv: width of the vector that keys and values are made of.
    pub rank: usize,
    /// Dimensions of a head that turn. In ours they are its first.
    pub turned: usize,
    /// Width of a value head, at most that of a key head.
    pub value_dim: usize,
}

impl Latent {
    /// ε of the norms on both vectors, which no config speaks of.
    pub const NORM_EPS: f32 = 1e-6;
}

/// Constants that streams are multiplied or divided by.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Scales {
    /// Embeddings: Gemma's `sqrt(D)`, Granite's multiplier.
    pub embedding: f32,
    /// What each half of a block adds.
    pub residual: f32,
    /// What logits are divided by.
    pub logits: f32,
}

impl Default for Scales {
    fn default() -> Self {
        Self { embedding: 1.0, residual: 1.0, logits: 1.0 }
    }
}

/// A mixture of experts in the place of feed-forward blocks (Shazeer et al., "Outrageously Large Neural
/// Networks", 2017; Fedus et al., "Switch Transformers", 2021; Jiang et al., "Mixtral of Experts", 2024).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Experts {
    /// E: how many there are.
    pub n: usize,
    /// How many see a token.
    pub active: usize,
    /// Whether the weights of those that do sum to 1.
    pub normalized: bool,
    /// Whether the router has a bias.
    #[serde(default, skip_serializing_if = "is_false")]
    pub router_bias: bool,
    /// How much the loss asks for a balanced load: `E · Σ_e f_e · P_e`, f the share of assignments times
    /// `active`, P the mean probability (Fedus et al., 2021, equation 4).
    pub balance: f32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_false(flag: &bool) -> bool {
    !flag
}
