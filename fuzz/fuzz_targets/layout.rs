//! The layout of bytes of any kind keeps every token and comment, and is the layout of itself.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wayleave_fuzz::promises;

fuzz_target!(|bytes: &[u8]| promises::of_layout(&promises::text(bytes)));
