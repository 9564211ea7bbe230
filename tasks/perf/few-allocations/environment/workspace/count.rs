// overhang canary 416dc2efe5807f29a0268008569d5800
// Counts the allocations of one call of tally. To build and run:
//   rustc --edition 2021 -O -F unsafe_code --crate-type rlib --crate-name tally tally.rs
//   rustc --edition 2021 --extern tally=libtally.rlib -o /tmp/count count.rs
//   /tmp/count < some.log
use std::alloc::{GlobalAlloc, Layout, System};
use std::io::Read;
use std::sync::atomic::{AtomicU64, Ordering};

struct Counting;
static CALLS: AtomicU64 = AtomicU64::new(0);

unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        CALLS.fetch_add(1, Ordering::Relaxed);
        System.alloc(layout)
    }
    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        System.dealloc(place, layout)
    }
    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        CALLS.fetch_add(1, Ordering::Relaxed);
        System.realloc(place, layout, size)
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

fn main() {
    let mut log = String::new();
    std::io::stdin().read_to_string(&mut log).unwrap();
    let mut out = String::with_capacity(log.len() + 1_000_000);
    let before = CALLS.load(Ordering::Relaxed);
    tally::tally(&log, &mut out);
    let calls = CALLS.load(Ordering::Relaxed) - before;
    print!("{}", out);
    eprintln!("{} allocations", calls);
}
