//! Named tensors, wherever they come from: a file on disk or a model that is being trained.

use crate::Error;

/// A dense tensor in row-major order.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// Its dimensions, outermost first.
    pub shape: Vec<usize>,
    /// `shape.iter().product()` values.
    pub values: Vec<f32>,
}

impl Tensor {
    /// A tensor of `shape`.
    ///
    /// # Errors
    /// [`Error::Shape`] if the number of values is not the shape's.
    pub fn new(shape: Vec<usize>, values: Vec<f32>) -> Result<Self, Error> {
        let expected: usize = shape.iter().product();
        if expected != values.len() {
            return Err(Error::Shape(format!(
                "shape {shape:?} needs {expected} values, {} were given",
                values.len()
            )));
        }
        Ok(Self { shape, values })
    }

    /// Rows `from..to` of a matrix, as a matrix.
    pub fn rows(&self, from: usize, to: usize) -> Self {
        let width: usize = self.shape[1..].iter().product();
        let mut shape = self.shape.clone();
        shape[0] = to - from;
        Self { shape, values: self.values[from * width..to * width].to_vec() }
    }

    /// Matrices (or vectors) one below the other.
    pub fn stack(parts: &[Self]) -> Self {
        let mut shape = parts.first().map_or_else(|| vec![0], |p| p.shape.clone());
        shape[0] = parts.iter().map(|p| p.shape[0]).sum();
        Self { shape, values: parts.iter().flat_map(|p| p.values.iter().copied()).collect() }
    }

    /// `(rows, columns)` to `(columns, rows)`.
    pub fn transposed(&self) -> Self {
        let (rows, columns) = (self.shape[0], self.shape[1]);
        let values = (0..columns)
            .flat_map(|c| (0..rows).map(move |r| self.values[r * columns + c]))
            .collect();
        Self { shape: vec![columns, rows], values }
    }
}

/// Where weights come from. Names are those of the family's published files.
pub trait WeightSource {
    /// The tensor called `name`.
    ///
    /// # Errors
    /// [`Error::MissingTensor`] or [`Error::Read`].
    fn tensor(&self, name: &str) -> Result<Tensor, Error>;

    /// Its shape; `None` if there is no such tensor.
    fn shape(&self, name: &str) -> Option<Vec<usize>>;

    /// Every name there is.
    fn names(&self) -> Vec<String>;

    /// Whether there is a tensor called `name`.
    fn has(&self, name: &str) -> bool {
        self.shape(name).is_some()
    }

    /// Place `index` along the first dimension of the tensor called `name`. A source that can read less
    /// than the whole tensor for it should.
    ///
    /// # Errors
    /// As [`WeightSource::tensor`].
    fn place(&self, name: &str, index: usize) -> Result<Tensor, Error> {
        let mut place = self.tensor(name)?.rows(index, index + 1);
        place.shape.remove(0);
        Ok(place)
    }
}

impl WeightSource for std::collections::BTreeMap<String, Tensor> {
    fn tensor(&self, name: &str) -> Result<Tensor, Error> {
        self.get(name).cloned().ok_or_else(|| Error::MissingTensor { name: name.to_string() })
    }

    fn shape(&self, name: &str) -> Option<Vec<usize>> {
        self.get(name).map(|tensor| tensor.shape.clone())
    }

    fn names(&self) -> Vec<String> {
        self.keys().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stack_back_and_transposition_undoes_itself() {
        let t = Tensor::new(vec![3, 2], vec![1., 2., 3., 4., 5., 6.]).unwrap();
        assert_eq!(Tensor::stack(&[t.rows(0, 1), t.rows(1, 3)]), t);
        assert_eq!(t.transposed().values, [1., 3., 5., 2., 4., 6.]);
        assert_eq!(t.transposed().transposed(), t);
        assert!(Tensor::new(vec![2, 2], vec![0.0; 3]).is_err());
    }
}
