//! One block, in each of its arrangements; see [`arch::Arrangement`].

use std::sync::Arc;

use arch::angles::Angles;
use arch::{Arrangement, Error, Part, Slot, Spec};
use kernels::parallel;
use kernels::quantized::Inputs;

use super::attention::Attention;
use super::cache::New;
use super::feed_forward::Feed;
use super::norm::Norm;
use super::source::Reader;

#[derive(Debug)]
pub(super) struct Block {
    attention_norm: Norm,
    attention: Attention,
    attention_post_norm: Option<Norm>,
    feed_norm: Norm,
    feed: Feed,
    feed_post_norm: Option<Norm>,
    arrangement: Arrangement,
    scale: f32,
    width: usize,
}

impl Block {
    pub(super) fn new(
        spec: &Spec,
        i: usize,
        reader: &Reader<'_>,
        angles: Option<Arc<Angles>>,
    ) -> Result<Self, Error> {
        let norm = |gain, bias| Norm::new(spec, reader, Slot::Block(i, gain), Slot::Block(i, bias));
        let post = |gain, bias| match spec.arrangement {
            Arrangement::Sandwich => norm(gain, bias).map(Some),
            _ => Ok(None),
        };
        let feed_post = (Part::FeedForwardPostNormGain, Part::FeedForwardPostNormBias);
        Ok(Self {
            attention_norm: norm(Part::AttentionNormGain, Part::AttentionNormBias)?,
            attention: Attention::new(spec, i, reader, angles)?,
            attention_post_norm: post(Part::AttentionPostNormGain, Part::AttentionPostNormBias)?,
            feed_norm: norm(Part::FeedForwardNormGain, Part::FeedForwardNormBias)?,
            feed: Feed::new(spec, i, reader)?,
            feed_post_norm: post(feed_post.0, feed_post.1)?,
            arrangement: spec.arrangement,
            scale: spec.scales.residual,
            width: spec.d_model,
        })
    }

    pub(super) fn attention(&self) -> &Attention {
        &self.attention
    }

    /// Some rows of its matrices, by which to know them.
    pub(super) fn some_rows(&self) -> Vec<f32> {
        [self.attention.some_rows(), self.feed.some_rows()].concat()
    }

    pub(super) fn len_bytes(&self) -> usize {
        self.attention.len_bytes() + self.feed.len_bytes()
    }

    /// The stream `(n, D)` of new positions, those of one sequence after the other, which their caches
    /// then hold.
    pub(super) fn forward(&self, x: &mut Vec<f32>, sequences: &mut [New<'_>]) {
        let attended = match self.arrangement {
            Arrangement::PostNorm => self.attention.forward(&Inputs::new(x, self.width), sequences),
            _ => {
                let h = self.attention_norm.of(x);
                self.attention.forward(&Inputs::new(&h, self.width), sequences)
            }
        };
        let attended = after(attended, self.attention_post_norm.as_ref());
        match self.arrangement {
            Arrangement::Parallel => {
                let fed = self.fed(&self.feed_norm.of(x));
                self.add(x, &attended);
                self.add(x, &fed);
            }
            Arrangement::PostNorm => {
                self.add(x, &attended);
                *x = self.attention_norm.of(x);
                let fed = self.fed(x);
                self.add(x, &fed);
                *x = self.feed_norm.of(x);
            }
            Arrangement::PreNorm | Arrangement::Sandwich => {
                self.add(x, &attended);
                let fed = self.fed(&self.feed_norm.of(x));
                self.add(x, &after(fed, self.feed_post_norm.as_ref()));
            }
        }
    }

    fn fed(&self, h: &[f32]) -> Vec<f32> {
        self.feed.forward(&Inputs::new(h, self.width))
    }

    fn add(&self, x: &mut [f32], y: &[f32]) {
        let scale = self.scale;
        parallel::zip_mut(x, y, |x, y| x.iter_mut().zip(y).for_each(|(x, y)| *x += scale * y));
    }
}

fn after(y: Vec<f32>, norm: Option<&Norm>) -> Vec<f32> {
    match norm {
        Some(norm) => norm.of(&y),
        None => y,
    }
}
