//! Any Dockerfile.
#![no_main]

#[path = "../../core/tests/laws/entry.rs"]
#[expect(dead_code, reason = "each target uses one of the entries")]
mod entry;

libfuzzer_sys::fuzz_target!(|text: &str| {
    entry::dockerfile(text);
});
