//! The vector code of the bf16 tile. Every function needs AVX-512 F, BW, VL and BF16, which the
//! dispatcher has found before it takes this tile.
#![expect(unsafe_code, reason = "intrinsics over raw pointers; lengths are asserted at each entry")]

use std::any::TypeId;
use std::arch::x86_64::*;
use std::mem::MaybeUninit;

use super::{Left, Operand, Panel, Target, Values};
use crate::element::{Element, bf16};

/// The product of the tile.
///
/// # Safety
/// Needs AVX512-BF16, `16·V·depth` words at `b`, a height from 1 to `R`, a width of at most `16·V`, as
/// many rows of `a` as the target is high, and at `c`, as in the target's slices, what the target spans.
/// A target that is turned needs eight rows.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512bf16")]
pub(super) unsafe fn multiply<O: Element, const R: usize, const V: usize>(
    depth: usize,
    a: Left<'_>,
    b: *const u32,
    c: *mut O,
    target: &Target<'_>,
) {
    // SAFETY: the caller gives the lengths.
    unsafe {
        match a {
            Left::Packed(a) => {
                let a = a.as_ptr();
                tile::<O, R, V>(depth, |i, d| *a.add(R * d + i) as i32, b, c, target);
            }
            Left::Rows(a) => {
                // Below the last row it is read again, and what comes of it is not written.
                let row = |i: usize| a.values.as_ptr().add(i.min(target.height - 1) * a.stride);
                let rows: [*const i32; R] = std::array::from_fn(|i| row(i).cast());
                tile::<O, R, V>(depth, |i, d| rows[i].add(d).read_unaligned(), b, c, target);
            }
        }
    }
}

/// # Safety
/// As [`multiply`]; `a(i, d)` is word `d` of row `i`.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512bf16")]
unsafe fn tile<O: Element, const R: usize, const V: usize>(
    depth: usize,
    a: impl Fn(usize, usize) -> i32,
    b: *const u32,
    c: *mut O,
    target: &Target<'_>,
) {
    let whole = target.height == R && target.width == 16 * V && !target.turned;
    // Sums that C holds are gone on from like those of an earlier part of k.
    let is_exact = !is_bf16::<O>() && !target.turned;
    let goes_on = is_exact && target.accumulate && target.begun.is_none();
    let target = &Target { accumulate: target.accumulate && !goes_on, ..*target };
    let mut sums = [[_mm512_setzero_ps(); V]; R];
    // SAFETY: the caller gives the lengths; a prefetch beyond them is no access.
    unsafe {
        if let Some(begun) = target.begun {
            load(&mut sums, begun.as_ptr(), 16 * V, R, 16 * V);
        } else if goes_on {
            load(&mut sums, c.cast_const().cast(), target.stride, target.height, target.width);
        }
        if !goes_on && !target.turned {
            // The lines that are written in the end are there by then.
            for i in 0..R {
                let row: *const i8 = c.wrapping_add(i * target.stride).cast_const().cast();
                for line in 0..(16 * V * size_of::<O>()).div_ceil(64) {
                    _mm_prefetch::<_MM_HINT_T0>(row.wrapping_add(64 * line));
                }
            }
        }
        for d in 0..depth {
            let b = b.add(16 * V * d);
            let b: [__m512bh; V] = std::array::from_fn(|j| {
                _mm_prefetch::<_MM_HINT_T0>(b.wrapping_add(16 * (8 * V + j)).cast());
                as_pairs(_mm512_loadu_si512(b.add(16 * j).cast()))
            });
            for (i, sum) in sums.iter_mut().enumerate() {
                let a = as_pairs(_mm512_set1_epi32(a(i, d)));
                for j in 0..V {
                    sum[j] = _mm512_dpbf16_ps(sum[j], a, b[j]);
                }
            }
        }
        if whole && target.adds_nothing() {
            for (i, sums) in sums.iter().enumerate() {
                for (j, sum) in sums.iter().enumerate() {
                    store(*sum, c.add(i * target.stride + 16 * j));
                }
            }
            return;
        }
        // A copy, store by store: sums whose address is taken would live in memory all through the loop.
        let mut copy = MaybeUninit::<Sums<R, V>>::uninit();
        let to: *mut f32 = copy.as_mut_ptr().cast();
        for (i, sums) in sums.iter().enumerate() {
            for (j, sum) in sums.iter().enumerate() {
                _mm512_store_ps(to.add(16 * (V * i + j)), *sum);
            }
        }
        let copy = copy.assume_init_ref();
        match target.turned {
            false if whole => write::<O, R, V, true>(copy, c, target),
            false => write::<O, R, V, false>(copy, c, target),
            true if target.height == R && target.width == 16 * V => {
                write_turned::<O, R, V, true>(copy, c, target);
            }
            true => write_turned::<O, R, V, false>(copy, c, target),
        }
    }
}

