//! The two number types that activations are held in: `f32` and `bf16`.

pub use half::bf16;

/// A stored number. All arithmetic is in `f32`.
pub trait Element: Copy + Send + Sync + Default + std::fmt::Debug + 'static {
    /// Exact.
    fn to_f32(self) -> f32;
    /// Rounded to nearest, ties to even.
    fn from_f32(value: f32) -> Self;
    /// Which of the two these are.
    fn values(slice: &[Self]) -> Values<'_>;
}

/// Stored numbers of either type.
#[derive(Clone, Copy, Debug)]
pub enum Values<'a> {
    /// Single precision.
    F32(&'a [f32]),
    /// Brain floats.
    Bf16(&'a [bf16]),
}

impl Values<'_> {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many.
    pub fn len(&self) -> usize {
        match self {
            Self::F32(v) => v.len(),
            Self::Bf16(v) => v.len(),
        }
    }

    /// One of them.
    pub fn get(&self, i: usize) -> f32 {
        match self {
            Self::F32(v) => v[i],
            Self::Bf16(v) => v[i].to_f32(),
        }
    }
}

impl Element for f32 {
    #[inline(always)]
    fn to_f32(self) -> f32 {
        self
    }

    #[inline(always)]
    fn from_f32(value: f32) -> Self {
        value
    }

    fn values(slice: &[Self]) -> Values<'_> {
        Values::F32(slice)
    }
}

impl Element for bf16 {
    #[inline(always)]
    fn to_f32(self) -> f32 {
        f32::from_bits(u32::from(self.to_bits()) << 16)
    }

    /// Branchless, so that it becomes vector instructions; a NaN stays one (its quiet bit is kept
    /// by the select).
    #[inline(always)]
    fn from_f32(value: f32) -> Self {
        let bits = value.to_bits();
        let rounded = (bits.wrapping_add(0x7fff + ((bits >> 16) & 1)) >> 16) as u16;
        let nan = (bits >> 16) as u16 | 0x40;
        Self::from_bits(if value.is_nan() { nan } else { rounded })
    }

    fn values(slice: &[Self]) -> Values<'_> {
        Values::Bf16(slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_is_that_of_half() {
        let values = [0.0, -0.0, 1.0, 1.003_906_3, 1.011_718_8, 3.4e38, 1e-40, f32::INFINITY];
        for v in values.into_iter().chain(values.map(|v| -v)) {
            assert_eq!(
                <bf16 as Element>::from_f32(v).to_bits(),
                bf16::from_f32(v).to_bits(),
                "{v}"
            );
        }
        assert!(<bf16 as Element>::from_f32(f32::NAN).is_nan());
    }
}
