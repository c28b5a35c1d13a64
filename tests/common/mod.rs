//! What several test programs share. Each uses a part of it.

#![allow(dead_code, reason = "each test program uses a part of it")]

pub mod bare;
pub mod record;
pub mod settings;
pub mod transcript;
