//! The terminal without a page.
fn main() {}
