//! The system's allocator, which counts while it is told to: how many bytes a loaded policy holds, and how often a decision
//! allocates. While times are taken it counts nothing, so that no engine pays for the counting.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering::Relaxed};

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

static IS_COUNTING: AtomicBool = AtomicBool::new(false);
static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);
static HELD_BYTES: AtomicI64 = AtomicI64::new(0);

/// What was allocated while something ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Used {
    /// How often, growing and shrinking in place included.
    pub allocations: u64,
    /// Bytes allocated and not given back.
    pub held_bytes: i64,
}

/// Runs something and tells what it allocated. Not to be nested, nor run on two threads at once.
pub fn counted<T>(run: impl FnOnce() -> T) -> (T, Used) {
    ALLOCATIONS.store(0, Relaxed);
    HELD_BYTES.store(0, Relaxed);
    IS_COUNTING.store(true, Relaxed);
    let result = run();
    IS_COUNTING.store(false, Relaxed);
    (result, Used { allocations: ALLOCATIONS.load(Relaxed), held_bytes: HELD_BYTES.load(Relaxed) })
}

fn count(allocations: u64, bytes: usize, given_back: usize) {
    if IS_COUNTING.load(Relaxed) {
        ALLOCATIONS.fetch_add(allocations, Relaxed);
        // Both are sizes of allocations, which fit.
        HELD_BYTES.fetch_add(bytes as i64 - given_back as i64, Relaxed);
    }
}

// SAFETY: every method hands its arguments to the system's allocator as they are and returns what it returns; counting
// touches atomics alone.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(1, layout.size(), 0);
        // SAFETY: the caller's promise about `layout` is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(1, layout.size(), 0);
        // SAFETY: the caller's promise about `layout` is passed on.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(0, 0, layout.size());
        // SAFETY: the pointer came from the system's allocator with this layout, through one of these methods.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(1, size, layout.size());
        // SAFETY: the pointer came from the system's allocator with this layout, through one of these methods.
        unsafe { System.realloc(pointer, layout, size) }
    }
}
