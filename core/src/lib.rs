//! Drydock's core: a deterministic simulation of Docker that knows no browser and no lesson.
//!
//! The modules below are floors, ground first: a module names only those above it in this list,
//! and `tests/laws/floors.rs` keeps it so.

#![recursion_limit = "256"]

pub mod decimal;
pub mod pattern;
pub mod time;
pub mod random;
pub mod base64;
pub mod json;
pub mod shared;
pub mod digest;
pub mod reference;
pub mod files;
pub mod image;
pub mod registry;
pub mod build;
pub mod net;
pub mod sql;
pub mod application;
pub mod memory;
pub mod kernel;
pub mod container;
pub mod agenda;
pub mod event;
pub mod engine;
pub mod shell;
pub mod program;
pub mod cli;
pub mod machine;
pub mod desk;
pub mod timeline;
pub mod goal;
