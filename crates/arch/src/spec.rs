//! `Spec`: the numbers and choices that define a decoder. Two models with equal specs have equal
//! shapes; the weights make the rest.
//!
//! Leaves out what does not change the function computed: dtype, device, dropout.

pub mod choices;
pub mod differences;
pub mod layers;
pub mod rope;

use serde::{Deserialize, Serialize};

use crate::Error;
pub use choices::{
    Activation, Arrangement, Attending, Biases, Experts, Latent, Norm, Positions, Scales,
};
pub use differences::{Difference, differences};
pub use layers::Layers;
pub use rope::Rope;

/// A decoder-only transformer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spec {
    /// The family whose file names and config keys it has, one of [`FAMILIES`](crate::family::FAMILIES).
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
    /// F: inner width of the feed-forward block, or of one expert.
    pub d_ff: usize,
    /// T: positions at most.
    pub context: usize,
    /// Normalisation.
    pub norm: Norm,
    /// ε of the norms.
    pub norm_eps: f32,
    /// Whether gains are stored as what they are above 1 (Gemma).
    #[serde(default, skip_serializing_if = "is_false")]
    pub gain_above_one: bool,
    /// Where blocks normalise.
    #[serde(default)]
    pub arrangement: Arrangement,
    /// Non-linearity.
    pub activation: Activation,
    /// Position encoding.
    pub positions: Positions,
    /// Rows of learned positions before that of the first position (OPT has 2).
    #[serde(default, skip_serializing_if = "is_zero")]
    pub position_offset: usize,
    /// Which layers have biases.
    #[serde(default)]
    pub biases: Biases,
    /// What attention does beside its sizes.
    #[serde(default)]
    pub attention: Attending,
    /// A mixture of experts in the place of feed-forward blocks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub experts: Option<Experts>,
    /// Constants that streams are multiplied by.
    #[serde(default)]
    pub scales: Scales,
    /// Logits become `c · tanh(l/c)`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logit_softcap: Option<f32>,
    /// Width of the embedding and of what the output matrix sees, where that is not D.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub embedding_width: Option<usize>,
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
            head_dim: d_model / n_heads.max(1),
            // Two thirds of 4·D, so that three matrices hold what two of 4·D do; a multiple of 32.
            d_ff: (8 * d_model / 3).div_ceil(32) * 32,
            context: 256,
            norm: Norm::Rms,
            norm_eps: 1e-5,
            gain_above_one: false,
            arrangement: Arrangement::PreNorm,
            activation: Activation::SwiGlu,
            positions: Positions::Rope(Rope::plain(10_000.0)),
            position_offset: 0,
            biases: Biases::NONE,
            attention: Attending::default(),
            experts: None,
            scales: Scales::default(),
            logit_softcap: None,
            embedding_width: None,
            tied: true,
        }
    }

    /// Qwen 2's form at a size: a Llama whose queries, keys and values have biases.
    pub fn qwen2(vocab_size: usize, d_model: usize, n_layers: usize, n_heads: usize) -> Self {
        let llama = Self::llama(vocab_size, d_model, n_layers, n_heads);
        Self { family: "qwen2".into(), biases: Biases::QKV, ..llama }
    }

    /// GPT-2's form at a size: LayerNorm, learned positions, GELU, biases, tied, context 256.
    pub fn gpt2(vocab_size: usize, d_model: usize, n_layers: usize, n_heads: usize) -> Self {
        Self {
            family: "gpt2".into(),
            d_ff: 4 * d_model,
            norm: Norm::Layer,
            activation: Activation::GeluTanh,
            positions: Positions::Learned,
            biases: Biases::ALL,
            ..Self::llama(vocab_size, d_model, n_layers, n_heads)
        }
    }

    /// How heads of a block are turned, if they are.
    pub fn rope(&self, block: usize) -> Option<&Rope> {
        let Positions::Rope(rope) = &self.positions else { return None };
        if self.attention.unturned.has(block) {
            return None;
        }
        let own = self.attention.sliding_rope.as_ref();
        Some(own.filter(|_| self.attention.sliding.has(block)).unwrap_or(rope))
    }

    /// How many positions a block sees, its own included; `None`: all earlier ones.
    pub fn window(&self, block: usize) -> Option<usize> {
        self.attention.window.filter(|_| self.attention.sliding.has(block))
    }

    /// What scores are multiplied by.
    pub fn score_scale(&self) -> f32 {
        self.attention.scale.unwrap_or_else(|| 1.0 / (self.head_dim as f32).sqrt())
    }

    /// Width of the embedding.
    pub fn embedding_width(&self) -> usize {
        self.embedding_width.unwrap_or(self.d_model)
    }

    /// Width of a value head.
    pub fn value_dim(&self) -> usize {
        self.attention.latent.map_or(self.head_dim, |latent| latent.value_dim)
    }

    /// Whether there is a norm before the output matrix.
    pub fn has_final_norm(&self) -> bool {
        self.arrangement != Arrangement::PostNorm
    }

    /// Width of the query, key and value projections together.
    pub fn qkv_width(&self) -> usize {
        (self.n_heads + 2 * self.n_kv_heads) * self.head_dim
    }

    /// Width of a feed-forward block's first projection: gate and up together for gated forms.
    pub fn ff_in_width(&self) -> usize {
        if self.activation.is_gated() { 2 * self.d_ff } else { self.d_ff }
    }

    /// Parameters of one block's matrices (biases and norms apart).
    pub fn n_block_matrix_params(&self) -> usize {
        self.block_matrix_params(self.experts.as_ref().map_or(1, |e| e.n))
    }

    /// Of them, those that one token meets.
    pub fn n_active_block_matrix_params(&self) -> usize {
        self.block_matrix_params(self.experts.as_ref().map_or(1, |e| e.active))
    }

    fn block_matrix_params(&self, experts: usize) -> usize {
        let (d, heads) = (self.d_model, self.n_heads * self.head_dim);
        let router = self.experts.as_ref().map_or(0, |e| e.n);
        let projections = match self.attention.latent {
            None => d * self.qkv_width(),
            Some(Latent { query_rank, rank, turned, value_dim }) => {
                let queries = query_rank.map_or(d * heads, |rank| rank * (d + heads));
                let up = self.n_heads * (self.head_dim - turned + value_dim);
                queries + d * (rank + turned) + rank * up
            }
        };
        projections
            + d * (self.n_heads * self.value_dim() + router)
            + experts * d * (self.ff_in_width() + self.d_ff)
    }

    /// All parameters; a tied output matrix counts once.
    pub fn n_params(&self) -> usize {
        self.slots().iter().map(|(_, shape)| shape.iter().product::<usize>()).sum()
    }

    /// Floating-point operations of training on one token at context `t`: 6 for each matrix
    /// parameter that it meets (Kaplan et al., 2020) and `6·L·heads·head_dim·t` for causal attention,
    /// whose mask halves the usual 12. Of a sliding block at most `2·window` positions count.
    pub fn train_flops_per_token(&self, t: usize) -> f64 {
        let width = self.embedding_width();
        let ends = if width == self.d_model { 0 } else { 2 * width * self.d_model };
        let matrices =
            self.n_layers * self.n_active_block_matrix_params() + self.vocab_size * width + ends;
        let seen = |block| self.window(block).map_or(t, |window| t.min(2 * window));
        let positions: usize = (0..self.n_layers).map(seen).sum();
        // Scores take a key's width, mixing a value's.
        let attention = self.n_heads * (self.head_dim + self.value_dim()) * positions;
        6.0 * matrices as f64 + 3.0 * attention as f64
    }

    /// Checks that the numbers can make a model.
    ///
    /// # Errors
    /// [`Error::Shape`] with the contradiction and a way out.
    pub fn check(&self) -> Result<(), Error> {
        self.flaw().map_or(Ok(()), |why| Err(Error::Shape(why)))
    }

    fn flaw(&self) -> Option<String> {
        let sizes = [
            ("vocab_size", self.vocab_size),
            ("d_model", self.d_model),
            ("n_layers", self.n_layers),
            ("n_heads", self.n_heads),
            ("n_kv_heads", self.n_kv_heads),
            ("head_dim", self.head_dim),
            ("d_ff", self.d_ff),
            ("context", self.context),
            ("embedding_width", self.embedding_width()),
        ];
        for (name, value) in sizes {
            if value == 0 || value > 1 << 28 {
                return Some(format!("{name} is {value}; it must be from 1 to 2^28"));
            }
        }
        let (heads, kv) = (self.n_heads, self.n_kv_heads);
        if !heads.is_multiple_of(kv) {
            return Some(format!("n_heads {heads} is no multiple of n_kv_heads {kv}"));
        }
        if !(self.norm_eps > 0.0 && self.norm_eps < 1.0) {
            return Some(format!("norm_eps {} is not between 0 and 1", self.norm_eps));
        }
        if let Positions::Rope(rope) = &self.positions {
            let ropes = std::iter::once(rope).chain(&self.attention.sliding_rope);
            if let Some(flaw) = ropes.into_iter().find_map(|rope| rope.flaw(self.head_dim)) {
                return Some(flaw);
            }
        }
        self.flaw_of_attention().or_else(|| self.flaw_of_the_rest())
    }

    fn flaw_of_attention(&self) -> Option<String> {
        let Attending { scale, softcap, window, sliding, unturned, .. } = &self.attention;
        let positive = |x: &Option<f32>| x.is_none_or(|x| x > 0.0 && x.is_finite());
        if !positive(scale) || !positive(softcap) {
            return Some("the scale and the soft cap of scores must be above 0".into());
        }
        if *window == Some(0) {
            return Some("a window of 0 positions sees nothing; it must be at least 1".into());
        }
        if let Some(why) = self.attention.latent.and_then(|latent| self.flaw_of_latent(latent)) {
            return Some(why);
        }
        if !sliding.is_none() && window.is_none() {
            return Some("some blocks' windows slide, but no window is given".into());
        }
        let fits = sliding.fits(self.n_layers) && unturned.fits(self.n_layers);
        (!fits).then(|| format!("a list of blocks does not fit {} of them", self.n_layers))
    }

    fn flaw_of_latent(&self, latent: Latent) -> Option<String> {
        let Latent { query_rank, rank, turned, value_dim } = latent;
        let sizes = [query_rank.unwrap_or(1), rank, value_dim];
        if sizes.iter().any(|&size| size == 0 || size > 1 << 28) {
            return Some("a latent vector or a value head has no width, or too much".into());
        }
        if value_dim > self.head_dim || turned > self.head_dim {
            let (head, why) = (self.head_dim, "nor turn more dimensions than it has");
            return Some(format!(
                "a value head of {value_dim} may not be wider than a key head's {head}, {why}"
            ));
        }
        let is_turned = |rope: &Rope| rope.n_turned(self.head_dim) == turned;
        let turns = matches!(&self.positions, Positions::Rope(rope) if is_turned(rope));
        let Attending { head_norm, unturned, sliding_rope, .. } = &self.attention;
        let plain = !head_norm && unturned.is_none() && sliding_rope.is_none();
        let fits = turns && plain && !self.biases.qkv && self.n_kv_heads == self.n_heads;
        (!fits).then(|| {
            "latent attention has RoPE on its turned dimensions, as many key as query heads, and \
             neither biases nor norms on heads"
                .into()
        })
    }

    fn flaw_of_the_rest(&self) -> Option<String> {
        if let Some(Experts { n, active, balance, .. }) = &self.experts {
            if *n == 0 || *active == 0 || active > n || *n > 1 << 16 {
                return Some(format!("{active} of {n} experts cannot see a token"));
            }
            if !(*balance >= 0.0 && balance.is_finite()) {
                return Some(format!("the weight of the balance {balance} is not at least 0"));
            }
        }
        let Scales { embedding, residual, logits } = self.scales;
        let finite = [embedding, residual, logits].iter().all(|x| x.is_finite() && *x != 0.0);
        if !finite || !self.logit_softcap.is_none_or(|c| c > 0.0 && c.is_finite()) {
            return Some("multipliers must be numbers other than 0, a soft cap above 0".into());
        }
        let too_deep = self.n_layers > 1 << 16 || self.position_offset > 1 << 16;
        too_deep.then(|| format!("{} blocks are taken for a mistake", self.n_layers))
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_false(flag: &bool) -> bool {
    !flag
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(number: &usize) -> bool {
    *number == 0
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
    fn a_mixture_counts_all_experts_and_meets_few() {
        let experts =
            Experts { n: 8, active: 2, normalized: true, router_bias: false, balance: 0.01 };
        let dense = Spec::llama(100, 64, 2, 4);
        let spec = Spec { experts: Some(experts), ..dense.clone() };
        let feed_forward = 3 * dense.d_ff * 64;
        assert_eq!(spec.n_params(), dense.n_params() + 2 * (7 * feed_forward + 8 * 64));
        let more = spec.train_flops_per_token(10) - dense.train_flops_per_token(10);
        assert_eq!(more, 6.0 * (2 * (feed_forward + 8 * 64)) as f64);
    }

    #[test]
    fn blocks_differ_where_the_pattern_says() {
        let slow = Rope::plain(1e6);
        let attention = Attending {
            window: Some(8),
            sliding: Layers::of(4, |i| i != 3),
            sliding_rope: Some(Rope::plain(1e4)),
            unturned: Layers::These(vec![1]),
            ..Attending::default()
        };
        let positions = Positions::Rope(slow.clone());
        let spec = Spec { attention, positions, ..Spec::llama(100, 64, 4, 4) };
        spec.check().unwrap();
        assert_eq!((spec.window(2), spec.window(3)), (Some(8), None));
        assert_eq!(spec.rope(0).unwrap().theta, 1e4);
        assert_eq!((spec.rope(1), spec.rope(3)), (None, Some(&slow)));
    }

    #[test]
    fn impossible_shapes_are_named() {
        let check = |change: fn(&mut Spec), word: &str| {
            let mut spec = Spec::llama(100, 64, 2, 4);
            spec.check().unwrap();
            change(&mut spec);
            let error = spec.check().unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        };
        check(|s| s.vocab_size = 0, "vocab_size");
        check(|s| s.n_kv_heads = 3, "n_kv_heads");
        check(|s| s.head_dim = 15, "even number");
        check(|s| s.norm_eps = 0.0, "norm_eps");
        check(|s| s.attention.sliding = Layers::All, "no window");
        check(|s| s.attention.unturned = Layers::These(vec![2]), "list of blocks");
        check(|s| s.attention.softcap = Some(-1.0), "soft cap");
        check(|s| s.scales.logits = 0.0, "multipliers");
        let few = |s: &mut Spec, n, active| {
            let (normalized, router_bias, balance) = (true, false, 0.0);
            s.experts = Some(Experts { n, active, normalized, router_bias, balance });
        };
        let mut spec = Spec::llama(100, 64, 2, 4);
        few(&mut spec, 4, 5);
        assert!(spec.check().unwrap_err().to_string().contains("5 of 4 experts"));
    }

    #[test]
    fn a_spec_of_old_reads_with_todays_defaults() {
        let old = r#"{"family":"llama","vocab_size":100,"d_model":64,"n_layers":2,"n_heads":4,
            "n_kv_heads":4,"head_dim":16,"d_ff":192,"context":256,"norm":"rms","norm_eps":1e-5,
            "activation":"swi_glu","positions":{"rope":{"theta":10000.0}},"tied":true}"#;
        assert_eq!(serde_json::from_str::<Spec>(old).unwrap(), Spec::llama(100, 64, 2, 4));
    }
}
