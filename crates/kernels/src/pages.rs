//! Memory for weights, and for keys and values: large pages where the system has them, as each is read from
//! end to end, and small pages would be looked up, and guessed at, five hundred times as often.
//!
//! A matrix is seldom a multiple of two megabytes, and in a map of its own its ends are small pages: weights
//! lie one behind the other in *regions*, which are whole large pages. What is let go of is given back, but its
//! place is not taken again, as a model's weights come and go together. What comes and goes alone has its own
//! map.

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use memmap2::{MmapMut, MmapRaw};

/// Bytes that begin with a line of memory.
pub(crate) enum Pages {
    /// Where there is such a system.
    Mapped(Piece),
    /// Where there is none, or no map is to be had.
    Allocated(Vec<Line>),
}

/// A part of a region, which nobody else has.
pub(crate) struct Piece {
    region: Arc<MmapRaw>,
    range: Range<usize>,
}

/// Bytes that come from memory at once.
#[derive(Clone, Copy)]
#[repr(align(64))]
pub(crate) struct Line(#[expect(dead_code, reason = "read as bytes of the whole")] [u8; LINE]);

const LINE: usize = 64;
/// Bytes of a large page.
const LARGE: usize = 2 << 20;
/// Bytes that are whole pages on every system that has no larger ones by default.
#[cfg(target_os = "linux")]
const WHOLE: usize = 64 << 10;
/// Bytes from which large pages are asked for.
const WORTH: usize = 1 << 20;
/// Bytes of a region; those that nobody has written to are not there yet.
const REGION: usize = 256 << 20;

/// The region that weights are put into, and where the next begins. It lives as long as its pieces.
static REGIONS: Mutex<(Weak<MmapRaw>, usize)> = Mutex::new((Weak::new(), 0));

impl Pages {
    /// So many zeros, a multiple of 64, behind other weights.
    pub(crate) fn zeroed(len: usize) -> Self {
        if len < WORTH {
            return Self::allocated(len);
        }
        let mut regions = REGIONS.lock().unwrap_or_else(PoisonError::into_inner);
        let (last, next) = &mut *regions;
        let (region, start) = match last.upgrade() {
            Some(region) if region.len() - *next >= len => (region, *next),
            _ => match region(len.next_multiple_of(LARGE).max(REGION)) {
                Some((region, start)) => (region, start),
                None => return Self::allocated(len),
            },
        };
        (*last, *next) = (Arc::downgrade(&region), start + len);
        Self::Mapped(Piece { region, range: start..start + len })
    }

    /// So many zeros, a multiple of 64, that are given back as soon as they are let go.
    pub(crate) fn alone(len: usize) -> Self {
        if len < WORTH {
            return Self::allocated(len);
        }
        match map(len) {
            Some(map) => {
                Self::Mapped(Piece { region: Arc::new(MmapRaw::from(map)), range: 0..len })
            }
            None => Self::allocated(len),
        }
    }

    fn allocated(len: usize) -> Self {
        Self::Allocated(vec![Line([0; LINE]); len / LINE])
    }
}

/// A region of so many bytes, and where its first large page begins.
fn region(len: usize) -> Option<(Arc<MmapRaw>, usize)> {
    let map = map(len + LARGE)?;
    let start = map.as_ptr().align_offset(LARGE);
    Some((Arc::new(MmapRaw::from(map)), start))
}

/// Zeros, on large pages where they hold whole ones.
fn map(len: usize) -> Option<MmapMut> {
    let map = MmapMut::map_anon(len).ok()?;
    #[cfg(target_os = "linux")]
    // A system without large pages gives small ones.
    drop(map.advise(memmap2::Advice::HugePage));
    Some(map)
}

/// A model that is loaded again and again would else fill a region with what it has let go of.
impl Drop for Piece {
    fn drop(&mut self) {
        #[cfg(target_os = "linux")]
        {
            // Of what lies beside it nothing may go: whole pages, whatever their size.
            let base = self.region.as_ptr().addr();
            let start = (base + self.range.start).next_multiple_of(WHOLE) - base;
            let end = ((base + self.range.end) / WHOLE * WHOLE).saturating_sub(base);
            if start < end {
                let advice = memmap2::UncheckedAdvice::DontNeed;
                #[expect(unsafe_code, reason = "a part of a map is given back")]
                // SAFETY: these bytes are this piece's alone, and nobody has them after it.
                drop(unsafe { self.region.unchecked_advise_range(advice, start, end - start) });
            }
        }
    }
}

impl AsRef<[u8]> for Pages {
    fn as_ref(&self) -> &[u8] {
        match self {
            #[expect(unsafe_code, reason = "a part of a map")]
            // SAFETY: the range lies in the map, which lives as long as this, and is this piece's alone.
            Self::Mapped(Piece { region, range }) => unsafe {
                std::slice::from_raw_parts(region.as_ptr().add(range.start), range.len())
            },
            #[expect(unsafe_code, reason = "lines are bytes")]
            // SAFETY: a line is 64 bytes and nothing else.
            Self::Allocated(lines) => unsafe {
                std::slice::from_raw_parts(lines.as_ptr().cast(), size_of_val(&lines[..]))
            },
        }
    }
}

impl AsMut<[u8]> for Pages {
    fn as_mut(&mut self) -> &mut [u8] {
        match self {
            #[expect(unsafe_code, reason = "a part of a map")]
            // SAFETY: the range lies in the map, which lives as long as this, and is this piece's alone.
            Self::Mapped(Piece { region, range }) => unsafe {
                std::slice::from_raw_parts_mut(region.as_mut_ptr().add(range.start), range.len())
            },
            #[expect(unsafe_code, reason = "lines are bytes")]
            // SAFETY: a line is 64 bytes and nothing else.
            Self::Allocated(lines) => unsafe {
                std::slice::from_raw_parts_mut(lines.as_mut_ptr().cast(), size_of_val(&lines[..]))
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_zeros_of_their_own_and_begin_with_a_line() {
        let len = WORTH + LINE;
        let mut pieces: Vec<Pages> = (0..5).map(|_| Pages::zeroed(len)).collect();
        pieces.push(Pages::alone(len));
        pieces.push(Pages::zeroed(LINE));
        for (i, piece) in pieces.iter_mut().enumerate() {
            assert!(piece.as_ref().iter().all(|byte| *byte == 0));
            assert!(piece.as_ref().as_ptr().addr().is_multiple_of(LINE));
            piece.as_mut().fill(i as u8 + 1);
        }
        drop(pieces.remove(1)); // What it gives back is its own.
        for (i, piece) in [0, 2, 3, 4, 5, 6].into_iter().zip(&pieces) {
            assert!(piece.as_ref().iter().all(|byte| *byte == i as u8 + 1));
        }
    }

    #[test]
    fn more_than_a_region_holds_has_one_of_its_own() {
        let large = Pages::zeroed(REGION + LINE);
        assert_eq!(large.as_ref().len(), REGION + LINE);
        assert_eq!(large.as_ref()[REGION], 0);
    }
}
