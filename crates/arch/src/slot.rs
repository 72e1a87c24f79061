//! The places in a model that hold one tensor each, and their shapes.
//!
//! Projections that are computed together are held together: query, key and value rows in one matrix;
//! gate and up rows in one. Families say which published tensors each is made of.

use crate::spec::{Arrangement, Latent, Norm, Positions, Spec};

/// A place in the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Slot {
    /// `(V, E)`, E the embedding's width, most often D.
    Embedding,
    /// `(offset + T, D)`, learned positions only.
    Positions,
    /// `(D, E)`, where the embedding's width is not D.
    ProjectIn,
    /// Of block `.0`.
    Block(usize, Part),
    /// `(D)`.
    FinalNormGain,
    /// `(D)`.
    FinalNormBias,
    /// `(E, D)`, where the embedding's width is not D.
    ProjectOut,
    /// `(V, E)`, untied models only.
    Head,
}

/// A tensor within a block. Matrices are `(out, in)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each name says which tensor it is")]
pub enum Part {
    /// Before attention; after its addition in a post-norm block.
    AttentionNormGain,
    AttentionNormBias,
    /// `((Hq + 2·Hkv)·head_dim, D)`: query, key, value rows.
    Qkv,
    QkvBias,
    /// `(Rq, D)`: to the vector that queries are made of, where there is one.
    QueryDown,
    /// `(Rq)`.
    LatentQueryNormGain,
    /// `(Hq·head_dim, Rq)`, or `(Hq·head_dim, D)`; of each head the dimensions that turn come first.
    QueryUp,
    /// `(Rkv + turned, D)`: to the vector that keys and values are made of, and to what all keys share.
    KeyValueDown,
    /// `(Rkv)`.
    LatentNormGain,
    /// `(Hq·(head_dim − turned + value_dim), Rkv)`: of each head, the rest of its key, then its value.
    KeyValueUp,
    /// `(head_dim)`: of every query head.
    QueryNormGain,
    /// `(head_dim)`: of every key head.
    KeyNormGain,
    /// `(Hq)`.
    Sinks,
    /// `(D, Hq·value_dim)`; most often values are as wide as keys.
    AttentionOut,
    AttentionOutBias,
    /// Of what attention gives, in a sandwich.
    AttentionPostNormGain,
    AttentionPostNormBias,
    /// Before the feed-forward block; after its addition in a post-norm block.
    FeedForwardNormGain,
    FeedForwardNormBias,
    /// `(F, D)`, or `(2·F, D)` with gate rows first.
    FeedForwardIn,
    FeedForwardInBias,
    /// `(D, F)`.
    FeedForwardOut,
    FeedForwardOutBias,
    /// `(E, D)`, E experts.
    Router,
    RouterBias,
    /// Of one expert, as a feed-forward block's.
    ExpertIn(usize),
    ExpertInBias(usize),
    ExpertOut(usize),
    ExpertOutBias(usize),
    /// Of what the feed-forward block gives, in a sandwich.
    FeedForwardPostNormGain,
    FeedForwardPostNormBias,
}

impl Spec {
    /// Every slot that a model of this spec fills, with its shape, in the order of computation.
    pub fn slots(&self) -> Vec<(Slot, Vec<usize>)> {
        let (d, width) = (self.d_model, self.embedding_width());
        let mut slots = vec![(Slot::Embedding, vec![self.vocab_size, width])];
        if self.positions == Positions::Learned {
            slots.push((Slot::Positions, vec![self.position_offset + self.context, d]));
        }
        if width != d {
            slots.push((Slot::ProjectIn, vec![d, width]));
        }
        let parts = self.block_parts();
        for block in 0..self.n_layers {
            slots.extend(
                parts.iter().map(|(part, shape)| (Slot::Block(block, *part), shape.clone())),
            );
        }
        if self.has_final_norm() {
            slots.push((Slot::FinalNormGain, vec![d]));
            if self.has_norm_bias() {
                slots.push((Slot::FinalNormBias, vec![d]));
            }
        }
        if width != d {
            slots.push((Slot::ProjectOut, vec![width, d]));
        }
        if !self.tied {
            slots.push((Slot::Head, vec![self.vocab_size, width]));
        }
        slots
    }

