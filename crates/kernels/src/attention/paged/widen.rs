//! What numbers a page may hold, each to f32 and back.
//!
//! Half floats and brain floats are rounded to nearest, ties to even. Of `Q8_0`, as of ggml's blocks of that
//! name, 32 neighbours of a head share a scale, a half float, and the greatest of them is 127 times it.

use super::page::{PAGE, TILE};
use crate::for_each_isa;
use half::{bf16, f16};

/// Numbers that share a scale.
pub(super) const SHARED: usize = 32;

/// What numbers a cache of keys and values holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// Four bytes, exact.
    F32,
    /// Two bytes, eleven bits of them digits.
    #[default]
    F16,
    /// Two bytes, eight bits of them digits, the range of f32.
    Bf16,
    /// One byte, and two for each 32 numbers.
    Q8_0,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::F32, Self::F16, Self::Bf16, Self::Q8_0];

    /// Its name: "f16".
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F16 => "f16",
            Self::Bf16 => "bf16",
            Self::Q8_0 => "q8_0",
        }
    }

    /// The kind of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Bytes of a number, without its scale.
    pub(super) fn bytes(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::F16 | Self::Bf16 => 2,
            Self::Q8_0 => 1,
        }
    }

    pub(super) fn is_scaled(self) -> bool {
        self == Self::Q8_0
    }

    /// Writes the key of one lane of a tile `(D, 16)`.
    pub(super) fn put_key(self, tile: &mut [u8], lane: usize, key: &[f32]) {
        self.put(tile, key, key.len() * TILE, |d| d * TILE + lane, |group| group * TILE + lane);
    }

    /// Writes the value of one position.
    pub(super) fn put_value(self, values: &mut [u8], position: usize, value: &[f32]) {
        let width = value.len();
        let scale_at = |group| group * PAGE + position;
        self.put(values, value, width * PAGE, |d| position * width + d, scale_at);
    }

    /// Writes numbers to their places; scales stand behind all `n` of a tile or a head.
    #[inline(always)]
    fn put(
        self,
        out: &mut [u8],
        numbers: &[f32],
        n: usize,
        at: impl Fn(usize) -> usize,
        scale_at: impl Fn(usize) -> usize,
    ) {
        match self {
            Self::F32 => put_each(out, numbers, at, f32::to_le_bytes),
            Self::F16 => put_each(out, numbers, at, |x| f16::from_f32(x).to_le_bytes()),
            Self::Bf16 => put_each(out, numbers, at, |x| bf16::from_f32(x).to_le_bytes()),
            Self::Q8_0 => {
                let (codes, scales) = out.split_at_mut(n);
                for (group, numbers) in numbers.chunks(SHARED).enumerate() {
                    let (scale, inverse) = scale_of(numbers);
                    scales[2 * scale_at(group)..][..2].copy_from_slice(&scale.to_le_bytes());
                    for (i, x) in numbers.iter().enumerate() {
                        let code = (x * inverse).round_ties_even().clamp(-127.0, 127.0) as i8;
                        codes[at(group * SHARED + i)] = code.cast_unsigned();
                    }
                }
            }
        }
    }

    /// A tile of keys: `(D, 16)`.
    pub(super) fn keys(self, tile: &[u8], d: usize, out: &mut [f32]) {
        let out = &mut out[..d * TILE];
        match self {
            Self::Q8_0 => scaled_keys(tile, d, out),
            _ => self.plain(tile, out),
        }
    }

    /// A head's values at as many positions as there is room for: `(n, width)`.
    pub(super) fn values(self, values: &[u8], width: usize, out: &mut [f32]) {
        match self {
            Self::Q8_0 => scaled_values(values, width, out),
            _ => self.plain(values, out),
        }
    }

    fn plain(self, bytes: &[u8], out: &mut [f32]) {
        match self {
            Self::F32 => singles(bytes, out),
            Self::F16 => halves(bytes, out),
            _ => brain_floats(bytes, out),
        }
    }
}

#[inline(always)]
fn put_each<const N: usize>(
    out: &mut [u8],
    numbers: &[f32],
    at: impl Fn(usize) -> usize,
    bytes: impl Fn(f32) -> [u8; N],
) {
    for (i, x) in numbers.iter().enumerate() {
        out[N * at(i)..][..N].copy_from_slice(&bytes(*x));
    }
}

/// The scale of numbers and what they are multiplied by; a number that is not finite makes the scale NaN.
fn scale_of(numbers: &[f32]) -> (f16, f32) {
    let greatest = numbers.iter().fold(0.0_f32, |greatest, x| greatest.max(x.abs()));
    let flaw: f32 = numbers.iter().map(|x| x * 0.0).sum();
    let scale = f16::from_f32(greatest / 127.0 + flaw);
    let wide = scale.to_f32();
    (scale, if wide > 0.0 { 1.0 / wide } else { 0.0 })
}

for_each_isa!(fn singles(bytes: &[u8], out: &mut [f32]) => singles_body);
for_each_isa!(fn brain_floats(bytes: &[u8], out: &mut [f32]) => brain_floats_body);
for_each_isa!(fn scaled_keys(tile: &[u8], d: usize, out: &mut [f32]) => scaled_keys_body);
for_each_isa!(fn scaled_values(values: &[u8], width: usize, out: &mut [f32]) => scaled_values_body);

