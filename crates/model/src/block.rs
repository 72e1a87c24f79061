//! One block of the transformer, in each of its arrangements.
//!
//! ```text
//! pre-norm    x ← x + A(n(x));        x ← x + F(n(x))
//! post-norm   x ← n(x + A(x));        x ← n(x + F(x))
//! sandwich    x ← x + n(A(n(x)));     x ← x + n(F(n(x)))
//! parallel    x ← x + A(n(x)) + F(n(x))
//! ```
//!
//! A is attention, F a feed-forward block or a mixture of experts, each n a norm of its own. What is added
//! may be multiplied by a constant first, and is what dropout thins in training (Srivastava et al., 2014;
//! the weights of attention are left whole). The stream is f32; what lies between two products is stored
//! as the products round it. Where nothing stands between a product and the addition, they are one.

use std::sync::Arc;

use arch::{Arrangement, Spec};
use burn::module::Module;
use burn::tensor::Tensor;
use nn::attention::Attention;
use nn::experts::Experts;
use nn::feed_forward::FeedForward;
use nn::norm::Norm;
use nn::pass::{Pass, Recompute};
use ops::Stored;
use ops::recompute::recompute;
use ops::rows::rows;

use crate::hooks::Hooks;

/// Of which positions, counted over `(B·T)`, a result is wanted; `None`: of all.
pub(crate) type Asked = Option<Arc<[u32]>>;

/// One block.
#[derive(Module, Debug)]
pub struct Block {
    /// Before attention; after its addition in a post-norm block.
    pub attention_norm: Norm,
    /// Attention.
    pub attention: Attention,
    /// Of what attention gives, in a sandwich.
    pub attention_post_norm: Option<Norm>,
    /// Before the feed-forward block; after its addition in a post-norm block.
    pub feed_forward_norm: Norm,
    /// Feed-forward, where there is no mixture.
    pub feed_forward: Option<FeedForward>,
    /// A mixture of experts.
    pub experts: Option<Experts>,
    /// Of what the feed-forward block gives, in a sandwich.
    pub feed_forward_post_norm: Option<Norm>,
    #[module(skip)]
    arrangement: Arrangement,
    #[module(skip)]
    scale: f32,
    #[module(skip)]
    number: usize,
}

/// The layers of a block.
pub(crate) struct Layers {
    pub attention_norm: Norm,
    pub attention: Attention,
    pub attention_post_norm: Option<Norm>,
    pub feed_forward_norm: Norm,
    pub feed_forward: Option<FeedForward>,
    pub experts: Option<Experts>,
    pub feed_forward_post_norm: Option<Norm>,
}

/// How attention mixes: over what this pass brings, or over a cache.
type Mix<'a> = &'a mut dyn FnMut(&Attention, Tensor<3>) -> Tensor<3>;

/// The halves of a block.
#[derive(Clone, Copy)]
enum Half {
    Attention,
    FeedForward,
}

impl Block {
    /// Block `number` of these layers.
    pub(crate) fn new(spec: &Spec, number: usize, layers: Layers) -> Self {
        let Layers { attention_norm, attention, attention_post_norm, .. } = layers;
        let Layers { feed_forward_norm, feed_forward, experts, feed_forward_post_norm, .. } =
            layers;
        Self {
            attention_norm,
            attention,
            attention_post_norm,
            feed_forward_norm,
            feed_forward,
            experts,
            feed_forward_post_norm,
            arrangement: spec.arrangement,
            scale: spec.scales.residual,
            number,
        }
    }

    /// As the pass wants it: with its activations kept, or some of them made again.
    pub(crate) fn forward_in(&self, x: Tensor<3>, pass: &Pass, asked: Asked) -> Tensor<3> {
        let (again, offload) = (pass.clone(), pass.offload.as_ref());
        match pass.recompute {
            Recompute::Nothing => self.forward(x, pass, &asked),
            Recompute::Blocks => {
                recompute(self, x, offload, move |block: &Self, x| block.forward(x, &again, &asked))
            }
            Recompute::FeedForward if self.arrangement == Arrangement::Parallel => {
                let (a, x) = self.attend(x, pass, &asked, &mut mixed(pass));
                let branch = move |block: &Self, x| block.branch(x, None, &again);
                let added = recompute(self, x, offload, branch);
                a + self.added(added, Half::FeedForward, pass)
            }
            Recompute::FeedForward => {
                let x = self.attend(x, pass, &asked, &mut mixed(pass)).0;
                recompute(self, x, offload, move |block: &Self, x| block.feed(x, &again))
            }
        }
    }

    fn forward(&self, x: Tensor<3>, pass: &Pass, asked: &Asked) -> Tensor<3> {
        self.forward_mixed(x, pass, asked, &mut mixed(pass))
    }

