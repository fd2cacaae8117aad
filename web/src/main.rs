//! Drydock's page.

fn main() {}
