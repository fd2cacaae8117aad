//! Drydock's core: a deterministic simulation of Docker that knows no browser and no lesson.
//!
//! The modules below are floors, ground first: a module names only those above it in this list,
//! and `tests/laws/floors.rs` keeps it so.

pub mod digest;
pub mod files;
pub mod image;
pub mod random;
pub mod reference;
pub mod registry;
pub mod time;