/// The first lanes of some registers of `V` a row of the tile: as many as the tile's `width` has.
#[inline(always)]
fn masks<const V: usize>(width: usize) -> [__mmask16; V] {
    std::array::from_fn(|j| match width.saturating_sub(16 * j) {
        n if n >= 16 => u16::MAX,
        n => (1 << n) - 1,
    })
}

/// Sums to go on from: `height` rows of `width`, `stride` apart.
///
/// # Safety
/// Needs AVX-512; the rows must be there.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512bf16")]
unsafe fn load<const R: usize, const V: usize>(
    sums: &mut [[__m512; V]; R],
    from: *const f32,
    stride: usize,
    height: usize,
    width: usize,
) {
    let masks = masks::<V>(width);
    for (i, sum) in sums.iter_mut().enumerate() {
        let masks = if i < height { masks } else { [0; V] };
        for (j, sum) in sum.iter_mut().enumerate() {
            // SAFETY: masked lanes are not read.
            *sum =
                unsafe { _mm512_maskz_loadu_ps(masks[j], from.wrapping_add(i * stride + 16 * j)) };
        }
    }
}

/// The sums of a tile in memory.
#[repr(align(64))]
struct Sums<const R: usize, const V: usize>([[[f32; 16]; V]; R]);

impl<const R: usize, const V: usize> Sums<R, V> {
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn at(&self, row: usize, register: usize) -> __m512 {
        // SAFETY: sixteen numbers, at a multiple of their size.
        unsafe { _mm512_load_ps(self.0[row][register].as_ptr()) }
    }
}

/// Whether C is brain floats; f32 otherwise.
#[inline(always)]
fn is_bf16<O: Element>() -> bool {
    let is_bf16 = TypeId::of::<O>() == TypeId::of::<bf16>();
    assert!(is_bf16 || TypeId::of::<O>() == TypeId::of::<f32>(), "bf16 tile: C is f32 or bf16");
    is_bf16
}

/// Writes sixteen sums.
///
/// # Safety
/// As [`multiply`]; there must be room for them.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512bf16")]
unsafe fn store<O: Element>(sum: __m512, to: *mut O) {
    // SAFETY: the caller's promise.
    unsafe {
        match is_bf16::<O>() {
            true => _mm256_storeu_si256(to.cast(), halves(_mm512_cvtneps_pbh(sum))),
            false => _mm512_storeu_ps(to.cast(), sum),
        }
    }
}

/// Writes sums to `c` with what the target adds; `WHOLE` tiles need no masks.
///
/// # Safety
/// As [`multiply`].
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512bf16")]
unsafe fn write<O: Element, const R: usize, const V: usize, const WHOLE: bool>(
    sums: &Sums<R, V>,
    c: *mut O,
    target: &Target<'_>,
) {
    let is_bf16 = is_bf16::<O>();
    let masks = if WHOLE { [u16::MAX; V] } else { masks::<V>(target.width) };
    // SAFETY: masked lanes are neither read nor written; the others lie within the target.
    unsafe {
        let mut bias = [_mm512_setzero_ps(); V];
        if let Some(from) = target.bias {
            for j in 0..V {
                bias[j] = _mm512_maskz_loadu_ps(masks[j], from.as_ptr().wrapping_add(16 * j));
            }
        }
        let rows = if WHOLE { R } else { target.height };
        for i in 0..rows {
            for j in 0..V {
                let at = i * target.stride + 16 * j;
                let mut sum = _mm512_add_ps(sums.at(i, j), bias[j]);
                if let Some(from) = target.residual {
                    let from = from.as_ptr().wrapping_add(at);
                    sum = _mm512_add_ps(sum, _mm512_maskz_loadu_ps(masks[j], from));
                }
                let to = c.wrapping_add(at);
                if is_bf16 {
                    if target.accumulate {
                        let held = _mm256_maskz_loadu_epi16(masks[j], to.cast());
                        let held = _mm512_slli_epi32::<16>(_mm512_cvtepu16_epi32(held));
                        sum = _mm512_add_ps(sum, _mm512_castsi512_ps(held));
                    }
                    let rounded = halves(_mm512_cvtneps_pbh(sum));
                    match WHOLE {
                        true => _mm256_storeu_si256(to.cast(), rounded),
                        false => _mm256_mask_storeu_epi16(to.cast(), masks[j], rounded),
                    }
                } else {
                    if target.accumulate {
                        sum = _mm512_add_ps(sum, _mm512_maskz_loadu_ps(masks[j], to.cast()));
                    }
                    match WHOLE {
                        true => _mm512_storeu_ps(to.cast(), sum),
                        false => _mm512_mask_storeu_ps(to.cast(), masks[j], sum),
                    }
                }
            }
        }
    }
}

