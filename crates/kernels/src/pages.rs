//! Memory for weights: pages of their own, large ones where the system has them, as each is read once from
//! end to end and small pages would be looked up, and guessed at, five hundred times as often.

use memmap2::MmapMut;

/// Bytes that begin with a line of memory.
pub(crate) enum Pages {
    /// Where there are any.
    Mapped(MmapMut),
    /// Where there are none, or no map is to be had.
    Allocated(Vec<Line>),
}

/// Bytes that come from memory at once.
#[derive(Clone, Copy)]
#[repr(align(64))]
pub(crate) struct Line(#[expect(dead_code, reason = "read as bytes of the whole")] [u8; LINE]);

const LINE: usize = 64;

/// Bytes from which whole pages are taken.
const LARGE: usize = 1 << 20;

impl Pages {
    /// So many zeros, a multiple of 64.
    pub(crate) fn zeroed(len: usize) -> Self {
        if len >= LARGE
            && let Ok(map) = MmapMut::map_anon(len)
        {
            #[cfg(target_os = "linux")]
            // A system without large pages gives small ones.
            drop(map.advise(memmap2::Advice::HugePage));
            return Self::Mapped(map);
        }
        Self::Allocated(vec![Line([0; LINE]); len / LINE])
    }
}

impl AsRef<[u8]> for Pages {
    fn as_ref(&self) -> &[u8] {
        match self {
            Self::Mapped(map) => map,
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
            Self::Mapped(map) => map,
            #[expect(unsafe_code, reason = "lines are bytes")]
            // SAFETY: a line is 64 bytes and nothing else.
            Self::Allocated(lines) => unsafe {
                std::slice::from_raw_parts_mut(lines.as_mut_ptr().cast(), size_of_val(&lines[..]))
            },
        }
    }
}
