//! A matrix in the types that its rows are stored in, and products with it.

use arch::{Slot, Stored};
use formats::ggml::Kind;
use kernels::element::Values;
use kernels::gemm::{Gemm, Operand, Precision};
use kernels::half_matrix::{Form, HalfMatrix};
use kernels::quantized::{self, Inputs, Matrix, products};

use super::adapter::Adapters;
use super::watch::Seat;

/// `(n, k)`, and what is added to a product.
#[derive(Debug)]
pub(super) struct Weight {
    /// Top to bottom.
    parts: Vec<Part>,
    n: usize,
    k: usize,
    bias: Option<Vec<f32>>,
    /// Which matrix it is, and of which model.
    around: Option<(Slot, Around)>,
}

/// What all matrices of a model share: who watches them, and what is added to their products.
#[derive(Clone, Debug, Default)]
pub(super) struct Around {
    pub(super) seat: Seat,
    pub(super) adapters: Adapters,
}

/// Rows of one type.
#[derive(Debug)]
enum Part {
    Blocks(Matrix),
    Half(HalfMatrix),
    Whole(Vec<f32>),
}

impl Weight {
    /// Lays out rows of `k` numbers; neighbouring runs of a type become one matrix.
    pub(super) fn new(stored: Vec<Stored<'_>>, k: usize) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut runs: Vec<(&str, Vec<&[u8]>)> = Vec::new();
        for stored in stored {
            match stored {
                Stored::Values(tensor) if tensor.shape.len() == 2 && tensor.shape[1] == k => {
                    parts.extend(runs.drain(..).map(|(kind, rows)| Part::new(kind, &rows, k)));
                    parts.push(Ok(Part::Whole(tensor.values)));
                }
                Stored::Values(tensor) => return Err(format!("it has shape {:?}", tensor.shape)),
                Stored::Rows { kind, rows } => match runs.last_mut() {
                    Some((last, all)) if *last == kind => all.extend(rows),
                    _ => runs.push((kind, rows)),
                },
            }
        }
        parts.extend(runs.into_iter().map(|(kind, rows)| Part::new(kind, &rows, k)));
        let parts = parts.into_iter().collect::<Result<Vec<_>, _>>()?;
        Ok(Self { n: parts.iter().map(|part| part.n(k)).sum(), parts, k, bias: None, around: None })
    }

    pub(super) fn with_bias(self, bias: Option<Vec<f32>>) -> Self {
        Self { bias, ..self }
    }

    /// As the matrix of a model's slot.
    pub(super) fn within(self, slot: Slot, around: Around) -> Self {
        Self { around: Some((slot, around)), ..self }
    }

    /// Rows, which are columns of a product.
    pub(super) fn n(&self) -> usize {
        self.n
    }

    /// Numbers of a row.
    pub(super) fn k(&self) -> usize {
        self.k
    }

    /// Bytes that the matrix takes.
    pub(super) fn len_bytes(&self) -> usize {
        self.parts.iter().map(Part::len_bytes).sum()
    }

    /// Whether all of it is quantized blocks.
    pub(super) fn is_blocks(&self) -> bool {
        self.parts.iter().all(|part| part.blocks().is_some())
    }

    /// The numbers of a row.
    pub(super) fn row(&self, mut i: usize, out: &mut [f32]) {
        for part in &self.parts {
            let n = part.n(self.k);
            if i < n {
                return part.row(i, out);
            }
            i -= n;
        }
        unreachable!("rows are checked against the vocabulary");
    }

    /// Its first row, by which to know it.
    pub(super) fn first_row(&self) -> Vec<f32> {
        let mut row = vec![0.0; self.k];
        self.row(0, &mut row);
        row
    }