/// As [`write`], a column of the tile to each row of `c`.
///
/// # Safety
/// As [`multiply`].
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512bf16")]
unsafe fn write_turned<O: Element, const R: usize, const V: usize, const WHOLE: bool>(
    sums: &Sums<R, V>,
    c: *mut O,
    target: &Target<'_>,
) {
    let is_bf16 = is_bf16::<O>();
    let mask: __mmask8 = if WHOLE { u8::MAX } else { u8::MAX >> (8 - target.height) };
    // SAFETY: masked lanes are neither read nor written; the others lie within the target.
    unsafe {
        let bias = match target.bias {
            Some(from) => _mm256_maskz_loadu_ps(mask, from.as_ptr()),
            None => _mm256_setzero_ps(),
        };
        for first in (0..V).map(|j| 16 * j) {
            let columns = columns(std::array::from_fn(|i| sums.at(i, first / 16)));
            for (i, column) in columns.into_iter().enumerate() {
                if !WHOLE && first + i >= target.width {
                    return;
                }
                let at = (first + i) * target.stride;
                let mut sum = _mm256_add_ps(column, bias);
                if let Some(from) = target.residual {
                    let from = from.as_ptr().wrapping_add(at);
                    sum = _mm256_add_ps(sum, _mm256_maskz_loadu_ps(mask, from));
                }
                let to = c.wrapping_add(at);
                if is_bf16 {
                    if target.accumulate {
                        let held = _mm_maskz_loadu_epi16(mask, to.cast());
                        let held = _mm256_slli_epi32::<16>(_mm256_cvtepu16_epi32(held));
                        sum = _mm256_add_ps(sum, _mm256_castsi256_ps(held));
                    }
                    let rounded = quarters(_mm256_cvtneps_pbh(sum));
                    match WHOLE {
                        true => _mm_storeu_si128(to.cast(), rounded),
                        false => _mm_mask_storeu_epi16(to.cast(), mask, rounded),
                    }
                } else {
                    if target.accumulate {
                        sum = _mm256_add_ps(sum, _mm256_maskz_loadu_ps(mask, to.cast()));
                    }
                    match WHOLE {
                        true => _mm256_storeu_ps(to.cast(), sum),
                        false => _mm256_mask_storeu_ps(to.cast(), mask, sum),
                    }
                }
            }
        }
    }
}

/// The sixteen columns of eight rows: pairs of rows, pairs of pairs, then the two halves of a
/// column, which lie in the same 128-bit lane of two registers.
#[inline]
#[target_feature(enable = "avx512f,avx512vl")]
fn columns(rows: [__m512; 8]) -> [__m256; 16] {
    let lanes = |rows: [__m512; 4]| {
        let [a, b, c, d] = rows;
        let (low, high) = (_mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b));
        let (low_2, high_2) = (_mm512_unpacklo_ps(c, d), _mm512_unpackhi_ps(c, d));
        let [low, high, low_2, high_2] = [low, high, low_2, high_2].map(|r| _mm512_castps_pd(r));
        [
            _mm512_unpacklo_pd(low, low_2),
            _mm512_unpackhi_pd(low, low_2),
            _mm512_unpacklo_pd(high, high_2),
            _mm512_unpackhi_pd(high, high_2),
        ]
    };
    let [a, b, c, d, e, f, g, h] = rows;
    let (above, below) = (lanes([a, b, c, d]), lanes([e, f, g, h]));
    let front = _mm512_setr_epi64(0, 1, 8, 9, 2, 3, 10, 11);
    let back = _mm512_setr_epi64(4, 5, 12, 13, 6, 7, 14, 15);
    let mut columns = [_mm256_setzero_ps(); 16];
    for i in 0..4 {
        for (half, order) in [front, back].into_iter().enumerate() {
            let two = _mm512_permutex2var_pd(above[i], order, below[i]);
            columns[8 * half + i] = _mm256_castpd_ps(_mm512_castpd512_pd256(two));
            columns[8 * half + 4 + i] = _mm256_castpd_ps(_mm512_extractf64x4_pd::<1>(two));
        }
    }
    columns
}