#[inline(always)]
fn singles_body(bytes: &[u8], out: &mut [f32]) {
    for (out, bytes) in out.iter_mut().zip(bytes.as_chunks().0) {
        *out = f32::from_le_bytes(*bytes);
    }
}

#[inline(always)]
fn brain_floats_body(bytes: &[u8], out: &mut [f32]) {
    for (out, bytes) in out.iter_mut().zip(bytes.as_chunks().0) {
        *out = f32::from_bits(u32::from(u16::from_le_bytes(*bytes)) << 16);
    }
}

#[inline(always)]
fn scaled_keys_body(tile: &[u8], d: usize, out: &mut [f32]) {
    let (codes, scales) = tile.split_at(d * TILE);
    let groups = codes.chunks(SHARED * TILE).zip(out.chunks_mut(SHARED * TILE));
    for ((codes, out), scales) in groups.zip(scales.as_chunks::<{ 2 * TILE }>().0) {
        let mut wide = [0.0; TILE];
        halves(scales, &mut wide);
        let rows = codes.as_chunks::<TILE>().0.iter().zip(out.as_chunks_mut::<TILE>().0);
        for (codes, out) in rows {
            for lane in 0..TILE {
                out[lane] = f32::from(codes[lane].cast_signed()) * wide[lane];
            }
        }
    }
}

#[inline(always)]
fn scaled_values_body(values: &[u8], width: usize, out: &mut [f32]) {
    let (codes, scales) = values.split_at(width * PAGE);
    let (n, groups) = (out.len() / width, width.div_ceil(SHARED));
    let mut wide = [0.0; PAGE];
    for (group, scales) in scales.as_chunks::<{ 2 * PAGE }>().0.iter().take(groups).enumerate() {
        halves(scales, &mut wide);
        let columns = group * SHARED..width.min((group + 1) * SHARED);
        for (row, scale) in wide[..n].iter().enumerate() {
            let codes = &codes[row * width..][columns.clone()];
            let out = &mut out[row * width..][columns.clone()];
            for (out, code) in out.iter_mut().zip(codes) {
                *out = f32::from(code.cast_signed()) * scale;
            }
        }
    }
}

/// Half floats to f32, exactly.
fn halves(bytes: &[u8], out: &mut [f32]) {
    assert!(bytes.len() >= 2 * out.len(), "too few half floats");
    #[cfg(target_arch = "x86_64")]
    {
        use crate::isa::Isa;
        #[expect(unsafe_code, reason = "functions compiled for found instructions")]
        // SAFETY: `Isa::current` has found AVX-512, of which the conversion is a part.
        if Isa::current() >= Isa::Avx512 {
            return unsafe { halves_avx512(bytes, out) };
        }
        #[expect(unsafe_code, reason = "functions compiled for found instructions")]
        // SAFETY: both were found.
        if Isa::current() >= Isa::Avx2 && is_x86_feature_detected!("f16c") {
            return unsafe { halves_f16c(bytes, out) };
        }
    }
    halves_plainly(bytes, out);
}

fn halves_plainly(bytes: &[u8], out: &mut [f32]) {
    for (out, bytes) in out.iter_mut().zip(bytes.as_chunks().0) {
        *out = f16::from_le_bytes(*bytes).to_f32();
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
fn halves_avx512(bytes: &[u8], out: &mut [f32]) {
    use std::arch::x86_64::{_mm256_loadu_si256, _mm512_cvtph_ps, _mm512_storeu_ps};
    let (chunks, rest) = out.as_chunks_mut::<16>();
    let done = chunks.len();
    for (out, bytes) in chunks.iter_mut().zip(bytes.as_chunks::<32>().0) {
        #[expect(unsafe_code, reason = "loads and stores of whole chunks")]
        // SAFETY: 32 bytes are read, sixteen numbers written.
        unsafe {
            let wide = _mm512_cvtph_ps(_mm256_loadu_si256(bytes.as_ptr().cast()));
            _mm512_storeu_ps(out.as_mut_ptr(), wide);
        }
    }
    halves_plainly(&bytes[32 * done..], rest);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,f16c")]
fn halves_f16c(bytes: &[u8], out: &mut [f32]) {
    use std::arch::x86_64::{_mm_loadu_si128, _mm256_cvtph_ps, _mm256_storeu_ps};
    let (chunks, rest) = out.as_chunks_mut::<8>();
    let done = chunks.len();
    for (out, bytes) in chunks.iter_mut().zip(bytes.as_chunks::<16>().0) {
        #[expect(unsafe_code, reason = "loads and stores of whole chunks")]
        // SAFETY: 16 bytes are read, eight numbers written.
        unsafe {
            let wide = _mm256_cvtph_ps(_mm_loadu_si128(bytes.as_ptr().cast()));
            _mm256_storeu_ps(out.as_mut_ptr(), wide);
        }
    }
    halves_plainly(&bytes[16 * done..], rest);
}
