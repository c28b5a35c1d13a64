//! What both sides stand on: texts in two languages, paths, TLS, logs, manual pages.
//!
//! Nothing here knows the wire, the rules of the chat or the database. [`texts`] may be named by every room but `proto`;
//! [`paths`], [`tls`] and [`telemetry`] by `store`, `server`, `client` and the programs only. [`pages`] makes the manual pages
//! and completions of the programs.

pub mod pages;
pub mod paths;
pub mod telemetry;
pub mod texts;
pub mod tls;
