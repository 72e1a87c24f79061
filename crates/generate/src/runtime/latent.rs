//! Latent attention's way to queries, keys and values; see [`arch::Latent`].

use arch::{Error, Latent as Numbers, Part, Slot, Spec};
use kernels::quantized::Inputs;

use super::norm::Norm;
use super::source::Reader;
use super::weight::Weight;

#[derive(Debug)]
pub(super) struct Latent {
    query_down: Option<(Weight, Norm)>,
    query_up: Weight,
    down: Weight,
    norm: Norm,
    up: Weight,
    n_heads: usize,
    head_dim: usize,
    numbers: Numbers,
}

impl Latent {
    pub(super) fn new(
        spec: &Spec,
        numbers: Numbers,
        i: usize,
        reader: &Reader<'_>,
    ) -> Result<Self, Error> {
        let at = |part| Slot::Block(i, part);
        let norm = |part| Ok::<_, Error>(Norm::rms(reader.values(at(part))?, Numbers::NORM_EPS));
        let query_down = match reader.optional_matrix(at(Part::QueryDown))? {
            Some(down) => Some((down, norm(Part::LatentQueryNormGain)?)),
            None => None,
        };
        Ok(Self {
            query_down,
            query_up: reader.matrix(at(Part::QueryUp))?,
            down: reader.matrix(at(Part::KeyValueDown))?,
            norm: norm(Part::LatentNormGain)?,
            up: reader.matrix(at(Part::KeyValueUp))?,
            n_heads: spec.n_heads,
            head_dim: spec.head_dim,
            numbers,
        })
    }

    /// The matrix that makes keys and values.
    pub(super) fn up(&self) -> &Weight {
        &self.up
    }

    pub(super) fn len_bytes(&self) -> usize {
        let narrow = self.query_down.as_ref().map_or(0, |(down, _)| down.len_bytes());
        let rest = [&self.query_up, &self.down, &self.up].map(Weight::len_bytes);
        narrow + rest.iter().sum::<usize>()
    }

    /// `(n, D)` to `(n, 3·Hq·head_dim)`.
    pub(super) fn of(&self, x: &Inputs<'_>) -> Vec<f32> {
        let Numbers { rank, turned, value_dim, .. } = self.numbers;
        let queries = match &self.query_down {
            None => self.query_up.of(x),
            Some((down, norm)) => {
                let narrow = norm.of(&down.of(x));
                self.query_up.of(&Inputs::new(&narrow, down.n()))
            }
        };
        let both = self.down.of(x); // (n, Rkv + turned)
        let rows = both.chunks_exact(rank + turned);
        let latent: Vec<f32> = rows.clone().flat_map(|row| &row[..rank]).copied().collect();
        let up = self.up.of(&Inputs::new(&self.norm.of(&latent), rank));
        let (heads, width) = (self.n_heads, self.head_dim);
        let (rest, of_head) = (width - turned, width - turned + value_dim);
        let mut qkv = vec![0.0; x.rows() * 3 * heads * width];
        let queries = queries.chunks_exact(heads * width);
        let up = up.chunks_exact(heads * of_head);
        for (qkv, ((q, shared), up)) in
            qkv.chunks_exact_mut(3 * heads * width).zip(queries.zip(rows).zip(up))
        {
            let (own, both) = qkv.split_at_mut(heads * width);
            own.copy_from_slice(q);
            let (keys, values) = both.split_at_mut(heads * width);
            let keys = keys.chunks_exact_mut(width).zip(values.chunks_exact_mut(width));
            for ((key, value), up) in keys.zip(up.chunks_exact(of_head)) {
                key[..turned].copy_from_slice(&shared[rank..]);
                key[turned..].copy_from_slice(&up[..rest]);
                value[..value_dim].copy_from_slice(&up[rest..]);
            }
        }
        qkv
    }
}