    /// `x (rows, k)` to `(rows, n)`.
    pub(super) fn of(&self, x: &Inputs<'_>) -> Vec<f32> {
        if let Some((slot, around)) = &self.around {
            around.seat.inputs(*slot, x.values(), x.k());
        }
        let mut out = kernels::fresh::for_overwrite(x.rows() * self.n);
        let blocks: Option<Vec<&Matrix>> = self.parts.iter().map(Part::blocks).collect();
        match (&self.parts[..], blocks) {
            (_, Some(blocks)) => products(x, &blocks, &mut out),
            ([part], None) => part.product(x, &mut out),
            (parts, None) => {
                let mut from = 0;
                for part in parts {
                    let n = part.n(self.k);
                    let mut own = vec![0.0; x.rows() * n];
                    part.product(x, &mut own);
                    for (out, own) in out.chunks_exact_mut(self.n).zip(own.chunks_exact(n)) {
                        out[from..from + n].copy_from_slice(own);
                    }
                    from += n;
                }
            }
        }
        if let Some((slot, around)) = &self.around {
            around.adapters.add(*slot, x.values(), x.k(), &mut out);
        }
        if let Some(bias) = &self.bias {
            for row in out.chunks_exact_mut(self.n) {
                row.iter_mut().zip(bias).for_each(|(y, b)| *y += b);
            }
        }
        out
    }
}

impl Part {
    fn new(kind: &str, rows: &[&[u8]], k: usize) -> Result<Self, String> {
        let kind = Kind::named(kind)?;
        let whole = kind.len_bytes(k).filter(|&bytes| rows.iter().all(|row| row.len() == bytes));
        whole.ok_or_else(|| format!("its rows are no {k} numbers of type {}", kind.name))?;
        let half = |form| Self::Half(HalfMatrix::new(form, rows.len(), k, |i| rows[i]));
        Ok(match (quantized::Kind::named(kind.name), kind.name) {
            (Some(own), _) => Self::Blocks(Matrix::new(own, rows.len(), k, |i| rows[i])),
            (None, "BF16") => half(Form::Bf16),
            (None, "F16") => half(Form::F16),
            (None, _) => Self::Whole(rows.iter().flat_map(|row| kind.f32(row)).collect()),
        })
    }

    fn n(&self, k: usize) -> usize {
        match self {
            Self::Blocks(matrix) => matrix.n(),
            Self::Half(matrix) => matrix.n(),
            Self::Whole(values) => values.len() / k,
        }
    }

    fn len_bytes(&self) -> usize {
        match self {
            Self::Blocks(matrix) => matrix.len_bytes(),
            Self::Half(matrix) => matrix.len_bytes(),
            Self::Whole(values) => size_of_val(&values[..]),
        }
    }

    fn blocks(&self) -> Option<&Matrix> {
        match self {
            Self::Blocks(matrix) => Some(matrix),
            Self::Half(_) | Self::Whole(_) => None,
        }
    }

    fn row(&self, i: usize, out: &mut [f32]) {
        let k = out.len();
        match self {
            Self::Blocks(matrix) => matrix.row(i, out),
            Self::Half(matrix) => matrix.row(i, out),
            Self::Whole(values) => out.copy_from_slice(&values[i * k..][..k]),
        }
    }

    fn product(&self, x: &Inputs<'_>, out: &mut [f32]) {
        let values = match self {
            Self::Blocks(matrix) => return products(x, &[matrix], out),
            Self::Half(matrix) => return matrix.product(x.values(), out),
            Self::Whole(values) => Values::F32(values),
        };
        let (precision, k) = (Precision::F32, x.k());
        let (a, b) = (Operand::rows(Values::F32(x.values()), k), Operand::transposed(values, k));
        Gemm { precision, m: x.rows(), n: self.n(k), k, a, b }.run(out);
    }
}

#[cfg(test)]
mod tests {
    use arch::Tensor;

    use super::*;

