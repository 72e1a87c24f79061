//! Token embeddings, with positions and a multiplier where the model has them.

use std::sync::Arc;

use arch::{Positions, Spec};
use burn::module::{Module, Param};
use burn::tensor::{Tensor, TensorData};
use ops::Stored;

use arch::waves::waves;

use crate::linear::Linear;
use crate::pass::Pass;

/// The layer.
#[derive(Module, Debug)]
pub struct Embedding {
    /// `(V, E)`.
    pub tokens: Param<Tensor<2>>,
    /// `(offset + P, D)`.
    pub positions: Option<Param<Tensor<2>>>,
    /// `(D, E)`, where the embedding is narrower than the stream.
    pub project: Option<Linear>,
    #[module(skip)]
    offset: u32,
    #[module(skip)]
    scale: f32,
    #[module(skip)]
    waves: bool,
}

impl Embedding {
    /// A layer of these tables.
    pub fn new(
        spec: &Spec,
        tokens: Tensor<2>,
        positions: Option<Tensor<2>>,
        project: Option<Linear>,
    ) -> Self {
        Self {
            tokens: Param::from_tensor(tokens),
            positions: positions.map(Param::from_tensor),
            project,
            offset: spec.position_offset as u32,
            scale: spec.scales.embedding,
            waves: spec.positions == Positions::Sinusoidal,
        }
    }

    /// Ids `(B·T)` to `(B, T, D)`; site 0 of dropout.
    pub fn forward(&self, ids: Arc<[u32]>, pass: &Pass) -> Tensor<3> {
        pass.dropped(0, self.whole(ids, pass))
    }

    fn whole(&self, ids: Arc<[u32]>, pass: &Pass) -> Tensor<3> {
        let positions = self.positions.as_ref().map(Param::val);
        // One operation does it all where nothing comes between the two tables.
        if self.project.is_none() && self.scale == 1.0 {
            let x = ops::embedding::embedding(self.tokens.val(), positions, self.at(ids, pass));
            return self.with_waves(x, pass);
        }
        let x = ops::embedding::embedding(self.tokens.val(), None, self.at(ids, pass));
        let x = match &self.project {
            Some(project) => project.forward(x, None, pass, Stored::F32),
            None => x,
        };
        let x = if self.scale == 1.0 { x } else { x * self.scale };
        let x = match positions {
            Some(table) => x + self.rows(table, pass),
            None => x,
        };
        self.with_waves(x, pass)
    }

    /// What positions add to embeddings that come from elsewhere, `(B, T, E)` to `(B, T, D)`.
    pub fn forward_rows(&self, x: Tensor<3>, pass: &Pass) -> Tensor<3> {
        let x = match &self.project {
            Some(project) => project.forward(x, None, pass, Stored::F32),
            None => x,
        };
        let x = match &self.positions {
            Some(table) => x + self.rows(table.val(), pass),
            None => x,
        };
        self.with_waves(x, pass)
    }

    fn at(&self, ids: Arc<[u32]>, pass: &Pass) -> ops::embedding::Tokens {
        let positions = match self.offset {
            0 => pass.positions.clone(),
            offset => pass.positions.iter().map(|p| p + offset).collect(),
        };
        let (batch, context) = (pass.batch, pass.context);
        ops::embedding::Tokens { ids, positions, batch, context }
    }

    fn rows(&self, table: Tensor<2>, pass: &Pass) -> Tensor<3> {
        let ids: Arc<[u32]> = pass.positions.iter().map(|p| p + self.offset).collect();
        ops::embedding::embedding(table, None, self.at(ids, pass))
    }

    fn with_waves(&self, x: Tensor<3>, pass: &Pass) -> Tensor<3> {
        if !self.waves {
            return x;
        }
        let [batch, context, width] = x.dims();
        let values = pass.positions.iter().flat_map(|&p| waves(p, width)).collect::<Vec<f32>>();
        let data = TensorData::new(values, [batch, context, width]);
        let waves = Tensor::<3>::from_data(data, &x.device());
        x + waves
    }
}
