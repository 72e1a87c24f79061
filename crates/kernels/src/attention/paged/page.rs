//! What lies where in a page, and the page itself.
//!
//! A layer's part of a page holds one key head after the other, of each the keys, then the values:
//!
//! ```text
//! keys     four tiles of (D, 16): sixteen positions side by side
//! values   (64, D up to a multiple of 16): one position after the other
//! ```
//!
//! so that scores of sixteen positions are made side by side, and sixteen mixed values are. Where numbers
//! share scales, those of a tile of keys `(D / 32, 16)` follow its numbers, and those of values
//! `(D / 32, 64)` theirs.

use std::ops::Range;

use super::widen::{Kind, SHARED};
use crate::pages::Pages;

/// Positions of a page.
pub const PAGE: usize = 64;
/// Positions of a tile of keys, and the multiple of numbers that a row of values takes.
pub(super) const TILE: usize = 16;

/// Zeroed memory for some positions of all layers, that begins with a line of the cache.
pub struct Page(Pages);

impl Page {
    /// So many zeros, up to a multiple of 64.
    pub fn zeroed(len: usize) -> Self {
        Self(Pages::alone(len.next_multiple_of(64)))
    }
}

impl Clone for Page {
    fn clone(&self) -> Self {
        let mut copy = Self::zeroed(self.0.as_ref().len());
        copy.0.as_mut().copy_from_slice(self.0.as_ref());
        copy
    }
}

impl AsRef<[u8]> for Page {
    fn as_ref(&self) -> &[u8] {
        self.0.as_ref()
    }
}

impl AsMut<[u8]> for Page {
    fn as_mut(&mut self) -> &mut [u8] {
        self.0.as_mut()
    }
}

impl std::fmt::Debug for Page {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Page({} bytes)", self.0.as_ref().len())
    }
}

/// The shape of a layer's part of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// What numbers it holds.
    pub kind: Kind,
    /// Hkv.
    pub n_kv_heads: usize,
    /// D.
    pub head_dim: usize,
}

impl Layout {
    /// Bytes of a layer's part.
    pub fn len_bytes(self) -> usize {
        self.n_kv_heads * self.head_bytes()
    }

    /// Bytes of one position in a layer, spread over a whole page.
    pub fn bytes_per_position(self) -> usize {
        self.len_bytes() / PAGE
    }

    fn head_bytes(self) -> usize {
        (PAGE / TILE * self.tile_bytes() + self.values_bytes()).next_multiple_of(64)
    }

    /// Numbers of a row of values.
    pub(super) fn value_width(self) -> usize {
        self.head_dim.next_multiple_of(TILE)
    }

    fn tile_bytes(self) -> usize {
        self.kind.bytes() * self.head_dim * TILE + self.scale_bytes(self.head_dim) * TILE
    }

    fn values_bytes(self) -> usize {
        let width = self.value_width();
        PAGE * (self.kind.bytes() * width + self.scale_bytes(width))
    }

    /// Bytes of the scales of so many numbers.
    fn scale_bytes(self, n: usize) -> usize {
        if self.kind.is_scaled() { 2 * n.div_ceil(SHARED) } else { 0 }
    }

    /// Where the tiles of a head's keys lie.
    pub(super) fn tile(self, head: usize, tile: usize) -> Range<usize> {
        let from = head * self.head_bytes() + tile * self.tile_bytes();
        from..from + self.tile_bytes()
    }

    /// Where a head's values lie.
    pub(super) fn values(self, head: usize) -> Range<usize> {
        let from = head * self.head_bytes() + PAGE / TILE * self.tile_bytes();
        from..from + self.values_bytes()
    }

    /// Writes new positions, from `at` on: of each row its keys `(Hkv, D)`, behind which its values stand.
    ///
    /// # Panics
    /// If they go beyond the page's end, or `part` is not a layer's part.
    pub fn write<'a>(self, part: &mut [u8], at: usize, rows: impl Iterator<Item = &'a [f32]>) {
        let (d, kv_width) = (self.head_dim, self.n_kv_heads * self.head_dim);
        let mut value = vec![0.0; self.value_width()];
        for (position, row) in (at..).zip(rows) {
            assert!(position < PAGE, "a page holds {PAGE} positions");
            let (keys, values) = row.split_at(kv_width);
            for head in 0..self.n_kv_heads {
                let tile = &mut part[self.tile(head, position / TILE)];
                self.kind.put_key(tile, position % TILE, &keys[head * d..][..d]);
                value[..d].copy_from_slice(&values[head * d..][..d]);
                self.kind.put_value(&mut part[self.values(head)], position, &value);
            }
        }
    }

    /// Keys of a head at the first `n` positions, `(n, D)`.
    ///
    /// # Panics
    /// If there are not as many, or `part` is not a layer's part.
    pub fn keys(self, part: &[u8], head: usize, n: usize, out: &mut [f32]) {
        let d = self.head_dim;
        let mut tile = vec![0.0; d * TILE];
        for (i, rows) in out[..n * d].chunks_mut(TILE * d).enumerate() {
            let bytes = &part[self.tile(head, i)];
            self.kind.keys(bytes, d, &mut tile);
            for (lane, row) in rows.chunks_exact_mut(d).enumerate() {
                row.iter_mut().zip(tile.chunks_exact(TILE)).for_each(|(x, tile)| *x = tile[lane]);
            }
        }
    }

    /// Values of a head at the first `n` positions, `(n, D)`.
    ///
    /// # Panics
    /// If there are not as many, or `part` is not a layer's part.
    pub fn values_of(self, part: &[u8], head: usize, n: usize, out: &mut [f32]) {
        let (d, width) = (self.head_dim, self.value_width());
        let mut rows = vec![0.0; n * width];
        self.kind.values(&part[self.values(head)], width, &mut rows);
        for (out, row) in out.chunks_exact_mut(d).zip(rows.chunks_exact(width)) {
            out.copy_from_slice(&row[..d]);
        }
    }
}
