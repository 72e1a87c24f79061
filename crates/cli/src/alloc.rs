//! The allocator of the program: mimalloc, told to keep what is freed.
//!
//! A training step frees what the next one needs. Handed back to the system in between, each page
//! of it would be a page fault: tens of thousands a run against hundreds. A server is not told so: what a
//! rush took, or bodies of many megabytes, would be its own for the rest of its life.

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// `mi_option_purge_delay` of mimalloc's own header, which the binding leaves out.
const PURGE_DELAY: libmimalloc_sys::mi_option_t = 15;

/// Never hand freed pages back while the program runs.
pub(crate) fn keep_freed_pages() {
    #[expect(unsafe_code, reason = "a call into C")]
    // SAFETY: sets a number inside mimalloc; the option exists in the version that is locked.
    unsafe {
        libmimalloc_sys::mi_option_set(PURGE_DELAY, -1);
    }
}
