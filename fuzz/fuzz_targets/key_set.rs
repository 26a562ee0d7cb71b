//! What [`tollgate_fuzz::key_set::check`] says, of bytes that libFuzzer makes up.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    tollgate_fuzz::key_set::check(input);
});
