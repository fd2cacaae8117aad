//! Drydock lessons.