    /// The block, with `mix` in the place of attention's mixing.
    pub(crate) fn forward_mixed(
        &self,
        x: Tensor<3>,
        pass: &Pass,
        asked: &Asked,
        mix: Mix<'_>,
    ) -> Tensor<3> {
        let (a, x) = self.attend(x, pass, asked, mix);
        match self.arrangement {
            Arrangement::Parallel => {
                let branch = |residual| self.branch(x, residual, pass);
                self.add(a, Half::FeedForward, pass, branch)
            }
            _ => self.feed(a, pass),
        }
    }

    /// The first half, of which only what is `asked` about is left, and what went into it.
    fn attend(
        &self,
        x: Tensor<3>,
        pass: &Pass,
        asked: &Asked,
        mix: Mix<'_>,
    ) -> (Tensor<3>, Tensor<3>) {
        let qkv =
            self.attention.project(self.before_attention(x.clone(), pass), pass, pass.stored());
        let z = self.attention.trimmed(mix(&self.attention, qkv)); // (B, T, Hq·value_dim)
        let (z, x) = match asked {
            Some(asked) => (rows(z, asked.clone()), rows(x, asked.clone())),
            None => (z, x),
        };
        let out = |residual| self.attention.out.forward(z, residual, pass, Stored::F32);
        let a = self.add(x.clone(), Half::Attention, pass, out);
        (self.after(a, &self.attention_norm), x)
    }

    /// The second half.
    fn feed(&self, x: Tensor<3>, pass: &Pass) -> Tensor<3> {
        let branch = |residual| self.branch(x.clone(), residual, pass);
        let x = self.add(x.clone(), Half::FeedForward, pass, branch);
        self.after(x, &self.feed_forward_norm)
    }

    /// What the second half adds, before its last norm, added to `residual` if there is one.
    fn branch(&self, x: Tensor<3>, residual: Option<Tensor<3>>, pass: &Pass) -> Tensor<3> {
        let h = match self.arrangement {
            Arrangement::PostNorm => x,
            _ => self.feed_forward_norm.forward(x, pass),
        };
        match (&self.experts, &self.feed_forward) {
            (Some(experts), _) => experts.forward(h, residual, pass),
            (None, Some(feed_forward)) => feed_forward.forward(h, residual, pass),
            (None, None) => unreachable!("a block is built with one of the two"),
        }
    }

    fn before_attention(&self, x: Tensor<3>, pass: &Pass) -> Tensor<3> {
        match self.arrangement {
            Arrangement::PostNorm => x,
            _ => self.attention_norm.forward(x, pass),
        }
    }

    /// The stream with what a half gives, which is thinned by dropout, normalised and multiplied where
    /// the block does so.
    fn add(
        &self,
        x: Tensor<3>,
        half: Half,
        pass: &Pass,
        make: impl FnOnce(Option<Tensor<3>>) -> Tensor<3>,
    ) -> Tensor<3> {
        if self.post_norm(half).is_none() && self.scale == 1.0 && pass.dropout.is_none() {
            return make(Some(x));
        }
        x + self.added(make(None), half, pass)
    }

    fn added(&self, y: Tensor<3>, half: Half, pass: &Pass) -> Tensor<3> {
        // Site 0 is the embedding's.
        let y = pass.dropped(1 + 2 * self.number + half as usize, y);
        let y = match self.post_norm(half) {
            Some(norm) => norm.in_stream(y),
            None => y,
        };
        if self.scale == 1.0 { y } else { y * self.scale }
    }

    fn post_norm(&self, half: Half) -> Option<&Norm> {
        match half {
            Half::Attention => self.attention_post_norm.as_ref(),
            Half::FeedForward => self.feed_forward_post_norm.as_ref(),
        }
    }

    fn after(&self, x: Tensor<3>, norm: &Norm) -> Tensor<3> {
        match self.arrangement {
            Arrangement::PostNorm => norm.in_stream(x),
            _ => x,
        }
    }

    /// With every named activation shown to `hooks`.
    pub(crate) fn forward_open(
        &self,
        x: Tensor<3>,
        pass: &Pass,
        hooks: &mut dyn Hooks,
    ) -> Tensor<3> {
        let x = hooks.at("hook_resid_pre", x);
        let qkv =
            self.attention.project(self.before_attention(x.clone(), pass), pass, pass.stored());
        let z = self.attention.trimmed(self.attention.mix(qkv, pass));
        let z = hooks.at("attn.hook_z", z);
        let out = self.attention.out.forward(z, None, pass, Stored::F32);
        let out = hooks.at("hook_attn_out", self.added(out, Half::Attention, pass));
        let mid = self.after(x.clone() + out, &self.attention_norm);
        let mid = hooks.at("hook_resid_mid", mid);
        let seen = if self.arrangement == Arrangement::Parallel { x } else { mid.clone() };
        let out = self.branch(seen, None, pass);
        let out = hooks.at("hook_mlp_out", self.added(out, Half::FeedForward, pass));
        hooks.at("hook_resid_post", self.after(mid + out, &self.feed_forward_norm))
    }
}

/// Mixing over what the pass brings.
fn mixed(pass: &Pass) -> impl FnMut(&Attention, Tensor<3>) -> Tensor<3> + '_ {
    |attention, qkv| attention.mix(qkv, pass)
}
