//! Configuration files: any text is a configuration or a list of faults, each with its place.

use std::path::Path;

use chat_tui::client::config::Choices;
use chat_tui::server::config::{Config, Sources};

/// A file's text, for both programs.
pub fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    // A setting that names a file would have it read.
    if text.contains("_file") {
        return;
    }
    let sources = Sources { file: Some((Path::new("chat.toml"), &text)), ..Sources::default() };
    if let Err(faults) = Config::read(&sources, Path::new("/data")) {
        assert!(!faults.0.is_empty() && faults.0.iter().all(|fault| !fault.place.is_empty()));
    }
    let _ = Choices::parse(&text);
}
