//! The picture: what the model says, drawn into cells.
//!
//! It reads the model and never changes it; it never blocks. What it keeps from frame to frame is a cache that may be dropped
//! at any time.

pub mod theme;
pub mod wrap;
