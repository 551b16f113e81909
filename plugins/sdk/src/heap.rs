//! The component's memory: handed out in order, hardly ever taken back.
//!
//! An instance lives for one call, so bookkeeping for reuse would only make more pages dirty, and every dirty page costs
//! the host a copy. The last block can still grow and shrink in place, which is what a growing text or list needs.

use std::alloc::{GlobalAlloc, Layout};
use std::cell::Cell;

const PAGE: usize = 64 * 1024;
/// How many pages to ask for at once. Asked for in `configure`, they are there in the snapshot, and no call has to ask.
const PAGES: usize = 16;

/// An allocator for components, which have one thread and a short life.
pub struct Heap {
    next: Cell<usize>,
    end: Cell<usize>,
}

// SAFETY: a component of wit/v1 has no threads.
unsafe impl Sync for Heap {}

impl Heap {
    /// An empty heap.
    #[allow(clippy::new_without_default, reason = "only for a static")]
    pub const fn new() -> Heap {
        Heap { next: Cell::new(0), end: Cell::new(0) }
    }

    /// The address of `size` more bytes, `None` when the host gives no more.
    fn take(&self, size: usize, align: usize) -> Option<usize> {
        let fits = |start: usize| start.checked_add(size).filter(|end| *end <= self.end.get());
        let mut start = self.next.get().checked_next_multiple_of(align)?;
        if fits(start).is_none() {
            self.grow(size.checked_add(align)?)?;
            start = self.next.get().checked_next_multiple_of(align)?;
        }
        self.next.set(fits(start)?);
        Some(start)
    }

    fn grow(&self, bytes: usize) -> Option<()> {
        let pages = bytes.div_ceil(PAGE).max(PAGES);
        let old = std::arch::wasm32::memory_grow::<0>(pages);
        if old == usize::MAX {
            return None;
        }
        let start = old.checked_mul(PAGE)?;
        // Somebody else may have grown the memory in between; then the rest of the old piece is given up.
        if start != self.end.get() {
            self.next.set(start);
        }
        // The very last byte of a full 4 GiB memory is given up, too.
        self.end.set(start.saturating_add(pages.checked_mul(PAGE)?));
        Some(())
    }
}

// SAFETY: every block lies in memory that `memory_grow` gave to this heap, starts at a multiple of its alignment and
// ends before `next`, and `next` only moves back over the last block.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.take(layout.size(), layout.align()).map_or(std::ptr::null_mut(), |start| start as *mut u8)
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if block as usize + layout.size() == self.next.get() {
            self.next.set(block as usize);
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let start = block as usize;
        let is_last = start + layout.size() == self.next.get();
        if is_last && start.checked_add(size).is_some_and(|end| end <= self.end.get()) {
            self.next.set(start + size);
            return block;
        }
        if size <= layout.size() {
            return block;
        }
        let Some(moved) = self.take(size, layout.align()) else { return std::ptr::null_mut() };
        let moved = moved as *mut u8;
        // SAFETY: both blocks have at least the old size, and the new one was free until now.
        unsafe { std::ptr::copy_nonoverlapping(block, moved, layout.size()) };
        moved
    }
}
