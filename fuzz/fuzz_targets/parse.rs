//! Bytes of any kind are read without a panic or a loss, and every fix that is offered can be applied.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wayleave_fuzz::promises;

fuzz_target!(|bytes: &[u8]| promises::of_parse_and_fixes(&promises::text(bytes)));