    /// Whether norms have biases.
    pub fn has_norm_bias(&self) -> bool {
        self.biases.norm && self.norm == Norm::Layer
    }

    /// The tensors of a block.
    pub fn block_parts(&self) -> Vec<(Part, Vec<usize>)> {
        let (d, heads) = (self.d_model, self.n_heads * self.value_dim());
        let (qkv, latent) = (self.qkv_width(), self.attention.latent.is_some());
        let (norm_bias, biases) = (self.has_norm_bias(), self.biases);
        let sandwich = self.arrangement == Arrangement::Sandwich;
        let attention = &self.attention;
        let mut all = vec![
            (true, Part::AttentionNormGain, vec![d]),
            (norm_bias, Part::AttentionNormBias, vec![d]),
            (!latent, Part::Qkv, vec![qkv, d]),
            (!latent && biases.qkv, Part::QkvBias, vec![qkv]),
            (attention.head_norm, Part::QueryNormGain, vec![self.head_dim]),
            (attention.head_norm, Part::KeyNormGain, vec![self.head_dim]),
            (attention.sinks, Part::Sinks, vec![self.n_heads]),
            (true, Part::AttentionOut, vec![d, heads]),
            (biases.out, Part::AttentionOutBias, vec![d]),
            (sandwich, Part::AttentionPostNormGain, vec![d]),
            (sandwich && norm_bias, Part::AttentionPostNormBias, vec![d]),
            (true, Part::FeedForwardNormGain, vec![d]),
            (norm_bias, Part::FeedForwardNormBias, vec![d]),
        ];
        all.splice(4..4, self.latent_parts());
        all.extend(self.feed_forward_parts());
        all.push((sandwich, Part::FeedForwardPostNormGain, vec![d]));
        all.push((sandwich && norm_bias, Part::FeedForwardPostNormBias, vec![d]));
        let present = all.into_iter().filter(|(present, ..)| *present);
        present.map(|(_, part, shape)| (part, shape)).collect()
    }

    fn latent_parts(&self) -> Vec<(bool, Part, Vec<usize>)> {
        let Some(latent) = self.attention.latent else { return Vec::new() };
        let Latent { query_rank, rank, turned, value_dim } = latent;
        let (d, heads) = (self.d_model, self.n_heads);
        let (queries, narrow) = (query_rank.unwrap_or(d), query_rank.is_some());
        vec![
            (narrow, Part::QueryDown, vec![queries, d]),
            (narrow, Part::LatentQueryNormGain, vec![queries]),
            (true, Part::QueryUp, vec![heads * self.head_dim, queries]),
            (true, Part::KeyValueDown, vec![rank + turned, d]),
            (true, Part::LatentNormGain, vec![rank]),
            (true, Part::KeyValueUp, vec![heads * (self.head_dim - turned + value_dim), rank]),
        ]
    }

    fn feed_forward_parts(&self) -> Vec<(bool, Part, Vec<usize>)> {
        let (d, f, f_in, bias) =
            (self.d_model, self.d_ff, self.ff_in_width(), self.biases.feed_forward);
        let Some(experts) = &self.experts else {
            return vec![
                (true, Part::FeedForwardIn, vec![f_in, d]),
                (bias, Part::FeedForwardInBias, vec![f_in]),
                (true, Part::FeedForwardOut, vec![d, f]),
                (bias, Part::FeedForwardOutBias, vec![d]),
            ];
        };
        let mut parts = vec![
            (true, Part::Router, vec![experts.n, d]),
            (experts.router_bias, Part::RouterBias, vec![experts.n]),
        ];
        for e in 0..experts.n {
            parts.extend([
                (true, Part::ExpertIn(e), vec![f_in, d]),
                (bias, Part::ExpertInBias(e), vec![f_in]),
                (true, Part::ExpertOut(e), vec![d, f]),
                (bias, Part::ExpertOutBias(e), vec![d]),
            ]);
        }
        parts
    }
}