    fn blocks(kind: Kind, n: usize, k: usize) -> Vec<Vec<u8>> {
        let mut x = 5_u32;
        let mut next = || {
            x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            // No half-precision scale of such bytes is infinite.
            (x >> 24) as u8 & 0x3f | 0x04
        };
        let bytes = kind.len_bytes(k).unwrap();
        (0..n).map(|_| (0..bytes).map(|_| next()).collect()).collect()
    }

    #[test]
    fn rows_of_every_type_are_what_the_file_says() {
        for kind in Kind::ALL {
            let (n, k) = (19, 512);
            let blocks = blocks(*kind, n, k);
            let rows = blocks.iter().map(Vec::as_slice).collect();
            let weight = Weight::new(vec![Stored::Rows { kind: kind.name, rows }], k).unwrap();
            let mut row = vec![0.0; k];
            for (i, blocks) in blocks.iter().enumerate() {
                weight.row(i, &mut row);
                let told = kind.f32(blocks);
                // Of offsets the scale's product is added, not subtracted: the same number.
                assert!(row.iter().zip(&told).all(|(a, b)| a == b), "{}", kind.name);
            }
        }
    }

    /// Within a thousandth; TQ1_0's numbers of base 3 take two bits, and numbers of other sizes are widened.
    #[test]
    fn a_matrix_takes_what_its_file_does() {
        for kind in Kind::ALL.iter().filter(|kind| !matches!(kind.name, "I8" | "I16" | "F64")) {
            let (n, k) = (32, 2048);
            let blocks = blocks(*kind, n, k);
            let rows = blocks.iter().map(Vec::as_slice).collect();
            let weight = Weight::new(vec![Stored::Rows { kind: kind.name, rows }], k).unwrap();
            let bytes: usize = blocks.iter().map(Vec::len).sum();
            let told = if kind.name == "TQ1_0" { bytes / 54 * 66 } else { bytes };
            assert!(weight.len_bytes() * 1000 <= told * 1001, "{}", kind.name);
        }
    }

    #[test]
    fn parts_of_several_types_stand_side_by_side() {
        let (k, n) = (256, 40);
        let kinds = ["Q4_K", "Q6_K", "BF16", "Q6_K"]
            .map(|name| *Kind::ALL.iter().find(|kind| kind.name == name).unwrap());
        let all: Vec<Vec<Vec<u8>>> = kinds.iter().map(|kind| blocks(*kind, n, k)).collect();
        let runs = kinds.iter().zip(&all);
        let runs = runs.map(|(kind, blocks)| Stored::Rows {
            kind: kind.name,
            rows: blocks.iter().map(Vec::as_slice).collect(),
        });
        let weight = Weight::new(runs.collect(), k).unwrap().with_bias(Some(vec![0.5; 4 * n]));
        let x: Vec<f32> = (0..2 * k).map(|i| (i * 37 % 101) as f32 / 50.0 - 1.0).collect();
        let got = weight.of(&Inputs::new(&x, k));
        let mut row = vec![0.0; k];
        for (x, got) in x.chunks_exact(k).zip(got.chunks_exact(4 * n)) {
            for (i, got) in got.iter().enumerate() {
                weight.row(i, &mut row);
                let exact: f32 = row.iter().zip(x).map(|(w, x)| w * x).sum::<f32>() + 0.5;
                let size: f32 = row.iter().map(|w| w * w).sum::<f32>().sqrt();
                assert!((got - exact).abs() < 0.02 * size, "{i}: {got} for {exact}");
            }
        }
    }

    #[test]
    fn rows_of_another_length_are_refused() {
        let stored = vec![Stored::Rows { kind: "Q8_0", rows: vec![&[0; 34]] }];
        assert!(Weight::new(stored, 64).unwrap_err().contains("no 64 numbers of type Q8_0"));
        let tensor = Tensor::new(vec![2, 3], vec![0.0; 6]).unwrap();
        assert!(Weight::new(vec![Stored::Values(tensor)], 64).unwrap_err().contains("[2, 3]"));
    }
}
