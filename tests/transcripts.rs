//! The transcripts against the bare rules.

mod common;