/// The same bits seen as eight numbers of two bytes.
#[inline(always)]
fn quarters(numbers: __m128bh) -> __m128i {
    // SAFETY: both are 16 bytes of plain data.
    unsafe { std::mem::transmute(numbers) }
}

/// The same bits seen as sixteen numbers of two bytes.
#[inline(always)]
fn halves(numbers: __m256bh) -> __m256i {
    // SAFETY: both are 32 bytes of plain data.
    unsafe { std::mem::transmute(numbers) }
}

/// The same bits seen as bf16 pairs.
#[inline(always)]
pub(crate) fn as_pairs(words: __m512i) -> __m512bh {
    // SAFETY: both are 64 bytes of plain data.
    unsafe { std::mem::transmute(words) }
}

/// The same bits seen as words.
#[inline(always)]
pub(crate) fn as_words(pairs: __m512bh) -> __m512i {
    // SAFETY: both are 64 bytes of plain data.
    unsafe { std::mem::transmute(pairs) }
}

/// Packs rows that lie contiguous along k, 32 of k at a time; returns how far it came.
pub(super) fn pack_along(
    source: Operand<'_>,
    first: usize,
    k: usize,
    panel: &mut Panel<'_>,
) -> usize {
    let whole = k / 32 * 32;
    if whole == 0 {
        return 0;
    }
    check_panel(panel, whole);
    let last = (first + panel.lanes - 1) * source.stride + whole;
    assert!(last <= source.values.len(), "bf16 pack: source too short");
    // SAFETY: the instructions were found; source and panel hold what is read and written.
    unsafe {
        match source.values {
            Values::F32(v) => {
                let row = v.as_ptr().add(first * source.stride);
                along_lanes(whole, panel, |i, p| {
                    let at = row.add(i * source.stride + p);
                    as_words(_mm512_cvtne2ps_pbh(_mm512_loadu_ps(at.add(16)), _mm512_loadu_ps(at)))
                });
            }
            Values::Bf16(v) => {
                let row = v.as_ptr().add(first * source.stride);
                along_lanes(whole, panel, |i, p| {
                    _mm512_loadu_si512(row.add(i * source.stride + p).cast())
                });
            }
        }
    }
    whole
}

/// # Safety
/// Needs AVX-512; `load(i, p)` must be allowed for every lane and every 32nd `p < whole`; the
/// panel was checked.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512bf16")]
unsafe fn along_lanes(whole: usize, panel: &mut Panel<'_>, load: impl Fn(usize, usize) -> __m512i) {
    // SAFETY: the caller's promise.
    unsafe {
        match panel.lanes {
            16 => along::<16>(whole, panel, load),
            12 => along::<12>(whole, panel, load),
            _ => along::<8>(whole, panel, load),
        }
    }
}

/// With a known number of lanes rows stay in registers.
///
/// # Safety
/// As [`along_lanes`], with `N` lanes.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512bf16")]
unsafe fn along<const N: usize>(
    whole: usize,
    panel: &mut Panel<'_>,
    load: impl Fn(usize, usize) -> __m512i,
) {
    for p in (0..whole).step_by(32) {
        let zero = _mm512_setzero_si512();
        let mut rows = std::array::from_fn(|i| if i < N { load(i, p) } else { zero });
        transpose(&mut rows);
        for (d, column) in rows.iter().enumerate() {
            // SAFETY: `check_panel` saw room for `whole / 2` words of each lane.
            unsafe { put(panel, p / 2 + d, *column) };
        }
    }
}

/// Packs rows that lie contiguous across, one pair of k at a time; returns how far it came.
pub(super) fn pack_across(
    source: Operand<'_>,
    first: usize,
    k: usize,
    panel: &mut Panel<'_>,
) -> usize {
    let whole = k / 2 * 2;
    if whole == 0 {
        return 0;
    }
    check_panel(panel, whole);
    let last = (whole - 1) * source.stride + first + panel.lanes;
    assert!(last <= source.values.len(), "bf16 pack: source too short");
    // SAFETY: the instructions were found; source and panel hold what is read and written.
    unsafe { across(source, first, whole, panel) };
    whole
}

