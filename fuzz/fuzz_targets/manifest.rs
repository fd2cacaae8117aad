//! Any text for a manifest or a configuration.
#![no_main]

#[path = "../../core/tests/laws/entry.rs"]
#[expect(dead_code, reason = "each target uses one of the entries")]
mod entry;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    entry::manifest(bytes);
});