/// # Safety
/// Needs AVX-512; the source must hold `panel.lanes` values from `first` of each row below
/// `whole`; the panel was checked.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512bf16")]
unsafe fn across(source: Operand<'_>, first: usize, whole: usize, panel: &mut Panel<'_>) {
    // Lane i of the result is (low half i, high half i).
    let order: [u16; 32] = std::array::from_fn(|i| (i / 2 + 16 * (i % 2)) as u16);
    let mask = ((1_u32 << panel.lanes) - 1) as __mmask16;
    // SAFETY: the caller gives the lengths; masked lanes are not read.
    unsafe {
        let order = _mm512_loadu_si512(order.as_ptr().cast());
        for d in 0..whole / 2 {
            let at = 2 * d * source.stride + first;
            let both = match source.values {
                Values::F32(v) => {
                    let (low, high) = (v.as_ptr().add(at), v.as_ptr().add(at + source.stride));
                    let low = _mm512_maskz_loadu_ps(mask, low);
                    as_words(_mm512_cvtne2ps_pbh(_mm512_maskz_loadu_ps(mask, high), low))
                }
                Values::Bf16(v) => {
                    let (low, high) = (v.as_ptr().add(at), v.as_ptr().add(at + source.stride));
                    let low = _mm256_maskz_loadu_epi16(mask, low.cast());
                    let high = _mm256_maskz_loadu_epi16(mask, high.cast());
                    _mm512_inserti64x4::<1>(_mm512_castsi256_si512(low), high)
                }
            };
            put(panel, d, _mm512_permutexvar_epi16(order, both));
        }
    }
}

/// The panel must have room for `whole / 2` words of each lane: the vector stores rely on it.
fn check_panel(panel: &Panel<'_>, whole: usize) {
    let end = (whole / 2 - 1) * panel.width + panel.lanes;
    assert!(
        matches!(panel.lanes, 8 | 12 | 16) && end <= panel.out.len(),
        "bf16 pack: panel too short"
    );
}

/// Stores word `d` of each lane.
///
/// # Safety
/// Needs AVX-512; `check_panel` has passed for a `whole` beyond `2·d`.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
unsafe fn put(panel: &mut Panel<'_>, d: usize, lanes: __m512i) {
    // SAFETY: the caller has checked the room.
    unsafe {
        let to = panel.out.as_mut_ptr().add(d * panel.width);
        if panel.lanes == 16 {
            _mm512_storeu_si512(to.cast(), lanes);
            return;
        }
        _mm256_storeu_si256(to.cast(), _mm512_castsi512_si256(lanes));
        if panel.lanes == 12 {
            _mm_storeu_si128(to.add(8).cast(), _mm512_extracti32x4_epi32::<2>(lanes));
        }
    }
}

/// Transposes a 16×16 matrix of words, a register a row: pairs of words, pairs of pairs, then the
/// four 128-bit lanes twice.
#[inline]
#[target_feature(enable = "avx512f")]
pub(crate) fn transpose(rows: &mut [__m512i; 16]) {
    let r = *rows;
    let mut t = r;
    for i in 0..8 {
        t[2 * i] = _mm512_unpacklo_epi32(r[2 * i], r[2 * i + 1]);
        t[2 * i + 1] = _mm512_unpackhi_epi32(r[2 * i], r[2 * i + 1]);
    }
    let mut q = t;
    for i in 0..4 {
        q[4 * i] = _mm512_unpacklo_epi64(t[4 * i], t[4 * i + 2]);
        q[4 * i + 1] = _mm512_unpackhi_epi64(t[4 * i], t[4 * i + 2]);
        q[4 * i + 2] = _mm512_unpacklo_epi64(t[4 * i + 1], t[4 * i + 3]);
        q[4 * i + 3] = _mm512_unpackhi_epi64(t[4 * i + 1], t[4 * i + 3]);
    }
    for c in 0..4 {
        let even_low = _mm512_shuffle_i32x4::<0x88>(q[c], q[4 + c]);
        let even_high = _mm512_shuffle_i32x4::<0x88>(q[8 + c], q[12 + c]);
        let odd_low = _mm512_shuffle_i32x4::<0xdd>(q[c], q[4 + c]);
        let odd_high = _mm512_shuffle_i32x4::<0xdd>(q[8 + c], q[12 + c]);
        rows[c] = _mm512_shuffle_i32x4::<0x88>(even_low, even_high);
        rows[8 + c] = _mm512_shuffle_i32x4::<0xdd>(even_low, even_high);
        rows[4 + c] = _mm512_shuffle_i32x4::<0x88>(odd_low, odd_high);
        rows[12 + c] = _mm512_shuffle_i32x4::<0xdd>(odd_low, odd_high);
    }
}
